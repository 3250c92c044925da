#!/usr/bin/env python3
"""Hostile names, in every place where somebody else may choose one, reach no terminal escape, no markup, no line of a log.

  names.py HOLDFAST
"""
import copy
import html.parser
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'peers'))
from middle import Middle, make_certificate  # noqa: E402
from peer import Served  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
holdfast = pathlib.Path(sys.argv[1]).resolve()
EVIL = 'x\x1b]0;owned\x07\x1b[2J\r\nInjected: line\u202e\u2066\x9b31m\x7f<script>alert(1)</script>"\'><img src=x onerror=alert(1)>&`$(touch owned)`;%s%n'
RAW = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]')
runs = 0


class Page(html.parser.HTMLParser):
    """Elements and attributes that no page of ours has."""

    def __init__(self, text):
        super().__init__()
        self.bad = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.bad += [f'<{tag} {k}>' for k, v in attributes if k.startswith('on') or (v or '').strip().lower().startswith('javascript:')]
        if tag == 'img':
            self.bad.append('<img>')

    def handle_data(self, data):
        if self.lasttag == 'script' and self.rawdata and 'alert(1)' in data and '\\u003c' not in data and '<script' in data:
            self.bad.append('script text: ' + data[:60])


def run(folder, *words, **environment):
    """Runs, and complains about what reached the outside."""
    global runs
    runs += 1
    before = set(pathlib.Path(folder).rglob('*'))
    ran = subprocess.run([holdfast, *words], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=100,
                         env={'PATH': '/usr/bin:/bin', 'HOME': str(folder), 'LC_ALL': 'C.UTF-8', 'TERM': 'dumb', **environment})
    complaints = []
    if ran.returncode < 0:
        complaints.append(f'died of signal {-ran.returncode}')
    texts = {'output': ran.stdout, 'errors': ran.stderr}
    for file in pathlib.Path(folder).rglob('*'):
        if file.is_file() and file not in before and file.suffix in ('.html', '.json', '.jsonl') and 'azure.db' not in file.name:
            texts[file.name[:40]] = file.read_bytes()
    for name, data in texts.items():
        text = data.decode('utf-8', 'surrogateescape')
        if found := RAW.search(text):
            complaints.append(f'{name} holds {found[0]!r} in {text[max(0, found.start() - 40):found.start() + 20]!r}')
        if re.search(r'^\s*Injected: line', text, re.M):
            complaints.append(f'{name} has a line of its own choosing')
        if name.endswith('.html') or text.lstrip().lower().startswith('<!doctype'):
            complaints += [f'{name}: {bad}' for bad in Page(text).bad]
    if (pathlib.Path(folder) / 'owned').exists():
        complaints.append('a shell ran')
    if complaints:
        print(f'not ok  {" ".join(words)[:300]!r}: {"; ".join(complaints)}')
    return not complaints


def leaves(value, at=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*at, number))
    elif isinstance(value, str):
        yield at


def poisoned(document, places):
    out = copy.deepcopy(document)
    for place in places:
        holder = out
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = f'{holder[place[-1]]}{EVIL}'
    return out


def specs(folder):
    good = True
    for example in ('secure-cluster', 'windows-pools', 'dev'):
        spec = yaml.safe_load((ROOT / f'examples/{example}.yaml').read_text())
        spec.get('azure', {}).pop('world', None)
        every = list(leaves(spec))
        for places in [every, *([place] for place in every)]:
            file = folder / 'spec.yaml'
            file.write_text(json.dumps(poisoned(spec, places)))
            good &= run(folder, 'check', 'spec.yaml')
        # Keys, and lists of hostile maps.
        file.write_text(json.dumps({**spec, EVIL: 1, 'tags': {EVIL: EVIL}, 'pools': [{EVIL: EVIL, 'name': EVIL}]}))
        for words in (('check', 'spec.yaml'), ('plan', 'spec.yaml', '--live', 'none', '-o', 'json=p.json', '-o', 'html=p.html', '-o', 'human'), ('export', 'spec.yaml', '--to', 'kubernetes')):
            good &= run(folder, *words)
        # What the language takes as it comes: tags and the names of things.
        file.write_text(json.dumps({**spec, 'tags': {'owner': EVIL.replace('<', '(').replace('>', ')'), 'team': 'a"b\'c'}}))
        good &= run(folder, 'plan', 'spec.yaml', '--live', 'none', '-o', 'json=q.json', '-o', 'html=q.html', '-o', 'human')
    (folder / 'broken.yaml').write_bytes(b'name: ' + EVIL.encode() + b'\n  - [\n\xff\xfe\n')
    good &= run(folder, 'check', 'broken.yaml')
    return good


