"""One small process for each kernel: starts it, watches it, and ends all that came of it.

The supervisor stays outside of the sandbox. It talks to the kernel's host over a socket, one
line a message; when that socket closes, for whatever reason, it ends everything.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cnncourse.kernels.kernel_process import READY, KernelTask, become_kernel
from cnncourse.sandbox import kernel_calls, watchdog
from cnncourse.sandbox.cgroups import Group
from cnncourse.sandbox.private_root import enter_private_root
from cnncourse.sandbox.probe import enter_namespaces

LOOK_SECONDS = 0.25
END_SECONDS = 8.0
MESSAGES = 1 << 16


@dataclass
class Supervisor:
    """What is known about one kernel while it lives.

    base: a folder of its own, outside. control: the line to the host.
    """

    task: KernelTask
    base: Path
    control: socket.socket
    group: Group | None = None
    first: int = 0
    inherited: int = 0
    reason: str = ""
    lifeline: int = -1

    def run(self) -> None:
        """Start the kernel, wait for its end or for the order to end it, report, clean up."""
        os.setsid()
        with contextlib.suppress(OSError):
            # So that it gets its turn beside whatever the kernel starts.
            os.setpriority(os.PRIO_PROCESS, 0, -5)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        kernel_calls.adopt_orphans()
        with contextlib.suppress(KeyboardInterrupt):
            try:
                self.first, said = self.start()
                self.wait(said)
            except BaseException as error:
                self.tell({"failed": f"{type(error).__name__}: {error}"})
            finally:
                code = self.end_everything()
                shutil.rmtree(self.base, ignore_errors=True)
                self.tell({"ending": [self.reason_of(code), detail_of(code)]})

    def start(self) -> tuple[int, int]:
        """Fork the kernel. Its process, and the descriptor on which it says "ready"."""
        to = self.task.confinement
        if to.layers.cgroup:
            self.group = Group.make(to.layers.cgroup, self.base.name, to.limits)
        ready, says_ready = os.pipe()
        life, self.lifeline = os.pipe()
        if to.layers.namespaces:
            # The next child is the first process of the new PID namespace: with it, all end.
            enter_namespaces(to.layers.user)
        kernel = os.fork()
        if kernel == 0:
            for descriptor in (ready, self.lifeline, self.control.fileno()):
                os.close(descriptor)
            never_return(lambda: self.inside(says_ready, life))
        os.close(says_ready)
        os.close(life)
        return kernel, ready

    def inside(self, ready: int, life: int) -> None:
        """The kernel's process, which prepares its place and then becomes the kernel."""
        to = self.task.confinement
        try:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, 0, 0)
            if self.group:
                self.group.join()
            if to.layers.namespaces:
                kernel_calls.unshare(kernel_calls.NEW_MOUNTS)
                root = self.base / "root"
                enter_private_root(to.places, root, to.sockets, to.home, to.limits.folder, to.owner)
            become_kernel(self.task, ready, life)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(ready, f"{type(error).__name__}: {error}".encode())
            raise

    def wait(self, said: int) -> None:
        """Until the kernel has ended, or is to be ended."""
        watched = os.pidfd_open(self.first)
        waiting = [watched, self.control.fileno(), said]
        next_look = time.monotonic() + LOOK_SECONDS
        try:
            while True:
                ready, _, _ = select.select(waiting, [], [], LOOK_SECONDS)
                if said in ready:
                    waiting.remove(said)
                    self.heard(os.read(said, MESSAGES).decode(errors="replace"))
                if self.control.fileno() in ready and not self.obey():
                    self.reason = "stopped" if not self.look() else self.reason
                    return
                if watched in ready:
                    return
                if time.monotonic() >= next_look:
                    if self.look():
                        return
                    next_look = time.monotonic() + LOOK_SECONDS
        finally:
            os.close(watched)
            os.close(said)

    def heard(self, word: str) -> None:
        """What the kernel said before it took any messages."""
        if word == READY.decode():
            self.inherited = watchdog.own_memory(self.first)
            self.tell({"ready": True})
        else:
            self.tell({"failed": word or "it ended before it was ready"})

    def obey(self) -> bool:
        """Follow the host's orders; False where the kernel is to end."""
        orders = self.control.recv(MESSAGES)
        if not orders or b"end" in orders:
            return False
        if b"interrupt" in orders:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGINT)
        return True

    def look(self) -> bool:
        """Where no control group does it: whether too much is used."""
        limits = self.task.confinement.limits
        if not self.group:
            below = watchdog.descendants(os.getpid())
            self.reason = watchdog.excess(below, self.inherited, limits)
        if not self.reason and not self.task.confinement.layers.namespaces:
            size = watchdog.folder_size(self.task.confinement.home, limits.folder)
            self.reason = "folder" if size > limits.folder else ""
        return bool(self.reason)

    def end_everything(self) -> int:
        """Kill all descendants until there are none; how the first one ended."""
        if self.task.confinement.layers.namespaces and self.first:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGKILL)
            return self.finish(os.waitpid(self.first, 0)[1])
        code = 0
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            alive = set(watchdog.descendants(os.getpid()))
            if self.group:
                # Nobody leaves a control group, not even who left the family.
                alive |= set(self.group.members()) - {os.getpid()}
            for process in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            while True:
                try:
                    ended, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    ended = 0
                    if not alive:
                        return self.finish(code)
                if not ended:
                    break
                if ended == self.first:
                    code = status
            time.sleep(0.005)
        return self.finish(code)

    def finish(self, code: int) -> int:
        if self.group:
            self.reason = self.from_group() or self.reason
            self.group.remove()
        return code

    def from_group(self) -> str:
        """What the control group had to put an end to, if it had to."""
        assert self.group
        if self.group.out_of_memory():
            return "memory"
        return "processes" if self.group.too_many_processes() else ""

    def reason_of(self, code: int) -> str:
        """One word for how it ended."""
        if self.reason:
            return self.reason
        return "signal" if os.WIFSIGNALED(code) else "exited"

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.control.send(json.dumps(message).encode() + b"\n")


def never_return(main: Callable[[], None]) -> NoReturn:
    """Run the rest of a forked process, which must not come back into its parent's code."""
    try:
        main()
    except BaseException:
        os._exit(1)
    os._exit(0)


def detail_of(code: int) -> str:
    """How a process ended, in words.

    >>> detail_of(9), detail_of(40), detail_of(3 << 8)
    ('signal SIGKILL', 'signal 40', 'exit code 3')
    """
    if os.WIFSIGNALED(code):
        number = os.WTERMSIG(code)
        names = {one.value: one.name for one in signal.Signals}
        return f"signal {names.get(number, number)}"
    return f"exit code {os.waitstatus_to_exitcode(code)}"
