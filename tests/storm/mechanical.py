#!/usr/bin/env python3
"""Draws small faults by machine from the engine, the client, the journal and the planner, plants each in a copy of the source
and lets the storm judge it. On demand: each needs a build.

  mechanical.py COPY [--from F] [--count N] [--seed S] [--units]     COPY: a checkout of its own with build/release configured
  mechanical.py COPY --list                                          only says what would be planted

Draws are numbered; --from goes on where an earlier portion ended. What does not compile is no draw that counts. With --units
the room's own tests judge what the storm let live. SEEDS says how many seeds judge each; the first that fails is the last.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOMS = ['engine', 'azure', 'journal', 'plan']
SEEDS = os.environ.get('SEEDS', '250')

# Each finds a place in a line and says what stands there instead.
SWAPS = [
    (r' == ', ' != '), (r' != ', ' == '), (r' <= ', ' < '), (r' >= ', ' > '), (r' < (?=\w)', ' <= '), (r' > (?=\w)', ' >= '),
    (r' && ', ' || '), (r' \|\| ', ' && '), (r'\bif \((?!auto|const|!)', 'if (!('), (r'\btrue\b', 'false'), (r'\bfalse\b', 'true'),
    (r'(?<![\w.\'])([1-9]\d*)(?![\w.\'])', 'ONE MORE'), (r' \+ ', ' - '), (r'\bcontinue;', ';'),
]
STATEMENT = re.compile(r'^\s+[\w.>()\[\]:-]+(\(.*\)| = .*|\+\+|--);$')


def places(copy):
    for room in ROOMS:
        for file in sorted((copy / 'src' / room).glob('*.cpp')):
            if file.name.endswith('_test.cpp') or file.name == 'tables_test.cpp':
                continue
            for number, line in enumerate(file.read_text().splitlines()):
                code = line.split('//')[0]
                if not code.strip() or code.lstrip().startswith(('#', 'static_assert', 'using ', 'namespace ', 'constexpr std::string_view')):
                    continue
                text = re.sub(r'"(\\.|[^"\\])*"', lambda found: '"' + '~' * (len(found.group()) - 2) + '"', code)
                for pattern, instead in SWAPS:
                    for found in re.finditer(pattern, text):
                        yield file, number, found.span(), instead
                if STATEMENT.match(text) and not text.lstrip().startswith(('return', 'co_return', 'auto', 'using')):
                    yield file, number, None, ''


def planted(line, span, instead):
    if span is None:
        return re.match(r'\s*', line).group() + ';'
    before, found, after = line[:span[0]], line[span[0]:span[1]], line[span[1]:]
    if instead == 'ONE MORE':
        return before + str(int(found) + 1) + after
    if instead == 'if (!(':
        depth = 1
        for at, letter in enumerate(after):
            depth += (letter == '(') - (letter == ')')
            if depth == 0:
                return before + instead + after[:at] + ')' + after[at:]
        return None
    return before + instead + after


def run(words, copy, seconds):
    try:
        return subprocess.run(words, cwd=copy, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None


def first_red(judged):
    if judged is None:
        return 'it never ended'
    telling = [line for line in judged.stdout.splitlines() if line.startswith(('seed ', 'a worker')) or 'clear sky' in line]
    return (telling or ['red'])[0][:160]


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument('copy', type=pathlib.Path)
    reader.add_argument('--from', type=int, default=0, dest='first')
    reader.add_argument('--count', type=int, default=100)
    reader.add_argument('--seed', type=int, default=1)
    reader.add_argument('--units', action='store_true')
    reader.add_argument('--list', action='store_true')
    asked = reader.parse_args()
    copy = asked.copy.resolve()
    if copy == HERE.parent.parent and not asked.list:
        reader.error('not in the checkout itself: its files would be changed')
    drawn = list(places(copy))
    random.Random(asked.seed).shuffle(drawn)
    tally = {'caught': 0, 'SURVIVED': 0, 'does not compile': 0}
    for draw, (file, number, span, instead) in list(enumerate(drawn))[asked.first:]:
        if tally['caught'] + tally['SURVIVED'] == asked.count:
            break
        text = file.read_text()
        lines = text.splitlines()
        new = planted(lines[number], span, instead)
        if new is None:
            continue
        where = f'{file.relative_to(copy)}:{number + 1}'
        said = f'{draw:4} {where}: {lines[number].strip()}  ->  {new.strip()}'
        if asked.list:
            print(said)
            tally['SURVIVED'] += 1
            continue
        lines[number] = new
        file.write_text('\n'.join(lines) + '\n')
        try:
            built = run(['ninja', '-j1', '-C', 'build/release', 'holdfast-storm'], copy, 1800)
            if built is None or built.returncode != 0:
                tally['does not compile'] += 1
                continue
            judged = run(['build/release/tests/holdfast-storm', '--seeds', SEEDS, '--jobs', '1', '--specs', '6', '--floor', '0', '--stop'], copy, 1800)
            outcome = 'SURVIVED' if judged is not None and judged.returncode == 0 else 'caught'
            by = first_red(judged) if outcome == 'caught' else ''
            if outcome == 'SURVIVED' and asked.units:
                room = file.parent.name
                run(['ninja', '-j1', '-C', 'build/release', f'{room}_test'], copy, 1800)
                test = run([f'build/release/src/{room}/{room}_test', '--gtest_brief=1'], copy, 600)
                by = 'its room\'s tests: ' + ('silent' if test is not None and test.returncode == 0 else 'caught')
        finally:
            file.write_text(text)
        tally[outcome] += 1
        print(f'{outcome:9} {said}   | {by}', flush=True)
    print(', '.join(f'{count} {name}' for name, count in tally.items()))


main()
