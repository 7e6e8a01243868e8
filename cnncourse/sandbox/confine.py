"""The last steps of a process before it runs a student's code: give up every right but a few."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnncourse.sandbox import kernel_calls, landlock, seccomp
from cnncourse.sandbox.landlock import (
    DEVICE_CONTROL,
    EVERYTHING,
    MAKE_SOCKET,
    READ,
    READ_FOLDER,
    REMOVE_FILE,
    RUN,
    WRITE_FILE,
)
from cnncourse.sandbox.layers import Layers, Limits
from cnncourse.sandbox.places import Places

SPARE = 32
PROCESS_FACTS = ("cpuinfo", "meminfo", "stat", "loadavg", "version", "filesystems", "sys/kernel")


@dataclass(frozen=True)
class Confinement:
    """Everything that is decided about one kernel before it is confined.

    home: its only folder. sockets: where its Jupyter sockets lie. owner: its user id.
    """

    layers: Layers
    limits: Limits
    places: Places
    home: Path
    sockets: Path
    owner: int


def give_up_rights(to: Confinement) -> None:
    """Confine this process for good, as far as the layers go."""
    layers = to.layers
    limit_resources(to.limits, counted=bool(layers.cgroup))
    if layers.own_user:
        os.setgroups([])
        os.setresgid(to.owner, to.owner, to.owner)
        os.setresuid(to.owner, to.owner, to.owner)
    if os.geteuid() == 0 or layers.user:
        kernel_calls.drop_capabilities()
    if not layers.landlock and not layers.seccomp:
        return
    kernel_calls.no_new_privileges()
    if layers.landlock:
        landlock.restrict(rules(to), layers.landlock)
    if layers.seccomp:
        seccomp.restrict(deny_outside=not layers.hides_the_rest)


def limit_resources(limits: Limits, counted: bool) -> None:
    """Not the address space: CUDA reserves a hundred times what it uses.

    counted: a control group counts processes too, and is to be the first to refuse one, because
    it remembers that it did.
    """
    processes = limits.processes + (SPARE if counted else 0)
    for kind, most in (
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_CORE, 0),
        # Counts for one user id; does not bind root.
        (resource.RLIMIT_NPROC, processes),
    ):
        hard = resource.getrlimit(kind)[1]
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (wanted, wanted))


def rules(to: Confinement) -> Iterator[tuple[Path, int]]:
    """Which rights are left beneath which paths."""
    places = to.places
    for path in places.system:
        yield path, RUN
    for root in places.python:
        if places.package.is_relative_to(root):
            # Listing a folder lists all beneath it too; names are no secret.
            yield root, READ_FOLDER
            for path in around(root, places.package):
                yield path, RUN
        else:
            yield root, RUN
    yield places.package, READ_FOLDER
    for path in places.public:
        yield path, READ
    for path in places.settings:
        yield path, READ
    for device in places.devices:
        yield device, READ | WRITE_FILE | DEVICE_CONTROL
    yield Path("/proc/self"), READ
    if to.layers.namespaces:
        # Its own processes are all there are.
        yield Path("/proc"), READ
    for name in PROCESS_FACTS:
        yield Path("/proc", name), READ
    yield to.home, EVERYTHING
    yield to.sockets, MAKE_SOCKET | REMOVE_FILE
    if to.layers.namespaces:
        yield Path("/tmp"), EVERYTHING
        yield Path("/dev/shm"), EVERYTHING


def around(folder: Path, hole: Path) -> Iterator[Path]:
    """What is in a folder, but for one place in it: Landlock cannot take back what it gave."""
    for path in folder.iterdir():
        if path == hole:
            continue
        if hole.is_relative_to(path):
            yield from around(path, hole)
        else:
            yield path
