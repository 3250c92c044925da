#!/usr/bin/env python3
"""The JSON Schema that editors use, held by a validator of others (python3-jsonschema, draft 7): it takes every example and
refuses what the language refuses by form. Exit 77: the validator is not installed."""
import copy
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (apt install python3-jsonschema python3-yaml)")
    sys.exit(77)

program, root = sys.argv[1], pathlib.Path(__file__).resolve().parent.parent
schema = json.loads(subprocess.run([program, "schema", "spec"], check=True, capture_output=True, text=True).stdout)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
failures = []

examples = sorted((root / "examples").glob("*.yaml"))
if len(examples) < 6:
    failures.append(f"only {len(examples)} examples found")
for example in examples:
    for error in validator.iter_errors(yaml.safe_load(example.read_text())):
        failures.append(f"{example.name}: {list(error.absolute_path)}: {error.message[:200]}")

good = yaml.safe_load((root / "examples" / "secure-cluster.yaml").read_text())


def broken(path, value):
    """The good spec with one value changed; a path that ends in None takes the key away."""
    spec = copy.deepcopy(good)
    at = spec
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return spec


BROKEN = [
    (["name"], None),
    (["name"], "Prod Cluster"),
    (["azure", "region"], None),
    (["azure", "regoin"], "westeurope"),
    (["profile"], "hardend"),
    (["network", "mode"], "overlya"),
    (["network", "polcy"], "cilium"),
    (["network", "space"], "10.20.0.0/16"),
    (["network", "egress"], "nat"),
    (["network", "dualStack"], True),
    (["network", "ipFamilies"], ["IPv6"]),
    (["operations", "automatic"], True),
    (["operations", "nodeProvisioning"], True),
    (["encryption", "disks"], "mine"),
    (["access", "adminGroups"], ["not-a-guid"]),
    (["access", "grants", 0, "role"], "king"),
    (["access", "grants", 0, "level"], None),
    (["pools"], {"name": "system"}),
    (["pools", 0, "name"], None),
    (["pools", 0, "count"], "three"),
    (["pools", 0, "count"], 5000),
    (["pools", 1, "zones"], ["4"]),
    (["pools", 1, "taints"], ["x"]),
    (["operations", "maintenance", "hours"], 2),
    (["operations", "maintenance", "start"], "25:00"),
    (["operations", "registry"], {"id": "not-an-id"}),
    (["identity"], {"servicePrincipal": {"secret": "hunter2"}}),
    (["tags"], ["a"]),
]
for path, value in BROKEN:
    if next(validator.iter_errors(broken(path, value)), None) is None:
        failures.append(f"taken, and must not be: {'.'.join(map(str, path))} = {value!r}")

print("\n".join(failures) if failures else f"{len(examples)} examples taken, {len(BROKEN)} broken specs refused")
sys.exit(1 if failures else 0)
