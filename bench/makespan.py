#!/usr/bin/env python3
"""One estate made in three ways, side by side in the simulated Azure's time: `holdfast apply`, exported template, exported script.

  makespan.py HOLDFAST [EXAMPLE…]      all of them without names

All three meet the same seed: an operation takes as long whoever asks for it. Time goes by only where a client waits: what would have
slept tells the simulated Azure to let that time pass, so a client's own computing costs nothing here and is printed beside. The
template's commands for before and the script's and apply's registrations count for each.
"""
import email.utils
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'tests' / 'peers'))
from deployment import Rest, exported, served, sleepless   # noqa: E402
from peer import ROOT, python_client                      # noqa: E402

holdfast = pathlib.Path(sys.argv[1]).resolve()
examples = sys.argv[2:] or sorted(path.stem for path in (ROOT / 'examples').glob('*.yaml'))
STILL = '0.000001'   # the simulated Azure's clock as good as stands
LOOK_S = 5           # between two looks, as the script's PAUSE


class Clock:
    """The simulated Azure's time, in seconds."""

    def __init__(self, rest):
        self.rest = rest

    def now(self):
        return self.pass_by(0)

    def pass_by(self, seconds):
        headers = self.rest.send('POST', f'/.holdfast/pass?seconds={seconds}')[2]
        return email.utils.parsedate_to_datetime(headers['Date']).timestamp()


def by_apply(spec):
    """The same engine on the same simulated Azure, in one process and in virtual time."""
    with tempfile.TemporaryDirectory() as state:
        began = time.monotonic()
        said = subprocess.run([holdfast, 'apply', spec, '--yes', '--state', state, '--as-of', '2026-11-24'], cwd=ROOT, capture_output=True,
                              text=True, check=True, stdin=subprocess.DEVNULL)
        found = re.search(r'done\s+(\d+) steps in (?:(\d+) h )?(?:(\d+) min )?(?:(\d+) s)?, (\d+) calls', said.stdout + said.stderr)
        hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:4])
        return hours * 3600 + minutes * 60 + seconds, time.monotonic() - began, 1


def by_template(spec, example):
    with served(holdfast, example, '--speed', STILL) as azure:
        what = exported(azure, holdfast, spec)
        rest = Rest(azure)
        clock = Clock(rest)
        rest.wait = lambda: clock.pass_by(LOOK_S)
        rest.sign_in()
        began, real, tries = clock.now(), time.monotonic(), 0
        for command in what.template['metadata']['before']:
            rest.prepare(command)
        while True:
            tries += 1
            state, error = rest.deploy(what, f'try-{tries}')
            if state == 'Succeeded':
                return clock.now() - began, time.monotonic() - real, tries
            if tries == 3:
                sys.exit(f'{example}: the template failed three times: {error}')


def by_script(spec, example, az):
    with served(holdfast, example, '--speed', STILL) as azure:
        folder = pathlib.Path(azure.folder.name)
        mine = {**sleepless(azure, az), 'PAUSE': str(LOOK_S)}
        environment = azure.environment
        azure.run('az', 'login', '--service-principal', '-u', environment['AZURE_CLIENT_ID'], '-p', environment['AZURE_CLIENT_SECRET'],
                  '--tenant', environment['AZURE_TENANT_ID'], **mine)
        script = folder / 'deploy.sh'
        script.write_text(azure.run(holdfast, 'export', spec, '--to', 'az', '--state', f'{azure.state}-client'))
        clock = Clock(Rest(azure))
        began, real = clock.now(), time.monotonic()
        azure.run('bash', script, seconds=3600, **mine)
        return clock.now() - began, time.monotonic() - real, 1


def spoken(seconds):
    return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


az = python_client('azure-cli', 'azure-cli>=2.91', 'az')
print(f'{"":16}{"apply":>8}{"template":>10}{"script":>9}   {"template / apply":>16}{"script / apply":>16}   az itself')
for example in examples:
    spec = f'examples/{example}.yaml'
    apply, template, script = by_apply(spec), by_template(spec, example), by_script(spec, example, az)
    again = f'  (deployed {template[2]} times)' if template[2] > 1 else ''
    print(f'{example:16}{spoken(apply[0]):>8}{spoken(template[0]):>10}{spoken(script[0]):>9}   {template[0] / apply[0]:>16.2f}'
          f'{script[0] / apply[0]:>16.2f}   {spoken(script[1])}{again}', flush=True)
