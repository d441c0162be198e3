"""The faults, one function each: it breaks something, waits, heals it, and says when that was."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import monotonic, time

from hangups import hang_up
from hoarder import hoard, new_hoarder
from http_client import get
from instances import Instance
from servers import CannotTry, Servers
from users import Phone, World

DRAIN = 2  # seconds that an instance goes on serving after SIGTERM; a balancer needs one to notice
GRACE = 10  # seconds more that the requests under way may take
RECOVERY_LIMIT = 30.0  # seconds after healing in which every instance must acknowledge a write
MYSQL_LOOKS_AGAIN = 60.0  # seconds from one look of MySQL whether its full binary log has room to the next
FULL_PATIENCE = 60  # seconds in which a full disk must have stood in somebody's way
# An hour forward, a day back, and right again: beyond the life of a token, and before what was written.
JUMPS = (3_700, -86_400, 0)  # seconds from the right time
SLOW = 16.0  # seconds in which a table answers nobody: three reads are given up, one after the other
READERS = 8  # at each instance, besides everybody else
# Of an instance: CONNECTIONS of src/main.rs, and as many writes whose callers were sent away. What was given up
# is among them until the server has let it go.
PLACES = 16
# Not information_schema.processlist, which MySQL 9.7 cannot show while the parameter of a statement is bytes (3854).
THREADS = "SHOW PROCESSLIST"
DATABASE, COMMAND = 3, 4  # columns of it
NOTICED = 10  # seconds in which a program must have looked at its moved clock; it does each second


@dataclass
class Stage:
    """Where a fault happens."""

    servers: Servers
    world: World
    run: str
    long: bool
    turn: int = 0
    node: int = 1  # that is prepared for the fault, where one is

    def hold(self) -> float:
        """How long the database keeps silent, in seconds: longer than the five in which a failure must be told."""
        return 10 if self.long else 7

    def instance(self):
        """Another one each turn."""
        return self.world.instances[self.turn % len(self.world.instances)]


async def calm(stage: Stage) -> float:
    await asyncio.sleep(1)
    return monotonic()


async def kill(stage: Stage) -> float:
    node = await stage.servers.primary(stage.turn)
    await stage.servers.kill(node)
    await asyncio.sleep(1)
    await stage.servers.restart(node)
    return monotonic()


async def freeze(stage: Stage) -> float:
    node = await stage.servers.primary(stage.turn)
    stage.servers.freeze(node)
    try:
        await asyncio.sleep(stage.hold())
    finally:
        stage.servers.thaw(node)
    await stage.servers.restart(node)  # it may have been put out of its cluster meanwhile
    return monotonic()


def through_proxy(mode: str, seconds: float | None = None) -> Callable[[Stage], Awaitable[float]]:
    """In front of the node that takes writes; without a time as long as the database keeps silent."""

    async def misbehave(stage: Stage) -> float:
        proxy = stage.servers.proxies[await stage.servers.primary(stage.turn)]
        proxy.set(mode)
        await asyncio.sleep(seconds or stage.hold())
        proxy.set("pass")
        return monotonic()

    return misbehave


async def app_kill(stage: Stage) -> float:
    instance = stage.instance()
    await instance.kill()
    await asyncio.sleep(0.5)
    await instance.start()
    await instance.wait_ready()
    return monotonic()


async def app_term(stage: Stage) -> float:
    """The clients are behind a balancer that stops sending when /readyz no longer says 200."""
    instance = stage.instance()
    ending = asyncio.create_task(instance.terminate(DRAIN + GRACE))
    began = monotonic()
    while await instance.is_ready():
        if monotonic() > began + DRAIN / 2:
            stage.world.record.count("wrong", f"{instance.name} was told to stop, and still says that it is ready")
            break
        await asyncio.sleep(0.05)
    instance.in_rotation = False
    status = await ending
    if status != 0:
        stage.world.record.count("wrong", f"{instance.name} ended with {status} after {monotonic() - began:.1f} s")
    await instance.start()
    await instance.wait_ready()
    return monotonic()


async def disconnect(stage: Stage) -> float:
    await hang_up(stage.world, f"{stage.run}-{stage.turn}", 10_000 if stage.long else 1_000)
    return monotonic()


async def disk(stage: Stage) -> float:
    """Full until somebody has been refused, or the node has left its cluster, and for a while after that."""
    servers, record = stage.servers, stage.world.record
    hoarder = await new_hoarder(stage.world, f"{stage.run}-hoarder{stage.turn}")
    before, began = record.unavailable, monotonic()
    await servers.fill_disk(stage.node)
    try:
        async with asyncio.TaskGroup() as together:
            together.create_task(hoard(hoarder))
            # Clients of a Galera node that has left go on at another one, and need not be refused.
            while not (noticed := record.unavailable > before or await servers.gave_up(stage.node)):
                if monotonic() > began + FULL_PATIENCE:
                    break
                await asyncio.sleep(0.1)
            if not noticed:
                record.count("wrong", f"the disk was full for {FULL_PATIENCE} s, and stood in nobody's way: nothing was tried")
            await asyncio.sleep(stage.hold())
    finally:
        await servers.free_disk(stage.node)
        await hoarder.client.aclose()
    await servers.restart(stage.node)  # where it has ended itself, or has been put out of its cluster
    return monotonic()


async def clock(stage: Stage) -> float:
    """Of the server that takes writes."""
    for seconds in JUMPS:
        await stage.servers.set_clock(stage.node, seconds)
        await asyncio.sleep(stage.hold() / 2)
        [[told]] = await stage.servers.sql(stage.node, "SELECT UNIX_TIMESTAMP(NOW(6))")
        if abs(float(told) - time() - seconds) > 60:
            raise CannotTry(f"{stage.servers.name(stage.node)} does not go by the clock that it was given")
    return monotonic()


async def app_clock(stage: Stage) -> float:
    """Of one instance, while the others are right."""
    instance = stage.instance()
    for seconds in JUMPS:
        instance.clock.set(seconds)
        # Forward alone: the date of an answer does not go back, since hyper waits for the next second of it.
        end = monotonic() + NOTICED
        while seconds > 0 and await ahead(instance) < seconds / 2:
            if monotonic() > end:
                raise CannotTry("the program does not go by the clock that it was given: is it static?")
            await asyncio.sleep(0.2)
        await asyncio.sleep(stage.hold() / 2)
    return monotonic()


async def slow(stage: Stage) -> float:
    """Reads that nobody waits for any more must end in the database, or each that is asked once more is one more."""
    servers, record, instances = stage.servers, stage.world.record, stage.world.instances
    readers = [Phone(stage.world, f"{stage.run}-{stage.turn}-reader{n}") for n in range(READERS * len(instances))]
    await asyncio.gather(*(reader.begin() for reader in readers))
    node = await servers.primary(stage.turn)
    locked = asyncio.create_task(servers.sql(node, "LOCK TABLES tickbox.todos WRITE", f"DO SLEEP({SLOW})"))
    reading = [asyncio.create_task(read_on(reader, locked)) for reader in readers]
    most = 0
    while not locked.done():
        most = max(most, at_work(await servers.sql(node, THREADS)))
        await asyncio.sleep(0.1)
    healed = monotonic()
    await locked
    await asyncio.gather(*reading)
    if most > PLACES * len(instances):
        record.count("open", f"{most} statements were at work for {PLACES} places of {len(instances)} instances")
    if most == 0:
        record.count("wrong", "the table was slow, and nobody waited for it: nothing was tried")
    return healed


def at_work(threads: list[list[str]]) -> int:
    """How many are at a statement of ours."""
    return sum(thread[DATABASE] == "tickbox" and thread[COMMAND] != "Sleep" for thread in threads)


async def read_on(reader: Phone, until: asyncio.Task) -> None:
    """The list, again and again; a failure is judged, and that is all."""
    while not until.done():
        await reader.read(reader.next_instance(), "/api/v1/todo_list")
        await asyncio.sleep(0.05)
    await reader.client.aclose()


async def ahead(instance: Instance) -> float:
    """How far the clock of an instance is ahead, in seconds, as it says with each answer."""
    answer = await get(instance.port, "/healthz")
    return parsedate_to_datetime(answer.headers["date"]).timestamp() - time() if answer.headers.get("date") else 0.0


@dataclass(frozen=True)
class Fault:
    """One line of `--list`."""

    about: str
    cause: Callable[[Stage], Awaitable[float]]
    proxied: bool = False  # the program reaches its database through the proxies
    database: bool = True  # the database fails, not the program: worth trying on each kind of cluster
    unavailable: bool = True  # 503 is an answer that may be given meanwhile
    once: bool = False  # large enough not to be repeated
    # What makes a server ready for it before anybody comes, and what takes that back.
    prepare: Callable[[Servers, int], Awaitable[None]] | None = None
    restore: Callable[[Servers, int], Awaitable[None]] | None = None
    recovery: float = RECOVERY_LIMIT
    wrong_clocks: bool = False  # of instances: tokens may have expired early, and dates are in another order


FAULTS = {
    "calm": Fault("nothing fails: the yardstick for the others", calm, database=False, unavailable=False),
    "kill": Fault("kill -9 of the database server (of the primary; of every Galera node in turn), and restart", kill),
    "freeze": Fault("SIGSTOP of the database server, then SIGCONT", freeze),
    "cut": Fault("every connection to the database is reset for a second", through_proxy("cut", 1), proxied=True),
    "blackhole": Fault("nothing comes through to the database, or back", through_proxy("blackhole"), proxied=True),
    "half": Fault("answers of the database end in the middle, for a second", through_proxy("half", 1), proxied=True),
    "delay": Fault("100 ms more in each direction between program and database", through_proxy("delay", 3), proxied=True),
    "slow": Fault("a table answers nobody for 16 s, and eight more phones at each instance ask for their lists", slow),
    "app-kill": Fault("kill -9 of an instance of the program, and restart", app_kill, database=False),
    "app-term": Fault("SIGTERM to an instance behind a balancer, and restart", app_term, database=False, unavailable=False),
    "disconnect": Fault(
        "1,000 clients (--long: 10,000) that send a write and hang up within 30 ms",
        disconnect, database=False, once=True,
    ),
    "disk": Fault(
        "the disk of the database server (of the primary; of one Galera node) is full, then it has room", disk,
        prepare=Servers.put_on_small_disk, restore=Servers.put_on_large_disk, recovery=MYSQL_LOOKS_AGAIN + RECOVERY_LIMIT,
    ),
    "clock": Fault(
        "the clock of the database server goes an hour forward, a day back, and right", clock,
        prepare=Servers.give_clock, restore=Servers.take_clock,
    ),
    "app-clock": Fault("the same clock of an instance of the program", app_clock, database=False, unavailable=False, wrong_clocks=True),
}  # fmt: skip

# The short form leaves out on clusters what has nothing to do with their being clusters, and a full disk,
# which takes a minute to be noticed as empty again.
SHORT_ON_CLUSTERS = ("kill", "freeze", "blackhole")


def chosen(servers: Servers | type[Servers], long: bool) -> list[str]:
    """The faults of a run that names none."""
    return list(FAULTS if long or servers.count == 1 else SHORT_ON_CLUSTERS)
