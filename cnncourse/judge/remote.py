"""An answer in a sandboxed kernel, asked over a channel that is never trusted."""

from __future__ import annotations

import time
from typing import Any, Protocol

from cnncourse.grading.attempt import Attempt, Elsewhere
from cnncourse.grading.channel import ChannelClosed, ChannelSilent, WireError, receive, send
from cnncourse.grading.failure import Failure
from cnncourse.grading.order import Order
from cnncourse.grading.run_training import Training
from cnncourse.grading.serve import from_data
from cnncourse.judge.settings import Budgets

INTERRUPTED = Failure("KeyboardInterrupt", ("KeyboardInterrupt", "BaseException"), "out of time")
# A function that heeds an interrupt has returned by then; one that does not never will.
GRACE_SECONDS = 2.0
# Replies to requests that were given up, or invented ones: more of them is no accident.
MOST_STALE = 8


class KernelLost(Exception):
    """The kernel can be asked nothing more; `reason` is "time" or "died"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Kernel(Protocol):
    """What is needed of a running kernel here."""

    channel: Any

    def interrupt(self) -> None: ...


class Conversation:
    """Requests and replies with one kernel that serves; see `grading.serve`."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.last_id = self.replies = 0

    def ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bool]:
        """The reply, and whether the kernel had to be interrupted for it. KernelLost, WireError."""
        self.last_id += 1
        channel = self.kernel.channel
        try:
            send(channel, {**request, "id": self.last_id}, seconds)
            try:
                return self.reply(seconds), False
            except ChannelSilent:
                self.kernel.interrupt()
                return self.reply(GRACE_SECONDS), True
        except ChannelSilent:
            raise KernelLost("time") from None
        except ChannelClosed:
            raise KernelLost("died") from None

    def reply(self, seconds: float) -> dict[str, Any]:
        """The next reply to the last request; others are dropped."""
        deadline = time.monotonic() + seconds
        for _ in range(MOST_STALE):
            reply = receive(self.kernel.channel, max(0.0, deadline - time.monotonic()))
            number = reply.get("id") if isinstance(reply, dict) else None
            # A tensor would answer the comparison as it likes, or not at all.
            if type(number) is int and number == self.last_id:
                self.replies += 1
                return reply
        raise WireError("replies to nothing that was asked")

    def look(self, name: str, seconds: float) -> dict[str, Any]:
        """What the kernel has under a name: `defined`, `callable`, `kind`."""
        reply, _ = self.ask({"look": name}, seconds)
        seen = reply.get("seen")
        if not isinstance(seen, dict):
            raise WireError("no answer to what was asked")
        return {
            "defined": seen.get("defined") is True,
            "callable": seen.get("callable") is True,
            "kind": str(seen.get("kind"))[:100],
        }

    def end(self) -> None:
        """Let the kernel go on without us."""
        try:
            send(self.kernel.channel, {"end": True}, 1.0)
        except (ChannelClosed, ChannelSilent):
            return


class RemoteAnswer(Elsewhere):
    """A student's answer, put to orders in its kernel.

    spent: seconds used so far. out_of_time: an order ran out of its budget.
    """

    def __init__(self, conversation: Conversation, budgets: Budgets, left: float) -> None:
        self.conversation, self.budgets = conversation, budgets
        self.left = left
        self.out_of_time = False

    def carry_out(self, order: Order) -> Attempt:
        """Have an order carried out. KernelLost or WireError where nothing believable returns."""
        training = isinstance(order.run, Training)
        most = self.budgets.training if training else self.budgets.call
        if not training:
            most = min(most, self.left)
        if most <= 0:
            self.out_of_time = True
            return Attempt(error=INTERRUPTED)
        began = time.monotonic()
        reply, interrupted = self.conversation.ask({"order": order}, most)
        if not training:
            self.left -= time.monotonic() - began
        if interrupted:
            # Whatever it says now, it came too late.
            self.out_of_time = True
            return Attempt(error=INTERRUPTED)
        try:
            return from_data(reply["attempt"])
        except Exception as error:
            # Which error it is, whoever wrote the reply has chosen.
            raise WireError(f"{type(error).__name__}: {error}"[:300]) from None
