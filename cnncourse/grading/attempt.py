"""One answer, one case: what came out, what it changed, how it stopped."""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch

from cnncourse.grading.arguments import describe, state
from cnncourse.grading.contract import Arguments, Case, Exercise
from cnncourse.grading.forbidden import Watch
from cnncourse.grading.run_function import Answer, Parts, Setting

# The most that is kept of what a student's function prints.
PRINTED = 2000


@dataclass
class Attempt:
    """The trace that one run of an answer leaves behind."""

    call: str
    parts: Parts = field(default_factory=dict)
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    caught: tuple[str, str] | None = None
    operations: int = 0
    printed: str = ""


def attempt(
    exercise: Exercise,
    answer: Answer,
    case: Case,
    *,
    generator: torch.Generator,
    prepare: Callable[[Arguments], Arguments],
    forbids: tuple[str, ...] = (),
    limit: int | None = None,
    absolute: bool = False,
) -> Attempt:
    """Run an answer on a case. Raises nothing that the answer raises.

    prepare: what happens to the arguments first (device, precision).
    """
    arguments = prepare(case.make(generator))
    before = {name: state(value) for name, value in arguments.items()}
    watch = Watch(forbids, limit)
    signature = inspect.signature(exercise.reference)
    setting = Setting(arguments, generator, watch, signature, absolute)
    made = Attempt(call=describe(exercise.name, arguments))
    with quiet(made), same_torch_settings():
        try:
            made.parts = exercise.run(answer, setting)
        except BaseException as error:
            made.error = error
    made.caught = watch.caught
    made.operations = watch.count
    made.changed = tuple(name for name in before if state(arguments[name]) != before[name])
    return made


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
    enabled = torch.is_grad_enabled()
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
