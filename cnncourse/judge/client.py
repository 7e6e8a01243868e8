"""Run cells in a kernel over Jupyter's protocol; nothing is believed, no wait is without end."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Protocol

import zmq
from jupyter_client.session import Session

from cnncourse.judge.outputs import Room, Shown
from cnncourse.judge.remote import GRACE_SECONDS, KernelLost

# Of one message. A longer one ends the connection.
MOST_BYTES = 64 << 20
# After the reply, for outputs that are still on their way.
LATE_SECONDS = 0.3
# Longest time between two looks at whether the kernel is still there.
POLL_SECONDS = 0.2
START_SECONDS = 30.0


class Kernel(Protocol):
    """What is needed of a running kernel here."""

    connection: dict[str, Any]

    def interrupt(self) -> None: ...
    def ending(self) -> Any: ...


class Client:
    """One connection to one kernel. A context manager."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        info = kernel.connection
        key = info["key"]
        self.session = Session(key=key.encode() if isinstance(key, str) else key)
        self.room = Room()
        self.context = zmq.Context()
        self.shell = self.connect(zmq.DEALER, info["shell_port"])
        self.iopub = self.connect(zmq.SUB, info["iopub_port"])
        self.poller = zmq.Poller()
        self.poller.register(self.shell, zmq.POLLIN)
        self.poller.register(self.iopub, zmq.POLLIN)

    def connect(self, kind: int, port: int) -> zmq.Socket:
        info = self.kernel.connection
        between = "-" if info["transport"] == "ipc" else ":"
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.setsockopt(zmq.MAXMSGSIZE, MOST_BYTES)
        if kind == zmq.SUB:
            socket.subscribe(b"")
        socket.connect(f"{info['transport']}://{info['ip']}{between}{port}")
        return socket

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.context.destroy(linger=0)

    def wait_until_heard(self) -> None:
        """Until the kernel's outputs reach us, so that none of the first cell's is lost."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            for socket, message in self.messages(deadline):
                if socket is self.iopub and message["msg_type"] == "iopub_welcome":
                    return
            if time.monotonic() >= deadline:
                raise KernelLost("died")

    def start(self, source: str, silent: bool = False) -> str:
        """Ask for a piece of code to be run; the request's id."""
        content = {
            "code": source,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        return self.session.send(self.shell, "execute_request", content)["header"]["msg_id"]

    def run(self, source: str, seconds: float) -> tuple[Shown, bool]:
        """Run a cell; what it showed, and whether it had to be interrupted. KernelLost."""
        shown, asked = Shown(self.room), self.start(source)
        if self.finish(asked, shown, seconds):
            return shown, False
        self.kernel.interrupt()
        if self.finish(asked, shown, GRACE_SECONDS):
            return shown, True
        raise KernelLost("time")

    def finish(self, asked: str, shown: Shown, seconds: float) -> bool:
        """Take in messages until the request is through; False where time ran out first."""
        deadline = time.monotonic() + seconds
        replied = idle = False
        while not (replied and idle):
            if time.monotonic() >= deadline:
                return replied
            for socket, message in self.messages(deadline):
                if message["parent_header"].get("msg_id") != asked:
                    continue
                kind, content = message["msg_type"], message["content"]
                if socket is self.shell and kind == "execute_reply":
                    replied = True
                    deadline = min(deadline, time.monotonic() + LATE_SECONDS)
                elif socket is self.iopub and kind == "status":
                    idle = idle or content.get("execution_state") == "idle"
                elif socket is self.iopub:
                    shown.take(kind, content)
        return True

    def messages(self, deadline: float) -> list[tuple[zmq.Socket, dict[str, Any]]]:
        """What has come, after waiting a little for something. KernelLost where nothing can."""
        left = max(0.0, min(POLL_SECONDS, deadline - time.monotonic()))
        ready = self.poller.poll(left * 1000)
        if not ready and self.kernel.ending() is not None:
            raise KernelLost("died")
        found = []
        for socket, _ in ready:
            message = self.receive(socket)
            if message is not None:
                found.append((socket, message))
        return found

    def receive(self, socket: zmq.Socket) -> dict[str, Any] | None:
        """One message that has the form of one, or None."""
        try:
            _, message = self.session.recv(socket, zmq.NOBLOCK)
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
            return None
        if not isinstance(message, dict):
            return None
        maps = all(isinstance(message.get(part), dict) for part in ("parent_header", "content"))
        return message if maps and isinstance(message.get("msg_type"), str) else None
