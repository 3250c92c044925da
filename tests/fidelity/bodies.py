#!/usr/bin/env python3
"""Every body that the simulated Azure answers, held against the types that Microsoft publishes, read here anew.

  bodies.py HOLDFAST

The examples are applied to a served world, one of them with more of the language, and what no design makes is put beside it. Everything in it is then read, listed and written back as it was read, at the version of the
published type, and each body is looked through: no property that the type does not have, no other kind, no word outside a closed list, all
that is required, nothing that is only for writing and no secret. Which read-only properties are filled, and which never, is said for each
type. Skipped where the types are not at hand.
"""
import csv
import json
import pathlib
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'peers'))
from deployment import Rest, served  # noqa: E402
from peer import SKIPPED, equal  # noqa: E402

TYPES = ROOT.parent / 'shared' / 'azure' / 'types'
holdfast = sys.argv[1]
REQUIRED, READ_ONLY, WRITE_ONLY = 1, 2, 4
# Where Azure was recorded answering otherwise than its types say.
RECORDED = {'Microsoft.Resources/deployments: properties.parameters{}.type is no property of the type',
            'Microsoft.Resources/deployments: properties.providers[].resourceTypes[].locations[] is NoneType, not a text'}
# Left out of what is never filled: Azure fills it in no answer.
NEVER = {'apiVersion'}


class Published:
    """The types of one file, and a body looked through by one of them."""

    def __init__(self, file):
        self.elements = json.loads(file.read_text())
        self.of = {element['name'].split('@')[0].lower(): element for element in self.elements if element['$type'] == 'ResourceType'}

    def at(self, reference):
        return self.elements[int(reference['$ref'].removeprefix('#/'))]

    def look(self, value, kind, at, found):
        getattr(self, kind['$type'].removesuffix('Type').lower())(value, kind, at, found)

    def object(self, value, kind, at, found):
        if not isinstance(value, dict):
            return found.wrong(at, f'is {type(value).__name__}, not an object')
        self.members(value, kind['properties'], kind.get('additionalProperties'), at, found)

    def members(self, value, properties, more, at, found):
        for name, one in value.items():
            place = f'{at}.{name}' if at else name
            if name in properties:
                flags = properties[name]['flags']
                if flags & WRITE_ONLY:
                    found.wrong(place, 'is only for writing')
                if flags & READ_ONLY:
                    found.filled.add(place)
                if one is None:
                    found.wrong(place, 'is null')
                else:
                    self.look(one, self.at(properties[name]['type']), place, found)
            elif more:
                self.look(one, self.at(more), f'{at}{{}}', found)
            else:
                found.wrong(place, 'is no property of the type')
        for name, row in properties.items():
            if name in value:
                continue
            place = f'{at}.{name}' if at else name
            if row['flags'] & REQUIRED and not row['flags'] & WRITE_ONLY and name != 'apiVersion':
                found.wrong(place, 'is required and missing')
            if row['flags'] & READ_ONLY:
                found.empty.add(place)

    def discriminatedobject(self, value, kind, at, found):
        if not isinstance(value, dict):
            return found.wrong(at, f'is {type(value).__name__}, not an object')
        word = value.get(kind['discriminator'])
        chosen = kind['elements'].get(word)
        if chosen is None:
            return found.wrong(f'{at}.{kind["discriminator"]}', f'is {word!r}, none of {sorted(kind["elements"])}')
        variant = self.at(chosen)
        self.members(value, {**kind['baseProperties'], **variant['properties']}, variant.get('additionalProperties'), at, found)

    def array(self, value, kind, at, found):
        if not isinstance(value, list):
            return found.wrong(at, f'is {type(value).__name__}, not a list')
        for one in value:
            self.look(one, self.at(kind['itemType']), f'{at}[]', found)

    def union(self, value, kind, at, found):
        members = [self.at(one) for one in kind['elements']]
        words = [one['value'] for one in members if one['$type'] == 'StringLiteralType']
        if value in words or (isinstance(value, str) and any(one['$type'] == 'StringType' for one in members)):
            return
        found.wrong(at, f'is {value!r}, none of {words}')

    def stringliteral(self, value, kind, at, found):
        # AKS writes a capital where its own types have none; a type has no case.
        same = value.lower() == kind['value'].lower() if at == 'type' and isinstance(value, str) else value == kind['value']
        if not same:
            found.wrong(at, f'is {value!r}, not {kind["value"]!r}')

    def string(self, value, kind, at, found):
        if not isinstance(value, str):
            found.wrong(at, f'is {type(value).__name__}, not a text')
        elif kind.get('sensitive'):
            found.wrong(at, 'is a secret')

    def integer(self, value, kind, at, found):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            found.wrong(at, f'is {type(value).__name__}, not a number')

    def boolean(self, value, kind, at, found):
        if not isinstance(value, bool):
            found.wrong(at, f'is {type(value).__name__}, not true or false')

    def any(self, value, kind, at, found):
        pass

    def null(self, value, kind, at, found):
        if value is not None:
            found.wrong(at, 'is not null')


