#!/usr/bin/env python3
"""Everything a hostile server can say, said over real TLS to the real program.

  hostile.py HOLDFAST [WORD]    only attacks whose name holds WORD

Held of every attack: the program ends by itself, soon, within a bound of memory; it says what was wrong; nothing raw from
the wire reaches the terminal; no token is seen in its output or folder; no stranger ever hears from it.
"""
import base64
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import time
import types
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'peers'))
from middle import (Broken, Middle, Stranger, endless, endless_continue, endless_header, hang_up, make_certificate,  # noqa: E402
                    million_headers, raw, says)
from peer import ROOT, Served  # noqa: E402

holdfast, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ''
SPEC = 'examples/dev.yaml'
MOST_MEGABYTES = 400
MOST_SECONDS = 600  # a hang, not a budget: machines differ
ESCAPE = re.compile(rb'[\x00-\x08\x0b-\x1f\x7f]')
PORTAL = '<html><head><title>Hotel network</title></head><body>Please sign in</body></html>'
DEEP = '{"a":' * 100_000


def bomb(megabytes):
    squeezed = zlib.compressobj(9, wbits=31)
    return b''.join(squeezed.compress(b' ' * (1 << 20)) for _ in range(megabytes)) + squeezed.flush()

MARKUP = '<script>alert(1)</script><img src=x onerror=alert(1)>'
EVIL_WORDS = '\\u001b[2J\\u001b]0;owned\\u0007\\nInjected: a line\\u202e'

stranger = Stranger()
STRANGE = f'https://127.0.0.1:{stranger.port}'


# ---------------------------------------------------------------------------------------------- where to strike

def metadata(request):
    return request.path.startswith('/metadata/endpoints')


def token(request):
    return '/oauth2/' in request.path


def read(request):
    return request.method == 'GET' and request.path.startswith('/subscriptions/')


def write(request):
    return request.method == 'PUT' and '/managedclusters/' in request.path.lower()


def poll(request):
    return request.method == 'GET' and 'operation' in request.path.lower().split('?')[0]


def always(where, act):
    return lambda request, _: act if where(request) else None


def first(count, where, act):
    return lambda request, middle: act if where(request) and middle.attacks < count else None


def instead(change):
    """Lets Azure answer, and sends something else on."""
    def act(out, answer, body):
        change(out, answer, body)
    act.after = True
    return act


def lists_go_on(link):
    """Every list goes on at `link(n, the middle)`."""
    count = [0]

    def attack(request, middle):
        def change(out, answer, body):
            value = json.loads(body or b'{}')
            if answer.status == 200 and isinstance(value, dict) and 'value' in value:
                count[0] += 1
                value['nextLink'] = link(count[0], middle)
                body = json.dumps(value)
            out.answer(answer.status, body)
        return instead(change) if read(request) else None
    return attack


def leads_to(name, url):
    return instead(lambda out, answer, body: out.answer(202, '', [(name, url), ('Retry-After', '0')]))


def cut_short(out):
    out.answer(200, '{"value":', length=4000)
    raise Broken


def challenge(claims):
    return [('WWW-Authenticate', f'Bearer error="insufficient_claims", claims="{base64.b64encode(claims.encode()).decode()}"')]


