"""What a deployer's program does with Microsoft's SDKs for Python: `sdk_python_walk.py names|code`. Any surprise is an exception.

names: Azure's real host names, nothing told in code. code: authority and endpoint given, instance discovery off.
"""
import base64
import json
import os
import sys
import time
import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

told = sys.argv[1] == 'code'
subscription, tenant = os.environ['AZURE_SUBSCRIPTION_ID'], os.environ['AZURE_TENANT_ID']
if told:
    credential = ClientSecretCredential(tenant, os.environ['AZURE_CLIENT_ID'], os.environ['AZURE_CLIENT_SECRET'],
                                        authority=os.environ['AZURE_AUTHORITY_HOST'], disable_instance_discovery=True)
else:
    credential = DefaultAzureCredential()  # as most programs have it: the environment's secret is its first link
endpoint = {'base_url': os.environ['HOLDFAST_ARM_ENDPOINT']} if told else {}
LOCATION, GROUP = 'westeurope', 'rg-python'


def client(kind):
    return kind(credential, subscription, **endpoint)


def ok(what):
    print(f'ok  {sys.argv[1]}: {what}', flush=True)


def expect(held, what):
    if not held:
        raise SystemExit(f'{what}: no')


def once_allowed(act):
    """A role takes effect a little later; until then the vault says 403."""
    for _ in range(200):
        try:
            return act()
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
        time.sleep(0.05)
    raise SystemExit('the role never took effect')


resources = client(ResourceManagementClient)
for namespace in ('Network', 'KeyVault', 'Compute', 'ManagedIdentity', 'ContainerService', 'Storage'):
    resources.providers.register(f'Microsoft.{namespace}')
while resources.providers.get('Microsoft.Storage').registration_state != 'Registered':
    time.sleep(0.05)
group = resources.resource_groups.create_or_update(GROUP, {'location': LOCATION, 'tags': {'made': 'by the SDK'}})
expect(group.tags == {'made': 'by the SDK'}, 'the tag comes back')
ok('mgmt-resource: registered, a resource group')

network = client(NetworkManagementClient)
made = network.virtual_networks.begin_create_or_update(GROUP, 'net', {
    'location': LOCATION, 'properties': {'addressSpace': {'addressPrefixes': ['10.10.0.0/16']}}}).result()
nodes = network.subnets.begin_create_or_update(GROUP, 'net', 'nodes', {'properties': {'addressPrefix': '10.10.0.0/22'}}).result()
expect([subnet.name for subnet in network.subnets.list(GROUP, 'net')] == ['nodes'], 'the subnet is listed')
expect(made.provisioning_state == 'Succeeded', 'the network stands')
ok('mgmt-network: a virtual network, a subnet')

identities = client(ManagedServiceIdentityClient)
identity = identities.user_assigned_identities.create_or_update(GROUP, 'id-aks', {'location': LOCATION})
ok('mgmt-msi: an identity')

vaults = client(KeyVaultManagementClient)
vault = vaults.vaults.begin_create_or_update(GROUP, f'hf-py-{sys.argv[1]}', {'location': LOCATION, 'properties': {
    'tenantId': tenant, 'sku': {'family': 'A', 'name': 'standard'}, 'enableRbacAuthorization': True, 'enablePurgeProtection': True,
    'softDeleteRetentionInDays': 90}}).result()
ok('mgmt-keyvault: a vault')

authorization = client(AuthorizationManagementClient)
claims = credential.get_token('https://management.azure.com/.default').token.split('.')[1]
me = json.loads(base64.urlsafe_b64decode(claims + '=='))['oid']


def grant(scope, role, to):
    (definition,) = authorization.role_definitions.list(scope, filter=f"roleName eq '{role}'")
    return authorization.role_assignments.create(scope, str(uuid.uuid4()), {'properties': {
        'roleDefinitionId': definition.id, 'principalId': to, 'principalType': 'ServicePrincipal'}})


grant(vault.id, 'Key Vault Crypto Officer', me)
grant(vault.id, 'Key Vault Crypto User', me)
grant(nodes.id, 'Network Contributor', identity.principal_id)
ok('mgmt-authorization: roles by name')

