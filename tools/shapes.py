#!/usr/bin/env python3
"""Turn Microsoft's published type files into the C++ tables of `shapes`.

  shapes.py TYPES_FOLDER          writes src/shapes/generated/
  shapes.py --check TYPES_FOLDER  says whether what is committed is what it would write (77: no such folder)

TYPES_FOLDER holds types.json files of Azure/bicep-types-az as `<namespace>/<version>.<group>.types.json` and a README.md that
names the commit. Only the types named in data/types.yaml are taken, and only what their bodies reach; equal nodes are
written once; descriptions are dropped. The output is committed, because users do not have these files.

One file a namespace, so that they compile side by side. A file is two arrays of constants that point into each other:
nothing runs at start-up.
"""
import json
import pathlib
import re
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / 'src' / 'shapes' / 'generated'
SENSITIVE = 32
# The published files know no fractions: these are `number` in the service's own description.
FRACTIONS = {'spotMaxPrice', 'dailyQuotaGb', 'percentage'}


def text(value):
    """A C++ string literal."""
    out = ''
    for byte in value.encode():
        c = chr(byte)
        out += '\\' + c if c in '"\\' else c if 32 <= byte < 127 else '\\%03o' % byte
    return f'"{out}"'


class Namespace:
    """All nodes of one namespace, as plain tuples that can be compared; children are numbers into `nodes`."""

    def __init__(self):
        self.nodes = []      # [kind, fields]; fields hold node numbers
        self.bodies = []     # (type name, version, node number, readable, writable)
        self.sources = set()

    def add_file(self, table, wanted, source):
        seen = {}

        def node(ref, fraction=False):
            key = (ref['$ref'], fraction)
            if key in seen:
                return seen[key]
            number = seen[key] = len(self.nodes)
            self.nodes.append(None)
            self.nodes[number] = self.convert(table, table[int(ref['$ref'].rsplit('/', 1)[1])], node, fraction)
            return number

        for entry in table:
            if entry['$type'] != 'ResourceType':
                continue
            name, _, version = entry['name'].partition('@')
            if (name.lower(), version) not in wanted:
                continue
            self.sources.add(source)
            self.bodies.append((wanted[name.lower(), version], version, node(entry['body']), entry.get('readableScopes', 0),
                                entry.get('writableScopes', 0)))

    def convert(self, table, entry, node, fraction):
        def at(ref):
            return table[int(ref['$ref'].rsplit('/', 1)[1])]

        def properties(named):
            out = []
            for name, p in named.items():
                target = at(p['type'])
                flags = p.get('flags', 0) | (SENSITIVE if target.get('sensitive') else 0)
                out.append((name, node(p['type'], name in FRACTIONS), flags))
            return tuple(out)

        kind = entry['$type']
        if kind == 'BuiltInType':  # the older form of the scalars
            kind = {3: 'BooleanType', 4: 'IntegerType', 5: 'StringType'}.get(entry.get('kind'), 'AnyType')
        if kind == 'StringType':
            return ('string', entry.get('minLength', 0), entry.get('maxLength', 0), entry.get('pattern', ''))
        if kind == 'IntegerType':
            return ('integer', fraction, entry.get('minValue', 0), entry.get('maxValue', 0))
        if kind == 'BooleanType':
            return ('boolean',)
        if kind == 'NullType':
            return ('null',)
        if kind == 'AnyType':
            return ('any',)
        if kind == 'StringLiteralType':
            return ('choice', False, (entry['value'],))
        if kind == 'UnionType':
            parts = [at(e) for e in entry['elements']]
            literals = tuple(p['value'] for p in parts if p['$type'] == 'StringLiteralType')
            others = {p['$type'] for p in parts} - {'StringLiteralType'}
            if not literals or others - {'StringType'}:
                return ('any',)
            return ('choice', bool(others), literals)
        if kind == 'ArrayType':
            return ('array', node(entry['itemType']), entry.get('minLength', 0), entry.get('maxLength', 0))
        if kind == 'ObjectType':
            rest = entry.get('additionalProperties')
            if not entry.get('properties'):
                return ('map', node(rest) if rest else None)
            return ('object', properties(entry['properties']), node(rest) if rest else None)
        if kind == 'DiscriminatedObjectType':
            variants = tuple((literal, node(ref), 0) for literal, ref in entry['elements'].items())
            return ('discriminated', properties(entry.get('baseProperties', {})), entry['discriminator'], variants)
        sys.exit(f'unknown node {kind}')

    def deduplicated(self):
        """Merge equal nodes, cycles included: refine classes until nothing splits (as one minimises an automaton)."""
        def signature(n, classes):
            def swap(value):
                return tuple((p[0], classes[p[1]], p[2]) for p in value)
            kind = n[0]
            if kind == 'array':
                return (kind, classes[n[1]], n[2], n[3])
            if kind == 'map':
                return (kind, None if n[1] is None else classes[n[1]])
            if kind == 'object':
                return (kind, swap(n[1]), None if n[2] is None else classes[n[2]])
            if kind == 'discriminated':
                return (kind, swap(n[1]), n[2], swap(n[3]))
            return n

        classes = [0] * len(self.nodes)
        count = 1
        while True:
            found = {}
            new = [found.setdefault((classes[i], signature(n, classes)), len(found)) for i, n in enumerate(self.nodes)]
            if len(found) == count:
                break
            classes, count = new, len(found)
        nodes = [None] * count
        for i, n in enumerate(self.nodes):
            nodes[classes[i]] = nodes[classes[i]] or signature(n, classes)
        return nodes, [(name, version, classes[body], r, w) for name, version, body, r, w in self.bodies]


