"""Does the command say what it does, and what to put right?"""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncourse import cli
from cnncourse.course import LESSONS

ROOT = Path(__file__).parents[2]


def test_list_tells_lessons_exercises_and_points(capsys) -> None:
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for lesson in LESSONS:
        [line] = [line for line in lines if line.startswith(f"{lesson.id}: ")]
        assert line.startswith(f"{lesson.id}: {len(lesson.exercises)} exercises")
        assert line.endswith(f", {lesson.points} points")
        for exercise in lesson.exercises:
            words = [exercise.name, str(exercise.points), "points", str(exercise.minutes)]
            words += ["minutes", exercise.difficulty]
            assert words in [line.split() for line in lines]
        for one in lesson.explanations:
            words = f"{one.name} {one.points} points {one.minutes} minutes {one.difficulty}"
            said = f"{words}, graded by a person"
            assert said in [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["release"], "is not inside the course"),
        (["sample-class"], "is not inside the course"),
        (["new", "04-pooling"], "is not inside the course"),
    ],
)
def test_outside_the_course_it_says_where_to_go(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("cnncourse: ")
    assert sentence in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "pooling"], "An id is like 04-pooling."),
        (["new", "04-Pooling"], "An id is like 04-pooling."),
        (["new", "../04-pooling"], "An id is like 04-pooling."),
        (["new", LESSONS[0].id], "Nothing is written, because these exist"),
        (["sample-class", "--into", "book"], "holds something else"),
    ],
)
def test_impossible_wish_is_refused(
    arguments: list[str], sentence: str, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(arguments) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["grade"], ["release", "99-nothing"]])
def test_wrong_words_end_with_usage(arguments: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: cnncourse" in capsys.readouterr().err


def test_unknown_lesson_is_told_the_known_ones(capsys) -> None:
    with pytest.raises(SystemExit):
        cli.main(["release", "99-nothing"])
    assert f"The lessons are: {LESSONS[0].id}" in capsys.readouterr().err


def test_missing_source_is_named(course) -> None:
    lesson = LESSONS[0]
    (course.folder / lesson.solution).unlink()
    done = course.command("release", lesson.id)
    assert done.returncode == 1
    assert f"{lesson.solution} is missing" in done.stderr


def test_failing_nbgrader_is_shown_with_its_log(course) -> None:
    lesson = LESSONS[0]
    source = course.folder / lesson.solution
    source.write_text(source.read_text().replace("    ### END SOLUTION\n", "", 1))
    done = course.command("release", lesson.id)
    assert done.returncode == 1
    assert "nbgrader generate_assignment failed" in done.stderr
    assert "no end solution statement found" in done.stderr
