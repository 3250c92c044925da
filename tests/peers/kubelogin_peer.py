#!/usr/bin/env python3
"""kubelogin, the credential plugin of every AKS kubeconfig, signs in to the simulated Entra: secret, federation, az, by both ways.

On demand only: building it takes minutes.
"""
import base64
import json
import pathlib
import sys
import tempfile
import time

from peer import Served, equal, go_client, python_client

holdfast = sys.argv[1]
VERSION = 'v0.2.22'
kubelogin = go_client('kubelogin', 'github.com/Azure/kubelogin', VERSION, '.', 'kubelogin')
az = python_client('azure-cli', 'azure-cli>=2.91', 'az')
SERVER = '6dae42f8-4368-4678-94ff-3960e28e3630'  # the application every AKS API server with Entra ID is


def claims(printed):
    token = json.loads(printed)['status']['token']
    return json.loads(base64.urlsafe_b64decode(token.split('.')[1] + '=='))


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip('=')


directory = pathlib.Path(tempfile.mkstemp(suffix='.json')[1])
POD = {'iss': 'https://issuer.azsim.test/', 'sub': 'system:serviceaccount:shop:web', 'aud': 'api://AzureADTokenExchange'}
WORKLOAD = '7d2f1c90-5b3e-4a68-9f07-c4e1a8b26d35'
directory.write_text(json.dumps({'servicePrincipals': [{'displayName': 'web', 'appId': WORKLOAD,
                                                       'federations': [{'issuer': POD['iss'], 'subject': POD['sub']}]}]}))

with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24', '--directory', directory) as azure:
    print(f'kubelogin {VERSION}')
    by_name = {'HTTPS_PROXY': azure.url.replace('https:', 'http:'), 'NO_PROXY': '', 'AZURE_AUTHORITY_HOST': ''}
    told = ['--authority-host', azure.environment['AZURE_AUTHORITY_HOST'].rstrip('/') + '/', '--disable-instance-discovery']
    folder = pathlib.Path(azure.folder.name)
    secret = ['--client-id', azure.environment['AZURE_CLIENT_ID'], '--client-secret', azure.environment['AZURE_CLIENT_SECRET'],
              '--tenant-id', azure.environment['AZURE_TENANT_ID']]

    def token(name, login, *options, **more):
        found = claims(azure.run(kubelogin, 'get-token', '--server-id', SERVER, '--login', login, '--cache-dir', folder / name, *options, **more))
        equal((found['aud'], found['tid']), (SERVER, azure.environment['AZURE_TENANT_ID']), f'{login}, {name}: a token for the API server')
        return found

    by_proxy, by_flag = token('by-names', 'spn', *secret, **by_name), token('by-flags', 'spn', *secret, *told)
    equal(by_proxy['oid'], by_flag['oid'], 'the same principal by both ways')
    azure.run(az, 'login', '--service-principal', '-u', azure.environment['AZURE_CLIENT_ID'], '-p',
              azure.environment['AZURE_CLIENT_SECRET'], '--tenant', azure.environment['AZURE_TENANT_ID'])
    equal(token('az', 'azurecli', PATH=f'{az.parent}:{azure.environment["PATH"]}')['oid'], by_flag['oid'], 'and by az')

    file = folder / 'pod-token'
    now = int(time.time())
    file.write_text('.'.join([segment({'alg': 'RS256', 'kid': 'k'}), segment(POD | {'iat': now, 'exp': now + 3600}), 'c2lnbmF0dXJl']))
    pod = {'AZURE_CLIENT_ID': WORKLOAD, 'AZURE_FEDERATED_TOKEN_FILE': str(file)}
    equal(token('pod', 'workloadidentity', '--disable-instance-discovery', **pod,
                AZURE_AUTHORITY_HOST=told[1])['appid'], WORKLOAD, 'a pod signs in by federation')
directory.unlink()
