#!/usr/bin/env python3
"""Canary secrets run through everything and are found nowhere but where they belong.

  secrets.py HOLDFAST [SCENE]

A machine in the middle sees every byte that goes to the simulated Azure, so it is also proved that each canary was really
used. Then Azure echoes what it was sent, refuses, and the program is killed by a crash.
"""
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'peers'))
from middle import Middle, make_certificate, says  # noqa: E402
from peer import ROOT, Served, equal  # noqa: E402

holdfast, only = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else ''
WINDOWS, PRINCIPAL, PASSWORD = 'Canary-Windows-7f3aQ"x', 'canary~Principal.9d2e', 'canary-pfx-password-55'
SPEC = '''
name: canary
azure: {{cloud: simulated, region: westeurope}}
apiServer: {{authorizedRanges: [203.0.113.0/24]}}
network: {{mode: nodeSubnet, dataplane: azure, policy: calico, space: [10.30.0.0/16]}}
access: {{adminGroups: [5f3c2a10-6d0e-4b7a-9c55-1f2e3d4c5b6a]}}
identity:
  controlPlane: servicePrincipal
  servicePrincipal: {{clientId: 22222222-2222-2222-2222-222222222222, objectId: 33333333-3333-3333-3333-333333333333,
                     secret: {{file: principal-secret}}}}
pools:
  - {{name: system, count: 3}}
  - {{name: win, os: windows, image: Windows2025, min: 2, max: 5, size: Standard_D8ds_v5, taints: ["os=windows:NoSchedule"]}}
windows: {{user: nodekeeper, password: {password}}}
'''


class Place:
    """A folder for one run of commands, and everything that was left in it."""

    def __init__(self, folder, password='{env: CANARY_WINDOWS}'):
        self.folder = pathlib.Path(folder)
        (self.folder / 'canary.yaml').write_text(SPEC.format(password=password))
        (self.folder / 'principal-secret').write_text(PRINCIPAL + '\n')
        self.count, self.process, self.before = 0, None, []  # `before`: a program that becomes holdfast

    def run(self, middle, environment, *words, statuses=(0,), program=holdfast):
        self.count += 1
        log = self.folder / f'{self.count}-{words[0]}'
        with open(f'{log}.out', 'wb') as out, open(f'{log}.err', 'wb') as err:
            self.process = subprocess.Popen([*self.before, program, *words, '--state', 'state'], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env={**environment, 'HOLDFAST_ARM_ENDPOINT': middle.url, 'CANARY_WINDOWS': WINDOWS})
            status = self.process.wait(timeout=200)
        if status not in statuses:
            print(f'{" ".join(words)}: exit {status}\n{pathlib.Path(f"{log}.err").read_text()[-3000:]}{pathlib.Path(f"{log}.out").read_text()[-2000:]}')
            sys.exit(1)
        return pathlib.Path(f'{log}.err').read_text() + pathlib.Path(f'{log}.out').read_text()

    def found(self, secrets, allowed=('principal-secret',)):
        """Where a secret stands in any of the forms it could take."""
        hits = []
        for file in self.folder.rglob('*'):
            if not file.is_file() or str(file.relative_to(self.folder)) in allowed:
                continue
            content = file.read_bytes()
            for secret in secrets:
                forms = {secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret, safe='')}
                if any(form.encode() in content for form in forms):
                    hits.append(f'{file.relative_to(self.folder)}: {secret[:12]}...')
        return hits


def everything(azure, certificate, environment):
    middle = Middle(azure, certificate)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        words = ('-o', 'human', '-o', 'json=doc-{}.json', '-o', 'html=page-{}.html')

        def go(verb, *more, **options):
            place.run(middle, environment, verb, *more, *(w.format(verb) for w in words), **options)
        go('plan', 'canary.yaml', statuses=(0,))
        go('apply', 'canary.yaml', '--yes', '--events', 'jsonl=events.jsonl', statuses=(0, 3))
        go('verify', 'canary.yaml', statuses=(0, 3, 4))
        place.run(middle, environment, 'report', '-o', 'html=report.html')
        place.run(middle, environment, 'export', 'canary.yaml', '--to', 'kubernetes')
        go('destroy', 'canary.yaml', '--yes', statuses=(0,))
        puts = [r.body.decode() for r in middle.requests if r.method == 'PUT' and r.path.lower().split('?')[0].endswith('/managedclusters/aks-canary')]
        equal(any(json.dumps(WINDOWS)[1:-1] in body and PRINCIPAL in body for body in puts), True, 'the secrets were really sent to Azure')
        equal(len(middle.tokens) >= 1, True, f'{len(middle.tokens)} tokens were seen')
        equal(place.found({WINDOWS, PRINCIPAL, environment['AZURE_CLIENT_SECRET'], *middle.tokens}), [], 'plan, apply, verify, report, export, destroy: no secret in any output, journal, event, document or page')
        journals = list(place.folder.glob('state/runs/*.jsonl'))
        equal(len(journals) >= 2, True, f'{len(journals)} journals were searched')
    middle.close()


