#!/usr/bin/env python3
"""Everything a hostile client can do to `holdfast simulate`, over real sockets.

  guests.py HOLDFAST

Held after each: the server is there, answers a well-behaved client at once, has not grown out of bounds, and nothing of what
was smuggled was carried out.
"""
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import ssl
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'peers'))
from peer import Served, equal  # noqa: E402

MOST_MEGABYTES = 200
CONNECTIONS = 10_000
SUBSCRIPTION = '00000000-0000-0000-0000-000000000001'
GROUPS = f'/subscriptions/{SUBSCRIPTION}/resourceGroups'
VERSION = '?api-version=2021-04-01'


class Guest:
    """One connection, TLS unless said otherwise."""

    def __init__(self, azure, tls=True):
        self.socket = socket.create_connection(('127.0.0.1', azure.port), timeout=60)
        if tls:
            self.socket = azure.context.wrap_socket(self.socket, server_hostname='127.0.0.1')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def says(self, data):
        """All of it, or as much as the server wanted to hear."""
        with contextlib.suppress(BrokenPipeError, ConnectionError, ssl.SSLError):
            self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def hears(self, most=1 << 20):
        """All that comes until the server closes, a whole answer stands, or `most` bytes."""
        heard = b''
        while len(heard) < most:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError, TimeoutError):
                break
            if not piece:
                break
            heard += piece
            head, gap, body = heard.partition(b'\r\n\r\n')
            length = re.search(rb'content-length: (\d+)', head, re.I)
            if gap and length and len(body) >= int(length[1]):
                break
        return heard

    def goes_on(self):
        """Another byte, and whether the server still listens."""
        self.socket.settimeout(0)
        try:
            self.socket.send(b'O')
            return self.socket.recv(1) != b''
        except BlockingIOError:
            return True
        except OSError:
            return False

    def ended_with(self):
        """The status that the server ended the connection with, 0 where it said nothing; None while it goes on."""
        found = re.match(rb'HTTP/1.1 (\d+)', self.hears())
        try:
            ended = self.socket.recv(1) == b''
        except (ConnectionError, ssl.SSLError):
            ended = True
        except TimeoutError:
            ended = False
        return (int(found[1]) if found else 0) if ended else None


class Azure(Served):
    def __init__(self, holdfast):
        super().__init__(holdfast, '--speed', 'max', '--as-of', '2026-11-24')
        self.port = int(self.url.rsplit(':', 1)[1])
        self.context = ssl.create_default_context(cafile=self.environment['SSL_CERT_FILE'])
        form = urllib.parse.urlencode({
            'grant_type': 'client_credentials', 'client_id': self.environment['AZURE_CLIENT_ID'],
            'client_secret': self.environment['AZURE_CLIENT_SECRET'], 'scope': 'https://management.azure.com/.default'})
        status, body = self.ask('POST', f'/{self.environment["AZURE_TENANT_ID"]}/oauth2/v2.0/token', form,
                                'Content-Type: application/x-www-form-urlencoded\r\n')
        equal(status, 200, 'a token')
        self.bearer = f'Authorization: Bearer {body["access_token"]}\r\n'

    def request(self, method, target, body='', more=''):
        body = body if isinstance(body, bytes) else body.encode()
        return (f'{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{more}Content-Length: {len(body)}\r\n\r\n').encode() + body

    def ask(self, method, target, body='', more=''):
        """What a well-behaved client does: (status, body)."""
        with Guest(self) as guest:
            guest.says(self.request(method, target, body, more))
            head, _, heard = guest.hears(1 << 24).partition(b'\r\n\r\n')
        found = re.match(rb'HTTP/1.1 (\d+)', head)
        return int(found[1]) if found else 0, json.loads(heard) if heard.strip().startswith((b'{', b'[')) else heard

    def arm(self, method, target, body=''):
        return self.ask(method, target, body, self.bearer + 'Content-Type: application/json\r\n')

    def megabytes(self):
        return int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{self.process.pid}/status').read_text())[1]) / 1024

    def is_well(self, after):
        if self.process.poll() is not None:
            raise SystemExit(f'the server ended after {after}: {self.process.returncode}')
        status, _ = self.arm('GET', f'/subscriptions/{SUBSCRIPTION}{VERSION}')
        equal(status in (200, 429), True, f'well after {after}')
        if self.megabytes() > MOST_MEGABYTES:
            raise SystemExit(f'{self.megabytes():.0f} MB after {after}')


