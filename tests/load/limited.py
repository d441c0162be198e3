"""A control group that holds a program to a part of a processor and so much memory."""

import os
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PERIOD = 100_000  # microseconds


class Group:
    """Version 2 where the kernel's tree is that, else version 1. Needs the right to write there."""

    def __init__(self, name: str, processors: float, memory: int):
        quota = str(int(_PERIOD * processors))
        self.version = 2 if (_ROOT / "cgroup.controllers").exists() else 1
        if self.version == 2:
            beside = self._own_parent()
            (beside / "cgroup.subtree_control").write_text("+cpu +memory")
            self.folders = {beside / name: {"cpu.max": f"{quota} {_PERIOD}", "memory.max": str(memory)}}
        else:
            cpu = {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": quota}
            self.folders = {_ROOT / "cpu" / name: cpu, _ROOT / "memory" / name: {"memory.limit_in_bytes": str(memory)}}

    @staticmethod
    def _own_parent() -> Path:
        """A group that has processes cannot have controlled groups below it: beside ours, then."""
        own = next(line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        inside = own.removeprefix("0::").strip("/")
        return (_ROOT / inside).parent if inside else _ROOT

    @contextmanager
    def made(self):
        for folder, settings in self.folders.items():
            folder.mkdir()
            for name, value in settings.items():
                (folder / name).write_text(value)
        try:
            yield
        finally:
            for folder in self.folders:
                folder.rmdir()

    def join(self) -> None:
        """For the child to call before it becomes the program."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def throttled(self) -> tuple[int, int]:
        """Periods in which it wanted more than it might have, and all."""
        stat = dict(line.split() for line in (next(iter(self.folders)) / "cpu.stat").read_text().splitlines())
        return int(stat["nr_throttled"]), int(stat["nr_periods"])
