"""The trusted side of the kernels: start one, interrupt it, end it, learn how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from cnncourse.sandbox.layers import NOTHING, Layers, Limits
from cnncourse.sandbox.places import PACKAGE
from cnncourse.sandbox.proof import holds

Reason = Literal["exited", "signal", "memory", "processes", "folder", "stopped"]
ZYGOTE = "cnncourse.kernels.zygote"
MESSAGES = 1 << 16
START_SECONDS = 60.0
END_SECONDS = 15.0
# Of Unix sockets' paths, 107 are possible.
LONGEST_BASE = 70
FIRST_OWNER, OWNERS = 1 << 30, 1 << 29


class SandboxError(Exception):
    """This machine cannot confine a kernel, or a kernel did not start; says what to do."""


@dataclass(frozen=True)
class Ending:
    """How a kernel ended: one word, and details for people."""

    reason: Reason
    detail: str


class RunningKernel:
    """One kernel; `kill` it when done.

    connection: for a Jupyter client. channel: the judge's end of the channel to its code.
    folder: its scratch folder, where no private file system hides it.
    """

    def __init__(
        self, connection: dict[str, Any], channel: socket.socket, control: socket.socket, base: Path
    ) -> None:
        self.connection, self.channel, self.control, self.base = connection, channel, control, base
        self.folder = base / "home"
        self.ended: Ending | None = None
        self.lock = threading.RLock()

    def wait_until_ready(self) -> None:
        """SandboxError where it does not come up."""
        message = self.hear(START_SECONDS)
        if message is None or "ready" not in message:
            said = (message or {}).get("failed", "it said nothing")
            self.kill()
            raise SandboxError(f"A kernel did not start: {said}.")

    def hear(self, seconds: float) -> dict[str, Any] | None:
        """The supervisor's next message; None where none comes, or the supervisor is gone."""
        if not select.select([self.control], [], [], max(0.0, seconds))[0]:
            return None
        try:
            data = self.control.recv(MESSAGES)
        except OSError:
            data = b""
        if not data:
            self.ended = self.ended or Ending("stopped", "its supervisor is gone")
            return None
        message = json.loads(data)
        if "ending" in message:
            self.ended = Ending(*message["ending"])
        return message

    def interrupt(self) -> None:
        """Send the kernel's process SIGINT."""
        with contextlib.suppress(OSError):
            self.control.send(b"interrupt")

    def ending(self) -> Ending | None:
        """How it ended, or None while it lives."""
        with self.lock:
            while self.ended is None and self.hear(0) is not None:
                pass
            return self.ended

    def kill(self) -> Ending:
        """End the kernel and everything that came of it; how it ended."""
        with self.lock:
            if self.ended is None:
                with contextlib.suppress(OSError):
                    self.control.send(b"end")
            deadline = time.monotonic() + END_SECONDS
            while self.ended is None and time.monotonic() < deadline:
                self.hear(deadline - time.monotonic())
            self.channel.close()
            self.control.close()
            shutil.rmtree(self.base, ignore_errors=True)
            self.ended = self.ended or Ending("stopped", "it could not be ended in time")
            return self.ended


class KernelHost:
    """Starts kernels. A context manager.

    sandbox: "on" raises SandboxError where kernels cannot be confined; "none" does not confine.
    warm: fork kernels from a zygote; otherwise each is a fresh interpreter, equally confined.
    layers: only for tests: fewer layers than the machine has.
    """

    def __init__(
        self,
        *,
        sandbox: str = "on",
        limits: Limits | None = None,
        warm: bool = True,
        cuda: bool = False,
        layers: Layers | None = None,
    ) -> None:
        if sys.platform != "linux":
            raise SandboxError(
                "Grading needs Linux, for the way in which kernels are started and confined. "
                "A virtual machine or a container with Linux will do."
            )
        self.limits, self.warm, self.cuda = limits or Limits(), warm, cuda
        self.lock = threading.Lock()
        self.zygotes: list[Zygote] = []
        first = self.zygote()
        try:
            self.layers = NOTHING
            if sandbox != "none":
                self.layers = self.tried(layers or first.layers)
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
                self.zygotes.append(Zygote(self.warm))
            return self.zygotes[-1]

    def start(self) -> RunningKernel:
        """A kernel that takes messages. SandboxError where none comes up."""
        kernel = self.begin(self.layers, None)
        kernel.wait_until_ready()
        return kernel

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


class Zygote:
    """The process that kernels are forked from."""

    def __init__(self, warm: bool) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket = ours
        how = "warm" if warm else "cold"
        with theirs:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    __spec__.parent + ".zygote",
                    str(theirs.fileno()),
                    how,
                ],
                pass_fds=[theirs.fileno()],
                env=without_secrets(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.socket.settimeout(START_SECONDS)
        try:
            said = self.socket.recv(MESSAGES)
        except TimeoutError:
            said = b""
        if not said:
            self.close()
            raise SandboxError("The process that kernels are forked from did not come up.")
        self.layers = Layers(**json.loads(said))

    def ask(self, request: dict[str, Any], descriptors: list[int]) -> None:
        try:
            socket.send_fds(self.socket, [json.dumps(request).encode()], descriptors)
        except OSError as error:
            raise SandboxError(
                f"The process that kernels are forked from is gone: {error}"
            ) from None

    def lives(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """It ends when its socket closes; its kernels end when theirs do."""
        self.socket.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def without_secrets() -> dict[str, str]:
    """Variables for the zygote: kernels inherit its memory, so nothing private may be in it."""
    kept = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "HOME")
    numbers = {name: os.environ[name] for name in os.environ if name.startswith("OPENBLAS_")}
    settings = {name: os.environ[name] for name in kept if name in os.environ}
    return {
        **settings,
        **numbers,
        "OMP_NUM_THREADS": "2",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
