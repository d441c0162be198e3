"""What can be counted: the same on every machine, however busy it is."""

import math
import re
import socket
import time

import wanted
import wrk
from database import Counts
from people import Person
from report import Row
from setting import Bench

REPEATS = 50
ROWS_MAX = 52
PAGE = 50
MEMORY = {"idle": 10, "after 200 connections": 24, "during the storm": 96, "5 s after it": 32}
CONNECTIONS = 200
STORM_CLIENTS = 64
STORM_SECONDS = 12
WIRE_MAX = 40_000
ASSETS = 2


def ask(bench: Bench, request: wanted.Request, status: int = 200) -> wanted.Answer:
    answer = wanted.send(bench.program.port, request)
    if answer.status != status:
        raise SystemExit(f"{request.method} {request.path} was answered {answer.status}, not {status}: {answer.body[:300]!r}")
    return answer


def settle(bench: Bench) -> None:
    """Prepares every statement on every connection, then waits until nobody works any more."""
    for kind in ("list", "api", "add"):
        requests = wrk.write_requests(bench.work / f"warm-{kind}.requests", bench.requests(kind, bench.population.ordinary[:50]))
        wrk.run(bench.program, requests, 16, 1)
    bench.counters.end()
    for _ in range(50):
        time.sleep(0.2)
        if bench.counters.end() == Counts():
            return
    raise SystemExit("the database is not left alone: nothing can be counted")


def counted(bench: Bench, request: wanted.Request, status: int, repeats: int = REPEATS) -> list[Counts]:
    """What the server counts for each of so many equal requests."""
    for _ in range(3):
        ask(bench, request, status)
    bench.counters.end()
    counts = []
    for _ in range(repeats):
        ask(bench, request, status)
        counts.append(bench.counters.end())
    return counts


def statements(bench: Bench) -> list[Row]:
    """Goals 1 and 3."""
    person = bench.population.ordinary[0]
    call = wanted.api_list(person, bench.jwt_secret)
    # Not of pages: they are about one person and never stored (no-store), so no browser could ask.
    unchanged = call.with_header("If-None-Match", ask(bench, call).headers["ETag"])
    rows = []
    for goal, what, request, status, most, commits, bound in (
        (1, "statements: list page", wanted.list_page(person), 200, 2, 0, "2 statements, nothing else"),
        (1, "statements: API list", call, 200, 2, 0, "2 statements, nothing else"),
        (3, "unchanged API list: statements", unchanged, 304, 1, 0, "1 statement, 304"),
        # The session's read, BEGIN, COMMIT, and what the transaction consists of.
        (1, "statements: add", wanted.add(person), 200, 5, 1, "the session's read, 1 transaction of 4"),
    ):
        counts = counted(bench, request, status)
        kept = all(one.statements <= most and not any(one.idle_commands) and (one.commits, one.rollbacks) == (commits, 0) for one in counts)
        seen = {name: max(getattr(one, name) for one in counts) for name in ("statements", "pings", "prepares", "closes")}
        rows.append(Row(goal, what, ", ".join(f"{number} {name}" for name, number in seen.items()), bound, kept, gate=True))
    return rows


_MORE = re.compile(rb'href="/\?cursor=([^"&]+)"')


def ask_behind(bench: Bench, person: Person, kind: str, place: str) -> str:
    """Asks for the page behind a place, for the same call of the API, or for that part of a first copy; gives the next
    place, or nothing."""
    if kind == "page":
        found = _MORE.search(ask(bench, wanted.list_page(person, place)).body)
        return found[1].decode() if found else ""
    if kind == "call":
        return ask(bench, wanted.api_list(person, bench.jwt_secret, place)).json()["next_cursor"] or ""
    part = ask(bench, wanted.api_changes(person, bench.jwt_secret, place, PAGE)).json()
    return part["next"] if part["has_more"] else ""


def rows_read(bench: Bench) -> list[Row]:
    """Goal 2: of every page, and of pages that begin at every place around the end of what is open."""
    # A page is the session's read and its own; what the first one costs, an answer without a page says.
    session = session_rows(bench)
    found = []
    for person in (bench.population.ordinary[0], *bench.population.special.values()):
        read = []
        for kind in ("page", "call", "copy"):
            place, seen = "", 0
            while seen == 0 or place:
                bench.counters.end()
                place = ask_behind(bench, person, kind, place)
                read.append(bench.counters.end())
                seen += 1
            if seen < (expected := math.ceil(person.todos / PAGE)):
                raise SystemExit(f"{person.username} has {seen} pages, not {expected}: nothing can be said about rows")
        found.append(rows_row(f"rows read for a page: user with {person.todos:,}, {len(read)} pages", read, session))
    found.append(crossings(bench, session))
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


