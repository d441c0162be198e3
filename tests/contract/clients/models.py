"""Reads the models that were generated for languages that nothing here compiles: each field must have the type that
an app needs, and may be absent only where it can be; a new field and a new code must not matter; and the guide must
name the options that this needs. Run by `./ops/test models`."""

import json
import re
import sys
from pathlib import Path

from languages import LANGUAGES, Fields, intolerant

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "openapi/openapi.json"
GUIDE = HERE.parents[2] / "openapi/README.md"

# `T?` is always there and may be null; `T = null` may be left out.
MODELS = {
    "RegisterUser": "first_name: text, last_name: text, username: text, password: text, password_again: text = null",
    "User": "public_id: uuid, first_name: text, last_name: text, user_name: text, time_zone: text",
    "UpdateMe": "time_zone: text = null",
    "Login": "username: text, password: text, device_name: text = null, call_id: uuid = null",
    "Refresh": "refresh_token: text",
    "Tokens": "token: text, token_type: TokenType, expires_in: int64, refresh_token: text, refresh_expires_in: int64,"
    "session_id: uuid",
    "ChangePassword": "current_password: text, new_password: text, new_password_again: text = null",
    "Session": "session_id: uuid, kind: text, device: text, created_date: date, last_seen_date: date, is_current: bool",
    "SessionList": "sessions: [Session]",
    "SessionReference": "session_id: uuid",
    "Todo": "id: uuid, description: text, is_done: bool, created_date: date, position: text, done_date: date?, rev: int64,"
    "notes: text?, due_date: text?, due_time: text?, priority: text, tags: [text], repeat: Repeat?, last_done_date: date?,"
    "removed: bool = null",
    "Repeat": "every: text, interval: int, weekdays: [text], from: text, until: text?",
    "SetRepeat": "every: Every, interval: int = null, weekdays: [Weekdays] = null, from: text = null, until: text = null",
    "AddTodo": "description: text, id: uuid = null, created_date: date = null, is_done: bool = null, call_id: uuid = null,"
    "notes: text = null, due_date: text = null, due_time: text = null, priority: text = null, repeat: SetRepeat = null,"
    "parse: bool = null",
    "UpdateTodo": "id: uuid, description: text = null, is_done: bool = null, expected_rev: int64 = null,"
    "call_id: uuid = null,"
    "notes: text = null, due_date: text = null, due_time: text = null, priority: text = null, repeat: SetRepeat = null",
    "UpdateTodoStatus": "id: uuid, is_done: bool = null, expected_rev: int64 = null, call_id: uuid = null",
    "MoveTodo": "id: uuid, before_id: uuid = null, after_id: uuid = null, expected_rev: int64 = null, call_id: uuid = null",
    "TodoReference": "id: uuid, expected_rev: int64 = null, call_id: uuid = null",
    "TagCount": "name: text, open_count: int, count: int",
    "TagList": "tags: [TagCount], next_cursor: text?, rev: int64",
    "TodoList": "todos: [Todo], next_cursor: text?, rev: int64",
    "TodoChange": "id: uuid, rev: int64, description: text = null, is_done: bool = null, created_date: date = null,"
    "position: text = null,"
    "done_date: date = null, notes: text = null, due_date: text = null, due_time: text = null, priority: text = null,"
    "tags: [text] = null, repeat: Repeat = null, last_done_date: date = null, removed: bool = null",
    "TodoChanges": "todos: [TodoChange], next: text, has_more: bool, full: bool, snapshot: text = null",
    "SyncBatch": "since: text = null, limit: int = null, calls: [SyncCall] = null",
    "SyncCall": "call_id: uuid, call: CallName, id: uuid = null, description: text = null, is_done: bool = null,"
    "created_date: date = null, before_id: uuid = null, after_id: uuid = null, expected_rev: int64 = null,"
    "notes: text = null, due_date: text = null, due_time: text = null, priority: text = null, repeat: SetRepeat = null,"
    "parse: bool = null",
    "SyncAnswer": "call_id: text = null, status: int, todo: Todo = null, problem: Problem = null",
    "SyncAnswers": "answers: [SyncAnswer], changes: SyncChanges",
    "SyncChanges": "todos: [Todo], removed: [RemovedTodo], next: text, has_more: bool, full: bool, snapshot: text = null",
    "RemovedTodo": "id: uuid, rev: int64",
    "Logout": "refresh_token: text = null",
    "Problem": "type: Type, title: text, status: int, detail: text, code: text, errors: [FieldProblem] = null,"
    "current: Todo = null",
    "FieldProblem": "field: text, code: text, message: text",
}

# Of our own names for the client, and of what Node.js wants, the guide says nothing.
OWN_OPTIONS = ["packageName", "projectName", "generateSourceCodeOnly", "importFileExtension"]


def expected(fields: str) -> Fields:
    return dict(re.findall(r"(\w+): ([^,]+)", fields))


def options(text: str) -> str:
    """Of a generator.yaml, as on a command line."""
    generator = re.search(r"^generatorName: (\S+)", text)
    assert generator
    chosen = [f"{name}={value}" for name, value in re.findall(r"^  (\w+): (\S+)", text, re.MULTILINE) if name not in OWN_OPTIONS]
    return f"| `{generator[1]}` | {'`' + ','.join(chosen) + '`' if chosen else 'none'} |"


def main() -> None:
    schemas = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    named = {name for name, schema in schemas.items() if schema["type"] == "object"}
    wrong = [f"{name} is new: say in models.py what its fields are" for name in named - MODELS.keys()]
    answers = [name for name in MODELS if schemas[name].get("additionalProperties") is not False]
    for language in LANGUAGES:
        for name, fields in MODELS.items():
            want, have = language.wanted(expected(fields)), language.read(name)
            for field in sorted(want.keys() | have.keys()):
                if want.get(field) != have.get(field):
                    wrong.append(f"{language.name} {name}.{field}: {have.get(field)}, and should be {want.get(field)}")
        wrong += intolerant(language, answers)
    guide = GUIDE.read_text(encoding="utf-8")
    for file in sorted(HERE.glob("*/generator.yaml")):
        row = options(file.read_text(encoding="utf-8"))
        if row not in guide:
            wrong.append(f"the guide says other options than {file.parent.name}/generator.yaml: {row}")
    print("\n".join(wrong) or f"{len(MODELS)} models are right in {', '.join(it.name for it in LANGUAGES)}")
    sys.exit(bool(wrong))


main()
