"""One day of a phone whose app was written in Dart: the bodies that the generated clients make are sent to a
running Tickbox, from `dart`, which writes null for each field that the app leaves out, and from `dart-dio`,
which leaves it out."""

import json
import os
import sys
from typing import Any
from uuid import uuid4

import requests
from dart_models import Model, calls

API = f"{os.environ['TICKBOX_URL']}/api/v1"


def secret(text: str) -> str:
    """Notes what must stand in no log."""
    if path := os.environ.get("SECRETS_FILE"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    return text


class Phone:
    def __init__(self, generator: str) -> None:
        self.generator = generator
        self.calls = calls(generator)
        self.token = ""
        self.nulls = 0

    def call(self, name: str, model: str = "", **fields: Any) -> Any:
        method, kind = self.calls[f"/{name}"]
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = None
        if model:
            made = Model(self.generator, model).body(**fields)
            self.nulls += list(made.values()).count(None)
            # Dart's package http adds the charset of a text that it sends.
            headers["Content-Type"] = f"{kind}; charset=utf-8"
            body = json.dumps(made)
        elif method == "POST" and self.generator == "dart":
            headers["Content-Type"] = "text/plain; charset=utf-8"  # as it calls a body that is not there
            body = ""
        answer = requests.request(method, f"{API}/{name}", data=body, headers=headers, timeout=10)
        assert answer.ok, f"{self.generator} {name}: {answer.status_code} {body} {answer.text}"
        return answer.json() if answer.content else None

    def log_in(self, username: str, password: str) -> Any:
        tokens = self.call("login", "Login", username=username, password=password)
        secret(tokens["refresh_token"])
        self.token = secret(tokens["token"])
        return tokens

    def live_a_day(self) -> None:
        username, password, new = f"{self.generator}-{uuid4()}", secret(f"day {uuid4()}"), secret(f"night {uuid4()}")
        person = {"first_name": "Ona", "last_name": "Petraitė", "username": username, "password": password}
        self.call("register_user", "RegisterUser", **person)
        tokens = self.log_in(username, password)
        assert self.call("me")["user_name"] == username

        self.call("add_todo", "AddTodo", description="Without an id")
        milk = str(uuid4())
        for _ in range(2):
            self.call("add_todo", "AddTodo", id=milk, description="Milk")
        assert len(self.call("todo_list")["todos"]) == 2
        assert self.call("update_todo_status", "UpdateTodoStatus", id=milk)["is_done"], "done, where nothing else is said"
        assert not self.call("update_todo_status", "UpdateTodoStatus", id=milk, is_done=False)["is_done"]
        assert self.call("update_todo_status", "UpdateTodoStatus", id=milk, is_done=None)["is_done"]
        renamed = self.call("update_todo", "UpdateTodo", id=milk, description="Oat milk")
        assert (renamed["description"], renamed["is_done"]) == ("Oat milk", True)
        opened = self.call("update_todo", "UpdateTodo", id=milk, is_done=False, expected_rev=renamed["rev"])
        assert (opened["description"], opened["is_done"]) == ("Oat milk", False)
        self.clear_a_plan(milk)
        assert self.call("remove_todo", "TodoReference", id=milk)["removed"]
        self.call("restore_todo", "TodoReference", id=milk)
        assert len(self.call("todo_changes")["todos"]) == 2

        other = self.log_in(username, password)["session_id"]
        refreshed = self.call("refresh_token", "Refresh", refresh_token=tokens["refresh_token"])
        secret(refreshed["refresh_token"])
        self.token = secret(refreshed["token"])
        self.call("end_session", "SessionReference", session_id=other)
        assert len(self.call("session_list")["sessions"]) == 1
        self.call("change_password", "ChangePassword", current_password=password, new_password=new)
        self.call("end_other_sessions")
        self.call("logout")
        self.token = ""
        self.log_in(username, new)


    def clear_a_plan(self, id: str) -> None:
        """What the app leaves out, `dart` clears, unless the app sends it again; `dart-dio` can clear nothing."""
        plan = {"notes": "Two", "due_date": "2100-12-24", "due_time": "17:00", "priority": "high"}
        self.call("update_todo", "UpdateTodo", id=id, **plan)
        renamed = self.call("update_todo", "UpdateTodo", id=id, description="Oat milk")
        is_kept = self.generator == "dart-dio"
        assert all((renamed[field] == value) == is_kept for field, value in plan.items()), renamed
        for field in ("notes", "priority", "due_time", "due_date"):
            seen = self.call("update_todo", "UpdateTodo", id=id, **plan)
            plan[field] = None
            cleared = self.call("update_todo", "UpdateTodo", id=id, **plan)
            changed = seen if is_kept else seen | {field: "none" if field == "priority" else None, "rev": cleared["rev"]}
            assert cleared == changed, cleared


for generator, sends_null in (("dart", True), ("dart-dio", False)):
    phone = Phone(generator)
    phone.live_a_day()
    print(f"  {generator}: {phone.nulls} times null")
    if (phone.nulls > 0) != sends_null:
        sys.exit(f"{generator} does not leave fields out as it did: look at what it sends")
