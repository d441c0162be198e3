"""Of documents: tables that a program makes stand between <!-- NAME --> and <!-- /NAME -->; headings have addresses."""

import difflib
import re
import sys
from pathlib import Path


def anchors(text: str) -> set[str]:
    """The headings, as GitHub makes addresses of them."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def filled(text: str, tables: dict[str, str]) -> str:
    """The document with each table between its marks."""
    for name, table in tables.items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
        text, many = mark.subn(lambda match: f"{match[1]}{table}\n{match[2]}", text)
        if many != 1:
            sys.exit(f"the marks of the table {name} must stand once, and stand {many} times")
    return text


def hold(program: str, arguments: list[str], tables: dict[str, str]) -> bool:
    """Prints the tables, or with --write FILE puts them there; --check FILE: whether they stand there so."""
    if not arguments:
        print("\n\n".join(tables.values()))
        return True
    action, name = arguments
    text = Path(name).read_text()
    wanted = filled(text, tables)
    if action == "--write":
        Path(name).write_text(wanted)
    elif text != wanted:
        sys.stderr.writelines(difflib.unified_diff(text.splitlines(True), wanted.splitlines(True), name, program))
        print(f"{name} says other than {program}; {program} --write {name} repairs it", file=sys.stderr)
        return False
    return True