def words(folder):
    spec = str(ROOT / 'examples/dev.yaml')
    good = True
    clean = EVIL.replace('\x00', '')
    for line in ((clean,), ('check', clean), ('plan', clean + '.yaml'), ('plan', spec, '--set', f'{clean}={clean}'), ('plan', spec, '--set', f'name={clean}'),
                 ('plan', spec, '--state', f'{folder}/{clean.replace("/", "")}'), ('plan', spec, '--cloud', clean), ('plan', spec, '--live', clean),
                 ('plan', spec, '--overlay', clean), ('plan', spec, '-o', clean), ('plan', spec, '-o', f'json=/nowhere/{clean}'), ('explain', clean),
                 ('report', clean), ('resume', clean, '--yes'), ('check', spec, '--fail-on', clean), ('check', spec, '--as-of', clean), ('export', spec, '--to', clean),
                 ('plan', spec, '--tenant', clean), ('plan', spec, '--subscription', clean), ('apply', spec, '--yes', '--allow', clean, '--subscription', clean),
                 ('plan', spec, '--world', clean), ('schema', clean), ('completion', clean), ('plan', spec, '--cloud', 'custom', '--arm-endpoint', clean),
                 ('plan', spec, '--cloud', 'public', '--sign-in', clean), ('plan', spec, '--cloud', 'public', '--sign-in', 'managed-identity', '--identity', clean)):
        good &= run(folder, *line)
    for name in ('HOLDFAST_CLOUD', 'HOLDFAST_ARM_ENDPOINT', 'HOLDFAST_SIGN_IN', 'AZURE_TOKEN_CREDENTIALS'):
        good &= run(folder, 'plan', spec, **{'HOLDFAST_CLOUD': 'public', **{name: clean}})
    for name in ('AZURE_CLIENT_CERTIFICATE_PATH', 'AZURE_FEDERATED_TOKEN_FILE', 'ACTIONS_ID_TOKEN_REQUEST_URL'):
        good &= run(folder, 'plan', spec, **{'HOLDFAST_CLOUD': 'public', 'AZURE_TENANT_ID': 't', 'AZURE_CLIENT_ID': clean, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN': 'x', name: clean})
    return good


def live(folder):
    """Clusters and their surroundings as somebody else named them."""
    saved, spec = folder / 'standing.json', str(ROOT / 'examples/dev.yaml')
    state = folder / 'live'
    certificate = make_certificate(folder, 'trusted')
    with Served(str(holdfast), '--speed', 'max', '--as-of', '2026-11-24') as azure:
        middle = Middle(int(azure.url.rsplit(':', 1)[1]), certificate)
        environment = {**azure.environment, 'SSL_CERT_FILE': str(certificate), 'CURL_CA_BUNDLE': str(certificate),
                       'HOLDFAST_ARM_ENDPOINT': middle.url, 'HOLDFAST_AUTHORITY': middle.url}
        subprocess.run([holdfast, 'apply', spec, '--yes', '--state', folder / 'client'], env=environment, check=True, capture_output=True)
        middle.close()
    bodies = []
    for request in middle.requests:     # what stands is what was written
        path = request.path.split('?')[0]
        kind = re.match(r'.*/providers/([^/]+)/(.*)$', path)
        if request.method == 'PUT' and kind:
            words = kind[2].split('/')
            bodies.append({**json.loads(request.body), 'id': path, 'name': words[-1], 'type': '/'.join([kind[1], *words[::2]])})
    assert any('managedClusters' in body['type'] for body in bodies), 'a cluster was written'
    good, draw = True, random.Random(1)
    every = list(leaves(bodies))
    picks = [every] + [draw.sample(every, min(5, len(every))) for _ in range(60)] + [[place] for place in every if place[-1] in ('name', 'id', 'type', 'location')]
    for places in picks:
        saved.write_text(json.dumps(poisoned(bodies, places)))
        good &= run(folder, 'check', 'standing.json', '-o', 'human', '-o', 'json=c.json', '-o', 'html=c.html', '--all')
        for made in ('c.json', 'c.html'):
            (folder / made).unlink(missing_ok=True)
    for places in picks[:20]:
        saved.write_text(json.dumps(poisoned(bodies, places)))
        good &= run(folder, 'plan', spec, '--live', 'standing.json', '--state', str(state), '-o', 'human', '-o', 'json=l.json', '-o', 'html=l.html')
        for made in ('l.json', 'l.html'):
            (folder / made).unlink(missing_ok=True)
    return good


def main():
    results = []
    for scene in (specs, words, live):
        with tempfile.TemporaryDirectory() as folder:
            before = runs
            results.append(scene(pathlib.Path(folder)))
            print(f'{"ok" if results[-1] else "not ok"}  {scene.__name__}: {runs - before} runs with hostile names')
    sys.exit(0 if all(results) else 1)


main()
