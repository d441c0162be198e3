"""The simulated people: phones on the JSON API, browsers on the pages.

Each does one thing after another, keeps its own idea of its list, and notes an acknowledged write
before it sends the next. A write whose answer is lost is sent again, with the same id and to the next
instance, until it is acknowledged: so at the end the idea is exact, and a difference is a fault.
"""

import asyncio
import json
import random
import uuid
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlencode

from http_client import Answer, Connection
from instances import Instance
from record import Record

CADENCE = (0.04, 0.12)  # seconds from one thing that a person does to the next
BREATH = 0.002  # seconds between them when one has taken longer than that
# Not Retry-After, which a person follows: the suite measures when the service is back.
RETRY_PAUSE = (0.05, 0.2)
GIVE_UP = 30.0  # seconds after the end of the load in which every write must have come through
WHOLE = 1000  # to-dos: the most that the API gives
PAGE = 20  # to-dos of a list that is looked at in passing
REFRESH_EVERY = 60  # things done between two refreshed tokens; an access token lasts ten minutes
PASSWORD = "seven green bottles"


@dataclass
class Todo:
    """What a person believes of a to-do."""

    description: str
    is_done: bool = False
    removed: bool = False


@dataclass
class World:
    """What the people of one fault share."""

    instances: list[Instance]
    record: Record
    cadence: tuple[float, float] = CADENCE
    wrong_clocks: bool = False  # of instances: a token may have expired already, and the newest to-do be dated back
    stopped_at: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether no new thing may be begun."""
        return self.stopped_at is not None

    @property
    def out_of_time(self) -> bool:
        """Whether even repeating is over."""
        return self.stopped_at is not None and monotonic() > self.stopped_at + GIVE_UP


class GaveUp(Exception):
    """A write never came through, or was refused for good; it is counted."""


@dataclass
class User:
    """What phones and browsers have in common: connections, judgement, repetition."""

    world: World
    name: str
    model: dict[str, Todo] = field(default_factory=dict)
    connections: dict[int, Connection] = field(default_factory=dict)
    turn: int = 0
    rev: int = 0
    newest: str | None = None
    things_done: int = 0

    async def live(self) -> None:
        """Does things until the load ends."""
        try:
            await self.begin()
            while not self.world.stopped:
                next_one = monotonic() + random.uniform(*self.world.cadence)
                await self.do_something()
                self.things_done += 1
                await asyncio.sleep(max(BREATH, next_one - monotonic()))
        except GaveUp:
            pass
        finally:
            for connection in self.connections.values():
                connection.close()

    async def begin(self) -> None:
        """Registers and logs in."""
        raise NotImplementedError

    async def do_something(self) -> None:
        """One thing that people of this kind do."""
        raise NotImplementedError

    def next_instance(self) -> Instance:
        """As a balancer without stickiness chooses: in turn, among those that it holds for ready."""
        instances = [i for i in self.world.instances if i.in_rotation] or self.world.instances
        self.turn += 1
        return instances[self.turn % len(instances)]

    async def attempt(self, instance: Instance, method: str, path: str, headers: dict, body: bytes = b"") -> Answer:
        """One exchange, judged."""
        connection = self.connections.setdefault(instance.port, Connection(instance.port))
        excused, ends = instance.excused, instance.ends
        answer = await connection.exchange(method, path, headers, body)
        excused = excused or instance.excused or ends != instance.ends
        self.world.record.judge(f"{method} {path.split('?')[0]}", answer, instance, excused=excused)
        return answer

    async def write(self, path: str, headers: dict, body: bytes, good: set[int]) -> tuple[Instance, Answer]:
        """Sends until it is acknowledged; GaveUp when it never is."""
        while True:
            instance = self.next_instance()
            answer = await self.attempt(instance, "POST", path, headers, body)
            if answer.kind == "answer" and answer.status in good:
                return instance, answer
            if self.world.wrong_clocks and has_expired(answer) and not self.world.out_of_time:
                headers = {**headers, **await self.renewed()}
                continue
            if answer.kind == "answer" and answer.status < 500:
                self.give_up("wrong", f"{self.name}: POST {path} answered {answer.status}: {answer.body[:200]!r}")
            if self.world.out_of_time:
                self.give_up("hung", f"{self.name}: POST {path} never came through, last {answer.status or answer.kind}")
            await asyncio.sleep(random.uniform(*RETRY_PAUSE))

    async def renewed(self) -> dict[str, str]:
        """The headers of a session whose token a wrong clock has ended; only phones have tokens that end."""
        return {}

    def give_up(self, fault: str, note: str) -> None:
        """Counts it and ends this person's day."""
        self.world.record.count(fault, note)
        raise GaveUp(note)

    def some(self, *, done: bool | None = None) -> str | None:
        """The id of one of this person's to-dos that is not removed."""
        ids = [i for i, t in self.model.items() if not t.removed and (done is None or t.is_done is done)]
        return random.choice(ids) if ids else None

    def new_todo(self) -> tuple[str, str]:
        """An id, and a text that names its owner and is never used again."""
        id = str(uuid.uuid4())
        return id, f"{self.name} {len(self.model)} {id[:8]}"

    async def register(self) -> None:
        """A registration whose answer was lost says 409 when it is repeated."""
        account = {"first_name": "Ona", "last_name": "Petraitė", "username": self.name, "password": PASSWORD}
        await self.write("/api/v1/register_user", JSON, json.dumps(account).encode(), {201, 409})

    async def login(self) -> dict:
        """Tokens of a new session of the API."""
        body = json.dumps({"username": self.name, "password": PASSWORD}).encode()
        return (await self.write("/api/v1/login", JSON, body, {200}))[1].json()