def generated(azure, certificate, environment):
    middle = Middle(azure, certificate)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder, '{generate: windows-password}')
        place.run(middle, environment, 'apply', 'canary.yaml', '--yes', '--events', 'jsonl=events.jsonl', '-o', 'json=run.json', '-o', 'html=run.html', statuses=(0, 3))
        kept = list(place.folder.glob('state/secrets/*'))
        equal(len(kept), 1, 'a generated secret is kept')
        equal(oct(stat.S_IMODE(kept[0].stat().st_mode)), '0o600', 'and only its owner reads it')
        equal(place.found({kept[0].read_text()}, ('principal-secret', str(kept[0].relative_to(folder)))), [], 'and it stands nowhere else')
    middle.close()


def echoed(azure, certificate, environment):
    """Azure refuses, and repeats in its message what it was sent."""
    def echo(request, _):
        if request.method != 'PUT' or 'managedclusters' not in request.path.lower():
            return None
        return says(400, json.dumps({'error': {'code': 'Echo', 'message': f'no: {request.body.decode()} from {request.headers["authorization"]}'}}))

    def echo_sign_in(request, _):
        return says(400, json.dumps({'error': 'invalid_client', 'error_description': 'no: ' + urllib.parse.unquote_plus(request.body.decode())})) if '/oauth2/' in request.path else None

    for name, attack, more in (('a refused write', echo, ()), ('a refused sign-in', echo_sign_in, ())):
        middle = Middle(azure, certificate, attack)
        with tempfile.TemporaryDirectory() as folder:
            place = Place(folder)
            said = place.run(middle, environment, 'apply', 'canary.yaml', '--yes', '--events', 'jsonl=events.jsonl', *more, statuses=(1,))
            equal('no: ' in said, True, f'{name} shows what Azure said')
            equal(place.found({WINDOWS, PRINCIPAL, environment['AZURE_CLIENT_SECRET'], *middle.tokens}), [], f'{name} that echoes the request shows no secret')
        middle.close()


