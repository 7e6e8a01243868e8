"""The process from which kernels are forked: everything is imported, nothing is secret.

Started by a kernel host as `python -m cnncourse.kernels.zygote DESCRIPTOR warm|cold`. It never
uses a thread, an event loop, a ZeroMQ context, a parallel operation of PyTorch, or CUDA, because
none of these survives a fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from cnncourse.kernels.kernel_process import KernelTask
from cnncourse.kernels.supervisor import Supervisor, never_return
from cnncourse.sandbox.confine import Confinement
from cnncourse.sandbox.layers import Layers, Limits
from cnncourse.sandbox.places import find_places
from cnncourse.sandbox.probe import find_layers

MESSAGES = 1 << 16
PRELOADED = (
    "IPython",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.magics.ast_mod",
    "IPython.core.magics.execution",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "IPython.utils.module_paths",
    "anywidget",
    "cnncourse.notebook",
    "cnncourse.grading.serve",
    "cnncourse.kernels.graded_kernel",
    "ipykernel.debugger",
    "ipykernel.datapub",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.pickleutil",
    "ipykernel.zmqshell",
    "ipywidgets",
    "matplotlib",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "matplotlib_inline.config",
    "numpy.random",
    "tornado.platform.asyncio",
    "torch",
    "torch._subclasses.schema_check_mode",
    "torch.nn.functional",
    "torch.utils._device",
    "torch.utils.data",
)


places = lru_cache(find_places)


def preload() -> None:
    """Import what students' notebooks and the kernel itself will ask for."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    for name in (*PRELOADED, *public_widgets()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def public_widgets() -> list[str]:
    """The demos, which notebooks show."""
    folder = Path(__file__).parents[1] / "widgets"
    return [f"cnncourse.widgets.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))]


def main(descriptor: int, warm: bool) -> None:
    """Fork a kernel for each request, until all hosts have hung up."""
    host = socket.socket(fileno=descriptor)
    layers = find_layers()
    if warm:
        preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    places(False)
    gc.collect()
    gc.freeze()
    while serve(host, layers):
        pass
    # Tidying up what was imported would take longer than all the rest.
    os._exit(0)


def serve(host: socket.socket, layers: Layers) -> bool:
    """Wait for a request and follow it; False where the last host has hung up."""
    data, descriptors, _, _ = socket.recv_fds(host, MESSAGES, 2)
    if not data:
        return False
    request = json.loads(data)
    if not request:
        os.write(descriptors[0], json.dumps(asdict(layers)).encode())
    elif os.fork() == 0:
        host.close()
        never_return(lambda: supervise(request, descriptors))
    for one in descriptors:
        os.close(one)
    return True


def supervise(request: dict[str, Any], descriptors: list[int]) -> None:
    """The forked process: one kernel's supervisor."""
    channel, control = descriptors
    base = Path(request["base"])
    confinement = Confinement(
        Layers(**request["layers"]),
        Limits(**request["limits"]),
        places(request["cuda"]),
        base / "home",
        base / "sockets",
        request["owner"],
    )
    task = KernelTask(request["connection"], channel, confinement, request["proof"])
    Supervisor(task, base, socket.socket(fileno=control)).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "warm")
