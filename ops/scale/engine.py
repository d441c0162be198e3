"""A discrete-event simulation: a clock, and what requests wait for.

A request is a generator. Whatever it yields is called with the function that resumes it, so that
`yield cpu.work(0.003)` reads as "work for 3 ms" and takes as long as the queue makes it.
"""

import heapq
from collections import deque
from itertools import count


class Simulation:
    def __init__(self):
        self.now = 0.0
        self._events = []
        self._order = count()  # events of the same instant happen in the order they were planned

    def at(self, time, event):
        heapq.heappush(self._events, (time, next(self._order), event))

    def after(self, delay, event):
        self.at(self.now + delay, event)

    def start(self, process):
        """Runs a generator until it waits for something, and again when that has happened."""

        def resume(value=None):
            try:
                wait = process.send(value)
            except StopIteration:
                return
            wait(resume)

        resume()

    def pause(self, seconds):
        return lambda resume: self.after(seconds, resume)

    def run(self):
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()


class Servers:
    """`many` equal servers and one queue: whoever comes first is served first."""

    def __init__(self, simulation, many):
        self._simulation = simulation
        self._idle = many
        self._queue = deque()
        self.busy_seconds = 0.0

    def work(self, seconds):
        def wait(resume):
            self._queue.append((seconds, resume))
            self._serve()

        return wait

    def _serve(self):
        if self._idle and self._queue:
            self._idle -= 1
            seconds, resume = self._queue.popleft()
            self.busy_seconds += seconds
            self._simulation.after(seconds, lambda: self._done(resume))

    def _done(self, resume):
        self._idle += 1
        self._serve()
        resume()


class QuotaCpu:
    """A processor of which a container may use `quota` in each period, as Linux enforces `cpu.max`:
    it runs at full speed until the quota is used up and then stands still until the period ends.
    Work takes turns of `turn` seconds, so that a long password hash does not hold up a short page.
    """

    PERIOD = 0.1

    def __init__(self, simulation, share, turn=0.003):
        if not 0 < share <= 1:
            raise ValueError("a share of one processor lies between 0 and 1")
        self._simulation = simulation
        self._quota = share * self.PERIOD
        self._left = self._quota
        self._period = 0
        self._turn = turn
        self._running = False
        self._queue = deque()
        self.busy_seconds = 0.0

    def work(self, seconds):
        def wait(resume):
            self._queue.append((seconds, resume))
            if not self._running:
                self._next()

        return wait

    def _next(self):
        self._running = bool(self._queue)
        if not self._running:
            return
        seconds, resume = self._queue.popleft()
        turn = min(seconds, self._turn)
        self.busy_seconds += turn
        rest = seconds - turn
        self._simulation.at(self._end_of(turn), lambda: self._turn_over(rest, resume))

    def _turn_over(self, rest, resume):
        if rest > 1e-12:
            self._queue.append((rest, resume))
            self._next()
        else:
            self._next()
            resume()

    def _end_of(self, work):
        """When that much work is done if it begins now, and takes it from the quota."""
        time = self._simulation.now
        if self._quota >= self.PERIOD:
            return time + work
        period = int(time / self.PERIOD + 1e-9)
        if period > self._period:
            self._period, self._left = period, self._quota
        while work > self._left:
            work -= self._left
            self._period += 1
            self._left = self._quota
            time = self._period * self.PERIOD
        self._left -= work
        return max(time, self._simulation.now) + work


class Places:
    """So many may be inside at once; the others wait in line, and whoever has waited `patience`
    seconds is sent away. Entering answers whether one is in."""

    def __init__(self, simulation, many, patience=float("inf")):
        self._simulation = simulation
        self._free = many
        self._patience = patience
        self._line = deque()
        self._inside, self._since = 0, 0.0
        self.held_seconds = 0.0  # by all who were inside

    def enter(self):
        def wait(resume):
            self._line.append((self._simulation.now + self._patience, resume))
            self._admit()

        return wait

    def leave(self):
        self._free += 1
        self._count(-1)
        self._admit()

    def _count(self, change):
        self.held_seconds += self._inside * (self._simulation.now - self._since)
        self._inside, self._since = self._inside + change, self._simulation.now

    def _admit(self):
        while self._free and self._line:
            deadline, resume = self._line.popleft()
            if self._simulation.now > deadline:
                self._simulation.after(0, lambda resume=resume: resume(False))
                continue
            self._free -= 1
            self._count(1)
            self._simulation.after(0, lambda resume=resume: resume(True))


class GroupCommit:
    """Commits share flushes: those that come while a flush is on its way wait for its end, and the
    next takes them all. A flush is `writes` operations of the disk and takes `seconds` besides."""

    def __init__(self, simulation, disk, seconds, operation, writes):
        self._simulation, self._disk = simulation, disk
        self._seconds, self._work = seconds, operation * writes
        self._flushing = False
        self._waiting = []
        self.flushes = 0

    def commit(self):
        def wait(resume):
            self._waiting.append(resume)
            if not self._flushing:
                self._simulation.start(self._flush())

        return wait

    def _flush(self):
        self._flushing = True
        while self._waiting:
            group, self._waiting = self._waiting, []
            self.flushes += 1
            yield self._disk.work(self._work)
            yield self._simulation.pause(self._seconds)
            for resume in group:
                self._simulation.after(0, resume)
        self._flushing = False