# name, verb, attack, what the program says (None: it goes on and succeeds). `plan --strict` reads an empty Azure, `verify`
# one where everything stands, `apply` acts on an empty one of its own.
def attacks():
    bodies = {
        'endless body': (endless(), 'larger than anything it should send'),
        'million headers': (million_headers, 'larger than anything it should send'),
        'endless header': (endless_header, 'larger than anything it should send'),
        'endless 100 Continue': (endless_continue, 'larger than anything it should send'),
        'decompression bomb': (says(200, bomb(200), [('Content-Encoding', 'gzip')]), 'larger than anything it should send'),
        'portal page': (says(200, PORTAL, [('Content-Type', 'text/html')]), 'not JSON|holds no token|does not describe its cloud'),
        'portal redirect': (says(302, '', [('Location', STRANGE + '/portal')]), 'redirect|does not describe its cloud'),
        'portal 307': (says(307, PORTAL, [('Location', STRANGE + '/portal')]), 'redirect|does not describe its cloud'),
        'portal 511': (says(511, PORTAL), '511'),
        'deep JSON': (says(200, DEEP), 'not JSON|holds no token|does not describe its cloud'),
        'invalid UTF-8': (says(200, b'{"value":"\xff\xfe\x80"}'), 'not JSON|holds no token|does not describe its cloud'),
        'a number': (says(200, '7'), 'no JSON object|holds no token|does not describe its cloud'),
        'a list': (says(200, '[' + '[],' * 100000 + '[]]'), 'no JSON object|holds no token|does not describe its cloud'),
        'nothing': (says(200, ''), 'no JSON object|holds no token|does not describe its cloud'),
        'length too short': (says(200, '{"value":[]}', length=5), 'not JSON|holds no token|does not describe its cloud'),
        'status 999': (raw(b'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'), '999|does not describe its cloud'),
        'no HTTP at all': (raw(b'\x00\x01SSH-2.0-OpenSSH\r\n' * 9), 'speaks no HTTP'),
        'escapes in an error': (says(403, '{"error":{"code":"Evil","message":"' + EVIL_WORDS + '"}}'), 'x1b|403'),
        'escapes in a sign-in error': (says(400, '{"error":"' + EVIL_WORDS + '","error_description":"' + EVIL_WORDS + '"}'), 'x1b|400'),
    }
    for kind, (act, words) in bodies.items():
        for phase, where in (('metadata', metadata), ('token', token), ('read', read)):
            yield f'{phase}: {kind}', 'plan', always(where, act), words
    for phase, where in (('metadata', metadata), ('token', token), ('read', read)):
        yield f'{phase}: hangs up once', 'plan', first(1, where, hang_up), None
        yield f'{phase}: length too long, once', 'plan', first(1, where, cut_short), None
        yield f'{phase}: 503 once', 'plan', first(1, where, says(503, PORTAL)), None
        yield f'{phase}: Retry-After of another century, once', 'plan', first(1, where, says(429, '', [('Retry-After', '-5')])), None
    yield 'read: length too long, for ever', 'plan', always(read, cut_short), 'connection'
    yield 'read: asks to wait until the year 9999', 'plan', always(read, says(429, '', [('Retry-After', 'Fri, 31 Dec 9999 23:59:59 GMT')])), 'limits how fast'
    yield 'read: asks to wait for ages', 'plan', always(read, says(429, '', [('Retry-After', '99999999999999999999')])), 'asks to wait|429'
    yield 'read: asks to wait since 1601', 'plan', first(1, read, says(429, '', [('Retry-After', 'Mon, 01 Jan 1601 00:00:00 GMT')])), None
    yield 'token: of another century', 'plan', first(1, token, instead(lambda out, a, b: out.answer(200, re.sub(rb'"expires_in":"?\d+"?', b'"expires_in":-9e99', b)))), None
    yield 'token: with a line break in it', 'plan', always(token, says(200, '{"access_token":"a\\r\\nX-Evil: 1","expires_in":3600}')), 'cannot be a token'
    yield 'metadata: leads the sign-in elsewhere without TLS', 'plan', always(metadata, says(200, json.dumps({'authentication': {'loginEndpoint': f'http://127.0.0.1.evil.test:{stranger.port}', 'audiences': []}}))), 'no usable sign-in host'
    yield 'read: 401 for ever', 'plan', always(read, says(401, '{"error":{"code":"InvalidAuthenticationToken","message":"no"}}')), '401'
    yield 'read: claims challenge for ever', 'plan', always(read, says(401, '{}', challenge('{"access_token":{"nbf":{"essential":true}}}'))), '401'
    yield 'read: claims challenge once', 'plan', first(1, read, says(401, '{}', challenge('{"access_token":{"nbf":{"essential":true}}}'))), None
    yield 'read: claims challenge of nonsense', 'plan', always(read, says(401, '{}', challenge('[[[[not json'))), '401'
    yield 'list: goes on at a stranger', 'verify', lists_go_on(lambda n, _: f'{STRANGE}/subscriptions/next?page={n}'), 'no token goes there'
    yield 'list: goes on at a stranger in disguise', 'verify', lists_go_on(lambda n, _: f'https://127.0.0.1@127.0.0.1:{stranger.port}/subscriptions/next'), 'no token goes there'
    yield 'list: goes round', 'verify', lists_go_on(lambda n, middle: f'{middle.url}/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups?api-version=2024-11-01&page=1'), 'already read'
    yield 'list: goes on for ever', 'verify', lists_go_on(lambda n, middle: f'{middle.url}/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups?api-version=2024-11-01&page={n}'), 'goes on after'
    for name in ('Location', 'Azure-AsyncOperation'):
        yield f'write: {name} leads to a stranger', 'apply', always(write, leads_to(name, STRANGE + '/operation')), 'no token goes there'
        yield f'write: {name} leads to a file', 'apply', always(write, leads_to(name, 'file:///etc/passwd')), 'no token goes there'
    yield 'write: answers a portal page', 'apply', always(write, says(200, PORTAL)), 'not JSON'
    yield 'write: answers a redirect', 'apply', always(write, says(307, '', [('Location', STRANGE)])), 'redirect'
    yield 'poll: answers a portal page', 'apply', always(poll, says(200, PORTAL)), None   # the resource itself is looked at
    words = json.dumps(json.loads(f'"{EVIL_WORDS}"') + MARKUP)
    refused = f'{{"error":{{"code":{words},"message":{words},"details":[{{"code":{words},"message":{words},"target":{words}}}]}}}}'
    failed = f'{{"status":"Failed","error":{{"code":{words},"message":{words}}}}}'
    yield 'write: is refused in hostile words', 'apply', always(write, says(400, refused)), 'x1b'
    at_once = f'{{"properties":{{"provisioningState":"Failed","provisioningError":{{"code":{words},"message":{words}}}}}}}'
    yield 'write: fails at once in hostile words', 'apply', always(write, says(200, at_once)), 'x1b|ended in state'
    yield 'poll: fails in hostile words', 'apply', always(poll, says(200, failed)), 'x1b'
    yield 'poll: is refused in hostile words', 'apply', always(poll, says(400, refused)), 'x1b'
    yield 'poll: redirects', 'apply', always(poll, says(302, '', [('Location', STRANGE)])), 'redirect'


