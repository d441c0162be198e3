"""Fills the database, measures, prints the table; see ./ops/bench/run, which starts this."""

import argparse
import json
import os
import secrets
import sys
import time
from pathlib import Path

import data
import exact
import report
import wanted
from database import Counters, Login
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

    def tickbox(self, tls: str = "disabled", **settings: str) -> Program:
        port = free_port()
        environment = {
            "DATABASE_URL": self.login.url(tls),
            "LISTEN": f"127.0.0.1:{port}",
            "JWT_SECRET": self.jwt_secret,
            # Limits on requests stay on: each person comes from an address of their own.
            "TRUSTED_PROXY_HOPS": "1",
            "LOG_FORMAT": "json",
            **settings,
        }
        return Program("tickbox", [str(self.arguments.program)], environment, self.work / "tickbox.log", port)

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

    def exact(self) -> list[report.Row]:
        with self.tickbox() as program:
            setting = exact.Setting(program, self.population, Counters(self.root), self.jwt_secret, self.work)
            exact.settle(setting)
            rows = exact.wire(setting) + exact.rows_read(setting) + exact.statements(setting)
        with self.tickbox() as program:
            setting.program = program
            rows += exact.memory(setting)
        return rows


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["quick", "full"])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--database-port", type=int, required=True)
    parser.add_argument("--database-pid", type=int, required=True)
    bench = Bench(parser.parse_args())
    bench.fill()
    rows = sorted(bench.exact(), key=lambda row: row.goal)
    print(report.table(rows))
    missed = [row for row in rows if row.gate and row.met is not True]
    if missed:
        say(f"{len(missed)} of {len(rows)} are not met")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
