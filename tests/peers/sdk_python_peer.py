#!/usr/bin/env python3
"""Microsoft's own SDKs for Python, unchanged, in both ways: through the proxy under Azure's real host names, and told in code."""
import pathlib
import sys

from peer import ROOT, Served, python_client

holdfast = sys.argv[1]
python = python_client('sdk-python', ['azure-identity==1.27.0', 'azure-mgmt-containerservice==41.8.0', 'azure-mgmt-network==33.1.0',
                                      'azure-mgmt-keyvault==14.1.0', 'azure-mgmt-compute==39.0.0', 'azure-mgmt-authorization==4.0.0',
                                      'azure-mgmt-msi==7.1.0', 'azure-mgmt-resource==26.0.0', 'azure-keyvault-keys==4.11.3'], 'python')
walk = ROOT / 'tests/peers/sdk_python_walk.py'

for way in ('names', 'code'):
    with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24') as azure:
        proxy = {'HTTPS_PROXY': azure.url.replace('https:', 'http:'), 'NO_PROXY': ''}
        if way == 'names':
            azure.environment = {name: value for name, value in azure.environment.items()
                                 if name not in ('AZURE_AUTHORITY_HOST', 'ARM_METADATA_HOSTNAME', 'HOLDFAST_ARM_ENDPOINT')}
        else:  # only the vaults' hosts resolve nowhere
            proxy['NO_PROXY'] = 'localhost,127.0.0.1'
        print(azure.run(python, walk, way, **proxy, PYTHONDONTWRITEBYTECODE='1'), end='')
print(f'ok  {pathlib.Path(python).name}: both ways')
