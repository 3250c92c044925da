#!/usr/bin/env python3
"""The real Azure CLI reads the estate that Holdfast deployed over HTTPS."""
import json
import subprocess
import sys

from peer import ROOT, Served, equal, python_client

holdfast = sys.argv[1]
az = python_client('azure-cli', 'azure-cli>=2.91', 'az')

with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24') as azure:
    def ask(*words):
        return json.loads(azure.run(az, *words, '--only-show-errors', '-o', 'json') or 'null')

    version = ask('version')['azure-cli']
    print(f'az {version}')
    spec = 'examples/secure-cluster.yaml'
    azure.run(holdfast, 'apply', spec, '--yes', '--state', azure.state + '-client')
    environment = azure.environment
    ask('login', '--service-principal', '-u', environment['AZURE_CLIENT_ID'], '-p', environment['AZURE_CLIENT_SECRET'],
        '--tenant', environment['AZURE_TENANT_ID'])
    designed = json.loads(azure.run(holdfast, 'plan', spec, '--live', 'none', '-o', 'json', '--state', azure.state + '-client'))
    # The person who is signed in to az needs nothing else to plan: no secret, only az on the path.
    person = {k: v for k, v in environment.items() if k not in ('AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET')}
    planned = subprocess.run([holdfast, 'plan', spec, '--sign-in', 'azure-cli', '-o', 'json', '--state', azure.state + '-client'], cwd=ROOT, text=True,
                             env={**person, 'PATH': f'{az.parent}:{environment["PATH"]}'}, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    equal((planned.returncode, json.loads(planned.stdout or '{}').get('steps')), (0, []), f'holdfast plan --sign-in azure-cli: nothing is left to do {planned.stderr[-600:] if planned.returncode else ""}')
    by_type = {}
    for change in designed['changes']:
        by_type.setdefault(change['type'].lower(), []).append(change)

    def name_of(kind):
        return by_type[kind][0]['resource'].rsplit('/', 1)[1]

    group = name_of('microsoft.resources/resourcegroups')
    cluster = name_of('microsoft.containerservice/managedclusters')
    network = name_of('microsoft.network/virtualnetworks')

    groups = ask('group', 'list')
    equal(group in [g['name'] for g in groups], True, 'az group list shows our group')
    shown = ask('aks', 'show', '-g', group, '-n', cluster)
    equal(shown['provisioningState'], 'Succeeded', 'az aks show: provisioned')
    equal(shown['disableLocalAccounts'], True, 'az aks show: local accounts are off')
    equal(shown['diskEncryptionSetId'].lower().startswith('/subscriptions/'), True, "az aks show: disks carry the customer's key")
    pools = ask('aks', 'nodepool', 'list', '-g', group, '--cluster-name', cluster)
    equal(sorted(p['name'] for p in pools),
          sorted(c['resource'].rsplit('/', 1)[1] for c in by_type['microsoft.containerservice/managedclusters/agentpools']),
          'az aks nodepool list: every pool')
    vnet = ask('network', 'vnet', 'show', '-g', group, '-n', network)
    equal(len(vnet['subnets']), len(by_type['microsoft.network/virtualnetworks/subnets']), 'az network vnet show: every subnet')
    roles = ask('role', 'assignment', 'list', '--all')
    designed_roles = [c for c in by_type['microsoft.authorization/roleassignments']]
    ours = [r for r in roles if r['principalId'] != environment.get('OWNER', '33333333-3333-3333-3333-333333333333')]
    equal(len(ours) >= len(designed_roles), True, 'az role assignment list --all: every grant')
    azure.run(holdfast, 'verify', spec, '--state', azure.state + '-client')
    azure.run(holdfast, 'destroy', spec, '--yes', '--state', azure.state + '-client')
    equal(ask('group', 'list'), [], 'az group list after destroy: nothing')
