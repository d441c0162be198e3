"""The database servers, as `./tests/faults/servers` keeps them, and a proxy in front of each."""

import asyncio
import os
import signal
from pathlib import Path

from proxy import Proxy

HERE = Path(__file__).resolve().parent
KINDS = {"mysql": 1, "group": 3, "galera": 3}  # how many servers


CANNOT = 3  # the exit status of `servers` for what cannot be had on this machine


class CannotTry(Exception):
    """What a fault needs cannot be had here: it was not tried, and has not passed."""


class Servers:
    """All nodes of one kind; a node is a number from 1."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.home = HERE.parents[1] / ".local" / "faults" / kind
        self.nodes = range(1, KINDS[kind] + 1)
        self.login = (self.home / "login").read_text().strip()
        self.ports = {node: int(self._file(node, "port").read_text()) for node in self.nodes}
        self.proxies: dict[int, Proxy] = {}

    def _file(self, node: int, name: str) -> Path:
        return self.home / f"node{node}" / name

    def name(self, node: int) -> str:
        """For people."""
        return f"{self.kind} node {node}"

    async def open_proxies(self) -> None:
        """One for each node."""
        self.proxies = {node: await Proxy(port).start() for node, port in self.ports.items()}

    def url(self, first: int, *, proxied: bool, database: str = "tickbox") -> str:
        """DATABASE_URL with every node in it, beginning with one of them."""
        order = [(first - 1 + step) % len(self.nodes) + 1 for step in range(len(self.nodes))]
        ports = [self.proxies[node].port if proxied else self.ports[node] for node in order]
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"mysql://{self.login}@{hosts}/{database}"

    async def primary(self, turn: int) -> int:
        """The node that takes writes; of many, another one each turn."""
        if self.kind != "group":
            return turn % len(self.nodes) + 1
        statement = (
            "SELECT member_port FROM performance_schema.replication_group_members"
            " WHERE member_role = 'PRIMARY' AND member_state = 'ONLINE'"
        )
        for node in self.nodes:
            rows = await self.sql(node, statement)
            if len(rows) == 1:
                return next(n for n, port in self.ports.items() if port == int(rows[0]))
        raise RuntimeError("the group has no primary")

    async def kill(self, node: int) -> None:
        """kill -9."""
        await self._verb("kill", node)

    async def restart(self, node: int) -> None:
        """Until it serves again, as a member of its cluster."""
        await self._verb("restart", node)

    async def put_on_small_disk(self, node: int) -> None:
        """It takes writes again afterwards. CannotTry where nothing can be mounted."""
        await self._verb("small", node)
        await self._verb("promote", node)

    async def put_on_large_disk(self, node: int) -> None:
        """Back, with what was written meanwhile."""
        await self._verb("large", node)

    async def fill_disk(self, node: int) -> None:
        """The small one, to the last byte."""
        await self._verb("fill", node)

    async def free_disk(self, node: int) -> None:
        """There is room again."""
        await self._verb("free", node)

    async def gave_up(self, node: int) -> bool:
        """Whether a Galera node has left the others, since it could not apply what they have."""
        if self.kind != "galera":
            return False
        rows = await self.sql(node, "SHOW STATUS LIKE 'wsrep_local_state_comment'")
        return any("Inconsistent" in row for row in rows)

    async def give_clock(self, node: int) -> None:
        """One that can be moved, and is right. It takes writes again afterwards."""
        await self._verb("clocked", node)
        await self._verb("promote", node)

    async def take_clock(self, node: int) -> None:
        """By the system's again."""
        await self._verb("unclocked", node)

    async def set_clock(self, node: int, seconds: int) -> None:
        """So much from the right time."""
        await self._verb("clock", node, f"{seconds:+}")

    async def faketime(self) -> str:
        """The library that gives a program another clock; CannotTry where there is none."""
        return (await self._verb("faketime")).strip()

    def freeze(self, node: int) -> None:
        """SIGSTOP."""
        os.kill(self._pid(node), signal.SIGSTOP)

    def thaw(self, node: int) -> None:
        """SIGCONT."""
        os.kill(self._pid(node), signal.SIGCONT)

    def _pid(self, node: int) -> int:
        return int(self._file(node, "server.pid").read_text())

    async def sql(self, node: int, statement: str) -> list[str]:
        """The rows, columns parted by tabs."""
        return (await self._verb("sql", node, statement)).splitlines()

    async def _verb(self, verb: str, node: int | None = None, *rest: str) -> str:
        process = await asyncio.create_subprocess_exec(
            HERE / "servers", verb, self.kind, *([] if node is None else [str(node)]), *rest,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        if process.returncode == CANNOT:
            raise CannotTry(errors.decode().strip().splitlines()[-1])
        if process.returncode != 0:
            raise RuntimeError(f"servers {verb} {self.kind} {node}: {errors.decode()[-500:]}")
        return output.decode(errors="replace")  # a statement may hold bytes that are no text
