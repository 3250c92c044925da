"""A simulated Azure in a process of its own, clients that come over HTTPS, and what is left when either has died.

Every story begins in a copy of one new world. What stands at its end is read from the simulated Azure's own database, not
asked of the client: resources with everything hidden in them, principals, registrations, and how often each resource was
written, which the server counts for itself ('operation ID').
"""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from wire import Wire

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPEED = 25  # how much faster a client's time passes: half a minute of polls becomes a second
JOURNAL, ROWS = '.jsonl', 'azure.db-wal'


class Wrong(Exception):
    """A promise that did not hold."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


_ports, _ports_lock = set(), threading.Lock()


def free_port():
    """One that no client is given by chance while its server is down: below the system's own range."""
    with _ports_lock:
        while True:
            port = random.randrange(20000, 32000)
            if port in _ports:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(('127.0.0.1', port))
                except OSError:
                    continue
            _ports.add(port)
            return port


class Tools:
    def __init__(self, holdfast, reaper):
        self.holdfast, self.reaper = str(pathlib.Path(holdfast).resolve()), str(pathlib.Path(reaper).resolve())

    def orders(self, file=None, at=0, how='', speed=1, later='', tally=''):
        """The reaper's environment: see reaper.cpp."""
        return {'LD_PRELOAD': self.reaper, 'REAPER_FILE': file or '', 'REAPER_AT': str(at), 'REAPER_HOW': how,
                'REAPER_SPEED': str(speed), 'REAPER_LATER': str(later), 'REAPER_TALLY': str(tally)}


def world_of(spec):
    """What exists before, for specs that say so."""
    found = re.search(r'world: *([^,}\s]+)', pathlib.Path(spec).read_text())
    return ['--load', str(pathlib.Path(spec).parent / found[1])] if found else []


