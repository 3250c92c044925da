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

# A day of an operator, typed: nothing below knows Holdfast.
with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24') as azure:
    azure.environment |= {'HTTPS_PROXY': azure.url.replace('https:', 'http:'), 'NO_PROXY': 'localhost,127.0.0.1'}
    count = 0

    def az_(*words, status=0):
        global count
        count += 1
        out = azure.run(az, *words, '--only-show-errors', '-o', 'json', status=status)
        return json.loads(out) if out.strip().startswith(('{', '[', '"')) else out.strip()

    folder = azure.folder.name
    with open(f'{folder}/main.json', 'w') as file:
        file.write('{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",\n'
                   ' "contentVersion": "1.0.0.0", // az sends comments along\n'
                   ' "parameters": {"name": {"type": "string"}},\n'
                   ' "resources": [{"type": "Microsoft.Network/routeTables", "apiVersion": "2024-05-01", "name": "[parameters(\'name\')]",\n'
                   '   "location": "[resourceGroup().location]", "properties": {"disableBgpRoutePropagation": true}}],\n'
                   ' "outputs": {"id": {"type": "string", "value": "[reference(parameters(\'name\'), \'2024-05-01\', \'Full\').id]"}}}\n')
    with open(f'{folder}/strict.json', 'w') as file:
        json.dump({'$schema': 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#', 'contentVersion': '1.0.0.0',
                   'resources': [{'type': 'Microsoft.Network/networkSecurityGroups', 'apiVersion': '2024-05-01', 'name': 'by-stack',
                                  'location': 'westeurope', 'properties': {}}]}, file)
    environment = azure.environment
    az_('login', '--service-principal', '-u', environment['AZURE_CLIENT_ID'], '-p', environment['AZURE_CLIENT_SECRET'], '--tenant', environment['AZURE_TENANT_ID'])
    for namespace in 'Network', 'ManagedIdentity', 'KeyVault', 'Compute', 'Storage', 'ContainerService':
        az_('provider', 'register', '-n', f'Microsoft.{namespace}')
    az_('group', 'create', '-n', 'rg1', '-l', 'westeurope')
    az_('network', 'vnet', 'create', '-g', 'rg1', '-n', 'net', '-l', 'westeurope', '--address-prefixes', '10.10.0.0/16', '--subnet-name', 'nodes', '--subnet-prefixes', '10.10.0.0/22')
    az_('network', 'nsg', 'create', '-g', 'rg1', '-n', 'nsg', '-l', 'westeurope')
    az_('network', 'nsg', 'rule', 'create', '-g', 'rg1', '--nsg-name', 'nsg', '-n', 'no-ssh', '--priority', '100', '--access', 'Deny', '--destination-port-ranges', '22')
    subnet = az_('network', 'vnet', 'subnet', 'update', '-g', 'rg1', '--vnet-name', 'net', '-n', 'nodes', '--network-security-group', 'nsg')
    equal(subnet['networkSecurityGroup']['id'].endswith('/nsg'), True, 'az network vnet subnet update: the group hangs on the subnet')
    az_('network', 'public-ip', 'create', '-g', 'rg1', '-n', 'out', '-l', 'westeurope', '--sku', 'Standard', '--zone', '1', '2', '3')
    az_('network', 'nat', 'gateway', 'create', '-g', 'rg1', '-n', 'nat', '-l', 'westeurope', '--public-ip-addresses', 'out')
    az_('network', 'private-dns', 'zone', 'create', '-g', 'rg1', '-n', 'privatelink.westeurope.azmk8s.io')
    identity = az_('identity', 'create', '-g', 'rg1', '-n', 'control', '-l', 'westeurope')

    az_('keyvault', 'create', '-g', 'rg1', '-n', 'hf-az-vault', '-l', 'westeurope', '--enable-purge-protection', 'true')
    vault = az_('keyvault', 'show', '-n', 'hf-az-vault', '-g', 'rg1')
    az_('role', 'assignment', 'create', '--role', 'Key Vault Crypto Officer', '--assignee-object-id', '33333333-3333-3333-3333-333333333333',
        '--assignee-principal-type', 'ServicePrincipal', '--scope', vault['id'])
    key = az_('keyvault', 'key', 'create', '--vault-name', 'hf-az-vault', '-n', 'disk', '--kty', 'RSA', '--size', '2048', '--ops', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt')
    az_('role', 'assignment', 'create', '--role', 'Key Vault Crypto User', '--assignee-object-id', '33333333-3333-3333-3333-333333333333',
        '--assignee-principal-type', 'ServicePrincipal', '--scope', vault['id'])
    secret = az_('keyvault', 'key', 'encrypt', '--vault-name', 'hf-az-vault', '-n', 'disk', '--algorithm', 'RSA-OAEP-256', '--value', 'c2VjcmV0', '--data-type', 'base64')
    plain = az_('keyvault', 'key', 'decrypt', '--vault-name', 'hf-az-vault', '-n', 'disk', '--algorithm', 'RSA-OAEP-256', '--value', secret['result'], '--data-type', 'base64')
    equal(plain['result'], 'c2VjcmV0', 'az keyvault key encrypt, decrypt: the same text comes back')
    rotated = az_('keyvault', 'key', 'rotate', '--vault-name', 'hf-az-vault', '-n', 'disk')
    equal(rotated['key']['kid'] != key['key']['kid'], True, 'az keyvault key rotate: a new version')

    changes = az_('deployment', 'group', 'what-if', '-g', 'rg1', '-n', 'd', '--template-file', f'{folder}/main.json', '--parameters', 'name=rt', '--no-pretty-print')
    equal([c['changeType'] for c in changes['changes'] if c['resourceId'].endswith('/rt')], ['Create'], 'az deployment group what-if: Create')
    deployed = az_('deployment', 'group', 'create', '-g', 'rg1', '-n', 'd', '--template-file', f'{folder}/main.json', '--parameters', 'name=rt')
    equal(deployed['properties']['outputs']['id']['value'].endswith('/routeTables/rt'), True, 'az deployment group create: its output')
    equal(len(az_('deployment', 'operation', 'group', 'list', '-g', 'rg1', '-n', 'd')), 1, 'az deployment operation group list')
    az_('stack', 'group', 'create', '-g', 'rg1', '-n', 'st', '--template-file', f'{folder}/strict.json', '--deny-settings-mode', 'none', '--action-on-unmanage', 'deleteAll', '--yes')
    az_('stack', 'group', 'delete', '-g', 'rg1', '-n', 'st', '--action-on-unmanage', 'deleteAll', '--yes')
    equal([r['name'] for r in az_('resource', 'list', '-g', 'rg1') if r['name'] == 'by-stack'], [], 'az stack group delete takes what it managed along')

    cluster = az_('aks', 'create', '-g', 'rg1', '-n', 'aks', '-l', 'westeurope', '--no-ssh-key', '--node-count', '1', '--kubernetes-version', '1.35', '--network-plugin', 'azure',
                  '--network-plugin-mode', 'overlay', '--enable-aad', '--aad-admin-group-object-ids', '77777777-7777-7777-7777-777777777777')
    equal(cluster['provisioningState'], 'Succeeded', 'az aks create')
    az_('aks', 'update', '-g', 'rg1', '-n', 'aks', '--enable-oidc-issuer', '--enable-workload-identity')
    az_('aks', 'nodepool', 'add', '-g', 'rg1', '--cluster-name', 'aks', '-n', 'user1', '--node-count', '1', '--mode', 'User')
    equal(len(az_('aks', 'nodepool', 'list', '-g', 'rg1', '--cluster-name', 'aks')), 2, 'az aks nodepool add, list')
    az_('aks', 'get-credentials', '-g', 'rg1', '-n', 'aks', '-f', f'{folder}/kubeconfig')
    equal('kubelogin' in open(f'{folder}/kubeconfig').read(), True, 'az aks get-credentials: the kubelogin form')
    offered = az_('aks', 'get-upgrades', '-g', 'rg1', '-n', 'aks')['controlPlaneProfile']['upgrades']
    newest = max((u['kubernetesVersion'] for u in offered), key=lambda v: [int(n) for n in v.split('.')])
    upgraded = az_('aks', 'upgrade', '-g', 'rg1', '-n', 'aks', '--kubernetes-version', newest, '--yes')
    equal(upgraded['kubernetesVersion'], newest, 'az aks upgrade')
    said = az_('aks', 'command', 'invoke', '-g', 'rg1', '-n', 'aks', '--command', 'kubectl get nodes')
    equal('Ready' in json.dumps(said), True, 'az aks command invoke: its nodes')
    az_('aks', 'nodepool', 'delete', '-g', 'rg1', '--cluster-name', 'aks', '-n', 'user1')
    rows = az_('rest', '--method', 'post', '--url', '/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01',
               '--body', json.dumps({'query': "Resources | where type =~ 'microsoft.containerservice/managedclusters' | project name"}))
    equal(rows['data'], [{'name': 'aks'}], 'az rest: Resource Graph knows the cluster')
    az_('aks', 'delete', '-g', 'rg1', '-n', 'aks', '--yes')
    az_('group', 'delete', '-n', 'rg1', '--yes')
    equal(az_('group', 'exists', '-n', 'rg1'), 'false', 'az group delete')
    print(f'ok  {count} commands of az')
