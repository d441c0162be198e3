"""Holds the workflows to this repository: what no linter can know.

python check.py SCRIPTS WORKFLOW..., by a Python that has ruamel.yaml. Names every fault, and writes each `run` into
the folder SCRIPTS as a script of its own, for shellcheck.

- The jobs of .github/workflows/main.yml have the names of the original, each after the one before.
- Scripts of ops/ and tests/ that are run exist, and ./ops/test is asked for steps that it has.
- Each action is pinned by commit, to the same one everywhere, with its version beside it.
- Each job with steps has a time limit; without one GitHub's is six hours."""

import pathlib
import re
import subprocess
import sys

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAIN = ["lint-code", "build-publish-image", "aws_ecs_task_definition"]
USES = re.compile(r"^\s*(?:-\s+)?uses:\s*([^\s@#]+)@(\S+)(?:\s+#\s*(\S+))?", re.MULTILINE)

faults = []


def needs(job):
    wanted = job.get("needs", [])
    return [wanted] if isinstance(wanted, str) else list(wanted)


def check_chain(name, jobs):
    for before, job in zip([None, *CHAIN], CHAIN):
        if job not in jobs:
            faults.append(f"{name}: there is no job {job}")
        elif before and before not in needs(jobs[job]):
            faults.append(f"{name}: {job} does not need {before}")
    if needs(jobs.get(CHAIN[0], {})):
        faults.append(f"{name}: {CHAIN[0]} is not the first")


def steps_of_test():
    listed = subprocess.run([ROOT / "ops/test", "--list"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line}


def check_commands(where, script, steps):
    for line in script.splitlines():
        for command in re.findall(r"(?<![\w/])\./((?:ops|tests)/[\w/.-]+)", line):
            path = ROOT / command
            if not path.is_file() or not path.stat().st_mode & 0o100:
                faults.append(f"{where}: there is no program ./{command}")
        for words in re.findall(r"^\s*\./ops/test((?: +[\w-]+)*) *$", line):
            for word in words.split():
                if not word.startswith("--") and word not in steps:
                    faults.append(f"{where}: ./ops/test has no step {word}")


def write_script(folder, where, script):
    """Expressions are values by then; which ones may stand in a script at all is zizmor's business."""
    name = re.sub(r"\W+", "-", where).strip("-")
    (folder / f"{name}.sh").write_text("#!/usr/bin/env bash\n" + re.sub(r"\$\{\{.*?\}\}", "value", script))


def main(scripts, workflows):
    pinned, counts, steps = {}, {"jobs": 0, "scripts": 0}, steps_of_test()
    for path in workflows:
        text = pathlib.Path(path).read_text()
        workflow = YAML(typ="safe").load(text)
        if path == ".github/workflows/main.yml":
            check_chain(path, workflow["jobs"])
        for action, commit, version in USES.findall(text):
            if not re.fullmatch("[0-9a-f]{40}", commit) or not re.fullmatch(r"v\d+(\.\d+)*", version):
                faults.append(f"{path}: {action}@{commit} is not pinned by commit with its version beside it")
            elif pinned.setdefault(action, (commit, version)) != (commit, version):
                faults.append(f"{path}: {action} is pinned to {commit} ({version}), elsewhere to {' ('.join(pinned[action])})")
        for name, job in workflow["jobs"].items():
            counts["jobs"] += 1
            if "steps" in job and "timeout-minutes" not in job:
                faults.append(f"{path}: {name} has no timeout-minutes")
            for number, step in enumerate(job.get("steps", []), 1):
                if "run" in step:
                    counts["scripts"] += 1
                    check_commands(f"{path}: {name}, step {number}", step["run"], steps)
                    write_script(scripts, f"{path} {name} {number}", step["run"])
    if ".github/workflows/main.yml" not in workflows:
        faults.append("there is no .github/workflows/main.yml")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(workflows)} workflows, {counts['jobs']} jobs, {len(pinned)} actions, {counts['scripts']} scripts")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
