"""Runs faults under load against instances of the program, and judges what came of it.

`./tests/faults/run` starts the servers and calls this; see there for the options.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from time import monotonic

from faults import DRAIN, FAULTS, Fault, Stage, chosen
from instances import Instance, NotReady, migrate
from record import Record
from report import Result, write_reports
from servers import HERE, CannotTry, Servers
from users import Browser, Phone, User, World
from verify import verify_rows, verify_users

PHONES, BROWSERS = 9, 3  # twice as many in the long form, which shall acknowledge 100,000 writes
INSTANCES = {"mysql": 2, "group": 2, "galera": 3}  # on Galera one for each node, so that all are written to
REPEATS = 10  # of the long form, unless --repeats says otherwise
WARM_UP, LONG_WARM_UP = 1.0, 5.0  # seconds of load before the first fault, and after each
UNTRIED = 4  # the exit status when what a fault needs cannot be had here
FEW = 50  # acknowledged writes: with fewer nothing was tried


class Run:
    """All faults on one kind of server."""

    def __init__(self, servers: Servers, program: Path, long: bool, repeats: int) -> None:
        self.servers, self.program, self.long, self.repeats = servers, program, long, repeats
        self.logs = HERE.parents[1] / "target" / "faults" / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)

    def instances(self, name: str, fault: Fault) -> list[Instance]:
        """Each begins with another node; on a group the program has to find the primary."""
        return [
            Instance(
                f"instance {number}", self.program, self.servers.url(number, proxied=fault.proxied),
                self.logs / f"{self.servers.kind}-{name}-{number}.log",
                MIGRATE_ON_START="false", DRAIN_SECONDS=str(DRAIN),
            )
            for number in range(1, INSTANCES[self.servers.kind] + 1)
        ]  # fmt: skip

    async def fault(self, name: str) -> Result:
        """One fault with all its repeats, on instances and people of its own."""
        fault = FAULTS[name]
        instances = self.instances(name, fault)
        record = Record()
        world = World(instances, record, wrong_clocks=fault.wrong_clocks)
        stage = Stage(self.servers, world, f"{name}-{int(record.began)}", self.long)
        cannot, prepared = None, False
        try:
            stage.node = await self.servers.primary(0)
            if fault.prepare:
                await fault.prepare(self.servers, stage.node)
                prepared = True
            if fault.wrong_clocks:
                library = await self.servers.faketime()
                for instance in instances:
                    instance.give_clock(library)
            await asyncio.gather(*(instance.start() for instance in instances))
            await asyncio.gather(*(instance.wait_ready() for instance in instances))
            record.began = monotonic()
            recoveries = await self.under_load(stage, fault)
        except CannotTry as reason:
            cannot, recoveries = str(reason), []
        except (NotReady, RuntimeError) as error:
            record.count("hung", f"the suite could not go on: {error}")
            recoveries = []
        finally:
            await asyncio.gather(*(instance.kill() for instance in instances))
            if prepared:
                await self.restore(stage, fault)
        return Result(name, record, recoveries, world.stopped_at or monotonic(), cannot)

    async def restore(self, stage: Stage, fault: Fault) -> None:
        """The server as it was; that it does not come back is a result, and the other faults are tried."""
        try:
            if fault.restore:
                await fault.restore(self.servers, stage.node)
        except RuntimeError as error:
            stage.world.record.count("hung", f"the server did not come back: {error}")

    async def under_load(self, stage: Stage, fault: Fault) -> list[float]:
        """The recovery time after each repeat, in seconds."""
        times, warm_up = (2, LONG_WARM_UP) if self.long else (1, WARM_UP)
        users: list[User] = [Phone(stage.world, f"{stage.run}-phone{n}") for n in range(times * PHONES)]
        users += [Browser(stage.world, f"{stage.run}-browser{n}") for n in range(times * BROWSERS)]
        lives = [asyncio.create_task(user.live()) for user in users]
        recoveries = []
        try:
            await until_all_began(users, lives)
            await asyncio.sleep(warm_up)
            for stage.turn in range(1 if fault.once else self.repeats):
                healed = await fault.cause(stage)
                recoveries.append(await recovery(stage.world, healed, fault.recovery))
                await asyncio.sleep(warm_up)
        finally:
            stage.world.stopped_at = monotonic()
            await asyncio.gather(*lives)
        await self.judge(stage, fault, users)
        return recoveries

    async def judge(self, stage: Stage, fault: Fault, users: list[User]) -> None:
        """What can be said only at the end."""
        record = stage.world.record
        if record.unavailable and not fault.unavailable:
            record.count("wrong", f"503 was answered {record.unavailable} times, though nothing failed")
        if len(record.acknowledged) < FEW:
            record.count("hung", f"only {len(record.acknowledged)} writes were acknowledged")
        await verify_users(record, users, stage.world.instances)
        await verify_rows(record, stage.run, users, self.servers)


async def until_all_began(users: list[User], lives: list[asyncio.Task]) -> None:
    """Registering takes longest: passwords are hashed."""
    while not all(user.things_done for user in users):
        for life in lives:
            if life.done():
                life.result()
                raise RuntimeError("somebody could not register and log in")
        await asyncio.sleep(0.05)


async def recovery(world: World, healed: float, limit: float) -> float:
    """How long after healing it took until every instance had acknowledged a write."""
    names = {instance.name for instance in world.instances}
    while True:
        first: dict[str, float] = {}
        for moment, name in reversed(world.record.acknowledged):
            if moment < healed:
                break
            first[name] = moment
        if first.keys() == names:
            return max(first.values()) - healed
        if monotonic() > healed + limit:
            world.record.count("hung", f"no write at {names - first.keys()} for {limit:.0f} s after healing")
            return limit
        await asyncio.sleep(0.02)


async def main(arguments: argparse.Namespace) -> int:
    servers = Servers(arguments.kind)
    await servers.open_proxies()
    first = await servers.primary(0)
    await migrate(arguments.program, servers.url(first, proxied=False))
    repeats = arguments.repeats or (REPEATS if arguments.long else 1)
    run = Run(servers, arguments.program, arguments.long, repeats)
    results = []
    for name in arguments.faults or chosen(arguments.kind, arguments.long):
        result = await run.fault(name)
        results.append(result)
        print(f"  {result.line()}", file=sys.stderr, flush=True)
        for note in result.explanations():
            print(f"      {note}", file=sys.stderr, flush=True)
    write_reports(HERE.parents[1] / "target" / "faults", arguments.kind, arguments.long, results)
    return verdict(results, must_try=os.environ.get("CI") == "true")


def verdict(results: list[Result], *, must_try: bool) -> int:
    """The exit status: 1 when something failed, UNTRIED when all that was tried has passed, and not all was."""
    untried = any(result.cannot for result in results)
    if any(result.failed for result in results) or (untried and must_try):
        return 1
    return UNTRIED if untried else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=INSTANCES, default="mysql")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--program", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("faults", nargs="*")
    arguments = parser.parse_args()
    for name in arguments.faults:
        if name not in FAULTS:
            parser.error(f"there is no fault {name}; --list says which there are")
    return arguments


if __name__ == "__main__":
    arguments = parse()
    if arguments.list:
        for name, fault in FAULTS.items():
            print(f"{name:<11} {fault.about}")
        sys.exit(0)
    sys.exit(asyncio.run(main(arguments)))