class Azure:
    """`holdfast simulate` on one state folder and one port, through as many lives as it takes."""

    def __init__(self, tools, state, loads=()):
        self.tools, self.state, self.port, self.loads = tools, str(state), free_port(), list(loads)
        self.process, self.url = None, None

    def start(self, orders=None):
        command = [self.tools.holdfast, 'simulate', '--port', str(self.port), '--state', self.state, '--speed', 'max',
                   '--as-of', '2026-11-24', '--env-file', f'{self.state}/env.sh', *self.loads]
        self.loads = []
        # Its last words go to a file: a pipe nobody reads would be weather of its own.
        with open(f'{self.state}.log', 'ab') as log:
            self.process = subprocess.Popen(command, env={**os.environ, **(orders or {})}, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        found = re.match(r'ready (https://\S+)', line)
        expect(found, f'the simulated Azure did not start: {line!r} {pathlib.Path(self.state + ".log").read_text()[-500:]}')
        self.url = found[1]
        return self

    def environment(self, url=None):
        said = dict(re.findall(r"^export ([A-Z_0-9]+)='(.*)'$", pathlib.Path(f'{self.state}/env.sh').read_text(), re.M))
        if url:
            said = {name: value.replace(self.url, url) for name, value in said.items()}
        return {'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8', **said, 'HOLDFAST_CA': f'{self.state}/tls/ca.pem'}

    def gone(self, seconds=60):
        """Waits for it to die by itself; its exit status."""
        status = self.process.wait(timeout=seconds)
        self.process.stdout.close()
        return status

    def end(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        if self.process:
            self.gone()
        self.process = None


class Story:
    """One world, one client's folder. Everything it started is gone when it ends."""

    def __init__(self, tools, template, folder, spec):
        self.tools, self.spec, self.folder = tools, str(spec), pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        shutil.copytree(template, self.folder / 'azure')
        self.azure = Azure(tools, self.folder / 'azure')
        self.client = self.folder / 'client'
        self.epoch = int(time.time())
        self.through = None  # a proxy's url
        self.repeated = 0    # writes that Azure carried out twice, known at the end

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.azure.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, verb):
        words = [self.tools.holdfast, verb, *([] if verb == 'resume' else [self.spec]), '--state', str(self.client)]
        return words + (['--yes'] if verb != 'plan' else ['-o', 'json'])

    def surroundings(self, **orders):
        return {**self.azure.environment(self.through), 'HOME': str(self.folder), 'REAPER_EPOCH': str(self.epoch),
                **self.tools.orders(**{'speed': SPEED, **orders})}

    def begin(self, verb, **orders):
        return subprocess.Popen(self.command(verb), cwd=ROOT, env=self.surroundings(**orders), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, verb, *more, **orders):
        return subprocess.run(self.command(verb) + list(more), cwd=ROOT, env=self.surroundings(**orders), capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=240)

    def journals(self):
        return sorted((self.client / 'runs').glob('*.jsonl')) if (self.client / 'runs').is_dir() else []

    def in_doubt(self, calm):
        """Ids of what the journal holds as begun and not as taken: a lost answer may make Azure see those twice."""
        doubt = set()
        for record in self.records():
            if record['kind'] == 'intend':
                doubt.add(record['step'])
            elif record['kind'] in ('accepted', 'done'):
                doubt.discard(record['step'])
        return {calm.place[step] for step in doubt}

    def loses_nothing(self, calm):
        """The server is dead: what it acknowledged to the client, by the journal, is on its disk."""
        told = {calm.place[record['step']] for record in self.records()
                if record['kind'] in ('accepted', 'done') and record['step'].startswith('write ')}
        kept = State(self.azure.state, aside=self.folder / 'aside')
        lost = [name for name in told if f'thing/{name}' not in kept.stands]
        expect(not lost, f'acknowledged and lost: {lost}')

    def records(self):
        return [json.loads(line) for path in self.journals() for line in path.read_text().splitlines()
                if line.endswith('}') and line.startswith('{')]

    def take_up(self, calm, verb='apply'):
        """`resume`, and where there was nothing to resume, the command itself: what the message says."""
        went_on = self.run('resume')
        said = went_on.stdout + went_on.stderr
        if 'no run to resume' in said or 'it did nothing' in said:
            went_on = self.run(verb)
        expect(went_on.returncode == (calm.status if verb == 'apply' else 0), f'going on ended with {went_on.returncode}, not {calm.status}: {tail(went_on)}')

    def same_end(self, calm, doubles=()):
        """Nothing is left to do, and what stands is what stands after an unbroken run, each thing written as often."""
        plan = self.run('plan')
        expect(plan.returncode == calm.plan_status, f'plan ended with {plan.returncode}: {tail(plan)}')
        document = json.loads(plan.stdout)
        expect(not document['steps'] and not document['guards'],
               f'something is left to do: {[step["id"] for step in document["steps"]]}')
        self.azure.end()
        self.repeated = calm.state.same(State(self.folder / 'azure'), doubles)


def ended(process):
    """Waits for a client begun before."""
    out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def tail(ran):
    return (ran.stdout[-600:] + ran.stderr[-1500:]).strip()


MOMENTS = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?')


def timeless(value):
    """Everything but moments and passwords: two runs never share those."""
    if isinstance(value, dict):
        return {key: '<drawn>' if key == 'adminPassword' and item else timeless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [timeless(item) for item in value]
    if isinstance(value, str):
        return MOMENTS.sub('<moment>', value)
    if isinstance(value, (int, float)) and value > 1_700_000_000:
        return '<moment>'
    return value


def apart(unbroken, here, at):
    """Where two values differ, and how."""
    if isinstance(unbroken, dict) and isinstance(here, dict):
        return [line for key in sorted(unbroken.keys() | here.keys()) if unbroken.get(key) != here.get(key)
                for line in apart(unbroken.get(key), here.get(key), f'{at} {key}')]
    return [f'{at}: {str(here)[:200]}, not {str(unbroken)[:200]}']


class State:
    """What a simulated Azure's database holds."""

    def __init__(self, folder, aside=None):
        """`aside`: reads a copy, so that whoever opens the database next finds it as it was left."""
        if aside:
            aside.mkdir(exist_ok=True)
            for path in pathlib.Path(folder).glob('azure.db*'):
                shutil.copy(path, aside)
            folder = aside
        with contextlib.closing(sqlite3.connect(f'{folder}/azure.db')) as database:
            expect(database.execute('PRAGMA integrity_check').fetchone()[0] == 'ok', 'the database is damaged')
            rows = {key: bytes(value) if isinstance(value, bytes) else str(value).encode()
                    for key, value in database.execute('SELECT key, value FROM rows')}
        self.stands, self.written, self.running = {}, {}, []
        for key, value in rows.items():
            kind, name = key.split('/', 1) if '/' in key else (key, '')
            if kind in ('thing', 'principal', 'bin'):
                self.stands[key] = timeless(json.loads(value))
            elif kind in ('provider', 'feature'):
                self.stands[key] = value.decode()
            elif kind == 'count' and name.startswith('operation '):
                self.written[name.removeprefix('operation ')] = int(value)
            elif kind == 'operation' and json.loads(value)['status'] == 'InProgress':
                self.running.append(key)
        self.repeated = json.loads(rows['world'])['repeatedCreates']

    def same(self, other, doubles=()):
        """`doubles`: resources that may have been written once more. How many were."""
        expect(not other.running, f'Azure is still at work on {other.running}')
        def stands(state, key):
            thing = state.stands.get(key)
            if thing and key.startswith(tuple(f'thing/{name}' for name in doubles)):
                return {**thing, 'version': 0}  # it counts the writes
            return thing

        differ = [key for key in sorted(self.stands.keys() | other.stands.keys()) if stands(self, key) != stands(other, key)]
        expect(not differ, f'{len(differ)} things stand differently:\n' +
               '\n'.join(line for key in differ[:5] for line in apart(stands(self, key), stands(other, key), key)))
        more = {name: count for name, count in other.written.items() if count != self.written.get(name)}
        wrong = {name: count for name, count in more.items() if name not in doubles or count != self.written[name] + 1}
        expect(not wrong, f'written more often than once: {wrong}')
        expect(other.repeated <= len(doubles), f'{other.repeated} writes changed nothing')
        return len(more)


class Calm:
    """An unbroken run: what every other one is held against."""

    def __init__(self, tools, folder, spec):
        self.spec = spec
        self.template = pathlib.Path(folder) / f'{pathlib.Path(spec).stem}-new'
        first = Azure(tools, self.template, world_of(spec))
        self.template.mkdir(parents=True)
        first.start()
        first.end()
        with Story(tools, self.template, f'{folder}/{pathlib.Path(spec).stem}-calm', spec) as story:
            story.azure.start(tools.orders(file=ROWS, at=10**9, tally=story.folder / 'commits'))
            wire = Wire(story.azure.port)
            with wire:
                story.through = wire.url
                applied = story.run('apply')
            self.status = applied.returncode
            expect(self.status in (0, 3), f'an unbroken run ended with {self.status}: {tail(applied)}')
            self.records, self.bytes = len(story.records()), wire.total
            self.place = {record['step']: record['data']['id'].lower() for record in story.records() if record['kind'] == 'done'}
            story.through = None
            planned = story.run('plan')
            self.plan_status = planned.returncode
            expect(not json.loads(planned.stdout)['steps'], 'an unbroken run leaves something to do')
            story.azure.end()
            self.applied = pathlib.Path(folder) / f'{pathlib.Path(spec).stem}-applied'
            shutil.copytree(story.folder / 'azure', self.applied)
            self.commits = int((story.folder / 'commits').read_text())
            self.state = State(story.folder / 'azure')
            expect(self.state.repeated == 0 and set(self.state.written.values()) == {1}, 'an unbroken run writes once')
        with Story(tools, self.applied, f'{folder}/{pathlib.Path(spec).stem}-gone', spec) as story:
            story.azure.start()
            gone = story.run('destroy')
            expect(gone.returncode == 0, f'an unbroken destroy ended with {gone.returncode}: {tail(gone)}')
            self.records_of_destroy = len(story.records())
            story.azure.end()
            self.gone = State(story.folder / 'azure')
