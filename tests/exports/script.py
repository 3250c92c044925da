#!/usr/bin/env python3
"""What an exported script does, told by a stand-in for az: that nothing in a spec can act in it, and how it meets trouble.

  script.py HOLDFAST
"""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
holdfast = pathlib.Path(sys.argv[1]).resolve()
SUBSCRIPTION, TENANT = '00000000-0000-0000-0000-000000000001', '11111111-1111-1111-1111-111111111111'
failed = 0


def holds(truth, what, seen=''):
    global failed
    print(f'{"ok " if truth else "NOT"}  {what}')
    if not truth:
        failed += 1
        print(str(seen)[-3000:])


class Stage:
    """A folder with an exported script, the stand-in on PATH, and nothing else that it could find."""

    def __init__(self, folder, spec, *arguments):
        self.folder = folder
        self.fake = folder / 'fake'
        self.fake.mkdir()
        (folder / 'bin').mkdir()
        az = folder / 'bin' / 'az'
        az.write_text(f'#!/bin/sh\nexec /usr/bin/python3 {HERE / "fake_az.py"} "$@"\n')
        az.chmod(az.stat().st_mode | stat.S_IXUSR)
        self.script = folder / 'deploy.sh'
        made = subprocess.run([holdfast, 'export', spec, '--to', 'az', '--state', folder / 'state', *arguments],
                              cwd=ROOT, capture_output=True, text=True, timeout=60)
        if made.returncode != 0:
            sys.exit(made.stderr)
        self.script.write_text(made.stdout)
        planned = subprocess.run([holdfast, 'plan', spec, '--live', 'none', '-o', 'json', '--state', folder / 'state', *arguments],
                                 cwd=ROOT, capture_output=True, text=True, timeout=60)
        self.plan = json.loads(planned.stdout)
        self.providers = ' '.join(s['id'].split()[1] for s in self.plan['steps']
                                  if s['id'].startswith('register ') and '/' not in s['id'])

    def run(self, *words, failures=(), forget=True, **environment):
        if forget:
            for name in ('kept', 'calls'):
                (self.fake / name).unlink(missing_ok=True)
        (self.fake / 'failures').write_text(json.dumps(list(failures)))
        return subprocess.run(['bash', self.script, *words], cwd=self.folder, capture_output=True, text=True, timeout=300,
                              stdin=subprocess.DEVNULL,
                              env={'PATH': f'{self.folder}/bin:/usr/bin:/bin', 'FAKE': str(self.fake), 'FAKE_TENANT': TENANT,
                                   'FAKE_PROVIDERS': self.providers, 'PAUSE': '0', **environment})

    def calls(self):
        file = self.fake / 'calls'
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def written(self):
        """id -> body of every write, as az would send it; of a command of az's own its words."""
        return {c['writes']: json.loads(c['body']) if c['body'] else c['words'] for c in self.calls() if c['writes']}


HOSTILE = ['$(touch canary)', '`touch canary`', '"; touch canary; "', "'; touch canary; '", '\\"$(touch canary)\\', '${HOME}$PATH',
           'one\ntwo\nJSON\ntouch canary\n', 'a\r\n$(touch canary)', "it's 100% \u201cgrün\u201d \U0001f512 \u2028", '!! \\n \\u0024(touch canary)',
           '@/etc/passwd', '-o none', '<<JSON', '$\'\\x24(touch canary)\'', ')SHELL"', '#{x} {{y}} {}']

