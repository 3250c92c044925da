#!/usr/bin/env python3
"""The exported script, run by the real Azure CLI, ends where `holdfast apply` ends.

  export_peer.py HOLDFAST      HOLDFAST_EXPORTS="dev seed-2020 …" chooses the examples; all: every one

For each example the script says what it would do and does nothing, makes the estate (a plan is empty afterwards), changes
nothing when it is run again, and takes everything away. The simulated Azure's own rows are compared byte for byte.
"""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import time

from peer import ROOT, Served, equal, python_client

holdfast = pathlib.Path(sys.argv[1]).resolve()
az = python_client('azure-cli', 'azure-cli>=2.91', 'az')
chosen = os.environ.get('HOLDFAST_EXPORTS', 'dev secure-cluster').split()
if chosen == ['all']:
    chosen = sorted(path.stem for path in (ROOT / 'examples').glob('*.yaml'))
WORLDS = {'seed-2020': ROOT / 'examples' / 'worlds' / 'existing-network.json'}


def resources(state):
    """What stands, what is in the bin and what is registered, as the simulated Azure keeps it; clocks and operations aside."""
    with sqlite3.connect(f'file:{state}/azure.db?mode=ro', uri=True) as database:
        (table,) = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        found = dict(database.execute(f'select * from "{table}"'))
    return {key: value for key, value in found.items() if str(key).split('/')[0] in ('thing', 'bin', 'provider', 'feature')}


for example in chosen:
    spec = f'examples/{example}.yaml'
    load = ['--load', WORLDS[example]] if example in WORLDS else []
    with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24', *load) as azure:
        environment = azure.environment
        folder = pathlib.Path(azure.folder.name)
        (folder / 'bin').mkdir()
        os.symlink(az, folder / 'bin' / 'az')
        mine = {'PATH': f'{folder}/bin:{environment["PATH"]}', 'PAUSE': '0.2'}
        azure.run(az, 'login', '--service-principal', '-u', environment['AZURE_CLIENT_ID'], '-p', environment['AZURE_CLIENT_SECRET'],
                  '--tenant', environment['AZURE_TENANT_ID'])
        script = folder / 'deploy.sh'
        script.write_text(azure.run(holdfast, 'export', spec, '--to', 'az', '--state', f'{azure.state}-client'))
        azure.run('shellcheck', script)
        print(f'ok  {example}: shellcheck finds nothing')

        empty = resources(azure.state)
        would = azure.run('bash', script, '--what-if', **mine)
        equal(len(re.findall(r'^\+ .* would be created', would, re.M)) > 0, True, f'{example}: --what-if says what it would do')
        equal(resources(azure.state) == empty, True, f'{example}: --what-if does nothing')

        began = time.monotonic()
        first = azure.run('bash', script, seconds=3600, **mine)
        took = time.monotonic() - began
        plan = json.loads(azure.run(holdfast, 'plan', spec, '-o', 'json', '--state', f'{azure.state}-client'))
        if plan['steps']:
            print(json.dumps([c for c in plan['changes'] if c['action'] != 'none'], indent=1)[:6000])
        equal([step['id'] for step in plan['steps']], [], f'{example}: a plan is empty after the script ({took:.0f} s)')
        azure.run(holdfast, 'verify', spec, '--state', f'{azure.state}-client')

        made = resources(azure.state)
        again = azure.run('bash', script, seconds=3600, **mine)
        equal(re.search(r'(\d+) created', again)[1], '0', f'{example}: a second run creates nothing')
        equal(resources(azure.state) == made, True, f'{example}: a second run changes nothing')

        azure.run('bash', script, '--destroy', '--yes', seconds=3600, **mine)
        left = json.loads(azure.run(az, 'group', 'list', '-o', 'json'))
        equal([g['name'] for g in left if (g.get('tags') or {}).get('holdfast')], [], f'{example}: --destroy leaves none of our groups')
