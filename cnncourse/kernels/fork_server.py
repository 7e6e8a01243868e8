"""The trusted side of the zygote: start it, have it fork, end it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

from cnncourse.kernels.running import END_SECONDS, MESSAGES, START_SECONDS, SandboxError
from cnncourse.sandbox.layers import Layers

ZYGOTE = "cnncourse.kernels.zygote"


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
