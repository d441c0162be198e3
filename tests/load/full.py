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
from pathlib import Path

import compare
import data
import exact
import wanted
import wrk
from compare import Measured, QueryLoop, alternate, cost_row, fraction_row, ratio_row, ratios
from database import Login
from limited import Group
from people import Person, Population
from programs import Program, cpu_of, free_port
from report import Row

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


class Full:
    """Shares what `bench.Bench` has."""

    def __init__(self, bench):
        self.bench = bench
        self.work: Path = bench.work
        self.peers: Path = bench.arguments.peers
        people = bench.population.ordinary
        chance = random.Random(7)
        chosen = chance.sample(people, compare.PEOPLE * 2)
        # Those who add are others: a list that is read stays as it is.
        self.readers, self.writers = chosen[: compare.PEOPLE], chosen[compare.PEOPLE :]
        self.costs: list[str] = []

    def database_cpu(self) -> float:
        return cpu_of(self.bench.arguments.database_pid)

    def file(self, name: str, requests) -> Path:
        return wrk.write_requests(self.work / f"{name}.requests", requests)

    def measured(self, program: Program, name: str, requests, connections: int = compare.CONNECTIONS) -> Measured:
        path = self.file(f"{program.name}-{name}", requests)
        return Measured(program, path, self.database_cpu, connections)

    def note(self, what: str, measured: Measured | QueryLoop) -> None:
        self.costs.append(cost_row(what, measured.rounds))

    def requests(self, kind: str) -> list[wanted.Request]:
        secret = self.bench.jwt_secret
        if kind == "add":
            return [wanted.add(person) for person in self.writers]
        if kind == "list":
            return [wanted.list_page(person) for person in self.readers]
        return [wanted.api_list(person, secret) for person in self.readers]

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
        rows = []
        url = self.bench.login.url()
        with self.bench.tickbox() as ours, self.axum(ours) as axum, self.flask() as flask:
            plain = {kind: self.requests(kind)[:1] for kind in ("list", "api")}
            compare.same_answers(ours, axum, [(one, one) for (one,) in plain.values()], heads=True)
            pairs = [(one, self.for_flask(kind, [one])[0]) for kind, (one,) in plain.items()]
            compare.same_answers(ours, flask, pairs, heads=False)
            for goal, kind, name, flask_least in ((4, "list", "list page", 25), (5, "api", "API list", 16), (None, "add", "add", 22)):
                requests = self.requests(kind)
                tickbox = self.measured(ours, kind, requests)
                by_axum = self.measured(axum, kind, requests)
                by_flask = self.measured(flask, kind, self.for_flask(kind, requests))
                together = [tickbox, by_axum, by_flask]
                if goal:
                    loop = QueryLoop(self.peers / "query-loop", url, "web" if kind == "list" else "api", self.readers)
                    together.append(loop)
                unchanged = self.unchanged(ours, kind, requests)
                if unchanged:
                    together.append(unchanged)
                alternate(*together)
                if goal:
                    most = 2.2 if goal == 4 else 2.0
                    rows.append(ratio_row(goal, f"CPU: {name} / bare query loop", ratios(tickbox.rounds, loop.rounds), most))
                    self.note(f"{name}: bare query loop", loop)
                rows.append(fraction_row(6, f"CPU: {name} / Flask", ratios(by_flask.rounds, tickbox.rounds), flask_least))
                rows.append(ratio_row(7, f"CPU: {name} / axum + sqlx", ratios(tickbox.rounds, by_axum.rounds), 1.0))
                if unchanged:
                    rows.append(ratio_row(3, f"CPU: unchanged {name} / full answer", ratios(unchanged.rounds, tickbox.rounds), 0.5))
                    self.note(f"{name}: Tickbox, unchanged", unchanged)
                self.note(f"{name}: Tickbox", tickbox)
                self.note(f"{name}: axum + sqlx", by_axum)
                self.note(f"{name}: Flask, gunicorn -w 2", by_flask)
            login = self.measured(ours, "login", [wanted.login(person) for person in self.writers])
            alternate(login, rounds=3)
            self.note("login: Tickbox", login)
        return rows

    def for_flask(self, kind: str, requests: list[wanted.Request]) -> list[wanted.Request]:
        if kind == "api":
            return requests
        people = self.writers if kind == "add" else self.readers
        cookies = (compare.flask_cookie(person, self.bench.jwt_secret) for person in people)
        return [compare.with_cookie(request, cookie) for request, cookie in zip(requests, cookies)]

    def unchanged(self, ours: Program, kind: str, requests: list[wanted.Request]) -> Measured | None:
        """The same requests of clients that have the answer; none where there is no such answer."""
        if kind == "add":
            return None
        known = []
        for request in requests[:200]:
            etag = wanted.send(ours.port, request).headers.get("ETag")
            if etag is None:
                return None
            known.append(request.with_header("If-None-Match", etag))
        assert wanted.send(ours.port, known[0]).status == 304
        return self.measured(ours, f"{kind}-unchanged", known)

    def storm(self) -> list[Row]:
        """Goal 8."""
        idle, during, logins = [], [], []
        with self.bench.tickbox() as ours:
            lists = self.file("storm-list", self.requests("list"))
            log_in = self.file("storm-login", [wanted.login(person) for person in self.writers])
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
        self.costs.append(f"| list page in the storm ({done} logins, {refused} refused) | p99 {statistics.median(l.p99_ms for l in during):.1f} ms | idle {statistics.median(l.p99_ms for l in idle):.1f} ms | | {statistics.median(l.rate for l in during):.0f} |")
        median = statistics.median(rate)
        return [
            ratio_row(8, "64 clients log in: p99 of the list page / idle", p99, 5),
            Row(8, "64 clients log in: lists per second / idle", f"{median:.2f}", "at least 0.7", median >= 0.7, False, compare.span(rate)),
        ]

    def starts(self) -> list[Row]:
        """Goal 10, on a database that has been brought up to date, as each instance of many starts."""
        taken = []
        with open(self.work / "tickbox.log", "ab") as log:
            for _ in range(STARTS):
                program = self.bench.tickbox(tls="required", MIGRATE_ON_START="false")
                taken.append(self.start(program, log) * 1000)
        median = statistics.median(taken)
        what = f"exec to the first list page, database over TLS (median of {STARTS})"
        return [Row(10, what, f"{median:.0f} ms", f"at most {START_MAX} ms", median <= START_MAX, False, f"{min(taken):.0f} to {max(taken):.0f} ms")]

    def start(self, program: Program, log) -> float:
        request = wanted.list_page(self.readers[0]).raw()
        began = time.perf_counter()
        process = subprocess.Popen(program.command, env=program.environment, stdout=log, stderr=log)
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
        connection = self.bench.root.connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@innodb_buffer_pool_size")
            (pool,) = cursor.fetchone()
            cursor.execute("SET GLOBAL innodb_buffer_pool_size = %s", (512 << 20,))
        try:
            with group:
                program = self.bench.tickbox()
                program.join = group.join
                with program:
                    people = random.Random(12).sample(self.bench.population.ordinary, PEOPLE_AT_ONCE)
                    kinds = self.mix(program, people, connection)
                    wrk.run(program, self.file("warm", self.requests("list")), 8, 5)
                    cpu, began = program.cpu(), time.monotonic()
                    before = group.throttled()
                    done = subprocess.run(
                        [str(self.peers / "mix"), program.url, str(MINUTES * 60)],
                        input="\n".join(map(json.dumps, kinds)),
                        capture_output=True,
                        text=True,
                        check=True,
                    )
                    used = (program.cpu() - cpu) / (time.monotonic() - began)
                    memory = program.memory().now
                    throttled, periods = (after - first for first, after in zip(before, group.throttled()))
        except PermissionError as error:
            return [Row(12, what, f"no control group may be made here ({error})", bound, None)]
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET GLOBAL innodb_buffer_pool_size = %s", (pool,))
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

    def mix(self, program: Program, people: list[Person], connection) -> list[dict]:
        secret = self.bench.jwt_secret
        numbers = ",".join(str(person.number) for person in people)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT user_id, LOWER(HEX(MAX(id))) FROM todos "
                f"WHERE user_id IN ({numbers}) AND removed_date IS NULL GROUP BY user_id"
            )
            newest = {user: str(uuid.UUID(text)) for user, text in cursor.fetchall()}
        ends = {}
        for person in people:
            answer = wanted.send(program.port, wanted.api_changes(person, secret))
            ends[person.number] = json.loads(answer.body)["next"]
        # Each is completed and opened again, in turn.
        flips = [wanted.complete(person, newest[person.number], state) for state in (True, False) for person in people]
        kinds = {
            "list": [wanted.list_page(person) for person in people],
            "sync": [wanted.api_changes(person, secret, ends[person.number]) for person in people],
            "add": [wanted.add(person) for person in people],
            "complete": flips,
        }
        described = [kind(name, requests, RATE * SHARES[name] / 100, [200]) for name, requests in kinds.items()]
        # The limits on logins count failures; a success costs nothing.
        described.append(kind("login", [wanted.login(person) for person in people], LOGINS_PER_SECOND, [303]))
        return described

    def growth(self) -> list[Row]:
        """Goal 13: a second database with the first one's schema and a hundredth of its rows."""
        small = Population(many=200)
        connection = self.bench.root.connect()
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS tickbox_small")
            cursor.execute("CREATE DATABASE tickbox_small CHARACTER SET utf8mb4")
            cursor.execute("SELECT password FROM users WHERE username = 'first'")
            (hash_,) = cursor.fetchone()
        connection.close()
        root = Login(self.bench.root.port, self.bench.root.user, self.bench.root.password, "tickbox_small")
        with self.bench.tickbox(login=root) as few:
            connection = root.connect()
            data.load(connection, small, hash_, str(self.work), special=False)
            connection.close()
            few.name = "tickbox-small"
            with self.bench.tickbox() as many:
                rows = []
                for name, ask in (("list page", wanted.list_page), ("API list", lambda person: wanted.api_list(person, self.bench.jwt_secret))):
                    small_one = self.measured(few, f"growth-{name.split()[0]}", map(ask, small.ordinary), 1)
                    large_one = self.measured(many, f"growth-{name.split()[0]}", map(ask, self.readers), 1)
                    alternate(small_one, large_one, rounds=GROWTH_ROUNDS)
                    values = ratios(large_one.rounds, small_one.rounds, "p50_ms")
                    rows.append(ratio_row(13, f"p50 of the {name}: 1,000,000 rows / 10,000", values, 1.2))
        return rows


def kind(name: str, requests: list[wanted.Request], per_second: float, expected: list[int]) -> dict:
    return {
        "name": name,
        "per_second": per_second,
        "expected": expected,
        "requests": [
            {
                "method": request.method,
                "path": request.path,
                "headers": [["Host", "tickbox.test"], *map(list, request.headers)],
                "body": request.body.decode(),
            }
            for request in requests
        ],
    }

