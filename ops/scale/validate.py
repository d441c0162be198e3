"""The simulation against the real program: what it predicts for the machine and the load of
reality.json, from the CPU that was measured there, beside what was measured there."""

import json
from pathlib import Path

from engine import Servers
from search import SEED
from system import Kind, Shape, System, percentile

REALITY = json.loads((Path(__file__).parent / "reality.json").read_text())
CLIENTS = 16
PROCESSORS = 2  # of that machine, on which Tickbox then hashed two passwords at once
SECONDS = 20.0
ROUND_TRIPS = {"list": 2, "sync": 2, "change": 5, "login": 7}  # limits were off
LOCAL_ROUND_TRIP = 0.00005


def client(system, kind, pause, costs):
    """Sends a request, waits for the answer, pauses, and so on, as a connection of wrk does."""
    while system.simulation.now < SECONDS:
        if pause:
            yield system.simulation.pause(system.random.uniform(0, 2 * pause))
        yield system.database.cpu.work(costs)  # what wrk itself takes of the machine
        yield from system.request(kind)


def predict(name, where, how):
    seen = REALITY[where][name][how]
    login = name == "login"
    app = (REALITY[where]["change"][how]["app_us"] if login else seen["app_us"]) * 1e-6
    kind = Kind(name, app=app, database=seen["database_us"] * 1e-6, round_trips=ROUND_TRIPS[name],
                writes=login or name == "change", hash=seen["app_us"] * 1e-6 - app if login else 0.0)
    shape = Shape(tasks=1, vcpu=0.25, database_vcpu=PROCESSORS, round_trip=LOCAL_ROUND_TRIP, commit=0,
                  iops=1e9, hashes=PROCESSORS)
    system = System(shape, SEED)
    if where == "whole":
        system.tasks[0].cpu = system.database.cpu  # they share the processors
    for _ in range(CLIENTS):
        system.simulation.start(client(system, kind, seen.get("pause_ms", 0) * 1e-3, seen["client_us"] * 1e-6))
    system.simulation.run()
    latencies = system.latencies[name]
    return {"rate": len(latencies) / SECONDS, "p50_ms": percentile(latencies, 0.5) * 1e3,
            "p99_ms": percentile(latencies, 0.99) * 1e3}, seen


def rows():
    for where, words in (("whole", "the whole machine"), ("quarter", "a quarter of a processor")):
        for name in REALITY[where]:
            for how in REALITY[where][name]:
                predicted, seen = predict(name, where, how)
                yield (words, name, how, *(f"{predicted[what]:,.{digits}f} / {seen[what]:,.{digits}f}"
                                          for what, digits in (("rate", 0), ("p50_ms", 1), ("p99_ms", 1))))


if __name__ == "__main__":
    for row in rows():
        print(*row, sep="\t")
