"""Control groups: a cap on the memory and the processes of a kernel and all its descendants."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from cnncourse.sandbox.layers import Limits

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids")
REMOVAL_SECONDS = 2.0


def own_groups() -> dict[str, Path]:
    """controller -> the folder of this process's group; "" is version 2."""
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            found[name] = path
    groups = {}
    for name in CONTROLLERS:
        if name in found:
            groups[name] = ROOT / name / found[name].lstrip("/")
    if "" in found:
        groups[""] = ROOT / found[""].lstrip("/")
    return groups


def version() -> str:
    """ "v1", "v2" or "": which kind of groups can be made and limited here."""
    try:
        groups = own_groups()
    except OSError:
        return ""
    if all(name in groups and os.access(groups[name], os.W_OK) for name in CONTROLLERS):
        return "v1"
    unified = groups.get("")
    try:
        shared = (unified / "cgroup.subtree_control").read_text().split() if unified else []
    except OSError:
        return ""
    delegated = set(CONTROLLERS) <= set(shared) and os.access(unified, os.W_OK)
    return "v2" if delegated else ""


@dataclass(frozen=True)
class Group:
    """The groups of one kernel, by what they count."""

    kind: str
    memory: Path
    processes: Path

    @classmethod
    def make(cls, kind: str, name: str, limits: Limits) -> Group:
        """OSError where the machine does not let us after all."""
        own = own_groups()
        if kind == "v1":
            memory, processes = own["memory"] / name, own["pids"] / name
            files = {memory / "memory.limit_in_bytes": limits.memory}
        else:
            memory = processes = own[""] / name
            files = {memory / "memory.max": limits.memory, memory / "memory.oom.group": 1}
        for folder in {memory, processes}:
            folder.mkdir()
        group = cls(kind, memory, processes)
        try:
            for file, value in {**files, processes / "pids.max": limits.processes}.items():
                file.write_text(str(value))
        except OSError:
            group.remove()
            raise
        return group

    def join(self) -> None:
        """Put this process in; its descendants follow."""
        for folder in {self.memory, self.processes}:
            # 0 is whoever writes it, whatever its number is in its namespace.
            (folder / "cgroup.procs").write_text("0")

    def out_of_memory(self) -> bool:
        """Whether the kernel had to end a process of the group."""
        name = "memory.oom_control" if self.kind == "v1" else "memory.events"
        return counter(self.memory / name, "oom_kill") > 0

    def too_many_processes(self) -> bool:
        """Whether a process could not be started."""
        return counter(self.processes / "pids.events", "max") > 0

    def members(self) -> list[int]:
        """Everything that still runs in the group."""
        with contextlib.suppress(OSError):
            return [int(one) for one in (self.processes / "cgroup.procs").read_text().split()]
        return []

    def remove(self) -> None:
        """Delete the groups; they must be empty, which takes the dead a moment."""
        deadline = time.monotonic() + REMOVAL_SECONDS
        for folder in {self.memory, self.processes}:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.01)


def counter(file: Path, name: str) -> int:
    """A number from a file of names and numbers; 0 where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text().splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == name:
                return int(words[1])
    return 0
