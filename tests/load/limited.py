"""A control group that holds a program to a part of a processor and so much memory."""

import os
from collections.abc import Callable
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


class Group:
    """Version 2 where the kernel's tree is that, else version 1. Needs the right to write there."""

    def __init__(self, name: str, processors: float, memory: int):
        period = 100_000
        quota = int(period * processors)
        if (_ROOT / "cgroup.controllers").exists():
            here = self._own_folder()
            self.version = 2
            self.folders = [here / name]
            settings = {"cpu.max": f"{quota} {period}", "memory.max": str(memory)}
            self.settings = [settings]
            (here / "cgroup.subtree_control").write_text("+cpu +memory")
        else:
            self.version = 1
            self.folders = [_ROOT / "cpu" / name, _ROOT / "memory" / name]
            self.settings = [
                {"cpu.cfs_period_us": str(period), "cpu.cfs_quota_us": str(quota)},
                {"memory.limit_in_bytes": str(memory)},
            ]

    @staticmethod
    def _own_folder() -> Path:
        own = next(line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        inside = own.removeprefix("0::").strip("/")
        # A group that has processes cannot have controlled groups below it: beside ours, then.
        return (_ROOT / inside).parent if inside else _ROOT

    def __enter__(self) -> "Group":
        for folder, settings in zip(self.folders, self.settings):
            folder.mkdir()
            for name, value in settings.items():
                (folder / name).write_text(value)
        return self

    def __exit__(self, *_) -> None:
        for folder in self.folders:
            folder.rmdir()

    @property
    def join(self) -> Callable[[], None]:
        """For the child to call before it becomes the program."""
        lists = [str(folder / "cgroup.procs") for folder in self.folders]

        def enter() -> None:
            for path in lists:
                with open(path, "w") as members:
                    members.write(str(os.getpid()))

        return enter

    def throttled(self) -> tuple[int, int]:
        """Periods in which it wanted more than it might have, and all."""
        stat = dict(line.split() for line in (self.folders[0] / "cpu.stat").read_text().splitlines())
        return int(stat["nr_throttled"]), int(stat["nr_periods"])