def certificates(azure, certificate, environment):
    """A certificate that Entra refuses, a password that is wrong: the key stays home."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        pem = make_certificate(folder, 'application')
        subprocess.run(['openssl', 'pkcs12', '-export', '-in', pem, '-out', f'{folder}/application.pfx', '-passout', f'pass:{PASSWORD}'], check=True, capture_output=True)
        key = [line for line in pathlib.Path(pem).read_text().split('PRIVATE KEY')[1].splitlines() if len(line) == 64][:3]
        without = {k: v for k, v in environment.items() if k != 'AZURE_CLIENT_SECRET'}
        middle = Middle(azure, certificate)
        for file, password in ((pem, ''), (f'{folder}/application.pfx', PASSWORD), (f'{folder}/application.pfx', PASSWORD + '-wrong')):
            place.run(middle, {**without, 'AZURE_CLIENT_CERTIFICATE_PATH': str(file), 'AZURE_CLIENT_CERTIFICATE_PASSWORD': password}, 'plan', 'canary.yaml', statuses=(1,))
        assertions = [urllib.parse.parse_qs(r.body.decode())['client_assertion'][0] for r in middle.requests if '/oauth2/' in r.path]
        equal(len(assertions), 2, 'two assertions were sent')
        equal(place.found({*key, PASSWORD, *assertions}, ('principal-secret', 'application.pem', 'application.key', 'application.pfx')), [], 'key, password and assertion stand in no output')
        middle.close()


# A key that Arc's agent would lay down, in a file system that only this process sees.
ARC_AGENT = ['unshare', '--mount', *([] if os.geteuid() == 0 else ['--map-root-user']), 'sh', '-ec',
             'mount -t tmpfs tmpfs /var/opt; mkdir -p /var/opt/azcmagent/tokens; printf %s "$CANARY_ARC" > /var/opt/azcmagent/tokens/one.key; exec "$0" "$@"']
WAYS = {  # name: (what proves who asks, variables, flags, a program that becomes holdfast)
    'a federated token file': ('canary-federated-5b1c', {'AZURE_FEDERATED_TOKEN_FILE': 'federated'}, (), []),
    "GitHub's runner token": ('canary-runner-8d20', {'ACTIONS_ID_TOKEN_REQUEST_URL': '{middle}/runner?x=1', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN': 'canary-runner-8d20'}, (), []),
    "GitHub's id token": ('canary-id-token-44e1', {'ACTIONS_ID_TOKEN_REQUEST_URL': '{middle}/runner?x=1', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN': 'canary-runner-8d20'}, (), []),
    "App Service's header": ('canary-identity-header-77', {'IDENTITY_ENDPOINT': '{middle}/identity', 'IDENTITY_HEADER': 'canary-identity-header-77'}, (), []),
    "Arc's key": ('canary-arc-key-0a9f', {'IDENTITY_ENDPOINT': '{middle}/identity', 'IMDS_ENDPOINT': '{middle}', 'CANARY_ARC': 'canary-arc-key-0a9f', 'AZURE_CLIENT_ID': ''}, (), ARC_AGENT),
    'a refresh token': ('canary-refresh-c3d4', {}, ('--sign-in', 'device-code'), []),
}


def ways(azure, certificate, environment):
    """What proves who asks, by every other way: it goes where it must and stands nowhere, also where it comes back in a refusal."""
    first = Middle(azure, certificate)
    with tempfile.TemporaryDirectory() as folder:
        Place(folder).run(first, environment, 'plan', 'canary.yaml')
    first.close()
    token, = first.tokens
    quiet = {k: v for k, v in environment.items() if k not in ('AZURE_CLIENT_SECRET', 'AZURE_AUTHORITY_HOST')}

    def grants(seconds=3600):
        return says(200, json.dumps({'access_token': token, 'token_type': 'Bearer', 'expires_in': seconds, 'refresh_token': WAYS['a refresh token'][0]}))

    def told(request):
        """A refusal that repeats all of what was asked."""
        asked = urllib.parse.unquote_plus(request.body.decode()) + ' ' + ' '.join(request.headers.values())
        return says(400, json.dumps({'error': 'server_error', 'error_description': 'no: ' + asked, 'message': asked}))

    def server(name, echoes):
        def answer(request, middle):
            path = request.path.split('?')[0]
            if path.endswith('/devicecode'):
                return says(200, json.dumps({'device_code': 'd', 'user_code': 'U', 'verification_uri': 'https://x.test', 'interval': 1}))
            if path == '/runner':
                return told(request) if echoes and 'runner' in name else says(200, json.dumps({'value': "canary-id-token-44e1"}))
            if path == '/identity' and "Arc" in name and 'authorization' not in request.headers:
                return says(401, '', [('WWW-Authenticate', 'Basic realm=/var/opt/azcmagent/tokens/one.key')])
            if path == '/identity' or '/oauth2/' in path:
                if b'grant_type=urn' in request.body:
                    return grants(1)  # so that the next request needs the refresh token
                return told(request) if echoes else grants()
            if request.method == 'GET' and name == 'a refresh token' and path.startswith('/subscriptions/') and not middle.tokens:
                middle.tokens.add(token)
                time.sleep(1.5)
            return None
        return answer

    for name, (proof, variables, flags, before) in WAYS.items():
        if before and (tried := subprocess.run([*before, 'true'], env={**os.environ, 'CANARY_ARC': 'x'}, capture_output=True, text=True)).returncode != 0:
            print(f'{name}: no file system of its own may be mounted here: {tried.stderr.strip()}')
            if os.environ.get('CI') == 'true':
                sys.exit(1)
            continue
        for echoes in (False, True):
            middle = Middle(azure, certificate, server(name, echoes))
            with tempfile.TemporaryDirectory() as folder:
                place = Place(folder)
                place.before = before
                (place.folder / 'federated').write_text(WAYS['a federated token file'][0])
                said = place.run(middle, {**quiet, **{k: v.format(middle=middle.url) for k, v in variables.items()}}, 'plan', 'canary.yaml', *flags,
                                 '-o', 'human', '-o', 'json=plan.json', '-o', 'html=plan.html', statuses=(1,) if echoes else (0,))
                used = any(proof in urllib.parse.unquote_plus(r.body.decode()) or any(proof in value for value in r.headers.values()) for r in middle.requests)
                equal(used, True, f'{name} was really sent{", and echoed" if echoes else ""}')
                equal(place.found({proof, token, 'canary-runner-8d20'}, ('principal-secret', 'federated')), [], f'{name} stands nowhere{", though it was echoed" if echoes else ""}')
                if echoes:
                    equal('could not sign in' in said or 'gave no id token' in said, True, 'and the refusal is told')
            middle.close()


def private(azure, certificate, environment):
    """Memory, environment and maps of a run are closed to other processes of its own user; a neighbour's are open."""
    someone = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] if os.geteuid() == 0 else []  # root reads everything
    opened = {}

    def opens(pid):
        return [file for file in ('mem', 'environ', 'maps') if subprocess.run([*someone, 'sh', '-c', ': < "$0"', f'/proc/{pid}/{file}'], capture_output=True).returncode == 0]

    def look(request, _):
        if request.method == 'PUT' and 'managedclusters' in request.path.lower() and not opened:
            opened['holdfast'] = opens(place.process.pid)
    middle = Middle(azure, certificate, look)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        place.before = someone
        program = pathlib.Path(shutil.copy(holdfast, place.folder / 'holdfast'))  # where everybody may start it
        public = shutil.copy(certificate, place.folder / 'trusted.pem')
        for path, mode in ((place.folder, 0o777), (program, 0o755), (pathlib.Path(public), 0o644)):
            path.chmod(mode)
        place.run(middle, {**environment, 'HOME': str(place.folder), 'SSL_CERT_FILE': public, 'CURL_CA_BUNDLE': public}, 'apply', 'canary.yaml', '--yes', statuses=(0, 3), program=program)
        with subprocess.Popen([*someone, 'sleep', '60']) as neighbour:
            time.sleep(0.5)
            opened['neighbour'] = opens(neighbour.pid)
            neighbour.kill()
    equal('environ' in opened['neighbour'], True, f'{"a user without rights" if someone else "this user"} may look into a neighbour: {opened["neighbour"]}')
    equal(opened['holdfast'], [], 'and into nothing of a run: not its memory, its environment, its maps')
    middle.close()


