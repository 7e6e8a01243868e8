"""The few system calls that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import signal
import struct

LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 1, 38, 36
PR_SET_DUMPABLE, PR_CAPBSET_DROP = 4, 24
LAST_CAPABILITY = 63
CAPABILITY_VERSION = 0x20080522

NEW_MOUNTS, NEW_UTS, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NET, NEW_CGROUP = 0x10000000, 0x20000000, 0x40000000, 0x2000000

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
RECURSIVE, PRIVATE = 16384, 1 << 18
DETACH = 2


def checked(result: int, what: str) -> int:
    """The result of a call; OSError where it is negative."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """A system call by number."""
    return LIBC.syscall(ctypes.c_long(number), *arguments)


def prctl(option: int, value: int = 0) -> int:
    return LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """Be killed when the process that started this one ends, however that happens."""
    checked(prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    checked(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl")


def no_new_privileges() -> None:
    """No program that is started from now on can gain rights."""
    checked(prctl(PR_SET_NO_NEW_PRIVS, 1), "prctl")


def unshare(flags: int) -> None:
    checked(LIBC.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    result = LIBC.mount(
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    checked(result, f"mount {source} on {target}")


def unmount(target: str) -> None:
    """Detach a mount; it is gone once nobody uses it."""
    checked(LIBC.umount2(target.encode(), DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    number = {"x86_64": 155, "aarch64": 41}[os.uname().machine]
    checked(syscall(number, new.encode(), old.encode()), "pivot_root")


def drop_capabilities() -> None:
    """Keep none of root's powers, and none to be had back."""
    for capability in range(LAST_CAPABILITY + 1):
        # Fails for those that this kernel does not know.
        prctl(PR_CAPBSET_DROP, capability)
    number = {"x86_64": 126, "aarch64": 91}[os.uname().machine]
    head = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION, 0))
    none = ctypes.create_string_buffer(struct.pack("6I", *[0] * 6))
    checked(syscall(number, head, none), "capset")
