#!/usr/bin/env python3
"""Turn one table of data/ into C++ rows.

  table.py NAME data/NAME.yaml OUT.inc

A table file:

  about: what the rows are
  columns: {code: text, status: int, again: bool, means: "enum Meaning", hints: list}
  rows:
    - {code: …, status: …, source: …, date: 2026-11-24}

Every row must carry `source` and `date` (law: a fact has a source and a date); both become columns of type text.
A file may say `source:` and `date:` once at the top for all rows that do not say it themselves.
Kinds: text, int, bool, `enum E` (written E::value), list (texts joined by newline). A missing optional cell takes the
kind's empty value; a column named with a trailing `!` must be said in every row; an unknown cell is refused.
The output is one designated initialiser a row: `{.code = "…", .status = 400, …},`, to be included inside an array.
"""
import sys
import yaml


def quoted(text):
    out = ['"']
    for byte in text.encode():
        c = chr(byte)
        if c in '"\\':
            out.append('\\' + c)
        elif c == '\n':
            out.append('\\n')
        elif 32 <= byte < 127:
            out.append(c)
        else:
            out.append('\\%03o' % byte)
    return ''.join(out) + '"'


def cell(kind, value, where):
    if kind == 'text':
        return quoted('' if value is None else str(value))
    if kind == 'list':
        return quoted('\n'.join(str(v) for v in value or []))
    if kind == 'int':
        return str(int(value or 0))
    if kind == 'bool':
        if value not in (None, True, False):
            sys.exit(f'{where}: {value!r} is not true or false')
        return 'true' if value else 'false'
    if kind.startswith('enum '):
        if not value:
            sys.exit(f'{where}: an enum cell must be said')
        return f'{kind[5:]}::{value}'
    sys.exit(f'{where}: unknown kind {kind!r}')


def main(name, path, out):
    with open(path, encoding='utf-8') as f:
        table = yaml.safe_load(f)
    columns = {k.rstrip('!'): (v, k.endswith('!')) for k, v in table['columns'].items()}
    lines = [f'// {name}: {table["about"].strip().splitlines()[0]}. Generated from data/{name}.yaml; do not edit.']
    for number, row in enumerate(table['rows'], 1):
        where = f'{path}: row {number} ({next(iter(row.values()), "")})'
        for fact in ('source', 'date'):
            row.setdefault(fact, table.get(fact))
            if not row[fact]:
                sys.exit(f'{where}: no {fact}')
        for key in row:
            if key not in columns and key not in ('source', 'date'):
                sys.exit(f'{where}: no column {key!r}')
        cells = []
        for key, (kind, must) in columns.items():
            if must and row.get(key) is None:
                sys.exit(f'{where}: {key} is missing')
            cells.append(f'.{key} = {cell(kind, row.get(key), where)}')
        cells.append(f'.source = {quoted(str(row["source"]))}')
        cells.append(f'.date = {quoted(str(row["date"]))}')
        lines.append('{' + ', '.join(cells) + '},')
    with open(out, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
