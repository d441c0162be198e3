"""Finds the most users that a deployment serves at its peak, and tries what goes on beyond a steady peak."""

from dataclasses import dataclass, replace

from system import WRITING, System, percentile
from workload import ASSUMED, arrivals, demand, kinds

SEED = 2026
FEWEST = 12_000  # requests a run has, so that 120 of them are slower than p99
SHORTEST = 6.0  # seconds a run lasts, so that a queue which grows has grown


@dataclass(frozen=True)
class Outcome:
    rate: float
    p99: float  # of everything but logins, in seconds
    login_p99: float  # the slowest of them while there are fewer than 100
    refused: int
    app_use: float  # of the quota
    database_use: float
    disk_use: float
    pool_use: float  # of the connections that may write

    @property
    def good(self):
        return (self.refused == 0 and self.p99 * 1e3 <= ASSUMED["target_p99_ms"]
                and self.login_p99 * 1e3 <= ASSUMED["target_login_p99_ms"])


def outcome(system, seconds):
    logins = system.latencies.get("login", [])
    others = [took for kind, all_of in system.latencies.items() if kind != "login" for took in all_of]
    shape, lasted = system.shape, max(seconds, system.simulation.now)
    return Outcome(
        rate=system.arrived / seconds, p99=percentile(others, 0.99) if others else 0.0,
        login_p99=percentile(logins, 0.99) if logins else 0.0, refused=system.refused,
        app_use=sum(task.cpu.busy_seconds for task in system.tasks) / (len(system.tasks) * shape.vcpu * lasted),
        database_use=system.database.cpu.busy_seconds / (shape.database_vcpu * lasted),
        disk_use=system.database.disk.busy_seconds / lasted,
        pool_use=sum(task.writing.held_seconds for task in system.tasks) / (len(system.tasks) * WRITING * lasted),
    )


def steady(shape, rate, shares=None, seed=SEED, seconds=None):
    """A stretch of the peak: that many requests a second, at random."""
    system = System(shape, seed)
    seconds = seconds or max(SHORTEST, FEWEST / rate)
    arrivals(system, lambda _: rate, rate, seconds, kinds(), shares or demand().per_day)
    system.simulation.run()
    return outcome(system, seconds)


def bound(shape):
    """Requests a second at which the scarcer of the processors would have no idle moment."""
    every, of = demand(), kinds()
    mean = lambda what: sum(every.share(name) * what(kind) for name, kind in of.items())
    return min(
        shape.tasks * shape.vcpu / mean(lambda kind: kind.app + kind.hash),
        shape.database_vcpu / mean(lambda kind: kind.database),
    )


def most(shape, miss_at=lambda rate: 0.0, steps=6):
    """The highest rate that is good, to 1/64 of the bound, and what it was like there; None when even
    the lowest rate tried is not. `miss_at` says what share of requests reads from disk at a rate."""
    low, high, best = 0.0, bound(shape), None
    for _ in range(steps):
        middle = (low + high) / 2
        tried = steady(replace(shape, miss=miss_at(middle)), middle)
        if tried.good:
            low, best = middle, replace(tried, rate=middle)
        else:
            high = middle
    return best


def users_at_peak(rate):
    return rate / demand().peak_rate(1)


def login_storm(shape, base_rate, logins):
    """Logins beyond the ordinary ones: a minute in which `logins` more come each second."""
    every = demand()
    shares = {name: base_rate * every.share(name) for name in every.per_day}
    shares["login"] += logins
    return steady(shape, base_rate + logins, shares, seconds=60.0)


class Autoscaler:
    """Target tracking on requests per task: looks each minute, acts after three minutes above the
    target, and what it adds serves `start` seconds later. It takes nothing away: that is slow too."""

    LOOKS, EVERY = 3, 60.0

    def __init__(self, system, target_rate, seconds, start=60.0, ceiling=12):
        self.system, self.target, self.seconds = system, target_rate, seconds
        self.start, self.ceiling = start, ceiling
        self.above, self.before, self.ordered = 0, 0, len(system.tasks)
        system.simulation.after(self.EVERY, self.look)

    def look(self):
        came, self.before = self.system.arrived - self.before, self.system.arrived
        wanted = -(-came // int(self.target * self.EVERY))
        self.above = self.above + 1 if wanted > self.ordered else 0
        if self.above >= self.LOOKS:
            wanted = min(wanted, self.ceiling)
            for _ in range(wanted - self.ordered):
                self.system.simulation.after(self.start, self.system.add_task)
            self.ordered, self.above = max(wanted, self.ordered), 0
        if self.system.simulation.now < self.seconds:
            self.system.simulation.after(self.EVERY, self.look)


def surge(shape, before, factor, ramp, target_share=0.5):
    """Load rises to `factor` times within `ramp` seconds, with the autoscaler at work. The target is
    that share of what a task can do. Answers the outcome and how many tasks there were at last."""
    per_task = bound(shape) / shape.tasks
    seconds = ramp + 420.0
    system = System(shape, SEED)
    Autoscaler(system, per_task * target_share, seconds)
    rate = lambda time: before * (1 + (factor - 1) * min(1.0, time / ramp))
    arrivals(system, rate, before * factor, seconds, kinds(), demand().per_day)
    system.simulation.run()
    return outcome(system, seconds), len(system.tasks)
