"""Does the suite notice? A small liar takes the place of the program, and tells one lie at a time.

`./tests/faults/run --self-test`, with test_faults.py; needs no database and takes some seconds.
"""

import asyncio
import json
import logging
import unittest
import warnings
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlparse

import faults
import http_client
import rolling
import suite
import users
import verify
from http_client import Answer, Connection
from instances import Instance
from proxy import Proxy
from record import Record
from users import Phone, Todo, World

PROBLEM = {"type": "about:blank", "title": "Unavailable", "status": 503, "detail": "Later", "code": "unavailable"}
# Connections that still stand when a test ends are no news.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore", ResourceWarning)

Lie = Callable[["Liar", str, dict], Awaitable[tuple[int, dict, dict[str, str]] | None]]


class Liar:
    """Enough of the API for a phone, in memory; `lie` is asked before each call and may answer for it."""

    def __init__(self, lie: Lie | None = None) -> None:
        self.lie = lie
        self.todos: dict[str, dict[str, dict]] = {}
        self.rev = 0
        self.swallow = 0  # answers that are not sent although the work is done

    async def start(self) -> int:
        """Its port."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                body = await reader.readexactly(int(headers["content-length"]))
                path = urlparse(lines[0].split(" ")[1])
                told = json.loads(body or b"{}") | {name: values[0] for name, values in parse_qs(path.query).items()}
                told["owner"] = headers.get("authorization", "bearer ")[7:]
                answer = await self._answer(path.path.removeprefix("/api/v1/"), told)
                if answer is None:
                    break
                writer.write(answer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    async def _answer(self, call: str, told: dict) -> bytes | None:
        lied = await self.lie(self, call, told) if self.lie else None
        status, body, headers = lied or self.honest(call, told)
        if self.swallow and call == "add_todo":
            self.swallow -= 1
            return None
        content = json.dumps(body).encode()
        head = [f"HTTP/1.1 {status} x", f"content-length: {len(content)}", *(f"{n}: {v}" for n, v in headers.items())]
        return "\r\n".join([*head, "", ""]).encode() + content

    def honest(self, call: str, told: dict) -> tuple[int, dict, dict[str, str]]:
        """What the program would do."""
        mine = self.todos.setdefault(told["owner"], {})
        if call == "add_todo":
            known = told["id"] in mine
            self.rev += 1
            todo = {"id": told["id"], "description": told["description"], "is_done": False, "rev": self.rev}
            return 200 if known else 201, mine.setdefault(told["id"], todo), {}
        if call == "update_todo_status":
            self.rev += 1
            mine[told["id"]] |= {"is_done": told["is_done"], "rev": self.rev}
            return 200, mine[told["id"]], {}
        if call == "remove_todo":
            return 200, mine.pop(told["id"], {"id": told["id"]}), {}
        if call == "todo_list":
            return 200, {"todos": [*mine.values()][::-1], "rev": self.rev, "next_cursor": None}, {}
        if call == "todo_changes":
            return 200, {"todos": [*mine.values()], "next": "x", "has_more": False, "full": True}, {}
        if call == "register_user":
            return 201, {}, {}
        token = {"token": told.get("username", told["owner"]), "refresh_token": told.get("username", told["owner"])}
        return 200, token, {}


async def day(lie: Lie | None = None, things: int = 30, swallow: int = 0, wrong_clocks: bool = False) -> Record:
    """One phone does so many things at the liar, and then everything is read back."""
    liar = Liar(lie)
    liar.swallow = swallow
    instance = object.__new__(Instance)
    instance.name, instance.port, instance.excused, instance.ends, instance.in_rotation = "liar", await liar.start(), False, 0, True
    world = World([instance], Record(), wrong_clocks=wrong_clocks)
    phone = Phone(world, "ona")
    try:
        await phone.begin()
        for _ in range(things):
            await phone.add()
            await phone.look()
            await phone.complete(True)
        for _ in range(things // 3):
            await phone.remove()
    except users.GaveUp:
        return world.record
    compare_at = await verify.read_all(phone, instance, phone.tokens["token"])
    verify.compare(world.record, "ona", phone.model, compare_at, "liar")
    return world.record


class TheLedger(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        users.RETRY_PAUSE = (0.0, 0.01)
        users.JSON["content-type"] = "application/json"

    def blames(self, record: Record, *faults: str) -> None:
        blamed = {fault for fault, count in record.counts.items() if count}
        self.assertEqual(blamed, set(faults), record.notes)

    async def test_an_honest_service_is_not_blamed(self) -> None:
        record = await day()
        self.blames(record)
        self.assertEqual(len(record.acknowledged), 70)

    async def test_a_swallowed_answer_is_repeated_and_not_lost(self) -> None:
        record = await day(swallow=5)
        self.blames(record, "wrong")  # five connections that ended without an answer, and nothing else
        self.assertEqual(record.counts["wrong"], 5)
        self.assertEqual(len(record.acknowledged), 70)

    async def test_an_acknowledged_and_forgotten_write_is_lost(self) -> None:
        async def forget_removals(liar: Liar, call: str, told: dict):
            if call == "remove_todo":
                return 200, liar.todos["ona"][told["id"]], {}

        record = await day(forget_removals)
        self.blames(record, "lost")
        self.assertEqual(record.counts["lost"], 10)

    async def test_each_way_of_not_being_there_is_lost(self) -> None:
        record, todo = Record(), {"id": "1", "description": "ona 1", "is_done": False}
        verify.compare(record, "ona", {"1": Todo("ona 1", is_done=True)}, [todo], "here")
        verify.compare(record, "ona", {"1": Todo("ona 1")}, [], "here")
        verify.compare(record, "ona", {"1": Todo("ona 1", removed=True)}, [todo], "here")
        self.assertEqual(record.counts["lost"], 3)

    async def test_a_to_do_that_is_there_twice_or_was_never_sent_is_a_duplicate(self) -> None:
        record, model = Record(), {"1": Todo("ona 1")}
        todo = {"id": "1", "description": "ona 1", "is_done": False}
        verify.compare(record, "ona", model, [todo, todo], "here")
        verify.compare(record, "ona", model, [todo, todo | {"id": "2"}], "here")
        self.assertEqual(record.counts["duplicates"], 2)

    async def test_a_row_of_somebody_else_is_foreign(self) -> None:
        record = Record()
        verify.compare(record, "ona", {}, [{"id": "1", "description": "ona2 1", "is_done": False}], "here")
        self.blames(record, "foreign")

    async def test_a_list_from_before_the_write_is_stale(self) -> None:
        async def old_list(liar: Liar, call: str, told: dict):
            if call == "todo_list" and told.get("limit") == "20":
                return 200, {"todos": [], "rev": 0, "next_cursor": None}, {}

        record = await day(old_list)
        self.blames(record, "stale")

    async def test_a_500_is_wrong_and_a_good_503_is_not(self) -> None:
        def fail_once_with(status: int, body: dict, headers: dict[str, str]) -> Lie:
            left = [1]

            async def lie(liar: Liar, call: str, told: dict):
                if call == "add_todo" and left[0]:
                    left[0] = 0
                    return status, body, headers

            return lie

        problem = {"content-type": "application/problem+json"}
        good = await day(fail_once_with(503, PROBLEM, {"retry-after": "5", **problem}))
        self.blames(good)
        self.assertEqual(good.unavailable, 1)
        self.blames(await day(fail_once_with(500, PROBLEM, problem)), "wrong")
        self.blames(await day(fail_once_with(503, PROBLEM, problem)), "wrong")
        self.blames(await day(fail_once_with(503, {}, {"retry-after": "5", **problem})), "wrong")

    async def test_a_token_that_a_wrong_clock_ended_is_renewed_and_no_other_refusal_is_excused(self) -> None:
        def refuse_once_with(code: str) -> Lie:
            left = [1]

            async def lie(liar: Liar, call: str, told: dict):
                if call == "refresh_token":
                    return 200, {"token": "ona", "refresh_token": "ona"}, {}
                if call == "add_todo" and left[0]:
                    left[0] = 0
                    return 401, {"code": code}, {}

            return lie

        record = await day(refuse_once_with("token_expired"), wrong_clocks=True)
        self.blames(record)
        self.assertEqual(len(record.acknowledged), 70)
        self.blames(await day(refuse_once_with("token_expired")), "wrong")
        self.blames(await day(refuse_once_with("unauthenticated"), wrong_clocks=True), "wrong")

    async def test_a_failure_after_five_seconds_is_late(self) -> None:
        record, instance = Record(), object.__new__(Instance)
        instance.name = "liar"
        headers = {"retry-after": "5", "content-type": "application/problem+json"}
        for seconds in (4.9, 5.1):
            answer = Answer("answer", seconds, 503, headers, [], json.dumps(PROBLEM).encode())
            record.judge("GET /", answer, instance, excused=False)
        self.assertEqual(record.counts["late"], 1)

    async def test_silence_is_hung_unless_the_instance_was_ended(self) -> None:
        http_client.CLIENT_TIMEOUT = 0.2

        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(1)
            writer.close()  # held until now: a writer that nobody holds closes itself

        silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        answer = await Connection(silent.sockets[0].getsockname()[1]).exchange("GET", "/", {})
        http_client.CLIENT_TIMEOUT = 10.0
        record, instance = Record(), object.__new__(Instance)
        instance.name = "liar"
        record.judge("GET /", answer, instance, excused=True)
        self.blames(record)
        record.judge("GET /", answer, instance, excused=False)
        self.blames(record, "hung")


class TheChoice(unittest.TestCase):
    def test_every_kind_of_server_has_faults_and_instances(self) -> None:
        for kind in suite.INSTANCES:
            for long in (False, True):
                self.assertLessEqual(set(faults.chosen(kind, long)), faults.FAULTS.keys())
            self.assertEqual(faults.chosen(kind, True), list(faults.FAULTS))

    def test_the_people_of_a_rolling_restart_make_two_hundred_requests_a_second(self) -> None:
        things = (rolling.PHONES + rolling.BROWSERS) / (sum(rolling.CADENCE) / 2)
        self.assertAlmostEqual(things * rolling.REQUESTS, 200)


class TheProxy(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        self.proxy = await Proxy(server.sockets[0].getsockname()[1]).start()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)

    async def ask(self) -> bytes:
        self.writer.write(b"12345678")
        return await self.reader.read(100)

    async def test_it_passes_what_it_gets(self) -> None:
        self.assertEqual(await self.ask(), b"12345678")

    async def test_it_holds_back_in_both_directions(self) -> None:
        self.proxy.set("delay")
        began = asyncio.get_running_loop().time()
        self.assertEqual(await self.ask(), b"12345678")
        self.assertGreaterEqual(asyncio.get_running_loop().time() - began, 0.2)

    async def test_it_cuts_what_is_open(self) -> None:
        await self.ask()
        self.proxy.set("cut")
        with self.assertRaises(ConnectionResetError):
            await self.ask()

    async def test_it_swallows_until_it_is_healed(self) -> None:
        self.proxy.set("blackhole")
        asking = asyncio.create_task(self.ask())
        done, _ = await asyncio.wait([asking], timeout=0.3)
        self.assertFalse(done)
        self.proxy.set("pass")
        self.assertEqual(await asking, b"12345678")

    async def test_it_sends_half_and_ends(self) -> None:
        self.proxy.set("half")
        self.assertEqual(await self.ask(), b"1234")
        self.assertEqual(await self.reader.read(100), b"")
