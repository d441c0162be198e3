"""One exchange over HTTP, and exactly how it ended: the suite is about connections that are refused, end without
an answer, or keep silent. Nothing is repeated here; that is the caller's decision.
"""

import asyncio
import json
from dataclasses import dataclass, field
from time import monotonic

import httpx

CLIENT_TIMEOUT = 10.0  # seconds; a client that waits longer has gone away, and counts as hung


@dataclass
class Answer:
    """How one exchange ended: `kind` is answer, refused, broken (no whole answer) or silent."""

    kind: str
    seconds: float = 0.0
    status: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""

    def json(self) -> dict:
        """The body, which must be JSON."""
        return json.loads(self.body)


def new_client() -> httpx.AsyncClient:
    """Keep-alive connections and cookies of one person."""
    return httpx.AsyncClient(verify=False, trust_env=False, timeout=None, headers={"accept-encoding": "identity"})


async def exchange(client: httpx.AsyncClient, port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
    """Sends one request to a port of this machine and waits for its answer."""
    began = monotonic()
    try:
        async with asyncio.timeout(CLIENT_TIMEOUT):
            got = await client.request(method, f"http://127.0.0.1:{port}{path}", headers=headers, content=body)
        answer = Answer("answer", 0, got.status_code, got.headers, got.content)
    except TimeoutError:
        answer = Answer("silent")
    except httpx.ConnectError:
        answer = Answer("refused")
    except httpx.TransportError:
        answer = Answer("broken")
    answer.seconds = monotonic() - began
    return answer


async def get(port: int, path: str) -> Answer:
    """On a connection of its own."""
    async with new_client() as client:
        return await exchange(client, port, "GET", path, {})
