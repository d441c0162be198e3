"""What a change costs: CPU of a request against an earlier build, on the same rows in alternating rounds."""

from pathlib import Path

import compare
from compare import Measured, alternate, cost_row, ratio_row, ratios
from full import Full
from report import Row

ROUNDS = 15  # the ratios of single rounds are some per cent apart
MOST = 1.02  # of the CPU that the earlier build takes
KINDS = {"list": "list page", "api": "API list", "add": "add"}


def rows(full: Full, earlier: Path) -> tuple[list[Row], list[str]]:
    """A row for each kind of request, for the program's own CPU and for the database's."""
    found, costs = [], []
    # The schema is that of the newer one, which an earlier one works on and does not touch.
    before = full.bench.tickbox(program=earlier, MIGRATE_ON_START="false")
    before.name = "earlier"
    with full.bench.tickbox() as after, before:
        for kind, name in KINDS.items():
            requests = full.requests(kind)
            now, then = (full.measured(program, kind, requests) for program in (after, before))
            alternate(now, then, rounds=ROUNDS)
            found.append(ratio_row(0, f"CPU: {name} / earlier build", ratios(now.rounds, then.rounds), MOST, gate=True))
            of_database = ratios(now.rounds, then.rounds, "database_cpu")
            found.append(ratio_row(0, f"the database's CPU: {name} / earlier build", of_database, MOST))
            costs += [cost_row(f"{name}: this build", now.rounds), cost_row(f"{name}: earlier build", then.rounds)]
    return found, costs
