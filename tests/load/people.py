"""The people whose to-dos are in the benchmark's database, and what lets each of them in.

Everything follows from a person's number, so that requests can be written without logging anybody in
and without keeping a list of secrets.
"""

import base64
import hashlib
import time
import uuid
from dataclasses import dataclass
from functools import cached_property

import jwt

PASSWORD = "seven green bottles"
TOKEN_LIFE = 86_400  # seconds; a run takes less, and so none has to be exchanged in it


@dataclass(frozen=True)
class Person:
    """A user with so many to-dos."""

    number: int  # the key of the row in `users`
    todos: int

    def _seed(self, what: str) -> bytes:
        return hashlib.sha256(f"tickbox benchmark {what} {self.number}".encode()).digest()

    def _id(self, what: str) -> uuid.UUID:
        return uuid.UUID(bytes=self._seed(what)[:16], version=4)

    @cached_property
    def username(self) -> str:
        return f"person{self.number}"

    @cached_property
    def public_id(self) -> uuid.UUID:
        return self._id("user")

    @cached_property
    def web_session(self) -> uuid.UUID:
        return self._id("web session")

    @cached_property
    def api_session(self) -> uuid.UUID:
        return self._id("api session")

    @property
    def secret_hash(self) -> bytes:
        return hashlib.sha256(self._seed("secret")).digest()

    @property
    def cookie(self) -> str:
        """As src/domain/session.rs reads it: the session's id and its secret."""
        return "tickbox=" + base64.urlsafe_b64encode(self.web_session.bytes + self._seed("secret")).rstrip(b"=").decode()

    @property
    def address(self) -> str:
        """Where they seem to sit: the limits on requests are per address, and stay switched on."""
        return f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"

    def token(self, secret: str) -> str:
        """As src/service/access_token.rs signs it."""
        key_id = hashlib.sha256(f"tickbox kid{secret}".encode()).hexdigest()[:16]
        now = int(time.time())
        claims = {"iss": "tickbox", "aud": "tickbox-api", "sub": str(self.public_id), "sid": str(self.api_session)}
        return jwt.encode(claims | {"iat": now, "exp": now + TOKEN_LIFE}, secret, headers={"kid": key_id})


FIRST = 1_001  # below it is whoever registered, to have a password hashed by Tickbox itself
EACH = 50
SPECIAL = (10, 100, 1_000, 10_000)


class Population:
    """Many people with a page of to-dos, and one each with so many more or fewer."""

    def __init__(self, many: int) -> None:
        self.ordinary = [Person(FIRST + index, EACH) for index in range(many)]
        self.special = {todos: Person(FIRST + many + index, todos) for index, todos in enumerate(SPECIAL)}
        self.all = self.ordinary + list(self.special.values())
