"""The whole show: make the class, grade it, print the table, say where the feedback lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cnncourse.course import Lesson
from cnncourse.folder import CourseError
from cnncourse.judge.grade_cells import BY_HAND
from cnncourse.sample_class.grade import grade_class, make_class
from cnncourse.sample_class.report import as_table, feedback_page, surprises, write_index
from cnncourse.sample_class.results import Marks, read_marks
from cnncourse.sample_class.submissions import lesson_folder, read_expected


def show_class(course: Path, lessons: Sequence[Lesson], folder: Path) -> None:
    """Grade the sample class of each of these lessons that has one, in `folder`.

    CourseError where a score is not the one in `expected.csv`.
    """
    folder = folder.resolve()
    lessons = [lesson for lesson in lessons if lesson_folder(lesson).is_dir()]
    print(f"Grading the sample class of {len(lessons)} lessons, less than a minute for each.")
    make_class(course, lessons, folder, say=print)
    grade_class(course, lessons, folder, say=print)
    classes, wrong = {}, []
    for lesson in lessons:
        expected = read_expected(lesson)
        graded = read_marks(folder, lesson)
        classes[lesson] = marks = {student: graded[student] for student in expected}
        wrong += surprises(marks, expected)
        print(f"\n{lesson.id}\n\n{as_table(lesson, marks)}\n")
        print(f"What a student gets back: {folder / feedback_page(lesson, first_wrong(marks))}")
    print(f"All of them: {write_index(folder, classes)}")
    if wrong:
        raise CourseError("Not the scores that were expected:\n" + "\n".join(wrong))
    print("Every score is the expected one.")


def first_wrong(marks: Marks) -> str:
    """The first student with something to learn from the feedback."""
    return next(
        student
        for student, row in marks.items()
        if any(mark.word not in ("right", BY_HAND) for mark in row.values())
    )
