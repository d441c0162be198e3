"""What is counted during one fault, and the judgement of a single answer."""

from dataclasses import dataclass, field
from time import monotonic

from http_client import CLIENT_TIMEOUT, Answer
from instances import Instance

FAILURE_DEADLINE = 5.0  # seconds: so soon the program promises to answer while its database fails
MOST_NOTES = 12  # of each kind; the first ones explain the others

# What must not happen, in the order of the table.
FAULTS = {
    "lost": "acknowledged, but absent or in another state afterwards",
    "duplicates": "one to-do there twice",
    "foreign": "a row that somebody else sees or owns",
    "stale": "a read that does not show what was acknowledged before it, or an older revision",
    "hung": f"no answer within {CLIENT_TIMEOUT:.0f} s from an instance that lives, or a write that never came through",
    "late": f"a failure that took longer than {FAILURE_DEADLINE:.0f} s to say so",
    "wrong": "a failure that is no 503 with Retry-After and a page or problem, or a connection ended without an answer",
    "open": "transactions left open on a server",
}


@dataclass
class Record:
    """The ledger's counts for one fault."""

    began: float = field(default_factory=monotonic)
    acknowledged: list[tuple[float, str]] = field(default_factory=list)  # moment and instance
    requests: int = 0
    unavailable: int = 0
    slowest_failure: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAULTS, 0))
    notes: dict[str, list[str]] = field(default_factory=dict)

    def count(self, fault: str, note: str) -> None:
        """Counts one fault, and keeps what explains the first ones."""
        self.counts[fault] += 1
        kept = self.notes.setdefault(fault, [])
        if len(kept) < MOST_NOTES:
            kept.append(f"{monotonic() - self.began:.1f} s: {note}")

    def acknowledge(self, instance: Instance) -> None:
        """An acknowledged write."""
        self.acknowledged.append((monotonic(), instance.name))

    def judge(self, call: str, answer: Answer, instance: Instance, *, excused: bool) -> None:
        """Counts what is wrong with an answer. What an instance leaves undone that we end is `excused`."""
        self.requests += 1
        told = f"{call} at {instance.name}"
        if answer.kind == "answer" and answer.status < 500:
            return
        if excused and answer.kind != "answer":
            return
        self.slowest_failure = max(self.slowest_failure, answer.seconds)
        if answer.kind == "silent":
            self.count("hung", told)
            return
        if answer.kind != "answer":
            self.count("wrong", f"{told}: the connection was {answer.kind}, after {answer.seconds:.1f} s")
        elif flaw := flaw_of_failure(answer):
            self.count("wrong", f"{told}: {flaw}")
        else:
            self.unavailable += 1
        if answer.seconds > FAILURE_DEADLINE:
            self.count("late", f"{told}: {answer.status or answer.kind} after {answer.seconds:.2f} s")

    def explanations(self) -> list[str]:
        """The first ones of each kind."""
        return [f"{fault}: {note}" for fault, notes in self.notes.items() for note in notes]

    def longest_pause(self, end: float) -> float:
        """The longest time without an acknowledged write, in seconds."""
        moments = [self.began, *sorted(moment for moment, _ in self.acknowledged if moment < end), end]
        return max(after - before for before, after in zip(moments, moments[1:], strict=False))


def flaw_of_failure(answer: Answer) -> str | None:
    """What is wrong with a 5xx answer, if anything."""
    if answer.status != 503:
        return f"status {answer.status}: {answer.body[:200]!r}"
    if not answer.headers.get("retry-after", "").isdigit():
        return f"503 without Retry-After: {answer.body[:100]!r}"
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/problem+json"):
        return None if {"type", "title", "status", "detail", "code"} <= answer.json().keys() else "an incomplete problem"
    if kind.startswith("text/html"):
        return None if b"<h1" in answer.body else "a page without a heading"
    return f"503 as {kind or 'nothing'}"
