"""What a graded exercise is made of. Plain values: nothing here runs an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch

from cnncourse.grading.run_function import Run, call

if TYPE_CHECKING:
    from cnncourse.grading.question import Judged

Arguments = dict[str, Any]
Make = Callable[[torch.Generator], Arguments]
Verdict = Literal["right", "wrong", "crashed", "not attempted", "not allowed"]
Difficulty = Literal["warm-up", "core", "challenge"]
DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)


@dataclass(frozen=True)
class Case:
    """One question put to an answer.

    why: finishes the sentence "it fails when ...".
    make: fresh arguments on every call, drawn from the generator alone.
    keeps: what the case guards although the zoo gets by without it.
    """

    why: str
    make: Make
    keeps: str = ""


@dataclass(frozen=True)
class Misconception:
    """A wrong answer, named for the belief behind it, and what its student gets to read.

    sign: tells from the cases of a student's answer whether this belief is behind them, where
        chance has a part in the results and nobody else's are the same. None: they are compared.
    """

    answer: Callable[..., Any]
    say: str
    sign: Callable[[Sequence[Judged]], bool] | None = None

    @property
    def name(self) -> str:
        return self.answer.__name__


@dataclass(frozen=True)
class Growth:
    """How to ask whether an answer loops where it should not.

    make: arguments for the given sizes; each size is named for the axis it is.
    small, large: each axis grows alone from its small to its large size, and
    the number of operations must not grow with it.
    """

    make: Callable[..., Arguments]
    small: Mapping[str, int]
    large: Mapping[str, int]


@dataclass(frozen=True)
class Exercise:
    """One graded exercise; its name is the reference's.

    minutes: what a beginner needs.
    difficulty: "warm-up" takes one thought, "core" is what the lesson is about, and a "challenge"
        puts several ideas together.
    hints: from a nudge to nearly the answer, never the code.
    oracle: an independent right answer, called as the reference is.
    run: how an answer is put to a case: `call`, a `Module`, a `Training`, a `Permutation` or a
        `Draw`.
    forbids: operations, or families of them, that the learner is to write; see `forbidden`.
    vectorised: sizes at which operations are counted, or None.
    magnitude: the reference with every minus turned into plus; its values bound the
        rounding error. None: the reference itself on absolute values.
    explain_shape: the arithmetic behind the right shape, in words, from the arguments.
    any_dtype: NumPy results may have any dtype that holds the values.
    asides: put to right answers only; who fails one gets a remark and loses no points.
    predicts: the answer is a prediction. What is right is not shown, because the learner is to
        find out by trying.
    """

    reference: Callable[..., Any]
    points: int
    minutes: int
    cases: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]
    difficulty: Difficulty = field(kw_only=True)
    oracle: Callable[..., Any] | None = None
    run: Run = call
    forbids: tuple[str, ...] = ()
    vectorised: Growth | None = None
    magnitude: Callable[..., Any] | None = None
    explain_shape: Callable[..., str] | None = None
    any_dtype: bool = False
    asides: tuple[Case, ...] = ()
    predicts: bool = False

    @property
    def name(self) -> str:
        return self.reference.__name__


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric: what earns these points."""

    points: int
    what: str


@dataclass(frozen=True)
class Explanation:
    """A text of the learner's that a person grades, by a rubric that the learner has read.

    name: the `grade_id` of its cell; no function has it.
    minutes: what a beginner needs.
    difficulty: as of an exercise.
    """

    name: str
    minutes: int
    rubric: tuple[Criterion, ...]
    difficulty: Difficulty = field(kw_only=True)

    @property
    def points(self) -> int:
        return sum(criterion.points for criterion in self.rubric)

    def table(self) -> str:
        """The rubric in Markdown, as it stands above the cell: for learner and grader alike."""
        rows = [f"| {criterion.points} | {criterion.what} |" for criterion in self.rubric]
        return "\n".join(["| points | for |", "|---|---|", *rows])


@dataclass(frozen=True)
class Line:
    """How one case went: a line of the table that a student reads."""

    why: str
    passed: bool
    note: str = ""


@dataclass(frozen=True, repr=False)
class Result:
    """What grading one answer to one exercise came to.

    score: share of the cases passed, in [0, 1].
    case: the first case that failed, with the arguments of its call, or None.
    expected, got: the two values that differ there.
    say: the sentence that names what went wrong, or praises.
    points: what the exercise is worth; `repr` is score times that, because it is
        what a notebook stores as text/plain and nbgrader reads as partial credit.
    version, cells: fingerprints of the exercise and of the notebook's cells behind the answer;
        see `fingerprint`. Empty but in a learner's own notebook.
    """

    verdict: Verdict
    score: float
    case: Case | None
    expected: Any
    got: Any
    say: str
    exercise: str = ""
    points: float = 1.0
    misconception: str = ""
    where: str = ""
    call: str = ""
    lines: tuple[Line, ...] = ()
    remarks: tuple[str, ...] = ()
    traceback: str = ""
    printed: str = ""
    version: str = ""
    cells: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return str(round(self.score * self.points, 6))

    def __str__(self) -> str:
        from cnncourse.grading.render import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from cnncourse.grading.render import as_html

        return as_html(self)
