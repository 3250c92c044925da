"""A machine in the middle: it stands between `holdfast` and the simulated Azure over real TLS, passes everything on, and
answers in Azure's place where an attack says so. A second listener plays the stranger that answers lead to: it must never
hear from anybody.
"""
import http.client
import pathlib
import socket
import ssl
import subprocess
import threading


def make_certificate(folder, name, subject_alternatives='IP:127.0.0.1,DNS:localhost', days='2', signed_by=None, more=()):
    """A key and certificate in one PEM; by itself or signed by another of these."""
    file = pathlib.Path(folder) / f'{name}.pem'
    key = pathlib.Path(folder) / f'{name}.key'
    command = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file, '-days', days,
               '-subj', f'/CN={name}', '-addext', f'subjectAltName={subject_alternatives}', *more]
    if signed_by:
        command += ['-CA', signed_by, '-CAkey', signed_by]
    made = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if made.returncode != 0:
        raise SystemExit(f'openssl: {made.stderr}')
    file.write_text(file.read_text() + key.read_text())
    return file


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.bearer = headers.get('authorization', '').removeprefix('Bearer ')

    def __repr__(self):
        return f'{self.method} {self.path.split("?")[0]}'


class Broken(Exception):
    """The client hung up: what a hostile server meets when it goes too far."""


class Out:
    """The client's end of the wire."""

    def __init__(self, wire):
        self.wire, self.sent = wire, 0

    def send(self, data):
        try:
            self.wire.sendall(data)
        except OSError as gone:
            raise Broken from gone
        self.sent += len(data)

    def answer(self, status, body=b'', headers=(), length=None):
        body = body.encode() if isinstance(body, str) else body
        lines = [f'HTTP/1.1 {status} Said', *(f'{k}: {v}' for k, v in headers)]
        if not any(k.lower() == 'content-type' for k, _ in headers):
            lines.append('Content-Type: application/json')
        lines.append(f'Content-Length: {len(body) if length is None else length}')
        self.send('\r\n'.join(lines).encode('utf-8', 'surrogateescape') + b'\r\n\r\n' + body)


class Listener:
    """Accepts until closed; one thread a connection."""

    def __init__(self, context=None):
        self.context = context
        self.socket = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.closed = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.closed:
            try:
                wire, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(wire,), daemon=True).start()

    def serve(self, wire):
        try:
            if self.context:
                wire = self.context.wrap_socket(wire, server_side=True)
            wire.settimeout(60)
            self.talk(wire)
        except (OSError, ssl.SSLError, Broken, http.client.HTTPException, ValueError):
            pass
        finally:
            try:
                wire.close()
            except OSError:
                pass

    def close(self):
        self.closed = True
        self.socket.close()


class Stranger(Listener):
    """Another host. Whoever connects has been led astray."""

    def __init__(self):
        super().__init__()
        self.visits = 0

    def talk(self, wire):
        self.visits += 1


class Middle(Listener):
    def __init__(self, upstream, certificate, attack=None, context=None):
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        self.upstream, self.attack = upstream, attack
        self.requests, self.tokens, self.attacks = [], set(), 0
        self.lock = threading.Lock()
        super().__init__(context)
        self.url = f'https://127.0.0.1:{self.port}'

    def talk(self, wire):
        lines = wire.makefile('rb')
        onward = http.client.HTTPSConnection('127.0.0.1', self.upstream, context=ssl._create_unverified_context(), timeout=60)
        while True:
            first = lines.readline(65536).decode('latin-1').split()
            if len(first) < 3:
                return
            headers = {}
            while (line := lines.readline(65536).decode('latin-1').strip()):
                name, _, value = line.partition(':')
                headers[name.lower()] = value.strip()
            request = Request(first[0], first[1], headers, lines.read(int(headers.get('content-length', 0))))
            with self.lock:
                self.requests.append(request)
                act = self.attack(request, self) if self.attack else None
                self.attacks += act is not None
            if act and not getattr(act, 'after', False):
                act(Out(wire))
                continue
            onward.request(request.method, request.path, request.body, {**headers, 'host': headers['host']})
            answer = onward.getresponse()
            body = answer.read()
            if '/oauth2/' in request.path and answer.status == 200:
                with self.lock:
                    self.tokens.add(body.decode().split('"access_token":"')[1].split('"')[0])
            if act:
                act(Out(wire), answer, body)
                continue
            kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in ('content-length', 'transfer-encoding', 'connection')]
            Out(wire).answer(answer.status, body, kept)


# ---------------------------------------------------------------------------------------------- what hostile servers say

def says(status, body='', headers=(), length=None):
    return lambda out: out.answer(status, body, headers, length)


def endless(chunk=b'{"value":[' + b' ' * 65536):
    def act(out):
        out.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n')
        while True:
            out.send(f'{len(chunk):x}\r\n'.encode() + chunk + b'\r\n')
    return act


def million_headers(out):
    out.send(b'HTTP/1.1 200 OK\r\n')
    for block in range(1000):
        out.send(b''.join(b'X-%d: v\r\n' % (block * 1000 + n) for n in range(1000)))
    out.send(b'Content-Length: 2\r\n\r\n{}')


def endless_header(out):
    out.send(b'HTTP/1.1 200 OK\r\nX-Long: ')
    while True:
        out.send(b'y' * 65536)


def endless_continue(out):
    while True:
        out.send(b'HTTP/1.1 100 Continue\r\nX: y\r\n\r\n' * 100)


def raw(data):
    def act(out):
        out.send(data)
        raise Broken
    return act


def hang_up(out):
    raise Broken
