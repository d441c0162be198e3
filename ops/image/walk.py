"""A person's way through a running Tickbox, on the pages and on the API: walk.py ADDRESS. Nothing
besides HTTP. One line a check on stdout: what, found, wanted, ok or FAILED, with tabs between them."""

import json
import re
import secrets
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
JSON = {"content-type": "application/json"}
PASSWORD = "seven green bottles"


class Wrong(Exception):
    """An answer that is not the right one."""


@dataclass
class Answer:
    """One of the server's."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def text(self) -> str:
        """As it is read."""
        return self.body.decode()


class Server:
    """Asks, and wants the status that is right."""

    def __init__(self, address: str) -> None:
        self.where = urlsplit(address).netloc

    def ask(self, method: str, path: str, status: int, headers: dict[str, str] | None = None, body: str = "") -> Answer:
        """One request on a connection of its own."""
        connection = HTTPConnection(self.where, timeout=20)
        try:
            connection.request(method, path, body.encode(), headers or {})
            response = connection.getresponse()
            fields = response.getheaders()
            cookies = [value.split(";")[0] for name, value in fields if name.lower() == "set-cookie"]
            named = {name.lower(): value for name, value in fields}
            answer = Answer(response.status, named, cookies, response.read())
        finally:
            connection.close()
        if answer.status != status:
            raise Wrong(f"{method} {path}: {answer.status}, not {status}: {answer.body[:200]!r}")
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """What is there."""
        return self.ask("GET", path, 200, headers)


def expect(found: bool, words: str) -> None:
    """Or it is wrong."""
    if not found:
        raise Wrong(words)


def walk_pages(server: Server) -> str:
    """As a browser without JavaScript."""
    name = f"page{secrets.token_hex(6)}"
    person = {"first_name": "Ona", "last_name": "Petraitė", "username": name, "password": PASSWORD, "password_again": PASSWORD}
    server.ask("POST", "/register", 303, FORM, urlencode(person))
    login = urlencode({"username": name, "password": PASSWORD})
    cookie = "; ".join(server.ask("POST", "/login", 303, FORM, login).cookies)
    todo, description = str(uuid.uuid4()), f"Milk {secrets.token_hex(6)}"

    def submit(path: str, form: dict[str, str]) -> None:
        answer = server.ask("POST", path, 303, {**FORM, "cookie": cookie}, urlencode(form))
        expect(not answer.headers["location"].startswith("/login"), f"{path} leads to {answer.headers['location']}")

    def shown(path: str) -> bool:
        return description in server.get(path, cookie=cookie).text

    submit("/", {"todo_id": todo, "description": description})
    expect(shown("/?show=open"), "what was added is not shown")
    submit("/update-todo", {"todo_id": todo, "is_done": "true"})
    expect(not shown("/?show=open") and shown("/?show=done"), "what was completed is not shown as done")
    submit("/remove-todo", {"todo_id": todo})
    expect(not shown("/?show=done"), "what was removed is shown")
    server.ask("POST", "/logout", 303, {**FORM, "cookie": cookie})
    after = server.ask("GET", "/", 303, {"cookie": cookie})
    expect(after.headers["location"].startswith("/login"), "the session lives on")
    return "register, login, add, complete, remove, logout"


def walk_api(server: Server) -> str:
    """As a phone."""
    name = f"phone{secrets.token_hex(6)}"
    headers = dict(JSON)

    def call(operation: str, status: int, body: dict[str, object]) -> dict[str, object]:
        answer = server.ask("POST", f"/api/v1/{operation}", status, headers, json.dumps(body))
        return dict(json.loads(answer.body)) if answer.body else {}

    def listed() -> list[tuple[str, bool]]:
        page = json.loads(server.get("/api/v1/todo_list", **headers).body)
        return [(found["id"], found["is_done"]) for found in page["todos"]]

    call("register_user", 201, {"first_name": "Ona", "last_name": "Petraitė", "username": name, "password": PASSWORD})
    tokens = call("login", 200, {"username": name, "password": PASSWORD})
    headers["authorization"] = f"Bearer {tokens['token']}"
    todo = str(uuid.uuid4())
    call("add_todo", 201, {"id": todo, "description": "Milk"})
    expect(listed() == [(todo, False)], "what was added is not listed")
    call("update_todo_status", 200, {"id": todo, "is_done": True})
    expect(listed() == [(todo, True)], "what was completed is not listed as done")
    call("remove_todo", 200, {"id": todo})
    expect(not listed(), "what was removed is listed")
    call("logout", 204, {})
    server.ask("GET", "/api/v1/todo_list", 401, headers)
    return "register, login, add, complete, remove, logout"


def load_assets(server: Server, page: str, least: int) -> str:
    """All that a page loads, each in full; nothing of it may come from elsewhere."""
    found = re.findall(r'(?:src|href)="([^"#?]+\.(?:css|js|svg))"', server.get(page).text)
    size = 0
    for path in found:
        expect(path.startswith("/assets/"), f"{page} loads {path}")
        answer = server.get(path)
        expect("immutable" in answer.headers.get("cache-control", ""), f"{path} is not kept for ever")
        size += len(answer.body)
    expect(len(found) >= least, f"{page} loads {found}")
    return f"{len(found)} files, {size:,} bytes"


def main(address: str) -> None:
    """One line a way."""
    server = Server(address)
    ways: dict[str, Callable[[], str]] = {
        "pages": lambda: walk_pages(server),
        "API": lambda: walk_api(server),
        "assets of the pages": lambda: load_assets(server, "/login", 3),
        "Swagger UI": lambda: load_assets(server, "/api/docs", 2),
        "document of the API": lambda: f"OpenAPI {json.loads(server.get('/api/openapi.json').body)['openapi']}",
    }
    for what, way in ways.items():
        try:
            print(what, way(), "works", "ok", sep="\t")
        except (Wrong, OSError, ValueError, KeyError) as error:
            print(what, " ".join(str(error).split()), "works", "FAILED", sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
