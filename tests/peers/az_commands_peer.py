#!/usr/bin/env python3
"""The real Azure CLI, unchanged, typed as people type it: every command of az_commands.txt against the simulated Azure.

  az_commands_peer.py HOLDFAST [SECTION…]     HOLDFAST_AZ=all: the sections on demand too

A section begins with `== NAME`, or `== NAME | each time` where `./test` runs it, and has a simulated Azure and an az of its own. A
command may go on in the next line, which then begins with four spaces and two dashes. What else is indented is held of the command above:

    "text" or other JSON      what it prints is this (az's --query chooses)
    ~ words                   what it prints contains them
    exit N ~ words            it ends with N and says them

`name = az …` keeps what it printed; `{name.path}` stands for a part of it in the commands below, `{folder}` for a folder with the files
that this program writes, and `{rg}` for the path of the resource group rg1.
"""
import base64
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from peer import Served, python_client

holdfast, *chosen = sys.argv[1:]
az = python_client('azure-cli', 'azure-cli>=2.91', 'az')
TABLE = pathlib.Path(__file__).with_name('az_commands.txt')
ISSUER, SUBJECT = 'https://issuer.example', 'repo:o/r:ref:refs/heads/main'
SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'


def sections():
    """[(name, each time, [(line number, name kept, command, [expectations])])]"""
    found = []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if line.startswith('== '):
            name, *when = line[3:].split(' | ')
            found.append((name, when == ['each time'], []))
        elif line.startswith('    --'):
            at, kept, command, held = found[-1][2][-1]
            found[-1][2][-1] = (at, kept, f'{command} {line.strip()}', held)
        elif line.startswith('    '):
            found[-1][2][-1][3].append(line.strip())
        elif line and not line.startswith('#'):
            kept, command = re.fullmatch(r'(?:(\w+) = )?az (.*)', line).groups()
            found[-1][2].append((number, kept, command, []))
    return found


def template(name, body):
    return {'$schema': SCHEMA, 'contentVersion': '1.0.0.0', 'parameters': {'name': {'type': 'string'}},
            'resources': [{'apiVersion': '2024-05-01', 'name': "[parameters('name')]", 'location': '[resourceGroup().location]', **body}],
            'outputs': {'id': {'type': 'string', 'value': f"[resourceId('{body['type']}', parameters('name'))]"}}}


def prepare(folder):
    """The files that commands name, and the directory of the world."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem', '-days', '2',
                    '-subj', '/CN=pipeline'], check=True, capture_output=True)
    (folder / 'pipeline.pem').write_text((folder / 'key.pem').read_text() + (folder / 'cert.pem').read_text())
    subprocess.run(['ssh-keygen', '-q', '-t', 'rsa', '-N', '', '-f', folder / 'id_rsa'], check=True)
    part = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip('=') for one in (
        {'alg': 'RS256', 'typ': 'JWT'}, {'iss': ISSUER, 'sub': SUBJECT, 'aud': 'api://AzureADTokenExchange', 'exp': 4102444800})]
    (folder / 'token').write_text('.'.join([*part, 'c2ln']))
    table = template('t', {'type': 'Microsoft.Network/routeTables', 'properties': {'disableBgpRoutePropagation': True}})
    text = json.dumps(table, indent=1).replace('"contentVersion"', '// az sends comments along\n "contentVersion"')
    (folder / 'table.json').write_text(text)
    (folder / 'group.json').write_text(json.dumps(template('g', {'type': 'Microsoft.Network/networkSecurityGroups', 'properties': {}})))
    (folder / 'rotation.json').write_text(json.dumps({'lifetimeActions': [{'trigger': {'timeBeforeExpiry': 'P30D'}, 'action': {'type': 'Rotate'}}],
                                                      'attributes': {'expiryTime': 'P2Y'}}))
    (folder / 'directory.json').write_text(json.dumps({
        'users': [{'userPrincipalName': 'user@azsim.test', 'password': 'simulated-secret', 'role': 'Owner'}],
        'groups': [{'displayName': 'admins', 'members': ['user@azsim.test']}],
        'servicePrincipals': [{'displayName': 'pipeline', 'appId': '66666666-6666-6666-6666-666666666666', 'secret': 'pipeline-secret', 'role': 'Contributor',
                               'certificate': (folder / 'cert.pem').read_text(), 'federations': [{'issuer': ISSUER, 'subject': SUBJECT}]}]}))


class Failed(Exception):
    pass


def hold(expected, status, out, err):
    ends = re.match(r'exit (\d+)(?: ~ (.*))?$', expected)
    if ends:
        if status != int(ends[1]) or (ends[2] or '') not in err + out:
            raise Failed(f'not {expected}')
    elif expected.startswith('~ '):
        if expected[2:] not in out:
            raise Failed(f'nowhere: {expected[2:]}')
    elif json.loads(out or 'null') != json.loads(expected):
        raise Failed(f'not {expected}')


def play(name, commands):
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        prepare(folder)
        with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24', '--directory', folder / 'directory.json') as azure:
            environment = {**azure.environment, 'HTTPS_PROXY': azure.url.replace('https:', 'http:'), 'NO_PROXY': 'localhost,127.0.0.1'}
            kept = {'folder': made, 'token': (folder / 'token').read_text(), 'client': environment['AZURE_CLIENT_ID'], 'port': azure.url.rsplit(':', 1)[1],
                    'secret': environment['AZURE_CLIENT_SECRET'], 'tenant': environment['AZURE_TENANT_ID'], 'subscription': environment['AZURE_SUBSCRIPTION_ID'],
                    'rg': f'/subscriptions/{environment["AZURE_SUBSCRIPTION_ID"]}/resourceGroups/rg1'}

            def meant(found):
                value = kept
                for step in found[1].split('.'):
                    value = value[int(step) if isinstance(value, list) else step]
                return value

            def filled(text):
                return re.sub(r'\{([a-z]\w*(?:\.\w+)*)\}', meant, text)
            failed = 0
            for number, keep, command, expectations in commands:
                words = [filled(word) for word in shlex.split(command)]
                ran = subprocess.run([az, *words, '--only-show-errors', *([] if '-o' in words else ['-o', 'json'])], env=environment, cwd=folder,
                                     capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
                try:
                    if not any(expected.startswith('exit ') for expected in expectations):
                        hold('exit 0', ran.returncode, ran.stdout, ran.stderr)
                    for expected in expectations:
                        hold(filled(expected), ran.returncode, ran.stdout, ran.stderr)
                    if keep:
                        kept[keep] = json.loads(ran.stdout)
                except (Failed, ValueError) as wrong:
                    failed += 1
                    print(f'{TABLE.name}:{number}: az {" ".join(words)}\n  {wrong}\n  exit {ran.returncode}: {ran.stdout[-1500:]}{ran.stderr[-1500:]}')
                    if keep:
                        break
            print(f'{"FAIL" if failed else "ok"}  {name}: {len(commands)} commands, {failed} failed')
            return failed


version = json.loads(subprocess.run([az, 'version', '-o', 'json'], capture_output=True, text=True, check=True).stdout)['azure-cli']
print(f'az {version}')
wanted = [(name, commands) for name, each_time, commands in sections()
          if (name in chosen if chosen else each_time or os.environ.get('HOLDFAST_AZ') == 'all')]
sys.exit(1 if sum(play(name, commands) for name, commands in wanted) else 0)
