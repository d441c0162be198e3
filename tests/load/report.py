"""What was measured, as a table."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One goal, and how it was met."""

    goal: int  # its number
    what: str
    value: str
    bound: str
    met: bool | None  # None: it could not be measured here, which the value says
    gate: bool = False
    spread: str = ""

    @property
    def verdict(self) -> str:
        return "not measured" if self.met is None else "yes" if self.met else "NO"


_HEADINGS = ("#", "what", "measured", "spread", "goal", "met")


def table(rows: list[Row]) -> str:
    lines = [_HEADINGS] + [
        (str(row.goal), row.what, row.value, row.spread, row.bound, row.verdict) for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    texts = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths)) for line in lines]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {text} |" for text in (texts[0], rule, *texts[1:]))


def remarks(rows: list[Row], path: Path) -> str:
    """What people have written in `unmet.md` about the goals that are not met."""
    missed = {str(row.goal) for row in rows if row.met is not True}
    kept = []
    for section in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        if section.split(maxsplit=1)[0].rstrip(".") in missed:
            kept.append(f"### {section.strip()}\n")
    return "\n".join(["\n## What is not met, and why\n", *kept] if kept else [])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