def written(out_folder, namespace, shape, origin):
    nodes, bodies = shape.deduplicated()
    lines, items = [], []
    names = {}

    def listed(rows):
        if not rows:
            return '{}'
        if rows not in names:
            names[rows] = f'p{len(names)}'
            cells = ', '.join(f'{{{text(n)}, &t[{i}], {f}}}' for n, i, f in rows)
            lines.append(f'constexpr Property {names[rows]}[] = {{{cells}}};')
        return names[rows]

    def literals(values):
        key = ('literals', values)
        if key not in names:
            names[key] = f'l{len(names)}'
            lines.append(f'constexpr std::string_view {names[key]}[] = {{{", ".join(map(text, values))}}};')
        return names[key]

    def item(number):
        if number is None:
            return ''
        if number not in items:
            items.append(number)
        return f', .item = &t[{number}], .element = &e[{items.index(number)}]'

    types = []
    for n in nodes:
        kind = n[0]
        out = f'.kind = Kind::{kind}'
        if kind in ('string', 'integer', 'array'):
            if kind == 'integer' and n[1]:
                out += ', .open = true'
            if kind == 'array':
                out += item(n[1])
            low, high = (n[1], n[2]) if kind == 'string' else (n[2], n[3])
            if low:
                out += f', .min = {low}'
            if high:
                out += f', .max = {high}'
            if kind == 'string' and n[3]:
                out += f', .pattern = {text(n[3])}'
        elif kind == 'choice':
            out += (', .open = true' if n[1] else '') + f', .literals = {literals(n[2])}'
        elif kind == 'map':
            out += ', .open = true' + item(n[1])
        elif kind == 'object':
            out += (', .open = true' if n[2] is not None else '') + f', .properties = {listed(n[1])}' + item(n[2])
        elif kind == 'discriminated':
            out += f', .properties = {listed(n[1])}, .discriminator = {text(n[2])}, .variants = {listed(n[3])}'
        types.append(f'    {{{out}}},')

    ident = namespace.split('.')[1].lower()
    head = [f'// {namespace}: the published shapes of its types. Generated by tools/shapes.py; do not edit.',
            f'// Source: {origin}', *[f'//   {s}' for s in sorted(shape.sources)], '// clang-format off',
            '#include "shapes/generated/generated.hpp"', '', 'namespace holdfast::shapes::generated {', 'namespace {', '',
            f'extern Type const t[{len(nodes)}];', '']
    if items:
        cells = ', '.join(f'{{"", &t[{i}], 0}}' for i in items)
        lines.insert(0, f'constexpr Property e[] = {{{cells}}};')
    tail = ['', f'constexpr Type t[{len(nodes)}] = {{', *types, '};', '', 'constexpr Body all[] = {']
    tail += [f'    {{{text(name)}, {text(version)}, &t[{body}], {r}, {w}}},' for name, version, body, r, w in sorted(bodies)]
    tail += ['};', '', '}  // namespace', '', f'std::span<Body const> {ident}() {{ return all; }}', '',
             '}  // namespace holdfast::shapes::generated', '']
    (out_folder / f'{ident}.cpp').write_text('\n'.join(head + lines + tail))
    return ident, len(nodes)


