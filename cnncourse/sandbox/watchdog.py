"""Counts what a kernel's processes use, where no control group does it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from cnncourse.sandbox.layers import Limits


def descendants(root: int) -> list[int]:
    """All processes below one, itself not among them."""
    parents: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                text = Path(entry.path, "stat").read_text(errors="replace")
                # The name in parentheses may hold anything, spaces and parentheses too.
                parent = int(text.rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def status(process: int) -> dict[str, int]:
    """Some numbers of a process: own memory in bytes, threads."""
    numbers = {"RssAnon": 0, "RssShmem": 0, "Threads": 0}
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc", str(process), "status").read_text(errors="replace").splitlines():
            name, _, rest = line.partition(":")
            if name in numbers:
                value, *unit = rest.split()
                numbers[name] = int(value) * (1024 if unit else 1)
    return numbers


def own_memory(process: int) -> int:
    """Bytes of memory that no file stands behind."""
    numbers = status(process)
    return numbers["RssAnon"] + numbers["RssShmem"]


def excess(processes: Sequence[int], inherited: int, limits: Limits) -> str:
    """ "memory" or "processes" where there is too much of it, else "".

    inherited: bytes that each process shares with the one it was forked from.
    """
    if len(processes) > limits.processes:
        # A fork bomb does not wait until each of its processes has been looked at.
        return "processes"
    memory = threads = 0
    for process in processes:
        numbers = status(process)
        threads += numbers["Threads"]
        memory += max(0, numbers["RssAnon"] + numbers["RssShmem"] - inherited)
    if memory > limits.memory:
        return "memory"
    return "processes" if threads > limits.processes else ""


def folder_size(folder: Path, enough: int) -> int:
    """Bytes of all files below a folder; stops counting at `enough`."""
    total, waiting = 0, [folder]
    while waiting and total <= enough:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    total += found.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
    return total
