"""Landlock: which files a process and its children may touch. Cannot be taken off again.

Documentation: Linux kernel, userspace-api/landlock. It works for everybody, in containers too.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from cnncourse.sandbox.kernel_calls import checked, syscall

CREATE, ADD, RESTRICT = 444, 445, 446
VERSION_QUERY = 1
BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_SOCKET, REMOVE_FILE = 1 << 9, 1 << 5
REFER, TRUNCATE, DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
READ = READ_FILE | READ_FOLDER
RUN = READ | EXECUTE
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL
# All rights that each version knows.
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
LATEST_RIGHTS = (1 << 16) - 1
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2
# Beneath it everything, but no devices.
EVERYTHING = LATEST_RIGHTS & ~(1 << 6 | 1 << 11 | DEVICE_CONTROL)


def version() -> int:
    """The version of Landlock that this kernel has; 0 for none."""
    return max(0, syscall(CREATE, None, ctypes.c_size_t(0), VERSION_QUERY))


def restrict(rules: Iterable[tuple[Path, int]], abi: int) -> None:
    """From now on this process may do no more with files than the rules say.

    rules: a path and the rights beneath it; paths that do not exist are passed over.
    """
    handled = RIGHTS.get(abi, LATEST_RIGHTS)
    attributes = struct.pack("Q", handled)
    if abi >= 4:
        attributes += struct.pack("Q", BIND_TCP | CONNECT_TCP)
    if abi >= 6:
        attributes += struct.pack("Q", SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = checked(syscall(CREATE, buffer, ctypes.c_size_t(len(attributes)), 0), "landlock")
    try:
        for path, rights in rules:
            add(ruleset, path, rights & handled)
        checked(syscall(RESTRICT, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def add(ruleset: int, path: Path, rights: int) -> None:
    """Allow these rights beneath a path."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not path.is_dir():
            rights &= OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place), 12)
        checked(syscall(ADD, ruleset, BENEATH, rule, 0), f"landlock rule for {path}")
    finally:
        os.close(place)
