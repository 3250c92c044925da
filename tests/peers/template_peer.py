#!/usr/bin/env python3
"""The exported template, deployed through the simulated Azure's own deployments API, ends where `holdfast apply` ends.

  template_peer.py HOLDFAST [--az] [EXAMPLE…]     without names a few; all: every example

For each example a client that is not ours (plain HTTPS, or the Azure CLI) does first what the export says no template can, deploys,
and finds: a plan without steps, a verify that passes, a second deployment that changes nothing in the simulated Azure's own rows, and
a what-if that says so of every resource.
"""
import json
import pathlib
import re
import sqlite3
import sys

from deployment import Cli, Rest, exported, served
from peer import ROOT, equal, python_client

holdfast = pathlib.Path(sys.argv[1]).resolve()
words = [word for word in sys.argv[2:] if word != '--az']
az = python_client('azure-cli', 'azure-cli>=2.91', 'az') if '--az' in sys.argv else None
chosen = words or ['dev', 'seed-2020', 'regulated']
if chosen == ['all']:
    chosen = sorted(path.stem for path in (ROOT / 'examples').glob('*.yaml'))
# When something was written, and by whom, is not what it is.
CLOCKS = {'changed', 'version', 'updatedOn', 'updatedBy', 'modifiedDate', 'lastModifiedAt'}


def without_clocks(value):
    if isinstance(value, dict):
        return {key: without_clocks(one) for key, one in value.items() if key not in CLOCKS}
    if isinstance(value, list):
        return [without_clocks(one) for one in value]
    return value


def resources(state):
    """What stands, what is in the bin and what is registered, as the simulated Azure keeps it; deployments are no part of the estate."""
    with sqlite3.connect(f'file:{state}/azure.db?mode=ro', uri=True) as database:
        (table,) = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        found = {str(key): value for key, value in database.execute(f'select * from "{table}"')}
    return {key: without_clocks(json.loads(value)) if value[:1] == b'{' else value for key, value in found.items()
            if key.split('/')[0] in ('thing', 'bin', 'provider', 'feature') and '/microsoft.resources/deployments/' not in key}


for example in chosen:
    spec = f'examples/{example}.yaml'
    with served(holdfast, example, '--speed', 'max') as azure:
        what = exported(azure, holdfast, spec)
        client = Cli(azure, az) if az else Rest(azure)
        client.sign_in()
        said = what.template['metadata']
        for command in said['before']:
            client.prepare(command)
        equal(all(text in what.said for text in [*said['before'], *said['limits']]), True,
              f'{example}: the export says {len(said["before"])} commands for before and {len(said["limits"])} limits of templates')

        equal(client.deploy(what, 'first'), ('Succeeded', None), f'{example}: the template is deployed by {client.name}')
        plan = json.loads(azure.run(holdfast, 'plan', spec, '-o', 'json', '--state', f'{azure.state}-client'))
        if plan['steps']:
            print(json.dumps([c for c in plan['changes'] if c['action'] != 'none'], indent=1)[:6000])
        equal([step['id'] for step in plan['steps']], [], f'{example}: a plan is empty after it')
        azure.run(holdfast, 'verify', spec, '--state', f'{azure.state}-client')

        made = resources(azure.state)
        equal(client.deploy(what, 'second'), ('Succeeded', None), f'{example}: it is deployed again')
        after = resources(azure.state)
        equal(sorted(key for key in made.keys() | after.keys() if made.get(key) != after.get(key)), [], f'{example}: which changes nothing')
        changes = client.what_if(what)
        for one in changes:
            if one['changeType'] != 'NoChange':
                print(json.dumps({key: one.get(key) for key in ('resourceId', 'changeType', 'delta')})[:3000])
        equal(sorted(one['resourceId'] for one in changes if one['changeType'] != 'NoChange'), [],
              f'{example}: what-if says no change of {len(changes)} resources')
        declared = int(re.search(r'(\d+) resources declared', what.said)[1])
        equal(len(changes), declared, f'{example}: which are all that are declared')
