"""The moments people make: a key, a closed window, a full disk, a folder that goes away, an old run taken up.

Each is met while the client stands still after a record of its journal. It says what happened in plain words, harms nothing, and
going on afterwards ends as if it had not been.
"""
import contextlib
import os
import pty
import select
import shutil
import signal
import socket
import subprocess

from world import JOURNAL, SPEED, State, Wrong, ended, expect, tail


MAY_NOT_MOUNT = 'may not mount'


def wait_until_stopped(process, read=None):
    """Until the reaper has stopped it; `read` is called meanwhile."""
    while True:
        pid, status = os.waitpid(process.pid, os.WUNTRACED | (os.WNOHANG if read else 0))
        if pid and os.WIFSTOPPED(status):
            return
        if pid:
            raise Wrong(f'it ended before it stopped: {status}')
        read()


@contextlib.contextmanager
def standing_still(story, record, **orders):
    """A client that has just made a record durable, and does nothing more until the block ends."""
    process = story.begin('apply', file=JOURNAL, at=record, how='stopped', **orders)
    wait_until_stopped(process)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)


def says(ran, status, *words):
    expect(ran.returncode == status, f'it ended with {ran.returncode}, not {status}: {tail(ran)}')
    for word in words:
        expect(word in ' '.join((ran.stdout + ran.stderr).split()), f'it does not say "{word}": {tail(ran)}')


def outcome(story):
    last = story.records()[-1]
    return last['data']['outcome'] if last['kind'] == 'end' else None


def told_to_end(number):
    def play(story, calm, record):
        story.azure.start()
        with standing_still(story, record) as process:
            process.send_signal(number)
        ran = ended(process)
        run = story.journals()[-1].stem
        says(ran, 128 + number, 'Stopped. The journal is kept', f'holdfast resume {run}')
        expect(outcome(story) == 'interrupted', 'the journal does not say that it was interrupted')
        story.take_up(calm)
        story.same_end(calm)
        return 'resumed'
    return play


def asked_twice(story, calm, record):
    """Ctrl-C twice: at once, without waiting for anything."""
    story.azure.start()
    with standing_still(story, record) as process:
        pass
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    says(ended(process), 130)
    story.take_up(calm)
    story.same_end(calm)
    return 'resumed'


def nothing_begun(story, calm):
    """Nothing was written; afterwards everything goes its way."""
    expect(not story.journals(), 'there is a journal of what was not begun')
    story.azure.end()
    expect(not State(story.azure.state).written, 'something was written')
    story.azure.start()
    story.take_up(calm)
    story.same_end(calm)


def while_reading(number):
    """Somebody accepts the connection and never says a word; whoever waits before the screen has had enough."""
    def play(story, calm, _record):
        story.azure.start()
        with socket.create_server(('127.0.0.1', 0)) as silent:
            story.through = f'https://127.0.0.1:{silent.getsockname()[1]}'
            process = story.begin('apply')
            with silent.accept()[0]:
                process.send_signal(number)
                says(ended(process), 128 + number, 'Stopped; nothing is under way.')
        story.through = None
        nothing_begun(story, calm)
        return 'named'
    return play


@contextlib.contextmanager
def on_a_terminal(story, words, **orders):
    """A client in a window of its own: (process, the window's end)."""
    master, slave = pty.openpty()
    process = subprocess.Popen(['setsid', '-c', *words], stdin=slave, stdout=slave, stderr=slave, env=story.surroundings(**orders))
    os.close(slave)
    try:
        yield process, master
    finally:
        with contextlib.suppress(OSError):
            os.close(master)


def everything_shown(window):
    """What a window still shows after everybody has left it: it comes in pieces, and its end is an error."""
    pieces = []
    with contextlib.suppress(OSError):
        while piece := os.read(window, 65536):
            pieces.append(piece)
    return b''.join(pieces).decode()


def at_the_question(number):
    """Something else than an answer: Ctrl-C from the keyboard, or a signal."""
    def play(story, calm, _record):
        story.azure.start()
        with on_a_terminal(story, [word for word in story.command('apply') if word != '--yes']) as (process, window):
            shown = b''
            while b'to go on: ' not in shown:
                shown += os.read(window, 65536)
            if number == signal.SIGINT:
                os.write(window, b'\x03')
            else:
                process.send_signal(number)
            status = process.wait(timeout=60)
            shown = everything_shown(window)
        expect(status == 128 + number, f'it ended with {status}')
        expect('nothing is under way' in shown, f'it says {shown!r}')
        nothing_begun(story, calm)
        return 'named'
    return play


def closed_terminal(story, calm, record):
    """The window closes: hang-up, and a terminal that takes no more words."""
    story.azure.start()
    with on_a_terminal(story, story.command('apply'), file=JOURNAL, at=record, how='stopped') as (process, window):
        def read():
            if select.select([window], [], [], 0.01)[0]:
                os.read(window, 65536)
        wait_until_stopped(process, read)
    process.send_signal(signal.SIGCONT)
    status = process.wait(timeout=120)
    expect(status == 128 + signal.SIGHUP, f'it ended with {status}')
    expect(outcome(story) == 'interrupted', 'the journal does not say that it was interrupted')
    story.take_up(calm)
    story.same_end(calm)
    return 'resumed'


def closed_pipe(story, calm, record):
    """`holdfast apply | head -1`: nobody listens any more, and the work goes on."""
    story.azure.start()
    with standing_still(story, record) as process:
        process.stdout.close()
        process.stderr.close()
    status = process.wait(timeout=120)
    expect(status == calm.status, f'it ended with {status}')
    story.same_end(calm)
    return 'went on'


