"""A file system of a kernel's own: read-only views of what it needs, and nothing else there."""

from __future__ import annotations

import os
from pathlib import Path

from cnncourse.sandbox.kernel_calls import (
    BIND,
    NO_DEVICES,
    NO_EXECUTION,
    NO_SUID,
    PRIVATE,
    READ_ONLY,
    RECURSIVE,
    REMOUNT,
    mount,
    pivot_root,
    unmount,
)
from cnncourse.sandbox.places import Places

QUIET = NO_SUID | NO_DEVICES


def enter_private_root(
    places: Places, base: Path, sockets: Path, home: Path, size: int, owner: int
) -> None:
    """Swap the root of this process, which is the first of its mount and PID namespaces.

    base: an empty folder to build on. sockets: stays shared with the outside, under its own
    path. home: the only other place to write, `size` bytes of memory. owner: of the two.
    """
    mount("none", "/", flags=RECURSIVE | PRIVATE)
    mount("tmpfs", str(base), "tmpfs", QUIET, "size=16m,mode=755")
    # First, because the interpreter and the course may lie in /tmp themselves.
    for path in (Path("/dev/shm"), Path("/tmp")):
        own_memory(inside(base, path), size, owner)
    for path in (*places.system, *places.settings, *places.python):
        show(path, base)
    hide_package(places, base)
    for device in places.devices:
        show(device, base, QUIET & ~NO_DEVICES)
    (base / "dev" / "fd").symlink_to("/proc/self/fd")
    own_memory(inside(base, home), size, owner)
    target = inside(base, sockets)
    target.mkdir(parents=True, exist_ok=True)
    mount(str(sockets), str(target), flags=BIND)
    processes = base / "proc"
    processes.mkdir()
    mount("proc", str(processes), "proc", QUIET | NO_EXECUTION)
    old = base / ".old"
    old.mkdir()
    pivot_root(str(base), str(old))
    os.chdir("/")
    unmount("/.old")
    Path("/.old").rmdir()
    mount("none", "/", flags=REMOUNT | BIND | READ_ONLY | QUIET)


def inside(base: Path, path: Path) -> Path:
    return base / path.relative_to("/")


def show(path: Path, base: Path, flags: int = QUIET) -> None:
    """Make a path visible under the new root, for reading."""
    target = inside(base, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        return
    if path.is_symlink():
        target.symlink_to(path.readlink())
        return
    if path.is_dir():
        target.mkdir()
    else:
        target.touch()
    mount(str(path), str(target), flags=BIND)
    if not path.is_char_device():
        mount("none", str(target), flags=REMOUNT | BIND | READ_ONLY | flags)


def hide_package(places: Places, base: Path) -> None:
    """Of the course's package, leave the public part."""
    package = inside(base, places.package)
    package.mkdir(parents=True, exist_ok=True)
    mount("tmpfs", str(package), "tmpfs", QUIET, "size=1m,mode=755")
    for path in places.public:
        show(path, base)


def own_memory(target: Path, size: int, owner: int) -> None:
    """A folder that lives in memory."""
    target.mkdir(parents=True, exist_ok=True)
    mount("tmpfs", str(target), "tmpfs", QUIET, f"size={size},mode=700,uid={owner},gid={owner}")
