#!/usr/bin/env python3
"""Plays a transcript against the program and compares every output and exit status.

  transcript.py HOLDFAST FILE        ACCEPT=1 re-records

A transcript is what a user would see in a terminal:

  # what this shows
  $ holdfast plan examples/dev.yaml
  …output, standard output before standard error…
  [exit 0]

Commands run without a shell's surprises in an empty state folder that lives as long as the transcript, from the
project's root. `holdfast` is the program; other words pass through bash. Times of day, GUIDs and run names differ from
run to run and are written as <time>, <guid>, <run>.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
program, file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])

VARYING = [(re.compile(r'\b[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}\b'), '<run>'),
           (re.compile(r'\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b'), '<guid>')]


def play(command, state):
    environment = {'PATH': f'{state}/bin:/usr/bin:/bin', 'HOME': state, 'HOLDFAST_STATE': f'{state}/state', 'TERM': 'dumb',
                   'LC_ALL': 'C.UTF-8', 'S': state}
    ran = subprocess.run(['bash', '-c', command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=240)
    text = ran.stdout + ran.stderr
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text.replace(state, '$S') + f'[exit {ran.returncode}]\n'


def main():
    lines = file.read_text().splitlines(keepends=True)
    out = []
    with tempfile.TemporaryDirectory() as state:
        os.mkdir(f'{state}/bin')
        os.symlink(program, f'{state}/bin/holdfast')
        recorded = False   # inside the output of the command before
        for line in lines:
            if line.startswith('$ '):
                out.append(line)
                out.append(play(line[2:].strip(), state))
                recorded = True
            elif re.match(r'\[exit \d+\]$', line):
                recorded = False
            elif line.startswith('#') and not recorded:
                out.append(line)
    now = ''.join(out)
    then = ''.join(lines)
    if now == then:
        return 0
    if os.environ.get('ACCEPT') == '1':
        file.write_text(now)
        return 0
    import difflib
    sys.stdout.writelines(difflib.unified_diff(then.splitlines(True), now.splitlines(True), 'recorded', 'now'))
    print('\nre-record with ACCEPT=1 if this is what users should see')
    return 1


sys.exit(main())
