"""An exported template in the hands of a client that is not ours: plain HTTPS and JSON, as curl would, or the Azure CLI.

What no template can say is done as the export's own commands say it, and a command that the client does not know ends the test.
"""
import json
import os
import pathlib
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from peer import ROOT, Served

WORLDS = {'seed-2020': ROOT / 'examples' / 'worlds' / 'existing-network.json'}
PASSWORD = 'Plain-Words-For-Nodes-26'   # what a person would type for a secureString
DEPLOYMENTS, RESOURCES, FEATURES = '2025-04-01', '2025-04-01', '2021-07-01'


def served(holdfast, example, *arguments):
    load = ['--load', WORLDS[example]] if example in WORLDS else []
    return Served(holdfast, '--as-of', '2026-11-24', *arguments, *load)


@dataclass
class Export:
    template: dict
    parameters: dict
    files: tuple    # of both
    said: str       # beside the template

    @property
    def location(self):
        return self.parameters['region']['value']


def exported(azure, holdfast, spec):
    folder = pathlib.Path(azure.folder.name)
    files = folder / 'template.json', folder / 'parameters.json'
    text, said = azure.run(holdfast, 'export', spec, '--to', 'arm', '--parameters', files[1], '--state', f'{azure.state}-client', both=True)
    template, parameters = json.loads(text), json.loads(files[1].read_text())
    for name, one in template['parameters'].items():
        if one['type'].lower() == 'securestring':
            parameters['parameters'][name] = {'value': PASSWORD}
    files[0].write_text(text)
    files[1].write_text(json.dumps(parameters))
    return Export(template, parameters['parameters'], files, said)


