#!/usr/bin/env python3
"""Microsoft's own SDKs for JavaScript, unchanged, through the proxy under Azure's real host names."""
import pathlib
import sys

from peer import ROOT, Served, node_client

holdfast = sys.argv[1]
node, folder = node_client('sdk-js', '@azure/identity@4.13.1', '@azure/arm-containerservice@25.3.0', '@azure/arm-network@36.0.0',
                           '@azure/arm-keyvault@5.0.0', '@azure/arm-compute@24.1.0', '@azure/arm-authorization@9.0.0',
                           '@azure/keyvault-keys@4.10.2')
script = folder / 'walk.mjs'
script.write_text((ROOT / 'tests/peers/sdk_js_walk.mjs').read_text())

with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24') as azure:
    real_names = {name: value for name, value in azure.environment.items()
                  if name not in ('AZURE_AUTHORITY_HOST', 'ARM_METADATA_HOSTNAME', 'HOLDFAST_ARM_ENDPOINT', 'HOLDFAST_AUTHORITY')}
    azure.environment = {**real_names, 'HTTPS_PROXY': azure.url.replace('https:', 'http:'), 'NO_PROXY': ''}
    print(azure.run(node, '--version').strip(), pathlib.Path(folder / 'package.json').read_text().count('@azure/'), 'packages')
    print(azure.run(node, script), end='')
