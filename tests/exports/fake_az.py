#!/usr/bin/env python3
"""A stand-in for az that shows what a script really sends: every call is a line of JSON in $FAKE/calls.

It keeps what is written, so that a second look finds it, and fails as $FAKE/failures says: a list of
{"method", "id" (a part of it), "times", "say"}; the first that fits and has times left is what az prints before exit 1, or,
with "answers" in place of "say", the id that az gives with exit 0 though it made nothing.
"""
import json
import os
import pathlib
import sys

fake = pathlib.Path(os.environ['FAKE'])
words = sys.argv[1:]


def option(name, default=''):
    return words[words.index(name) + 1] if name in words else default


MAKES = {'identity create': 'Microsoft.ManagedIdentity/userAssignedIdentities', 'network nsg create': 'Microsoft.Network/networkSecurityGroups',
         'network public-ip create': 'Microsoft.Network/publicIPAddresses', 'network nat gateway create': 'Microsoft.Network/natGateways',
         'network route-table create': 'Microsoft.Network/routeTables', 'network private-dns zone create': 'Microsoft.Network/privateDnsZones',
         'monitor log-analytics workspace create': 'Microsoft.OperationalInsights/workspaces', 'acr create': 'Microsoft.ContainerRegistry/registries',
         'disk-encryption-set create': 'Microsoft.Compute/diskEncryptionSets', 'lock create': 'Microsoft.Authorization/locks'}


def made():
    """The id that a creating command makes, or nothing."""
    verb = ' '.join(words[:next((i for i, word in enumerate(words) if word.startswith('-')), len(words))])
    name, group = option('--name') or option('--workspace-name'), f'/subscriptions/{option("--subscription")}/resourceGroups/{option("--resource-group")}'
    if verb == 'group create':
        return f'/subscriptions/{option("--subscription")}/resourceGroups/{name}'
    if verb == 'role assignment create':
        return f'{option("--scope")}/providers/Microsoft.Authorization/roleAssignments/{name}'
    if verb == 'aks maintenanceconfiguration add':
        return f'{group}/providers/Microsoft.ContainerService/managedClusters/{option("--cluster-name")}/maintenanceConfigurations/{name}'
    return f'{group}/providers/{MAKES[verb]}/{name}' if verb in MAKES else None


body = sys.stdin.read() if option('--body') == '@-' else None
native = made()
with open(fake / 'calls', 'a', encoding='utf-8') as calls:
    calls.write(json.dumps({'words': words, 'body': body, 'writes': native or (option('--url').split('?')[0] if option('--method') == 'put' else None)}) + '\n')
if words[0] == 'version':
    print(os.environ.get('FAKE_VERSION', '2.91.0'))
    sys.exit()
if words[:2] == ['account', 'show']:
    print(f'{option("--subscription")}\t{os.environ["FAKE_TENANT"]}')
    sys.exit()
if words[:2] == ['provider', 'list']:
    print('\n'.join(os.environ['FAKE_PROVIDERS'].split()))
    sys.exit()
if words[0] in ('provider', 'feature'):
    registered = fake / ('-'.join([words[0], option('--namespace'), option('--name')]))
    if words[1] == 'register':
        registered.touch()
    print('Registered' if registered.exists() else 'NotRegistered')
    sys.exit()
if words[0] != 'rest' and not native:
    sys.exit(f'ERROR: the stand-in does not know: {words}')

method, id = option('--method') or 'put', (native or option('--url').split('?')[0]).lower()
failures = json.loads((fake / 'failures').read_text()) if (fake / 'failures').exists() else []
for failure in failures:
    if failure['method'] == method and failure['id'].lower() in id and failure['times'] > 0:
        failure['times'] -= 1
        (fake / 'failures').write_text(json.dumps(failures))
        if 'answers' in failure:
            print(failure['answers'])
            sys.exit()
        print('ERROR: ' + failure['say'], file=sys.stderr)
        sys.exit(1)
kept = json.loads((fake / 'kept').read_text()) if (fake / 'kept').exists() else {}
if method == 'put':
    tags = words[words.index('--tags') + 1:] if '--tags' in words else []
    kept[id] = json.loads(body) if body else {'tags': dict(tag.split('=', 1) for tag in tags if '=' in tag)}
    for list, child in [('subnets', 'subnets'), ('agentPoolProfiles', 'agentPools'), ('securityRules', 'securityRules'), ('routes', 'routes')]:
        for one in kept[id].get('properties', {}).get(list, []):
            kept[f'{id}/{child}/{one["name"]}'.lower()] = one
elif id not in kept:
    print('ERROR: Not Found({"error":{"code":"ResourceNotFound","message":"no such thing"}})', file=sys.stderr)
    sys.exit(1)
elif method == 'delete':
    kept = {one: value for one, value in kept.items() if one != id and not one.startswith(id + '/')}
(fake / 'kept').write_text(json.dumps(kept))
if method == 'delete' or '--no-wait' in words:
    sys.exit()
if native:
    print(native)
    sys.exit()
query = option('--query')
if 'provisioningState' in query:
    owner = (kept[id].get('tags') or {}).get('holdfast', '-')
    print('Succeeded' if method == 'put' else f'Succeeded\t{owner}')
else:
    print('https://known.example/' + query.split('.')[-1] if query.endswith('Version') else '77777777-7777-7777-7777-777777777777')
