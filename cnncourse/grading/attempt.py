"""One answer, one case: what came out, what it changed, how it stopped."""

from __future__ import annotations

import contextlib
import inspect
import io
import types
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from cnncourse.grading.arguments import describe, on_device, state
from cnncourse.grading.contract import Arguments, Case, Exercise
from cnncourse.grading.failure import Failure
from cnncourse.grading.forbidden import Watch
from cnncourse.grading.order import Order, built
from cnncourse.grading.run_function import Answer, Parts, Setting
from cnncourse.grading.run_training import Training

# The most that is kept of what a student's function prints.
PRINTED = 2000


@dataclass
class Attempt:
    """The trace that one run of an answer leaves behind.

    stub: the answer is as it was released, or has a body that does nothing.
    of_class: the answer is a class.
    """

    call: str = ""
    parts: Parts = field(default_factory=dict)
    error: Failure | None = None
    changed: tuple[str, ...] = ()
    caught: tuple[str, str] | None = None
    operations: int = 0
    printed: str = ""
    stub: bool = False
    of_class: bool = False


class Elsewhere(ABC):
    """An answer that lives in another process."""

    @abstractmethod
    def carry_out(self, order: Order) -> Attempt:
        """Have an order carried out there."""


def attempt(
    exercise: Exercise,
    answer: Answer | Elsewhere,
    case: Case,
    *,
    generator: torch.Generator,
    device: torch.device | str,
    prepare: Callable[[Arguments], Arguments] | None = None,
    forbids: tuple[str, ...] = (),
    limit: int | None = None,
    absolute: bool = False,
) -> Attempt:
    """Run an answer on a case. Raises nothing that the answer raises.

    prepare: what happens to the arguments first (precision); only where the answer is here.
    """
    arguments = case.make(generator)
    run = exercise.run
    order = Order(
        name=exercise.name,
        run=run,
        arguments=run.without_secrets(arguments) if isinstance(run, Training) else arguments,
        options=options_of(exercise.reference),
        seed=int(torch.randint(2**31, (), generator=generator)),
        device=str(device),
        forbids=forbids,
        limit=limit,
        absolute=absolute,
    )
    if isinstance(answer, Elsewhere):
        made = answer.carry_out(order)
    else:
        made = carry_out(order, answer, prepare)
    made.call = describe(exercise.name, arguments)
    return made


def options_of(reference: Callable[..., Any]) -> tuple[str, ...]:
    """The arguments that a function has defaults for."""
    parameters = inspect.signature(reference).parameters.values()
    return tuple(one.name for one in parameters if one.default is not one.empty)


def carry_out(
    order: Order, answer: Answer, prepare: Callable[[Arguments], Arguments] | None = None
) -> Attempt:
    """Do with an answer what an order says, in this process."""
    arguments = on_device(built(order.arguments), order.device)
    if prepare:
        arguments = prepare(arguments)
    before = {name: state(value) for name, value in arguments.items()}
    watch = Watch(order.forbids, order.limit)
    generator = torch.Generator().manual_seed(order.seed)
    setting = Setting(arguments, generator, watch, order.options, order.absolute)
    made = Attempt(of_class=isinstance(answer, type))
    with quiet(made), same_torch_settings():
        try:
            made.parts = order.run(answer, setting)
        except BaseException as error:
            made.error = Failure.of(error)
    made.caught = watch.caught
    made.operations = watch.count
    made.changed = tuple(name for name in before if state(arguments[name]) != before[name])
    made.stub = is_stub(answer, made)
    return made


def is_stub(answer: Answer, made: Attempt) -> bool:
    """Whether an answer is as it was released, or has a body that does nothing."""
    if made.error:
        inside = made.error.function in ("", getattr(answer, "__name__", ""))
        return made.error.isa(NotImplementedError) and (made.of_class or inside)
    code = getattr(answer, "__code__", None)
    if not isinstance(code, types.CodeType):
        return False
    does_nothing = not code.co_names and code.co_nlocals == code.co_argcount
    return does_nothing and made.parts.get("result") is None and not code.co_freevars


@contextlib.contextmanager
def quiet(made: Attempt) -> Iterator[None]:
    """Keep what an answer prints; nbgrader takes a word on stderr for a failure."""
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
    made.printed = printed.getvalue()[:PRINTED]


@contextlib.contextmanager
def same_torch_settings() -> Iterator[None]:
    """Neither the notebook's settings reach an answer, nor an answer's the notebook."""
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    enabled, device = torch.is_grad_enabled(), torch.get_default_device()
    set_default_device(torch.device("cpu"))
    torch.set_default_dtype(torch.float32)
    # On arrays this small, threads only wait for one another: on a busy machine for seconds.
    torch.set_num_threads(1)
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)
        torch.set_grad_enabled(enabled)
        set_default_device(device)


def set_default_device(device: torch.device) -> None:
    """Where tensors without a word about it are made; nothing is done where it is so already."""
    if torch.get_default_device() != device:
        torch.set_default_device(None if device.type == "cpu" else device)
