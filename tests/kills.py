#!/usr/bin/env python3
"""kill -9 in the middle of a deployment, then `resume`: the same end, nothing made twice. Also Ctrl-C, which ends cleanly.

  kills.py HOLDFAST [PICKS]
The moment is picked by the journal's length, not by a clock: the process dies once it has written that many records.
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
holdfast, picks = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6
SPEC = 'examples/secure-cluster.yaml'
draw = random.Random(int(os.environ.get('SEED', '1')))


def run(*words):
    return subprocess.run([holdfast, *words], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)


def journal(state):
    files = sorted(pathlib.Path(state, 'runs').glob('*.jsonl'))
    return files[-1].read_text().count('\n') if files else 0


def stop_at(records, how, state):
    process = subprocess.Popen([holdfast, 'apply', SPEC, '--yes', '--state', state, '--pace', '150'], cwd=ROOT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while process.poll() is None and journal(state) < records:
        time.sleep(0.002)
    process.send_signal(how)
    return process.wait(timeout=60)


def main():
    with tempfile.TemporaryDirectory() as folder:
        whole = run('apply', SPEC, '--yes', '--state', f'{folder}/whole')
        assert whole.returncode == 0, whole.stderr[-2000:]
        length = journal(f'{folder}/whole')
        print(f'a whole run has {length} records')
        for number in range(picks):
            how = signal.SIGINT if number % 3 == 2 else signal.SIGKILL
            records, state = draw.randrange(1, length - 2), f'{folder}/{number}'
            status = stop_at(records, how, state)
            if how == signal.SIGINT and status not in (130, 0):
                sys.exit(f'Ctrl-C at record {records} ended with {status}')
            resumed = run('resume', '--yes', '--state', state)
            if resumed.returncode != 0:
                sys.exit(f'{how.name} at record {records}: resume ended with {resumed.returncode}\n{resumed.stdout[-1500:]}\n{resumed.stderr[-3000:]}')
            plan = json.loads(run('plan', SPEC, '-o', 'json', '--state', state).stdout)
            if plan['steps'] or plan['guards']:
                sys.exit(f'{how.name} at record {records}: something is left to do: {[s["id"] for s in plan["steps"]]}')
            print(f'ok  {how.name} at record {records} of {length}: exit {status}, resumed, nothing left to do')


main()
