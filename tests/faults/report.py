"""The results of a run: a line each for people, and files in target/faults."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from record import Record
from servers import REPORTS

UNTRIED = "passed, but for what could not be tried here (above)"


@dataclass
class Result:
    """What came of one fault."""

    name: str
    record: Record
    recoveries: list[float]  # seconds, one for each repeat
    end: float  # of the load
    cannot: str | None = None  # why it was not tried

    @property
    def failed(self) -> bool:
        """Whether something happened that must not."""
        return any(self.record.counts.values())

    def values(self) -> dict[str, int | float | str]:
        """By column; seconds are rounded to hundredths."""
        record = self.record
        numbers = {"times": len(self.recoveries), "requests": record.requests, "acknowledged": len(record.acknowledged), **record.counts}
        seconds = {"slowest failure": record.slowest_failure, "longest pause": record.longest_pause(self.end)}
        seconds |= {"recovery p50": median(self.recoveries or [0.0]), "recovery max": max(self.recoveries, default=0.0)}
        return {"fault": self.name, **numbers, "503": record.unavailable, **{name: round(value, 2) for name, value in seconds.items()}}

    def lines(self) -> Iterable[str]:
        """For a terminal, with the first notes of each kind."""
        values = self.values()
        bad = ", ".join(f"{count} {fault}" for fault, count in self.record.counts.items() if count)
        if self.cannot and not bad:
            yield f"{self.name:<11} NOT TRIED  {self.cannot}"
            return
        yield (
            f"{self.name:<11} {'FAILED' if bad else 'passed'}  {values['acknowledged']:>6} acknowledged, "
            f"{bad or '0 lost'}; {values['503']} x 503, pause {values['longest pause']:.1f} s, "
            f"recovery {values['recovery max']:.2f} s at most ({self.end - self.record.began:.0f} s)"
        )
        yield from (f"    {note}" for note in self.record.explanations())


def verdict(results: list[Result], *, must_try: bool) -> str:
    """Of all faults on one kind of server."""
    untried = any(result.cannot for result in results)
    if any(result.failed for result in results) or (untried and must_try):
        return "FAILED"
    return UNTRIED if untried else "passed"


def write_report(name: str, rows: list[dict]) -> None:
    """For programs, and for the figures of README.md."""
    (REPORTS / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")


def say(*lines: str) -> None:
    print("\n".join(lines), file=sys.stderr, flush=True)
