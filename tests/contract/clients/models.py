"""Reads the models that were generated for Kotlin, Swift and Dart: each field must have the type that an app
needs, and may be absent only where it can be. Run by `./ops/test models`."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from dart_models import Model

HERE = Path(__file__).parent
KOTLIN = HERE / "kotlin/generated/src/main/kotlin/tickbox/client/models"
SWIFT = HERE / "swift/generated/Sources/TickboxClient/Models"
DOCUMENT = HERE.parents[2] / "openapi/openapi.json"

# `T?` is always there and may be null; `T = null` may be left out, `T = true` too, which then means true.
MODELS = {
    "RegisterUser": "first_name: text, last_name: text, username: text, password: text, password_again: text = null",
    "User": "public_id: uuid, first_name: text, last_name: text, user_name: text",
    "Login": "username: text, password: text, device_name: text = null, call_id: uuid = null",
    "Refresh": "refresh_token: text",
    "Tokens": "token: text, token_type: TokenType, expires_in: int64, refresh_token: text, refresh_expires_in: int64,"
    "session_id: uuid",
    "ChangePassword": "current_password: text, new_password: text, new_password_again: text = null",
    "Session": "session_id: uuid, kind: Kind, device: text, created_date: date, last_seen_date: date, is_current: bool",
    "SessionList": "sessions: [Session]",
    "SessionReference": "session_id: uuid",
    "Todo": "id: uuid, description: text, is_done: bool, created_date: date, done_date: date?, rev: int64,"
    "removed: bool = null",
    "AddTodo": "description: text, id: uuid = null",
    "UpdateTodo": "id: uuid, description: text = null, is_done: bool = null, expected_rev: int64 = null",
    "UpdateTodoStatus": "id: uuid, is_done: bool = true",
    "TodoReference": "id: uuid",
    "TodoList": "todos: [Todo], next_cursor: text?, rev: int64",
    "TodoChange": "id: uuid, rev: int64, description: text = null, is_done: bool = null, created_date: date = null,"
    "done_date: date = null, removed: bool = null",
    "TodoChanges": "todos: [TodoChange], next: text, has_more: bool, full: bool",
    "Problem": "type: Type, title: text, status: int, detail: text, code: Code, errors: [FieldProblem] = null,"
    "current: Todo = null",
    "FieldProblem": "field: text, code: Code, message: text",
}

TYPES = {  # of Kotlin, then of Swift, where `Type` is a word of the language
    "kotlin.String": "text", "kotlin.Boolean": "bool", "kotlin.Int": "int", "kotlin.Long": "int64",
    "java.util.UUID": "uuid", "java.time.OffsetDateTime": "date",
    "String": "text", "Bool": "bool", "Int": "int", "Int64": "int64", "UUID": "uuid", "Date": "date", "ModelType": "Type",
}  # fmt: skip

Fields = dict[str, str]


def expected(fields: str) -> Fields:
    return dict(re.findall(r"(\w+): ([^,]+)", fields))


def kotlin(name: str) -> Fields:
    source = (KOTLIN / f"{name}.kt").read_text(encoding="utf-8")
    found = re.findall(r'@Json\(name = "(\w+)"\)\s+val `?\w+`?: ([\w.<>]+)(\??)( = \w+)?', source)
    fields = {}
    for field, kind, nullable, default in found:
        kind = re.sub(r"kotlin\.collections\.List<(\w+)>", r"[\1]", kind.removeprefix(f"{name}."))
        fields[field] = TYPES.get(kind, kind) + (default or nullable)
    return fields


def swift(name: str) -> Fields:
    source = (SWIFT / f"{name}.swift").read_text(encoding="utf-8")
    keys = re.search(r"enum CodingKeys.*?\{(.*?)\n    \}", source, re.DOTALL)
    arguments = re.search(r"public init\((.*)\) \{", source)
    assert keys and arguments, f"{name}.swift has no keys, or no initialiser"
    names = {case: key or case for case, key in re.findall(r'case `?(\w+)`?(?: = "(\w+)")?', keys[1])}
    fields = {}
    for argument, kind, nullable, default in re.findall(r"(\w+): ([\w\[\]]+)(\??)( = \w+)?", arguments[1]):
        fields[names[argument]] = TYPES.get(kind, kind) + (default.replace("nil", "null") or nullable)
    return fields


def dart(name: str) -> Fields:
    """Lists are never null: what is left out is an empty one."""
    model = Model("dart", name)
    fields = {}
    for field, kind in model.types.items():
        absent = f" = {model.defaults.get(field, 'null')}" if field in model.optional else "?" * kind.endswith("?")
        fields[field] = model.type_of(field) + absent.replace(" = const []", "")
    return fields


def dart_dio(name: str) -> Fields:
    model = Model("dart-dio", name)
    fields = {}
    for field in model.types:
        absent = f" = {model.defaults[field]}" if field in model.defaults else "?" * (field in model.optional)
        fields[field] = model.type_of(field) + absent
    return fields


def of_dart(fields: Fields, absent: str, is_then: str) -> Fields:
    """It has one type of numbers, and ids are texts."""
    kinds = {field: re.sub("^int64", "int", re.sub("^uuid", "text", kind)) for field, kind in fields.items()}
    return {field: kind.replace(absent, is_then) for field, kind in kinds.items()}


def codes(source: str) -> set[str]:
    """Kotlin: `name("name"),`; Swift: `case name = "name"`, or `case name` where both are the same."""
    kotlin = re.findall(r'^    `?\w+`?\("(\w+)"\)', source, re.MULTILINE)
    swift = re.findall(r'^    case (\w+)(?: = "(\w+)")?$', source, re.MULTILINE)
    return {*kotlin, *(text or name for name, text in swift)}


LANGUAGES: list[tuple[str, Callable[[str], Fields], Callable[[Fields], Fields]]] = [
    ("Kotlin", kotlin, dict),
    ("Swift", swift, dict),
    ("Dart", dart, lambda fields: of_dart(fields, "] = null", "]")),  # a list that may be left out is empty then
    ("Dart (dio)", dart_dio, lambda fields: of_dart(fields, " = null", "?")),  # left out looks as if it were null
]


def main() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    wrong = [f"{name} is new: say in models.py what its fields are" for name in document.keys() - MODELS.keys() - {"Code"}]
    for language, read, wanted in LANGUAGES:
        for name, fields in MODELS.items():
            want, have = wanted(expected(fields)), read(name)
            for field in sorted(want.keys() | have.keys()):
                if want.get(field) != have.get(field):
                    wrong.append(f"{language} {name}.{field}: {have.get(field)}, and should be {want.get(field)}")
    # the last is the generators' own, for codes that are newer than the app
    all_codes = {*document["Code"]["enum"], "unknown_default_open_api"}
    for file in (KOTLIN / "Code.kt", SWIFT / "Code.swift"):
        difference = codes(file.read_text(encoding="utf-8")) ^ all_codes
        if difference:
            wrong.append(f"{file.name}: {', '.join(sorted(difference))}")
    print("\n".join(wrong) or f"{len(MODELS)} models and {len(all_codes) - 1} codes are right in Kotlin, Swift and Dart")
    sys.exit(bool(wrong))


main()