JSON = {"content-type": "application/json"}


def has_expired(answer: Answer) -> bool:
    """Whether it refuses a token for its age alone."""
    return answer.status == 401 and answer.json().get("code") == "token_expired"


class Phone(User):
    """On the JSON API, with tokens and with a copy of the list that it keeps by todo_changes."""

    async def begin(self) -> None:
        self.copy: dict[str, dict] = {}
        self.since: str | None = None
        await self.register()
        self.tokens = await self.login()

    async def do_something(self) -> None:
        if self.things_done % REFRESH_EVERY == REFRESH_EVERY - 1:
            await self.refresh()
        kind = random.random()
        if kind < 0.5 or not self.model:
            await self.add()
            if kind < 0.2:
                await self.look()
        elif kind < 0.7:
            await self.complete(random.random() < 0.8)
        elif kind < 0.8:
            await self.remove()
        elif kind < 0.9:
            await self.look()
        else:
            await self.fetch_changes(self.next_instance())

    @property
    def bearer(self) -> dict[str, str]:
        """Of every call with a session."""
        return {**JSON, "authorization": f"Bearer {self.tokens['token']}"}

    async def call(self, operation: str, body: dict, good: set[int]) -> dict:
        """An acknowledged write, with its revision seen."""
        instance, answer = await self.write(f"/api/v1/{operation}", self.bearer, json.dumps(body).encode(), good)
        self.world.record.acknowledge(instance)
        todo = answer.json()
        # A write that had been done before tells its own, older revision.
        self.rev = max(self.rev, todo.get("rev", 0))
        return todo

    async def add(self) -> None:
        """add_todo"""
        id, description = self.new_todo()
        todo = await self.call("add_todo", {"id": id, "description": description}, {200, 201})
        self.model[id], self.newest = Todo(description), id
        if (todo["id"], todo["description"], todo["is_done"]) != (id, description, False):
            self.world.record.count("wrong", f"{self.name}: added {id}, and got {todo}")

    async def complete(self, is_done: bool) -> None:
        """update_todo_status"""
        if id := self.some(done=not is_done):
            todo = await self.call("update_todo_status", {"id": id, "is_done": is_done}, {200})
            self.model[id].is_done = is_done
            if todo["is_done"] is not is_done:
                self.world.record.count("wrong", f"{self.name}: is_done of {id} is not {is_done}")

    async def remove(self) -> None:
        """remove_todo"""
        if id := self.some():
            await self.call("remove_todo", {"id": id}, {200})
            self.model[id].removed = True

    async def refresh(self) -> None:
        """refresh_token; a repeated one gets the same successor."""
        body = json.dumps({"refresh_token": self.tokens["refresh_token"]}).encode()
        self.tokens = (await self.write("/api/v1/refresh_token", JSON, body, {200}))[1].json()

    async def renewed(self) -> dict[str, str]:
        """With a new token. By chance of another instance than before: the one of the wrong clock would give one
        that the others take for old, or the other way round, each time."""
        self.turn += random.randrange(2)
        await asyncio.sleep(random.uniform(*RETRY_PAUSE))
        await self.refresh()
        return self.bearer

    async def read(self, instance: Instance, path: str) -> dict | None:
        """A read in passing: a failure is judged, and that is all."""
        answer = await self.attempt(instance, "GET", path, self.bearer)
        if self.world.wrong_clocks and has_expired(answer):
            await self.renewed()
            return None
        if answer.kind != "answer" or answer.status >= 500:
            return None
        if answer.status != 200:
            self.world.record.count("wrong", f"{self.name}: GET {path} answered {answer.status}: {answer.body[:200]!r}")
            return None
        return answer.json()

    async def look(self) -> None:
        """Reads its own writes, at any instance."""
        instance = self.next_instance()
        # a clock that was behind dates what is new among what is old
        limit = WHOLE if self.world.wrong_clocks else PAGE
        page = await self.read(instance, f"/api/v1/todo_list?limit={limit}")
        if page is None:
            return
        self.check_rev(page["rev"], instance)
        shown = {todo["id"]: todo for todo in page["todos"]}
        newest = self.model.get(self.newest or "")
        if newest and not newest.removed and not newest.is_done and self.newest not in shown:
            self.world.record.count("stale", f"{self.name} does not see {self.newest} at {instance.name}")
        for id, todo in shown.items():
            believed = self.model.get(id)
            if believed is None or believed.removed or believed.is_done is not todo["is_done"]:
                self.world.record.count("stale", f"{self.name} sees {todo} at {instance.name}, and knows {believed}")

    def check_rev(self, rev: int, instance: Instance) -> None:
        """Revisions never go back."""
        if rev < self.rev:
            self.world.record.count("stale", f"{self.name} was at revision {self.rev}, and {instance.name} says {rev}")
        self.rev = max(self.rev, rev)

    async def fetch_changes(self, instance: Instance) -> bool:
        """todo_changes, one page; whether there was an answer and it was the last page."""
        query = "?" + urlencode({"since": self.since}) if self.since else ""
        changes = await self.read(instance, f"/api/v1/todo_changes{query}")
        if changes is None:
            return False
        if changes["full"] and self.since is None:
            self.copy = {}
        for todo in changes["todos"]:
            self.copy[todo["id"]] = todo
        self.since = changes["next"]
        return not changes["has_more"]


