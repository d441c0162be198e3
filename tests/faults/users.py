"""The simulated people: phones on the JSON API, browsers on the pages.

Each does one thing after another, keeps its own idea of its list, and notes an acknowledged write
before it sends the next. A write whose answer is lost is sent again, with the same id and to the next
instance, until it is acknowledged: so at the end the idea is exact, and a difference is a fault.
"""

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlencode

import httpx

from http_client import Answer, exchange, new_client
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
REQUESTS = 1.2  # of one thing that a person does, on average
PASSWORD = "seven green bottles"
JSON = {"content-type": "application/json"}
# What a browser says of its own forms, and without which no form with a cookie is taken.
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
GOOD = {"add_todo": {200, 201}}  # of the API; of any other call 200
PAGES = {"add_todo": "/", "update_todo_status": "/update-todo", "remove_todo": "/remove-todo"}


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
    stopped_at: float | None = None  # no new thing may be begun

    @property
    def out_of_time(self) -> bool:
        """Whether even repeating is over."""
        return self.stopped_at is not None and monotonic() > self.stopped_at + GIVE_UP


class GaveUp(Exception):
    """A write never came through, or was refused for good; it is counted."""


@dataclass
class User:
    """What phones and browsers have in common: a day, judgement, repetition."""

    world: World
    name: str
    model: dict[str, Todo] = field(default_factory=dict)
    client: httpx.AsyncClient = field(default_factory=new_client)
    headers: dict[str, str] = field(default_factory=dict)  # of each request of a session
    turn: int = 0
    rev: int = 0
    newest: str | None = None
    things_done: int = 0

    async def live(self) -> None:
        """Does things until the load ends."""
        with suppress(GaveUp):
            await self.begin()
            while self.world.stopped_at is None:
                next_one = monotonic() + random.uniform(*self.world.cadence)
                await self.do_something()
                self.things_done += 1
                await asyncio.sleep(max(BREATH, next_one - monotonic()))

    async def begin(self) -> None:
        """Registers, which answers 409 when the first answer was lost, and logs in."""
        person = {"first_name": "Ona", "last_name": "Petraitė", "username": self.name, "password": PASSWORD}
        await self.write("/api/v1/register_user", JSON, json.dumps(person).encode(), {201, 409})
        await self.log_in()

    async def log_in(self) -> None:
        raise NotImplementedError

    async def do_something(self) -> None:
        """One thing that people do."""
        kind = random.random()
        if kind < 0.5 or not self.model:
            await self.add()
            if kind < REQUESTS - 1:
                await self.look()
        elif kind < 0.7:
            await self.complete(random.random() < 0.8)
        elif kind < 0.8:
            await self.remove()
        elif kind < 0.9:
            await self.look()
        else:
            await self.catch_up()

    async def add(self) -> None:
        id = str(uuid.uuid4())
        description = f"{self.name} {len(self.model)} {id[:8]}"  # names its owner, and is never used again
        todo = await self.submit("add_todo", {"id": id, "description": description})
        self.model[id], self.newest = Todo(description), id
        self.expect(todo, id=id, description=description, is_done=False)

    async def complete(self, is_done: bool) -> None:
        if id := self.some(done=not is_done):
            todo = await self.submit("update_todo_status", {"id": id, "is_done": is_done})
            self.model[id].is_done = is_done
            self.expect(todo, is_done=is_done)

    async def remove(self) -> None:
        if id := self.some():
            await self.submit("remove_todo", {"id": id})
            self.model[id].removed = True

    async def submit(self, operation: str, fields: dict) -> dict:
        """An acknowledged write; the to-do, where one is answered."""
        raise NotImplementedError

    def expect(self, todo: dict, **fields: object) -> None:
        if todo and fields != (told := {name: todo[name] for name in fields}):
            self.world.record.count("wrong", f"{self.name} was told {told} instead of {fields}")

    async def look(self) -> None:
        """Reads its own writes, at any instance."""
        raise NotImplementedError

    async def catch_up(self) -> None:
        """Of phones alone: what has changed."""
        await self.look()

    def check_newest(self, instance: Instance, is_shown: Callable[[str, Todo], bool]) -> None:
        """Whether it is on the first page, where it belongs while it is open."""
        newest = self.model.get(self.newest or "")
        if newest and not newest.removed and not newest.is_done and not is_shown(self.newest or "", newest):
            self.world.record.count("stale", f"{self.name} does not see {self.newest} at {instance.name}")

    def next_instance(self) -> Instance:
        """As a balancer without stickiness chooses: in turn, among those that it holds for ready."""
        instances = [i for i in self.world.instances if i.in_rotation] or self.world.instances
        self.turn += 1
        return instances[self.turn % len(instances)]

    async def attempt(self, instance: Instance, method: str, path: str, headers: dict, body: bytes = b"") -> Answer:
        """One exchange, judged."""
        excused, ends = instance.excused, instance.ends
        answer = await exchange(self.client, instance.port, method, path, headers, body)
        excused = excused or instance.excused or ends != instance.ends
        self.world.record.judge(f"{method} {path.split('?')[0]}", answer, instance, excused=excused)
        return answer

    async def read(self, instance: Instance, path: str) -> Answer | None:
        """A read in passing: a failure is judged, and that is all."""
        answer = await self.attempt(instance, "GET", path, self.headers)
        if self.world.wrong_clocks and has_expired(answer):
            await self.renew()
        elif answer.kind == "answer" and answer.status < 500:
            if answer.status == 200:
                return answer
            self.world.record.count("wrong", f"{self.name}: GET {path} answered {answer.status}: {answer.body[:200]!r}")
        return None

    async def write(self, path: str, headers: dict, body: bytes, good: set[int]) -> tuple[Instance, Answer]:
        """Sends until it is acknowledged; GaveUp when it never is."""
        while True:
            instance = self.next_instance()
            answer = await self.attempt(instance, "POST", path, headers, body)
            if answer.kind == "answer" and answer.status in good:
                return instance, answer
            if self.world.wrong_clocks and has_expired(answer) and not self.world.out_of_time:
                await self.renew()
                headers = {**headers, **self.headers}
                continue
            if answer.kind == "answer" and answer.status < 500:
                self.give_up("wrong", f"{self.name}: POST {path} answered {answer.status}: {answer.body[:200]!r}")
            if self.world.out_of_time:
                self.give_up("hung", f"{self.name}: POST {path} never came through, last {answer.status or answer.kind}")
            await asyncio.sleep(random.uniform(*RETRY_PAUSE))

    async def renew(self) -> None:
        """A session whose token a wrong clock has ended; only phones have tokens that end."""

    def give_up(self, fault: str, note: str) -> None:
        """Counts it and ends this person's day."""
        self.world.record.count(fault, note)
        raise GaveUp(note)

    def some(self, *, done: bool | None = None) -> str | None:
        """The id of one of this person's to-dos that is not removed."""
        ids = [i for i, t in self.model.items() if not t.removed and (done is None or t.is_done is done)]
        return random.choice(ids) if ids else None


