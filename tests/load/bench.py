"""Fills the database, measures, prints the table; see ./tests/load/run, which starts this."""

import argparse
import importlib.metadata
import json
import os
import platform
import secrets
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import data
import earlier
import exact
import report
import wanted
from database import Counters, Login
from full import Full
from people import PASSWORD, Population
from programs import Program, free_port

QUICK = Population(many=200)
FULL = Population(many=20_000)


class Bench:
    """The programs and the data that all measurements share."""

    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        self.work: Path = arguments.work
        port = arguments.database_port
        self.login = Login(port, "tickbox", os.environ["BENCH_PASSWORD"])
        self.root = Login(port, "root", os.environ["BENCH_ROOT_PASSWORD"])
        self.jwt_secret = secrets.token_hex(32)
        self.population = QUICK if arguments.mode == "quick" else FULL

    def tickbox(self, tls: str = "disabled", login: Login | None = None, program: Path | None = None, **settings: str) -> Program:
        port = free_port()
        environment = {
            "DATABASE_URL": (login or self.login).url(tls),
            "LISTEN": f"127.0.0.1:{port}",
            "JWT_SECRET": self.jwt_secret,
            # Limits on requests stay on: each person comes from an address of their own.
            "TRUSTED_PROXY_HOPS": "1",
            "LOG_FORMAT": "json",
            **settings,
        }
        return Program("tickbox", [str(program or self.arguments.program)], environment, self.work / "tickbox.log", port)

    def fill(self) -> None:
        """Tickbox makes the schema and hashes a password; everybody gets a copy of that hash."""
        began = time.monotonic()
        self.login.connect().close()  # MySQL has seen the password now, and takes it without TLS
        with self.tickbox() as program:
            person = {"first_name": "A", "last_name": "B", "username": "first", "password": PASSWORD}
            headers = (("Content-Type", "application/json"),)
            call = wanted.Request("POST", "/api/v1/register_user", headers, json.dumps(person).encode())
            assert wanted.send(program.port, call).status == 201
        connection = self.root.connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT password FROM users")
            (hash_,) = cursor.fetchone()
        count = data.load(connection, self.population, hash_, str(self.work))
        connection.close()
        say(f"{count:,} to-dos of {len(self.population.all):,} people in {time.monotonic() - began:.0f} s")

    def fresh(self) -> None:
        connection = self.root.connect()
        data.keep_sessions_fresh(connection)
        connection.close()

    def exact(self) -> list[report.Row]:
        with self.tickbox() as program:
            setting = exact.Setting(program, self.population, Counters(self.root), self.jwt_secret, self.work)
            exact.settle(setting)
            rows = exact.wire(setting) + exact.rows_read(setting) + exact.statements(setting)
        with self.tickbox() as program:
            setting.program = program
            rows += exact.memory(setting)
        return rows

    def all(self, goals: set[int]) -> tuple[list[report.Row], list[str]]:
        """The exact part, and what takes time; of these only what bears on `goals`, if there are any."""
        full = Full(self)
        parts = [
            ({1, 2, 9, 11}, self.exact),
            ({3, 4, 5, 6, 7}, full.peers_rows),
            ({8}, full.storm),
            ({10}, full.starts),
            ({13}, full.growth),
            ({12}, full.smallest),
        ]
        rows = []
        for about, measure in parts:
            if not goals or goals & about:
                self.fresh()
                began = time.monotonic()
                found = measure()
                say(report.table(found))
                say(f"{time.monotonic() - began:.0f} s")
                rows += found
        return rows, full.costs


def machine(bench: Bench) -> list[str]:
    """What the figures were made on."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
    connection = bench.root.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@sync_binlog, @@log_bin, @@innodb_buffer_pool_size")
        version, flush, sync, binlog, pool = cursor.fetchone()
        cursor.execute("SELECT COUNT(*) FROM todos")
        (todos,) = cursor.fetchone()
    compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    packages = {name: importlib.metadata.version(name) for name in ("flask", "sqlalchemy", "gunicorn", "pymysql")}
    return [
        f"- {model}, {os.cpu_count()} processors, {memory:.0f} GiB, Linux {platform.release()}; load average {os.getloadavg()[1]:.1f} over the last five minutes",
        f"- MySQL or MariaDB {version}: innodb_flush_log_at_trx_commit={flush}, sync_binlog={sync}, log_bin={binlog}, buffer pool {pool >> 20} MiB; {todos:,} to-dos of {len(bench.population.all):,} people",
        f"- {compiler}; " + ", ".join(f"{name} {version}" for name, version in packages.items()),
    ]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def write_results(path: Path, bench: Bench, rows: list[report.Row], costs: list[str], began: str) -> None:
    remarks = report.remarks(rows, path.with_name("unmet.md"))
    sections = [
        "# Measured\n",
        "Written by `./tests/load/run`, which anybody can repeat; what is measured and how stands in [README.md](README.md).\n",
        f"{began} UTC:\n",
        "\n".join(machine(bench)) + "\n",
        report.table(rows) + "\n",
        "A ratio is the median of alternating rounds, beside it the least and the most of a round.\n",
        "## What they were made of\n",
        "Medians of the rounds; CPU is user and system time, in microseconds for a request.\n",
        "| | CPU | spread | the database's CPU | requests/s |\n|---|---|---|---|---|\n" + "\n".join(costs) + "\n",
    ]
    if remarks:
        sections += ["## What is not met, and why\n", remarks]
    path.write_text("\n".join(sections), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["quick", "full", "earlier"])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--earlier", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--database-port", type=int, required=True)
    parser.add_argument("--database-pid", type=int, required=True)
    parser.add_argument("--goals", type=int, nargs="*", default=[])
    arguments = parser.parse_args()
    began = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    bench = Bench(arguments)
    bench.fill()
    if arguments.mode == "quick":
        rows, costs = bench.exact(), []
    elif arguments.mode == "earlier":
        bench.fresh()
        rows, costs = earlier.rows(Full(bench), arguments.earlier)
    else:
        rows, costs = bench.all(set(arguments.goals))
    rows.sort(key=lambda row: row.goal)
    print(report.table(rows))
    if costs:
        print("\n".join(costs))
    if arguments.mode == "full" and not arguments.goals:
        write_results(Path(__file__).with_name("RESULTS.md"), bench, rows, costs, began)
    missed = [row for row in rows if row.gate and row.met is False]
    if missed:
        say(f"{len(missed)} of {len(rows)} may not be missed, and are")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
