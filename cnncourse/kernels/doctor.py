"""`cnncourse doctor`: what this machine can enforce, said before a class depends on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnncourse.kernels.host import KernelHost
from cnncourse.kernels.running import SandboxError
from cnncourse.sandbox.layers import Layers

# layer: (whether it is there, what that means, what it means that it is not)
MEANING: dict[str, tuple[Callable[[Layers], bool], str, str]] = {
    "Landlock": (
        lambda layers: layers.landlock > 0,
        "student code reads and writes only the files that it needs",
        "student code could read your files. Linux 5.13 or newer has it; some containers hide it",
    ),
    "Landlock 6": (
        lambda layers: layers.landlock >= 6,
        "student code cannot signal processes outside",
        "only the namespaces keep student code from ending other processes",
    ),
    "seccomp": (
        lambda layers: layers.seccomp,
        "no network, no tracing, no mounting, no new namespaces",
        "student code could use the network and trace other processes",
    ),
    "namespaces": (
        lambda layers: layers.namespaces,
        "student code sees no process, no file and no socket but its own, and nothing survives it",
        "file names and running processes can be seen; a program that hides well may live on "
        "until its supervisor finds it; student code may not change modes of files or connect "
        "to sockets",
    ),
    "own user": (
        lambda layers: layers.own_user,
        "student code runs under a user id that owns nothing",
        "student code runs under your user id, confined by the other layers",
    ),
    "control groups": (
        lambda layers: bool(layers.cgroup),
        "the system itself caps memory and processes",
        "a watchdog looks four times a second, so a sudden burst may hurt the machine first",
    ),
}


@dataclass(frozen=True)
class Finding:
    """What `doctor` found."""

    text: str
    confines: bool


def examine() -> Finding:
    """Look at every layer, and have a confined process try to break out."""
    with KernelHost(sandbox="none", warm=False) as host:
        layers = host.zygote().layers
        lines = ["What confines students' code on this machine:", ""]
        for name, (there, good, bad) in MEANING.items():
            lines.append(
                f"  {'yes' if there(layers) else 'NO ':<4}{name}: {good if there(layers) else bad}."
            )
        lines += ["", gpu()]
        try:
            used = host.tried(layers)
        except SandboxError as error:
            return Finding("\n".join([*lines, "", str(error)]), False)
        tries = host.proof(used)
    lines += ["", f"Tried from inside, with {used}:", ""]
    lines += [f"  {outcome:<9}{name}" for name, outcome in tries.items()]
    return Finding("\n".join(lines), True)


def gpu() -> str:
    """Whether there is a GPU that confined code could use."""
    devices = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    if not devices:
        return "  No NVIDIA GPU is here; grading uses the processor."
    return f"  GPU: {', '.join(devices)}; used, and reachable from inside, with device 'cuda'."
