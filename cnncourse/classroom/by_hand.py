"""What persons gave by hand, brought into the records: grades.csv and the report tell it, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncourse.classroom.gradebook import Standing
from cnncourse.classroom.summary import NOT_GRADED
from cnncourse.judge.grade_cells import BY_HAND, GRADED_BY_HAND, NOT_ATTEMPTED

TEXT = (BY_HAND, GRADED_BY_HAND, NOT_ATTEMPTED)
SETTLED = ("graded", BY_HAND)


def with_hand_grades(
    record: Mapping[str, Any], standings: Mapping[str, Standing]
) -> dict[str, Any]:
    """A record with the scores that the gradebook has now, and with what waits for a person.

    Where a person gave a score, it counts, as it does for nbgrader. A record without a grade
    stays without one.
    """
    if record["status"] == NOT_GRADED:
        return dict(record)
    exercises = {
        name: with_standing(mark, standings[name]) if name in standings else mark
        for name, mark in record["exercises"].items()
    }
    waiting = [name for name in exercises if name in standings and standings[name].needs_person]
    status = record["status"]
    if status in SETTLED:
        status = BY_HAND if waiting else "graded"
    return {**record, "status": status, "by_hand": waiting, "exercises": exercises}


def with_standing(mark: Mapping[str, Any], standing: Standing) -> dict[str, Any]:
    """One mark of a record, with the score that the gradebook has."""
    if mark["verdict"] not in TEXT:
        return {**mark, "points": mark["points"] if standing.score is None else standing.score}
    if standing.needs_person:
        verdict = BY_HAND
    else:
        verdict = NOT_ATTEMPTED if standing.manual_score is None else GRADED_BY_HAND
    return {**mark, "points": standing.score, "verdict": verdict}
