"""The trusted side of the zygote: start it, share it, have it fork, end it."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from typing import Any

from cnncourse.kernels.running import END_SECONDS, MESSAGES, START_SECONDS, SandboxError
from cnncourse.sandbox.layers import Layers

ZYGOTE = "cnncourse.kernels.zygote"


class Zygote:
    """The process that kernels are forked from; several processes may share one.

    process: None where it is another process's child.
    """

    def __init__(
        self, connection: socket.socket, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.socket, self.process = connection, process
        self.found: Layers | None = None

    @classmethod
    def start(cls, warm: bool) -> Zygote:
        """A new one, which may still be importing."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        how = "warm" if warm else "cold"
        with theirs:
            process = subprocess.Popen(
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
        return cls(ours, process)

    @property
    def layers(self) -> Layers:
        """What confines its kernels; waits until it is up. SandboxError where it does not start."""
        if self.found is None:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                self.ask({}, [theirs.fileno()])
                theirs.close()
                ours.settimeout(START_SECONDS)
                try:
                    said = ours.recv(MESSAGES)
                except TimeoutError:
                    said = b""
            if not said:
                raise SandboxError("The process that kernels are forked from did not come up.")
            self.found = Layers(**json.loads(said))
        return self.found

    def ask(self, request: dict[str, Any], descriptors: list[int]) -> None:
        """Have a kernel forked; an empty request asks for the layers."""
        try:
            socket.send_fds(self.socket, [json.dumps(request).encode()], descriptors)
        except OSError as error:
            raise SandboxError(
                f"The process that kernels are forked from is gone: {error}"
            ) from None

    def lives(self) -> bool:
        """Whether it still listens."""
        waiting = select.poll()
        waiting.register(self.socket, 0)
        return not waiting.poll(0)

    def close(self) -> None:
        """It ends when all who share it have hung up; its kernels end when theirs do."""
        self.socket.close()
        if self.process is None:
            return
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