class Rest:
    """Plain HTTPS: a token for a secret, a request, and the polling address until it names an end."""
    name = 'plain HTTPS'

    def __init__(self, azure, wait=lambda: None):
        self.azure, self.wait = azure, wait   # `wait`: between two looks
        self.trusted = ssl.create_default_context(cafile=azure.environment['SSL_CERT_FILE'])
        self.root = f'/subscriptions/{azure.environment["AZURE_SUBSCRIPTION_ID"]}'
        self.token = None

    def sign_in(self):
        environment = self.azure.environment
        form = urllib.parse.urlencode({'grant_type': 'client_credentials', 'client_id': environment['AZURE_CLIENT_ID'],
                                       'client_secret': environment['AZURE_CLIENT_SECRET'],
                                       'scope': 'https://management.azure.com/.default'}).encode()
        self.token = self.send('POST', f'/{environment["AZURE_TENANT_ID"]}/oauth2/v2.0/token', form)[1]['access_token']

    def send(self, method, url, body=None):
        """(status, body, headers)"""
        if url.startswith('/'):
            url = self.azure.url + url
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(url, data, method=method, headers={} if self.token is None else {
            'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        try:
            with urllib.request.urlopen(request, context=self.trusted, timeout=60) as answer:
                status, text, headers = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as refusal:
            status, text, headers = refusal.code, refusal.read(), refusal.headers
        return status, json.loads(text) if text.strip() else None, headers

    def finished(self, answer):
        """(state, error or None, body) at the end of a long-running operation."""
        status, body, headers = answer
        poll = headers.get('Azure-AsyncOperation') or headers.get('Location')
        while status < 400 and poll:
            self.wait()
            status, body, _ = self.send('GET', poll)
            if status != 202 and (body or {}).get('status') not in ('Accepted', 'Running', 'InProgress'):
                break
        state = 'Failed' if status >= 400 else (body or {}).get('status', 'Succeeded')
        return state, (body or {}).get('error'), body

    def deploy(self, what, name):
        """(state, error or None)"""
        return self.finished(self.send('PUT', self.address(name), self.asked(what)))[:2]

    def what_if(self, what):
        asked = self.asked(what)
        asked['properties']['whatIfSettings'] = {'resultFormat': 'FullResourcePayloads'}
        state, error, body = self.finished(self.send('POST', self.address('what-if', '/whatIf'), asked))
        if state != 'Succeeded':
            raise SystemExit(f'what-if: {error}')
        return body['properties']['changes']

    def asked(self, what):
        return {'location': what.location, 'properties': {'mode': 'Incremental', 'template': what.template, 'parameters': what.parameters}}

    def address(self, name, action=''):
        return f'{self.root}/providers/Microsoft.Resources/deployments/{name}{action}?api-version={DEPLOYMENTS}'

    def prepare(self, command):
        """One of the commands that the export names for before."""
        words = command.split()
        named = dict(zip(words, words[1:]))
        space, feature = named.get('--namespace'), named.get('--name')
        provider = f'{self.root}/providers/{space}'
        of_feature = f'{self.root}/providers/Microsoft.Features/providers/{space}/features/{feature}'
        if words[:4] == ['az', 'provider', 'register', '--wait']:
            self.send('POST', f'{provider}/register?api-version={RESOURCES}')
            self.until(f'{provider}?api-version={RESOURCES}', lambda body: body['registrationState'])
        elif words[:3] == ['az', 'feature', 'register']:
            self.send('POST', f'{of_feature}/register?api-version={FEATURES}')
        elif words[0] == 'until' and feature:
            self.until(f'{of_feature}?api-version={FEATURES}', lambda body: body['properties']['state'])
        else:
            raise SystemExit(f'the export asks for what this client does not know: {command}')

    def until(self, address, state):
        for _ in range(1000):
            if state(self.send('GET', address)[1]) == 'Registered':
                return
            self.wait()
        raise SystemExit(f'never registered: {address}')


# az sleeps in Python. Its command line's own loop looks at what another thread waits for: that is no waiting.
SLEEP_IN_PYTHON = '''
import os, ssl, sys, time, urllib.request
asleep = time.sleep
def sleep(seconds):
    if sys._getframe(1).f_globals.get('__name__', '').startswith('azure.cli.core.'):
        return asleep(0.01)
    context = ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE'])
    door = os.environ['HOLDFAST_ARM_ENDPOINT'] + '/.holdfast/pass?seconds=' + str(seconds)
    urllib.request.urlopen(urllib.request.Request(door, method='POST'), context=context).close()
time.sleep = sleep
'''
SLEEP = '#!/bin/sh\nexec curl -sf -X POST "$HOLDFAST_ARM_ENDPOINT/.holdfast/pass?seconds=$1"\n'


def sleepless(azure, az):
    """An environment in which az, and the shell around it, let the simulated Azure's time pass where they would sleep."""
    folder = pathlib.Path(azure.folder.name) / 'sleepless'
    (folder / 'python').mkdir(parents=True)
    (folder / 'python' / 'sitecustomize.py').write_text(SLEEP_IN_PYTHON)
    os.symlink(az, folder / 'az')
    (folder / 'sleep').write_text(SLEEP)
    (folder / 'sleep').chmod(0o755)
    return {'PATH': f'{folder}:{azure.environment["PATH"]}', 'PYTHONPATH': str(folder / 'python')}


class Cli:
    """The Azure CLI, given the exported files and commands as they are."""
    name = 'az'

    def __init__(self, azure, az):
        self.azure = azure
        self.environment = sleepless(azure, az)

    def run(self, *words):
        return self.azure.run(*words, **self.environment)

    def sign_in(self):
        environment = self.azure.environment
        self.run('az', 'login', '--service-principal', '-u', environment['AZURE_CLIENT_ID'], '-p', environment['AZURE_CLIENT_SECRET'],
                 '--tenant', environment['AZURE_TENANT_ID'])

    def prepare(self, command):
        self.run('bash', '-c', command)

    def deployed(self, what, verb, name, *more):
        return json.loads(self.run('az', 'deployment', 'sub', verb, '--location', what.location, '--name', name, '--template-file',
                                   what.files[0], '--parameters', f'@{what.files[1]}', '--only-show-errors', '-o', 'json', *more))

    def deploy(self, what, name):
        properties = self.deployed(what, 'create', name)['properties']
        return properties['provisioningState'], properties.get('error')

    def what_if(self, what):
        return self.deployed(what, 'what-if', 'what-if', '--no-pretty-print')['changes']
