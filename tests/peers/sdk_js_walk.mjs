// What a deployer's program does with Microsoft's SDKs. Any surprise is an exception, and exit status 1.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { ClientSecretCredential } from '@azure/identity';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { NetworkManagementClient } from '@azure/arm-network';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import { ComputeManagementClient } from '@azure/arm-compute';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from '@azure/core-rest-pipeline';
import { KeyClient, CryptographyClient } from '@azure/keyvault-keys';

const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_CLIENT_SECRET: secret, AZURE_SUBSCRIPTION_ID: subscription } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret);
const group = 'rg-js', location = 'westeurope';
const token = (await credential.getToken('https://management.azure.com/.default')).token;
const arm = async (method, path, body) => {
  const request = createPipelineRequest({ url: `https://management.azure.com${path}`, method, body: body && JSON.stringify(body) });
  request.headers.set('Authorization', `Bearer ${token}`);
  request.headers.set('Content-Type', 'application/json');
  const answer = await createPipelineFromOptions({}).sendRequest(createDefaultHttpClient(), request);
  return { status: answer.status, body: answer.bodyAsText ? JSON.parse(answer.bodyAsText) : null };
};
const ok = (what) => console.log(`ok  ${what}`);
const collect = async (list) => { const all = []; for await (const one of list) all.push(one); return all; };

for (const namespace of ['Microsoft.Network', 'Microsoft.KeyVault', 'Microsoft.Compute', 'Microsoft.ManagedIdentity', 'Microsoft.ContainerService', 'Microsoft.Storage'])
  await arm('POST', `/subscriptions/${subscription}/providers/${namespace}/register?api-version=2021-04-01`);
for (let i = 0; i < 50; ++i) {
  const { body } = await arm('GET', `/subscriptions/${subscription}/providers/Microsoft.Storage?api-version=2021-04-01`);
  if (body.registrationState === 'Registered') break;
}
assert.equal((await arm('PUT', `/subscriptions/${subscription}/resourceGroups/${group}?api-version=2024-11-01`, { location })).status, 201);

const network = new NetworkManagementClient(credential, subscription);
const vnet = await network.virtualNetworks.beginCreateOrUpdateAndWait?.(group, 'net', {
  location, addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, subnets: [{ name: 'nodes', addressPrefix: '10.0.0.0/22' }] })
  ?? await network.virtualNetworks.createOrUpdate(group, 'net', {
    location, properties: undefined, addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, subnets: [{ name: 'nodes', addressPrefix: '10.0.0.0/22' }] });
const subnets = await collect(network.subnets.list(group, 'net'));
assert.equal(subnets.length, 1);
assert.equal(vnet.provisioningState ?? vnet.properties?.provisioningState, 'Succeeded');
ok('arm-network: a virtual network with its subnet');

const vaults = new KeyVaultManagementClient(credential, subscription);
const put = vaults.vaults.beginCreateOrUpdateAndWait ?? vaults.vaults.createOrUpdate;
const vault = await put.call(vaults.vaults, group, 'hf-js-vault', { location, properties: {
  tenantId: tenant, sku: { family: 'A', name: 'standard' }, enableRbacAuthorization: true, enablePurgeProtection: true, softDeleteRetentionInDays: 90 } });
assert.equal(vault.properties.vaultUri.replace(/\/$/, ''), 'https://hf-js-vault.vault.azure.net');
ok('arm-keyvault: a vault');

const authorization = new AuthorizationManagementClient(credential, subscription);
const officer = (await collect(authorization.roleDefinitions.list(vault.id, { filter: "roleName eq 'Key Vault Crypto Officer'" })))[0];
const user = (await collect(authorization.roleDefinitions.list(vault.id, { filter: "roleName eq 'Key Vault Crypto User'" })))[0];
const me = JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).oid;
for (const role of [officer, user])
  await authorization.roleAssignments.create(vault.id, crypto.randomUUID(), { principalId: me, principalType: 'ServicePrincipal', roleDefinitionId: role.id });