def requests_that_are_none(azure):
    """Two readers must never disagree where a request ends: whatever could be read in two ways ends the connection."""
    put = f'PUT {GROUPS}/smuggled{VERSION} HTTP/1.1\r\nHost: x\r\n{azure.bearer}Content-Length: 25\r\n\r\n' + '{"location":"westeurope"}'
    host = f'Host: 127.0.0.1:{azure.port}\r\n'
    for what, data in (
            ('a length and chunks', f'POST / HTTP/1.1\r\n{host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{put}'),
            ('two lengths', f'POST / HTTP/1.1\r\n{host}Content-Length: 0\r\nContent-Length: {len(put)}\r\n\r\n{put}'),
            ('a length with a sign', f'POST / HTTP/1.1\r\n{host}Content-Length: +0\r\n\r\n{put}'),
            ('a length in hexadecimal', f'POST / HTTP/1.1\r\n{host}Content-Length: 0x0\r\n\r\n{put}'),
            ('a length beyond numbers', f'POST / HTTP/1.1\r\n{host}Content-Length: 99999999999999999999999\r\n\r\n{put}'),
            ('a negative length', f'POST / HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n{put}'),
            ('chunked twice', f'POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{put}'),
            ('a chunk without size', f'POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nz\r\n{put}'),
            ('a folded header', f'GET / HTTP/1.1\r\n{host}X: a\r\n Content-Length: 5\r\n\r\n{put}'),
            ('a space before the colon', f'POST / HTTP/1.1\r\n{host}Content-Length : 0\r\n\r\n{put}'),
            ('a zero in a header', f'GET / HTTP/1.1\r\n{host}X: a\0b\r\n\r\n'),
            ('a bare carriage return', f'GET / HTTP/1.1\r{host}\r\r'),
            ('no HTTP at all', b'\x00\xff' * 2000),
            ('HTTP/0.9', f'GET {GROUPS}{VERSION}\r\n'),
            ('HTTP/9.9', f'GET / HTTP/9.9\r\n{host}\r\n'),
            ('an endless method', 'A' * 100_000)):
        with Guest(azure) as guest:
            guest.says(data)
            guest.socket.settimeout(45)
            equal(guest.ended_with() in (0, 400, 431), True, f'refused and closed: {what}')
    status, _ = azure.arm('GET', f'{GROUPS}/smuggled{VERSION}')
    equal(status, 404, 'nothing smuggled was carried out')


def too_much(azure):
    for what, head, body, expected in (
            ('a header of a megabyte', f'GET / HTTP/1.1\r\nHost: x\r\nX: {"a" * (1 << 20)}\r\n\r\n', b'', 431),
            ('a million headers', 'GET / HTTP/1.1\r\nHost: x\r\n' + 'A: b\r\n' * 1_000_000, b'', 431),
            ('a target of a megabyte', f'GET /{"a" * (1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n', b'', 431),
            ('a body announced of a terabyte', f'PUT {GROUPS}/x{VERSION} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n\r\n', b'x', 413),
            ('a body of 64 MB in chunks', f'PUT {GROUPS}/x{VERSION} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
             (b'100000\r\n' + b'a' * (1 << 20) + b'\r\n') * 64, 413)):
        with Guest(azure) as guest:
            guest.says(head)
            guest.says(body)
            guest.socket.settimeout(45)
            equal(guest.ended_with() in (0, expected), True, f'refused and closed: {what}')
        azure.is_well(what)


