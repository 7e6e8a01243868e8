"""A case with everything that is known about its right answer, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from cnncourse.grading import messages
from cnncourse.grading.arguments import in_float64, without_signs
from cnncourse.grading.attempt import Attempt, Elsewhere, attempt
from cnncourse.grading.compare import Comparison, Difference
from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.forbidden import TooManyOperations
from cnncourse.grading.growth import OPERATIONS_LIMIT
from cnncourse.grading.run_draw import Draw
from cnncourse.grading.run_function import Answer, call, tensors_in
from cnncourse.grading.run_module import Module
from cnncourse.grading.run_network import Network
from cnncourse.grading.run_permutation import Permutation
from cnncourse.grading.run_training import Training


class Question:
    """One case of an exercise on one device: puts it to answers and judges what comes back.

    generator: makes the case's own generator, in the same state every time.
    """

    def __init__(
        self,
        exercise: Exercise,
        case: Case,
        generator: Callable[[], torch.Generator],
        device: torch.device | str,
    ) -> None:
        self.exercise, self.case, self.device = exercise, case, device
        self.generator = generator
        self.twins: dict[Misconception, Attempt] = {}
        if isinstance(exercise.run, Training):
            # What counts is a target; nothing is gained by training the reference.
            self.expected = self.exact = Attempt(parts=exercise.run.target())
        elif isinstance(exercise.run, Network):
            # More digits of so many values would take longer than all answers.
            self.expected = self.exact = self.put(exercise.reference, watched=False)
        else:
            self.expected = self.put(exercise.reference, watched=False)
            self.exact = self.put(exercise.reference, prepare=in_float64, watched=False)
        error = self.expected.error
        if error and not any(error.isa(kind) for kind in (ValueError, LookupError)):
            raise RuntimeError(f"The reference of {exercise.name} fails: {self.expected.error}")
        self.magnitudes = self.bound()
        self.scales = scales(self.expected.parts) if isinstance(exercise.run, Module) else {}

    def put(
        self,
        answer: Answer | Elsewhere,
        prepare: Callable[[Arguments], Arguments] | None = None,
        watched: bool = True,
        absolute: bool = False,
    ) -> Attempt:
        """Run an answer on this case's arguments, which are the same every time."""
        made = attempt(
            self.exercise,
            answer,
            self.case,
            generator=self.generator(),
            device=self.device,
            prepare=prepare,
            forbids=self.exercise.forbids if watched else (),
            limit=OPERATIONS_LIMIT if watched and self.exercise.vectorised else None,
            absolute=absolute,
        )
        if isinstance(self.exercise.run, (Training, Permutation, Draw)) and not made.error:
            made.parts = self.exercise.run.measured(made.parts, self.arguments())
        return made

    def twin(self, misconception: Misconception) -> Attempt:
        """What a known wrong answer does here; asked once, whoever it is compared with."""
        if misconception not in self.twins:
            self.twins[misconception] = self.put(misconception.answer, watched=False)
        return self.twins[misconception]

    def bound(self) -> dict[str, float]:
        """For each part the largest sum of absolute values behind any of its numbers."""
        if self.exercise.run is not call or self.expected.error:
            return {}
        made = self.put(
            self.exercise.magnitude or self.exercise.reference,
            prepare=lambda arguments: without_signs(in_float64(arguments)),
            watched=False,
            absolute=True,
        )
        return {part: largest(value) for part, value in made.parts.items()}

    def judge(self, made: Attempt, remarks: list[str]) -> Difference | None:
        """What is wrong with an attempt that did not crash, or None."""
        name = self.exercise.name
        if made.error and made.error.isa(TooManyOperations):
            say = messages.too_many_operations(name, OPERATIONS_LIMIT)
            return Difference(say, None, None, "")
        if self.expected.error:
            return self.judge_refusal(made, remarks)
        for part, expected in self.expected.parts.items():
            got = made.parts.get(part)
            if got is None and expected is not None:
                say = messages.returns_nothing(name)
                return Difference(say, expected, None, part)
            found = self.compare(part, expected, self.exact.parts[part], got, remarks)
            if found and self.exercise.predicts and type(got) is type(expected):
                return Difference(messages.wrong_prediction(got), None, None, part)
            if found:
                return self.explained(found) if found.is_shape else found
        if made.changed:
            return Difference(messages.changed(name, made.changed), None, None, "")
        return None

    def judge_refusal(self, made: Attempt, remarks: list[str]) -> Difference | None:
        """The right answer here is a ValueError, or a LookupError where nothing is found."""
        expected, name = self.expected.error, self.exercise.name
        assert expected is not None
        asked = ValueError if expected.isa(ValueError) else LookupError
        if made.error and made.error.isa(asked):
            if not made.error.message:
                remarks.append(messages.remark_silent_error())
            return None
        if made.error:
            say = messages.wrong_error(name, made.error, asked)
            return Difference(say, expected, made.error, "")
        got = made.parts.get("result")
        return Difference(messages.should_raise(name, expected, got, asked), expected, got, "")

    def compare(
        self,
        part: str,
        expected: Any,
        exact: Any,
        got: Any,
        remarks: list[str],
        any_dtype: bool = False,
    ) -> Difference | None:
        any_dtype = any_dtype or self.exercise.any_dtype
        scale = self.scales.get(part, 0.0)
        comparison = Comparison(self.magnitudes.get(part), any_dtype, remarks, scale)
        try:
            return comparison.difference(expected, exact, got, f"the {part}")
        except Exception:
            # Only an exotic object (a nested tensor, a hostile __len__) gets here.
            say = messages.wrong_type(f"the {part}", expected, got)
            return Difference(say, exact, None, part)

    def explained(self, found: Difference) -> Difference:
        """A wrong shape, with the arithmetic that gives the right one."""
        if not self.exercise.explain_shape:
            return found
        explanation = self.exercise.explain_shape(**self.arguments())
        say = messages.shape_because(found.say, explanation)
        return Difference(say, found.expected, found.got, found.where, found.is_shape)

    def arguments(self) -> Arguments:
        return self.case.make(self.generator())

    def expects_error(self) -> bool:
        return self.expected.error is not None