ok('arm-authorization: roles by name');

const keys = new KeyClient(vault.properties.vaultUri, credential);
let key;
for (let i = 0; i < 200 && !key; ++i)  // the roles take effect a little later
  key = await keys.createRsaKey('disk', { keySize: 2048, keyOps: ['wrapKey', 'unwrapKey', 'sign', 'verify'] }).catch((e) => { if (e.statusCode !== 403) throw e; });
const crypt = new CryptographyClient(key.id, credential);
const plain = Buffer.from('a key of thirty-two bytes length');
let wrapped;
for (let i = 0; i < 200 && !wrapped; ++i)
  wrapped = await crypt.wrapKey('RSA-OAEP-256', plain).catch((e) => { if (e.statusCode !== 403) throw e; });
assert.deepEqual(Buffer.from((await crypt.unwrapKey('RSA-OAEP-256', wrapped.result)).result), plain);
const digest = crypto.createHash('sha256').update('message').digest();
const signature = await crypt.sign('RS256', digest);
const jwk = (await keys.getKey('disk')).key;
const publicKey = crypto.createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: Buffer.from(jwk.n).toString('base64url'), e: Buffer.from(jwk.e).toString('base64url') } });
assert.ok(crypto.verify('RSA-SHA256', Buffer.from('message'), publicKey, signature.result), "Node's own OpenSSL verifies it");
const rotated = await keys.rotateKey('disk');
assert.notEqual(rotated.properties.version, key.properties.version);
ok('keyvault-keys: create, wrap, unwrap, sign; verified outside; rotate');

const compute = new ComputeManagementClient(credential, subscription);
const setOf = compute.diskEncryptionSets.beginCreateOrUpdateAndWait ?? compute.diskEncryptionSets.createOrUpdate;
const set = await setOf.call(compute.diskEncryptionSets, group, 'des', { location, identity: { type: 'SystemAssigned' },
  encryptionType: 'EncryptionAtRestWithCustomerKey', activeKey: { keyUrl: rotated.id, sourceVault: { id: vault.id } } });
assert.ok(set.identity.principalId);
ok('arm-compute: a disk encryption set');

const aks = new ContainerServiceClient(credential, subscription);
const clusterOf = aks.managedClusters.beginCreateOrUpdateAndWait ?? aks.managedClusters.createOrUpdate;
const cluster = await clusterOf.call(aks.managedClusters, group, 'aks', { location, dnsPrefix: 'js', identity: { type: 'SystemAssigned' },
  agentPoolProfiles: [{ name: 'system', mode: 'System', count: 1, vmSize: 'Standard_D4ds_v5', osType: 'Linux', type: 'VirtualMachineScaleSets' }] });
assert.equal(cluster.provisioningState, 'Succeeded');
const kubeconfig = await aks.managedClusters.listClusterUserCredentials(group, 'aks');
assert.match(Buffer.from(kubeconfig.kubeconfigs[0].value).toString(), /^apiVersion: v1/);
const poolOf = aks.agentPools.beginCreateOrUpdateAndWait ?? aks.agentPools.createOrUpdate;
const pool = await poolOf.call(aks.agentPools, group, 'aks', 'user', { mode: 'User', count: 1, vmSize: 'Standard_D4ds_v5', osType: 'Linux' });
assert.equal(pool.provisioningState, 'Succeeded');
assert.equal((await collect(aks.agentPools.list(group, 'aks'))).length, 2);
ok('arm-containerservice: a cluster, its credentials, a second pool');
const gone = aks.managedClusters.beginDeleteAndWait ?? aks.managedClusters.delete;
await gone.call(aks.managedClusters, group, 'aks');
assert.equal((await collect(aks.managedClusters.listByResourceGroup(group))).length, 0);
ok('arm-containerservice: and gone');
