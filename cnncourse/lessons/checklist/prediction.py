"""A question by its name, a value for it, and who believes in another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Misconception
from cnncourse.grading.question import Judged

Predict = Callable[[str], Any]


def asked(question: str, why: str) -> Case:
    """A case that asks one question; why finishes "it fails when"."""

    def make(generator: Generator) -> Arguments:
        return {"question": question}

    return Case(why, make)


def belief(right: Predict, name: str, question: str, value: Any, say: str) -> Misconception:
    """Somebody who says this to one question; the others do not matter.

    name: of the belief, like `forgets_the_biases`.
    """

    def answer(question_: str) -> Any:
        return value if question_ == question else right(question_)

    def sign(judged: Sequence[Judged]) -> bool:
        return any(
            one.made.error is None and same(one.made.parts["result"], value)
            for one in judged
            if one.question.arguments() == {"question": question}
        )

    # The case calls it with the learner's name of the argument.
    def named(question: str) -> Any:
        return answer(question)

    named.__name__ = named.__qualname__ = name
    return Misconception(named, say, sign=sign)


def same(one: Any, other: Any) -> bool:
    """Whether it is the same number, in a box or not, or the same word."""
    one = one.item() if hasattr(one, "item") else one
    return isinstance(one, str) == isinstance(other, str) and bool(one == other)
