"""Does the suite notice? A small liar takes the place of the program, and tells one lie at a time."""

import asyncio
import json
from collections.abc import Callable
from time import monotonic
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import clusters
import faults
import http_client
import rolling
import users
import verify
from http_client import Answer
from proxy import Proxy
from record import Record
from users import Phone, Todo, World

pytestmark = pytest.mark.anyio

PROBLEM = {"type": "about:blank", "title": "Unavailable", "status": 503, "detail": "Later", "code": "unavailable"}
IS_PROBLEM = {"content-type": "application/problem+json"}
RETRY = {"retry-after": "5"}
INSTANCE = SimpleNamespace(name="liar", port=1, excused=False, ends=0, in_rotation=True)
TODO = {"id": "1", "description": "ona 1", "is_done": False}

Answered = tuple[int, dict, dict[str, str]]
Lie = Callable[["Liar", str, dict], Answered | None]


class Liar:
    """Enough of the API for a phone, in memory; `lie` is asked before each call and may answer for it."""

    def __init__(self, lie: Lie | None, swallow: int) -> None:
        self.lie, self.swallow = lie, swallow  # so many answers to an add are not sent, although the work is done
        self.todos: dict[str, dict] = {}
        self.rev = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        call, told = request.url.path.removeprefix("/api/v1/"), {**json.loads(request.content or b"{}"), **request.url.params}
        status, body, headers = (self.lie and self.lie(self, call, told)) or self.honest(call, told)
        if self.swallow and call == "add_todo":
            self.swallow -= 1
            raise httpx.RemoteProtocolError("the server ended the connection")
        return httpx.Response(status, json=body, headers=headers)

    def honest(self, call: str, told: dict) -> Answered:
        """What the program would do."""
        self.rev += 1
        match call:
            case "add_todo":
                known = told["id"] in self.todos
                todo = {"id": told["id"], "description": told["description"], "is_done": False, "rev": self.rev}
                return 200 if known else 201, self.todos.setdefault(told["id"], todo), {}
            case "update_todo_status":
                self.todos[told["id"]] |= {"is_done": told["is_done"], "rev": self.rev}
                return 200, self.todos[told["id"]], {}
            case "remove_todo":
                return 200, self.todos.pop(told["id"]), {}
            case "todo_list":
                return 200, {"todos": [*self.todos.values()][::-1], "rev": self.rev, "next_cursor": None}, {}
            case "register_user":
                return 201, {}, {}
        return 200, {"token": "ona", "refresh_token": "ona"}, {}


async def day(lie: Lie | None = None, things: int = 30, swallow: int = 0, wrong_clocks: bool = False) -> Record:
    """One phone does so many things at the liar, and then everything is read back."""
    world = World([INSTANCE], Record(), wrong_clocks=wrong_clocks)
    phone = Phone(world, "ona", client=httpx.AsyncClient(transport=httpx.MockTransport(Liar(lie, swallow))))
    try:
        await phone.begin()
        for _ in range(things):
            await phone.add()
            await phone.look()
            await phone.complete(True)
        for _ in range(things // 3):
            await phone.remove()
        verify.compare(world.record, "ona", phone.model, await verify.read_all(phone, INSTANCE), "liar")
    except users.GaveUp:
        pass
    return world.record


def once(lied: str, *answer: Any) -> Lie:
    """A lie that is told to the first call of that name."""
    left: list[Any] = [answer]
    return lambda liar, call, told: left.pop() if left and call == lied else None


def blamed(record: Record) -> dict[str, int]:
    return {fault: count for fault, count in record.counts.items() if count}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch) -> None:
    monkeypatch.setattr(users, "RETRY_PAUSE", (0.0, 0.01))


@pytest.mark.parametrize(("swallow", "faulty"), [(0, {}), (5, {"wrong": 5})])
async def test_an_honest_service_is_not_blamed_and_a_swallowed_answer_is_repeated_and_not_lost(swallow: int, faulty: dict) -> None:
    record = await day(swallow=swallow)
    assert blamed(record) == faulty  # connections that ended without an answer, and nothing else
    assert len(record.acknowledged) == 70


async def test_an_acknowledged_and_forgotten_write_is_lost() -> None:
    record = await day(lambda liar, call, told: (200, liar.todos[told["id"]], {}) if call == "remove_todo" else None)
    assert blamed(record) == {"lost": 10}


@pytest.mark.parametrize(
    ("model", "found", "faulty"),
    [
        (Todo("ona 1", is_done=True), [TODO], "lost"),
        (Todo("ona 1"), [], "lost"),
        (Todo("ona 1", removed=True), [TODO], "lost"),
        (Todo("ona 1"), [TODO, TODO], "duplicates"),
        (Todo("ona 1"), [TODO, TODO | {"id": "2"}], "duplicates"),
        (None, [TODO | {"description": "ona2 1"}], "foreign"),
    ],
)
async def test_each_difference_between_the_model_and_the_list_is_one_fault(model: Todo | None, found: list[dict], faulty: str) -> None:
    record = Record()
    verify.compare(record, "ona", {"1": model} if model else {}, found, "here")
    assert blamed(record) == {faulty: 1}


