"""Replacing the program under load: not one request may fail.

`./tests/faults/rolling` builds the two programs, starts the server and calls this; see there.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from balancer import Balancer, noticed
from instances import Instance, NotReady, migrate
from record import Record
from servers import HERE, Servers
from users import Browser, Phone, User, World
from verify import verify_rows, verify_users

DRAIN = 2  # seconds; the balancer asks each half second
GRACE = 10  # seconds more for the requests under way
PHONES, BROWSERS = 20, 6
RATE = 200  # requests a second of all of them together, where the machine can do so much
REQUESTS = 1.2  # of one thing that a person does, on average
CADENCE = tuple(part * (PHONES + BROWSERS) * REQUESTS / RATE for part in (0.7, 1.3))  # seconds
FEWEST = 50  # a second: with fewer there was no load worth the name
ROUNDS, LONG_ROUNDS = 2, 20
TEN = 10  # instances that start at once
WATCH = 2.0  # seconds in which an instance on an old schema must not become ready
VERSION = 9000  # of the first migration that `rolling` adds to the new program
ADDED = 2  # of them


@dataclass
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
    logs: Path

    def url(self, database: str = "tickbox") -> str:
        """Any node; the program finds the one that writes."""
        return self.servers.url(1, proxied=False, database=database)

    def instance(self, name: str, program: Path, url: str, *, migrates: bool) -> Instance:
        """Not started yet."""
        settings = {"MIGRATE_ON_START": str(migrates).lower(), "DRAIN_SECONDS": str(DRAIN)}
        return Instance(name, program, url, self.logs / f"rolling-{name.replace(' ', '-')}.log", **settings)


async def roll(ground: Ground, rounds: int) -> Check:
    """Old to new with the migration among it, and back to old on the new schema, again and again."""
    check = Check(f"{rounds} rounds, old -> new -> old")
    instances = [ground.instance(f"instance {n}", ground.old, ground.url(), migrates=False) for n in (1, 2)]
    balancer = Balancer(ground.logs, instances)
    record = Record()
    try:
        for instance in [*instances, balancer]:
            await instance.start()
            await instance.wait_ready()
        await under_load(ground, World([balancer], record, CADENCE), instances, rounds, check)
    except (NotReady, RuntimeError) as error:
        check.failures.append(str(error))
    finally:
        for instance in [balancer, *instances]:
            await instance.terminate(DRAIN + GRACE)
    return check


async def under_load(ground: Ground, world: World, instances: list[Instance], rounds: int, check: Check) -> None:
    """People for the whole time; what they were told is compared at the end."""
    record, run = world.record, f"rolling-{int(world.record.began)}"
    users: list[User] = [Phone(world, f"{run}-phone{n}") for n in range(PHONES)]
    users += [Browser(world, f"{run}-browser{n}") for n in range(BROWSERS)]
    lives = [asyncio.create_task(user.live()) for user in users]
    began = monotonic()
    before = 0
    try:
        while not all(user.things_done for user in users):
            await asyncio.sleep(0.1)
        began, before = monotonic(), record.requests
        for number in range(rounds):
            await one_round(ground, instances, number, check)
    finally:
        world.stopped_at = monotonic()
        seconds, requests = world.stopped_at - began, record.requests - before
        await asyncio.gather(*lives)
    await verify_users(record, users, world.instances)
    await verify_rows(record, run, users, ground.servers)
    check.figures = {"requests": requests, "a second": round(requests / seconds), "writes": len(record.acknowledged)}
    check.figures |= {"failed": record.unavailable + sum(record.counts.values()), "503": record.unavailable}
    check.failures += [f"{fault}: {note}" for fault, notes in record.notes.items() for note in notes]
    if record.unavailable:
        check.failures.append(f"{record.unavailable} requests were answered with 503")
    if requests / seconds < FEWEST:
        check.failures.append(f"only {requests / seconds:.0f} requests a second")


async def one_round(ground: Ground, instances: list[Instance], number: int, check: Check) -> None:
    """The schema changes as a pipeline does it, and every second time when the first new instance starts."""
    if number:
        await forget_migration(ground)
    if number % 2 == 0:
        await migrate(ground.new, ground.url())
    for program in (ground.new, ground.old):
        for instance in instances:
            await replace(instance, program, check, migrates=program is ground.new and number % 2 == 1)
    if await applied(ground, "tickbox") != ADDED:
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


async def forget_migration(ground: Ground) -> None:
    """So that each round has one; only old instances run here, and they know no such column."""
    statement = "USE tickbox; DROP TABLE next_slow; ALTER TABLE todos DROP COLUMN next_note;"
    statement += f" DELETE FROM _sqlx_migrations WHERE version >= {VERSION}"
    await ground.servers.sql(await ground.servers.primary(0), statement)


async def applied(ground: Ground, database: str) -> int:
    """How many of the new migrations are noted as done."""
    statement = f"SELECT COUNT(*) FROM {database}._sqlx_migrations WHERE version >= {VERSION} AND success"
    return int((await ground.servers.sql(await ground.servers.primary(0), statement))[0])


async def new_on_old(ground: Ground) -> Check:
    """A new program that may not migrate waits, and serves nothing, until the schema is there."""
    check = Check("new program, old schema")
    url = await empty_database(ground, "tickbox_old")
    await migrate(ground.old, url)
    instance = ground.instance("new on old", ground.new, url, migrates=False)
    await instance.start()
    try:
        end = monotonic() + WATCH
        while monotonic() < end:
            if await instance.is_ready():
                check.failures.append("it says that it is ready")
                break
            if instance.process.returncode is not None:
                check.failures.append(f"it ended with {instance.process.returncode} instead of waiting")
                break
            await asyncio.sleep(0.1)
        came = monotonic()
        await migrate(ground.new, url)
        await instance.wait_ready()
        check.figures["ready after, s"] = round(monotonic() - came, 1)
    except NotReady as error:
        check.failures.append(str(error))
    finally:
        await instance.terminate(DRAIN + GRACE)
    return check


async def ten_at_once(ground: Ground) -> Check:
    """On an empty database: each migration runs once, and all of them become ready."""
    check = Check(f"{TEN} starts at once")
    url = await empty_database(ground, "tickbox_ten")
    instances = [ground.instance(f"start {n}", ground.new, url, migrates=True) for n in range(TEN)]
    began = monotonic()
    try:
        await asyncio.gather(*(instance.start() for instance in instances))
        for ready in await asyncio.gather(*(i.wait_ready() for i in instances), return_exceptions=True):
            if ready is not None:
                check.failures.append(str(ready))
        check.figures["all ready after, s"] = round(monotonic() - began, 1)
    finally:
        await asyncio.gather(*(instance.terminate(DRAIN + GRACE) for instance in instances))
    statement = "SELECT COUNT(*), COUNT(DISTINCT version), SUM(success) FROM tickbox_ten._sqlx_migrations"
    rows, versions, done = (await ground.servers.sql(await ground.servers.primary(0), statement))[0].split("\t")
    files = len(list((HERE.parents[1] / "migrations").glob("*.sql"))) + ADDED
    check.figures["migrations"] = int(rows)
    if {int(rows), int(versions), int(done)} != {files}:
        check.failures.append(f"{rows} migrations noted, {versions} different, {done} done, of {files}")
    return check


async def empty_database(ground: Ground, name: str) -> str:
    """Its URL."""
    statement = f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4"
    await ground.servers.sql(await ground.servers.primary(0), statement)
    return ground.url(name)


async def main(arguments: argparse.Namespace) -> int:
    folder = HERE.parents[1] / "target" / "faults"
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    ground = Ground(Servers(arguments.kind), arguments.program, arguments.new, folder / "logs")
    await migrate(ground.old, ground.url())
    checks = []
    for checking in (roll(ground, LONG_ROUNDS if arguments.long else ROUNDS), new_on_old(ground), ten_at_once(ground)):
        check = await checking
        checks.append(check)
        figures = ", ".join(f"{name} {value}" for name, value in check.figures.items())
        print(f"  {'FAILED' if check.failures else 'passed'}  {check.name}: {figures}", file=sys.stderr, flush=True)
        for failure in check.failures:
            print(f"      {failure}", file=sys.stderr, flush=True)
    write_report(folder, arguments.kind, arguments.long, checks)
    return 1 if any(check.failures for check in checks) else 0


def write_report(folder: Path, kind: str, long: bool, checks: list[Check]) -> None:
    """As report.py does."""
    stem = folder / f"rolling-{kind}{'-long' if long else ''}"
    rows = [{"check": check.name, **check.figures, "failures": check.failures} for check in checks]
    stem.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = ["| check | figures | failures |", "|---|---|---|"]
    for check in checks:
        figures = ", ".join(f"{name}: {value}" for name, value in check.figures.items())
        lines.append(f"| {check.name} | {figures} | {len(check.failures)} |")
    stem.with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", default="mysql")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--new", type=Path, required=True)
    sys.exit(asyncio.run(main(parser.parse_args())))
