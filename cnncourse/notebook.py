"""What a learner's notebook calls: check an answer, ask for a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from cnncourse.course import find_exercise
from cnncourse.grading.contract import Exercise, Result
from cnncourse.grading.engine import grade
from cnncourse.grading.fingerprint import cells_behind, of_exercise
from cnncourse.grading.serve import graded_elsewhere
from cnncourse.wording import prose


@dataclass(frozen=True, repr=False)
class Hint:
    """One hint, shown as prose."""

    exercise: str
    level: int
    levels: int
    text: str

    def __repr__(self) -> str:
        return f"Hint {self.level} of {self.levels} for {self.exercise}: {self.text}{self.more}"

    @property
    def more(self) -> str:
        if self.level == self.levels:
            return ""
        return f" More: hint({self.exercise}, {self.level + 1})"

    def _repr_html_(self) -> str:
        more = f" More: <code>{escape(self.more[7:])}</code>" if self.more else ""
        return (
            f'<div style="border-left:4px solid #3b6fb6;padding:.2em 0 .2em 1em;max-width:48em">'
            f"<b>Hint {self.level} of {self.levels}</b> {prose(self.text)}{more}</div>"
        )


@dataclass(frozen=True, repr=False)
class Later:
    """What a check or a hint says while a class is graded: the grader asks by itself."""

    def __repr__(self) -> str:
        return "This is answered by your instructor's grader."


def check(answer: Callable[..., Any]) -> Result | Later:
    """Grade a function or class by its name: check(conv2d).

    ValueError where no exercise has that name.
    """
    if graded_elsewhere():
        return Later()
    exercise = exercise_of(answer)
    result = grade(exercise, answer)
    return replace(result, version=of_exercise(exercise), cells=cells_behind(answer))


def hint(answer: Callable[..., Any] | str, level: int = 1) -> Hint | Later:
    """A nudge for an exercise: hint(conv2d), then hint(conv2d, 2), and so on."""
    if graded_elsewhere():
        return Later()
    exercise = exercise_of(answer)
    levels = len(exercise.hints)
    if not 1 <= level <= levels:
        raise ValueError(f"{exercise.name} has hints 1 to {levels}; there is no hint {level}.")
    return Hint(exercise.name, level, levels, exercise.hints[level - 1])


def exercise_of(answer: Callable[..., Any] | str) -> Exercise:
    """The exercise that an answer answers, by its name."""
    name = answer if isinstance(answer, str) else getattr(answer, "__name__", None)
    if name is None:
        raise ValueError(
            f"check and hint want the function or class itself, not {type(answer).__name__}: "
            "check(conv2d), without parentheses behind conv2d."
        )
    return find_exercise(name)