@pytest.mark.parametrize(
    "old",
    [
        lambda page: page | {"rev": 0},
        lambda page: page | {"todos": []},
        lambda page: page | {"todos": [todo | {"is_done": not todo["is_done"]} for todo in page["todos"]]},
    ],
)
async def test_a_list_from_before_the_write_is_stale(old: Callable[[dict], dict]) -> None:
    def lie(liar: Liar, call: str, told: dict) -> Answered | None:
        return (200, old(liar.honest(call, told)[1]), {}) if call == "todo_list" and told["limit"] == str(users.PAGE) else None

    assert blamed(await day(lie)).keys() == {"stale"}


@pytest.mark.parametrize(
    ("answer", "faulty"),
    [
        ((503, PROBLEM, RETRY | IS_PROBLEM), set()),
        ((500, PROBLEM, RETRY | IS_PROBLEM), {"wrong"}),
        ((503, PROBLEM, IS_PROBLEM), {"wrong"}),
        ((503, {}, RETRY | IS_PROBLEM), {"wrong"}),
    ],
)
async def test_a_500_is_wrong_and_a_good_503_is_not(answer: Answered, faulty: set[str]) -> None:
    record = await day(once("add_todo", *answer))
    assert (blamed(record).keys(), record.unavailable) == (faulty, int(not faulty))


@pytest.mark.parametrize(
    ("code", "wrong_clocks", "faulty"),
    [("token_expired", True, set()), ("token_expired", False, {"wrong"}), ("unauthenticated", True, {"wrong"})],
)
async def test_a_token_that_a_wrong_clock_ended_is_renewed_and_no_other_refusal_is_excused(code: str, wrong_clocks: bool, faulty: set[str]) -> None:
    record = await day(once("add_todo", 401, {"code": code}, {}), wrong_clocks=wrong_clocks)
    assert blamed(record).keys() == faulty
    assert faulty or len(record.acknowledged) == 70


async def test_a_failure_after_five_seconds_is_late() -> None:
    record = Record()
    for seconds in (4.9, 5.1):
        answer = Answer("answer", seconds, 503, httpx.Headers(RETRY | IS_PROBLEM), json.dumps(PROBLEM).encode())
        record.judge("GET /", answer, INSTANCE, excused=False)
    assert blamed(record) == {"late": 1}


async def serve(answer: Callable) -> int:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("sent", "kind", "faulty"),
    [(None, "silent", "hung"), (b"", "broken", "wrong"), (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "broken", "wrong")],
)
async def test_silence_and_half_an_answer_are_told_apart_and_excused_of_an_instance_that_was_ended(monkeypatch, sent, kind: str, faulty: str) -> None:
    monkeypatch.setattr(http_client, "CLIENT_TIMEOUT", 0.3)

    async def misbehave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if sent is None:
            await asyncio.sleep(1)
        writer.write(sent or b"")
        writer.close()

    answer = await http_client.get(await serve(misbehave), "/")
    assert answer.kind == kind
    record = Record()
    record.judge("GET /", answer, INSTANCE, excused=True)
    assert blamed(record) == {}
    record.judge("GET /", answer, INSTANCE, excused=False)
    assert blamed(record) == {faulty: 1}


async def test_a_port_without_a_listener_refuses() -> None:
    assert (await http_client.get(1, "/")).kind == "refused"


@pytest.mark.parametrize("kind", clusters.KINDS.values())
def test_every_kind_of_server_has_faults(kind: type) -> None:
    assert set(faults.chosen(kind, long=False)) <= faults.FAULTS.keys()
    assert faults.chosen(kind, long=True) == list(faults.FAULTS)


def test_the_people_of_a_rolling_restart_make_two_hundred_requests_a_second() -> None:
    things = (rolling.PHONES + rolling.BROWSERS) / (sum(rolling.CADENCE) / 2)
    assert things * users.REQUESTS == pytest.approx(200)


async def behind_proxy() -> tuple[Proxy, Callable]:
    """A proxy, and what asks an echo behind it."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    proxy = await Proxy(await serve(echo)).start()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)

    async def ask() -> bytes:
        writer.write(b"12345678")
        return await reader.read(100)

    return proxy, ask


@pytest.mark.parametrize(("mode", "answer", "seconds"), [("pass", b"12345678", 0.0), ("delay", b"12345678", 0.2), ("half", b"1234", 0.0)])
async def test_the_proxy_passes_holds_back_in_both_directions_or_sends_half(mode: str, answer: bytes, seconds: float) -> None:
    proxy, ask = await behind_proxy()
    proxy.set(mode)
    began = monotonic()
    assert await ask() == answer
    assert monotonic() - began >= seconds
    assert mode != "half" or await ask() == b""


async def test_the_proxy_cuts_what_is_open() -> None:
    proxy, ask = await behind_proxy()
    await ask()
    proxy.set("cut")
    with pytest.raises(ConnectionResetError):
        await ask()


async def test_the_proxy_swallows_until_it_is_healed() -> None:
    proxy, ask = await behind_proxy()
    proxy.set("blackhole")
    asking = asyncio.create_task(ask())
    done, _ = await asyncio.wait([asking], timeout=0.3)
    assert not done
    proxy.set("pass")
    assert await asking == b"12345678"
