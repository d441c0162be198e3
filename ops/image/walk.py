"""A person's way through a running Tickbox, on the pages and on the API: walk.py ADDRESS, by a Python that has
requests. One line a check on stdout: what, found, wanted, ok or FAILED, with tabs between them."""

import re
import secrets
import sys
import uuid
from collections.abc import Callable
from functools import partial

import requests

PASSWORD = "seven green bottles"


class Wrong(Exception):
    """An answer that is not the right one."""


class Visitor(requests.Session):
    """Asks, keeps its cookies, and wants the status that is right."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.trust_env = False  # no proxy lies on the way to this machine
        self.headers["sec-fetch-site"] = "same-origin"

    def ask(self, method: str, path: str, status: int = 200, **body: object) -> requests.Response:
        """One request."""
        answer = self.request(method, self.address + path, timeout=20, allow_redirects=False, **body)  # type: ignore[arg-type]
        expect(answer.status_code == status, f"{method} {path}: {answer.status_code}, not {status}: {answer.text[:200]!r}")
        return answer


def expect(found: bool, words: str) -> None:
    """Or it is wrong."""
    if not found:
        raise Wrong(words)


def walk_pages(visitor: Visitor) -> str:
    """As a browser without JavaScript."""
    name = f"page{secrets.token_hex(6)}"
    person = {"first_name": "Ona", "last_name": "Petraitė", "username": name, "password": PASSWORD, "password_again": PASSWORD}
    visitor.ask("POST", "/register", 303, data=person)
    visitor.ask("POST", "/login", 303, data={"username": name, "password": PASSWORD})
    # Its cookie is for HTTPS, which a proxy would end.
    visitor.headers["cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies)
    todo, description = str(uuid.uuid4()), f"Milk {secrets.token_hex(6)}"

    def submit(path: str, **form: str) -> None:
        location = visitor.ask("POST", path, 303, data={"todo_id": todo, **form}).headers["location"]
        expect(not location.startswith("/login"), f"{path} leads to {location}")

    def shown(path: str) -> bool:
        return description in visitor.ask("GET", path).text

    submit("/", description=description)
    expect(shown("/?show=open"), "what was added is not shown")
    submit("/update-todo", is_done="true")
    expect(not shown("/?show=open") and shown("/?show=done"), "what was completed is not shown as done")
    submit("/remove-todo")
    expect(not shown("/?show=done"), "what was removed is shown")
    visitor.ask("POST", "/logout", 303)
    after = visitor.ask("GET", "/", 303)
    expect(after.headers["location"].startswith("/login"), "the session lives on")
    return "register, login, add, complete, remove, logout"


def walk_api(visitor: Visitor) -> str:
    """As a phone."""
    name, todo = f"phone{secrets.token_hex(6)}", str(uuid.uuid4())

    def call(operation: str, status: int, **body: object) -> requests.Response:
        return visitor.ask("POST", f"/api/v1/{operation}", status, json=body)

    def listed() -> list[tuple[str, bool]]:
        return [(found["id"], found["is_done"]) for found in visitor.ask("GET", "/api/v1/todo_list").json()["todos"]]

    call("register_user", 201, first_name="Ona", last_name="Petraitė", username=name, password=PASSWORD)
    tokens = call("login", 200, username=name, password=PASSWORD).json()
    visitor.headers["authorization"] = f"Bearer {tokens['token']}"
    call("add_todo", 201, id=todo, description="Milk")
    expect(listed() == [(todo, False)], "what was added is not listed")
    call("update_todo_status", 200, id=todo, is_done=True)
    expect(listed() == [(todo, True)], "what was completed is not listed as done")
    call("remove_todo", 200, id=todo)
    expect(not listed(), "what was removed is listed")
    call("logout", 204)
    visitor.ask("GET", "/api/v1/todo_list", 401)
    return "register, login, add, complete, remove, logout"


def load_assets(page: str, least: int, visitor: Visitor) -> str:
    """All that a page loads, each in full; nothing of it may come from elsewhere."""
    found = re.findall(r'(?:src|href)="([^"#?]+\.(?:css|js|svg))"', visitor.ask("GET", page).text)
    expect(len(found) >= least, f"{page} loads {found}")
    size = 0
    for path in found:
        expect(path.startswith("/assets/"), f"{page} loads {path}")
        answer = visitor.ask("GET", path)
        expect("immutable" in answer.headers.get("cache-control", ""), f"{path} is not kept for ever")
        size += len(answer.content)
    return f"{len(found)} files, {size:,} bytes"


WAYS: dict[str, Callable[[Visitor], str]] = {
    "pages": walk_pages,
    "API": walk_api,
    "assets of the pages": partial(load_assets, "/login", 3),
    "Swagger UI": partial(load_assets, "/api/docs", 2),
    "document of the API": lambda visitor: f"OpenAPI {visitor.ask('GET', '/api/openapi.json').json()['openapi']}",
}


def main(address: str) -> None:
    """One line a way, each by a visitor of its own."""
    for what, way in WAYS.items():
        try:
            print(what, way(Visitor(address)), "works", "ok", sep="\t")
        except (Wrong, OSError, ValueError, KeyError) as error:
            print(what, " ".join(str(error).split()), "works", "FAILED", sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
