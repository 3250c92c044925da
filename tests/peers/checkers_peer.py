#!/usr/bin/env python3
"""The HTTPS server under programs made to find fault with servers: sslyze for TLS, slowhttptest for clients that take their time."""
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import urllib.request

from peer import Served, cache, equal, python_client, skip

holdfast = sys.argv[1]


def debian_program(package, program):
    """A program of a Debian package in a private folder, fetched once."""
    if found := shutil.which(program):
        return found
    folder = cache(package)
    if not (folder / 'ready').exists():
        folder.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(['apt-get', 'download', '-q', package], cwd=folder, capture_output=True, text=True)
        files = list(folder.glob('*.deb'))
        if got.returncode != 0 or not files:
            skip(f'{package} cannot be had: {got.stderr.strip().splitlines()[-1:]}')
        subprocess.run(['dpkg', '-x', files[0], folder], check=True)
        (folder / 'ready').touch()
    return folder / 'usr/bin' / program


# The only one of Mozilla's "intermediate" rules that a root of one's own cannot keep.
BROKEN = {'certificate_path_validation'}
SAFE = {'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
        'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'}


def transport_security(azure):
    sslyze = python_client('sslyze', 'sslyze==6.3.1', 'sslyze')
    file = pathlib.Path(azure.folder.name) / 'sslyze.json'
    ran = subprocess.run([sslyze, '--mozilla_config=intermediate', '--early_data', '--json_out', file, azure.url.removeprefix('https://')], capture_output=True, text=True, timeout=300)
    scan = json.loads(file.read_text())['server_scan_results'][0]
    equal(scan['scan_status'], 'COMPLETED', 'sslyze has scanned the server')
    results = {name: one['result'] for name, one in scan['scan_result'].items() if one['status'] == 'COMPLETED'}
    suites = {name: {one['cipher_suite']['name'] for one in result['accepted_cipher_suites']}
              for name, result in results.items() if name.endswith('_cipher_suites')}
    old = {name: accepted for name, accepted in suites.items() if name not in ('tls_1_2_cipher_suites', 'tls_1_3_cipher_suites')}
    equal({name for name, accepted in old.items() if accepted}, set(), f'no cipher suite of {len(old)} older protocols is accepted')
    equal(suites['tls_1_2_cipher_suites'] | suites['tls_1_3_cipher_suites'], SAFE, 'six cipher suites of TLS 1.2 and 1.3 are accepted')
    equal(results['heartbleed']['is_vulnerable_to_heartbleed'], False, 'Heartbleed')
    equal(results['openssl_ccs_injection']['is_vulnerable_to_ccs_injection'], False, 'CCS injection')
    equal(results['robot']['robot_result'], 'NOT_VULNERABLE_RSA_NOT_SUPPORTED', 'ROBOT')
    equal(results['tls_compression']['supports_compression'], False, 'compression is off')
    equal(results['tls_fallback_scsv']['supports_fallback_scsv'], True, 'a downgrade is noticed')
    equal(results['session_renegotiation']['is_vulnerable_to_client_renegotiation_dos'], False, 'no renegotiation by the client')
    equal(results['tls_1_3_early_data']['supports_early_data'], False, 'no early data, which can be replayed')
    broken = set(re.findall(r'^\s+\* (\w+):', ran.stdout.partition('COMPLIANCE AGAINST')[2], re.M))
    equal(broken, BROKEN, "Mozilla's \"intermediate\" rules, but for the trusted root")


def slow_clients(azure):
    slowhttptest = debian_program('slowhttptest', 'slowhttptest')
    trust = ssl.create_default_context(cafile=azure.environment['SSL_CERT_FILE'])
    url = azure.url + '/metadata/endpoints?api-version=2020-09-01'
    for way, what in (('-H', 'headers'), ('-B', 'bodies'), ('-X', 'reading')):
        slow = subprocess.Popen([slowhttptest, way, '-c', '400', '-r', '200', '-i', '1', '-l', '8', '-p', '5', '-u', url],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        answered = 0
        while slow.poll() is None:  # everybody else is served meanwhile
            with urllib.request.urlopen(url, context=trust, timeout=60) as answer:
                answered += answer.status == 200
            try:
                slow.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
        said = re.sub(r'\x1b\[[0-9;]*[A-Za-z]', '', slow.stdout.read())
        seen = set(re.findall(r'service available:\s+(\w+)', said))
        equal(seen, {'YES'}, f'400 clients with slow {what}: the service stays available')
        equal(answered > 5, True, f'and {answered} requests of somebody else were answered')


with Served(holdfast, '--speed', 'max') as served:
    transport_security(served)
    slow_clients(served)
