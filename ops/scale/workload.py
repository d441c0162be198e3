"""Who asks for what, and how often: from assumptions to requests."""

import json
from dataclasses import dataclass
from pathlib import Path

from system import Kind

HERE = Path(__file__).parent
MEASURED = json.loads((HERE / "measured.json").read_text())
ASSUMED = {name: entry["value"] for name, entry in json.loads((HERE / "assumptions.json").read_text()).items()}
DAY = 86_400


@dataclass(frozen=True)
class Demand:
    """Requests of a kind that one registered user makes on a day, on average over all of them."""

    per_day: dict

    @property
    def total(self):
        return sum(self.per_day.values())

    def mean_rate(self, users):
        return users * self.total / DAY

    def peak_rate(self, users):
        return self.mean_rate(users) * ASSUMED["peak_factor"]

    def share(self, kind):
        return self.per_day[kind] / self.total


def demand():
    active = ASSUMED["active_share_of_users"]
    syncs = ASSUMED["share_of_users_with_a_phone"] * ASSUMED["syncs_per_phone_and_day"]
    return Demand({
        "list": active * ASSUMED["pages_per_active_user_and_day"],
        "sync": syncs,
        "refresh": syncs * ASSUMED["refreshes_per_sync"],
        "change": active * ASSUMED["changes_per_active_user_and_day"],
        "login": ASSUMED["logins_per_user_and_day"],
    })


def kinds(factor=None):
    """The measured requests, on processors that take `factor` times as long."""
    factor = ASSUMED["graviton_cpu_factor"] if factor is None else factor
    return {
        name: Kind(
            name, app=(cost["app_us"] - cost.get("hash_us", 0)) * 1e-6 * factor,
            database=cost["database_us"] * 1e-6 * factor, round_trips=cost["round_trips"],
            writes=cost["writes"], hash=cost.get("hash_us", 0) * 1e-6 * factor,
        )
        for name, cost in MEASURED["requests"].items()
    }


def arrivals(system, rate_at, highest, seconds, of_kinds, shares):
    """Poisson arrivals whose rate follows `rate_at(time)`, by thinning a process of the highest rate."""
    random, simulation = system.random, system.simulation
    names, weights = list(shares), list(shares.values())

    def next_arrival():
        if simulation.now >= seconds:
            return
        if random.random() * highest < rate_at(simulation.now):
            system.arrive(of_kinds[random.choices(names, weights)[0]])
        simulation.after(random.expovariate(highest), next_arrival)

    simulation.after(random.expovariate(highest), next_arrival)
