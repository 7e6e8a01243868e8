"""Try from inside what must not work. Run in a confined process; reports, and raises nothing."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path


def prove(secret: str, folder: str, listener: str, judge: int, course: str) -> dict[str, str]:
    """attempt -> "refused", or what happened instead.

    secret: a file that must not be read. folder: one that must not be written to. listener: a
    Unix socket outside. judge: a process that must not be seen or signalled. course: a file of
    the course's package that is not public.
    """
    tries: dict[str, Callable[[], object]] = {
        "read a file outside": lambda: Path(secret).read_bytes(),
        "read the right answers": lambda: Path(course).read_bytes(),
        "write outside": lambda: Path(folder, "mark").write_text("here"),
        "open an internet socket": lambda: socket.socket(socket.AF_INET).close(),
        "connect to a socket outside": lambda: connect(listener),
        "signal the grader": lambda: os.kill(judge, signal.SIGURG),
        "read the grader's memory": lambda: Path(f"/proc/{judge}/mem").open("rb").close(),
        "read the grader's environment": lambda: Path(f"/proc/{judge}/environ").read_bytes(),
        "mount a file system": lambda: os.unshare(0x20000) if hasattr(os, "unshare") else refuse(),
    }
    found = {name: outcome(attempt) for name, attempt in tries.items()}
    found["work in its own folder"] = "works" if own_folder() else "does not work"
    return found


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, RuntimeError):
        return "refused"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "possible"


def refuse() -> None:
    raise OSError("not to be tried from this version of Python")


def connect(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(1)
        one.connect(path)


def own_folder() -> bool:
    try:
        Path("proof").write_text("mine")
        return Path("proof").read_text() == "mine"
    except OSError:
        return False


def holds(found: dict[str, str]) -> list[str]:
    """What is wrong, in words; nothing where the confinement holds."""
    wrong = [
        f"student code could {name} ({what})"
        for name, what in found.items()
        if what not in ("refused", "works")
    ]
    return wrong if found else ["nothing came back from inside"]
