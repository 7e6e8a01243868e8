"""The course: its lessons in order. Every path and name follows from an id."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncourse.grading.contract import Exercise, Explanation


@dataclass(frozen=True)
class Lesson:
    """One lesson, named once.

    >>> Lesson("02-convolution").slug
    'convolution'
    >>> Lesson("01-mlp-scaling").solution.as_posix()
    'solutions/01-mlp-scaling/mlp_scaling.py'
    """

    id: str

    @property
    def number(self) -> int:
        return int(self.id.split("-", 1)[0])

    @property
    def slug(self) -> str:
        return self.id.split("-", 1)[1].replace("-", "_")

    @property
    def chapter(self) -> Path:
        return Path("book", f"{self.id}.md")

    @property
    def solution(self) -> Path:
        return Path("solutions", self.id, f"{self.slug}.py")

    @property
    def exercise(self) -> Path:
        return Path("exercises", self.id, f"{self.slug}.ipynb")

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises that are graded automatically, in the order of the notebook."""
        return importlib.import_module(f"cnncourse.lessons.{self.slug}").EXERCISES

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """The texts that a person grades, in the order of the notebook; most lessons have none."""
        lesson = importlib.import_module(f"cnncourse.lessons.{self.slug}")
        return getattr(lesson, "EXPLANATIONS", ())

    @property
    def tasks(self) -> tuple[Exercise | Explanation, ...]:
        """All that learners are to do."""
        return (*self.exercises, *self.explanations)

    @property
    def points(self) -> int:
        """What all of it is worth."""
        return sum(one.points for one in self.tasks)


LESSONS: tuple[Lesson, ...] = (
    Lesson("01-mlp-scaling"),
    Lesson("02-convolution"),
    Lesson("03-weight-sharing"),
    Lesson("04-pooling"),
    Lesson("05-depth"),
    Lesson("06-representations"),
    Lesson("07-architectures"),
    Lesson("08-resnet"),
    Lesson("09-efficientnet"),
    Lesson("10-tcn"),
    Lesson("11-vit"),
    Lesson("12-checklist"),
)


def find_lesson(lesson_id: str) -> Lesson:
    """The lesson with this id; ValueError names the ids there are."""
    for lesson in LESSONS:
        if lesson.id == lesson_id:
            return lesson
    known = ", ".join(lesson.id for lesson in LESSONS)
    raise ValueError(f"There is no lesson {lesson_id!r}. The lessons are: {known}.")


def find_exercise(name: str) -> Exercise:
    """The exercise with this name; ValueError names the exercises there are."""
    exercises = {exercise.name: exercise for lesson in LESSONS for exercise in lesson.exercises}
    if name not in exercises:
        known = ", ".join(exercises)
        raise ValueError(f"There is no exercise {name!r}. The exercises are: {known}.")
    return exercises[name]
