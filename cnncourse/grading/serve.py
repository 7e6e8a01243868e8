"""The answer's side while a class is graded: do what the grader orders, send back what came out.

It runs beside the student's code, which may change it or speak in its place. So nothing that
it says is believed but the values, and those are compared elsewhere.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from typing import Any

from cnncourse.grading import messages
from cnncourse.grading.attempt import Attempt, carry_out
from cnncourse.grading.channel import receive, send
from cnncourse.grading.failure import Failure
from cnncourse.grading.order import Order
from cnncourse.grading.strange import Strange
from cnncourse.grading.wire import packed

CHANNEL = "CNNCOURSE_CHANNEL"


def graded_elsewhere() -> bool:
    """Whether a grader listens to this process."""
    return CHANNEL in os.environ


def serve(names: Mapping[str, Any]) -> None:
    """Answer the grader's requests about the functions and classes of these names, until it ends.

    A request is a dict with an `id`, which the reply repeats, and either `look` (a name) or
    `order` (an `Order`).
    """
    channel = socket.socket(fileno=os.dup(int(os.environ[CHANNEL])))
    # An interrupt is meant for the student's code, never for half a message.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            request = receive(channel, public=True)
            if "end" in request:
                return
            send(channel, reply_to(request, names))
    finally:
        signal.signal(signal.SIGINT, before)
        channel.close()


def reply_to(request: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent back for a request."""
    if "look" in request:
        return {"id": request["id"], "seen": looked_at(names, request["look"])}
    order = request["order"]
    made = interruptible(order, names.get(order.name))
    try:
        packed(made.parts)
    except BaseException:
        # An object whose own methods fail when one looks at it.
        made.parts = dict.fromkeys(map(str, made.parts), Strange("an object that cannot be read"))
    return {"id": request["id"], "attempt": as_data(made)}


def looked_at(names: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Whether there is something of that name to be called, and what it is."""
    if name not in names:
        return {"defined": False, "callable": False, "kind": "nothing"}
    value = names[name]
    return {"defined": True, "callable": callable(value), "kind": messages.a_kind(value)}


def interruptible(order: Order, answer: Any) -> Attempt:
    """Carry out an order; an interrupt ends it as an error of the answer."""
    process = os.getpid()
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return carry_out(order, answer)
    except BaseException as error:
        return Attempt(error=Failure.of(error))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.getpid() != process:
            # A copy that the answer forked and forgot must not speak as well.
            os._exit(0)


def as_data(made: Attempt) -> dict[str, Any]:
    """An attempt as values that can be sent."""
    error = made.error
    return {
        "parts": made.parts,
        "error": error
        and {
            "kind": error.kind,
            "kinds": error.kinds,
            "message": error.message,
            "traceback": error.traceback,
            "function": error.function,
        },
        "changed": made.changed,
        "caught": made.caught,
        "operations": made.operations,
        "printed": made.printed,
        "stub": made.stub,
        "of_class": made.of_class,
    }


def from_data(data: Any) -> Attempt:
    """The attempt that was sent, by somebody who may lie about every field.

    TypeError, KeyError or ValueError where a field is of the wrong kind.
    """
    error = data["error"]
    caught = data["caught"]
    return Attempt(
        parts={str(name): value for name, value in dict(data["parts"]).items()},
        error=error
        and Failure(
            kind=one_word(error["kind"]),
            kinds=tuple(one_word(kind) for kind in error["kinds"])[:20],
            message=str(error["message"])[:300],
            traceback=str(error["traceback"])[:4000],
            function=one_word(error["function"]),
        ),
        changed=tuple(one_word(name) for name in data["changed"])[:20],
        caught=caught and (str(caught[0])[:100], one_word(caught[1])),
        operations=int(data["operations"]),
        printed=str(data["printed"])[:2000],
        stub=data["stub"] is True,
        of_class=data["of_class"] is True,
    )


def one_word(text: Any) -> str:
    """A name, shortened."""
    if not isinstance(text, str):
        raise TypeError("a name was expected")
    return text[:80]
