"""seccomp: which system calls a process and its children may make. Cannot be taken off again.

A list of what is refused, not of what is allowed: scientific Python uses nearly everything.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from cnncourse.sandbox.kernel_calls import (
    LIBC,
    NEW_CGROUP,
    NEW_IPC,
    NEW_MOUNTS,
    NEW_NET,
    NEW_PIDS,
    NEW_USER,
    NEW_UTS,
    checked,
)

PR_SET_SECCOMP, FILTER = 22, 2
# What the kernel calls the machines, and where numbers of a second kind begin.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NAMESPACES = NEW_MOUNTS | NEW_UTS | NEW_IPC | NEW_USER | NEW_PIDS | NEW_NET | NEW_CGROUP
AF_UNIX, AF_NETLINK = 1, 16

# name: (x86_64, aarch64); -1 where a machine has no such call
TAMPERING = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "fanotify_init": (300, 262),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "personality": (135, 92),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "lookup_dcookie": (212, 18),
    "vhangup": (153, 58),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "memfd_secret": (447, 447),
}
# Callers fall back on older ways where these are said not to exist.
ABSENT = {
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # Memory that belongs to no process, so that no watchdog sees whose it is.
    "memfd_create": (319, 279),
}
# What Landlock does not restrict, and what other layers put out of reach where they are there.
OUTSIDE = {
    "connect": (42, 203),
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "lchown": (94, -1),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, -1),
    "utimes": (235, -1),
    "futimesat": (261, -1),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    # What is made with these outlives its process.
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
SOCKET, CLONE = (41, 198), (56, 220)


def available() -> bool:
    """Whether filters can be built for this machine, and its kernel takes them."""
    # An impossible address: a kernel with filters says EFAULT, one without EINVAL.
    if os.uname().machine not in ARCHITECTURES:
        return False
    ctypes.set_errno(0)
    LIBC.prctl(PR_SET_SECCOMP, FILTER, None, 0, 0)
    return ctypes.get_errno() in (errno.EFAULT, errno.EACCES)


def program(machine: str, deny_outside: bool) -> bytes:
    """The filter as instructions for the kernel."""
    column = list(ARCHITECTURES).index(machine)
    steps = [
        step(LOAD, ARCHITECTURE),
        step(EQUAL, ARCHITECTURES[machine], 1, 0),
        step(RETURN, KILL),
        step(LOAD, NUMBER),
    ]
    if machine == "x86_64":
        steps += [step(AT_LEAST, X32, 0, 1), step(RETURN, REFUSE | errno.ENOSYS)]
    refused = {**TAMPERING, **(OUTSIDE if deny_outside else {})}
    for calls, error in ((refused, errno.EPERM), (ABSENT, errno.ENOSYS)):
        for numbers in calls.values():
            if numbers[column] >= 0:
                steps += [step(EQUAL, numbers[column], 0, 1), step(RETURN, REFUSE | error)]
    steps += [
        step(EQUAL, SOCKET[column], 0, 4),
        step(LOAD, FIRST_ARGUMENT),
        step(EQUAL, AF_UNIX, 2, 0),
        step(EQUAL, AF_NETLINK, 1, 0),
        # EPERM would make ZeroMQ abort.
        step(RETURN, REFUSE | errno.EAFNOSUPPORT),
        step(LOAD, NUMBER),
        step(EQUAL, CLONE[column], 0, 3),
        step(LOAD, FIRST_ARGUMENT),
        step(ANY_BIT, NAMESPACES, 0, 1),
        step(RETURN, REFUSE | errno.EPERM),
        step(RETURN, ALLOW),
    ]
    return b"".join(steps)


def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def restrict(deny_outside: bool) -> None:
    """Refuse the calls from now on. Needs `no_new_privileges` first.

    deny_outside: also those that reach what Landlock leaves open.
    """
    code = program(os.uname().machine, deny_outside)
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(head, len(head))
    checked(LIBC.prctl(PR_SET_SECCOMP, FILTER, pointer, 0, 0), "seccomp")