def session_rows(bench: Bench) -> Counts:
    """What the session's read takes of each request."""
    call = wanted.api_list(bench.population.ordinary[0], bench.jwt_secret)
    etag = ask(bench, call, 200).headers["ETag"]
    counts = counted(bench, call.with_header("If-None-Match", etag), 304, 5)
    assert len(set(counts)) == 1, "the same request costs now this, now that"
    return counts[0]


def crossings(bench: Bench, session: Counts) -> Row:
    """The page behind each place of a list, so that the done ones begin at each place of a page."""
    person, read = bench.population.special[100], []
    token = wanted.api_list(person, bench.jwt_secret).headers
    for length in range(1, person.todos):
        start = wanted.Request("GET", f"/api/v1/todo_list?limit={length}", token)
        place = ask(bench, start).json()["next_cursor"]
        bench.counters.end()
        ask_behind(bench, person, "call", place)
        read.append(bench.counters.end())
    return rows_row(f"rows read for a page behind each of {person.todos} to-dos", read, session)


def memory(bench: Bench) -> list[Row]:
    """Goal 9. The program must have been started for this: what it did before stays in its memory."""
    program = bench.program
    time.sleep(2)
    found = {"idle": program.memory()}
    with_connections(bench)
    found["after 200 connections"] = program.memory()
    people = bench.population.ordinary[: STORM_CLIENTS * 3]
    requests = wrk.write_requests(bench.work / "storm.requests", map(wanted.login, people))
    program.forget_peak()
    storm = wrk.end(wrk.begin(program, requests, STORM_CLIENTS, STORM_SECONDS))
    # Where the processors are busy with something else too, waiting clients are told to come back.
    logins = storm.requests - storm.refused
    if storm.broken or not logins:
        raise SystemExit(f"the storm of logins: {logins} logins, {storm.broken} not answered")
    found["during the storm"] = program.memory("VmHWM")
    time.sleep(5)
    found["5 s after it"] = program.memory()
    names = {when: when for when in MEMORY} | {"during the storm": f"during the storm of 64 clients ({logins} logins, {storm.refused} refused)"}
    return [
        Row(9, f"memory: {names[when]}", f"{found[when]:.1f} MiB", f"{most} MiB", found[when] <= most, gate=True)
        for when, most in MEMORY.items()
    ]


def with_connections(bench: Bench) -> None:
    """200 browsers that are there at once, each of which loads its list."""
    sockets = []
    for person in bench.population.ordinary[:CONNECTIONS]:
        sockets.append(socket.create_connection(("127.0.0.1", bench.program.port), timeout=30))
        sockets[-1].sendall(wanted.list_page(person).raw())
    for one in sockets:
        if not one.recv(65_536).startswith(b"HTTP/1.1 200"):
            raise SystemExit("one of 200 connections was not answered")
    for one in sockets:
        one.close()
    time.sleep(0.5)


_ASSET = re.compile(rb'<(?:link rel="stylesheet"[^>]*href|script[^>]*src)="([^"]+)"')


def wire(bench: Bench) -> list[Row]:
    """Goal 11: the first visit of a browser."""
    request = wanted.list_page(bench.population.ordinary[1])
    page = ask(bench, request, 200)
    assets = sorted({url.decode() for url in _ASSET.findall(page.body)})
    if not assets:
        raise SystemExit("the page names neither style nor script")
    sizes = [ask(bench, wanted.Request("GET", url, request.headers), 200).wire for url in assets]
    total = page.wire + sum(sizes)
    value = f"{total / 1000:.1f} kB ({page.wire / 1000:.1f} the page)"
    return [
        Row(11, "first visit over the wire: page, style, script", value, "40 kB", total <= WIRE_MAX, gate=True),
        Row(11, "requests for style and script", str(len(assets)), str(ASSETS), len(assets) <= ASSETS, gate=True),
    ]
