"""Does the suite notice? The faults that need something of the machine, with servers that only note what is asked.

`./tests/faults/run --self-test`, with test_suite.py.
"""

import asyncio
import tempfile
import time
import unittest
from email.utils import formatdate
from pathlib import Path

import faults
import report
import servers
import suite
from instances import Instance
from record import Record
from test_suite import Liar
from users import World


class Stand(servers.Servers):
    """Takes the place of the servers: notes what is asked of them, and tells the time as it is told to."""

    def __init__(self, obeys: bool = True, kind: str = "mysql", state: str = "") -> None:
        self.kind, self.obeys, self.asked, self.wrong_by, self.state = kind, obeys, [], 0, state
        self.nodes, self.reads = range(1, 2), 0

    async def _verb(self, verb: str, node: int | None = None, *rest: str) -> str:
        self.asked.append(verb)
        if verb == "clock" and self.obeys:
            self.wrong_by = int(rest[0])
        if verb == "sql" and self.state:
            return self.state
        if verb == "sql" and rest[0].startswith("LOCK"):
            await asyncio.sleep(0.3)
        if verb == "sql" and rest[0] == faults.THREADS:
            ours = "7\tona\t127.0.0.1\ttickbox\tExecute\t1\tWaiting\tSELECT\n"
            return "6\tona\t127.0.0.1\ttickbox\tSleep\t1\t\tNULL\n" + ours * self.reads
        return f"{time.time() + self.wrong_by:.6f}" if verb == "sql" else ""


class TheFaults(unittest.IsolatedAsyncioTestCase):
    def stage(self, stand: Stand, *instances: Instance) -> faults.Stage:
        stage = faults.Stage(stand, World(list(instances), Record()), "run", False)
        stage.hold = lambda: 0.1
        return stage

    async def test_a_full_disk_that_stands_in_nobodys_way_was_not_tried(self) -> None:
        faults.FULL_PATIENCE = 0.3
        stage = self.stage(stand := Stand())
        await faults.disk(stage)
        self.assertEqual(stage.world.record.counts["wrong"], 1)
        self.assertEqual(stand.asked, ["fill", "free", "restart"])

    async def test_a_full_disk_has_room_again_after_somebody_was_refused(self) -> None:
        faults.FULL_PATIENCE = 5.0
        stage = self.stage(stand := Stand())
        filling = asyncio.create_task(faults.disk(stage))
        await asyncio.sleep(0.3)
        self.assertEqual(stand.asked, ["fill"])
        stage.world.record.unavailable += 1
        await filling
        self.assertEqual(stand.asked, ["fill", "free", "restart"])
        self.assertEqual(stage.world.record.counts["wrong"], 0)

    async def test_a_full_disk_was_tried_when_its_node_has_left_the_cluster_and_nobody_was_refused(self) -> None:
        for state, wrong in (("wsrep_local_state_comment\tInconsistent", 0), ("wsrep_local_state_comment\tSynced", 1)):
            faults.FULL_PATIENCE = 0.3
            stage = self.stage(Stand(kind="galera", state=state))
            await faults.disk(stage)
            self.assertEqual(stage.world.record.counts["wrong"], wrong, state)

    async def test_a_disk_gets_its_room_back_whatever_happens(self) -> None:
        stage = self.stage(stand := Stand())
        filling = asyncio.create_task(faults.disk(stage))
        await asyncio.sleep(0.1)
        filling.cancel()
        await asyncio.wait([filling])
        self.assertEqual(stand.asked, ["fill", "free"])

    async def test_more_statements_at_work_than_there_are_places_are_told(self) -> None:
        faults.READERS = 0
        for reads, fault in ((0, "wrong"), (1, None), (2 * faults.PLACES, None), (2 * faults.PLACES + 1, "open")):
            stage = self.stage(stand := Stand(), object.__new__(Instance), object.__new__(Instance))
            stand.reads = reads
            await faults.slow(stage)
            told = [name for name, count in stage.world.record.counts.items() if count]
            self.assertEqual(told, [fault] if fault else [])

    async def test_a_clock_ends_as_the_right_one(self) -> None:
        await faults.clock(self.stage(stand := Stand()))
        self.assertEqual(stand.asked.count("clock"), 3)
        self.assertEqual(stand.wrong_by, 0)

    async def test_a_server_that_does_not_go_by_its_clock_was_not_tried(self) -> None:
        with self.assertRaises(servers.CannotTry):
            await faults.clock(self.stage(Stand(obeys=False)))

    async def test_a_program_that_does_not_go_by_its_clock_was_not_tried(self) -> None:
        faults.NOTICED = 0.3
        for wrong_by, tried in ((0, False), (faults.JUMPS[0], True)):

            async def tell(liar: Liar, call: str, told: dict, wrong_by: int = wrong_by):
                return 200, {}, {"date": formatdate(time.time() + wrong_by, usegmt=True)}

            instance = object.__new__(Instance)
            instance.port, instance.set_clock = await Liar(tell).start(), lambda seconds: None
            try:
                await faults.app_clock(self.stage(Stand(), instance))
                self.assertTrue(tried)
            except servers.CannotTry:
                self.assertFalse(tried)

    async def test_what_cannot_be_had_is_told_by_its_last_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "servers"
            program.write_text("#!/bin/sh\necho before >&2\necho no right to mount >&2\nexit 3\n")
            program.chmod(0o755)
            here, servers.HERE = servers.HERE, Path(folder)
            try:
                asked = object.__new__(servers.Servers)
                asked.kind = "mysql"
                with self.assertRaisesRegex(servers.CannotTry, "^no right to mount$"):
                    await asked.put_on_small_disk(1)
            finally:
                servers.HERE = here

    async def test_a_server_that_does_not_come_back_is_counted(self) -> None:
        async def fail(stand: servers.Servers, node: int) -> None:
            raise RuntimeError("node 1 did not start again")

        run, stage = object.__new__(suite.Run), self.stage(Stand())
        run.servers = stage.servers
        await run.restore(stage, faults.Fault("disk", faults.disk, prepare=fail, restore=fail))
        self.assertEqual(stage.world.record.counts["hung"], 1)

    async def test_what_was_not_tried_has_not_passed(self) -> None:
        tried = report.Result("kill", Record(), [0.1], 1.0)
        untried = report.Result("disk", Record(), [], 1.0, "no right to mount")
        bad = report.Result("kill", Record(), [0.1], 1.0)
        bad.record.count("lost", "a to-do")
        self.assertTrue(tried.passed)
        self.assertFalse(untried.passed)
        self.assertEqual(untried.line(), "disk        NOT TRIED  no right to mount")
        self.assertEqual(suite.verdict([tried], must_try=True), 0)
        self.assertEqual(suite.verdict([tried, untried], must_try=False), suite.UNTRIED)
        self.assertEqual(suite.verdict([tried, untried], must_try=True), 1)
        self.assertEqual(suite.verdict([bad, untried], must_try=False), 1)
