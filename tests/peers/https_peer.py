#!/usr/bin/env python3
"""Every example over HTTPS: applied, planned empty, verified and destroyed through `holdfast simulate`, two processes apart."""
import json
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

from peer import ROOT, Served, equal

holdfast = sys.argv[1]


def walk(spec):
    world = ROOT / 'examples' / 'worlds' / 'existing-network.json'
    loads = ['--load', world] if 'world:' in spec.read_text() else []
    with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24', *loads) as azure:
        state = azure.state + '-client'
        before = azure.run(holdfast, 'plan', spec, '-o', 'json', '--state', state)
        azure.run(holdfast, 'apply', spec, '--yes', '--state', state)
        equal(json.loads(azure.run(holdfast, 'plan', spec, '-o', 'json', '--state', state))['steps'], [], f'{spec.stem}: the plan after apply is empty')
        azure.run(holdfast, 'verify', spec, '--state', state)
        azure.run(holdfast, 'destroy', spec, '--yes', '--state', state)
        after = json.loads(azure.run(holdfast, 'plan', spec, '-o', 'json', '--state', state))
        created = [c['address'] for c in after['changes'] if c['action'] == 'create']
        wanted = [c['address'] for c in json.loads(before)['changes'] if c['action'] == 'create']
        equal(created, wanted, f'{spec.stem}: after destroy all {len(wanted)} resources would be created again')


# Most of a walk is waiting for the time between polls: all of them wait together.
with ThreadPoolExecutor() as pool:
    for done in [pool.submit(walk, spec) for spec in sorted((ROOT / 'examples').glob('*.yaml'))]:
        done.result()
