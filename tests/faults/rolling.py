"""Replacing the program under load: not one request may fail; see ./tests/faults/rolling."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

from balancer import Balancer, noticed
from instances import Instance, NotReady, migrate
from record import Record
from report import say, write_report
from servers import REPORTS, ROOT, Servers, needs
from suite import on_each, options_of
from users import REQUESTS, World, living
from verify import verify_rows, verify_users

DRAIN = 2  # seconds; the balancer asks each half second
GRACE = 10  # seconds more for the requests under way
PHONES, BROWSERS = 20, 6
RATE = 200  # requests a second of all of them together, where the machine can do so much
CADENCE = tuple(part * (PHONES + BROWSERS) * REQUESTS / RATE for part in (0.7, 1.3))  # seconds
FEWEST = 50  # a second: with fewer there was no load worth the name
ROUNDS, LONG_ROUNDS = 2, 20
TEN = 10  # instances that start at once
WATCH = 2.0  # seconds in which an instance on an old schema must not become ready
VERSION = 9000  # of the first migration that `rolling` adds to the new program
ADDED = 2  # of them
LIST = 100_000  # to-dos of one person who is away


@dataclass(eq=False)
class Check:
    """One line of the result."""

    name: str
    figures: dict[str, int | float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


@dataclass
class Ground:
    """What all checks stand on."""

    servers: Servers
    old: Path
    new: Path
    balancer: str  # the program

    def url(self, database: str = "tickbox") -> str:
        """Any node; the program finds the one that writes."""
        return self.servers.url(1, proxied=False, database=database)

    def instance(self, name: str, program: Path, url: str, *, migrates: bool) -> Instance:
        """Not started yet."""
        settings = {"MIGRATE_ON_START": str(migrates).lower(), "DRAIN_SECONDS": str(DRAIN)}
        return Instance(name, program, url, REPORTS / "logs" / f"rolling-{name.replace(' ', '-')}.log", **settings)

    async def sql(self, *statements: str) -> list[list[str]]:
        """Of the node that takes writes."""
        return await self.servers.sql(await self.servers.primary(0), *statements)

    async def empty_database(self, name: str) -> str:
        """Its URL."""
        await self.sql(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return self.url(name)


async def fill(ground: Ground, rows: int) -> None:
    """To-dos of people who are away: what a migration has to go through while others are served."""
    names = "(public_id, firstname, lastname, username, password, created_date)"
    for owner in range(1, -(-rows // LIST) + 1):
        username = f"away-{owner}"
        await ground.sql(
            f"INSERT INTO tickbox.users {names} VALUES (UNHEX(LEFT(SHA2('{username}', 256), 32)), 'A', 'B', '{username}', '-', NOW(6))",
            f"INSERT INTO tickbox.todos (user_id, id, description, isdone, created_date, done_date, rev) "
            f"WITH RECURSIVE digits AS (SELECT 0 AS digit UNION ALL SELECT digit + 1 FROM digits WHERE digit < 99) "
            f"SELECT users.id, UNHEX(LEFT(SHA2(CONCAT(users.id, '.', a.digit, '.', b.digit, '.', c.digit), 256), 32)), 'one of many', "
            f"a.digit % 2, NOW(6) - INTERVAL a.digit DAY - INTERVAL b.digit MINUTE, IF(a.digit % 2, NOW(6), NULL), "
            f"1 + a.digit FROM digits AS a, digits AS b, digits AS c, tickbox.users "
            f"WHERE users.username = '{username}' AND c.digit < 10 LIMIT {min(LIST, rows - (owner - 1) * LIST)}",
            f"UPDATE tickbox.users SET rev = 100, todo_count = (SELECT COUNT(*) FROM tickbox.todos WHERE user_id = users.id), "
            f"open_count = (SELECT COUNT(*) FROM tickbox.todos WHERE user_id = users.id AND NOT isdone) "
            f"WHERE username = '{username}'",
        )


async def roll(ground: Ground, check: Check, rounds: int) -> None:
    """Old to new with the migration among it, and back to old on the new schema, again and again."""
    instances = [ground.instance(f"instance {n}", ground.old, ground.url(), migrates=False) for n in (1, 2)]
    balancer = Balancer(ground.balancer, REPORTS / "logs", instances)
    try:
        for instance in [*instances, balancer]:
            await instance.start()
            await instance.wait_ready()
        await under_load(ground, World([balancer], Record(), CADENCE), instances, rounds, check)
    finally:
        for instance in [balancer, *instances]:
            await instance.terminate(DRAIN + GRACE)


async def under_load(ground: Ground, world: World, instances: list[Instance], rounds: int, check: Check) -> None:
    """People for the whole time; what they were told is compared at the end."""
    record, run = world.record, f"rolling-{int(world.record.began)}"
    async with living(world, run, PHONES, BROWSERS) as users:
        began, before = monotonic(), record.requests
        for number in range(rounds):
            await one_round(ground, instances, number, check)
        seconds, requests = monotonic() - began, record.requests - before
    await verify_users(record, users, world.instances)
    await verify_rows(record, run, users, ground.servers)
    check.figures = {"requests": requests, "a second": round(requests / seconds), "writes": len(record.acknowledged)}
    check.figures |= {"failed": record.unavailable + sum(record.counts.values()), "503": record.unavailable}
    check.failures += record.explanations()
    if record.unavailable:
        check.failures.append(f"{record.unavailable} requests were answered with 503")
    if requests / seconds < FEWEST:
        check.failures.append(f"only {requests / seconds:.0f} requests a second")


async def one_round(ground: Ground, instances: list[Instance], number: int, check: Check) -> None:
    """The schema changes as a pipeline does it, and every second time when the first new instance starts."""
    noted = f"tickbox._sqlx_migrations WHERE version >= {VERSION}"
    if number:  # so that each round has a migration; only old instances run here, and they know no such column
        await ground.sql("DROP TABLE tickbox.next_slow", "ALTER TABLE tickbox.todos DROP COLUMN next_note", f"DELETE FROM {noted}")
    if number % 2 == 0:
        await migrate(ground.new, ground.url())
    for program in (ground.new, ground.old):
        for instance in instances:
            await replace(instance, program, check, migrates=program is ground.new and number % 2 == 1)
    if await ground.sql(f"SELECT COUNT(*) FROM {noted} AND success") != [[str(ADDED)]]:
        check.failures.append(f"round {number + 1}: the new migrations are not there")


async def replace(instance: Instance, program: Path, check: Check, *, migrates: bool) -> None:
    """Ends one instance and starts another program in its place."""
    status = await instance.terminate(DRAIN + GRACE)
    if status != 0:
        check.failures.append(f"{instance.name} ended with {status}")
    instance.program = program
    instance.settings["MIGRATE_ON_START"] = str(migrates).lower()
    await instance.start()
    await instance.wait_ready()
    await noticed()


async def new_on_old(ground: Ground, check: Check) -> None:
    """A new program that may not migrate waits, and serves nothing, until the schema is there."""
    url = await ground.empty_database("tickbox_old")
    await migrate(ground.old, url)
    instance = ground.instance("new on old", ground.new, url, migrates=False)
    await instance.start()
    try:
        end = monotonic() + WATCH
        while monotonic() < end and not check.failures:
            if await instance.is_ready():
                check.failures.append("it says that it is ready")
            elif instance.process.returncode is not None:
                check.failures.append(f"it ended with {instance.process.returncode} instead of waiting")
            await asyncio.sleep(0.1)
        came = monotonic()
        await migrate(ground.new, url)
        await instance.wait_ready()
        check.figures["ready after, s"] = round(monotonic() - came, 1)
    finally:
        await instance.terminate(DRAIN + GRACE)


async def ten_at_once(ground: Ground, check: Check) -> None:
    """On an empty database: each migration runs once, and all of them become ready."""
    url = await ground.empty_database("tickbox_ten")
    instances = [ground.instance(f"start {n}", ground.new, url, migrates=True) for n in range(TEN)]
    began = monotonic()
    try:
        await asyncio.gather(*(instance.start() for instance in instances))
        readies = await asyncio.gather(*(instance.wait_ready() for instance in instances), return_exceptions=True)
        check.failures += [str(ready) for ready in readies if ready is not None]
        check.figures["all ready after, s"] = round(monotonic() - began, 1)
    finally:
        await asyncio.gather(*(instance.terminate(DRAIN + GRACE) for instance in instances))
    [noted] = await ground.sql("SELECT COUNT(*), COUNT(DISTINCT version), SUM(success) FROM tickbox_ten._sqlx_migrations")
    files = len(list((ROOT / "migrations").glob("*.sql"))) + ADDED
    check.figures["migrations"] = int(noted[0])
    if set(noted) != {str(files)}:
        check.failures.append(f"{noted[0]} migrations noted, {noted[1]} different, {noted[2]} done, of {files}")


async def all_checks(options: argparse.Namespace, servers: Servers) -> str:
    """One after the other; the verdict."""
    ground = Ground(servers, options.program, Path(os.environ["NEXT"]), needs("haproxy")[0])
    await migrate(ground.old, ground.url())
    await fill(ground, options.rows)
    rounds = LONG_ROUNDS if options.long else ROUNDS
    checks: dict[Check, Callable[[Ground, Check], Awaitable[None]]] = {
        Check(f"{rounds} rounds, old -> new -> old"): partial(roll, rounds=rounds),
        Check("new program, old schema"): new_on_old,
        Check(f"{TEN} starts at once"): ten_at_once,
    }
    for check, measure in checks.items():
        try:
            await measure(ground, check)
        except (NotReady, RuntimeError) as error:
            check.failures.append(str(error))
        figures = ", ".join(f"{name} {value}" for name, value in check.figures.items())
        say(f"  {'FAILED' if check.failures else 'passed'}  {check.name}: {figures}", *(f"      {failure}" for failure in check.failures))
    rows = [{"check": check.name, **check.figures, "failures": check.failures} for check in checks]
    write_report(f"rolling-{servers.kind}{'-long' if options.long else ''}", rows)
    return "FAILED" if any(check.failures for check in checks) else "passed"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="rolling")
    parser.add_argument("--rows", type=int, default=0, help="to-dos of others that the migrations go through")
    options = options_of(parser, ["mysql"])
    sys.exit(asyncio.run(on_each(options.kinds, partial(all_checks, options))))
