"""What can be counted: the same on every machine, however busy it is."""

import json
import math
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import wanted
import wrk
from database import Counters, Counts
from people import EACH, SPECIAL, Person, Population
from programs import Program
from report import Row

REPEATS = 50
ROWS_MAX = 52
PAGE = 50
MEMORY = {"idle": 10, "after 200 connections": 24, "during the storm": 96, "5 s after it": 32}
CONNECTIONS = 200
STORM_CLIENTS = 64
STORM_SECONDS = 12
WIRE_MAX = 40_000
ASSETS = 2


@dataclass
class Setting:
    """What is measured, and with what."""

    program: Program
    population: Population
    counters: Counters
    jwt_secret: str
    work: Path

    @property
    def person(self) -> Person:
        return self.population.ordinary[0]


def ask(setting: Setting, request: wanted.Request, status: int) -> wanted.Answer:
    answer = wanted.send(setting.program.port, request)
    if answer.status != status:
        raise SystemExit(f"{request.method} {request.path} was answered {answer.status}, not {status}: {answer.body[:300]!r}")
    return answer


def settle(setting: Setting) -> None:
    """Prepares every statement on every connection, then waits until nobody works any more."""
    people = setting.population.ordinary[:50]
    kinds = {
        "list": wanted.list_page,
        "api": lambda person: wanted.api_list(person, setting.jwt_secret),
        "add": wanted.add,
    }
    for name, request in kinds.items():
        requests = wrk.write_requests(setting.work / f"warm-{name}.requests", map(request, people))
        wrk.run(setting.program, requests, 16, 1)
    setting.counters.end()
    for _ in range(50):
        time.sleep(0.2)
        if setting.counters.end() == Counts(0, 0, 0, 0, 0, 0, 0, 0, 0):
            return
    raise SystemExit("the database is not left alone: nothing can be counted")


def counted(setting: Setting, request: wanted.Request, status: int, repeats: int = REPEATS) -> list[Counts]:
    """What the server counts for each of so many equal requests."""
    for _ in range(3):
        ask(setting, request, status)
    setting.counters.end()
    counts = []
    for _ in range(repeats):
        ask(setting, request, status)
        counts.append(setting.counters.end())
    return counts


def words(counts: list[Counts]) -> str:
    """Most of each, over all the requests."""
    most = {name: max(getattr(count, name) for count in counts) for name in ("statements", "pings", "prepares", "closes")}
    return f"{most['statements']} statements, {most['pings']} pings, {most['prepares']} prepares, {most['closes']} closes"


def kept(counts: list[Counts], statements: int, commits: int) -> bool:
    return all(
        count.statements <= statements
        and count.idle_commands == (0, 0, 0)
        and (count.commits, count.rollbacks) == (commits, 0)
        for count in counts
    )


def statements(setting: Setting) -> list[Row]:
    """Goals 1 and 3."""
    page = wanted.list_page(setting.person)
    call = wanted.api_list(setting.person, setting.jwt_secret)
    rows = []
    for name, request in (("list page", page), ("API list", call)):
        counts = counted(setting, request, 200)
        bound = "2 statements, nothing else"
        rows.append(Row(1, f"statements: {name}", words(counts), bound, kept(counts, 2, 0), gate=True))
    # The session's read, BEGIN, COMMIT, and what the transaction consists of.
    counts = counted(setting, wanted.add(setting.person), 200)
    bound = "the session's read, 1 transaction of 4"
    rows.append(Row(1, "statements: add", words(counts), bound, kept(counts, 5, 1), gate=True))
    # Not of pages: they are about one person and never stored (no-store), so no browser could ask.
    etag = ask(setting, call, 200).headers["ETag"]
    counts = counted(setting, call.with_header("If-None-Match", etag), 304)
    rows.append(Row(3, "unchanged API list: statements", words(counts), "1 statement, 304", kept(counts, 1, 0), gate=True))
    return rows


_MORE = re.compile(rb'href="/\?cursor=([^"&]+)"')


def page_after(setting: Setting, person: Person) -> Callable[[str], str]:
    """Asks for the page behind a place; gives the next place, or nothing."""

    def ask_page(place: str) -> str:
        found = _MORE.search(ask(setting, wanted.list_page(person, place), 200).body)
        return found[1].decode() if found else ""

    return ask_page


def call_after(setting: Setting, person: Person) -> Callable[[str], str]:
    def ask_call(place: str) -> str:
        answer = ask(setting, wanted.api_list(person, setting.jwt_secret, place), 200)
        return json.loads(answer.body)["next_cursor"] or ""

    return ask_call


def changes_after(setting: Setting, person: Person) -> Callable[[str], str]:
    """The same for the parts of a first copy."""

    def ask_changes(place: str) -> str:
        request = wanted.api_changes(person, setting.jwt_secret, place, PAGE)
        part = json.loads(ask(setting, request, 200).body)
        return part["next"] if part["has_more"] else ""

    return ask_changes


