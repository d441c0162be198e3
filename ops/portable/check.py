"""What our scripts may use: nothing that came after the programs of Debian 12, and of macOS where they say so.

check.py FILE... names each place in a Python or shell script that needs more, and ends with 1 if there is any.

vermin and mypy know versions such as 3.12. These tables know what they do not: what Python 3.11 got after the
3.11.2 of Debian 12 (mostly with repairs of security), and what each bash and git brought.

The names of Python are those that mypy's `stubtest --check-typeshed --concise` misses on 3.11.2 and finds later,
and those that the manual marks with 3.11.3 or later."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

Fault = tuple[int, str]  # line and words

NAMES = {
    "3.11.4": "AbsoluteLinkError AbsolutePathError FilterError LinkOutsideDestinationError OutsideDestinationError"
    " SpecialFileError data_filter tar_filter fully_trusted_filter extraction_filter",
    "3.11.9": "GetReparseDeferralEnabled SetReparseDeferralEnabled",
    "3.11.10": "verify_generated_headers",
    "3.11.13": "ALLOW_MISSING LinkFallbackError",
}
KEYWORDS = {  # of functions
    ("extract", "filter"): "3.11.4",
    ("extractall", "filter"): "3.11.4",
    ("unpack_archive", "filter"): "3.11.4",
    ("getaddresses", "strict"): "3.11.10",
    ("parseaddr", "strict"): "3.11.10",
}
VERSION_OF = {name: version for version, names in NAMES.items() for name in names.split()}

DEBIAN_BASH, DEBIAN_GIT, MACOS_BASH = (5, 2), (2, 39), (3, 2)
FOR_MACOS = re.compile(r"(^|/)ops/(lib/[\w-]+\.sh|up|test|database|generate)$")
BASH = [
    ((4, 0), r"\b(declare|local|typeset)\s+-[a-z]*A\b", "an associative array"),
    ((4, 0), r"(^|[;&|({]|\bthen|\bdo)\s*(mapfile|readarray|coproc)\b", "mapfile, readarray or coproc"),
    ((4, 0), r"\$\{\w+(\[[^]]*\])?(\^|,)", "another case of letters in an expansion"),
    ((4, 0), r"&>>|\|&", "&>> or |&"),
    ((4, 0), r";&|;;&", "a branch of case that goes on"),
    ((4, 0), r"\bBASHPID\b|\bglobstar\b", "BASHPID or globstar"),
    ((4, 1), r"(^|\s)(exec\s+)?\{\w+\}[<>]", "a descriptor that bash names"),
    ((4, 2), r"\[\[\s+(!\s+)?-v\s|\btest\s+-v\s|\[\s+-v\s", "test -v"),
    ((4, 2), r"\bprintf\s+(-v\s+\w+\s+)?['\"]?%\([^)]*\)T", "a date by printf"),
    ((4, 2), r"\blastpipe\b|\bdeclare\s+-g\b", "lastpipe or declare -g"),
    ((4, 3), r"\b(declare|local|typeset)\s+-[a-z]*n\b", "a name that stands for another"),
    ((4, 3), r"\bwait\s+-n\b|\$\{\w+\[-\d", "wait -n, or an index from the end"),
    ((4, 4), r"\$\{[\w@*]+(\[[^]]*\])?@[A-Za-z]\}", "an expansion with @"),
    ((4, 4), r"\binherit_errexit\b|\bmapfile\s+-d\b|\blocal\s+-(\s|$)", "inherit_errexit, mapfile -d or local -"),
    ((5, 0), r"\bEPOCHSECONDS\b|\bEPOCHREALTIME\b|\bBASH_ARGV0\b", "EPOCHSECONDS, EPOCHREALTIME or BASH_ARGV0"),
    ((5, 1), r"\bSRANDOM\b|\bwait\s+(-n\s+)?-p\b", "SRANDOM or wait -p"),
    ((5, 3), r"\$\{[ \t|]", "a command in ${ }"),
    ((5, 3), r"\bGLOBSORT\b|\b(compgen)\s+-V\b|\bread\s+-[a-z]*E\b", "GLOBSORT, compgen -V or read -E"),
    ((5, 3), r"(^|[;&|]\s*)(source|\.)\s+-p\b", "source -p"),
]
GIT = [
    ((2, 40), r"\bgit\s[^|;]*(--attr-source|--porcelain=v3)\b", "--attr-source"),
    ((2, 42), r"\bgit\s[^|;]*(for-each-ref|rev-list|pack-refs)\s[^|;]*--(exclude|include)\b", "--exclude of references"),
    ((2, 42), r"\bgit\s[^|;]*worktree\s+add\s[^|;]*--orphan\b", "worktree add --orphan"),
    ((2, 43), r"\bgit\s[^|;]*show-ref\s+--exists\b", "show-ref --exists"),
    ((2, 44), r"\bgit\s+(-\S+\s+\S+\s+)*(replay|refs|backfill|repo|last-modified|history)\b", "a command of later years"),
    ((2, 45), r"\bgit\s[^|;]*--ref-format\b", "--ref-format"),
    ((2, 46), r"\bgit\s[^|;]*\bconfig\s+(--\w+\s+)*(get|set|list|unset|edit)\b", "git config with a verb"),
    ((2, 46), r"\bgit\s[^|;]*--no-advice\b", "--no-advice"),
    ((2, 49), r"\bgit\s[^|;]*clone\s[^|;]*--revision\b", "clone --revision"),
]


def of_python(text: str) -> Iterator[Fault]:
    """By name alone, whatever the object: a type is not known everywhere."""
    for node in ast.walk(ast.parse(text, feature_version=(3, 11))):
        if isinstance(node, ast.Call):
            function = getattr(node.func, "attr", getattr(node.func, "id", ""))
            for keyword in node.keywords:
                if version := KEYWORDS.get((function, keyword.arg or "")):
                    yield node.lineno, f"{function}({keyword.arg}=) needs Python {version}"
        names = [getattr(node, "attr", ""), getattr(node, "id", "")]
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        for name in names:
            if version := VERSION_OF.get(name):
                yield getattr(node, "lineno", 0), f"{name} needs Python {version}"


def of_shell(text: str, bash: tuple[int, int]) -> Iterator[Fault]:
    """By lines; comments are left out."""
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(r"(^|\s)#.*", "", line)
        for program, most, table in (("bash", bash, BASH), ("git", DEBIAN_GIT, GIT)):
            for version, pattern, words in table:
                if version > most and re.search(pattern, code):
                    yield number, f"{words} needs {program} {version[0]}.{version[1]}, and here it may be {most[0]}.{most[1]}"


def faults(path: str) -> list[Fault]:
    """Of one script, by what its first line or its name says that it is."""
    text = Path(path).read_text(encoding="utf-8")
    if path.endswith(".py") or re.match(r"#!.*python", text):
        return sorted(of_python(text))
    return list(of_shell(text, MACOS_BASH if FOR_MACOS.search(path) else DEBIAN_BASH))


def main(paths: list[str]) -> int:
    """How many there were goes to stdout, what is wrong to stderr."""
    found = [f"{path}:{line}: {words}" for path in paths for line, words in faults(path)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
