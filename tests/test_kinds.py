"""Each exercise is of a kind, and has a difficulty that suits its place."""

from __future__ import annotations

import inspect

import pytest

from cnncourse.course import LESSONS, Lesson
from cnncourse.grading.contract import DIFFICULTIES
from cnncourse.kinds import KINDS, kind_of
from cnncourse.listing import as_list

TASKS = [one for lesson in LESSONS for one in lesson.tasks]
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_exercise_has_a_kind_and_a_difficulty(task) -> None:
    assert task.difficulty in DIFFICULTIES
    kind = kind_of(task)
    assert kind in KINDS
    assert (kind == "explanation") == (not hasattr(task, "reference"))
    if kind in ("function", "prediction"):
        # These are called as they are; layers and networks are built first.
        assert inspect.isfunction(task.reference)


def test_all_kinds_and_difficulties_occur() -> None:
    assert {kind_of(task) for task in TASKS} == set(KINDS)
    assert {task.difficulty for task in TASKS} == set(DIFFICULTIES)


@each_lesson
def test_lesson_begins_with_no_challenge_and_is_not_all_alike(lesson: Lesson) -> None:
    difficulties = [task.difficulty for task in lesson.tasks]
    assert difficulties[0] != "challenge"
    assert len(lesson.tasks) == 1 or len(set(difficulties)) > 1


def test_harder_exercises_take_longer_and_earn_more() -> None:
    for what in ("minutes", "points"):
        means = []
        for difficulty in DIFFICULTIES:
            values = [getattr(task, what) for task in TASKS if task.difficulty == difficulty]
            means.append(sum(values) / len(values))
        assert means == sorted(means)
        assert means[0] < means[-1]


def test_list_says_the_difficulty() -> None:
    lines = as_list(LESSONS).splitlines()
    for task in TASKS:
        [line] = [line for line in lines if line.split()[0] == task.name]
        assert task.difficulty in line
