"""What all measurements share: the programs, the data, the requests."""

import json
import os
import secrets
import time
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

import data
import wanted
from database import Counters, Login
from people import PASSWORD, Person, Population
from programs import Program, free_port
from report import say


class Bench:
    """One run."""

    def __init__(self, options: Namespace, many: int):
        self.options = options
        self.work: Path = options.work
        self.login = Login(options.database_port, "tickbox", os.environ["BENCH_PASSWORD"])
        self.root = Login(options.database_port, "root", os.environ["BENCH_ROOT_PASSWORD"])
        self.jwt_secret = secrets.token_hex(32)
        self.population = Population(many)
        self.program: Program  # that is measured now
        self.counters: Counters

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
        return Program("tickbox", [str((program or self.options.program).resolve())], environment, self.work / "tickbox.log", port)

    def fill(self) -> None:
        """Tickbox makes the schema and hashes a password; everybody gets a copy of that hash."""
        began = time.monotonic()
        self.login.connect().close()  # MySQL has seen the password now, and takes it without TLS
        with self.tickbox() as program:
            person = {"first_name": "A", "last_name": "B", "username": "first", "password": PASSWORD}
            headers = (("Content-Type", "application/json"),)
            call = wanted.Request("POST", "/api/v1/register_user", headers, json.dumps(person).encode())
            assert wanted.send(program.port, call).status == 201
        count = data.load(self.root, self.population.all, self.password_hash())
        say(f"{count:,} to-dos of {len(self.population.all):,} people in {time.monotonic() - began:.0f} s")

    def password_hash(self) -> str:
        return self.root.ask("SELECT password FROM users WHERE username = 'first'")[0][0]

    def requests(self, kind: str, people: Iterable[Person]) -> list[wanted.Request]:
        """One of each of them: for the page of the list, the list by the API, an added to-do, or a login."""
        if kind == "api":
            return [wanted.api_list(person, self.jwt_secret) for person in people]
        return list(map({"list": wanted.list_page, "add": wanted.add, "login": wanted.login}[kind], people))
