"""From a fork of the zygote to a kernel: clean up, confine, run. Nothing of the student's yet."""

from __future__ import annotations

import importlib.abc
import json
import os
import random
import select
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from cnncourse.grading.serve import CHANNEL
from cnncourse.sandbox import kernel_calls
from cnncourse.sandbox.confine import Confinement, give_up_rights
from cnncourse.sandbox.places import PUBLIC
from cnncourse.sandbox.proof import prove

ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
THREADS = 2
READY = b"ready"


@dataclass(frozen=True)
class KernelTask:
    """What a kernel process is to become.

    connection: Jupyter's. channel: the descriptor of its end of the channel to the judge.
    proof: what to try instead of being a kernel, to show that the confinement holds.
    """

    connection: dict[str, Any]
    channel: int
    confinement: Confinement
    proof: dict[str, Any] | None = None


def become_kernel(task: KernelTask, ready: int, life: int) -> None:
    """Be a confined kernel until the end of this process.

    ready: the descriptor on which the supervisor is told, once, that messages are taken.
    life: one whose other end the supervisor alone holds.
    """
    # Before the files that it needs are out of reach.
    from cnncourse.kernels.graded_kernel import run_kernel

    home = task.confinement.home
    keep_only((task.channel, ready, life))
    reset_signals()
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(environment(home, task.channel))
    give_up_rights(task.confinement)
    end_with_supervisor(life)
    os.chdir(home)
    for name in ("tmp", "matplotlib", ".ipython/profile_default/startup"):
        (home / name).mkdir(parents=True, exist_ok=True)
    # IPython would copy it there, with a chmod that is not allowed.
    (home / ".ipython/profile_default/startup/README").touch()
    sys.path[:] = [path for path in sys.path if path]
    sys.meta_path.insert(0, NotWhileGraded())
    reseed()

    def is_ready() -> None:
        os.write(ready, READY)
        os.close(ready)

    if task.proof is not None:
        is_ready()
        os.write(task.channel, json.dumps(prove(**task.proof)).encode())
        return
    run_kernel(task.connection, is_ready)


def end_with_supervisor(life: int) -> None:
    """Be killed when the supervisor ends. A change of user takes this back, so it comes last."""
    kernel_calls.prctl(kernel_calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    if select.select([life], [], [], 0)[0]:
        os._exit(1)
    os.close(life)


def keep_only(descriptors: Sequence[int]) -> None:
    """Close what was inherited; standard input and outputs lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    start = 3
    for descriptor in sorted(descriptors):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def reset_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def environment(home: Path, channel: int) -> dict[str, str]:
    """Variables by name, so that no token, no path and no trace of the grader gets in."""
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
        str(THREADS),
    )
    temporary = str(home / "tmp")
    return {
        **kept,
        **threads,
        "HOME": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "TMPDIR": temporary,
        "TORCHINDUCTOR_CACHE_DIR": temporary,
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_DATA_DIR": str(home / ".jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / ".jupyter"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        CHANNEL: str(channel),
    }


def reseed() -> None:
    """Forks of one process would otherwise all draw the same random numbers."""
    import numpy as np
    import torch

    random.seed(os.urandom(32))
    np.random.seed(int.from_bytes(os.urandom(4), "little"))
    # Not torch.manual_seed, which looks for devices of every kind.
    torch.default_generator.manual_seed(int.from_bytes(os.urandom(8), "little", signed=True))


class NotWhileGraded(importlib.abc.MetaPathFinder):
    """Says kindly that a part of the course is not there; the sandbox sees to it that it is so."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        package, _, rest = fullname.partition(".")
        part = rest.split(".")[0]
        if package == "cnncourse" and part and part not in PUBLIC and f"{part}.py" not in PUBLIC:
            raise ModuleNotFoundError(
                f"{fullname} is not there while work is graded: write it yourself.", name=fullname
            )
        return None
