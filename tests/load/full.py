"""What takes time: ratios against peers, a storm, a start, the smallest deployment, growth."""

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path

import compare
import data
import exact
import wanted
import wrk
from compare import Measured, QueryLoop, alternate, cost_row, fraction_row, ratio_row
from limited import Group
from people import Person, Population
from programs import Program, cpu_of, free_port
from report import Row
from setting import Bench

STORM_ROUND = 6  # seconds
STARTS = 15
START_MAX = 80  # ms
RATE, MINUTES, P99_MAX = 300, 10, 100
PROCESSORS, MEMORY = 0.25, 512 << 20
# Of a hundred requests; logins come on top. Everybody does one thing in ten seconds, so that 300 a
# second are 3,000 people at once, and a minute sees a login of one in a hundred of them.
SHARES = {"list": 50, "sync": 25, "add": 12, "complete": 13}
PEOPLE_AT_ONCE = RATE * 10
LOGINS_PER_SECOND = PEOPLE_AT_ONCE / 100 / 60
GROWTH_ROUNDS = 7
EARLIER_ROUNDS = 15  # the ratios of single rounds are some per cent apart
EARLIER_MOST = 1.02  # of the CPU that the earlier build takes


class Full:
    """Shares what `bench` has."""

    def __init__(self, bench: Bench):
        self.bench, self.work = bench, bench.work
        self.peers: Path = bench.options.peers
        chosen = random.Random(7).sample(bench.population.ordinary, compare.PEOPLE * 2)
        # Those who add are others: a list that is read stays as it is.
        self.readers, self.writers = chosen[: compare.PEOPLE], chosen[compare.PEOPLE :]
        self.costs: list[str] = []

    def file(self, name: str, requests: list[wanted.Request]) -> Path:
        return wrk.write_requests(self.work / f"{name}.requests", requests)

    def measured(self, program: Program, name: str, requests: list[wanted.Request], connections: int = compare.CONNECTIONS) -> Measured:
        database = partial(cpu_of, self.bench.options.database_pid)
        return Measured(program, self.file(f"{program.name}-{name}", requests), database, connections)

    def note(self, what: str, measured: Measured | QueryLoop) -> None:
        self.costs.append(cost_row(what, measured.rounds))

    def people(self, kind: str) -> list[Person]:
        return self.writers if kind in ("add", "login") else self.readers

    def requests(self, kind: str) -> list[wanted.Request]:
        return self.bench.requests(kind, self.people(kind))

    def axum(self, ours: Program) -> Program:
        port = free_port()
        person = self.readers[0]
        encoding = wanted.send(ours.port, wanted.list_page(person)).headers.get("Content-Encoding")
        environment = {
            "DATABASE_URL": self.bench.login.url(),
            "LISTEN": f"127.0.0.1:{port}",
            "JWT_SECRET": self.bench.jwt_secret,
            "ASSETS": compare.assets(ours, person),
            "COMPRESS": encoding or "",
        }
        return Program("axum", [str(self.peers / "axum-peer")], environment, self.work / "axum.log", port)

    def flask(self) -> Program:
        port = free_port()
        login = self.bench.login
        environment = {
            "DATABASE_URL": f"mysql+pymysql://{login.user}:{login.password}@127.0.0.1:{login.port}/{login.name}?charset=utf8mb4",
            "JWT_SECRET": self.bench.jwt_secret,
            "PYTHONPATH": str(Path(__file__).parent / "peers/flask"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        gunicorn = Path(sys.executable).with_name("gunicorn")
        command = [str(gunicorn), "-w", "2", "-b", f"127.0.0.1:{port}", "--access-logfile", "-", "app:app"]
        return Program("flask", command, environment, self.work / "flask.log", port)

    def peers_rows(self) -> list[Row]:
        """Goals 4 to 7, and the ratio of 3."""
        with self.bench.tickbox() as ours, self.axum(ours) as axum, self.flask() as flask:
            plain = {kind: self.requests(kind)[0] for kind in ("list", "api")}
            compare.same_answers(ours, axum, [(one, one) for one in plain.values()], heads=True)
            compare.same_answers(ours, flask, [(one, self.for_flask(kind, [one])[0]) for kind, one in plain.items()], heads=False)
            rows = [
                *self.peers_of(ours, axum, flask, "list", "list page", 25, (4, 2.2)),
                *self.peers_of(ours, axum, flask, "api", "API list", 16, (5, 2.0)),
                *self.peers_of(ours, axum, flask, "add", "add", 22, None),
            ]
            login = self.measured(ours, "login", self.requests("login"))
            alternate(login, rounds=3)
            self.note("login: Tickbox", login)
        return rows

    def peers_of(self, ours: Program, axum: Program, flask: Program, kind: str, name: str, least: float, loop: tuple[int, float] | None) -> list[Row]:
        """Of one kind of request: at most so small a part of Flask's CPU, and so many times that of the bare loop."""
        requests = self.requests(kind)
        by = {"Tickbox": self.measured(ours, kind, requests), "axum + sqlx": self.measured(axum, kind, requests)}
        by["Flask, gunicorn -w 2"] = self.measured(flask, kind, self.for_flask(kind, requests))
        tickbox, by_axum, by_flask = by.values()
        if loop:
            by["bare query loop"] = QueryLoop(self.peers / "query-loop", self.bench.login.url(), "web" if kind == "list" else "api", self.readers)
        if unchanged := self.unchanged(ours, kind, requests):
            by["Tickbox, unchanged"] = unchanged
        alternate(*by.values())
        for who, measured in by.items():
            self.note(f"{name}: {who}", measured)
        rows = [ratio_row(loop[0], f"CPU: {name} / bare query loop", tickbox, by["bare query loop"], loop[1])] if loop else []
        rows.append(fraction_row(6, f"CPU: {name} / Flask", tickbox, by_flask, least))
        rows.append(ratio_row(7, f"CPU: {name} / axum + sqlx", tickbox, by_axum, 1.0))
        if unchanged:
            rows.append(ratio_row(3, f"CPU: unchanged {name} / full answer", unchanged, tickbox, 0.5))
        return rows

    def for_flask(self, kind: str, requests: list[wanted.Request]) -> list[wanted.Request]:
        if kind == "api":
            return requests
        return [compare.for_flask(request, person, self.bench.jwt_secret) for request, person in zip(requests, self.people(kind))]

    def unchanged(self, ours: Program, kind: str, requests: list[wanted.Request]) -> Measured | None:
        """The same requests of clients that have the answer; none where there is no such answer."""
        known = []
        for request in requests[:200] if kind != "add" else []:
            if etag := wanted.send(ours.port, request).headers.get("ETag"):
                known.append(request.with_header("If-None-Match", etag))
        if not known:
            return None
        assert wanted.send(ours.port, known[0]).status == 304
        return self.measured(ours, f"{kind}-unchanged", known)

    def earlier(self) -> list[Row]:
        """What a change costs, against an earlier build on the same rows: of the program's own CPU and of the database's."""
        rows = []
        # The schema is that of the newer one, which an earlier one works on and does not touch.
        before = self.bench.tickbox(program=self.bench.options.earlier, MIGRATE_ON_START="false")
        before.name = "earlier"
        with self.bench.tickbox() as after, before:
            for kind, name in {"list": "list page", "api": "API list", "add": "add"}.items():
                now, then = (self.measured(program, kind, self.requests(kind)) for program in (after, before))
                alternate(now, then, rounds=EARLIER_ROUNDS)
                rows.append(ratio_row(0, f"CPU: {name} / earlier build", now, then, EARLIER_MOST, gate=True))
                rows.append(ratio_row(0, f"the database's CPU: {name} / earlier build", now, then, EARLIER_MOST, of="database_cpu"))
                self.note(f"{name}: this build", now)
                self.note(f"{name}: earlier build", then)
        return rows

    def storm(self) -> list[Row]:
        """Goal 8."""
        idle, during, logins = [], [], []
        with self.bench.tickbox() as ours:
            lists = self.file("storm-list", self.requests("list"))
            log_in = self.file("storm-login", self.requests("login"))
            wrk.run(ours, lists, 4, 2)
            for _ in range(compare.ROUNDS):
                idle.append(wrk.run(ours, lists, 4, STORM_ROUND))
                storm = wrk.begin(ours, log_in, exact.STORM_CLIENTS, STORM_ROUND + 4)
                time.sleep(2)  # until all of them wait
                during.append(wrk.run(ours, lists, 4, STORM_ROUND))
                logins.append(wrk.end(storm))
        p99 = [after.p99_ms / before.p99_ms for before, after in zip(idle, during)]
        rate = [after.rate / before.rate for before, after in zip(idle, during)]
        refused = sum(load.refused for load in logins)
        done = sum(load.requests for load in logins) - refused
        p99s = [statistics.median(load.p99_ms for load in loads) for loads in (during, idle)]
        self.costs.append(
            f"| list page in the storm ({done} logins, {refused} refused) | p99 {p99s[0]:.1f} ms | idle {p99s[1]:.1f} ms | | "
            f"{statistics.median(load.rate for load in during):.0f} |"
        )
        slower, left = statistics.median(p99), statistics.median(rate)
        return [
            Row(8, "64 clients log in: p99 of the list page / idle", f"{slower:.2f}", "at most 5", slower <= 5, False, compare.span(p99)),
            Row(8, "64 clients log in: lists per second / idle", f"{left:.2f}", "at least 0.7", left >= 0.7, False, compare.span(rate)),
        ]

    def starts(self) -> list[Row]:
        """Goal 10, on a database that has been brought up to date, as each instance of many starts."""
        taken = []
        for _ in range(STARTS):
            taken.append(self.start(self.bench.tickbox(tls="required", MIGRATE_ON_START="false")) * 1000)
        median = statistics.median(taken)
        what = f"exec to the first list page, database over TLS (median of {STARTS})"
        return [Row(10, what, f"{median:.0f} ms", f"at most {START_MAX} ms", median <= START_MAX, False, f"{min(taken):.0f} to {max(taken):.0f} ms")]

    def start(self, program: Program) -> float:
        request = wanted.list_page(self.readers[0]).raw()
        began = time.perf_counter()
        process = program.spawn()
        try:
            while True:
                if time.perf_counter() - began > 20:
                    raise SystemExit("Tickbox did not start")
                try:
                    with socket.create_connection(("127.0.0.1", program.port), timeout=10) as one:
                        one.sendall(request)
                        assert one.recv(65_536).startswith(b"HTTP/1.1 200")
                        return time.perf_counter() - began
                except ConnectionRefusedError:
                    time.sleep(0.000_5)
        finally:
            process.terminate()
            process.wait()

    def smallest(self) -> list[Row]:
        """Goal 12."""
        what = f"a quarter of a core, 512 MiB: p99 at {RATE}/s for {MINUTES} minutes"
        bound = f"at most {P99_MAX} ms, no error"
        group = Group(f"tickbox-bench-{os.getpid()}", PROCESSORS, MEMORY)
        [[pool]] = self.bench.root.ask("SELECT @@innodb_buffer_pool_size")
        self.bench.root.ask(f"SET GLOBAL innodb_buffer_pool_size = {512 << 20}")
        program = self.bench.tickbox()
        program.join = group.join
        try:
            with group.made(), program:
                kinds = self.mix(program, random.Random(12).sample(self.bench.population.ordinary, PEOPLE_AT_ONCE))
                wrk.run(program, self.file("warm", self.requests("list")), 8, 5)
                cpu, began, before = program.cpu(), time.monotonic(), group.throttled()
                command = [str(self.peers / "mix"), program.url, str(MINUTES * 60)]
                done = subprocess.run(command, input="\n".join(map(json.dumps, kinds)), capture_output=True, text=True, check=True)
                used = (program.cpu() - cpu) / (time.monotonic() - began)
                memory = program.memory()
                throttled, periods = (after - first for first, after in zip(before, group.throttled()))
        except PermissionError as error:
            return [Row(12, what, f"no control group may be made here ({error})", bound, None)]
        finally:
            self.bench.root.ask(f"SET GLOBAL innodb_buffer_pool_size = {pool}")
        found = json.loads(done.stdout)
        everything = found["all"]
        if found["reasons"]:
            print(f"errors: {found['reasons']}", file=sys.stderr)
        if everything["requests"] < RATE * MINUTES * 60 * 0.99:
            raise SystemExit(f"the generator itself fell behind: {everything}")
        value = f"{everything['p99_ms']:.0f} ms, {everything['errors']} errors of {everything['requests']:,}"
        each = ", ".join(f"{name} {kind['p50_ms']:.0f}/{kind['p99_ms']:.0f}" for name, kind in found["each"].items())
        self.costs.append(
            f"| smallest deployment (control group v{group.version}): {used:.2f} of a core used, {memory:.0f} MiB, "
            f"throttled in {throttled} of {periods} periods; p50/p99 in ms: {each} | | | | {RATE} |"
        )
        met = everything["p99_ms"] <= P99_MAX and not everything["errors"]
        return [Row(12, what, value, bound, met, False, f"most {everything['max_ms']:.0f} ms")]

    def mix(self, program: Program, people: list[Person]) -> list[dict]:
        secret = self.bench.jwt_secret
        numbers = ",".join(str(person.number) for person in people)
        newest = self.bench.root.ask(
            f"SELECT user_id, LOWER(HEX(MAX(id))) FROM todos WHERE user_id IN ({numbers}) AND removed_date IS NULL GROUP BY user_id"
        )
        todos = {user: str(uuid.UUID(text)) for user, text in newest}
        ends = [wanted.send(program.port, wanted.api_changes(person, secret)).json()["next"] for person in people]
        kinds = {
            "list": self.bench.requests("list", people),
            "sync": [wanted.api_changes(person, secret, end) for person, end in zip(people, ends)],
            "add": self.bench.requests("add", people),
            # Each is completed and opened again, in turn.
            "complete": [wanted.complete(person, todos[person.number], state) for state in (True, False) for person in people],
        }
        described = [kind(name, requests, RATE * SHARES[name] / 100, [200]) for name, requests in kinds.items()]
        # The limits on logins count failures; a success costs nothing.
        described.append(kind("login", self.bench.requests("login", people), LOGINS_PER_SECOND, [303]))
        return described

    def growth(self) -> list[Row]:
        """Goal 13: a second database with the first one's schema and a hundredth of its rows."""
        self.bench.root.ask("DROP DATABASE IF EXISTS tickbox_small", "CREATE DATABASE tickbox_small CHARACTER SET utf8mb4")
        root = replace(self.bench.root, name="tickbox_small")
        small, rows = Population(200).ordinary, []
        with self.bench.tickbox(login=root) as few, self.bench.tickbox() as many:
            data.load(root, small, self.bench.password_hash())
            few.name = "tickbox-small"
            for kind, name in (("list", "list page"), ("api", "API list")):
                small_one = self.measured(few, f"growth-{kind}", self.bench.requests(kind, small), 1)
                large_one = self.measured(many, f"growth-{kind}", self.requests(kind), 1)
                alternate(small_one, large_one, rounds=GROWTH_ROUNDS)
                rows.append(ratio_row(13, f"p50 of the {name}: 1,000,000 rows / 10,000", large_one, small_one, 1.2, of="p50_ms"))
        return rows


def kind(name: str, requests: list[wanted.Request], per_second: float, expected: list[int]) -> dict:
    return {
        "name": name,
        "per_second": per_second,
        "expected": expected,
        "requests": [
            {"method": one.method, "path": one.path, "headers": [["Host", "tickbox.test"], *map(list, one.headers)], "body": one.body.decode()}
            for one in requests
        ],
    }