def write(folder, out_folder):
    readme = (folder / 'README.md').read_text()
    found = re.search(r'repository (\S+) \((.*?),.*?\), commit ([0-9a-f]{40}) of (\d{4}-\d\d-\d\d)', readme)
    if not found:
        sys.exit(f'{folder}/README.md names no repository, licence, commit and date')
    repository, licence, commit, date = found.groups()
    origin = f'{repository}, commit {commit} of {date} ({licence})'

    rows = yaml.safe_load((ROOT / 'data' / 'types.yaml').read_text())['rows']
    wanted = {(r['type'].lower(), str(r['api_version'])): r['type'] for r in rows if not r.get('bare')}
    spaces = {}
    for name in wanted.values():
        spaces.setdefault(name.split('/')[0], Namespace())
    for path in sorted(folder.glob('*/*.types.json')):
        table = json.loads(path.read_text())
        for namespace, shape in spaces.items():
            if namespace.lower() == path.parent.name:
                version, group, _ = path.name.split('.', 2)
                source = f'generated/{group}/{path.parent.name}/{version}/types.json'
                shape.add_file(table, wanted, source)
    missing = set(wanted.values()) - {b[0] for s in spaces.values() for b in s.bodies}
    if missing:
        sys.exit(f'no shape for {", ".join(sorted(missing))}; mark them `bare` in data/types.yaml')
    out_folder.mkdir(parents=True, exist_ok=True)
    for old in out_folder.glob('*.cpp'):
        old.unlink()
    idents = []
    for namespace in sorted(spaces):
        ident, count = written(out_folder, namespace, spaces[namespace], origin)
        idents.append(ident)
        print(f'{namespace}: {len(spaces[namespace].bodies)} types, {count} nodes')
    (out_folder / 'generated.hpp').write_text('\n'.join([
        '// The published shapes, a function a namespace. Generated by tools/shapes.py; do not edit.',
        f'// Source: {origin}', '// clang-format off', '#pragma once', '', '#include "shapes/shapes.hpp"', '',
        'namespace holdfast::shapes::generated {', '', 'struct Body {', '    std::string_view type, api_version;',
        '    Type const* body;', '    std::uint8_t readable_scopes, writable_scopes;', '};',
        *[f'std::span<Body const> {i}();' for i in idents], '',
        'inline constexpr std::span<Body const> (*namespaces[])() = {' + ', '.join(idents) + '};', '',
        '}  // namespace holdfast::shapes::generated', '']))


def check(folder):
    def files(of):
        return {path.name: path.read_text() for path in of.iterdir()}
    with tempfile.TemporaryDirectory() as fresh:
        write(folder, pathlib.Path(fresh))
        now, committed = files(pathlib.Path(fresh)), files(OUT)
    stale = sorted(name for name in now.keys() | committed.keys() if now.get(name) != committed.get(name))
    if stale:
        sys.exit(f'src/shapes/generated is stale: {", ".join(stale)}; run tools/shapes.py {folder}')


def main(arguments):
    checking = arguments[:1] == ['--check']
    if len(arguments) != 1 + checking:
        sys.exit(__doc__)
    folder = pathlib.Path(arguments[-1])
    if not (folder / 'README.md').is_file():
        print(f'{folder}: no type files there')
        sys.exit(77 if checking else 1)
    check(folder) if checking else write(folder, OUT)


if __name__ == '__main__':
    main(sys.argv[1:])
