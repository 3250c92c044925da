#!/usr/bin/env python3
"""How close a calm deployment comes to the shortest one possible.

  critical_path.py FOLDER deployment-dag.csv [LIMIT]   FOLDER holds what the walk or bench_makespan left: one JSON a run

The bound is computed here from two sources that are not the engine's: which step waits for which (deployment-dag.csv) and
how long each operation really took (drawn by the simulated Azure). Neither the plan's edges nor its estimates are used.
Exits 1 when the deployments of a spec took together more than LIMIT times their bounds: 1.05 where none is given.
"""
import csv
import json
import pathlib
import re
import statistics
import sys

# A drawn operation is a row of the DAG by its type; a role assignment by what it is granted on.
GRANTED_ON = {'microsoft.keyvault/vaults': ['ra_des', 'ra_kms', 'ra_kms_net'], 'microsoft.keyvault/vaults/keys': ['ra_des', 'ra_kms'],
              'microsoft.network/virtualnetworks/subnets': ['ra_subnet'], 'microsoft.network/virtualnetworks': ['ra_dns_vnet'],
              'microsoft.network/routetables': ['ra_rt'], 'microsoft.managedidentity/userassignedidentities': ['ra_kub'],
              'microsoft.network/privatednszones': ['ra_dns'], 'microsoft.compute/diskencryptionsets': ['ra_des_read'],
              'microsoft.containerregistry/registries': ['ra_acr'], 'microsoft.containerservice/managedclusters': ['ra_admin', 'ra_user']}
ROLE = 'microsoft.authorization/roleassignments'
# What a cluster's creation asks of the subscription, besides its own namespace.
CLUSTER_NEEDS = ['microsoft.compute', 'microsoft.network', 'microsoft.storage', 'microsoft.managedidentity']


def type_of(identity):
    """Type of a lower-case id: the words after the last 'providers', every second one."""
    tail = identity.rsplit('/providers/', 1)
    if len(tail) == 1:
        return 'microsoft.resources/resourcegroups'
    words = tail[1].split('/')
    return '/'.join(words[:1] + words[1::2])


class Bound:
    def __init__(self, drawn, rows, roles):
        self.drawn, self.rows, self.roles = drawn, rows, roles
        self.by_type = {}
        for row in rows.values():
            self.by_type.setdefault(row['type'].lower(), []).append(row['id'])
        self.instances = {}   # DAG row -> the operations that are it
        for key in drawn:
            if key.startswith('PUT ') and '#' not in key:
                for row in self.rows_of(key[4:]):
                    self.instances.setdefault(row, []).append(key[4:])
        for key in drawn:
            if key.startswith('EFFECT '):
                identity = key[7:]
                for row in self.rows_of(identity):
                    here = self.instances.setdefault(row, [])
                    if identity not in here:
                        here.append(identity)
        self.ends = {}

    def rows_of(self, identity):
        kind = type_of(identity)
        if kind == ROLE:
            target = identity.rsplit('/providers/', 1)[0]
            found = GRANTED_ON.get(re.sub(r'/namespaces$', '', type_of(target)), [])
            # Several roles may be granted on one thing, and each is waited for by others: their rows name them.
            named = [row for row in found if self.rows[row]['step'].startswith(f'{self.roles.get(identity)} ->')]
            return named or found
        if kind == 'microsoft.keyvault/vaults/keys':
            return ['key_des', 'key_kms']
        return self.by_type.get(kind, [])

    def registered(self, namespace):
        return self.drawn.get(f'REGISTER {namespace}', 0)

    def features(self):
        ends = [0]
        for key, seconds in self.drawn.items():
            if key.startswith('FEATURE '):
                namespace = key[8:].split('/')[0]
                again = self.drawn.get(f'REGISTER {namespace} #2', 0)
                ends.append(max(seconds, self.registered(namespace)) + again)
        return max(ends)

    def end_of_row(self, row):
        """When everything that is this row of the DAG has ended (0 where this deployment has none of it)."""
        if row == 'settle':
            return max([self.effective(identity) for need in self.rows['settle']['depends_on'].split()
                        for identity in self.instances.get(need, [])] + [0])
        ends = [self.end(identity, row) for identity in self.instances.get(row, [])]
        if not ends:   # not here: what it would have waited for still holds
            return max([self.end_of_row(need) for need in self.rows[row]['depends_on'].split()] + [0]) if row in ('route', 'dnslink') else 0
        return max(ends)

    def effective(self, identity):
        return self.end(identity, self.rows_of(identity)[0]) + self.drawn.get(f'EFFECT {identity}', 0)

    def end(self, identity, row):
        if (identity, row) in self.ends:
            return self.ends[identity, row]
        needs = []
        for need in self.rows[row]['depends_on'].split():
            if need == 'ra_des' and row == 'des':   # the set's first act is to use the key: its right must have taken effect
                needs += [self.effective(other) for other in self.instances.get('ra_des', []) if type_of(other.rsplit('/providers/', 1)[0]) .startswith('microsoft.keyvault')]
            elif need != 'prov':
                needs.append(self.end_of_row(need))
        kind = type_of(identity)
        needs.append(self.registered(kind.split('/')[0]))
        if row == 'aks':
            needs += [self.registered(namespace) for namespace in CLUSTER_NEEDS] + [self.features()]
        begin = max(needs + [0])
        self.ends[identity, row] = begin + self.drawn.get(f'PUT {identity}', 0)
        return self.ends[identity, row]

    def total(self):
        return max(self.end(identity, row) for row, identities in self.instances.items() for identity in identities)


def main(folder, dag, limit='1.05'):
    if not pathlib.Path(dag).is_file():
        print(f'skipped: {dag} is not here')
        return 77
    with open(dag, encoding='utf-8') as f:
        rows = {row['id']: row for row in csv.DictReader(f)}
    specs = {}   # name -> (took, bound) of each of its runs
    for file in sorted(pathlib.Path(folder).glob('*.json')):
        run = json.loads(file.read_text())
        bound = Bound(run['drawn'], rows, run.get('roles', {})).total()
        # A run is a schedule, too: where the DAG asks for more than Azure did, the best is no worse than what happened.
        specs.setdefault(run['example'], []).append((run['seconds'], min(bound, run['seconds'])))
    if not specs:
        print('no runs to judge')
        return 1
    print(f'{"spec":<18}{"runs":>6}{"took":>10}{"bound":>10}{"ratio":>8}{"median":>8}{"worst":>8}')
    worst = 0
    for name, runs in specs.items():
        took, bound = (sum(column) for column in zip(*runs))
        ratios = [one / other for one, other in runs]
        worst = max(worst, took / bound)
        print(f'{name:<18}{len(runs):>6}{took / len(runs):>9.1f}s{bound / len(runs):>9.1f}s{took / bound:>8.3f}'
              f'{statistics.median(ratios):>8.3f}{max(ratios):>8.3f}')
    return 0 if worst <= float(limit) else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