with tempfile.TemporaryDirectory() as text:
    folder = pathlib.Path(text)
    spec = {'name': 'dev', 'profile': 'development', 'azure': {'cloud': 'simulated', 'region': 'westeurope'},
            'access': {'adminGroups': ['5f3c2a10-6d0e-4b7a-9c55-1f2e3d4c5b6a']},
            'tags': {f'tag{i}': value for i, value in enumerate(HOSTILE)},
            'cluster': {'azure': {f"properties.autoScalerProfile['{key}']": value for key, value in
                                  [('expander', HOSTILE[0]), ('max-node-provision-time', HOSTILE[6])]}}}
    (folder / 'hostile.yaml').write_text(json.dumps(spec, ensure_ascii=False))
    stage = Stage(folder, folder / 'hostile.yaml')
    checked = subprocess.run(['shellcheck', stage.script], capture_output=True, text=True)
    holds(checked.returncode == 0, 'shellcheck has nothing to say of a hostile spec', checked.stdout)
    ran = stage.run()
    holds(ran.returncode == 0, 'a script full of hostile texts runs to its end', ran.stdout + ran.stderr)
    holds(not list(folder.rglob('canary')), 'and nothing in them was obeyed')
    group = next(body for id, body in stage.written().items() if id.endswith('/resourceGroups/rg-dev'))
    for i, value in enumerate(HOSTILE):
        holds(group['tags'].get(f'tag{i}') == value, f'tag{i} arrives as it was written', repr(group['tags'].get(f'tag{i}')))
    cluster = next(body for id, body in stage.written().items() if id.endswith('/managedClusters/aks-dev'))
    holds(cluster['properties']['autoScalerProfile']['expander'] == HOSTILE[0], 'a hostile value below the cluster arrives, too')
    for name, value in [('GROUP_NAME', 'x"; touch canary; "'), ('REGION', '$(touch canary)'), ('CLUSTER_NAME', 'a/../b'), ('GROUP_NAME', 'a\nb')]:
        ran = stage.run(**{name: value})
        holds(ran.returncode == 1 and 'is not a name' in ran.stderr and not stage.written() and not list(folder.rglob('canary')),
              f'a choice that could break out is refused: {name}={value!r}', ran.stderr)
    ran = stage.run(GROUP_NAME='rg-other', REGION='northeurope')
    holds(all('/resourceGroups/rg-other' in id for id in stage.written()) and
          all('westeurope' not in json.dumps(body) for body in stage.written().values()),
          'choices from the environment reach every id and location', stage.written())