def run(middle, verb, folder, environment):
    command = [holdfast, verb, SPEC, '--state', f'{folder}/state', *(['--strict'] if verb == 'plan' else [])]
    if verb == 'apply':
        command += ['--yes', '--events', f'jsonl={folder}/events', '-o', 'human', '-o', f'html={folder}/page.html', '-o', f'json={folder}/run.json']
    started = time.monotonic()
    with open(f'{folder}/out', 'wb') as out, open(f'{folder}/err', 'wb') as err:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env={**environment, 'HOLDFAST_ARM_ENDPOINT': middle.url})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    return os.waitstatus_to_exitcode(status), time.monotonic() - started, usage.ru_maxrss / 1024


def told_later(folder, environment):
    """What `report` says of the run, on the terminal and as a page; nothing where it never got so far."""
    if not list(pathlib.Path(folder).glob('state/runs/*.jsonl')):
        return b''
    ran = subprocess.run([holdfast, 'report', '--state', f'{folder}/state', '-o', 'human', '-o', f'html={folder}/later.html'], cwd=ROOT,
                         stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=60)
    return ran.stdout + ran.stderr


def raw_words(files, said):
    """Where a server's words reached a reader as they came: a terminal, a page, a line of a journal or of events."""
    places = ['the terminal'] if ESCAPE.search(said) or '\u202e' in said.decode('utf-8', 'replace') or re.search(rb'^Injected', said, re.M) else []
    for file, content in files.items():
        text = content.decode('utf-8', 'replace')
        if file.suffix == '.html' and (ESCAPE.search(content) or '<script>alert(1)' in text or '<img src=x' in text or '\u202e' in text):
            places.append(file.name)
        if (file.suffix in ('.jsonl', '.json') or file.name == 'events') and (ESCAPE.search(content) or re.search(rb'^\s*Injected', content, re.M)):
            places.append(file.name)
    return places


def everything_in(folder):
    return {file: file.read_bytes() for file in pathlib.Path(folder).rglob('*') if file.is_file()}