def has_expired(answer: Answer) -> bool:
    """Whether it refuses a token for its age alone."""
    return answer.status == 401 and answer.json().get("code") == "token_expired"


@dataclass
class Phone(User):
    """On the JSON API, with tokens and with a copy of the list that it keeps by todo_changes."""

    copy: dict[str, dict] = field(default_factory=dict)
    since: str | None = None

    async def log_in(self) -> None:
        await self.take_tokens("login", {"username": self.name, "password": PASSWORD})

    async def refresh(self) -> None:
        """A repeated one gets the same successor."""
        await self.take_tokens("refresh_token", {"refresh_token": self.tokens["refresh_token"]})

    async def take_tokens(self, operation: str, fields: dict) -> None:
        _, answer = await self.write(f"/api/v1/{operation}", JSON, json.dumps(fields).encode(), {200})
        self.tokens = answer.json()
        self.headers = {**JSON, "authorization": f"Bearer {self.tokens['token']}"}

    async def renew(self) -> None:
        """By chance of another instance than before: the one of the wrong clock would give a token that the others
        take for old, or the other way round, each time."""
        self.turn += random.randrange(2)
        await asyncio.sleep(random.uniform(*RETRY_PAUSE))
        await self.refresh()

    async def do_something(self) -> None:
        if self.things_done % REFRESH_EVERY == REFRESH_EVERY - 1:
            await self.refresh()
        await super().do_something()

    async def submit(self, operation: str, fields: dict) -> dict:
        instance, answer = await self.write(f"/api/v1/{operation}", self.headers, json.dumps(fields).encode(), GOOD.get(operation, {200}))
        self.world.record.acknowledge(instance)
        todo = answer.json()
        # A write that had been done before tells its own, older revision.
        self.rev = max(self.rev, todo.get("rev", 0))
        return todo

    async def look(self) -> None:
        instance = self.next_instance()
        # a clock that was behind dates what is new among what is old
        answer = await self.read(instance, f"/api/v1/todo_list?limit={WHOLE if self.world.wrong_clocks else PAGE}")
        if answer is None:
            return
        page = answer.json()
        if page["rev"] < self.rev:
            self.world.record.count("stale", f"{self.name} was at revision {self.rev}, and {instance.name} says {page['rev']}")
        self.rev = max(self.rev, page["rev"])
        shown = {todo["id"]: todo for todo in page["todos"]}
        self.check_newest(instance, lambda id, _: id in shown)
        for id, todo in shown.items():
            believed = self.model.get(id)
            if believed is None or believed.removed or believed.is_done is not todo["is_done"]:
                self.world.record.count("stale", f"{self.name} sees {todo} at {instance.name}, and knows {believed}")

    async def catch_up(self) -> None:
        await self.fetch_changes(self.next_instance())

    async def fetch_changes(self, instance: Instance) -> bool:
        """todo_changes, one page; whether there was an answer and it was the last page."""
        query = "?" + urlencode({"since": self.since}) if self.since else ""
        answer = await self.read(instance, f"/api/v1/todo_changes{query}")
        if answer is None:
            return False
        changes = answer.json()
        if changes["full"] and self.since is None:
            self.copy = {}
        self.copy |= {todo["id"]: todo for todo in changes["todos"]}
        self.since = changes["next"]
        return not changes["has_more"]


