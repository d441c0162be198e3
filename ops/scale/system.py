"""Tickbox as a queueing network: tasks with their quotas, pools and hash queues, and a database."""

import math
import random
from dataclasses import dataclass

from engine import GroupCommit, Places, QuotaCpu, Servers, Simulation

CONNECTIONS = 8  # of one task; three quarters of them may write (src/database/permits.rs)
WRITING = CONNECTIONS - CONNECTIONS // 4
PATIENCE = 2.0  # ACQUIRE_TIMEOUT of src/database/lease.rs
HASH_QUEUE = 64  # MAX_WAITING of src/service/password_hasher/fair_queue.rs; the hash at work counts too


@dataclass(frozen=True)
class Kind:
    """What a request of one kind asks for; times in seconds."""

    name: str
    app: float
    database: float
    round_trips: int
    writes: bool = False
    hash: float = 0.0


@dataclass(frozen=True)
class Shape:
    """The machines that one database and its tasks are made of; times in seconds."""

    tasks: int
    vcpu: float
    database_vcpu: int
    round_trip: float
    commit: float
    iops: float
    writes_per_flush: float = 2
    variation: float = 0.5
    hashes: int = 1  # at once: on all processors but one, and at least one
    miss: float = 0.0  # share of requests whose rows are not in the database's memory
    reads_per_miss: int = 4
    read: float = 0.0005


class Database:
    def __init__(self, simulation, shape):
        self.cpu = Servers(simulation, shape.database_vcpu)
        self.disk = Servers(simulation, 1)
        self.log = GroupCommit(simulation, self.disk, shape.commit, 1 / shape.iops, shape.writes_per_flush)


class Task:
    def __init__(self, simulation, shape):
        self.cpu = QuotaCpu(simulation, shape.vcpu)
        self.pool = Places(simulation, CONNECTIONS, PATIENCE)
        self.writing = Places(simulation, WRITING, PATIENCE)
        self.hashing = Places(simulation, shape.hashes)
        self.waiting_for_hash = 0
        self.requests = 0


class System:
    """Serves requests and notes how each ended. `arrived` = `answered` + `refused` when all is over."""

    def __init__(self, shape, seed):
        self.simulation = Simulation()
        self.random = random.Random(seed)
        self.shape = shape
        self.database = Database(self.simulation, shape)
        self.tasks = [Task(self.simulation, shape) for _ in range(shape.tasks)]
        self.next_task = 0
        self.arrived = self.refused = 0
        self.latencies = {}  # of the answered, in seconds, by kind

    @property
    def answered(self):
        return sum(map(len, self.latencies.values()))

    def add_task(self):
        self.tasks.append(Task(self.simulation, self.shape))

    def arrive(self, kind):
        """A request that nobody waits for before sending another."""
        self.simulation.start(self.request(kind))

    def request(self, kind):
        """One request, to the next task in turn, as the load balancer's round robin has it."""
        self.arrived += 1
        task = self.tasks[self.next_task % len(self.tasks)]
        self.next_task += 1
        task.requests += 1
        yield from self._serve(task, kind, self.simulation.now)

    def _serve(self, task, kind, began):
        yield task.cpu.work(self._vary(kind.app / 2))
        if kind.hash and not (yield from self._hash(task, kind)):
            self.refused += 1
            return
        if not (yield from self._query(task, kind)):
            self.refused += 1
            return
        yield task.cpu.work(self._vary(kind.app / 2))
        self.latencies.setdefault(kind.name, []).append(self.simulation.now - began)

    def _hash(self, task, kind):
        if task.waiting_for_hash >= HASH_QUEUE:
            return False
        task.waiting_for_hash += 1
        yield task.hashing.enter()
        yield task.cpu.work(kind.hash)
        task.hashing.leave()
        task.waiting_for_hash -= 1
        return True

    def _query(self, task, kind):
        if kind.writes and not (yield task.writing.enter()):
            return False
        inside = yield task.pool.enter()
        if inside:
            yield self.simulation.pause(kind.round_trips * self.shape.round_trip)
            if self.shape.miss and self.random.random() < self.shape.miss:
                yield self.database.disk.work(self.shape.reads_per_miss / self.shape.iops)
                yield self.simulation.pause(self.shape.reads_per_miss * self.shape.read)
            yield self.database.cpu.work(self._vary(kind.database))
            if kind.writes:
                yield self.database.log.commit()
            task.pool.leave()
        if kind.writes:
            task.writing.leave()
        return inside

    def _vary(self, mean):
        """Half of it the same for all, half exponential (for a variation of 0.5)."""
        spread = self.shape.variation
        return mean * (1 - spread) + self.random.expovariate(1 / (mean * spread)) if spread and mean else mean


def percentile(values, share):
    """The value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