def crash(azure, certificate, environment):
    """A crash leaves no memory behind."""
    limits = {}

    def strike(request, _):
        if request.method != 'PUT' or 'managedclusters' not in request.path.lower():
            return None

        def act(out):
            limits['core'] = pathlib.Path(f'/proc/{place.process.pid}/limits').read_text()
            os.kill(place.process.pid, signal.SIGSEGV)
        return act
    middle = Middle(azure, certificate, strike)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        place.run(middle, environment, 'apply', 'canary.yaml', '--yes', '--events', 'jsonl=events.jsonl', statuses=(-signal.SIGSEGV,))
        line = next(line for line in limits['core'].splitlines() if line.startswith('Max core file size'))
        equal(line.split()[4:6], ['0', '0'], 'no core file may be written')
        equal(place.found({WINDOWS, PRINCIPAL, environment['AZURE_CLIENT_SECRET'], *middle.tokens}), [], 'a crash in the middle of a write leaves no secret')
    middle.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        certificate = make_certificate(folder, 'trusted')
        for scene in (everything, generated, echoed, certificates, ways, private, crash):
            if only and scene.__name__ != only:
                continue
            with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24') as azure:
                environment = {**{k: v for k, v in azure.environment.items() if k != 'HOLDFAST_AUTHORITY'},
                               'SSL_CERT_FILE': str(certificate), 'CURL_CA_BUNDLE': str(certificate)}
                scene(int(azure.url.rsplit(':', 1)[1]), certificate, environment)


main()
