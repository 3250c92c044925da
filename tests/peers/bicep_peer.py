#!/usr/bin/env python3
"""Exported Bicep is grammatical for two parsers of others, names only what it declares, and says what the spec said, however hostile.

There is no Bicep compiler in any package registry, so types and api-versions are held elsewhere: the bodies are the plan's own.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from peer import ROOT, equal, python_client

holdfast = pathlib.Path(sys.argv[1]).resolve()
python = python_client('bicep', ['tree-sitter==0.26.*', 'tree-sitter-bicep==1.1.*', 'pycep-parser==0.7.*'], 'python')
JUDGE = '''
import sys, json, pathlib
import tree_sitter, tree_sitter_bicep
from pycep import BicepParser
out = {}
for file in sys.argv[1:]:
    text = pathlib.Path(file).read_bytes()
    root = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language())).parse(text).root_node
    wrong, declared, open_nodes = [], [], [root]
    while open_nodes:
        node = open_nodes.pop()
        if node.type == 'ERROR' or node.is_missing:
            wrong.append([node.type, node.start_point.row + 1, text[node.start_byte:node.end_byte][:80].decode(errors='replace')])
        open_nodes += node.children
    try:
        BicepParser(add_line_numbers=False).parse(file_path=pathlib.Path(file))
        pycep = ''
    except Exception as error:
        pycep = str(error)[:300]
    out[file] = {'tree-sitter': wrong, 'pycep': pycep}
print(json.dumps(out))
'''
# A text that begins with // and one that ends with a backslash are legal, too, but each is more than one of the parsers can take.
HOSTILE = ['${evil}', "it's", '\\ and on', "'''", '${', '$${x}', 'a\nb', 'no // comment', '/* */', '\u201cgrün\u201d']

with tempfile.TemporaryDirectory() as text:
    folder = pathlib.Path(text)
    hostile = folder / 'hostile.yaml'
    hostile.write_text(json.dumps({'name': 'dev', 'profile': 'development', 'azure': {'cloud': 'simulated', 'region': 'westeurope'},
                                   'access': {'adminGroups': ['5f3c2a10-6d0e-4b7a-9c55-1f2e3d4c5b6a']},
                                   'tags': {f'tag{i}': value for i, value in enumerate(HOSTILE)}}, ensure_ascii=False))
    files = {}
    for spec in [*sorted((ROOT / 'examples').glob('*.yaml')), hostile]:
        made = subprocess.run([holdfast, 'export', spec, '--to', 'bicep', '--state', folder / 'state'], capture_output=True, text=True,
                              cwd=ROOT, check=True).stdout
        files[spec.stem] = folder / f'{spec.stem}.bicep'
        files[spec.stem].write_text(made)
        declared = set(re.findall(r'^(?:param|resource) (\w+)', made, re.M))
        equal(len(declared), len(re.findall(r'^(?:param|resource) (\w+)', made, re.M)), f'{spec.stem}: no name is declared twice')
        used = set(re.findall(r'(?:scope|parent): (\w+)$', made, re.M)) | set(re.findall(r'\b(\w+)\.(?:id|properties)\b', re.sub(r'//.*', '', made)))
        equal(sorted(used - declared - {'azure', 'expressionEvaluationOptions'}), [], f'{spec.stem}: every symbol is declared')
    judged = json.loads(subprocess.run([python, '-c', JUDGE, *files.values()], capture_output=True, text=True, check=True).stdout)
    for name, file in files.items():
        equal(judged[str(file)], {'tree-sitter': [], 'pycep': ''}, f'{name}: grammatical')
    said = files['hostile'].read_text()
    for i, value in enumerate(HOSTILE):
        found = re.search(rf"^    tag{i}: '((?:[^'\\]|\\.)*)'$", said, re.M)
        plain = re.sub(r"\\(n|\$|'|\\)", lambda m: {'n': '\n'}.get(m[1], m[1]), found[1]) if found else None
        equal(plain, value, f'a tag of {value!r} is read back')
