"""One running kernel, seen from the trusted side: interrupt it, end it, learn how it ended."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Reason = Literal["exited", "signal", "memory", "processes", "folder", "stopped"]
MESSAGES = 1 << 16
START_SECONDS = 60.0
END_SECONDS = 15.0


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

    def wait_until_ready(self) -> RunningKernel:
        """This kernel. SandboxError where it does not come up."""
        message = self.hear(START_SECONDS)
        if message is None or "ready" not in message:
            said = (message or {}).get("failed", "it said nothing")
            self.kill()
            raise SandboxError(f"A kernel did not start: {said}.")
        return self

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
