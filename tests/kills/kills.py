#!/usr/bin/env python3
"""kill -9 of the real program, deploying over HTTPS to a served simulated Azure; then `resume`: the same end, nothing made twice.

  kills.py HOLDFAST REAPER [--all] [--picks N] [--jobs N] [--seed N] [--ways WAY,…] [--only EXAMPLE[:WAY:…]]

The client dies at every record of its journal, the server at its own commits, both, and the network at a byte; then the moments
people make: Ctrl-C, a closed terminal, a full disk, a folder that goes away. Each moment is counted, never timed (reaper.cpp,
wire.py), and each end is held against an unbroken run's: see world.py. Without --all: one example, other ways from seeds.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
import traceback

import people
from wire import ACTS, DOWN, UP, Wire
from world import JOURNAL, ROOT, ROWS, Calm, State, Story, Tools, Wrong, ended, expect, tail

CLIENT_WAYS = ('flushed', 'before', 'torn', 'unflushed')
NEVER, MAY_NOT_MOUNT = 'never came', people.MAY_NOT_MOUNT
MOST_ROUNDS = 8  # of drawing again for moments that never came
DRAWN = ('server', 'both', 'network')
SERVER_WAYS = ('answered', 'flushed', 'unflushed', 'torn', 'before')


def got_through(ran, story, calm):
    """Or else it says what is wrong and what to do next."""
    if ran.returncode == calm.status:
        return True
    # What could not be read is not known, and nothing is begun on a guess: a guard refuses.
    expect(ran.returncode == 1 or (ran.returncode == 5 and not story.journals()), f'it ended with {ran.returncode}: {tail(ran)}')
    expect('error' in ran.stderr and 'fix:' in ran.stderr, f'it does not say what is wrong: {tail(ran)}')
    return False


def client(story, calm, record, how):
    """The client dies at a record."""
    story.azure.start()
    died = story.run('apply', file=JOURNAL, at=record, how=how)
    expect(died.returncode == -signal.SIGKILL, f'it did not die: {died.returncode}: {tail(died)}')
    story.take_up(calm)
    story.same_end(calm)
    return 'resumed'


def server_dies(story, working):
    """False where the client had done its work before the moment came: how often it asks depends on the machine's load."""
    while story.azure.process.poll() is None:
        if working.poll() is not None:
            return False
        time.sleep(0.005)
    status = story.azure.gone()
    expect(status == -signal.SIGKILL, f'the server ended with {status}')
    return True


def server(story, calm, commit, how):
    """The server dies at a commit and comes back; the client meanwhile asks on."""
    story.azure.start(story.tools.orders(file=ROWS, at=commit, how=how))
    working = story.begin('apply')
    try:
        if not server_dies(story, working):
            return NEVER
        doubt = story.in_doubt(calm)
        story.loses_nothing(calm)
        story.azure.start()
    finally:
        ran = ended(working)
    survived = got_through(ran, story, calm)
    if not survived:
        story.take_up(calm)
    story.same_end(calm, doubt)
    return 'survived' if survived else 'resumed'


def both(story, calm, moment, how):
    """One dies at a moment of its own, the other at once with it."""
    if how != 'flushed':
        story.azure.start(story.tools.orders(file=ROWS, at=moment, how=how))
        working = story.begin('apply')
        died = server_dies(story, working)
        working.kill()
        ended(working)
        if not died:
            return NEVER
    else:  # the client is first
        story.azure.start()
        died = story.run('apply', file=JOURNAL, at=moment, how=how)
        expect(died.returncode == -signal.SIGKILL, f'it did not die: {died.returncode}')
        story.azure.end(signal.SIGKILL)
    story.loses_nothing(calm)
    story.azure.start()
    story.take_up(calm)
    story.same_end(calm)
    return 'resumed'


def network(story, calm, direction, byte, act):
    """The network does something at a byte."""
    story.azure.start()
    doubt = set()
    with Wire(story.azure.port, (direction, byte), act, around=lambda: doubt.update(story.in_doubt(calm))) as wire:
        story.through = wire.url
        ran = story.run('apply')
        if not wire.happened:
            return NEVER
        survived = got_through(ran, story, calm)
        wire.clears()
        if not survived:
            story.take_up(calm)
        story.same_end(calm, doubt)
    return 'survived' if survived else 'resumed'


def destroy(story, calm, record, how):
    """The client dies while it takes everything away."""
    story.azure.start()
    died = story.run('destroy', file=JOURNAL, at=record, how=how)
    expect(died.returncode == -signal.SIGKILL, f'it did not die: {died.returncode}: {tail(died)}')
    story.take_up(calm, 'destroy')
    story.azure.end()
    calm.gone.same(State(story.folder / 'azure'))
    return 'resumed'


