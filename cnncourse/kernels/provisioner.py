"""Confined kernels for any Jupyter client: the `cnncourse-sandbox` kernel provisioner.

Set JUPYTER_DEFAULT_PROVISIONER_NAME=cnncourse-sandbox, or name it in a kernel's metadata.
"""

from __future__ import annotations

import asyncio
import atexit
import signal
import threading
from typing import Any

from jupyter_client.provisioning import KernelProvisionerBase

from cnncourse.kernels.host import KernelHost
from cnncourse.kernels.running import RunningKernel

POLL_SECONDS = 0.05


class SharedHost:
    """The kernel host of this process, started when the first kernel is."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.host: KernelHost | None = None

    def get(self) -> KernelHost:
        with self.lock:
            if self.host is None:
                self.host = KernelHost()
                atexit.register(self.close)
            return self.host

    def close(self) -> None:
        with self.lock:
            if self.host is not None:
                self.host.close()
                self.host = None


# Jupyter makes a provisioner for each kernel; the zygote behind them is to be one.
SHARED = SharedHost()


class SandboxProvisioner(KernelProvisionerBase):
    """Starts the kernel of this course, whatever command a kernel specification has."""

    kernel: RunningKernel | None = None

    @property
    def has_process(self) -> bool:
        return self.kernel is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Nothing of the command is used; the connection is ours."""
        self.kernel = await asyncio.to_thread(lambda: SHARED.get().start())
        manager = self.parent
        if manager is not None:
            # The sockets lie in a folder of the kernel's own.
            manager.transport = "ipc"
            manager.ip = self.kernel.connection["ip"]
            manager.session.key = self.kernel.connection["key"].encode()
            for name in ("shell", "iopub", "stdin", "control", "hb"):
                setattr(manager, f"{name}_port", self.kernel.connection[f"{name}_port"])
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        assert self.kernel is not None
        connection = dict(self.kernel.connection)
        connection["key"] = connection["key"].encode()
        return connection

    async def poll(self) -> int | None:
        """None while it runs."""
        if self.kernel is None:
            return 0
        ending = self.kernel.ending()
        return None if ending is None else 1

    async def wait(self) -> int | None:
        """Until it has ended."""
        while await self.poll() is None:
            await asyncio.sleep(POLL_SECONDS)
        await self.end()
        return 0

    async def send_signal(self, signum: int) -> None:
        """An interrupt interrupts; 0 asks whether it is there; anything else ends it."""
        if self.kernel is None or signum == 0:
            return
        if signum == signal.SIGINT:
            self.kernel.interrupt()
        else:
            await self.end()

    async def kill(self, restart: bool = False) -> None:
        await self.end()

    async def terminate(self, restart: bool = False) -> None:
        await self.end()

    async def cleanup(self, restart: bool = False) -> None:
        await self.end()

    async def end(self) -> None:
        """End the kernel and all that came of it."""
        kernel, self.kernel = self.kernel, None
        if kernel is not None:
            await asyncio.to_thread(kernel.kill)
