"""Runs the commands of a guide and compares what they print with what it says: guide.py README.md.

Blocks marked `sh` run one after another in one shell, against TICKBOX_URL. A block marked `json` or
`text` right behind one is its output: JSON by its values, text by its lines, and `…` stands for
anything in either."""

import json
import os
import re
import subprocess
import sys
from typing import Any

ADDRESS = "http://127.0.0.1:8080"  # where ./ops/up serves, and so what the guide says
END = "=== end of a block ==="
BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fits(expected: Any, actual: Any) -> bool:
    match expected, actual:
        case str(), str():
            pattern = ".*".join(map(re.escape, expected.split("…")))
            return re.fullmatch(pattern, actual, re.DOTALL) is not None
        case dict(), dict():
            return list(expected) == list(actual) and all(fits(expected[key], actual[key]) for key in expected)
        case list(), list():
            return len(expected) == len(actual) and all(map(fits, expected, actual))
    return type(expected) is type(actual) and bool(expected == actual)


def read(text: str) -> list[tuple[str, tuple[str, str] | None]]:
    """Each command with the output it should have, if the guide says one."""
    blocks: list[tuple[str, tuple[str, str] | None]] = []
    end = None
    for block in BLOCK.finditer(text):
        kind, body = block.groups()
        if kind == "sh":
            blocks.append((body, None))
        elif end == block.start() - 1:
            blocks[-1] = (blocks[-1][0], (kind, body))
        else:
            continue  # an example that nothing runs
        end = block.end()
    return blocks


def run(commands: list[str]) -> list[str]:
    """What each of them prints; fewer when one failed."""
    script = "set -euo pipefail\n" + "".join(f"{command}\necho '{END}'\n" for command in commands)
    script = script.replace(ADDRESS, os.environ["TICKBOX_URL"])
    shell = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    return shell.stdout.split(f"{END}\n")[:-1]


def note_secrets(outputs: list[str]) -> None:
    """For the sweep of the logs."""
    if path := os.environ.get("SECRETS_FILE"):
        with open(path, "a", encoding="utf-8") as file:
            for secret in re.findall(r'token": *"([^"]+)"', "".join(outputs)):
                file.write(f"{secret}\n")


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        blocks = read(file.read())
    outputs = run([command for command, _ in blocks])
    note_secrets(outputs)
    compared = 0
    for number, (command, expected) in enumerate(blocks):
        if number == len(outputs):
            sys.exit(f"This command of the guide failed:\n{command}")
        kind, body = expected or ("", "")
        if kind == "json":
            right = fits(json.loads(body), json.loads(outputs[number]))
        else:
            right = fits(body, outputs[number])
        if not right:
            sys.exit(f"{command}\nprinted\n{outputs[number]}\nand the guide says\n{body}")
        compared += bool(expected)
    if compared == 0:
        sys.exit("the guide says of no command what it prints")
    print(f"{len(blocks)} commands, {compared} outputs compared")


main(*sys.argv[1:])
