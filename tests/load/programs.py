"""Programs under measurement: started, watched by /proc, stopped."""

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
READY = 60  # seconds until a program must answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _children(pid: int) -> list[int]:
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in listed.read_text().split()]
    return found


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    return [pid] + [member for child in _children(pid) for member in family(child)]


def cpu_of(pid: int) -> float:
    """Seconds of user and system time so far."""
    # Behind the name, which may hold anything: utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Program:
    """A server that is measured from outside: user and system time and memory, by the kernel."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path, port: int):
        self.name, self.port, self.log = name, port, log
        self.command, self.environment = command, environment
        self.join = None  # called in the child before it becomes the program

    def start(self, ready: str = "/readyz") -> "Program":
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={"PATH": os.environ["PATH"], **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self.join,
            )
        deadline = time.monotonic() + READY
        while not self.answers(ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-1000:]
                self.stop()
                raise SystemExit(f"{self.name} did not start:\n{tail}")
            time.sleep(0.05)
        return self

    def answers(self, path: str) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            connection.request("GET", path)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def __enter__(self) -> "Program":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Seconds of user and system time so far, of all its processes."""
        return sum(map(cpu_of, family(self.process.pid)))

    def memory(self) -> "Memory":
        return Memory.of(self.process.pid)

    def forget_peak(self) -> None:
        """From now on the peak is that of what comes."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


class Memory:
    """Resident memory in MiB: now, and the most there has been."""

    def __init__(self, now: float, peak: float):
        self.now, self.peak = now, peak

    @classmethod
    def of(cls, pid: int) -> "Memory":
        status = Path(f"/proc/{pid}/status").read_text()
        value = {name: int(kib) / 1024 for name, kib in re.findall(r"(Vm\w+):\s+(\d+) kB", status)}
        return cls(value["VmRSS"], value["VmHWM"])
