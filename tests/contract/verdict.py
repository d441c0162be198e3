"""Judges a run of Schemathesis: verdict.py REPORT COUNTS. A call that was never answered with success
has not been tested, whatever the checks say, nor has one that refused the token of the run. Prints how
many cases there were, and fails."""

import json
import sys


def main(report_file: str, counts_file: str) -> None:
    with open(report_file, encoding="utf-8") as file:
        report = json.load(file)
    with open(counts_file, encoding="utf-8") as file:
        counts = json.load(file)
    calls: dict[str, dict[str, int]] = counts["answers"]
    for call, statuses in calls.items():
        answers = ", ".join(f"{status} x {count}" for status, count in statuses.items())
        print(f"  {call:20} {answers}", file=sys.stderr)

    cases, operations = report["test_cases"], report["operations"]
    never = [call for call, statuses in calls.items() if not any(status.startswith("2") for status in statuses)]
    words = [f"{cases['generated']} cases on {operations['tested']} calls in {report['running_time']:.0f} s"]
    if cases["with_failures"]:
        words.append(f"{cases['unique_failures']} kinds of failure")
    if never:
        words.append(f"never succeeded: {', '.join(never)}")
    if counts["refused"]:
        words.append(f"the token was refused: {counts['refused']}")
    if len(calls) < operations["total"] or not report["complete"]:
        words.append(f"only {len(calls)} of {operations['total']} calls were tried to the end")
    failed = len(words) > 1 or report["exit_code"] != 0
    if failed:
        words.append(f"the same again: FUZZ_SEED={report['seed']}")
    print("; ".join(words))
    sys.exit(failed)


main(*sys.argv[1:])
