"""Which files a kernel needs, and which part of the course it may see."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# All that student code may read of the course's package while it is graded. No tests, no right
# answers, no judge.
PUBLIC = (
    "__init__.py",
    "course.py",
    "data",
    "figures.py",
    "grading",
    "notebook.py",
    "pictures.py",
    "progress",
    "recipes",
    "training.py",
    "widgets",
    "wording.py",
)
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/fonts",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/alternatives",
)
FACTS = ("/sys/devices/system/cpu",)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class Places:
    """Paths, by what may be done with them.

    python: everything that belongs to Python, to be read and run.
    package: the course's package; only its public part may be read.
    """

    python: tuple[Path, ...]
    package: Path
    system: tuple[Path, ...]
    settings: tuple[Path, ...]
    devices: tuple[Path, ...]

    @property
    def public(self) -> tuple[Path, ...]:
        return tuple(self.package / name for name in PUBLIC if (self.package / name).exists())


def find_places(cuda: bool = False) -> Places:
    """Where things are for this interpreter.

    cuda: also what a program on an NVIDIA GPU needs. Written from the driver's documentation.
    """
    roots = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix)}
    roots |= {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}
    roots |= {Path(path) for path in site.getsitepackages()}
    roots.add(Path(sys.executable).resolve().parent)
    devices = list(DEVICES)
    facts = list(FACTS)
    if cuda:
        devices += [str(path) for path in sorted(Path("/dev").glob("nvidia*"))]
        facts += ["/proc/driver/nvidia", "/sys/devices", "/sys/class", "/sys/bus", "/sys/module"]
    return Places(
        python=outermost(path for root in roots for path in (root, root.resolve())),
        package=PACKAGE,
        system=existing(SYSTEM),
        settings=existing((*SETTINGS, *facts)),
        devices=existing(devices),
    )


def outermost(paths) -> tuple[Path, ...]:
    """Those that lie in no other of them, nor in the system's own folders."""
    there = sorted({path for path in paths if path.exists()})
    kept: list[Path] = []
    for path in there:
        if not any(path.is_relative_to(other) for other in (*kept, *map(Path, SYSTEM))):
            kept.append(path)
    return tuple(kept)


def existing(names) -> tuple[Path, ...]:
    return tuple(Path(name) for name in names if os.path.lexists(name))
