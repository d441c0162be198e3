"""What schemathesis.toml cannot say: how to log in, what leads to what, and a count of the answers."""

import atexit
import json
import os
from collections import Counter
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response

API = f"{os.environ['TICKBOX_URL']}/api/v1"
PASSWORD = "hypothesis is patient"  # of all accounts; schemathesis.toml tries it
OWN = "fuzz-own"  # has the session for most calls
PASSERBY = "fuzz"  # schemathesis.toml tries it at login; its sessions come and go
PUBLIC = ["register_user", "login", "refresh_token"]

# The tool makes chains of calls along these: (call, status) to (call, what it takes from the answer).
LINKS: dict[tuple[str, str], list[tuple[str, dict[str, str]]]] = {
    ("add_todo", "201"): [
        ("get_todo", {"id": "id"}),
        ("add_todo", {"id": "id", "description": "description"}),
        ("update_todo", {"id": "id", "expected_rev": "rev"}),
        ("update_todo_status", {"id": "id"}),
        ("remove_todo", {"id": "id"}),
    ],
    ("update_todo", "200"): [("update_todo", {"id": "id", "expected_rev": "rev"}), ("remove_todo", {"id": "id"})],
    ("update_todo_status", "200"): [("update_todo_status", {"id": "id"}), ("remove_todo", {"id": "id"})],
    ("remove_todo", "200"): [(call, {"id": "id"}) for call in ("restore_todo", "remove_todo", "update_todo_status")],
    ("restore_todo", "200"): [("update_todo", {"id": "id", "expected_rev": "rev"})],
    ("todo_list", "200"): [
        ("todo_list", {"cursor": "next_cursor"}),
        ("move_todo", {"id": "todos/1/id", "before_id": "todos/0/id"}),
    ],
    ("move_todo", "200"): [("move_todo", {"id": "id", "expected_rev": "rev"})],
    ("tag_list", "200"): [("tag_list", {"cursor": "next_cursor"})],
    ("todo_changes", "200"): [("todo_changes", {"since": "next"})],
    ("sync", "200"): [("sync", {"since": "changes/next"}), ("todo_changes", {"since": "changes/next"})],
    ("session_list", "200"): [("end_session", {"session_id": "sessions/0/session_id"})],
    ("login", "200"): [("refresh_token", {"refresh_token": "refresh_token"})],
    ("refresh_token", "200"): [("refresh_token", {"refresh_token": "refresh_token"})],
}


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Adds the links; the document itself has none."""
    calls = {call["operationId"]: call for path in raw_schema["paths"].values() for call in path.values()}
    for (source, status), targets in LINKS.items():
        links = calls[source]["responses"][status].setdefault("links", {})
        for target, fields in targets:
            values = {field: f"$response.body#/{of}" for field, of in fields.items()}
            where = "requestBody" if "requestBody" in calls[target] else "parameters"
            links[target] = {"operationId": target, where: values}


tokens: set[str] = set()


def log_in(username: str) -> str:
    account = {"username": username, "password": PASSWORD}
    answer = requests.post(f"{API}/login", json=account, timeout=10)
    if answer.status_code == 401:
        person = {"first_name": "Hypo", "last_name": "Thesis", **account}
        requests.post(f"{API}/register_user", json=person, timeout=10).raise_for_status()
        answer = requests.post(f"{API}/login", json=account, timeout=10)
    answer.raise_for_status()
    token = str(answer.json()["token"])
    tokens.add(f"Bearer {token}")
    with open(os.environ["SECRETS_FILE"], "a", encoding="utf-8") as file:  # must stand in no log
        file.write(f"{token}\n{PASSWORD}\n")
    return token


class Bearer:
    def get(self, case: Case[Any], context: AuthContext) -> str:
        return log_in(OWN)

    def set(self, case: Case[Any], token: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {token}"


class Passerby(Bearer):
    def get(self, case: Case[Any], context: AuthContext) -> str:
        return log_in(PASSERBY)


class Newcomer(Bearer):
    def get(self, case: Case[Any], context: AuthContext) -> str:
        return log_in(f"fuzz-{uuid4()}")


ENDING = ["logout", "session_list", "end_session"]

# One session for all calls, renewed at half its token's ten minutes, and whenever it is refused.
schemathesis.auth(refresh_interval=300).skip_for(operation_id=[*PUBLIC, *ENDING, "change_password"])(Bearer)
# A session for each call that ends one or leads to that.
schemathesis.auth(refresh_interval=None).apply_to(operation_id=ENDING)(Passerby)
# An account for each change of a password: nobody knows the new one.
schemathesis.auth(refresh_interval=None).apply_to(operation_id="change_password")(Newcomer)

answers: Counter[tuple[str, int]] = Counter()
refused: Counter[str] = Counter()


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    call = case.operation.definition.raw["operationId"]
    answers[call, response.status_code] += 1
    if response.status_code == 401 and response.request.headers.get("Authorization") in tokens:
        refused[call] += 1


@atexit.register
def note_answers() -> None:
    """For verdict.py."""
    calls: dict[str, dict[int, int]] = {}
    for (call, status), count in sorted(answers.items()):
        calls.setdefault(call, {})[status] = count
    with open(os.environ["FUZZ_COUNTS"], "w", encoding="utf-8") as file:
        json.dump({"answers": calls, "refused": refused}, file)
