"""Instances of the program: starting them, ending them in every way, waiting until they are ready."""

import asyncio
import os
import random
import secrets
import signal
import socket
from pathlib import Path
from time import monotonic

from http_client import get

READY_SECONDS = 60  # a debug binary on a busy machine; the wait is for /readyz, so it is no promise
LOOK = 0.05  # seconds between looks
SECRET = secrets.token_hex(32)  # for instances that only this suite reaches

_given: set[int] = set()


class NotReady(Exception):
    """A process ended, or did not say in time that it is ready."""


def free_port() -> int:
    """Below the range that systems hand out by themselves, and never given twice: who starts again gets its own."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex(("127.0.0.1", port)) != 0:
                _given.add(port)
                return port


class Clock:
    """A clock that can be moved, for one process: libfaketime answers instead of the system, by what stands in a
    file. Only the date jumps, as when somebody sets it; timers that run by CLOCK_MONOTONIC go on, as there.
    """

    def __init__(self, file: Path, library: str) -> None:
        self.file = file
        # Without the last one libfaketime 0.9.10 mends what MySQL has right, and each of its commits waits for a second.
        self.environment = {
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }  # fmt: skip
        self.set(0)

    def set(self, seconds: int) -> None:
        """So much from the right time; the process looks once a second. Renamed, so that it reads no half line."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+}\n")
        fresh.replace(self.file)


class Instance:
    """One process of the program, on a port that it keeps over restarts."""

    def __init__(self, name: str, program: Path, database_url: str, log: Path, **settings: str) -> None:
        self.name, self.program, self.log = name, program, log
        self.port = free_port()
        self.arguments: list[str | Path] = []
        self.settings = {"DATABASE_URL": database_url, "LISTEN": f"127.0.0.1:{self.port}", **settings}
        self.process: asyncio.subprocess.Process | None = None
        self.clock: Clock | None = None
        self.excused = False  # we end it ourselves: what it leaves unanswered is no fault of its own
        self.ends = 0  # how often we have
        self.in_rotation = True  # a balancer would send requests to it

    async def start(self) -> None:
        """Starts the process; it is ready later."""
        settings = environment(self.settings) | (self.clock.environment if self.clock else {})
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                self.program, *self.arguments, env=settings, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def is_ready(self) -> bool:
        """Whether it says so itself."""
        return (await get(self.port, "/readyz")).status == 200

    async def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Until it says so; NotReady when it does not in time, or has ended."""
        end = monotonic() + seconds
        while not await self.is_ready():
            if self.process is None or self.process.returncode is not None or monotonic() > end:
                raise NotReady(f"{self.name} is not ready; its log is {self.log}")
            await asyncio.sleep(LOOK)
        self.excused, self.in_rotation = False, True

    async def kill(self) -> None:
        """kill -9."""
        self.excused, self.ends = True, self.ends + 1
        self._signal(signal.SIGKILL)
        if self.process is not None:
            await self.process.wait()

    async def terminate(self, seconds: float) -> int:
        """SIGTERM, and the exit status; kill -9 and -1 when it takes longer than `seconds`."""
        self._signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), seconds) if self.process else 0
        except TimeoutError:
            await self.kill()
            return -1

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Of an instance or a verb of the program: nothing leaks in from whoever runs the suite."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    fixed = {"JWT_SECRET": SECRET, "LOG_FORMAT": "json", "RUST_LOG": "info", "RATE_LIMITS": "off"}
    return {**kept, **fixed, **settings}


async def migrate(program: Path, database_url: str) -> None:
    """`tickbox migrate`; NotReady when it fails."""
    settings = environment({"DATABASE_URL": database_url})
    process = await asyncio.create_subprocess_exec(program, "migrate", env=settings, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise NotReady(f"tickbox migrate: {errors.decode()[-500:]}")
