"""Runs faults under load against instances of the program, and judges what came of it; see ./tests/faults/run."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import monotonic

from clusters import KINDS
from faults import DRAIN, FAULTS, Fault, Stage, chosen
from instances import Clock, Instance, NotReady, migrate
from record import Record
from report import Result, say, verdict, write_report
from servers import NOTE, REPORTS, CannotTry, Servers, new_home, throw_away
from users import User, World, living
from verify import verify_rows, verify_users

PHONES, BROWSERS = 9, 3  # twice as many in the long form, which shall acknowledge 100,000 writes
LEAST_INSTANCES = 2  # on Galera one for each node, so that all are written to
REPEATS = 10  # of the long form, unless --repeats says otherwise
WARM_UP, LONG_WARM_UP = 1.0, 5.0  # seconds of load before the first fault, and after each
FEW = 50  # acknowledged writes: with fewer nothing was tried


def must_try() -> bool:
    """In CI nothing may go untried."""
    return os.environ.get("CI") == "true"


async def all_faults(options: argparse.Namespace, servers: Servers) -> str:
    """On instances and people of its own for each; the verdict."""
    await migrate(options.program, servers.url(await servers.primary(0), proxied=False))
    results = []
    for name in options.faults or chosen(servers, options.long):
        results.append(result := await one_fault(options, servers, name))
        say(*(f"  {servers.kind:<8}{line}" for line in result.lines()))
    rows = [{**result.values(), "notes": result.record.notes, "not tried": result.cannot} for result in results]
    write_report(servers.kind + ("-long" if options.long else ""), rows)
    return verdict(results, must_try=must_try())


async def one_fault(options: argparse.Namespace, servers: Servers, name: str) -> Result:
    """With all its repeats."""
    fault, record = FAULTS[name], Record()
    instances = [
        # Each begins with another node; on a group the program has to find the primary.
        Instance(
            f"instance {number}", options.program, servers.url((number - 1) % servers.count + 1, proxied=fault.proxied),
            REPORTS / "logs" / f"{servers.kind}-{name}-{number}.log", MIGRATE_ON_START="false", DRAIN_SECONDS=str(DRAIN),
        )
        for number in range(1, (servers.count if servers.kind == "galera" else LEAST_INSTANCES) + 1)
    ]  # fmt: skip
    world = World(instances, record, wrong_clocks=fault.wrong_clocks)
    stage = Stage(servers, world, f"{name}-{int(record.began)}", options.long)
    cannot, recoveries, prepared = None, [], False
    try:
        stage.node = await servers.primary(0)
        if fault.prepare:
            await fault.prepare(servers, stage.node)
            prepared = True
        for instance in instances if fault.wrong_clocks else []:
            instance.clock = Clock(instance.log.with_suffix(".clock"), await servers.faketime())
        await asyncio.gather(*(instance.start() for instance in instances))
        await asyncio.gather(*(instance.wait_ready() for instance in instances))
        record.began = monotonic()
        recoveries = await under_load(stage, fault, options.repeats or (REPEATS if options.long else 1))
    except CannotTry as reason:
        cannot = str(reason)
    except (NotReady, RuntimeError) as error:
        record.count("hung", f"the suite could not go on: {error}")
    finally:
        await asyncio.gather(*(instance.kill() for instance in instances))
        if prepared:
            await restore(stage, fault)
    return Result(name, record, recoveries, world.stopped_at or monotonic(), cannot)


async def restore(stage: Stage, fault: Fault) -> None:
    """The server as it was; that it does not come back is a result, and the other faults are tried."""
    try:
        if fault.restore:
            await fault.restore(stage.servers, stage.node)
    except RuntimeError as error:
        stage.world.record.count("hung", f"the server did not come back: {error}")


async def under_load(stage: Stage, fault: Fault, repeats: int) -> list[float]:
    """The recovery time after each repeat, in seconds."""
    times, warm_up = (2, LONG_WARM_UP) if stage.long else (1, WARM_UP)
    recoveries = []
    async with living(stage.world, stage.run, times * PHONES, times * BROWSERS) as users:
        await asyncio.sleep(warm_up)
        for stage.turn in range(1 if fault.once else repeats):
            healed = await fault.cause(stage)
            recoveries.append(await recovery(stage.world, healed, fault.recovery))
            await asyncio.sleep(warm_up)
    await judge(stage, fault, users)
    return recoveries


async def judge(stage: Stage, fault: Fault, users: list[User]) -> None:
    """What can be said only at the end."""
    record = stage.world.record
    if record.unavailable and not fault.unavailable:
        record.count("wrong", f"503 was answered {record.unavailable} times, though nothing failed")
    if len(record.acknowledged) < FEW:
        record.count("hung", f"only {len(record.acknowledged)} writes were acknowledged")
    await verify_users(record, users, stage.world.instances)
    await verify_rows(record, stage.run, users, stage.servers)


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


async def on_each(kinds: list[str], work: Callable[[Servers], Awaitable[str]]) -> int:
    """Does the work on servers of each of these kinds, two at a time: these wait more than they compute. Whatever takes
    long is done beside the loop: people would count the wait. Then a summary, and the exit status."""
    home, places = new_home(), asyncio.Semaphore(2)

    async def on(kind: str) -> str:
        async with places:
            began = monotonic()
            return f"  {kind:<8} {await on_one(kind):<60}{monotonic() - began:4.0f} s"

    async def on_one(kind: str) -> str:
        try:
            servers = await asyncio.to_thread(KINDS[kind], home)
            await servers.start()
            return await work(servers)
        except CannotTry as reason:
            return f"{'FAILED' if must_try() else 'skipped'}: {reason}"
        except (NotReady, RuntimeError) as error:
            return f"FAILED: {error}"
        finally:
            await asyncio.to_thread(throw_away, home / kind)

    here = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, here.cancel)
    try:
        lines = await asyncio.gather(*map(on, kinds))
    except asyncio.CancelledError:
        return 130  # somebody has ended the run
    finally:
        throw_away(home)
        NOTE.unlink()
    print("\nSummary", *lines, sep="\n")
    return int(any("FAILED" in line for line in lines))


def options_of(parser: argparse.ArgumentParser, kinds: list[str]) -> argparse.Namespace:
    """With those that every command of the suite has."""
    parser.add_argument("--on", dest="kinds", action="append", choices=KINDS, help="the kind of servers; may be repeated")
    parser.add_argument("--long", action="store_true", help="longer, and more often: the figures of README.md")
    options = parser.parse_args()
    options.kinds = options.kinds or kinds
    options.program = Path(os.environ.get("PROGRAM", ""))
    REPORTS.joinpath("logs").mkdir(parents=True, exist_ok=True)
    return options


def main() -> int:
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--repeats", type=int, help="of each fault; otherwise 1, or 10 in the long form")
    parser.add_argument("--list", action="store_true", help="what the faults are")
    parser.add_argument("faults", nargs="*", metavar="FAULT")
    options = options_of(parser, ["group", "mysql", "galera"])  # the longest first
    if unknown := set(options.faults) - FAULTS.keys():
        parser.error(f"there is no fault {', '.join(unknown)}; --list says which there are")
    if options.list:
        print("\n".join(f"{name:<11} {fault.about}" for name, fault in FAULTS.items()))
        return 0
    return asyncio.run(on_each(options.kinds, partial(all_faults, options)))


if __name__ == "__main__":
    sys.exit(main())
