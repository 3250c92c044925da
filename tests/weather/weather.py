#!/usr/bin/env python3
"""`holdfast apply` over HTTPS against `holdfast simulate --weather …`: whatever struck, the same things stand and a plan is empty.

  weather.py HOLDFAST REAPER [PROFILE[:SEED]:EXAMPLE …]

An apply that stops with a cause is taken up by `resume`, as its message says. A client's time passes faster than ours (see
kills/reaper.cpp). The weather must have struck, and must say so.
"""
import collections
import json
import pathlib
import re
import ssl
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests/kills'))
from world import State, Story, Tools, expect, tail  # noqa: E402

PLAYS = ['rough:1:dev', 'rough:2:secure-cluster', 'storm:3:dev', '11:0:dev']
MOST_LIVES = 12

tools = Tools(*sys.argv[1:3])


def told(azure):
    """What /.holdfast/weather says."""
    context = ssl.create_default_context(cafile=f'{azure.state}/tls/ca.pem')
    with urllib.request.urlopen(f'{azure.url}/.holdfast/weather', context=context, timeout=60) as answer:
        return json.load(answer)


DRAWN = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=-)[0-9]{8}(?=-)')   # in names, by Azure from its seed


def played(folder, spec, *weather):
    """(ids that stand and how many of each, what the weather says of itself, its last words, lives) after a deployment in it."""
    folder.mkdir(parents=True)
    new = folder / 'new'
    new.mkdir()
    with Story(tools, new, folder / 'story', spec) as story:
        story.azure.loads = [*story.azure.loads, *weather]
        story.azure.start()
        lives = 1
        ran = story.run('apply')
        while ran.returncode not in (0, 3):
            expect(lives < MOST_LIVES, f'{lives} lives were not enough: {tail(ran)}')
            expect('error' in ran.stderr and 'fix:' in ran.stderr, f'it does not say what is wrong: {tail(ran)}')
            lives += 1
            ran = story.run('resume')
            if 'no run to resume' in ran.stdout + ran.stderr or 'it did nothing' in ran.stdout + ran.stderr:
                ran = story.run('apply')
        for _ in range(MOST_LIVES):   # reading meets weather, too
            plan = story.run('plan')
            if plan.returncode == 0:
                break
        expect(plan.returncode == 0, f'plan ended with {plan.returncode}: {tail(plan)}')
        document = json.loads(plan.stdout)
        expect(not document['steps'] and not document['guards'], f'something is left to do: {document["steps"]}')
        said = told(story.azure)
        story.azure.end()
        words = pathlib.Path(f'{story.azure.state}.log').read_text()
        stands = collections.Counter(DRAWN.sub('<drawn>', key) for key in State(story.azure.state).stands if key.startswith('thing/'))
    return stands, said, words, lives


with tempfile.TemporaryDirectory(prefix='holdfast-weather-') as folder:
    folder, calm = pathlib.Path(folder), {}
    for play in sys.argv[3:] or PLAYS:
        word, seed, example = play.split(':')
        spec = ROOT / 'examples' / f'{example}.yaml'
        if example not in calm:
            calm[example], said, words, _ = played(folder / f'calm-{example}', spec)
            expect(not said['kinds'] and 'Weather' not in words, f'fair weather speaks of itself: {words}')
        stands, said, words, lives = played(folder / play, spec, '--weather', word, '--seed', seed)
        expect(stands == calm[example], f'{play}: not the same stands: {stands - calm[example]}, {calm[example] - stands}')
        struck = {kind['kind']: kind['struck'] for kind in said['kinds'] if kind['struck']}
        expect(struck, f'{play}: nothing struck')
        for kind, times in struck.items():
            expect(re.search(rf'Weather met {said["requests"]} requests: .*\b{kind} {times}\b', words), f'its last words are others: {words}')
        print(f'ok  {play}: {stands.total()} things stand as without weather; {lives} lives, {said["requests"]} requests, '
              + ', '.join(f'{kind} {times}' for kind, times in struck.items()), flush=True)