class Moments:
    """What is played, in order; a failing one is repeated by --only."""

    def __init__(self, tools, folder, options):
        self.tools, self.folder, self.options = tools, folder, options
        self.jobs, self.failed, self.missed = [], [], []
        self.again = {}  # how a way's moments are drawn: (calm, way) -> (a draw, its dice)
        self.table, self.repeated = collections.Counter(), collections.Counter()

    def add(self, calm, way, play, *moment):
        self.jobs.append((calm, way, play, moment))

    def named(self, calm, name):
        """One moment again, by its name."""
        _, way, *moment = name.split(':')
        plays = {'client': client, 'destroy': destroy, 'server': server, 'both': both, 'network': network, **dict(people.PLAYS)}
        self.add(calm, way, plays[way], *(int(part) if part.isdigit() else part for part in moment))

    def draw(self, calm, picks):
        draw = random.Random(f'{self.options.seed} {calm.spec.stem}')
        for record in range(1, calm.records + 1):
            for how in CLIENT_WAYS if self.options.all else ('flushed',):
                self.add(calm, 'client', client, record, how)
        if not self.options.all:
            for _ in range(picks):
                self.add(calm, 'client', client, draw.randint(1, calm.records), draw.choice(CLIENT_WAYS[1:]))
        for record in range(1, calm.records_of_destroy + 1):
            if self.options.all or draw.random() < 10 / calm.records_of_destroy:
                self.add(calm, 'destroy', destroy, record, draw.choice(CLIENT_WAYS))
        # The last commits belong to the reading that follows the act: nothing is at work then.
        def of_server(draw):
            return draw.randint(2, calm.commits * 9 // 10), draw.choice(SERVER_WAYS)

        def of_both(draw):
            how = draw.choice(('flushed', *SERVER_WAYS))
            return draw.randint(2, (calm.records if how == 'flushed' else calm.commits) * 9 // 10), how

        def of_network(draw):
            direction = draw.choice((UP, DOWN))
            return direction, draw.randrange(calm.bytes[direction] * 9 // 10), draw.choice(ACTS)

        for way, play, drawn in (('server', server, of_server), ('both', both, of_both), ('network', network, of_network)):
            self.again[(calm, way)] = drawn, random.Random(f'{self.options.seed} {calm.spec.stem} {way} again')
            for _ in range(picks):
                self.add(calm, way, play, *drawn(draw))
        for name, play in people.PLAYS:
            self.add(calm, name, play, draw.randint(2, calm.records - 2))

    @staticmethod
    def name(calm, way, _play, moment):
        return ':'.join([calm.spec.stem, way, *(str(part) for part in moment)])

    def play(self, number, calm, way, play, moment):
        name = self.name(calm, way, play, moment)
        if self.options.ways and way not in self.options.ways.split(','):
            return
        begun = time.monotonic()
        try:
            with Story(self.tools, calm.applied if play is destroy else calm.template, f'{self.folder}/{number}', calm.spec) as story:
                ending = play(story, calm, *moment)
            if ending == NEVER:
                self.missed.append((calm, way, play))
            self.table[(way, ending)] += 1
            self.repeated[way] += story.repeated
            if self.options.verbose:
                print(f'{time.monotonic() - begun:.1f} s  {name}: {ending}', flush=True)
        except Exception as problem:  # whatever it is: this moment is named
            self.failed.append(name)
            told = str(problem) if isinstance(problem, Wrong) else traceback.format_exc()
            print(f'FAILED {name}\n{told}', flush=True)

    def run(self):
        """All of them; for each that never came another of its way is drawn, until as many came as were asked for."""
        begun = 0
        for _ in range(MOST_ROUNDS):
            with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
                for number, job in enumerate(self.jobs[begun:], begun):
                    pool.submit(self.play, number, *job)
            begun = len(self.jobs)
            missed, self.missed = self.missed, []
            for calm, way, play in missed:
                if (calm, way) in self.again:
                    drawn, dice = self.again[(calm, way)]
                    self.add(calm, way, play, *drawn(dice))
            if begun == len(self.jobs):
                return


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument('holdfast')
    parse.add_argument('reaper')
    parse.add_argument('--all', action='store_true', help='every record of every example, in every way')
    parse.add_argument('--picks', type=int, default=50, help='moments of each drawn way')
    parse.add_argument('--jobs', type=int, default=6)
    parse.add_argument('--seed', default=os.environ.get('SEED', '1'))
    parse.add_argument('--only', default='', help='one example, or one moment by its name: EXAMPLE[:WAY:…]')
    parse.add_argument('--ways', help='only these, with commas between')
    parse.add_argument('--verbose', action='store_true')
    options = parse.parse_args()
    tools = Tools(options.holdfast, options.reaper)
    shared = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared, prefix='holdfast-kills-') as folder:
        moments = Moments(tools, folder, options)
        example = options.only.split(':')[0] if options.only else '*' if options.all else 'secure-cluster'
        specs = sorted((ROOT / 'examples').glob(f'{example}.yaml'))
        for spec in specs:
            calm = Calm(tools, folder, spec)
            print(f'{spec.stem}: {calm.records} records, {len(calm.state.written)} things written, {calm.commits} commits, '
                  f'{sum(calm.bytes.values())} bytes', flush=True)
            if ':' in options.only:
                moments.named(calm, options.only)
            else:
                moments.draw(calm, options.picks)
        moments.run()
    for way in dict.fromkeys(way for way, _ in moments.table):
        endings = ', '.join(f'{count} {ending}' for (one, ending), count in sorted(moments.table.items()) if one == way)
        twice = moments.repeated[way]
        print(f'{way}: {endings}' + (f'; {twice} writes in doubt carried out twice' if twice else ''))
    came = collections.Counter()
    for (way, ending), count in moments.table.items():
        came[way] += count if ending not in (NEVER, MAY_NOT_MOUNT) else 0
    missed = [way for way, _ in moments.table if came[way] == 0 or (way in DRAWN and ':' not in options.only and came[way] < options.picks * len(specs))]
    unmounted = sorted(way for way, ending in moments.table if ending == MAY_NOT_MOUNT)
    if unmounted:
        print(f'no file system may be mounted here, so these were not played: {", ".join(unmounted)}')
        if os.environ.get('CI') == 'true':
            sys.exit('in CI every moment has to be played: let the tests mount a tmpfs')
        missed = [way for way in missed if way not in unmounted]
    if not moments.failed and (missed or not came):
        sys.exit(f'too many moments never came: {missed}')
    if moments.failed:
        again = f"kills.py … --only '{moments.failed[0]}'"
        sys.exit(f'{len(moments.failed)} of {len(moments.jobs)} failed, the first again: {again}')
    print(f'{sum(came.values())} moments, seed {options.seed}: each the same end as an unbroken run')


main()
