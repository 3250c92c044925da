#!/usr/bin/env python3
"""The order of the house, held by reading the tree.

* a room includes the doors of rooms on lower floors only, and its own files;
* no Azure resource type is named in the rooms that only draw and command;
* nothing in the project names a path of somebody's machine;
* every table of data/ is used by a room.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = [['base'], ['json', 'yaml', 'world', 'shapes'], ['resource', 'catalog', 'credentials'], ['spec', 'azure'],
          ['estate', 'readers'], ['network', 'keys', 'access'], ['checks', 'plan'], ['journal', 'exports'],
          ['engine', 'report'], ['cli']]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
SAME_FLOOR = {('yaml', 'json'), ('world', 'json'), ('shapes', 'json'), ('report', 'engine'),   # the values and events it draws
              ('azure', 'spec')}
ASIDE = {'platform': {'base', 'json', 'world'}, 'simulator': {'base', 'json', 'world', 'shapes', 'resource'}}
OPEN_TO = {'platform': {'cli'}, 'simulator': {'cli'}}

problems = []


def say(path, line, what):
    problems.append(f'{path.relative_to(ROOT)}:{line}: {what}')


def floors():
    for path in sorted((ROOT / 'src').rglob('*')):
        if path.suffix not in ('.cpp', '.hpp', '.ipp'):
            continue
        room = path.relative_to(ROOT / 'src').parts[0]
        test = path.name.endswith('_test.cpp')
        for number, text in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'#include "([a-z]+)/([^"]+)"', text)
            if not found or not (ROOT / 'src' / found[1]).is_dir():
                continue
            other, file = found[1], found[2]
            if other == room:
                continue
            if file != f'{other}.hpp':
                say(path, number, f'{room} enters {other} by {file} instead of its door')
            if test:
                continue   # a test may set a scene with rooms above
            if other in ASIDE:
                if room not in OPEN_TO[other]:
                    say(path, number, f'{room} may not use {other}')
            elif room in ASIDE:
                if other not in ASIDE[room]:
                    say(path, number, f'{room} may not use {other}')
            elif room not in FLOOR or other not in FLOOR:
                say(path, number, f'{room} or {other} has no floor')
            elif FLOOR[other] > FLOOR[room] or (FLOOR[other] == FLOOR[room] and (room, other) not in SAME_FLOOR):
                say(path, number, f'{room} (floor {FLOOR[room]}) includes {other} (floor {FLOOR[other]})')


def no_types_where_things_are_drawn():
    for room in ('report', 'cli'):
        for path in sorted((ROOT / 'src' / room).rglob('*.[ch]pp')):
            if path.name.endswith('_test.cpp'):
                continue
            for number, text in enumerate(path.read_text().splitlines(), 1):
                if re.search(r'Microsoft\.[A-Z][A-Za-z]+/', text):
                    say(path, number, f'{room} names an Azure resource type')


def speaks_of_itself_alone():
    of_this_machine = [f'{place}/' for place in (ROOT, pathlib.Path.home()) if len(place.parts) > 2 or place != ROOT]
    listed = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in ('.db', '.png') or not path.is_file() or path == pathlib.Path(__file__):
            continue
        for number, text in enumerate(path.read_text(errors='replace').splitlines(), 1):
            if any(place in text for place in of_this_machine):
                say(path, number, 'names a path of one machine')


def tables_are_used():
    used = ''.join(p.read_text() for p in (ROOT / 'src').rglob('CMakeLists.txt'))
    used += ''.join(p.read_text() for p in (ROOT / 'tools').glob('*.py'))
    for path in sorted((ROOT / 'data').glob('*.yaml')):
        if not re.search(rf'\b{path.stem}\b', used):
            say(path, 1, 'no room reads this table')


floors()
no_types_where_things_are_drawn()
speaks_of_itself_alone()
tables_are_used()
print('\n'.join(problems) if problems else 'the house is in order')
sys.exit(1 if problems else 0)