def held(name, verb, attack, words, azures, certificate, environment):
    complaints = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as own:
        azure = azures.get(verb) or port_of(own.enter_context(Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24')))
        middle = Middle(azure, certificate, attack)
        status, seconds, megabytes = run(middle, verb, folder, environment)
        middle.close()
        later = told_later(folder, environment) if verb == 'apply' else b''
        files = everything_in(folder)
        said = files[pathlib.Path(folder, 'err')] + files[pathlib.Path(folder, 'out')] + later
        flat = ' '.join(said.decode('utf-8', 'replace').split())
        if middle.attacks == 0:
            complaints.append('was never struck')
        if words is None and status != 0:
            complaints.append(f'did not go on: exit {status}')
        if words and status not in ((1, 3, 4) if verb == 'verify' else (1, 4)):
            complaints.append(f'ended with {status}')
        if words and not re.search(words, flat):
            complaints.append(f'does not say {words!r}')
        if seconds > MOST_SECONDS:
            complaints.append(f'took {seconds:.0f} s')
        if megabytes > MOST_MEGABYTES:
            complaints.append(f'took {megabytes:.0f} MB')
        if places := raw_words(files, said):
            complaints.append(f'raw bytes of the wire reached {", ".join(places)}')
        if stranger.visits:
            complaints.append('a stranger was visited')
            stranger.visits = 0
        for secret in middle.tokens | {environment['AZURE_CLIENT_SECRET']}:
            complaints += [f'a secret stands in {file.name}' for file, content in files.items() if secret.encode() in content]
        asked = sum(token(r) for r in middle.requests)
        if asked > 8:
            complaints.append(f'asked for {asked} tokens')
        if complaints:
            print(f'not ok  {name}: {"; ".join(complaints)}\n        {flat[-1500:]}', flush=True)
        else:
            print(f'ok  {name}: exit {status}, {seconds:.1f} s, {megabytes:.0f} MB, {len(middle.requests)} requests', flush=True)
    return not complaints


def tls(azure, folder, trusted, environment):
    """What a server must show before it is told anything."""
    good = True

    def old_protocol(certificate):
        warnings.simplefilter('ignore', DeprecationWarning)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers('ALL:@SECLEVEL=0')
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        context.load_cert_chain(certificate)
        return context
    another = make_certificate(folder, 'another')
    wrong_name = make_certificate(folder, 'wrong-name', 'DNS:management.azure.com', signed_by=trusted)
    expired = make_certificate(folder, 'expired', days='1', signed_by=trusted, more=['-not_before', '20200101000000Z', '-not_after', '20200102000000Z']) \
        if b'-not_before' in subprocess.run(['openssl', 'req', '-help'], capture_output=True).stderr else None
    cases = [('a stranger\'s certificate', another, None), ('another host\'s certificate', wrong_name, None),
             ('TLS 1.1', trusted, old_protocol(trusted))]
    if expired:
        cases.append(('an expired certificate', expired, None))
    for name, certificate, context in cases:
        with tempfile.TemporaryDirectory() as place:
            middle = Middle(azure, certificate, None, context)
            status, seconds, _ = run(middle, 'plan', place, environment)
            middle.close()
            said = pathlib.Path(place, 'err').read_text()
            fine = status == 1 and not middle.requests and 'not trusted' in ' '.join(said.split())
            print(f'{"ok" if fine else "not ok"}  TLS: {name}: exit {status}, {seconds:.1f} s, told nothing{"" if fine else " " + said[-800:]}')
            good &= fine
    # No word of ours about whom to trust: the system's own store, which knows no simulated Azure and no authority of a test.
    silent = {k: v for k, v in environment.items() if k not in ('SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'HOLDFAST_CA')}
    for name, certificate in (('the system\'s store, a stranger\'s certificate', trusted), ('the system\'s store, the simulated Azure itself', None)):
        with tempfile.TemporaryDirectory() as place:
            middle = Middle(azure, certificate) if certificate else types.SimpleNamespace(url=f'https://127.0.0.1:{azure}', requests=[], close=lambda: None)
            status, seconds, _ = run(middle, 'plan', place, silent)
            middle.close()
            said = ' '.join(pathlib.Path(place, 'err').read_text().split())
            fine = status == 1 and not middle.requests and 'not trusted' in said and '--ca FILE' in said
            print(f'{"ok" if fine else "not ok"}  TLS: {name}: exit {status}, {seconds:.1f} s, told nothing{"" if fine else " " + said[-800:]}')
            good &= fine
    for name, more in (('--ca names its authority', {'SSL_CERT_FILE': '', 'CURL_CA_BUNDLE': '', 'HOLDFAST_CA': str(trusted)}),):
        with tempfile.TemporaryDirectory() as place:
            middle = Middle(azure, trusted)
            status, seconds, _ = run(middle, 'plan', place, {**environment, **more})
            middle.close()
            print(f'{"ok" if status == 0 else "not ok"}  TLS: {name}: exit {status}')
            good &= status == 0
    return good


def port_of(served):
    return int(served.url.rsplit(':', 1)[1])


def main():
    served = ('--speed', 'max', '--as-of', '2026-11-24')
    with tempfile.TemporaryDirectory() as folder, Served(holdfast, *served) as azure, Served(holdfast, *served) as standing:
        certificate = make_certificate(folder, 'trusted')
        azures = {'plan': port_of(azure), 'verify': port_of(standing)}
        environment = {**{k: v for k, v in azure.environment.items() if k != 'HOLDFAST_AUTHORITY'}, 'SSL_CERT_FILE': str(certificate), 'CURL_CA_BUNDLE': str(certificate)}
        standing.run(holdfast, 'apply', SPEC, '--yes', '--state', f'{folder}/standing')
        chosen = [a for a in attacks() if only in a[0]]
        results = [tls(azures['plan'], folder, certificate, environment)] if not only or only == 'TLS' else []
        with ThreadPoolExecutor(4) as pool:
            results += pool.map(lambda a: held(*a, azures, certificate, environment), chosen)
        print(f'{sum(results)} of {len(results)} held')
        sys.exit(0 if results and all(results) else 1)


main()