class Found:
    def __init__(self):
        self.mistakes, self.filled, self.empty = Counter(), set(), set()

    def wrong(self, at, what):
        self.mistakes[f'{at} {what}'] += 1


class Everything:
    """What was looked through, by type."""

    def __init__(self):
        self.rows = {row['type'].lower(): row for row in csv.DictReader((TYPES / 'index.csv').open())}
        files, self.types = {}, {}
        for name, row in self.rows.items():
            file = TYPES / row['file']
            files.setdefault(file, Published(file))
            if name in files[file].of:
                self.types[name] = files[file]
        self.found = defaultdict(Found)
        self.bodies, self.unknown = Counter(), Counter()

    def version(self, name):
        return self.rows[name]['api_version']

    def look(self, body, how):
        name = body.get('type', '').lower()
        if name not in self.types:
            self.unknown[name] += 1
            return
        published = self.types[name]
        self.bodies[how] += 1
        # What every body may carry, whether or not its type tells of it.
        shown = {key: value for key, value in body.items() if key not in ('systemData', 'etag') or key in self.properties(name)}
        published.look(shown, published.at(published.of[name]['body']), '', self.found[name])

    def properties(self, name):
        published = self.types[name]
        kind = published.at(published.of[name]['body'])
        return kind.get('properties') or kind['baseProperties']

    def below(self, name):
        """Types of children of a type: (type, last part of the path)."""
        for child in self.types:
            if child.startswith(name + '/') and '/' not in child[len(name) + 1:]:
                yield child, self.rows[child]['type'].rsplit('/', 1)[1]


def walk(azure, everything, beside=False):
    rest = Rest(azure)
    rest.sign_in()
    more = put_beside(rest, everything) if beside else []

    def get(path, version):
        status, body, _ = rest.send('GET', f'{path}?api-version={version}')
        return body if status == 200 else None

    open_ids, seen = more, set()
    groups = get(f'{rest.root}/resourceGroups', everything.version('microsoft.resources/resourcegroups'))['value']
    open_ids += [group['id'] for group in groups]
    open_ids += [one['id'] for one in get(f'{rest.root}/resources', '2021-04-01')['value']]
    extensions = ['Microsoft.Authorization/locks', 'Microsoft.Authorization/roleAssignments', 'Microsoft.Insights/diagnosticSettings']
    while open_ids:
        identity = open_ids.pop()
        if identity.lower() in seen:
            continue
        seen.add(identity.lower())
        name = type_of(identity)
        if name not in everything.types:
            everything.unknown[name] += 1
            continue
        version = everything.version(name)
        body = get(identity, version)
        if body is None:
            continue
        everything.look(body, 'read')
        status, written, _ = rest.send('PUT', f'{identity}?api-version={version}', body)
        if status in (200, 201) and written:
            everything.look(written, 'written back')
        for child, last in everything.below(name):
            for one in (get(f'{identity}/{last}', everything.version(child)) or {}).get('value', []):
                everything.look(one, 'listed')
                open_ids.append(one['id'])
        for kind in extensions:
            if kind.lower() not in everything.types or name == kind.lower():
                continue
            for one in (get(f'{identity}/providers/{kind}', everything.version(kind.lower())) or {}).get('value', []):
                everything.look(one, 'listed')
                open_ids.append(one['id'])
    # Lists of a whole subscription.
    for name, row in everything.rows.items():
        if name in everything.types and name.count('/') == 1:
            for one in (get(f'{rest.root}/providers/{row["type"]}', everything.version(name)) or {}).get('value', []):
                everything.look(one, 'listed')


MORE = ['--set', 'operations.containerInsights=true', '--set', 'operations.metrics=true',
        '--set', 'network.rules=[{name: web, access: deny, priority: 200, protocol: tcp, from: [203.0.113.0/24], ports: ["8080"]}]']
TEMPLATE = {'$schema': 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#', 'contentVersion': '1.0.0.0',
            'parameters': {'name': {'type': 'string', 'defaultValue': 'from-a-template'}},
            'resources': [{'type': 'Microsoft.Network/routeTables', 'apiVersion': '2024-05-01', 'name': "[parameters('name')]", 'location': 'westeurope'}],
            'outputs': {'made': {'type': 'string', 'value': "[parameters('name')]"}}}


