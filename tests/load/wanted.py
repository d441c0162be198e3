"""The requests that are measured, as bytes on the wire."""

import gzip
import http.client
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

    def raw(self) -> bytes:
        headers = [("Host", "tickbox.test"), *self.headers]
        if self.body:
            headers.append(("Content-Length", str(len(self.body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def _browser(person: Person) -> tuple[tuple[str, str], ...]:
    return (
        ("Cookie", person.cookie),
        ("X-Forwarded-For", person.address),
        ("Sec-Fetch-Site", "same-origin"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    )


_FORM = ("Content-Type", "application/x-www-form-urlencoded")


def list_page(person: Person, cursor: str = "") -> Request:
    return Request("GET", f"/?cursor={cursor}" if cursor else "/", _browser(person))


def add(person: Person) -> Request:
    body = urlencode({"description": DRAFT}).encode()
    return Request("POST", "/", (*_browser(person), _FORM, ("HX-Request", "true")), body)


def complete(person: Person, todo: str, is_done: bool) -> Request:
    body = urlencode({"todo_id": todo, "is_done": str(is_done).lower()}).encode()
    return Request("POST", "/update-todo", (*_browser(person), _FORM, ("HX-Request", "true")), body)


def login(person: Person) -> Request:
    body = urlencode({"username": person.username, "password": PASSWORD}).encode()
    without_cookie = tuple(header for header in _browser(person) if header[0] != "Cookie")
    return Request("POST", "/login", (*without_cookie, _FORM), body)


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


def send(port: int, request: Request) -> Answer:
    """Sends it on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", "tickbox.test")
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        body = response.read()
        head = sum(len(name) + len(value) + 4 for name, value in response.getheaders())
        head += len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n")
        wire = head + len(body)
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Answer(response.status, response.headers, body, wire)
    finally:
        connection.close()
