"""The results of a run: a line each for people, and files in target/faults."""

import json
from dataclasses import dataclass
from pathlib import Path

from record import FAULTS, Record

COLUMNS = ["fault", "times", "requests", "acknowledged", *FAULTS, "503", "slowest failure", "longest pause", "recovery p50", "p95", "max"]


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

    @property
    def passed(self) -> bool:
        """Whether it was tried, and nothing happened that must not."""
        return not self.failed and not self.cannot

    def values(self) -> dict[str, int | float | str]:
        """By column; seconds are rounded to hundredths."""
        record = self.record
        numbers = [self.name, len(self.recoveries), record.requests, len(record.acknowledged), *record.counts.values()]
        seconds = [record.slowest_failure, record.longest_pause(self.end)]
        seconds += [quantile(self.recoveries, part) for part in (0.5, 0.95, 1.0)]
        return dict(zip(COLUMNS, [*numbers, record.unavailable, *(round(value, 2) for value in seconds)], strict=True))

    def line(self) -> str:
        """For a terminal."""
        if self.cannot and not self.failed:
            return f"{self.name:<11} NOT TRIED  {self.cannot}"
        values = self.values()
        bad = ", ".join(f"{count} {fault}" for fault, count in self.record.counts.items() if count)
        return (
            f"{self.name:<11} {'FAILED' if bad else 'passed'}  {values['acknowledged']:>6} acknowledged, "
            f"{bad or '0 lost'}; {values['503']} x 503, "
            f"pause {values['longest pause']:.1f} s, recovery {values['max']:.2f} s at most ({self.end - self.record.began:.0f} s)"
        )

    def explanations(self) -> list[str]:
        """The first ones of each kind."""
        return [f"{fault}: {note}" for fault, notes in self.record.notes.items() for note in notes]


def quantile(values: list[float], part: float) -> float:
    """The smallest value that this part of them does not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-part * len(ordered) // 1) - 1)] if ordered else 0.0


def write_reports(folder: Path, kind: str, long: bool, results: list[Result]) -> None:
    """One file for programs and one for the README."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / (f"{kind}-long" if long else kind)
    rows = [{**result.values(), "notes": result.record.notes, "not tried": result.cannot} for result in results]
    stem.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for result in results:
        cells = [result.name, f"not tried: {result.cannot}"] if result.cannot else [str(value) for value in result.values().values()]
        lines.append("| " + " | ".join(cells) + " |")
    stem.with_suffix(".md").write_text("\n".join(lines) + "\n")