def put_beside(rest, everything):
    """What no design makes: (id below the subscription, body)."""
    group = f'{rest.root}/resourceGroups/rg-beside'
    network = f'{group}/providers/Microsoft.Network/virtualNetworks'
    policy = f'{rest.root}/providers/Microsoft.Authorization'
    denies = {'if': {'field': 'location', 'equals': 'mars'}, 'then': {'effect': 'deny'}}
    things = [
        (group, {'location': 'westeurope'}),
        (f'{network}/first', {'location': 'westeurope', 'properties': {'addressSpace': {'addressPrefixes': ['10.1.0.0/16']}}}),
        (f'{network}/second', {'location': 'westeurope', 'properties': {'addressSpace': {'addressPrefixes': ['10.2.0.0/16']}}}),
        (f'{network}/first/virtualNetworkPeerings/to-second', {'properties': {'remoteVirtualNetwork': {'id': f'{network}/second'}, 'allowVirtualNetworkAccess': True}}),
        (f'{group}/providers/Microsoft.Network/publicIPPrefixes/out', {'location': 'westeurope', 'sku': {'name': 'Standard'}, 'properties': {'prefixLength': 31}}),
        (f'{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-pod', {'location': 'westeurope'}),
        (f'{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-pod/federatedIdentityCredentials/pod',
         {'properties': {'issuer': 'https://issuer.example', 'subject': 'system:serviceaccount:shop:web', 'audiences': ['api://AzureADTokenExchange']}}),
        (f'{group}/providers/Microsoft.Resources/deployments/one', {'properties': {'mode': 'Incremental', 'template': TEMPLATE, 'parameters': {}}}),
        (f'{group}/providers/Microsoft.Resources/deploymentStacks/one',
         {'properties': {'template': TEMPLATE, 'parameters': {}, 'actionOnUnmanage': {'resources': 'detach'}, 'denySettings': {'mode': 'none'}}}),
        (f'{policy}/policyDefinitions/no-mars', {'properties': {'policyType': 'Custom', 'mode': 'All', 'policyRule': denies}}),
        (f'{policy}/policySetDefinitions/worlds', {'properties': {'policyDefinitions': [{'policyDefinitionId': f'{policy}/policyDefinitions/no-mars'}]}}),
        (f'{policy}/policyAssignments/here', {'properties': {'policyDefinitionId': f'{policy}/policyDefinitions/no-mars'}}),
        (f'{rest.root}/providers/Microsoft.Security/pricings/Containers', {'properties': {'pricingTier': 'Standard'}}),
    ]
    for identity, body in things:
        answer = rest.send('PUT', f'{identity}?api-version={everything.version(type_of(identity))}', body)
        state, error, _ = rest.finished(answer)
        if state == 'Failed':
            raise RuntimeError(f'{identity}: {error or answer[1]}')
        if answer[1] and 'id' in answer[1]:
            everything.look(answer[1], 'made')
    return [identity for identity, _ in things]


def type_of(identity):
    """The type of an id in lower case; a group's has no provider."""
    words = identity.strip('/').split('/')
    if 'providers' not in [word.lower() for word in words]:
        return 'microsoft.resources/resourcegroups'
    last = max(i for i, word in enumerate(words) if word.lower() == 'providers')
    return '/'.join([words[last + 1], *words[last + 2::2]]).lower()


def main():
    if not TYPES.exists():
        print('skipped: no published types beside the project')
        sys.exit(SKIPPED)
    everything = Everything()

    def one(example):
        with served(holdfast, example.stem, '--speed', 'max') as azure:
            rich = example.stem == 'secure-cluster'
            azure.run(holdfast, 'apply', example, '--yes', '--state', azure.state + '-client', *(MORE if rich else []))
            walk(azure, everything, beside=rich)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(one, example) for example in sorted((ROOT / 'examples').glob('*.yaml'))]:
            done.result()
    wrong = {f'{everything.rows[name]["type"]}: {mistake}' for name, found in everything.found.items() for mistake in found.mistakes}
    equal(RECORDED - wrong, set(), 'what was recorded otherwise is answered so')
    wrong -= RECORDED
    for line in sorted(wrong):
        print(line)
    for name, found in sorted(everything.found.items()):
        never = sorted(place for place in found.empty - found.filled - NEVER if '[]' not in place and '{}' not in place)
        print(f'{everything.rows[name]["type"]}: {len(found.filled)} read-only properties filled'
              + (f'; never {", ".join(never)}' if never else ''))
    print('not met:', ', '.join(sorted(everything.rows[name]['type'] for name in set(everything.types) - set(everything.found))))
    print(f'of no published type: {dict(everything.unknown)}')
    print(', '.join(f'{count} {how}' for how, count in everything.bodies.items()), f'bodies of {len(everything.found)} types')
    equal(wrong, set(), 'every body is of its published type')


main()
