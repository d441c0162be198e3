"""A client that works offline, by the rules of README.md; the standard library is all that it needs.

`state` is an empty dictionary, or the one that `save` got last: what belongs together is saved once, which is the
transaction. (With long lists, keep `copies` and `queue` in tables of SQLite.) `send(call, body, token)` makes one POST
and returns status, headers in small letters, and body, or raises OSError when no answer comes. `ask(call, problem)`
shows the person both versions, and says whether the own one shall stand. Let one `sync` run at a time.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

Json = dict[str, Any]
Response = tuple[int, Mapping[str, str], bytes]
Save = Callable[[Json], None]
Send = Callable[[str, Json, str | None], Response]
Ask = Callable[[Json, Json], bool]


class Later(Exception):
    """Keep everything and try again: after these seconds, or else 1, 2, 4, … up to 60, with some chance added."""


class LoggedOut(Exception):
    """The session has ended: ask for the password. What waits stays."""


class Refused(Exception):
    """What the person can mend (`wrong_credentials`), or a mistake of the app: the problem document."""


class Client:
    def __init__(self, state: Json, save: Save, send: Send, ask: Ask) -> None:
        self.state = self._empty() | state
        self.save, self.send, self.ask = save, send, ask

    def _empty(self) -> Json:
        nobody: Json = {"token": None, "refresh_token": None, "leaving": []}
        return nobody | {"since": None, "copies": {}, "queue": [], "failed": []}

    def shown(self) -> dict[str, Json]:
        """The server's copies, and what waits laid over them."""
        shown: dict[str, Json] = {id: dict(copy) for id, copy in self.state["copies"].items()}
        for call in self.state["queue"]:
            fields = {name: call[name] for name in call if name not in ("call_id", "call", "id", "expected_rev")}
            if call["call"] == "add_todo":
                shown.setdefault(call["id"], {"id": call["id"], "is_done": False, **fields})
            elif call["id"] in shown:
                shown[call["id"]] |= fields | {"removed": call["call"] == "remove_todo"}
        return {id: todo for id, todo in shown.items() if not todo.get("removed")}

    def change(self, call: str, id: str, **fields: Any) -> None:
        """Appends a call. What waits is never changed, nor two calls made one: they may have been sent already."""
        copy = self.state["copies"].get(id)
        seen = {"expected_rev": copy["rev"]} if copy and call != "add_todo" else {}
        self.state["queue"].append({"call_id": str(uuid4()), "call": call, "id": id, **seen, **fields})
        self.save(self.state)

    def log_in(self, username: str, password: str, device_name: str) -> None:
        body = {"username": username, "password": password, "device_name": device_name, "call_id": str(uuid4())}
        self._keep_tokens(self._once("login", body, None))

    def log_out(self) -> None:
        """Also offline: the session itself is ended by `end_left_sessions`, when there is a network."""
        self.state = self._empty() | {"leaving": [*self.state["leaving"], self.state["refresh_token"]]}
        self.save(self.state)

    def end_left_sessions(self) -> None:
        while self.state["leaving"]:
            try:
                self._once("logout", {"refresh_token": self.state["leaving"][0]}, None)
            except (LoggedOut, Refused):
                pass  # it had ended already
            del self.state["leaving"][0]
            self.save(self.state)

    def sync(self) -> None:
        """Sends what waits and fetches what has changed. After Later or OSError it goes on where it was."""
        while True:
            calls = self.state["queue"][:100]
            answer = self._call("sync", {"since": self.state["since"], "calls": calls})
            again = [self._settle(call, its) for call, its in zip(calls, answer["answers"], strict=True)]
            self.state["queue"] = sum(again, []) + self.state["queue"][len(calls) :]
            self._store(answer["changes"])
            self.save(self.state)
            if any(its["status"] >= 500 for its in answer["answers"]):
                raise Later
            if not answer["changes"]["has_more"] and not self.state["queue"]:
                return

    def _settle(self, call: Json, answer: Json) -> list[Json]:
        """What is to be sent in place of the call; nothing when it is done."""
        problem = answer.get("problem")
        if answer["status"] >= 500:
            return [call]
        if problem is None:
            self._take(answer["todo"])
        elif problem["code"] not in ("rev_conflict", "todo_removed"):
            self.state["failed"].append({"call": call, "problem": problem})  # tell the person, who may want the text
        elif not self.ask(call, problem):
            self._take(problem["current"])
        else:
            seen = {"id": call["id"], "expected_rev": problem["current"]["rev"]}
            restored = {"call_id": str(uuid4()), "call": "restore_todo", **seen}
            mine = call | {"call_id": str(uuid4())} | seen
            return [restored, mine] if problem["code"] == "todo_removed" else [mine]
        return []

    def _take(self, todo: Json) -> None:
        if todo.get("removed"):
            self.state["copies"].pop(todo["id"], None)
        else:
            self.state["copies"][todo["id"]] = todo

    def _store(self, changes: Json) -> None:
        snapshot, copies = changes.get("snapshot"), self.state["copies"]
        for todo in changes["todos"]:
            copies[todo["id"]] = todo | {"snapshot": snapshot}
        for todo in changes["removed"]:
            copies.pop(todo["id"], None)
        if changes["full"] and not changes["has_more"]:  # only now it is known what it did not bring
            self.state["copies"] = {id: copy for id, copy in copies.items() if copy.get("snapshot") == snapshot}
        self.state["since"] = changes["next"]

    def _call(self, call: str, body: Json) -> Any:
        try:
            return self._once(call, body, self.state["token"])
        except LoggedOut:  # the token has expired, or the server has another key: one refresh tells
            if self.state["refresh_token"] is None:
                raise
            self._keep_tokens(self._once("refresh_token", {"refresh_token": self.state["refresh_token"]}, None))
            return self._once(call, body, self.state["token"])

    def _keep_tokens(self, tokens: Json) -> None:
        """Saved before the new token is used: from then on the old refresh token is good no more."""
        self.state |= {"token": tokens["token"], "refresh_token": tokens["refresh_token"]}
        self.save(self.state)

    def _once(self, call: str, body: Json, token: str | None) -> Any:
        status, headers, content = self.send(call, body, token)
        is_json = "json" in headers.get("content-type", "")
        if status in (408, 429) or status >= 500 or (content and not is_json):  # also the page of some proxy
            raise Later(headers.get("retry-after"))
        answer: Json = json.loads(content) if content else {}
        if status == 401 and answer["code"] != "wrong_credentials":
            raise LoggedOut
        if status >= 400:
            raise Refused(answer)
        return answer
