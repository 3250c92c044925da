#!/usr/bin/env python3
"""Plants one fault at a time in a copy of the source and lets the storm find it. On demand: each needs a build.

  mutants.py COPY [NAME...]     COPY: a checkout of its own with build/release configured; its files are put back after each
"""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = os.environ.get('SEEDS', '10100')   # as in CI; a fault that is caught ends them


def mutants():
    for block in (HERE / 'mutants.txt').read_text().split('\n@ ')[1:]:
        name, file, rest = block.split('\n', 2)
        old, new = rest.split('<<<\n', 1)[1].split('>>>', 1)[0].split('===\n', 1)
        yield name.strip(), file.strip(), old.rstrip('\n'), new.rstrip('\n')


def storm(copy):
    built = subprocess.run(['ninja', '-j1', '-C', 'build/release', 'holdfast-storm'], cwd=copy, capture_output=True, text=True)
    if built.returncode != 0:
        return 'does not compile', built.stdout[-1500:]
    ran = subprocess.run(['build/release/tests/holdfast-storm', '--seeds', SEEDS, '--jobs', '1', '--specs', '400', '--floor', '0', '--stop'],
                         cwd=copy, capture_output=True, text=True, timeout=1800)
    lines = [line for line in ran.stdout.splitlines() if line.startswith(('seed ', 'a worker')) or 'clear sky' in line]
    return ('caught' if ran.returncode == 1 else 'SURVIVED'), (lines or [''])[0][:200]


def main():
    copy, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    if copy == HERE.parent.parent:
        sys.exit('not in the checkout itself: its files would be changed')
    outcome, first = storm(copy)
    if outcome != 'SURVIVED':
        sys.exit(f'red before anything is planted: {outcome} {first}')
    survived = 0
    for name, file, old, new in mutants():
        if wanted and name not in wanted:
            continue
        path = copy / file
        text = path.read_text()
        if text.count(old) != 1:
            sys.exit(f'{name}: the text to replace stands {text.count(old)} times in {file}')
        path.write_text(text.replace(old, new))
        try:
            outcome, first = storm(copy)
        finally:
            path.write_text(text)
        survived += outcome != 'caught'
        print(f'{outcome:10} {name:36} {first}', flush=True)
    sys.exit(1 if survived else 0)


main()