def failing_disk(how, *words):
    def play(story, calm, record):
        story.azure.start()
        ran = story.run('apply', file=JOURNAL, at=record, how=how)
        says(ran, 1, 'cannot append to', '.jsonl', *words)
        story.take_up(calm)
        story.same_end(calm)
        return 'resumed'
    return play


@contextlib.contextmanager
def small_disk(story, size):
    """A file system of its own at the client's folder; nothing where we may not mount."""
    story.client.mkdir()
    made = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', story.client], capture_output=True, text=True)
    try:
        yield made.returncode == 0
    finally:
        if made.returncode == 0:
            subprocess.run(['umount', '-l', story.client], check=True)


def full_disk(story, calm, record):
    """No simulation: a file system without room."""
    with small_disk(story, '8m') as mounted:
        if not mounted:
            return MAY_NOT_MOUNT
        story.azure.start()
        filler = story.client / 'filler'
        with standing_still(story, record) as process:
            with open(filler, 'wb', buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b'x' * 4096)
        says(ended(process), 1, 'No space left on device', 'free space')
        filler.unlink()
        story.take_up(calm)
        story.same_end(calm)
        return 'resumed'


def read_only_folder(story, calm, _record):
    """Nothing is begun that could not be written down."""
    with small_disk(story, '1m') as mounted:
        if mounted:
            subprocess.run(['mount', '-o', 'remount,ro', story.client], check=True)
        elif os.geteuid() == 0:
            return MAY_NOT_MOUNT
        else:
            story.client.chmod(0o500)
        story.azure.start()
        says(story.run('apply'), 1, 'cannot', str(story.client), 'choose a folder you may write to')
        story.azure.end()
        expect(not State(story.azure.state).written, 'something was written')
        if mounted:
            subprocess.run(['mount', '-o', 'remount,rw', story.client], check=True)
        else:
            story.client.chmod(0o700)
        story.azure.start()
        story.take_up(calm)
        story.same_end(calm)
        return 'named'


def vanished(what):
    def play(story, calm, record):
        story.azure.start()
        with standing_still(story, record) as process:
            shutil.rmtree(story.client / what)
        says(ended(process), 1, 'it was deleted meanwhile', 'fix:')
        says(story.run('resume'), 0, 'no run to resume')
        story.take_up(calm)
        story.same_end(calm)
        return 'applied'
    return play


def killed_and_lost(story, calm, record):
    """The machine is gone, and the journal with it: `apply` from elsewhere."""
    story.azure.start()
    story.run('apply', file=JOURNAL, at=record, how='flushed')
    shutil.rmtree(story.client)
    story.take_up(calm)
    story.same_end(calm)
    return 'applied'


def overtaken(story, calm, record):
    """A plan that a later run of the same spec has overtaken is not carried out."""
    story.azure.start()
    story.run('apply', file=JOURNAL, at=record, how='flushed')
    old = story.journals()[-1].stem
    second = story.run('apply', file=JOURNAL, at=3, how='flushed')
    newer = story.journals()[-1].stem
    if second.returncode == -signal.SIGKILL:  # else so little was left that it is done
        says(story.run('resume', old), 5, f'{newer} of the same spec began later', f'holdfast resume {newer}')
        story.take_up(calm)
    says(story.run('resume', old), 5, f'{newer} of the same spec began later and succeeded', 'shows what is left')
    says(story.run('resume', newer), 0, 'nothing is left to do')
    story.same_end(calm)
    return 'refused'


def server_stays_away(story, calm, record):
    """Nobody answers any more. The client waits for hours, then names it and stops; later the run goes on."""
    story.azure.start()
    with standing_still(story, record, later=200 * SPEED) as process:
        story.azure.end(signal.SIGKILL)
    says(ended(process), 1, 'error', 'fix:', 'holdfast resume')
    expect(outcome(story) == 'failed', 'the journal does not say how it ended')
    doubt = story.in_doubt(calm)
    story.azure.start()
    story.epoch -= 24 * 3600 // SPEED  # its clock ran far ahead
    story.take_up(calm)
    story.same_end(calm, doubt)
    return 'named'


PLAYS = (
    ('Ctrl-C', told_to_end(signal.SIGINT)),
    ('terminate', told_to_end(signal.SIGTERM)),
    ('hang-up', told_to_end(signal.SIGHUP)),
    ('Ctrl-C twice', asked_twice),
    ('Ctrl-C while reading', while_reading(signal.SIGINT)),
    ('terminate while reading', while_reading(signal.SIGTERM)),
    ('hang-up while reading', while_reading(signal.SIGHUP)),
    ('Ctrl-C at the question', at_the_question(signal.SIGINT)),
    ('terminate at the question', at_the_question(signal.SIGTERM)),
    ('hang-up at the question', at_the_question(signal.SIGHUP)),
    ('closed terminal', closed_terminal),
    ('closed pipe', closed_pipe),
    ('disk fills', failing_disk('full', 'No space left on device', 'free space')),
    ('disk breaks', failing_disk('broken', 'Input/output error')),
    ('full disk', full_disk),
    ('read-only folder', read_only_folder),
    ('journal vanishes', vanished('runs')),
    ('state folder vanishes', vanished('.')),
    ('killed and lost', killed_and_lost),
    ('old run', overtaken),
    ('server stays away', server_stays_away),
)