keys = KeyClient(vault.properties.vault_uri, credential, verify_challenge_resource=not told)
key = once_allowed(lambda: keys.create_rsa_key('disk', size=2048, key_operations=['wrapKey', 'unwrapKey']))
crypt = CryptographyClient(key.id, credential, verify_challenge_resource=not told)
plain = b'a key of thirty-two bytes length'
wrapped = once_allowed(lambda: crypt.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, plain))
expect(once_allowed(lambda: crypt.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key)).key == plain, 'unwrapped is what was wrapped')
rotated = keys.rotate_key('disk')
expect(rotated.properties.version != key.properties.version, 'rotation makes a new version')
ok('keyvault-keys: create, wrap, unwrap, rotate')

compute = client(ComputeManagementClient)
disks = compute.disk_encryption_sets.begin_create_or_update(GROUP, 'des', {
    'location': LOCATION, 'identity': {'type': 'SystemAssigned'}, 'properties': {
        'encryptionType': 'EncryptionAtRestWithCustomerKey', 'activeKey': {'keyUrl': rotated.id, 'sourceVault': {'id': vault.id}}}}).result()
grant(vault.id, 'Key Vault Crypto Service Encryption User', disks.identity.principal_id)
ok('mgmt-compute: a disk encryption set')

aks = client(ContainerServiceClient)
cluster = aks.managed_clusters.begin_create_or_update(GROUP, 'aks', {
    'location': LOCATION, 'identity': {'type': 'UserAssigned', 'userAssignedIdentities': {identity.id: {}}}, 'properties': {
        'dnsPrefix': 'py', 'networkProfile': {'networkPlugin': 'azure', 'networkPluginMode': 'overlay'},
        'agentPoolProfiles': [{'name': 'system', 'mode': 'System', 'count': 1, 'vmSize': 'Standard_D4ds_v5', 'osType': 'Linux',
                               'type': 'VirtualMachineScaleSets', 'vnetSubnetID': nodes.id}]}}).result()
expect(cluster.provisioning_state == 'Succeeded', 'the cluster stands')
kubeconfig = aks.managed_clusters.list_cluster_user_credentials(GROUP, 'aks').kubeconfigs[0].value
expect(bytes(kubeconfig).startswith(b'apiVersion: v1'), 'a kubeconfig')
pool = aks.agent_pools.begin_create_or_update(GROUP, 'aks', 'user', {'properties': {
    'mode': 'User', 'count': 1, 'vmSize': 'Standard_D4ds_v5', 'osType': 'Linux', 'vnetSubnetID': nodes.id}}).result()
expect(sorted(one.name for one in aks.agent_pools.list(GROUP, 'aks')) == ['system', 'user'], 'two pools')
aks.managed_clusters.begin_update_tags(GROUP, 'aks', {'tags': {'owner': 'platform'}}).result()
aks.managed_clusters.begin_rotate_cluster_certificates(GROUP, 'aks').result()
ok('mgmt-containerservice: a cluster, its credentials, a second pool, tags, certificates')

try:
    aks.managed_clusters.begin_create_or_update(GROUP, 'bad', {'location': LOCATION, 'identity': {'type': 'SystemAssigned'}, 'properties': {
        'dnsPrefix': 'bad', 'networkProfile': {'networkPlugin': 'azure', 'serviceCidr': '10.10.0.0/16', 'dnsServiceIP': '10.10.0.10'},
        'agentPoolProfiles': [{'name': 'system', 'mode': 'System', 'count': 1, 'vmSize': 'Standard_D4ds_v5', 'vnetSubnetID': nodes.id}]}}).result()
    raise SystemExit('overlapping ranges were taken')
except HttpResponseError as error:
    expect(error.status_code == 400 and error.error.code, 'a refusal has a code')
    ok(f'a refusal as the SDK reads it: {error.error.code}')

aks.managed_clusters.begin_delete(GROUP, 'aks').result()
resources.resource_groups.begin_delete(GROUP).result()
try:
    resources.resource_groups.get(GROUP)
    raise SystemExit('the group is still there')
except ResourceNotFoundError:
    ok('deleted')
