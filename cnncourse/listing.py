"""What the course holds: lessons, exercises, points."""

from __future__ import annotations

from collections.abc import Sequence

from cnncourse.course import Lesson


def as_list(lessons: Sequence[Lesson]) -> str:
    """Each lesson with its exercises, their points and minutes."""
    lines = []
    for lesson in lessons:
        points = sum(exercise.points for exercise in lesson.exercises)
        lines.append(f"{lesson.id}: {len(lesson.exercises)} exercises, {points} points")
        lines += [
            f"  {exercise.name:<24}{exercise.points:>2} points {exercise.minutes:>4} minutes"
            for exercise in lesson.exercises
        ]
    return "\n".join(lines)
