"""What the course holds: lessons, exercises, points."""

from __future__ import annotations

from collections.abc import Sequence

from cnncourse.course import Lesson
from cnncourse.grading.contract import Exercise, Explanation


def as_list(lessons: Sequence[Lesson]) -> str:
    """Each lesson with its exercises, their points, minutes and difficulty."""
    lines = []
    for lesson in lessons:
        count = f"{len(lesson.exercises)} exercises"
        if lesson.explanations:
            count += f" and {len(lesson.explanations)} explanations"
        lines.append(f"{lesson.id}: {count}, {lesson.points} points")
        lines += [line(exercise) for exercise in lesson.exercises]
        lines += [f"{line(one)}, graded by a person" for one in lesson.explanations]
    return "\n".join(lines)


def line(one: Exercise | Explanation) -> str:
    return f"  {one.name:<24}{one.points:>2} points {one.minutes:>4} minutes  {one.difficulty}"
