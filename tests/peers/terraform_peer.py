#!/usr/bin/env python3
"""OpenTofu with the azurerm provider, unchanged, under Azure's real host names: apply, "No changes", changes, destroy.

  terraform_peer.py HOLDFAST      HOLDFAST_TERRAFORM="dev seed-2020 …" chooses; all: every configuration

On demand only: building the provider takes twenty minutes of two cores, four gigabytes of memory, and is kept.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from deployment import Rest
from peer import ROOT, Served, equal, go_client

holdfast = pathlib.Path(sys.argv[1]).resolve()
tofu = go_client('opentofu', 'github.com/opentofu/opentofu', 'v1.12.6', './cmd/tofu', 'tofu', go='1.26')
PROVIDER_VERSION = '5.2.0'  # with four days of the main branch: the one version of today that the Go module mirror has
provider = go_client('azurerm', 'github.com/hashicorp/terraform-provider-azurerm', 'v1.44.1-0.20260824201233-fae580791926', '.',
                     'terraform-provider-azurerm', go='1.26')  # its gRPC does not build with 1.27
OURS = ROOT / 'tests/peers/terraform'
PLANS = ROOT.parent / 'shared/terraform/plans'
WORLDS = {'seed-2020': 'examples/worlds/existing-network.json'}

# Configurations of others, read where they lie. What azurerm 4 did not ask for is said to it as 5 wants it.
# Only what Azure would take: many lie there to be planned and never to be applied.
OTHERS = ('v5-default', 'cmk-disks', 'entra-azure-rbac-no-local', 'net-azure-cni-vnet', 'maintenance-windows')

# One change of each class, each on top of the ones before: (what is changed, the actions planned).
CHANGES = (
    ({'owner': 'b'}, {'azurerm_kubernetes_cluster.this': ['update']}),
    ({'size': 'Standard_D8ds_v5'}, {'azurerm_kubernetes_cluster.this': ['update']}),
    ({'work_os': 'Windows'}, {'azurerm_kubernetes_cluster_node_pool.work[0]': ['delete', 'create']}),
    ({'work': 'false'}, {'azurerm_kubernetes_cluster_node_pool.work[0]': ['delete']}),
    ({'dns_prefix': 'other'}, {'azurerm_kubernetes_cluster.this': ['delete', 'create']}),
)


# What any subscription with a cluster in it has registered; nearly every configuration of others says "none" of itself.
NAMESPACES = ('Authorization', 'Compute', 'ContainerRegistry', 'ContainerService', 'Insights', 'KeyVault', 'ManagedIdentity', 'Network',
              'OperationalInsights', 'OperationsManagement', 'PolicyInsights', 'Security', 'Storage')


def register(azure):
    rest = Rest(azure)
    rest.sign_in()
    feature = f'{rest.root}/providers/Microsoft.Features/providers/Microsoft.Compute/features/EncryptionAtHost'
    rest.send('POST', f'{feature}/register?api-version=2021-07-01', b'')
    while rest.send('GET', f'{feature}?api-version=2021-07-01')[1]['properties']['state'] != 'Registered':
        time.sleep(0.1)
    for name in NAMESPACES:
        status, answer, _ = rest.send('POST', f'{rest.root}/providers/Microsoft.{name}/register?api-version=2021-04-01', b'')
        if status != 200:
            sys.exit(f'Microsoft.{name} cannot be registered: {answer}')


def without_surge(value):
    if isinstance(value, dict):
        return {key: without_surge(one) for key, one in value.items() if key != 'upgrade_settings'}
    return [without_surge(one) for one in value] if isinstance(value, list) else value


class Configuration:
    """One folder with one state, against one served Azure."""

    def __init__(self, azure, name):
        self.azure, self.name, self.variables = azure, name, {}
        self.folder = pathlib.Path(azure.folder.name) / 'configuration'
        self.folder.mkdir()
        if name in OTHERS:
            for file in (PLANS / name).rglob('*.tf'):
                text = re.sub(r'version = "4[^"]*"', f'version = "{PROVIDER_VERSION}"', file.read_text())
                text = re.sub(r'\n *kubernetes_version *= "1\.[0-9.]+"', '', text)  # a version that has left support since
                if 'node_provisioning_profile' not in text:
                    text = re.sub(r'(resource "azurerm_kubernetes_cluster" "\w+" \{\n)', r'\1  node_provisioning_profile {\n    mode = "Manual"\n  }\n', text)
                target = self.folder / file.relative_to(PLANS / name)
                target.parent.mkdir(exist_ok=True)
                target.write_text(text)
        else:
            shutil.copy(OURS / 'provider.tf', self.folder)
            shutil.copy(OURS / f'{name}.tf', self.folder)
        mirror = pathlib.Path(azure.folder.name) / 'mirror'
        place = mirror / f'registry.opentofu.org/hashicorp/azurerm/{PROVIDER_VERSION}/linux_amd64'
        place.mkdir(parents=True)
        os.symlink(provider, place / f'terraform-provider-azurerm_v{PROVIDER_VERSION}')
        settings = self.folder / 'cli.tfrc'
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
        # By Azure's real names: nothing but the proxy and the authority is told.
        self.environment = {name: value for name, value in azure.environment.items() if name != 'ARM_METADATA_HOSTNAME'}
        self.environment |= {'TF_CLI_CONFIG_FILE': str(settings), 'HTTPS_PROXY': azure.url.replace('https:', 'http:'), 'NO_PROXY': '',
                             'TF_IN_AUTOMATION': '1', 'CHECKPOINT_DISABLE': '1'}

    def run(self, *words, status=0):
        values = [f'-var={key}={value}' for key, value in self.variables.items()] if words[0] in ('apply', 'plan', 'destroy') else []
        ran = subprocess.run([tofu, words[0], *values, *words[1:], '-no-color'], env=self.environment, cwd=self.folder,
                             capture_output=True, text=True, timeout=1800, stdin=subprocess.DEVNULL)
        if ran.returncode != status:
            print(f'$ tofu {" ".join(words)} ({self.name})\nexit {ran.returncode}\n{ran.stdout[-6000:]}\n{ran.stderr[-4000:]}')
            sys.exit(1)
        return ran.stdout

    def changes(self):
        self.run('plan', '-input=false', '-out=planned')
        changes = json.loads(self.run('show', '-json', 'planned'))['resource_changes']
        return [change for change in changes if change['change']['actions'] not in (['no-op'], ['read'])]

    def no_changes(self, when):
        """Azure fills in how many nodes an upgrade may add, and azurerm plans to take it away again, for ever (issue 24020 of the
        provider); who writes upgrade_settings, as ours do, has peace."""
        changes = self.changes()
        if self.name in OTHERS:
            changes = [change for change in changes if without_surge(change['change']['before']) != without_surge(change['change']['after'])]
        if changes:
            print(self.run('plan', '-input=false'))
        equal([change['address'] for change in changes], [], f'{self.name}: {when}, a plan has no changes')

    def planned(self):
        return {change['address']: change['change']['actions'] for change in self.changes()}


def walk(name):
    load = ['--load', WORLDS[name]] if name in WORLDS else []
    with Served(holdfast, '--speed', 'max', '--as-of', '2026-11-24', *load) as azure:
        register(azure)
        one = Configuration(azure, name)
        one.run('init', '-input=false')
        done = one.run('apply', '-input=false', '-auto-approve')
        print(f'ok  {name}: {re.search(r"Apply complete! Resources: (.*)", done)[1]}', flush=True)
        one.no_changes('after the apply')
        if name == 'dev':
            for variables, actions in CHANGES:
                one.variables |= variables
                equal(one.planned(), actions, f'{name}: {variables} is planned as Terraform plans it on Azure')
                one.run('apply', '-input=false', 'planned')
                one.no_changes(f'after {variables}')
        gone = one.run('destroy', '-input=false', '-auto-approve')
        print(f'ok  {name}: {re.search(r"Destroy complete! (.*)", gone)[1]}', flush=True)


chosen = os.environ.get('HOLDFAST_TERRAFORM', 'all').split()
if chosen == ['all']:
    chosen = sorted(path.stem for path in OURS.glob('*.tf') if path.stem != 'provider')
    chosen += [name for name in OTHERS if (PLANS / name).is_dir()]
    if not PLANS.is_dir():
        print("skipped: others' configurations are not beside this checkout")
for one in chosen:
    walk(one)
