"""Reads what was generated for Dart, by `dart` and by `dart-dio`: the types of each model, and what body it
makes. There is no Dart here to run it, so the methods that make bodies are followed statement by statement; a
statement that is not known fails."""

import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LIBRARIES = {"dart": HERE / "dart/generated/lib", "dart-dio": HERE / "dart-dio/generated/lib/src"}

TYPES = {"String": "text", "bool": "bool", "int": "int", "DateTime": "date"}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


class Model:
    """One class; its fields go by their names in JSON."""

    def __init__(self, generator: str, name: str) -> None:
        self.name = name
        source = (LIBRARIES[generator] / "model" / f"{snake(name)}.dart").read_text(encoding="utf-8")
        if generator == "dart":
            declared = re.findall(r"^  ([\w<>]+\??) (\w+);$", source, re.MULTILINE)
            arguments = re.findall(r"^    (required )?this\.(\w+)(?: = (.+))?,$", source, re.MULTILINE)
            self.optional = {snake(field) for required, field, _ in arguments if not required}
            self.defaults = {snake(field): default for _, field, default in arguments if default}
            makes = r"toJson\(\) \{\n    final json = <String, dynamic>\{\};\n(.*?)\n    return json;"
        else:
            declared = re.findall(r"^  ([\w<>]+\??) get (\w+);$", source, re.MULTILINE)
            self.optional = {snake(field) for kind, field in declared if kind.endswith("?")}
            self.defaults = {snake(field): default for field, default in re.findall(r"\.\.(\w+) = (\w+)", source)}
            makes = r"_serializeProperties\(.*?\) sync\* \{\n(.*?)\n  \}\n"
        self.types = {snake(field): kind for kind, field in declared}
        self.statements = re.search(makes, source, re.DOTALL)

    def type_of(self, field: str) -> str:
        """In the words of models.py, without the question mark."""
        kind = self.types[field].rstrip("?").removeprefix("Built")
        item = re.fullmatch(r"List<(\w+)>", kind)
        return f"[{self._word(item[1])}]" if item else self._word(kind)

    def _word(self, kind: str) -> str:
        enum = re.fullmatch(rf"{self.name}(\w+)Enum", kind)
        return enum[1] if enum else TYPES.get(kind, kind)

    def body(self, **given: Any) -> dict[str, Any]:
        """What is sent by an app that sets these fields."""
        values = {field: {"true": True}[default] for field, default in self.defaults.items()} | given
        assert values.keys() <= self.types.keys(), f"{self.name} has not all of {sorted(given)}"
        assert self.types.keys() - self.optional <= values.keys(), f"{self.name} needs more than {sorted(given)}"
        assert self.statements, f"{self.name} makes no body"
        body: dict[str, Any] = {}
        follows = True
        for statement in as_of_dart(self.statements[1]):
            if condition := re.fullmatch(r"if \(this\.(\w+) != null\) \{", statement):
                follows = values.get(snake(condition[1])) is not None
            elif statement == "} else {":
                follows = not follows
            elif statement == "}":
                follows = True
            elif setting := re.fullmatch(r"json\[r'(\w+)'\] = (?:this\.(\w+)(?:!\.toUtc\(\)\.toIso8601String\(\))?|null);", statement):
                if follows:
                    body[setting[1]] = values.get(snake(setting[2])) if setting[2] else None
            else:
                raise AssertionError(f"{self.name} makes its body in a way that is not known: {statement}")
        return body


def as_of_dart(statements: str) -> list[str]:
    """Statements of `dart-dio` as `dart` would write them."""
    statements = re.sub(
        r"yield r'(\w+)';\s+yield serializers\.serialize\(\s+object\.(\w+),"
        r"\s+specifiedType: const FullType(?:\.nullable)?\(\w+\),\s+\);",
        r"json[r'\1'] = this.\2;",
        statements.replace("if (object.", "if (this."),
    )
    return [line.strip() for line in statements.splitlines()]


def calls(generator: str) -> dict[str, tuple[str, str]]:
    """Of each call, by its path, the method and the media type of its body, which may be empty."""
    pattern = {
        "dart": r"final path = r'(?P<path>/\w+)';.*?contentTypes = <String>\[(?:'(?P<kind>[^']+)')?\];.*?'(?P<method>[A-Z]+)',",
        "dart-dio": r"final _path = r'(?P<path>/\w+)';.*?method: r'(?P<method>[A-Z]+)',"
        r"(?:(?!validateStatus).)*?(?:contentType: '(?P<kind>[^']+)',\s+)?validateStatus",
    }[generator]
    found = {}
    for file in sorted((LIBRARIES[generator] / "api").glob("*_api.dart")):
        for call in re.finditer(pattern, file.read_text(encoding="utf-8"), re.DOTALL):
            found[call["path"]] = (call["method"], call["kind"] or "")
    return found
