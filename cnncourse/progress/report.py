"""A learner's progress through all lessons, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnncourse.course import LESSONS, Lesson
from cnncourse.progress.finding import FoundNotebook, called, find_notebooks
from cnncourse.progress.standing import Standing, standing, standing_of_text

MOST_NOTES = 8


@dataclass(frozen=True)
class LessonProgress:
    """One lesson.

    path: the notebook that counts, or None. exercises: checked automatically.
    texts: the explanations, which a person grades.
    """

    lesson: Lesson
    path: Path | None
    exercises: tuple[Standing, ...]
    texts: tuple[Standing, ...]

    @property
    def all(self) -> tuple[Standing, ...]:
        return (*self.exercises, *self.texts)

    @property
    def right(self) -> int:
        return sum(one.done for one in self.exercises)

    @property
    def begun(self) -> int:
        return sum(one.begun for one in self.exercises)

    @property
    def not_begun(self) -> int:
        return len(self.exercises) - self.right - self.begun

    @property
    def written(self) -> int:
        return sum(one.done for one in self.texts)

    @property
    def points(self) -> float:
        """What the checks gave, texts left out."""
        return sum(one.points for one in self.exercises)

    @property
    def worth(self) -> int:
        return sum(one.worth for one in self.exercises)

    @property
    def minutes_left(self) -> int:
        return sum(one.minutes for one in self.all if not one.done)

    @property
    def is_done(self) -> bool:
        return all(one.done for one in self.all)

    @property
    def is_begun(self) -> bool:
        return any(one.done or one.begun for one in self.all)


@dataclass(frozen=True)
class Report:
    """All lessons in order.

    notes: what a person may want to mend. looked_in: where notebooks were looked for.
    """

    lessons: tuple[LessonProgress, ...]
    notes: tuple[str, ...]
    looked_in: tuple[Path, ...]

    @property
    def found_nothing(self) -> bool:
        return all(one.path is None for one in self.lessons)

    @property
    def next(self) -> tuple[LessonProgress, Standing] | None:
        """What to do now: the first exercise that is begun, or else the first that is open."""
        left = [(lesson, one) for lesson in self.lessons for one in lesson.all if not one.done]
        here = [pair for pair in left if pair[1].state != "missing"]
        begun = [pair for pair in left if pair[1].begun]
        return next(iter(begun or here or left), None)

    @property
    def minutes_left(self) -> int:
        return sum(one.minutes_left for one in self.lessons)


def report_on(named: Sequence[Path] = ()) -> Report:
    """The progress in the notebooks of these folders or files, or where they usually are.

    CourseError where a name leads nowhere.
    """
    findings = find_notebooks(named)
    notes = findings.notes[:MOST_NOTES]
    if len(findings.notes) > MOST_NOTES:
        notes.append(f"{len(findings.notes) - MOST_NOTES} more could not be read.")
    lessons = []
    for lesson in LESSONS:
        found = [one for one in findings.notebooks if one.lesson == lesson]
        ways = [(one, progress_in(lesson, one)) for one in found]
        chosen = max(ways, key=how_far, default=None)
        if chosen and len(found) > 1 and chosen[1].is_begun:
            others = few([called(one.path) for one in found if one is not chosen[0]])
            notes.append(
                f"There are {len(found)} notebooks of {lesson.id}. {called(chosen[0].path)} is "
                f"furthest and counts. Not counted: {others}."
            )
        lessons.append(chosen[1] if chosen else progress_in(lesson, None))
    return Report(tuple(lessons), tuple(notes), tuple(findings.looked_in))


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of them, and how many more there are.

    >>> few(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def progress_in(lesson: Lesson, found: FoundNotebook | None) -> LessonProgress:
    notebook = found.notebook if found else None
    return LessonProgress(
        lesson,
        found.path if found else None,
        tuple(standing(one, notebook) for one in lesson.exercises),
        tuple(standing_of_text(one, notebook) for one in lesson.explanations),
    )


def how_far(way: tuple[FoundNotebook, LessonProgress]) -> tuple[float, ...]:
    """More of this is further; of equals, the one that was saved last."""
    found, progress = way
    done = progress.right + progress.written
    return progress.points, done, progress.begun, found.saved_at
