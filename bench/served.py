#!/usr/bin/env python3
"""The served simulated Azure beside azurite (npm), both over TLS, in one run: `served.py HOLDFAST [RESOURCES]`.

Needs wrk (Debian). One thread, sixteen connections. Reads are of one resource (ours: a route table; azurite's: a table
entity) of about 1 KB, lists are of a thousand of them. The budget, what the fastest other emulator reaches beside azurite:
9.2 times its reads, 0.8 of its lists; and at most 3 KB of memory for a resource of 1 KB. Only ratios of one run count.
"""
import base64
import contextlib
import email.utils
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'tests/peers'))
from deployment import Rest  # noqa: E402
from peer import Served, node_client, skip  # noqa: E402

holdfast = sys.argv[1]
RESOURCES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SECONDS, TIMES = 1, 3  # every request lets 40 ms of its time pass, and a token lives an hour of it
GROUP = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg'
TABLES = f'{GROUP}/providers/Microsoft.Network/routeTables'
TAGS = {name: letter * 200 for name, letter in zip(('one', 'two', 'three', 'four'), 'abcd')}

if not shutil.which('wrk'):
    skip('wrk is not here: apt-get install wrk')


def per_second(url, headers):
    words = ['wrk', '-t1', '-c16', f'-d{SECONDS}s'] + [word for name, value in headers.items() for word in ('-H', f'{name}: {value}')]
    said = subprocess.run([*words, url], capture_output=True, text=True, check=True).stdout
    if 'Non-2xx' in said:
        sys.exit(f'{url}: {said}')
    return float(re.search(r'Requests/sec:\s+([\d.]+)', said)[1])


def ours(folder):
    """(reads, lists) a second."""
    world = folder / 'world.json'
    with world.open('w') as file:
        file.write('[')
        for number in range(RESOURCES):
            file.write(',' * (number > 0) + json.dumps({'id': f'{TABLES}/t{number:07}', 'location': 'westeurope', 'tags': TAGS, 'properties': {}}))
        file.write(']')

    def memory(azure):
        return int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{azure.process.pid}/status').read_text())[1])
    with Served(holdfast, '--as-of', '2026-11-24') as azure:
        empty = memory(azure)
    with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24', '--load', world) as azure:
        if RESOURCES >= 50_000:
            print(f'{(memory(azure) - empty) / RESOURCES:.1f} KB of memory a resource, of {RESOURCES}')
        rest = Rest(azure)
        rates = []
        for path in f'{TABLES}/t0000001?api-version=2024-05-01', f'{TABLES}?api-version=2024-05-01&$top=1000':
            tries = []
            for _ in range(TIMES):
                rest.token = None
                rest.sign_in()
                tries.append(per_second(azure.url + path, {'Authorization': f'Bearer {rest.token}'}))
            rates.append(statistics.median(tries))
        return rates


def azurite(folder):
    """The same of azurite's tables."""
    node, packages = node_client('azurite', 'azurite@3.35.0')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem',
                    '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    served = subprocess.Popen([node, packages / 'node_modules/azurite/dist/src/table/main.js', '--silent', '--inMemoryPersistence', '--disableTelemetry',
                               '--skipApiVersionCheck', '--cert', folder / 'cert.pem', '--key', folder / 'key.pem', '--tablePort', str(port)],
                              cwd=folder, stdout=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(('127.0.0.1', port)):
                break
            time.sleep(0.1)
        base, date = f'https://127.0.0.1:{port}/devstoreaccount1', email.utils.formatdate(usegmt=True)
        # The key every azurite has, as its documentation gives it.
        key = base64.b64decode('Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==')

        def signed(path):
            text = f'{date}\n/devstoreaccount1/devstoreaccount1{path}'
            signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
            return {'x-ms-date': date, 'Authorization': f'SharedKeyLite devstoreaccount1:{signature}', 'x-ms-version': '2020-12-06',
                    'Accept': 'application/json;odata=nometadata', 'Content-Type': 'application/json'}

        context = ssl.create_default_context(cafile=str(folder / 'cert.pem'))

        def post(path, body):
            request = urllib.request.Request(base + path, json.dumps(body).encode(), signed(path))
            urllib.request.urlopen(request, context=context).close()
        post('/Tables', {'TableName': 'entities'})
        for number in range(1000):
            post('/entities', {'PartitionKey': 'p', 'RowKey': f'{number:07}', **TAGS})
        one = "/entities(PartitionKey='p',RowKey='0000001')"
        return tuple(statistics.median(per_second(base + path, signed(path)) for _ in range(TIMES)) for path in (one, '/entities()'))
    finally:
        served.terminate()
        served.wait()


with tempfile.TemporaryDirectory() as name:
    mine, theirs = ours(pathlib.Path(name)), azurite(pathlib.Path(name))
for what, a, b, goal in zip(('reads', 'lists of 1,000'), mine, theirs, (9.2, 0.8)):
    print(f'{what}: {a / b:.2f} times azurite (goal {goal})')