class Browser(User):
    """On the pages, with the cookie that it was given and no JavaScript."""

    async def log_in(self) -> None:
        form = {"username": self.name, "password": PASSWORD}
        await self.write("/login", FORM, urlencode(form).encode(), {303})

    async def submit(self, operation: str, fields: dict) -> dict:
        """The way back to the list, not to the login page."""
        form = {"todo_id" if name == "id" else name: str(value).lower() if name == "is_done" else value for name, value in fields.items()}
        instance, answer = await self.write(PAGES[operation], FORM, urlencode(form).encode(), {303})
        if answer.headers["location"].startswith("/login"):
            self.give_up("wrong", f"{self.name} was logged out by {instance.name}")
        self.world.record.acknowledge(instance)
        return {}

    async def look(self) -> None:
        instance = self.next_instance()
        answer = await self.read(instance, "/")
        if answer and not self.world.wrong_clocks:  # what is new may stand on a later page then
            self.check_newest(instance, lambda _, todo: todo.description.encode() in answer.body)


@asynccontextmanager
async def living(world: World, run: str, phones: int, browsers: int) -> AsyncIterator[list[User]]:
    """So many people, from the moment that each has done something; at the end each finishes what it does."""
    users: list[User] = [Phone(world, f"{run}-phone{n}") for n in range(phones)]
    users += [Browser(world, f"{run}-browser{n}") for n in range(browsers)]
    lives = [asyncio.create_task(user.live()) for user in users]
    try:
        while not all(user.things_done for user in users):  # registering takes longest: passwords are hashed
            for life in lives:
                if life.done():
                    life.result()
                    raise RuntimeError("somebody could not register and log in")
            await asyncio.sleep(0.05)
        yield users
    finally:
        world.stopped_at = monotonic()
        await asyncio.gather(*lives)
