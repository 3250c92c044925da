#!/usr/bin/env python3
"""Azure's error codes that our sources name: how many are translated, and how many the simulated Azure makes by their causes.

  errors.py HOLDFAST        ACCEPT=1 writes docs/errors.md anew

Named: by the notes on the protocol, by the hard rules of AKS, in recorded traffic (docs/errors.md keeps the list, compared with the
sources where they are at hand). Translated: `holdfast explain CODE` gives a cause and a next step; `apply` reads the same rows. Made: a
test of the simulated Azure, or of whole walks on it, expects the code from what causes it. The rest is named plainly, with why.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
from collections import defaultdict

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / 'shared'
PAGE = ROOT / 'docs' / 'errors.md'
holdfast = pathlib.Path(sys.argv[1]).resolve()
KINDS = ['protocol', 'rules', 'recordings']

# Words of the sources that are written like codes and are none.
NO_CODES = set('''AdvisorResources AuthorizationResources AzureKubernetesService CachedDiskBytes ContainerInsightsExtension CoreDNS
    CustomCATrustCertificates CustomizeDiff DeployIfNotExists EncryptionAtHost EncryptionAtHostSupported EphemeralOSDiskSupported ErrImagePull
    InProgress NodeImage PolicyResources ResettingAADProfile ResettingServicePrincipalProfile ResourceContainers RotatingClusterCertificates
    SecurityProfile SecurityResources ServicePrincipal UpgradingNodeImageVersion VirtualAppliance VirtualNetworkGateway DELETE GET'''.split())
# Codes that say no more than a status or a wrapper does: what lies inside them is told.
WRAPPERS = {'BadRequest', 'DeploymentFailed', 'Conflict', 'Forbidden'}
# Why no configuration makes them here.
NOT_MADE = {
    'NotSupportedSetup': 'an old az asked for a command on a private cluster; its words and today\'s causes stand in no source',
    'UnsupportedProperty': 'no source says which property causes it',
}


def named_by_sources():
    """code -> where it is named; None where the sources are not at hand."""
    if not (SHARED / 'azure' / 'arm-protocol.md').exists():
        return None
    import yaml
    found = defaultdict(set)
    protocol = (SHARED / 'azure' / 'arm-protocol.md').read_text()
    for code in re.findall(r'`([A-Z][A-Za-z]*[a-z][A-Za-z]*[A-Z][A-Za-z]+)`|\b(AADSTS\d+)', protocol):
        found[code[0] or code[1]].add('protocol')

    def rules(value):
        if isinstance(value, dict):
            for key, one in value.items():
                yield from [one] if key == 'azure_error' and isinstance(one, str) else rules(one)
        elif isinstance(value, list):
            for one in value:
                yield from rules(one)

    for text in rules(yaml.safe_load((SHARED / 'facts' / 'aks-limits.yaml').read_text())):
        for code in re.findall(r'\b([A-Z][a-z0-9]+[A-Za-z0-9]*[A-Z][A-Za-z]+|[A-Z]\d[A-Za-z]+|ErrCode_\w+)\b', text):
            found[code].add('rules')

    def codes(value):
        if isinstance(value, dict):
            if isinstance(value.get('code'), str) and 'message' in value:
                yield value['code']
            for one in value.values():
                yield from codes(one)
        elif isinstance(value, list):
            for one in value:
                yield from codes(one)
        elif isinstance(value, str) and value.lstrip().startswith('{'):
            try:
                yield from codes(json.loads(value))
            except ValueError:
                pass

    for folder in ('recordings', 'recordings-transcribed'):
        for file in sorted((SHARED / 'azure' / folder).glob('*.jsonl')):
            for line in file.read_text().splitlines():
                for code in codes(json.loads(line).get('response_body')):
                    found[code].add('recordings')
    return {code: [kind for kind in KINDS if kind in kinds] for code, kinds in found.items() if code not in NO_CODES}


def named_by_page():
    return {code: where.split(', ') for code, where in re.findall(r'^\| `(\w+)` \| ([a-z, ]+) \|', PAGE.read_text(), re.M)}


def meaning(code):
    """What `explain` says: a cause and a next step for each message that the code comes with; empty when it knows none."""
    said = subprocess.run([holdfast, 'explain', code], capture_output=True, text=True, cwd=ROOT)
    if said.returncode != 0:
        return ''
    return '<br>'.join(f'{cause}: {step}' for cause, step in re.findall(r'^  (\S.*)\n\n  next +(.*)$', said.stdout, re.M))


def tests():
    """code -> tests that expect it."""
    held = defaultdict(list)
    for file in sorted([*(ROOT / 'src' / 'simulator').rglob('*_test.cpp'), *(ROOT / 'tests' / 'walk').glob('*_test.cpp')],
                       key=lambda file: (file.name != 'errors_test.cpp', file)):
        test = None
        for suite, name, code, number in re.findall(r'^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)|"([A-Za-z_0-9]+)"|\b(\d{6,7})\b', file.read_text(), re.M):
            if suite:
                test = f'{suite}.{name}'
            elif file.name == 'errors_test.cpp' and code:
                held[code].append('ErrorCorpus')
            elif test:
                held[code or f'AADSTS{number}'].append(test)
    return held


named = named_by_sources() or named_by_page()
held = tests()
lines, untold, unmade = [], [], []
told = made = wrapped = 0
for code in sorted(named, key=str.lower):
    said = meaning(code)
    told += bool(said)
    wrapped += not said and code in WRAPPERS
    if not said and code not in WRAPPERS:
        untold.append(code)
    said = said or ('what lies inside it is told' if code in WRAPPERS else 'no')
    scenario = held[code][0] if held[code] else None
    made += scenario is not None
    if not scenario and code not in NOT_MADE:
        unmade.append(code)
    lines.append(f'| `{code}` | {", ".join(named[code])} | {said} | {f"`{scenario}`" if scenario else "no: " + NOT_MADE.get(code, "not modelled")} |')
page = f'''# Azure's errors

Every error code that our notes on the protocol, the hard rules of AKS, or recorded traffic name: what Holdfast says of it, and the test
in which the simulated Azure answers it to what causes it in real life. `holdfast explain CODE` says the same with its source;
`apply` says it where it meets the code. Written by `ACCEPT=1 tests/errors/errors.py`; the test of that name holds it.

Named: {len(named)}. Translated: {told}; wrappers of others: {wrapped}; neither: {len(untold)}. Made on the simulated Azure by their causes: {made}; not
made, and the table says why: {len(named) - made}.

| code | named in | what it means; what to do | made in |
|---|---|---|---|
''' + '\n'.join(lines) + '\n'
if os.environ.get('ACCEPT') == '1':
    PAGE.write_text(page)
print(f'{len(named)} named, {told} translated, {wrapped} wrappers, {made} made, {len(named) - made} not')
wrong = [f'not translated: {untold}'] if untold else []
wrong += [f'neither made nor said why not: {unmade}'] if unmade else []
wrong += [f'made by now: {code}' for code in sorted(NOT_MADE) if held[code]]
if not PAGE.exists() or PAGE.read_text() != page:
    wrong.append('docs/errors.md says something else: ACCEPT=1 tests/errors/errors.py HOLDFAST')
for one in wrong:
    print(one)
sys.exit(1 if wrong else 0)