def rows_read(setting: Setting) -> list[Row]:
    """Goal 2: of every page, and of pages that begin at every place around the end of what is open."""
    counters = setting.counters
    # A page is the session's read and its own; what the first one costs, an answer without a page says.
    session = session_rows(setting)
    found = []
    for todos in (EACH, *SPECIAL):
        person = setting.person if todos == EACH else setting.population.special[todos]
        pages, read = 0, []
        for kind in (page_after, call_after, changes_after):
            ask_for, place, expected = kind(setting, person), "", math.ceil(todos / PAGE)
            seen = 0
            while seen == 0 or place:
                counters.end()
                place = ask_for(place)
                read.append(counters.end())
                seen += 1
            if seen < expected:
                raise SystemExit(f"{person.username} has {seen} pages, not {expected}: nothing can be said about rows")
            pages += seen
        what = f"rows read for a page: user with {todos:,}"
        found.append(rows_row(what + f", {pages} pages", read, session))
    found.append(crossings(setting, session))
    return found


def rows_row(what: str, read: list[Counts], session: Counts) -> Row:
    """A look that finds nothing, such as into the empty range behind the last open to-do, reads no row."""
    most = max(read, key=lambda counts: (counts.found + counts.dropped, counts.looks))
    looks = most.looks - session.looks
    if not most.found:
        value = f"{looks} with looks that found none: this server does not count rows alone"
        return Row(2, what, value, f"at most {ROWS_MAX}", None, gate=True)
    rows = most.found + most.dropped - session.found - session.dropped
    value = f"{rows} ({looks} with looks that found none)"
    return Row(2, what, value, f"at most {ROWS_MAX}", rows <= ROWS_MAX, gate=True)


def session_rows(setting: Setting) -> Counts:
    """What the session's read takes of each request."""
    call = wanted.api_list(setting.person, setting.jwt_secret)
    etag = ask(setting, call, 200).headers["ETag"]
    counts = counted(setting, call.with_header("If-None-Match", etag), 304, 5)
    assert len(set(counts)) == 1, "the same request costs now this, now that"
    return counts[0]


def crossings(setting: Setting, session: Counts) -> Row:
    """The page behind each place of a list, so that the done ones begin at each place of a page."""
    person = setting.population.special[100]
    ask_for, read = call_after(setting, person), []
    token = wanted.api_list(person, setting.jwt_secret).headers
    for length in range(1, person.todos):
        start = wanted.Request("GET", f"/api/v1/todo_list?limit={length}", token)
        place = json.loads(ask(setting, start, 200).body)["next_cursor"]
        setting.counters.end()
        ask_for(place)
        read.append(setting.counters.end())
    return rows_row(f"rows read for a page behind each of {person.todos} to-dos", read, session)


def memory(setting: Setting) -> list[Row]:
    """Goal 9. The program must have been started for this: what it did before stays in its memory."""
    program = setting.program
    time.sleep(2)
    found = {"idle": program.memory().now}
    with_connections(setting)
    found["after 200 connections"] = program.memory().now
    people = setting.population.ordinary[: STORM_CLIENTS * 3]
    requests = wrk.write_requests(setting.work / "storm.requests", map(wanted.login, people))
    program.forget_peak()
    storm = wrk.end(wrk.begin(program, requests, STORM_CLIENTS, STORM_SECONDS))
    # Where the processors are busy with something else too, waiting clients are told to come back.
    logins = storm.requests - storm.refused
    if storm.broken or not logins:
        raise SystemExit(f"the storm of logins: {logins} logins, {storm.broken} not answered")
    found["during the storm"] = program.memory().peak
    time.sleep(5)
    found["5 s after it"] = program.memory().now
    return [
        Row(
            9,
            f"memory: {when}" + (f" of 64 clients ({logins} logins, {storm.refused} refused)" if "during" in when else ""),
            f"{found[when]:.1f} MiB",
            f"{most} MiB",
            found[when] <= most,
            gate=True,
        )
        for when, most in MEMORY.items()
    ]


def with_connections(setting: Setting) -> None:
    """200 browsers that are there at once, each of which loads its list."""
    sockets = []
    for person in setting.population.ordinary[:CONNECTIONS]:
        sockets.append(socket.create_connection(("127.0.0.1", setting.program.port), timeout=30))
        sockets[-1].sendall(wanted.list_page(person).raw())
    for one in sockets:
        if not one.recv(65_536).startswith(b"HTTP/1.1 200"):
            raise SystemExit("one of 200 connections was not answered")
    for one in sockets:
        one.close()
    time.sleep(0.5)


_ASSET = re.compile(rb'<(?:link rel="stylesheet"[^>]*href|script[^>]*src)="([^"]+)"')


def wire(setting: Setting) -> list[Row]:
    """Goal 11: the first visit of a browser."""
    request = wanted.list_page(setting.population.ordinary[1])
    page = ask(setting, request, 200)
    assets = sorted({url.decode() for url in _ASSET.findall(page.body)})
    if not assets:
        raise SystemExit("the page names neither style nor script")
    sizes = [ask(setting, wanted.Request("GET", url, request.headers), 200).wire for url in assets]
    total = page.wire + sum(sizes)
    value = f"{total / 1000:.1f} kB ({page.wire / 1000:.1f} the page)"
    return [
        Row(11, "first visit over the wire: page, style, script", value, "40 kB", total <= WIRE_MAX, gate=True),
        Row(11, "requests for style and script", str(len(assets)), str(ASSETS), len(assets) <= ASSETS, gate=True),
    ]
