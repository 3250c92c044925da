#!/usr/bin/env python3
"""An exported ARM template, evaluated by nobody's code but this, writes exactly what the plan writes.

  template.py HOLDFAST

The evaluator knows the expression language of ARM templates as far as the templates use it: calls, strings, numbers, members,
indexes. A function, parameter or variable that is not there is an error, as it is in Azure. `reference` answers with a mark that names
what was asked of whom, and the plan's late values are compared as these marks.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
holdfast = pathlib.Path(sys.argv[1]).resolve()
SUBSCRIPTION, TENANT = '00000000-0000-0000-0000-000000000001', '11111111-1111-1111-1111-111111111111'
GUIDS = uuid.UUID('11fb06fb-712d-4ddd-98c7-e71bbd588830')
TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z_][A-Za-z_0-9]*)|([0-9]+)|(.))")


class Reference(dict):
    """What Azure would say later: any member of it, by its path."""

    def __init__(self, id, path=(), suffix=''):
        super().__init__()
        self.id, self.path, self.suffix = id, path, suffix

    def __getitem__(self, key):
        return Reference(self.id, (*self.path, key))

    def __repr__(self):
        return f'<{self.id} {".".join(map(str, self.path))}{self.suffix and " + " + self.suffix}>'


class Scope:
    def __init__(self, template, handed, subscription, group):
        self.subscription, self.group = subscription, group
        declared = template.get('parameters', {})
        unknown = set(handed) - set(declared)
        assert not unknown, f'parameters nobody declares: {unknown}'
        self.parameters = {}
        for name, one in declared.items():
            if name in handed:
                self.parameters[name] = handed[name]
            elif 'defaultValue' in one:
                self.parameters[name] = self.value(one['defaultValue'])
            else:
                assert one['type'].lower() == 'securestring', f'no value for {name}'
                self.parameters[name] = f'<secret {name}>'
        self.raw = template.get('variables', {})
        self.index = None   # of the copy around what is evaluated

    def value(self, node):
        if isinstance(node, dict):
            return {self.value(key): self.value(one) for key, one in node.items()}
        if isinstance(node, list):
            return [self.value(one) for one in node]
        if isinstance(node, str) and node.startswith('[') and node.endswith(']'):
            return node[1:] if node.startswith('[[') else self.evaluate(node[1:-1])
        return node

    def evaluate(self, text):
        tokens = [match.groups() for match in TOKEN.finditer(text)]
        result, rest = self.term(tokens)
        assert not rest, f'left over in {text}: {rest}'
        return result

    def term(self, tokens):
        (string, name, number, other), rest = tokens[0], tokens[1:]
        if string is not None:
            result = string.replace("''", "'")
        elif number is not None:
            result = int(number)
        else:
            assert name and rest[0][3] == '(', f'not a call: {tokens[:3]}'
            rest, arguments = rest[1:], []
            while rest[0][3] != ')':
                argument, rest = self.term(rest)
                arguments.append(argument)
                if rest[0][3] == ',':
                    rest = rest[1:]
            rest = rest[1:]
            result = getattr(self, 'f_' + name.lower())(*arguments)
        while rest and rest[0][3] in ('.', '['):
            if rest[0][3] == '.':
                result, rest = result[rest[1][1]], rest[2:]
            else:
                key, rest = self.term(rest[1:])
                assert rest[0][3] == ']'
                result, rest = result[key], rest[1:]
        return result, rest

    def f_parameters(self, name): return self.parameters[name]
    def f_variables(self, name): return self.value(self.raw[name])
    def f_copyindex(self): return self.index

    def f_concat(self, *parts):
        if isinstance(parts[0], Reference):
            return Reference(parts[0].id, parts[0].path, ''.join(parts[1:]))
        return ''.join(map(str, parts))

    def f_tolower(self, text): return text.lower()
    def f_guid(self, *parts): return str(uuid.uuid5(GUIDS, '-'.join(map(str, parts))))
    def f_subscription(self): return {'subscriptionId': self.subscription, 'tenantId': TENANT, 'id': f'/subscriptions/{self.subscription}'}
    def f_reference(self, id, version, full=None): return Reference(id) if full == 'full' else Reference(id, ('properties',))

    @staticmethod
    def below(type, names):
        first, *rest = type.split('/')[1:]
        space = type.split('/')[0]
        assert len(names) == 1 + len(rest), f'{type} takes {1 + len(rest)} names, not {names}'
        return f'/providers/{space}' + ''.join(f'/{kind}/{name}' for kind, name in zip([first, *rest], names))

    def f_subscriptionresourceid(self, type, *names):
        if type == 'Microsoft.Resources/resourceGroups':
            return f'/subscriptions/{self.subscription}/resourceGroups/{names[0]}'
        return f'/subscriptions/{self.subscription}' + self.below(type, names)

    def f_resourceid(self, *words):
        words = list(words)
        subscription, group = self.subscription, self.group
        if '/' not in words[0]:
            if '/' not in words[1]:
                subscription = words.pop(0)
            group = words.pop(0)
        return f'/subscriptions/{subscription}/resourceGroups/{group}' + self.below(words[0], words[1:])

    def f_extensionresourceid(self, scope, type, *names): return scope + self.below(type, names)


def deployed(template, handed, subscription, group, order, pauses):
    """Every resource the template writes: id -> body, nested deployments entered; what waits for nothing declared is an error."""
    scope = Scope(template, handed, subscription, group)
    ids, needs, out, loops = set(), {}, {}, {}
    for one in template['resources']:
        one = dict(one)
        if 'copy' in one:   # a pause: nothing but time, as often as asked for
            assert one['type'] == 'Microsoft.Resources/deployments' and not one['properties']['template']['resources'], one
            assert (one['copy']['mode'], one['copy']['batchSize']) == ('Serial', 1) and scope.value(one['copy']['count']) > 0, one
            scope.index = 0
            assert len(scope.value(one['name'])) < 64
            loops[one['copy']['name']] = scope.value(one['dependsOn'])
            continue
        type, version = one.pop('type'), one.pop('apiVersion')
        assert re.fullmatch(r'\d{4}-\d\d-\d\d(-preview)?', version), version
        name, before = scope.value(one.pop('name')), scope.value(one.pop('dependsOn', []))
        if type == 'Microsoft.Resources/deployments':
            there = scope.value(one.get('resourceGroup', '')) or ''
            where = scope.value(one.get('subscriptionId', subscription))
            properties = one['properties']
            assert properties['expressionEvaluationOptions'] == {'scope': 'inner'} and properties['mode'] == 'Incremental' and len(name) <= 64
            inner = {key: scope.value(value['value']) for key, value in properties['parameters'].items()}
            id = f'/subscriptions/{where}' + (f'/resourceGroups/{there}' if there else '') + f'/providers/{type}/{name}'
            held = deployed(properties['template'], inner, where, there, order, pauses)
            for one in held:   # begun when the deployment is; over before it is
                order[one] = [*order[one], *before]
            before = [*before, *held]
            out |= held
        else:
            target = scope.value(one.pop('scope', ''))
            base = target or f'/subscriptions/{subscription}' + (f'/resourceGroups/{group}' if group else '')
            id = f'/subscriptions/{subscription}/resourceGroups/{name}' if type == 'Microsoft.Resources/resourceGroups' \
                else base + scope.below(type, name.split('/'))
            out[id] = scope.value(one)
        assert id not in ids, f'declared twice: {id}'
        ids.add(id)
        needs[id] = before
    for id, before in [*needs.items(), *loops.items()]:
        for one in before:
            assert one in ids or one in loops or one in out, f'{id} waits for what is not declared: {one}'
    for id, before in needs.items():
        order[id] = [one for name in before for one in loops.get(name, [name])]
        pauses.update({id: set(loops[name]) for name in before if name in loops})
    return out


def marked(body, pending, ids):
    """A body of the plan with its late values as the same marks."""
    body = json.loads(json.dumps(body))
    for one in pending:
        keys = [int(k) if k.isdigit() else k for k in re.findall(r"[^.\[\]']+", one['at'])] if "['" not in one['at'] else None
        assert keys, one
        at = body
        for key, following in zip(keys[:-1], keys[1:]):
            if isinstance(at, list) and key == len(at):
                at.append([] if isinstance(following, int) else {})
            at = at[key] if isinstance(at, list) else at.setdefault(key, [] if isinstance(following, int) else {})
        path = re.sub(r'\[(\d+)\]', r'.\1', one.get('path', ''))
        suffix = f' + {one["suffix"]}' if one.get('suffix') else ''
        late = f'<{ids[one["address"]]} {path}{suffix}>' if 'path' in one else '<secret>'
        if isinstance(at, list) and keys[-1] == len(at):
            at.append(late)
        else:
            at[keys[-1]] = late
    return body


def plainly(value):
    if isinstance(value, Reference):
        return repr(value)
    if isinstance(value, dict):
        return {key: plainly(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plainly(one) for one in value]
    return '<secret>' if isinstance(value, str) and value.startswith('<secret') else value


# Children that stand in their parent's body or alone: both say the same.
FOLDED = {'/virtualnetworks/': 'subnets', '/routetables/': 'routes'}


def unfolded(bodies):
    out = {}
    for id, body in bodies.items():
        out[id] = body = dict(body)
        for kind, children in FOLDED.items():
            if kind not in id or id.count('/') != 8 or children not in body.get('properties', {}):
                continue
            body['properties'] = dict(body['properties'])
            for child in body['properties'].pop(children):
                out[f'{id}/{children}/{child["name"]}'.lower()] = {key: value for key, value in child.items() if key != 'name'}
    return {id: {key: value for key, value in body.items() if value != {}} for id, body in out.items()}


def reaches(order, late, early):
    seen, open = set(), [late]
    while open:
        one = open.pop()
        if one == early:
            return True
        if one not in seen:
            seen.add(one)
            open += order.get(one, [])
    return False


failed = 0
for spec in sorted((ROOT / 'examples').glob('*.yaml')):
    with tempfile.TemporaryDirectory() as state:
        def ask(*words):
            return json.loads(subprocess.run([holdfast, *words, '--state', state], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        parameters = pathlib.Path(state) / 'parameters.json'
        template = ask('export', spec, '--to', 'arm', '--parameters', parameters)
        handed = {key: one['value'] for key, one in json.loads(parameters.read_text())['parameters'].items()}
        plan = ask('plan', spec, '--live', 'none', '-o', 'json')
    order, pauses = {}, {}
    bodies = {id.lower(): plainly(body) for id, body in deployed(template, handed, SUBSCRIPTION, '', order, pauses).items()}
    made = unfolded(bodies)
    order = {late.lower(): [one.lower() for one in early] for late, early in order.items()}
    steps = [step for step in plan['steps'] if step['act'] == 'write']
    ids = {one['address']: one['resource'] for one in plan['changes'] if one.get('resource')}
    named, grants = {}, []
    for step in steps:
        one = step['resource']
        body = marked(one['body'], one.get('pending', []), ids)
        if one.get('id') and not one['type'].endswith('roleAssignments'):
            named[one['id'].lower()] = body
        else:
            grants.append((step['address'], body))
    named = unfolded(named)
    wrong = [(id, made.get(id), body) for id, body in named.items() if made.get(id) != body]
    wrong += [(address, 'no such grant', body) for address, body in grants if body not in [one for id, one in made.items() if '/roleassignments/' in id]]
    wrong += [('nobody asked for', id) for id in made if id not in named and '/roleassignments/' not in id]
    # Templates know no locks: what may not overlap stands in an order.
    locked = {}
    for step in steps:
        id = step['resource'].get('id', '').lower()
        if id in bodies and '/virtualnetworks/' in id and 'subnets' not in bodies[id].get('properties', {}):
            continue   # its subnets stand alone there, and hold what they refer to themselves
        for lock in step.get('locks', []):
            locked.setdefault(lock, []).append(id) if id in order else None
    wrong += [('may overlap', early, late) for held in locked.values() for early, late in zip(held, held[1:])
              if not reaches(order, late, early) and not reaches(order, early, late)]
    # Whoever needs a grant has a pause after it.
    granting = {step['id'] for step in steps if step.get('grants')}
    needing = {step['resource'].get('id', step['id']).lower() for step in steps if granting & set(step.get('after', []))}
    wrong += [('no pause', id) for id in needing ^ {id.lower() for id in pauses}]
    failed += bool(wrong)
    print(f'{"NOT" if wrong else "ok "}  {spec.stem}: {len(made)} resources as the plan writes them, {len(pauses)} after a pause')
    if wrong:
        print(json.dumps(wrong, indent=1)[:3000])
sys.exit(1 if failed else 0)
