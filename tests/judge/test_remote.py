"""The judge's end of the channel, against answers that are slow, mute, or lie."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from cnncourse.course import find_exercise
from cnncourse.grading.channel import ChannelClosed, WireError, receive, send
from cnncourse.grading.engine import Examination
from cnncourse.grading.serve import reply_to
from cnncourse.grading.wire import packed
from cnncourse.judge import remote
from cnncourse.judge.remote import Conversation, KernelLost, RemoteAnswer
from cnncourse.judge.settings import Budgets

CONV2D = find_exercise("conv2d")
LONG, SHORT = Budgets(), Budgets(call=0.2, exercise=0.4)


class FakeKernel:
    """A thread at the other end of the channel, which does with each request as it is told."""

    def __init__(self, reply: Callable[[socket.socket, dict], None]) -> None:
        self.channel, self.other = socket.socketpair()
        self.interrupts = 0
        self.thread = threading.Thread(target=self.run, args=[reply])
        self.thread.start()

    def run(self, reply: Callable[[socket.socket, dict], None]) -> None:
        try:
            while True:
                reply(self.other, receive(self.other, 10, public=True))
        except (ChannelClosed, OSError):
            return

    def interrupt(self) -> None:
        self.interrupts += 1

    def close(self) -> None:
        self.channel.close()
        self.other.close()
        self.thread.join()


@pytest.fixture
def kernel_that(monkeypatch) -> Iterator[Callable]:
    monkeypatch.setattr(remote, "GRACE_SECONDS", 0.1)
    kernels = []

    def start(reply):
        kernels.append(FakeKernel(reply))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.channel.shutdown(socket.SHUT_RDWR)
        kernel.close()


def serving(answer: Callable) -> Callable[[socket.socket, dict], None]:
    """Replies as an honest kernel does, whose only name is conv2d."""
    return lambda channel, request: send(channel, reply_to(request, {"conv2d": answer}))


def ask(kernel: FakeKernel, budgets: Budgets = LONG):
    return RemoteAnswer(Conversation(kernel), budgets, budgets.exercise)


@pytest.fixture
def examination() -> Examination:
    return Examination(CONV2D, 3, "cpu")


# The interrupt handler of an honest kernel belongs to its main thread.
@pytest.fixture(autouse=True)
def no_signals(monkeypatch):
    monkeypatch.setattr("cnncourse.grading.serve.signal.signal", lambda *arguments: None)


@pytest.mark.parametrize(
    "answer",
    [CONV2D.reference, *(wrong.answer for wrong in CONV2D.misconceptions)],
    ids=lambda answer: answer.__name__,
)
def test_verdict_is_the_same_as_at_home(answer, examination, kernel_that):
    here = examination.grade(answer)
    there = examination.grade(ask(kernel_that(serving(answer))))
    assert (there.verdict, there.score, there.misconception, there.say) == (
        (here.verdict, here.score, here.misconception, here.say)
    )


def test_look_tells_what_is_there(kernel_that):
    conversation = Conversation(kernel_that(serving(CONV2D.reference)))
    assert conversation.look("conv2d", 5)["callable"]
    assert not conversation.look("conv3d", 5)["defined"]


def test_silent_kernel_is_interrupted_then_lost(examination, kernel_that):
    kernel = kernel_that(lambda channel, request: None)
    with pytest.raises(KernelLost) as lost:
        examination.grade(ask(kernel, SHORT))
    assert (lost.value.reason, kernel.interrupts) == ("time", 1)


def test_kernel_that_hangs_up_has_died(examination, kernel_that):
    kernel = kernel_that(lambda channel, request: channel.shutdown(socket.SHUT_RDWR))
    with pytest.raises(KernelLost) as lost:
        examination.grade(ask(kernel, SHORT))
    assert lost.value.reason == "died"


def test_right_value_that_comes_too_late_counts_for_nothing(examination, kernel_that):
    honest = serving(CONV2D.reference)

    def late(channel, request):
        time.sleep(0.25)
        honest(channel, request)

    answer = ask(kernel_that(late), SHORT)
    result = examination.grade(answer)
    assert (result.verdict, result.score) == ("crashed", 0.0)
    assert answer.out_of_time


def test_budget_of_an_exercise_ends_many_short_calls(examination, kernel_that):
    honest = serving(CONV2D.reference)

    def slow(channel, request):
        time.sleep(0.15)
        honest(channel, request)

    answer = ask(kernel_that(slow), SHORT)
    assert examination.grade(answer).score == 0.0
    assert answer.out_of_time


HONEST = {
    "parts": {},
    "error": None,
    "changed": (),
    "caught": None,
    "operations": 1,
    "printed": "",
    "stub": False,
    "of_class": False,
}
LIES = {
    "two ids": {"id": torch.tensor([1, 1]), "attempt": HONEST},
    "caught is short": {"id": 1, "attempt": {**HONEST, "caught": ["x"]}},
    "caught is a tensor": {"id": 1, "attempt": {**HONEST, "caught": torch.ones(2)}},
    "error is a tensor": {"id": 1, "attempt": {**HONEST, "error": torch.ones(2)}},
    "parts are none": {"id": 1, "attempt": {**HONEST, "parts": 3}},
    "nothing asked": {"id": 99, "attempt": {}},
    "no attempt": {"id": 1},
    "attempt is a word": {"id": 1, "attempt": "right"},
    "points": {"id": 1, "attempt": {"score": 1.0, "points": 4}},
    "error is a number": {"id": 1, "attempt": {**HONEST, "error": 3}},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_reply_without_form_is_refused(lie, examination, kernel_that):
    kernel = kernel_that(lambda channel, request: [send(channel, lie) for _ in range(20)])
    with pytest.raises(WireError):
        examination.grade(ask(kernel, SHORT))


@pytest.mark.parametrize("junk", [b"\0" * 64, b"right " * 99, packed({"id": 1})[:-3] + b"abc"])
def test_junk_is_refused(junk, examination, kernel_that):
    kernel = kernel_that(lambda channel, request: channel.sendall(junk))
    with pytest.raises((WireError, KernelLost)):
        examination.grade(ask(kernel, SHORT))


@pytest.mark.parametrize("stale", [0, 2, "1", None, True])
def test_reply_to_another_request_is_dropped(stale, examination, kernel_that):
    honest = serving(CONV2D.misconceptions[0].answer)

    def cheat(channel, request):
        right = reply_to(request, {"conv2d": CONV2D.reference})
        send(channel, {**right, "id": stale if request["id"] != stale else -1})
        honest(channel, request)

    result = examination.grade(ask(kernel_that(cheat)))
    assert result.misconception == CONV2D.misconceptions[0].name


def claims(**fields):
    """An honest reply with some fields put as wished."""

    def reply(channel, request):
        made = reply_to(request, {"conv2d": CONV2D.misconceptions[0].answer})
        made["attempt"].update(fields)
        send(channel, made)

    return reply


@pytest.mark.parametrize(
    "fields",
    [
        {"parts": {}},
        {"parts": {"result": None}},
        {"parts": {"result": float("nan")}},
        {"parts": {"result": torch.tensor(float("nan"))}},
        {"parts": {"result": torch.full((2, 5, 6, 10), float("nan"), dtype=torch.float64)}},
        {"parts": {"result": torch.full((2, 5, 6, 10), float("inf"), dtype=torch.float64)}},
        {"parts": {"result": torch.zeros(0, 5, 6, 10, dtype=torch.float64)}},
        {"parts": {"result": "no gradient", "gradient of x": "no gradient"}},
        {"error": {"kind": "ValueError", "kinds": ("ValueError",), "message": "", "traceback": "",
                   "function": ""}},
        {"stub": True},
        {"caught": ("a library convolution", "conv2d")},
        {"operations": -1},
    ],
)  # fmt: skip
def test_claims_earn_nothing(fields, examination, kernel_that):
    assert examination.grade(ask(kernel_that(claims(**fields)))).score == 0.0
