"""Two phones of one person, one with the guide's client in Python and one with that in TypeScript, change the same
to-dos over a line that loses requests and answers, and delivers copies of requests late, behind newer ones: at the end
both show what the server has, nothing that was written is lost, nothing is changed by what was answered before, and
no phone was asked about a change of its own. phones.py PROGRAM_OF_THE_TYPESCRIPT_PHONE"""

import json
import os
import random
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[3] / "openapi"))
from client import Client, Json, Later, LoggedOut, Response  # noqa: E402

API = f"{os.environ['TICKBOX_URL']}/api/v1"
STEPS = int(os.environ.get("OFFLINE_STEPS", "2000"))
SEED = int(os.environ.get("OFFLINE_SEED", random.randrange(1_000_000)))
chance = random.Random(SEED)
counts: Counter[str] = Counter()
NEVER = ["conflicts with itself", "conflicts of other fields", "questions asked twice", "changes by late copies"]


def secret(text: str) -> str:
    """Notes what must stand in no log."""
    if path := os.environ.get("SECRETS_FILE"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    return text


def request(call: str, body: Any, token: str | None) -> Response:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent = None if body is None else json.dumps(body).encode()
    try:
        answer = urllib.request.urlopen(urllib.request.Request(f"{API}/{call}", sent, headers), timeout=30)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


PAGE = (502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>")


class Line:
    """Between a phone and the server."""

    def __init__(self) -> None:
        self.loses = False
        self.new_token: str | None = None  # which has not been used yet
        self.known: dict[tuple[str, int], Json] = {}  # what the phone was told of a to-do, by id and revision
        self.token = ""  # the last one
        self.held: list[Json] = []  # copies of batches that some proxy will deliver, in any order
        self.answered: set[str] = set()  # by the ids of calls, whether the answer arrived or not

    def send(self, call: str, body: Json, token: str | None) -> Response:
        counts["requests"] += 1
        self.token = token or self.token
        if self.loses and body.get("calls") and chance.random() < 0.2:
            self.held.append(body)
        if self.loses and token and token != self.new_token and chance.random() < 0.05:
            token = token[:-2]  # as if the server had another key
        if token == self.new_token:
            self.new_token = None
        if self.loses and body.get("since") and chance.random() < 0.08:
            body = body | {"since": f"x{body['since']}"}  # as if it had expired
        luck = chance.random() if self.loses else 1
        if luck < 0.08:
            raise OSError("the request was lost")
        status, headers, content = request(call, body, token)
        if status == 200:
            self.answered |= {its["call_id"] for its in body.get("calls", [])}
        if luck < 0.16:
            counts["lost answers"] += 1
            raise OSError("the answer was lost")
        if luck < 0.18:
            return PAGE
        if call == "sync" and status == 200:
            answer = json.loads(content)
            told = [its["todo"] for its in answer["answers"] if "todo" in its] + answer["changes"]["todos"]
            self.note(*told, *(its["problem"]["current"] for its in answer["answers"] if "current" in its.get("problem", {})))
            counts["full copies"] += answer["changes"]["full"]
        elif call in ("login", "refresh_token") and status == 200:
            answer = json.loads(content)
            secret(answer["refresh_token"])
            self.new_token = secret(answer["token"])
        return status, headers, content

    def deliver_late(self) -> None:
        """What was answered before changes nothing, whatever its phone and the others did since."""
        body = self.held.pop(chance.randrange(len(self.held)))
        ids = {its["call_id"] for its in body["calls"]}
        before = revision(self.token)
        assert request("sync", body, self.token)[0] == 200
        counts["late copies"] += 1
        counts["changes by late copies"] += ids <= self.answered and revision(self.token) != before
        self.answered |= ids

    def note(self, *todos: Json) -> None:
        self.known |= {(todo["id"], todo["rev"]): todo for todo in todos}


class TypescriptClient:
    """The client in a process of its own, which asks here for all that it sends."""

    def __init__(self, program: str, send: Callable[..., Response], ask: Callable[[Json, Json], bool]) -> None:
        self.send, self.ask = send, ask
        self.process = subprocess.Popen(["node", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _do(self, method: str, *arguments: Any) -> Any:
        self._say([method, arguments])
        assert self.process.stdout
        while line := self.process.stdout.readline():
            kind, value = json.loads(line)
            if kind == "send":
                self._say(self._reply(*value))
            elif kind == "ask":
                self._say(self.ask(*value))
            elif kind == "done":
                return value
            else:
                raise {"Later": Later, "LoggedOut": LoggedOut, "NoAnswer": OSError}[value]
        raise AssertionError("the client in TypeScript has ended")

    def _say(self, message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{json.dumps(message)}\n")
        self.process.stdin.flush()

    def _reply(self, call: str, body: Json, token: str | None) -> Json | None:
        try:
            status, headers, content = self.send(call, body, token)
        except OSError:
            return None
        kind, wait = headers.get("content-type", ""), headers.get("retry-after")
        return {"status": status, "kind": kind, "retryAfter": wait, "text": content.decode()}

    def shown(self) -> dict[str, Json]:
        return dict(self._do("shown"))

    def change(self, call: str, id: str, **fields: Any) -> None:
        self._do("change", call, id, fields)

    def log_in(self, *credentials: str) -> None:
        self._do("logIn", *credentials)

    def log_out(self) -> None:
        self._do("logOut")

    def end_left_sessions(self) -> None:
        self._do("endLeftSessions")

    def sync(self) -> None:
        self._do("sync")

    def restart(self) -> None:
        self._do("restart")

    @property
    def failed(self) -> list[Json]:
        return list(self._do("failed"))


class PythonClient(Client):
    def __init__(self, send: Callable[..., Response], ask: Callable[[Json, Json], bool]) -> None:
        self.saved = "{}"
        super().__init__({}, lambda state: setattr(self, "saved", json.dumps(state)), send, ask)

    def restart(self) -> None:
        """The system ends the app; it begins anew with what was saved."""
        Client.__init__(self, json.loads(self.saved), self.save, self.send, self.ask)

    @property
    def failed(self) -> list[Json]:
        return list(self.state["failed"])


class Phone:
    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        self.name, self.line = name, Line()
        self.client = make(self.line.send, self.ask)
        self.gone: list[str] = []  # what was removed here
        self.questions: set[tuple[Any, ...]] = set()

    def ask(self, call: Json, problem: Json) -> bool:
        """The person's answer; what the question should never be about is counted."""
        counts["questions"] += 1
        current, seen = problem["current"], self.line.known.get((call["id"], call.get("expected_rev", -1)))
        asked_about.add(call["id"])
        question = (call["id"], call["call"], call.get("description"), call.get("is_done"), current["rev"])
        counts["questions asked twice"] += question in self.questions and call["call"] != "update_todo_status"
        self.questions.add(question)
        if problem["code"] == "rev_conflict":
            if len(changed_by[call["id"]]) < 2:
                counts["conflicts with itself"] += 1
            if call["call"] == "update_todo":  # texts say whose they are, and no two are alike
                counts["conflicts with itself"] += current["description"].startswith(self.name)
                counts["conflicts of other fields"] += seen is not None and seen["description"] == current["description"]
        return chance.random() < 0.5

    def step(self, number: int) -> None:
        text, ids = f"{self.name} {number}", list(self.client.shown())
        what = chance.choices(["add", "edit", "tick", "remove", "restore", "go online", "restart"], [25, 25, 20, 8, 4, 17, 1])[0]
        if what == "add" or not ids:
            id, date = str(uuid4()), f"2026-11-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
            self.write(id, "add_todo", description=text, created_date=date)
        elif what == "edit":
            self.write(chance.choice(ids), "update_todo", description=text)
        elif what == "tick":
            self.write(chance.choice(ids), "update_todo_status", is_done=chance.random() < 0.6)
        elif what == "remove":
            self.gone.append(chance.choice(ids))
            self.write(self.gone[-1], "remove_todo")
        elif what == "restore" and self.gone:
            self.write(chance.choice(self.gone), "restore_todo")
        elif what == "go online":
            self.go_online()
        elif what == "restart":
            self.client.restart()

    def write(self, id: str, call: str, **fields: Any) -> None:
        counts["changes"] += 1
        changed_by[id].add(self.name)
        if "description" in fields:
            written[id].append(fields["description"])
        self.client.change(call, id, **fields)

    def go_online(self) -> None:
        counts["times online"] += 1
        try:
            self.client.sync()
        except (Later, OSError):
            if chance.random() < 0.1:
                self.client.restart()


PLAN = {"notes": "Two", "due_date": "2100-12-24", "due_time": "17:00", "priority": "high", "repeat": {"every": "month"}}


def clear_each_field(phone: Phone) -> None:
    """Null clears a field of a plan; what a change leaves out stays."""
    id, client = str(uuid4()), phone.client
    changed_by[id].add(phone.name)

    def change(call: str, **fields: Any) -> Json:
        client.change(call, id, **fields)
        waiting = client.shown()[id]
        assert fields == {name: waiting[name] for name in fields}, "shown at once"
        client.sync()
        return {name: value for name, value in client.shown()[id].items() if name != "snapshot"}

    seen = change("add_todo", description="Eggs", **PLAN)
    for field in ("notes", "priority", "repeat", "due_time", "due_date"):
        assert seen[field] not in (None, "none"), field
        seen = change("update_todo", description=f"Eggs, with {field}")
        nothing = "none" if field == "priority" else None
        cleared = change("update_todo", **{field: None})
        assert {**seen, field: nothing, "rev": cleared["rev"]} == cleared, f"{phone.name} {field}"
        seen = cleared
    client.change("remove_todo", id)
    client.sync()
    counts["fields cleared"] += len(PLAN)


changed_by: defaultdict[str, set[str]] = defaultdict(set)
written: defaultdict[str, list[str]] = defaultdict(list)
asked_about: set[str] = set()


def revision(token: str) -> int:
    """That of the account, which every change of a to-do raises."""
    return int(json.loads(request("todo_list?limit=1", None, token)[2])["rev"])


def on_the_server(token: str, filter: str) -> dict[str, Json]:
    todos: dict[str, Json] = {}
    cursor = ""
    while True:
        page = json.loads(request(f"todo_list?filter={filter}&cursor={cursor}", None, token)[2])
        todos |= {todo["id"]: todo for todo in page["todos"]}
        if not (cursor := page["next_cursor"]):
            return todos


def main(program: str) -> None:
    username, password = f"offline-{uuid4()}", secret(f"offline {uuid4()}")
    person = {"first_name": "Ona", "last_name": "Petraitė", "username": username, "password": password}
    assert request("register_user", person, None)[0] == 201
    phones = [Phone("A", PythonClient), Phone("B", lambda send, ask: TypescriptClient(program, send, ask))]
    for phone in phones:
        phone.client.log_in(username, password, phone.name)
        clear_each_field(phone)
        phone.line.loses = True
    for number in range(STEPS):
        phone = chance.choice(phones)
        phone.step(number)
        if phone.line.held and chance.random() < 0.1:
            phone.line.deliver_late()
    for phone in [*phones, *phones]:  # the first one learns last what the second one has sent
        phone.line.loses = False
        phone.client.sync()
        while phone.line.held:
            phone.line.deliver_late()

    token = json.loads(request("login", {"username": username, "password": password}, None)[2])["token"]
    stored, removed = on_the_server(secret(token), "all"), on_the_server(token, "removed")
    fields = ("description", "is_done", "created_date")
    facts = {id: tuple(todo[field] for field in fields) for id, todo in stored.items()}
    for phone in phones:
        shown = {id: tuple(todo[field] for field in fields) for id, todo in phone.client.shown().items()}
        assert shown == facts, f"{phone.name} shows other to-dos than the server: {shown.items() ^ facts.items()}"
        assert phone.client.failed == [], f"{phone.name} gave up {phone.client.failed}"
    assert changed_by.keys() == stored.keys() | removed.keys(), "to-dos are lost"
    for id, texts in written.items():
        found = (stored.get(id) or removed[id])["description"]
        assert found in texts, f"{found} was never written"
        if len(changed_by[id]) == 1 and id not in asked_about:
            assert found == texts[-1], f"{texts[-1]} is lost"
            counts["to-dos with their last text"] += 1
    for phone in phones:
        phone.client.log_out()
        assert not phone.client.shown()
        phone.client.end_left_sessions()
        assert len(json.loads(request("session_list", None, token)[2])["sessions"]) == (2 if phone is phones[0] else 1)
    print(f"{STEPS} steps of two phones: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    wrong = {what: counts[what] for what in NEVER if counts[what]}
    if wrong or counts["to-dos with their last text"] < STEPS / 20 or counts["late copies"] < STEPS / 100:
        sys.exit(f"{wrong}; the same again: OFFLINE_SEED={SEED}")


try:
    main(*sys.argv[1:])
except AssertionError:
    print(f"the same again: OFFLINE_SEED={SEED}", file=sys.stderr)
    raise
