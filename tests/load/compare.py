"""What only a ratio can say: CPU of a request against peers on the same tables, in alternating rounds.

Machines are noisy. Each round measures everybody once, one after the other, so that what else the
machine does meets all of them; a ratio is the median of those of the rounds.
"""

import hashlib
import html
import json
import re
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask.sessions import session_json_serializer
from itsdangerous import URLSafeTimedSerializer

import wanted
import wrk
from people import Person
from programs import Program
from report import Row

ROUNDS = 5
SECONDS = 4
CONNECTIONS = 8  # as many as Tickbox and its peers have to the database
PEOPLE = 2_000  # whose lists are asked for, in turn


@dataclass(frozen=True)
class Cost:
    """Of one request in one round."""

    cpu: float  # seconds of the server's user and system time
    rate: float  # requests a second
    p50_ms: float = 0.0
    database_cpu: float = 0.0


class Measured:
    """A program under one kind of request."""

    def __init__(self, program: Program, requests: Path, database: Callable[[], float], connections: int = CONNECTIONS):
        self.program, self.requests, self.database = program, requests, database
        self.connections = connections
        self.rounds: list[Cost] = []

    def warm_up(self) -> None:
        wrk.run(self.program, self.requests, self.connections, 2)

    def round(self) -> None:
        cpu, database = self.program.cpu(), self.database()
        load = wrk.run(self.program, self.requests, self.connections, SECONDS)
        cpu, database = self.program.cpu() - cpu, self.database() - database
        self.rounds.append(Cost(cpu / load.requests, load.rate, load.p50_ms, database / load.requests))


class QueryLoop:
    """The bare loop counts for itself: starting it is not the statements' cost."""

    def __init__(self, program: Path, url: str, kind: str, people: list[Person]):
        sessions = (person.web_session if kind == "web" else person.api_session for person in people)
        self.command = [str(program), url, str(SECONDS)]
        self.input = "\n".join(f"{kind} {session}" for session in sessions)
        self.rounds: list[Cost] = []

    def warm_up(self) -> None:
        """It does so each time."""

    def round(self) -> None:
        done = subprocess.run(self.command, input=self.input, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        self.rounds.append(Cost(found["cpu_seconds"] / found["lists"], found["lists"] / found["seconds"]))


def alternate(*measured: Measured | QueryLoop, rounds: int = ROUNDS) -> None:
    for one in measured:
        one.warm_up()
    for _ in range(rounds):
        for one in measured:
            one.round()


def ratios(over: Measured | QueryLoop, under: Measured | QueryLoop, of: str = "cpu") -> list[float]:
    return [getattr(one, of) / getattr(other, of) for one, other in zip(over.rounds, under.rounds, strict=True)]


def span(values: list[float], form: str = "{:.2f}") -> str:
    return f"{form.format(min(values))} to {form.format(max(values))}"


def ratio_row(goal: int, what: str, over: Measured | QueryLoop, under: Measured | QueryLoop, most: float, gate: bool = False, of: str = "cpu") -> Row:
    values = ratios(over, under, of)
    median = statistics.median(values)
    return Row(goal, what, f"{median:.2f}", f"at most {most:g}", median <= most, gate, span(values))


def fraction_row(goal: int, what: str, ours: Measured, theirs: Measured, least: float) -> Row:
    """The same the other way round: so many times as much as we use."""
    values = ratios(theirs, ours)
    median = statistics.median(values)
    return Row(goal, what, f"1/{median:.1f}", f"at most 1/{least:g}", median >= least, False, span(values, "1/{:.1f}"))


def cost_row(what: str, rounds: list[Cost]) -> str:
    """A line of the second table, which has no goals: what the ratios were made of."""
    us = [cost.cpu * 1e6 for cost in rounds]
    database = [cost.database_cpu * 1e6 for cost in rounds]
    rate = statistics.median(cost.rate for cost in rounds)
    by_database = f"{statistics.median(database):.0f}" if any(database) else ""
    return f"| {what} | {statistics.median(us):.0f} | {span(us, '{:.0f}')} | {by_database} | {rate:.0f} |"


def for_flask(request: wanted.Request, person: Person, secret: str) -> wanted.Request:
    """With the cookie that Flask signs, of what Flask-Login keeps."""
    signer = URLSafeTimedSerializer(
        secret,
        salt="cookie-session",
        serializer=session_json_serializer,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )
    cookie = "session=" + signer.dumps({"_user_id": str(person.number), "_fresh": True})
    others = (header for header in request.headers if header[0] != "Cookie")
    return wanted.Request(request.method, request.path, (("Cookie", cookie), *others), request.body)


# Of a to-do in the original. Peers may have fewer fields than Tickbox, and other markup around them.
FIELDS = ("id", "description", "is_done", "created_date")
_ROW = re.compile(r'<li id="todo-([0-9a-f-]{36})"(.*?)</li>', re.DOTALL)
_TEXT = re.compile(r'<span id="text-[^>]*>(.*?)</span>', re.DOTALL)
_ASSETS = re.compile(r'(?:href|src)="(/assets/[^"]+)"')


def assets(program: Program, person: Person) -> str:
    page = wanted.send(program.port, wanted.list_page(person))
    return " ".join(_ASSETS.findall(page.body.decode()))


def _row(id_: str, markup: str) -> tuple:
    text, added = _TEXT.search(markup), re.search(r'datetime="([^"]*)"', markup)
    if text is None or added is None:
        raise SystemExit(f"the row of {id_} shows no text or no date: {markup}")
    return id_, html.unescape(text[1]), 'aria-checked="true"' in markup, added[1]


def todos_of(answer: wanted.Answer) -> list[tuple]:
    """The fields of each to-do, in order, of the JSON or of the page."""
    if answer.headers.get_content_type() == "application/json":
        return [tuple(todo[field] for field in FIELDS) for todo in answer.json()["todos"]]
    return [_row(*found) for found in _ROW.findall(answer.body.decode())]


def same_answers(ours: Program, theirs: Program, requests: list[tuple[wanted.Request, wanted.Request]], heads: bool) -> None:
    """A peer that does less has no say. Each request is a pair: ours and theirs."""
    for request, peers in requests:
        answers = [wanted.send(ours.port, request), wanted.send(theirs.port, peers)]
        statuses = [answer.status for answer in answers]
        expected, found = map(todos_of, answers) if statuses == [200, 200] else ([], [])
        if not expected or found != expected:
            different = [pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]] or [(len(expected), len(found))]
            raise SystemExit(f"{theirs.name} does not answer {request.path} as Tickbox does: {statuses}, {different[0]}")
        if heads and _head(answers[0]) != _head(answers[1]):
            raise SystemExit(f"{theirs.name} answers {request.path} with other headers: {[_head(answer) for answer in answers]}")


def _head(answer: wanted.Answer) -> list[tuple[str, str]]:
    """Without what is another one with each answer or version; how a body's end is told costs neither anything."""
    passing = {"date", "x-request-id", "content-length", "transfer-encoding", "etag"}
    return sorted((name.lower(), value) for name, value in answer.headers.items() if name.lower() not in passing)
