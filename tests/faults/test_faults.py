"""Does the suite notice? The faults that need something of the machine, with servers that only note what is asked."""

import asyncio
import time
from email.utils import formatdate
from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest

import faults
import report
import servers
import suite
from http_client import Answer
from record import Record
from users import World

pytestmark = pytest.mark.anyio


def stand(obeys: bool = True, left: bool = False, reads: int = 0) -> AsyncMock:
    """Takes the place of the servers: notes what is asked of them, and tells the time as it is told to."""
    made = AsyncMock(spec=servers.Servers, nodes=[1])
    made.primary.return_value, made.gave_up.return_value = 1, left

    async def sql(node: int, *statements: str) -> list[list[str]]:
        if statements[0].startswith("LOCK"):
            await asyncio.sleep(0.3)
        if statements == (faults.THREADS,):
            return [["6", "ona", "", "tickbox", "Sleep"]] + [["7", "ona", "", "tickbox", "Execute"]] * reads
        wrong_by = made.set_clock.await_args.args[1] if obeys and made.set_clock.await_args else 0
        return [[f"{time.time() + wrong_by:.6f}"]]

    made.sql.side_effect = sql
    return made


def asked(of: AsyncMock) -> list[str]:
    return [name for name, *_ in of.mock_calls if name not in ("gave_up", "primary", "sql", "name")]


def stage(of: AsyncMock, *instances: object) -> faults.Stage:
    made = faults.Stage(of, World(list(instances), Record()), "run", False)
    made.hold = lambda: 0.1
    return made


@pytest.fixture
def hoarder(monkeypatch) -> None:
    """Takes the place of the person who needs room; no instance is there to ask."""
    monkeypatch.setattr(faults, "new_hoarder", AsyncMock())
    monkeypatch.setattr(faults, "hoard", AsyncMock())


def blamed(where: faults.Stage) -> list[str]:
    return [name for name, count in where.world.record.counts.items() if count]


@pytest.mark.usefixtures("hoarder")
@pytest.mark.parametrize(("left", "faulty"), [(False, ["wrong"]), (True, [])])
async def test_a_full_disk_that_stands_in_nobodys_way_was_not_tried_unless_its_node_has_left(monkeypatch, left: bool, faulty: list[str]) -> None:
    monkeypatch.setattr(faults, "FULL_PATIENCE", 0.3)
    where = stage(of := stand(left=left))
    await faults.disk(where)
    assert blamed(where) == faulty
    assert asked(of) == ["fill_disk", "free_disk", "restart"]


@pytest.mark.usefixtures("hoarder")
async def test_a_full_disk_has_room_again_after_somebody_was_refused() -> None:
    where = stage(of := stand())
    filling = asyncio.create_task(faults.disk(where))
    await asyncio.sleep(0.3)
    assert asked(of) == ["fill_disk"]
    where.world.record.unavailable += 1
    await filling
    assert asked(of) == ["fill_disk", "free_disk", "restart"]
    assert blamed(where) == []


@pytest.mark.usefixtures("hoarder")
async def test_a_disk_gets_its_room_back_whatever_happens() -> None:
    filling = asyncio.create_task(faults.disk(stage(of := stand())))
    await asyncio.sleep(0.1)
    filling.cancel()
    await asyncio.wait([filling])
    assert asked(of) == ["fill_disk", "free_disk"]


MOST = 2 * faults.PLACES


@pytest.mark.parametrize(("reads", "faulty"), [(0, ["wrong"]), (1, []), (MOST, []), (MOST + 1, ["open"])])
async def test_more_statements_at_work_than_there_are_places_are_told(monkeypatch, reads: int, faulty: list[str]) -> None:
    monkeypatch.setattr(faults, "READERS", 0)
    where = stage(stand(reads=reads), None, None)
    await faults.slow(where)
    assert blamed(where) == faulty


async def test_a_clock_ends_as_the_right_one() -> None:
    await faults.clock(stage(of := stand()))
    assert [call.args for call in of.set_clock.await_args_list] == [(1, seconds) for seconds in faults.JUMPS]
    assert faults.JUMPS[-1] == 0


async def test_a_server_that_does_not_go_by_its_clock_was_not_tried() -> None:
    with pytest.raises(servers.CannotTry):
        await faults.clock(stage(stand(obeys=False)))


@pytest.mark.parametrize("wrong_by", [0, faults.JUMPS[0]])
async def test_a_program_that_does_not_go_by_its_clock_was_not_tried(monkeypatch, wrong_by: int) -> None:
    async def tell(port: int, path: str) -> Answer:
        return Answer("answer", 0, 200, {"date": formatdate(time.time() + wrong_by, usegmt=True)})

    monkeypatch.setattr(faults, "NOTICED", 0.3)
    monkeypatch.setattr(faults, "get", tell)
    trying = faults.app_clock(stage(stand(), SimpleNamespace(port=0, clock=SimpleNamespace(set=lambda seconds: None))))
    if wrong_by:
        await trying
    else:
        with pytest.raises(servers.CannotTry):
            await trying


async def test_what_cannot_be_had_is_told_by_its_last_line(monkeypatch, tmp_path) -> None:
    (tmp_path / "needs").write_text("#!/bin/sh\necho before >&2\necho needs: no right to mount >&2\nexit 1\n")
    (tmp_path / "needs").chmod(0o755)
    monkeypatch.setattr(servers, "HERE", tmp_path)
    with pytest.raises(servers.CannotTry, match="^no right to mount$"):
        servers.needs("faketime")


async def test_a_server_that_does_not_come_back_is_counted() -> None:
    async def fail(of: servers.Servers, node: int) -> None:
        raise RuntimeError("node 1 did not start again")

    await suite.restore(where := stage(stand()), faults.Fault("disk", faults.disk, prepare=fail, restore=fail))
    assert blamed(where) == ["hung"]


def test_what_was_not_tried_has_not_passed() -> None:
    tried, bad = (report.Result("kill", Record(), [0.1], 1.0) for _ in range(2))
    untried = report.Result("disk", Record(), [], 1.0, "no right to mount")
    bad.record.count("lost", "a to-do")
    assert list(untried.lines()) == ["disk        NOT TRIED  no right to mount"]
    assert report.verdict([tried], must_try=True) == "passed"
    assert report.verdict([tried, untried], must_try=False) == report.UNTRIED
    assert report.verdict([tried, untried], must_try=True) == "FAILED"
    assert report.verdict([bad, untried], must_try=False) == "FAILED"