with tempfile.TemporaryDirectory() as text:
    stage = Stage(pathlib.Path(text), 'examples/secure-cluster.yaml')
    ran = stage.run()
    first = stage.written()
    writes = [s for s in stage.plan['steps'] if s['act'] == 'write']
    holds(ran.returncode == 0 and len(first) == len(writes), f'every write of the plan is made: {len(writes)}', ran.stderr)
    known = {s['resource']['id']: s['resource']['body'] for s in writes if s['resource'].get('id') and not s['resource'].get('pending')}
    rest = {id: body for id, body in first.items() if isinstance(body, dict)}
    differing = [id for id in known if id in rest and rest[id] != known[id]]
    holds(known and not differing, f'with exactly the bodies of the plan where they go by az rest ({len(rest)})', differing)
    ran = stage.run(forget=False)
    calls = stage.calls()
    holds([c['words'][:2] for c in calls if c['words'][1] == 'register'] == [['feature', 'register'], ['provider', 'register']],
          'a feature is registered once, and then its provider again', [c['words'] for c in calls if c['words'][1] == 'register'])
    holds(len([c for c in calls if c['writes']]) == len(writes), 'a second run writes nothing', ran.stdout)
    (stage.fake / 'calls').unlink()
    ran = stage.run('--destroy', '--what-if', forget=False)
    holds(not [c for c in stage.calls() if 'delete' in c['words']] and 'would be deleted' in ran.stdout, '--destroy --what-if deletes nothing', ran.stdout)
    ran = stage.run('--destroy', forget=False)
    holds(ran.returncode == 1 and not [c for c in stage.calls() if 'delete' in c['words']], '--destroy without agreement deletes nothing', ran.stderr)
    ran = stage.run('--destroy', '--yes', forget=False)
    gone = [c['words'][c['words'].index('--url') + 1].split('?')[0] for c in stage.calls() if 'delete' in c['words']]
    holds(gone and gone[-1].endswith('/resourceGroups/rg-prod-weu') and json.loads((stage.fake / 'kept').read_text()) == {},
          '--destroy ends with the group, and nothing is left', gone)
    ran = stage.run('--what-if')
    holds(not stage.written() and f'\n{ran.stdout.count(" would be created: ")} would be created, 0 stand' in ran.stdout, '--what-if writes nothing', ran.stdout)

    for what, failures, status, says in [
        ('a permanent 403 where no role was granted stops it',
         [{'method': 'put', 'id': '/networkSecurityGroups/', 'times': 99, 'say': 'Forbidden({"error":{"code":"AuthorizationFailed","message":"no"}})'}],
         1, 'AuthorizationFailed'),
        ('a permanent 403 on a role assignment stops it: az itself would only warn',
         [{'method': 'put', 'id': '/roleAssignments/', 'times': 999, 'say': 'Forbidden({"error":{"code":"AuthorizationFailed","message":"no"}})'}],
         1, 'AuthorizationFailed'),
        ('a role that does not work yet is waited for',
         [{'method': 'put', 'id': '/managedClusters/', 'times': 3, 'say': 'Forbidden({"error":{"code":"LinkedAuthorizationFailed","message":"not yet"}})'}],
         0, 'stands'),
        ('a role that never works ends at the deadline',
         [{'method': 'put', 'id': '/managedClusters/', 'times': 9999, 'say': 'Forbidden({"error":{"code":"LinkedAuthorizationFailed","message":"not yet"}})'}],
         1, 'LinkedAuthorizationFailed'),
        ('an identity that is not known yet is waited for',
         [{'method': 'put', 'id': '/roleAssignments/', 'times': 2, 'say': 'Bad Request({"error":{"code":"PrincipalNotFound","message":"not yet"}})'}],
         0, 'stands'),
        ('throttling and outages are sat out',
         [{'method': 'get', 'id': '/virtualNetworks/', 'times': 2, 'say': 'Too Many Requests({"error":{"code":"TooManyRequests","message":"slow"}})'},
          {'method': 'put', 'id': '/virtualNetworks/', 'times': 2, 'say': "('Connection aborted.', RemoteDisconnected())"}],
         0, 'stands'),
        ('a vault kept in the bin is brought back, then written',
         [{'method': 'put', 'id': '/vaults/', 'times': 1, 'say': 'Conflict({"error":{"code":"ConflictError","message":"A vault with the same name already exists in deleted state."}})'}],
         0, 'is brought back'),
        ('a grant that stands under another name is accepted',
         [{'method': 'put', 'id': '/roleAssignments/', 'times': 1, 'say': 'Conflict({"error":{"code":"RoleAssignmentExists","message":"exists"}})'}],
         0, 'stands'),
        ('a grant that az answers with, under another name, is accepted, too',
         [{'method': 'put', 'id': '/roleAssignments/', 'times': 1, 'answers': '/subscriptions/x/providers/Microsoft.Authorization/roleAssignments/other'}],
         0, 'stands'),
        ('anything else that az reports and nobody sees stops it',
         [{'method': 'put', 'id': '/userAssignedIdentities/', 'times': 1, 'answers': '/subscriptions/x/resourceGroups/y/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other'}],
         1, 'az reports success, yet'),
        ('what the script may not read is no reason to write',
         [{'method': 'get', 'id': '/managedClusters/', 'times': 99, 'say': 'Forbidden({"error":{"code":"AuthorizationFailed","message":"no"}})'}],
         1, 'cannot be read'),
    ]:
        began = time.monotonic()
        ran = stage.run(failures=failures, PATIENCE='1' if 'never' in what else '60')  # of real time: a busy machine is no deadline
        holds(ran.returncode == status and says in ran.stdout + ran.stderr and time.monotonic() - began < 120, what, ran.stdout + ran.stderr)
        if 'vault' in what:
            modes = [json.loads(c['body'])['properties'].get('createMode') for c in stage.calls() if 'put' in c['words'] and '/vaults/' in c['words'][4] and '/keys/' not in c['words'][4]]
            holds('recover' in modes and modes[modes.index('recover') + 1] is None, 'first recover, then as designed', modes)
    ran = stage.run(FAKE_VERSION='2.45.0')
    holds(ran.returncode == 1 and not stage.written() and 'ANY_AZ=yes' in ran.stderr, 'an az it was not proven with stops it', ran.stderr)
    (stage.fake / 'kept').write_text(json.dumps({f'/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-prod-weu': {'tags': {'holdfast': 'other'}}}))
    (stage.fake / 'calls').unlink(missing_ok=True)
    ran = stage.run(forget=False)
    holds(ran.returncode == 1 and 'is not ours' in ran.stderr and not stage.written(), "somebody else's group stops it", ran.stderr)

with tempfile.TemporaryDirectory() as text:
    stage = Stage(pathlib.Path(text), 'examples/windows-pools.yaml')
    ran = stage.run()
    cluster = next(body for id, body in stage.written().items() if '/managedClusters/' in id and id.count('/') == 8)
    password = cluster['properties']['windowsProfile']['adminPassword']
    holds(len(password) >= 20, 'a generated secret is drawn', '')
    holds(not any(password in word for call in stage.calls() for word in call['words']) and password not in ran.stdout + ran.stderr,
          'and no command line or output shows it')

sys.exit(1 if failed else 0)
