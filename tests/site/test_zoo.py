"""The page of wrong answers, against the lessons and the tests that it speaks of."""

from __future__ import annotations

import html
import importlib.util
import re
from pathlib import Path

import pytest

from cnncourse.course import LESSONS
from cnncourse.experiments.run import results_of

ROOT = Path(__file__).parents[2]
EXERCISES = [exercise for lesson in LESSONS for exercise in lesson.exercises]
TIMES = results_of("check_times")["exercises"]


def test_measured_times_belong_to_exercises() -> None:
    names = {exercise.name for exercise in EXERCISES}
    assert set(TIMES) <= names
    # A new exercise has none before the experiment is run again, and its box says so much less.
    assert len(TIMES) > 0.9 * len(names)
    for name, times in TIMES.items():
        assert times["right"] > 0 < times["wrong"], name
        assert times["right_checks"] > 0 < times["wrong_checks"], name


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_box_says_what_the_exercise_is_made_of(part, exercise) -> None:
    zoo = part("zoo")
    text = zoo.box(exercise, zoo.facts(exercise, TIMES.get(exercise.name), 3))
    assert f"{len(exercise.misconceptions)} wrong answers to" in text
    assert text.count("<li>") == len(exercise.misconceptions)
    assert re.search(rf"\b{len(exercise.cases)} cases?\b", text)
    assert ("an independent oracle" in text) == (exercise.oracle is not None)
    assert "3 right answers in other styles" in text
    plain = html.unescape(re.sub(r"</?code>", "`", text))
    for wrong in exercise.misconceptions:
        assert f"{wrong.name.replace('_', ' ')}</strong>: {wrong.say}</li>" in plain
    # What gives the exercise away is folded.
    assert text.index("<details>") < text.index("<li>")


def test_what_nobody_counts_is_not_said(part) -> None:
    zoo = part("zoo")
    said = ", ".join(zoo.facts(EXERCISES[0], None, 0))
    assert "styles" not in said
    assert "for a right answer" not in said


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_other_right_answers_are_as_many_as_the_tests_try(part, lesson) -> None:
    path = ROOT / "tests" / "lessons" / f"test_{lesson.slug}_right_answers.py"
    spec = importlib.util.spec_from_file_location(f"right_answers_{lesson.slug}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tables = [vars(module)[name] for name in part("zoo").TABLES if name in vars(module)]
    tried = {name: len(answers) for table in tables for name, answers in table.items()}
    assert part("zoo").other_right_answers(ROOT, lesson) == tried


def test_page_has_every_exercise_and_the_sums(site) -> None:
    page = (site / "book" / "zoo.html").read_text()
    counts = re.findall(r"<summary>(\d+) wrong answers to <code>(\w+)</code>", page)
    assert [(name, int(count)) for count, name in counts] == [
        (exercise.name, len(exercise.misconceptions)) for exercise in EXERCISES
    ]
    assert f"{len(EXERCISES)} exercises have a grader" in page
    assert f"{sum(int(count) for count, _ in counts)} wrong answers are recognised" in page
    assert f"{sum(len(one.cases) for one in EXERCISES)} cases are put" in page
