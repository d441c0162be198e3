"""The people whose to-dos are in the benchmark's database, and what lets each of them in.

Everything follows from a person's number, so that requests can be written without logging anybody in
and without keeping a list of secrets.
"""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from functools import cached_property

PASSWORD = "seven green bottles"
TOKEN_LIFE = 86_400  # seconds; a run takes less, and so none has to be exchanged in it


def _seed(words: str, length: int) -> bytes:
    return hashlib.sha256(f"tickbox benchmark {words}".encode()).digest()[:length]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _uuid(words: str) -> uuid.UUID:
    return uuid.UUID(bytes=_seed(words, 16), version=4)


@dataclass(frozen=True)
class Person:
    """A user with so many to-dos."""

    number: int  # the key of the row in `users`
    todos: int

    @cached_property
    def username(self) -> str:
        return f"person{self.number}"

    @cached_property
    def public_id(self) -> uuid.UUID:
        return _uuid(f"user {self.number}")

    @cached_property
    def web_session(self) -> uuid.UUID:
        return _uuid(f"web session {self.number}")

    @cached_property
    def api_session(self) -> uuid.UUID:
        return _uuid(f"api session {self.number}")

    @cached_property
    def secret(self) -> bytes:
        return _seed(f"secret {self.number}", 32)

    @property
    def secret_hash(self) -> bytes:
        return hashlib.sha256(self.secret).digest()

    @property
    def cookie(self) -> str:
        """As src/domain/session.rs reads it: the session's id and its secret."""
        return f"tickbox={_text(self.web_session.bytes + self.secret)}"

    @property
    def address(self) -> str:
        """Where they seem to sit: the limits on requests are per address, and stay switched on."""
        return f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"

    def token(self, jwt_secret: str) -> str:
        """As src/service/access_token.rs signs it."""
        secret = jwt_secret.encode()
        key_id = hashlib.sha256(b"tickbox kid" + secret).hexdigest()[:16]
        now = int(time.time())
        header = {"typ": "JWT", "alg": "HS256", "kid": key_id}
        claims = {
            "iss": "tickbox",
            "aud": "tickbox-api",
            "sub": str(self.public_id),
            "sid": str(self.api_session),
            "iat": now,
            "exp": now + TOKEN_LIFE,
        }
        signed = ".".join(_text(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{_text(hmac.digest(secret, signed.encode(), 'sha256'))}"


FIRST = 1_001  # below it is whoever registered, to have a password hashed by Tickbox itself
EACH = 50
SPECIAL = (10, 100, 1_000, 10_000)


@dataclass(frozen=True)
class Population:
    """Many people with a page of to-dos, and one each with so many more or fewer."""

    many: int

    @cached_property
    def ordinary(self) -> list[Person]:
        return [Person(FIRST + index, EACH) for index in range(self.many)]

    @cached_property
    def special(self) -> dict[int, Person]:
        first = FIRST + self.many
        return {todos: Person(first + index, todos) for index, todos in enumerate(SPECIAL)}

    @property
    def all(self) -> list[Person]:
        return self.ordinary + list(self.special.values())
