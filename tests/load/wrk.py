"""Load from wrk: so many connections, each of which asks again as soon as it is answered."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from programs import Program
from wanted import Request

_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    refused: int  # answered with a status from 400 up
    broken: int  # not answered
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def write_requests(path: Path, requests: Iterable[Request]) -> Path:
    path.write_bytes(b"\0".join(request.raw() for request in requests))
    return path


def begin(program: Program, requests: Path, connections: int, seconds: int) -> subprocess.Popen:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout=30s", "-s", str(_SCRIPT)]
    return subprocess.Popen([*command, program.url, "--", str(requests)], stdout=subprocess.PIPE, text=True)


def end(running: subprocess.Popen) -> Load:
    """Waits for it."""
    output, _ = running.communicate()
    if running.returncode:
        raise SystemExit("wrk failed")
    return Load(**json.loads(output.splitlines()[-1]))


def run(program: Program, requests: Path, connections: int, seconds: int) -> Load:
    """A failed request is never a fast one: it ends the run."""
    load = end(begin(program, requests, connections, seconds))
    if load.refused or load.broken or not load.requests:
        failed = f"{load.refused} of {load.requests} requests were refused, {load.broken} not answered"
        raise SystemExit(f"{program.name}: {failed}; see {program.log}")
    return load