class Browser(User):
    """On the pages, with a cookie and no JavaScript."""

    async def begin(self) -> None:
        await self.register()
        form = {"username": self.name, "password": PASSWORD}
        _, answer = await self.write("/login", FORM, urlencode(form).encode(), {303})
        self.cookie = "; ".join(answer.cookies)

    async def do_something(self) -> None:
        kind = random.random()
        if kind < 0.5 or not self.model:
            id, description = self.new_todo()
            await self.submit("/", {"todo_id": id, "description": description})
            self.model[id], self.newest = Todo(description), id
        elif kind < 0.7:
            await self.complete(random.random() < 0.8)
        elif kind < 0.8:
            if id := self.some():
                await self.submit("/remove-todo", {"todo_id": id})
                self.model[id].removed = True
        else:
            await self.look()

    async def submit(self, path: str, form: dict[str, str]) -> None:
        """An acknowledged write: the way back to the list, not to the login page."""
        headers = {**FORM, "cookie": self.cookie}
        instance, answer = await self.write(path, headers, urlencode(form).encode(), {303})
        if answer.headers["location"].startswith("/login"):
            self.give_up("wrong", f"{self.name} was logged out by {instance.name}")
        self.world.record.acknowledge(instance)

    async def complete(self, is_done: bool) -> None:
        """Ticks, or takes the tick away."""
        if id := self.some(done=not is_done):
            await self.submit("/update-todo", {"todo_id": id, "is_done": str(is_done).lower()})
            self.model[id].is_done = is_done

    async def look(self) -> None:
        """Reads its own writes, at any instance."""
        instance = self.next_instance()
        answer = await self.attempt(instance, "GET", "/", {"cookie": self.cookie})
        if answer.kind != "answer" or answer.status >= 500:
            return
        newest = self.model.get(self.newest or "")
        if answer.status != 200:
            self.world.record.count("wrong", f"{self.name}: GET / answered {answer.status}")
        elif self.world.wrong_clocks:
            return  # what is new may stand on a later page
        elif newest and not newest.removed and not newest.is_done and newest.description.encode() not in answer.body:
            self.world.record.count("stale", f"{self.name} does not see {self.newest} at {instance.name}")


# What a browser says of its own forms, and without which no form with a cookie is taken.
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
