"""Programs under measurement: started, watched by the kernel's figures, stopped."""

import http.client
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

import wanted

READY = 60  # seconds until a program must answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_of(pid: int) -> float:
    """Seconds of user and system time so far, of a process and all that it started."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


class Program:
    """A server that is measured from outside: user and system time and memory, by the kernel."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path, port: int):
        self.name, self.port, self.log = name, port, log
        self.command, self.environment = command, {"PATH": os.environ["PATH"], **environment}
        self.join: Callable[[], None] | None = None  # called in the child before it becomes the program
        self.url = f"http://127.0.0.1:{port}"

    def spawn(self) -> subprocess.Popen:
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=self.join
            )

    def __enter__(self) -> "Program":
        self.process = self.spawn()
        deadline = time.monotonic() + READY
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise SystemExit(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-1000:]}")
            time.sleep(0.05)
        return self

    def is_ready(self) -> bool:
        try:
            return wanted.send(self.port, wanted.Request("GET", "/readyz", ())).status < 500
        except (OSError, http.client.HTTPException):
            return False

    def __exit__(self, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def cpu(self) -> float:
        return cpu_of(self.process.pid)

    def memory(self, which: str = "VmRSS") -> float:
        """Resident memory in MiB: now, or the most there has been (VmHWM)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{which}:\s+(\d+) kB", status)[1]) / 1024

    def forget_peak(self) -> None:
        """From now on the peak is that of what comes."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
