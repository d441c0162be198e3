"""What a change costs: CPU of a request against an earlier build, on the same rows in alternating rounds."""

from compare import alternate, ratio_row
from full import Full
from report import Row

ROUNDS = 15  # the ratios of single rounds are some per cent apart
MOST = 1.02  # of the CPU that the earlier build takes


def rows(full: Full) -> tuple[list[Row], list[str]]:
    """A row for each kind of request, for the program's own CPU and for the database's."""
    found = []
    # The schema is that of the newer one, which an earlier one works on and does not touch.
    before = full.bench.tickbox(program=full.bench.options.earlier, MIGRATE_ON_START="false")
    before.name = "earlier"
    with full.bench.tickbox() as after, before:
        for kind, name in {"list": "list page", "api": "API list", "add": "add"}.items():
            now, then = (full.measured(program, kind, full.requests(kind)) for program in (after, before))
            alternate(now, then, rounds=ROUNDS)
            found.append(ratio_row(0, f"CPU: {name} / earlier build", now, then, MOST, gate=True))
            found.append(ratio_row(0, f"the database's CPU: {name} / earlier build", now, then, MOST, of="database_cpu"))
            full.note(f"{name}: this build", now)
            full.note(f"{name}: earlier build", then)
    return found, full.costs
