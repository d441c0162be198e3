"""Fills the database, measures, prints the table; see ./tests/load/run, which starts this."""

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import data
import exact
import report
from database import Counters
from full import Full
from report import Row, say
from setting import Bench

PEOPLE = {"quick": 200}  # of 50 to-dos each; in the other modes:
ALL_PEOPLE = 20_000
TEXT = """# Measured

Written by `./tests/load/run`, which anybody can repeat; what is measured and how stands in [README.md](README.md).

{began} UTC:

{machine}

{table}

A ratio is the median of alternating rounds, beside it the least and the most of a round.

## What they were made of

Medians of the rounds; CPU is user and system time, in microseconds for a request.

| | CPU | spread | the database's CPU | requests/s |
|---|---|---|---|---|
{costs}
{remarks}"""


def count(bench: Bench) -> list[Row]:
    """What can be counted."""
    bench.counters = Counters(bench.root)
    with bench.tickbox() as bench.program:
        exact.settle(bench)
        rows = exact.wire(bench) + exact.rows_read(bench) + exact.statements(bench)
    with bench.tickbox() as bench.program:
        return rows + exact.memory(bench)


def everything(bench: Bench, full: Full) -> list[Row]:
    """The exact part, and what takes time; of these only what bears on the goals that were named, if any were."""
    rows, goals = [], set(bench.options.goals)
    for about, measure in (
        ({1, 2, 9, 11}, lambda: count(bench)),
        ({3, 4, 5, 6, 7}, full.peers_rows),
        ({8}, full.storm),
        ({10}, full.starts),
        ({13}, full.growth),
        ({12}, full.smallest),
    ):
        if not goals or goals & about:
            data.keep_sessions_fresh(bench.root)
            began = time.monotonic()
            rows += (found := measure())
            say(f"{report.table(found)}\n{time.monotonic() - began:.0f} s")
    return rows


def machine(bench: Bench) -> str:
    """What the figures were made on."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
    settings = "@@innodb_flush_log_at_trx_commit, @@sync_binlog, @@log_bin, @@innodb_buffer_pool_size"
    [[version, flush, sync, binlog, pool, todos]] = bench.root.ask(f"SELECT VERSION(), {settings}, COUNT(*) FROM todos")
    compiler = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    packages = [f"{name} {importlib.metadata.version(name)}" for name in ("flask", "sqlalchemy", "gunicorn", "pymysql")]
    return (
        f"- {model}, {os.cpu_count()} processors, {memory:.0f} GiB, Linux {platform.release()}; load average {os.getloadavg()[1]:.1f} over the last five minutes\n"
        f"- MySQL or MariaDB {version}: innodb_flush_log_at_trx_commit={flush}, sync_binlog={sync}, log_bin={binlog}, buffer pool {pool >> 20} MiB; "
        f"{todos:,} to-dos of {len(bench.population.all):,} people\n"
        f"- {'; '.join((compiler, ', '.join(packages)))}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["quick", "full", "earlier"])
    for name, kind in (("program", Path), ("earlier", Path), ("work", Path), ("peers", Path), ("database-port", int), ("database-pid", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--goals", type=int, nargs="*", default=[])
    options = parser.parse_args()
    began = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
    bench = Bench(options, PEOPLE.get(options.mode, ALL_PEOPLE))
    bench.fill()
    data.keep_sessions_fresh(bench.root)
    full = Full(bench) if options.mode != "quick" else None
    rows = everything(bench, full) if options.mode == "full" else full.earlier() if full else count(bench)
    rows.sort(key=lambda row: row.goal)
    table, costs = report.table(rows), full.costs if full else []
    print(table, *costs, sep="\n")
    if options.mode == "full" and not options.goals:
        here = Path(__file__).parent
        remarks = report.remarks(rows, here / "unmet.md")
        text = TEXT.format(began=began, machine=machine(bench), table=table, costs="\n".join(costs), remarks=remarks)
        (here / "RESULTS.md").write_text(text, encoding="utf-8")
    missed = [row for row in rows if row.gate and row.met is False]
    if missed:
        say(f"{len(missed)} of {len(rows)} may not be missed, and are")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