@dataclass(frozen=True)
class Judged:
    """An attempt and what was found in it."""

    question: Question
    made: Attempt
    difference: Difference | None
    remarks: tuple[str, ...] = ()

    @property
    def crashed(self) -> bool:
        """Stopped by an error that was neither asked for nor the grader's own."""
        error = self.made.error
        return (
            error is not None
            and not error.isa(TooManyOperations)
            and not self.question.expects_error()
        )

    @property
    def passed(self) -> bool:
        return not self.crashed and self.difference is None

    @property
    def share(self) -> float:
        if self.crashed:
            return 0.0
        return self.difference.share if self.difference else 1.0


def generators(seed: int, index: int) -> Callable[[], torch.Generator]:
    """Makes the generator of a case, whose numbers are its own.

    So adding a case at the end leaves the others as they were.
    """
    return lambda: torch.Generator().manual_seed(1000 * seed + index)


def scales(parts: dict[str, Any]) -> dict[str, float]:
    """For each gradient of a module the largest number among all gradients in the same mode.

    Some gradients vanish: that of a bias before BatchNorm, where no ReLU is in between. What is
    left of them is the rounding of sums whose terms are as large as those of the others.
    """
    gradients = [part for part in parts if part.startswith("gradient of ")]
    modes = {part: part.rsplit(" in ", 1)[-1] for part in gradients}
    return {
        part: max(largest(parts[other]) for other in gradients if modes[other] == modes[part])
        for part in gradients
    }


def largest(value: Any) -> float:
    """The largest absolute value among all numbers of a result."""
    if isinstance(value, (tuple, list)):
        return max((largest(element) for element in value), default=0.0)
    tensors = tensors_in(value)
    if tensors:
        return max((float(t.detach().abs().max()) for t in tensors if t.numel()), default=0.0)
    try:
        return float(abs(value).max()) if hasattr(value, "max") else float(abs(value))
    except (TypeError, ValueError):
        return 0.0
