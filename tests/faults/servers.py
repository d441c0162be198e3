"""The database servers: private, on loopback, thrown away; and a proxy in front of each."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from time import monotonic
from typing import Any

import psutil
import pymysql

from instances import Clock, free_port
from proxy import Proxy

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPORTS = ROOT / "target" / "faults"
NOTE = ROOT / ".local" / "faults-home"  # the folder of the servers that run, or were left by a run that was killed
AS_ROOT = [] if os.getuid() == 0 else ["sudo", "-n"]
READY_SECONDS = 120.0
STOP_SECONDS = 60.0
LOOK = 0.2  # seconds
ROOM_MB = 96  # of a small disk, more than the data are

# Any account of the machine can reach a loopback port, so the server's have a password. Neither server makes accounts
# while it is initialised, unless it has read those that there are.
ACCOUNTS = """FLUSH PRIVILEGES;
DROP USER IF EXISTS ''@'localhost', 'root'@'::1';
CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '{password}';
ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';
ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
CREATE DATABASE tickbox CHARACTER SET utf8mb4;
"""

class CannotTry(Exception):
    """What a fault needs cannot be had here: it was not tried, and has not passed."""


def needs(what: str) -> list[str]:
    """Where `./tests/faults/needs` finds it."""
    done = subprocess.run([HERE / "needs", what], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotTry(done.stderr.strip().splitlines()[-1].removeprefix("needs: "))
    return done.stdout.splitlines()


async def command(*words: object, **options: Any) -> tuple[int, str]:
    """The exit status of a program and what it says."""
    process = await asyncio.create_subprocess_exec(
        *map(str, words), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **options
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace").strip()


async def do(*words: object) -> None:
    """RuntimeError when the program fails."""
    status, said = await command(*words)
    if status != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {said[-500:]}")


async def until(what: str, true: Callable[..., Awaitable[bool]], *about: object) -> None:
    """RuntimeError when it does not become true in time."""
    end = monotonic() + READY_SECONDS
    while not await true(*about):
        if monotonic() > end:
            raise RuntimeError(f"{what} within {READY_SECONDS:.0f} s")
        await asyncio.sleep(LOOK)


class Node:
    """One server; it keeps its ports over restarts."""

    def __init__(self, number: int, name: str, home: Path) -> None:
        self.number, self.name = number, name
        self.folder = home / f"node{number}"
        self.data, self.files = self.folder / "data", self.folder / "files"
        self.log = REPORTS / "logs" / f"{name.replace(' ', '-')}.log"
        self.port, self.cluster_port, self.ist_port, self.sst_port = (free_port() for _ in range(4))
        self.clock: Clock | None = None
        self.process: asyncio.subprocess.Process | None = None

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def end(self) -> None:
        """Politely, and after a while by force."""
        if self.process and self.lives:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


class Servers:
    """All nodes of one kind, which are numbered from 1; this one is a single server."""

    kind, count = "mysql", 1
    account: dict[str, Any] = {}  # that the program runs as

    def __init__(self, home: Path) -> None:
        self.program, *self.parts = needs(self.kind)
        version = subprocess.run([self.program, "--no-defaults", "--version"], capture_output=True, text=True).stdout
        self.is_mariadb = "MariaDB" in version
        self.home, self.password = home / self.kind, token_hex(12)
        self._nodes = {number: Node(number, f"{self.kind} node {number}", self.home) for number in range(1, self.count + 1)}
        self.nodes = list(self._nodes)
        self.proxies: dict[int, Proxy] = {}

    def name(self, node: int) -> str:
        """For people."""
        return f"{self.kind} node {node}"

    async def start(self) -> None:
        """One is prepared, which takes seconds, and the others are copies of it."""
        first, *others = self._nodes.values()
        for node in self._nodes.values():
            node.files.mkdir(parents=True)
            node.log.parent.mkdir(parents=True, exist_ok=True)
            node.log.unlink(missing_ok=True)
        accounts = self.home / "accounts.sql"
        accounts.touch(0o600)
        accounts.write_text(ACCOUNTS.format(password=self.password))
        status, said = await command(*self.initialiser(accounts), f"--datadir={first.data}", *self.as_root())
        if status != 0:
            raise RuntimeError(f"{self.kind}: no data could be prepared: {said[-1000:]}")
        for node in others:
            await do("cp", "-a", first.data, node.data)
            (node.data / "auto.cnf").unlink(missing_ok=True)  # the identity of a server
        await self.launch_all()
        self.proxies = {number: await Proxy(node.port).start() for number, node in self._nodes.items()}

    def initialiser(self, accounts: Path) -> list[str]:
        if not self.is_mariadb:
            return [self.program, "--no-defaults", "--initialize-insecure", "--skip-log-bin", f"--init-file={accounts}"]
        path = f"{Path(self.program).parent}:{os.environ['PATH']}:/usr/bin"
        script = shutil.which("mariadb-install-db", path=path) or shutil.which("mysql_install_db", path=path)
        return [str(script), "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", f"--extra-file={accounts}"]

    def as_root(self) -> list[str]:
        """The servers refuse to run as root unasked."""
        return ["--user=root"] if os.getuid() == 0 and not self.account else []

    async def launch_all(self) -> None:
        """For the first time, until they serve together."""
        await self.launch(self._nodes[1])

    def options(self, node: Node) -> list[str]:
        """With the durability of production, so that a kill meets it."""
        return ["--skip-log-bin", "--performance-schema=OFF", f"--secure-file-priv={node.files}", *([] if self.is_mariadb else ["--mysqlx=OFF"])]

    async def launch(self, node: Node, *more: str) -> None:
        """Until its log says that it serves. The socket is relative: paths over about 100 bytes are refused."""
        before = node.log.stat().st_size if node.log.exists() else 0
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        with node.log.open("ab") as log:
            node.process = await asyncio.create_subprocess_exec(
                self.program, "--no-defaults", *self.as_root(), f"--datadir={node.data}", "--bind-address=127.0.0.1", f"--port={node.port}",
                "--socket=s.sock", f"--pid-file={node.folder / 'mysqld.pid'}", "--skip-name-resolve", "--character-set-server=utf8mb4",
                "--max-connect-errors=4294967295", *self.options(node), *more,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=node.folder, **self.account,
                env={**os.environ, "PATH": path, **(node.clock.environment if node.clock else {})},
            )  # fmt: skip

        async def serves() -> bool:
            said = node.log.read_bytes()[before:].decode(errors="replace")
            if not node.lives:
                raise RuntimeError(f"{node.name} ended: {said[-1000:]}")
            return "ready for connections" in said

        await until(f"{node.name} did not serve", serves)

    def url(self, first: int, *, proxied: bool, database: str = "tickbox") -> str:
        """DATABASE_URL with every node in it, beginning with one of them."""
        order = [(first - 1 + step) % self.count + 1 for step in range(self.count)]
        ports = [self.proxies[node].port if proxied else self._nodes[node].port for node in order]
        return f"mysql://root:{self.password}@{','.join(f'127.0.0.1:{port}' for port in ports)}/{database}"

    async def primary(self, turn: int) -> int:
        """The node that takes writes; of many, another one each turn."""
        return turn % self.count + 1

    async def kill(self, node: int) -> None:
        """kill -9."""
        self._signal(node, signal.SIGKILL)
        await self._nodes[node].process.wait()

    def freeze(self, node: int) -> None:
        self._signal(node, signal.SIGSTOP)

    def thaw(self, node: int) -> None:
        self._signal(node, signal.SIGCONT)

    def _signal(self, node: int, number: int) -> None:
        self._nodes[node].process.send_signal(number)

    async def restart(self, node: int) -> None:
        """Until it serves again, as a member of its cluster; one that serves is left alone."""
        if not self._nodes[node].lives:
            await self.launch(self._nodes[node])

    async def promote(self, node: int) -> None:
        """Makes it take writes; after its restart the former primary of a group does not."""

    async def gave_up(self, node: int) -> bool:
        """Whether it has left the others, since it could not apply what they have."""
        return False

    async def put_on_small_disk(self, node: int) -> None:
        """A file system of its own in memory; CannotTry where nothing can be mounted. No file gets holes: what a
        server has reserved stays reserved."""
        one = self._nodes[node]
        large = one.data.with_name("data.large")
        await one.end()
        owner, used = one.data.stat(), sum(file.stat().st_blocks for file in one.data.rglob("*")) // 2048
        one.data.rename(large)
        one.data.mkdir()
        options = f"size={used + ROOM_MB}m,mode=700,uid={owner.st_uid},gid={owner.st_gid}"
        status, said = await command(*AS_ROOT, "mount", "-t", "tmpfs", "-o", options, "tmpfs", one.data)
        if status != 0:
            one.data.rmdir()
            large.rename(one.data)
            await self.restart(node)
            raise CannotTry(f"no small disk could be mounted: {said}")
        await do(*AS_ROOT, "cp", "-a", "--sparse=never", f"{large}/.", one.data)
        await self.restart(node)
        await self.promote(node)

    async def put_on_large_disk(self, node: int) -> None:
        """Back, with what was written meanwhile."""
        one = self._nodes[node]
        large = one.data.with_name("data.large")
        await one.end()
        for words in (("rm", "-rf", large), ("cp", "-a", one.data, large), ("umount", one.data), ("rmdir", one.data), ("mv", large, one.data)):
            await do(*AS_ROOT, *words)
        await self.restart(node)

    async def fill_disk(self, node: int) -> None:
        """The small one, to the last byte."""
        assert self._nodes[node].data.is_mount(), "the data are on no small disk"
        await asyncio.to_thread(fill, self._nodes[node].data / "filler")

    async def free_disk(self, node: int) -> None:
        """There is room again."""
        (self._nodes[node].data / "filler").unlink(missing_ok=True)

    async def give_clock(self, node: int) -> None:
        """One that can be moved, and is right."""
        one = self._nodes[node]
        library = await self.faketime()
        await one.end()
        one.clock = Clock(one.folder / "clock", library)
        await self.restart(node)
        await self.promote(node)

    async def take_clock(self, node: int) -> None:
        """By the system's again."""
        await self._nodes[node].end()
        self._nodes[node].clock = None
        await self.restart(node)

    async def set_clock(self, node: int, seconds: int) -> None:
        """So much from the right time."""
        self._nodes[node].clock.set(seconds)

    async def faketime(self) -> str:
        """The library that gives a program another clock; CannotTry where there is none."""
        return (await asyncio.to_thread(needs, "faketime"))[0]

    async def sql(self, node: int, *statements: str) -> list[list[str]]:
        """The rows of the last one, as texts; RuntimeError when the server does not answer or refuses."""
        try:
            return await asyncio.to_thread(self._sql, self._nodes[node], statements)
        except (pymysql.Error, OSError) as error:
            raise RuntimeError(f"{self.name(node)}: {statements[-1]}: {error}") from error

    def _sql(self, node: Node, statements: tuple[str, ...]) -> list[list[str]]:
        """By the socket: no port, no TLS questions. A statement that a server shows may hold bytes that are no text."""
        connection = pymysql.connect(
            unix_socket=f"{node.data}/s.sock", user="root", password=self.password, connect_timeout=5, autocommit=True, use_unicode=False, conv={}
        )
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return [[(value or b"").decode(errors="replace") for value in row] for row in cursor.fetchall()]

    async def says(self, node: int, statement: str) -> list[list[str]]:
        """The rows; none where the server does not answer."""
        try:
            return await self.sql(node, statement)
        except RuntimeError:
            return []


def fill(file: Path) -> None:
    """Until there is no room for a byte more."""
    with file.open("ab", buffering=0) as filler:
        for size in (1 << 16, 1 << 10):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                pass


def new_home() -> Path:
    """Where `nobody` may walk; what a run that was killed left in the last one goes first."""
    if NOTE.exists():
        throw_away(Path(NOTE.read_text()))
    home = Path(mkdtemp(prefix="tickbox-faults.", dir="/var/tmp"))
    home.chmod(0o711)
    NOTE.parent.mkdir(exist_ok=True)
    NOTE.write_text(str(home))
    return home


def throw_away(home: Path) -> None:
    """Servers, small disks and data, of all kinds or of one: nothing of it is needed any more."""
    for process in psutil.process_iter(["cmdline"]):
        if any(f"--datadir={home}/" in word for word in process.info["cmdline"] or ()):
            process.kill()
    for data in (*home.glob("node*/data"), *home.glob("*/node*/data")):
        if data.is_mount():
            subprocess.run([*AS_ROOT, "umount", "-l", data], check=False)
    shutil.rmtree(home, ignore_errors=True)