def bodies(azure):
    deep = '{"a":' * 100_000
    name = f'{GROUPS}/body{VERSION}'
    for what, body in (('deep JSON', deep), ('deep JSON that ends', deep + '1' + '}' * 100_000), ('broken UTF-8', b'{"location":"\xff\xfe"}'),
                       ('a lone surrogate', '{"location":"westeurope","tags":{"a":"\\ud800"}}'), ('a list', '[]'), ('nothing', ''),
                       ('a number beyond numbers', '{"location":"westeurope","tags":{"a":1e999}}'),
                       ('a name twice', '{"location":"westeurope","location":"northeurope"}'), ('two values', '{} {}')):
        status, answer = azure.arm('PUT', name, body)
        equal(status in (200, 201, 400), True, f'{what}: {status}')
        if status == 400:
            equal(bool(answer['error']['code']), True, f'{what}: an error with a code')
    graph = '/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01'
    for what, query in (('a query nested deep', 'Resources | where ' + '(' * 20_000 + '1' + ')' * 20_000),
                        ('a long query', 'Resources | ' + 'where 1 == 1 | ' * 20_000 + 'count')):
        status, _ = azure.arm('POST', graph, json.dumps({'query': query}))
        equal(status, 400, f'refused: {what}')
    template = {'$schema': 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#', 'contentVersion': '1.0.0.0'}
    azure.arm('PUT', f'{GROUPS}/bomb{VERSION}', '{"location":"westeurope"}')
    doubling = {f'v{i}': f"[concat(variables('v{i + 1}'), variables('v{i + 1}'))]" for i in range(40)} | {'v40': 'x'}
    for what, part in (('a template that copies without end', {'resources': [{
                            'type': 'Microsoft.Network/routeTables', 'apiVersion': '2024-05-01', 'name': "[format('r{0}', copyIndex())]",
                            'location': 'westeurope', 'copy': {'name': 'c', 'count': 2_000_000_000}}]}),
                       ('a variable that is itself', {'variables': {'a': "[variables('a')]"}, 'resources': [],
                                                      'outputs': {'o': {'type': 'string', 'value': "[variables('a')]"}}}),
                       ('variables that double forty times', {'variables': doubling, 'resources': [],
                                                             'outputs': {'o': {'type': 'string', 'value': "[variables('v0')]"}}}),
                       ('an expression nested deep', {'resources': [], 'outputs': {'o': {
                           'type': 'string', 'value': '[' + 'concat(' * 20_000 + "'x'" + ')' * 20_000 + ']'}}})):
        name = f'{GROUPS}/bomb/providers/Microsoft.Resources/deployments/d?api-version=2024-03-01'
        status, answer = azure.arm('PUT', name, json.dumps({'properties': {'mode': 'Incremental', 'template': template | part}}))
        while status in (200, 201) and answer['properties']['provisioningState'] not in ('Succeeded', 'Failed'):
            status, answer = azure.arm('GET', name)
        wrong = answer.get('error') or answer['properties'].get('error') or {}
        equal(bool(wrong.get('code')), True, f'refused: {what}: {status} {wrong.get("code")}')
        azure.is_well(what)


def handshakes(azure):
    for what, data in (('garbage instead of a handshake', b'\x16\x03\x01\xff\xff' + os.urandom(4000)),
                       ('half a handshake', b'\x16\x03\x01\x02\x00\x01\x00'), ('a record that lies of its length', b'\x16\x03\x03\xff\xff\x01'),
                       ('SSH', b'SSH-2.0-OpenSSH_9.2\r\n')):
        with Guest(azure, tls=False) as guest:
            guest.says(data)
            guest.socket.shutdown(socket.SHUT_WR)
            guest.hears()
    for version in ('TLSv1', 'TLSv1_1'):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers('ALL:@SECLEVEL=0')
        old.minimum_version = old.maximum_version = getattr(ssl.TLSVersion, version)
        try:
            with socket.create_connection(('127.0.0.1', azure.port)) as plain, old.wrap_socket(plain):
                raise SystemExit(f'{version} was accepted')
        except (ssl.SSLError, ConnectionError):
            print(f'ok  {version} is refused')


def slow_guests(azure):
    """A thousand who send a byte now and then: they are sent away in time, and nobody waits behind them."""
    guests = [Guest(azure, tls=False) for _ in range(1000)]
    for guest in guests:
        guest.says(b'C')
    azure.is_well('a thousand connections that say one byte')
    began, alive = time.monotonic(), guests
    while alive and time.monotonic() - began < 120:
        time.sleep(1)
        alive = [guest for guest in alive if guest.goes_on()]
    equal(len(alive), 0, 'every slow one was sent away, though it never stopped to send')
    for guest in guests:
        guest.socket.close()


def many_guests(azure):
    """Ten thousand at once, idle; one more is served as if it were alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(CONNECTIONS, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, many + 500), hard))
    guests = [Guest(azure, tls=False) for _ in range(many)]
    azure.is_well(f'{many} open connections')
    for guest in guests:
        guest.socket.close()


with Azure(sys.argv[1]) as served:
    for attack in (requests_that_are_none, too_much, bodies, handshakes, slow_guests, many_guests):
        attack(served)
        served.is_well(attack.__name__.replace('_', ' '))
    print(f'ok  {served.megabytes():.0f} MB at the end')
