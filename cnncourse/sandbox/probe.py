"""Which layers this machine has, found out by trying in a process that may fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from cnncourse.sandbox import cgroups, kernel_calls, landlock, seccomp
from cnncourse.sandbox.kernel_calls import NEW_IPC, NEW_MOUNTS, NEW_NET, NEW_PIDS, NEW_USER, NEW_UTS
from cnncourse.sandbox.layers import Layers

PRIVATE = NEW_PIDS | NEW_NET | NEW_IPC | NEW_UTS


def find_layers() -> Layers:
    """Everything that can be used here. Forks; call it before there are threads."""
    if sys.platform != "linux":
        return Layers()
    root = os.geteuid() == 0
    plain = works(lambda: have_namespaces(user=False)) if root else False
    user = not plain and works(lambda: have_namespaces(user=True))
    return Layers(
        landlock=landlock.version(),
        seccomp=seccomp.available(),
        namespaces=plain or user,
        user=user,
        own_user=root and plain,
        cgroup=cgroups.version(),
    )


def works(attempt: Callable[[], None]) -> bool:
    """Whether something goes well, in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            attempt()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def have_namespaces(user: bool) -> None:
    """Make all namespaces, and mount in them. OSError where this is not allowed."""
    enter_namespaces(user)
    first = os.fork()
    if first == 0:
        try:
            kernel_calls.unshare(NEW_MOUNTS)
            kernel_calls.mount("none", "/", flags=kernel_calls.RECURSIVE | kernel_calls.PRIVATE)
            kernel_calls.mount("proc", "/proc", "proc")
            kernel_calls.mount("tmpfs", "/tmp", "tmpfs")
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(first, 0)[1]:
        raise OSError("namespaces without the right to mount")


def enter_namespaces(user: bool) -> None:
    """New namespaces for this process, but for mounts; the PID namespace begins with its child."""
    uid, gid = os.geteuid(), os.getegid()
    kernel_calls.unshare(PRIVATE | (NEW_USER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
