"""A class to be graded, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from classroom_fakes import LESSON, ROOT, HereAndNow, announce, grade, make_course

from cnncourse.classroom.coordinator import ClassRun, Order, grade_class
from cnncourse.classroom.course_settings import CourseSettings, load_settings

STUDENTS = [f"s{number:02}" for number in range(30)]


@pytest.fixture(scope="session")
def class_of_thirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder whose gradebook knows the lesson."""
    folder = tmp_path_factory.mktemp("thirty")
    make_course(folder, STUDENTS)
    announce(folder)
    return folder


@pytest.fixture
def course(class_of_thirty: Path, tmp_path: Path) -> Path:
    """A copy to be graded."""
    return Path(shutil.copytree(class_of_thirty, tmp_path / "course"))


Run = Callable[..., ClassRun]


def run_class(folder: Path, order: Order = Order(seed=7), workers=None, job=grade) -> ClassRun:  # noqa: B008
    """Grade a course folder with the fake judge."""
    settings: CourseSettings = load_settings(ROOT, folder)
    return grade_class(ROOT, settings, LESSON, order, workers or HereAndNow(), print, grade=job)
