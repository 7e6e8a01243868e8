"""The trusted side of the kernels: see that they can be confined, and start them."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import tempfile
import threading
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from cnncourse.kernels.fork_server import Zygote
from cnncourse.kernels.running import MESSAGES, START_SECONDS, RunningKernel, SandboxError
from cnncourse.sandbox.layers import NOTHING, Layers, Limits
from cnncourse.sandbox.places import PACKAGE
from cnncourse.sandbox.proof import holds

# Of Unix sockets' paths, 107 are possible.
LONGEST_BASE = 70
FIRST_OWNER, OWNERS = 1 << 30, 1 << 29


class KernelHost:
    """Starts kernels. A context manager.

    sandbox: "on" raises SandboxError where kernels cannot be confined; "none" does not confine.
    warm: fork kernels from a zygote; otherwise each is a fresh interpreter, equally confined.
    layers: only for tests: fewer layers than the machine has.
    zygote: one to share, as long as it lives.
    """

    def __init__(
        self,
        *,
        sandbox: str = "on",
        limits: Limits | None = None,
        warm: bool = True,
        cuda: bool = False,
        layers: Layers | None = None,
        zygote: Zygote | None = None,
    ) -> None:
        if sys.platform != "linux":
            raise SandboxError(
                "Grading needs Linux, for the way in which kernels are started and confined. "
                "A virtual machine or a container with Linux will do."
            )
        self.limits, self.warm, self.cuda = limits or Limits(), warm, cuda
        self.lock = threading.Lock()
        self.zygotes = [zygote] if zygote else []
        try:
            found = self.zygote().layers
            self.layers = NOTHING
            if sandbox != "none":
                self.layers = self.tried(layers or found)
        except BaseException:
            self.close()
            raise
        self.description = str(self.layers)

    def __enter__(self) -> KernelHost:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all kernels and the zygote."""
        with self.lock:
            for zygote in self.zygotes:
                zygote.close()
            self.zygotes.clear()

    def zygote(self) -> Zygote:
        """The process to fork from; a new one where there is none, or where none may be reused."""
        with self.lock:
            if self.zygotes and (not self.warm or not self.zygotes[-1].lives()):
                self.zygotes.pop().close()
            if not self.zygotes:
                self.zygotes.append(Zygote.start(self.warm))
            return self.zygotes[-1]

    def start(self) -> RunningKernel:
        """A kernel that takes messages. SandboxError where none comes up."""
        try:
            return self.begin(self.layers, None).wait_until_ready()
        except SandboxError:
            # Nothing of a student's has run, so a busy machine is all that can be the matter.
            return self.begin(self.layers, None).wait_until_ready()

    def begin(self, layers: Layers, proof: dict[str, Any] | None) -> RunningKernel:
        """Have a kernel, or a proof, forked."""
        base = new_base()
        owner = FIRST_OWNER + secrets.randbelow(OWNERS) if layers.own_user else os.geteuid()
        for name in ("home", "sockets", "root"):
            (base / name).mkdir(mode=0o700)
        if layers.own_user:
            os.chown(base / "sockets", owner, owner)
        connection = {
            "transport": "ipc",
            "ip": str(base / "sockets" / "k"),
            "shell_port": 1,
            "iopub_port": 2,
            "stdin_port": 3,
            "control_port": 4,
            "hb_port": 5,
            "key": secrets.token_hex(16),
            "signature_scheme": "hmac-sha256",
        }
        request = {
            "connection": connection,
            "base": str(base),
            "owner": owner,
            "layers": asdict(layers),
            "limits": asdict(self.limits),
            "cuda": self.cuda,
            "proof": proof,
        }
        channel, inner_channel = socket.socketpair()
        control, inner_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with inner_channel, inner_control:
            self.zygote().ask(request, [inner_channel.fileno(), inner_control.fileno()])
        return RunningKernel(connection, channel, control, base)

    def tried(self, layers: Layers) -> Layers:
        """These layers, or as many of them as hold here. SandboxError where too few do."""
        problems: list[str] = []
        fewer = replace(layers, own_user=False)
        least = replace(fewer, namespaces=False, user=False)
        for choice in dict.fromkeys((layers, fewer, least)):
            if not choice.confines:
                problems = ["the system has neither Landlock nor seccomp, or only one of them"]
                continue
            problems = self.problems(choice)
            if not problems:
                return choice
        raise SandboxError(
            f"Students' code cannot be confined on this machine: {'; '.join(problems)}. "
            "Grade on Linux 5.13 or newer, or in a virtual machine with it. Without a sandbox, "
            "a submission can read, change and delete all that you can; only for work that you "
            "trust, say so with sandbox 'none'. `cnncourse doctor` tells more."
        )

    def problems(self, layers: Layers) -> list[str]:
        """What a confined process could do that it must not; nothing where all is well."""
        found = self.proof(layers)
        return holds(found)

    def proof(self, layers: Layers) -> dict[str, str]:
        """What a confined process says of its attempts to break out."""
        with tempfile.TemporaryDirectory(prefix="cnncourse-proof-") as name:
            folder = Path(name)
            secret = folder / "secret"
            secret.write_text("a secret")
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(folder / "listener"))
                listener.listen()
                kernel = self.begin(
                    layers,
                    {
                        "secret": str(secret),
                        "folder": name,
                        "listener": str(folder / "listener"),
                        "judge": os.getpid(),
                        "course": str(PACKAGE / "kernels" / "host.py"),
                    },
                )
                try:
                    kernel.wait_until_ready()
                    return read_proof(kernel.channel)
                except (SandboxError, ValueError, OSError) as error:
                    return {"start": str(error)}
                finally:
                    kernel.kill()


def read_proof(channel: socket.socket) -> dict[str, str]:
    channel.settimeout(START_SECONDS)
    parts = []
    while part := channel.recv(MESSAGES):
        parts.append(part)
    return json.loads(b"".join(parts))


def new_base() -> Path:
    """A new folder for one kernel, whose path is short enough for sockets in it."""
    base = Path(tempfile.mkdtemp(prefix="cnncourse-"))
    if len(str(base)) > LONGEST_BASE:
        base.rmdir()
        base = Path(tempfile.mkdtemp(prefix="cnncourse-", dir="/tmp"))
    return base
