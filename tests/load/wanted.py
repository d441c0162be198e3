"""The requests that are measured, as bytes on the wire."""

import gzip
import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode

from people import PASSWORD, Person

DRAFT = "buy milk & <b>bread</b> “now”"


@dataclass(frozen=True)
class Request:
    """One request of one person."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def with_header(self, name: str, value: str) -> "Request":
        return Request(self.method, self.path, (*self.headers, (name, value)), self.body)

    def all_headers(self) -> list[tuple[str, str]]:
        length = [("Content-Length", str(len(self.body)))] if self.body else []
        return [("Host", "tickbox.test"), *self.headers, *length]

    def raw(self) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.all_headers())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def _browser(person: Person) -> tuple[tuple[str, str], ...]:
    return (
        ("Cookie", person.cookie),
        ("X-Forwarded-For", person.address),
        ("Sec-Fetch-Site", "same-origin"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    )


def list_page(person: Person, cursor: str = "") -> Request:
    return Request("GET", f"/?cursor={cursor}" if cursor else "/", _browser(person))


def _form(path: str, headers: tuple[tuple[str, str], ...], **fields: str) -> Request:
    return Request("POST", path, (*headers, ("Content-Type", "application/x-www-form-urlencoded")), urlencode(fields).encode())


def add(person: Person) -> Request:
    return _form("/", (*_browser(person), ("HX-Request", "true")), description=DRAFT)


def complete(person: Person, todo: str, is_done: bool) -> Request:
    return _form("/update-todo", (*_browser(person), ("HX-Request", "true")), todo_id=todo, is_done=str(is_done).lower())


def login(person: Person) -> Request:
    without_cookie = tuple(header for header in _browser(person) if header[0] != "Cookie")
    return _form("/login", without_cookie, username=person.username, password=PASSWORD)


def _phone(person: Person, jwt_secret: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", f"Bearer {person.token(jwt_secret)}"),
        ("X-Forwarded-For", person.address),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", "okhttp/4.12.0"),
    )


def api_list(person: Person, jwt_secret: str, cursor: str = "") -> Request:
    place = f"&cursor={cursor}" if cursor else ""
    return Request("GET", f"/api/v1/todo_list?limit=50{place}", _phone(person, jwt_secret))


def api_changes(person: Person, jwt_secret: str, since: str = "", limit: int = 1000) -> Request:
    """What has changed since then; a first copy without it."""
    place = f"&since={since}" if since else ""
    return Request("GET", f"/api/v1/todo_changes?limit={limit}{place}", _phone(person, jwt_secret))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes  # unpacked, if it came compressed
    wire: int  # bytes of head and body, as they came

    def json(self) -> dict:
        return json.loads(self.body)


def send(port: int, request: Request) -> Answer:
    """Sends it on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.all_headers():
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        body = response.read()
    head = sum(len(name) + len(value) + 4 for name, value in response.getheaders())
    wire = head + len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n") + len(body)
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(response.status, response.headers, body, wire)
