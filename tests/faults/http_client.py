"""A small HTTP/1.1 client that says exactly how an exchange ended.

Libraries hide what the suite is about: whether a connection was refused, ended without an answer, or
kept silent. Nothing is repeated here; that is the caller's decision.
"""

import asyncio
import json
from dataclasses import dataclass, field
from time import monotonic

CLIENT_TIMEOUT = 10.0  # seconds; whoever waits longer has gone away, and counts as hung
MAX_BODY = 4_000_000  # bytes; a thousand to-dos are some 300 kB


@dataclass
class Answer:
    """How one exchange ended: `kind` is answer, refused, broken (no whole answer) or silent."""

    kind: str
    seconds: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)  # name=value, of each Set-Cookie
    body: bytes = b""

    def json(self) -> dict:
        """The body, which must be JSON."""
        return json.loads(self.body)


class Connection:
    """One keep-alive connection to one port of this machine, opened when needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        """Sends one request and waits for its answer."""
        began = monotonic()
        try:
            async with asyncio.timeout(CLIENT_TIMEOUT):
                answer = await self._exchange(method, path, headers, body)
        except TimeoutError:
            answer = Answer("silent", 0)
        except ConnectionRefusedError:
            answer = Answer("refused", 0)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            answer = Answer("broken", 0)
        answer.seconds = monotonic() - began
        if answer.kind != "answer" or answer.headers.get("connection") == "close":
            self.close()
        return answer

    async def _exchange(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if self.streams is not None and self.streams[0].at_eof():
            self.close()  # the other side said good-bye while nothing was under way
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(request(self.port, method, path, headers, body))
        await writer.drain()
        return await read_answer(reader)

    def close(self) -> None:
        """Ends the connection; the next exchange opens another."""
        if self.streams is not None:
            self.streams[1].transport.abort()
            self.streams = None


def request(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer on a connection; EOFError or ValueError when it is not a whole one."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    cookies = []
    for line in filter(None, lines[1:]):
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
        if name.lower() == "set-cookie":
            cookies.append(value.strip().split(";")[0])
    status = int(lines[0].split(" ")[1])
    if headers.get("transfer-encoding") == "chunked":
        body = await read_chunks(reader)
    elif status in (204, 304):
        body = b""
    else:
        body = await reader.readexactly(min(int(headers["content-length"]), MAX_BODY))
    return Answer("answer", 0, status, headers, cookies, body)


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    """A chunked body, without trailers."""
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
        if len(body) > MAX_BODY:
            raise ValueError("the body is too long")
    await reader.readexactly(2)
    return body
