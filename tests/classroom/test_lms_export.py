"""Points go into the tables that Canvas and Moodle export, to the right people, or not at all.

The tables are written as Canvas's and Moodle's own exporters write them.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from classroom_fakes import LESSON, ROOT
from nbgrader.api import Gradebook

from cnncourse.classroom.course_settings import CourseSettings, load_settings
from cnncourse.classroom.lms_export import Wish, fill_in
from cnncourse.folder import CourseError

POINTS = {"ada": 12.345, "lovelaceada-77": 15, "Ada-Lovelace-1001": 3, "zoe@school.edu": 0}
WAITING, UNGRADED, LATE = "Bob-Roe-1002", "mia", "kim"
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Notes,02-convolution (9001),Quiz (9),Total
,,,,,,Manual Posting,,
    Points Possible,,,,,,15.00,10.00,(read only)
"Lovelace, Ada",77,s-1,al77,"Part 1, Part 2",,,9.50,61.00
"Byron, Ada",78,s-2,ada,Part 1,"=HYPERLINK(""x"")",5.00,,
"Ångström, Zoë",79,s-3,zoe@school.edu,Part 1,,,,
"Roe, Bob",80,s-4,bob,Part 1,,,,
"Lee, Mia",81,s-5,mia,Part 1,,4.00,,
"Kim, Kim",82,s-6,KIM,Part 1,,,,
"Out, Excused",83,s-7,out,Part 1,,EX,,
"Student, Test",90,,abc,Part 1,,,,
"""
MOODLE = """"First name",Surname,"ID number",Institution,Department,"Email address",\
"Assignment: 02-convolution (Real)","Assignment: 02-convolution (Feedback)",\
"Course total (Real)","Last downloaded from this course"
Ada,Byron,ada,,,ada@school.edu,-,,-,1764236400
Zoë,Ångström,,,,zoe@school.edu,-,"Well, done",10.00,1764236400
"""
WORKSHEET = """Identifier,"Full name","Email address",Status,Grade,"Maximum Grade",\
"Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 1001","Ada Lovelace",x@y.z,"Submitted for grading - ",,15.00,Yes,"Monday",-,
"Participant 1002","Bob Roe",b@y.z,"Submitted for grading - ",,15.00,Yes,"Monday",-,
"""


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with everybody above."""
    path = tmp_path_factory.mktemp("gradebook") / "grades.db"
    settings = load_settings(ROOT, path.parent, f"sqlite:///{path}")
    with Gradebook(settings.db_url, settings.course_id) as book:
        book.add_assignment(LESSON.id)
        book.add_notebook(LESSON.slug, LESSON.id)
        place = (LESSON.slug, LESSON.id)
        book.add_grade_cell("conv2d", *place, max_score=15, cell_type="code")
        book.add_grade_cell("text", *place, max_score=0, cell_type="markdown")
        for student in (*POINTS, WAITING, UNGRADED, LATE):
            book.add_student(student)
            book.add_submission(LESSON.id, student)
            score = book.find_grade("conv2d", *place, student)
            score.auto_score = None if student == UNGRADED else POINTS.get(student, 8)
            score.needs_manual_grade = False
            book.find_grade("text", *place, student).needs_manual_grade = student == WAITING
        book.find_submission_notebook(*place, LATE).late_submission_penalty = 1.5
        book.db.commit()
    return path


@pytest.fixture
def settings(gradebook: Path, tmp_path: Path) -> CourseSettings:
    """A copy of the gradebook, to be exported."""
    shutil.copy(gradebook, tmp_path)
    return load_settings(ROOT, tmp_path, f"sqlite:///{tmp_path / gradebook.name}")


def table(folder: Path, text: str) -> Path:
    path = folder / "from.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def filled(settings: CourseSettings, text: str, *without: str, **wish) -> tuple[str, list]:
    """What the command says, and the lines that it writes."""
    target = settings.root / "to.csv"
    found = fill_in(settings, table(settings.root, text), target, Wish(without=without, **wish))
    with target.open(encoding="utf-8-sig", newline="") as file:
        return "\n".join(map(str, found)), list(csv.reader(file, delimiter=text_separator(text)))


def text_separator(text: str) -> str:
    return ";" if text.split("\n")[0].count(";") else ","


@pytest.mark.parametrize("separator", [",", ";"])
def test_canvas(settings: CourseSettings, separator: str) -> None:
    lines = list(csv.reader(CANVAS.splitlines()))
    text = "\ufeff" + "\n".join(
        separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) for line in lines
    )
    with Gradebook(settings.db_url, settings.course_id) as book:
        book.update_or_create_student(WAITING, lms_user_id="80")
    said, rows = filled(settings, text, "Ada-Lovelace-1001")
    wanted = [list(line) for line in lines]
    for row, points in ((3, "15.00"), (4, "12.35"), (5, "0.00"), (8, "6.50")):
        wanted[row][6] = points
    wanted[4][5] = "'" + wanted[4][5]
    assert rows == wanted
    assert "02-convolution (9001): 4 filled in" in said
    assert f"1 left as they were, waiting for a person ({WAITING})" in said
    assert f"1 left as they were, not graded ({UNGRADED})" in said
    written = (settings.root / "to.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")


def test_excused_stays_excused(settings: CourseSettings) -> None:
    said, rows = filled(settings, CANVAS.replace(",KIM,Part 1,,,", ",KIM,Part 1,,EX,"),
                        "Ada-Lovelace-1001", WAITING)  # fmt: skip
    assert rows[8][6] == "EX"
    assert f"excused, or not assigned ({LATE})" in said


def test_moodle_grades(settings: CourseSettings) -> None:
    others = ("lovelaceada-77", "Ada-Lovelace-1001", WAITING, UNGRADED, LATE)
    _, rows = filled(settings, MOODLE, *others)
    wanted = list(csv.reader(MOODLE.splitlines()))
    wanted[1][6], wanted[2][6] = "12.35", "0.00"
    assert rows == wanted


def test_moodle_worksheet(settings: CourseSettings) -> None:
    others = ("lovelaceada-77", "ada", "zoe@school.edu", UNGRADED, LATE)
    said, rows = filled(settings, WORKSHEET, *others)
    assert [row[4] for row in rows] == ["Grade", "3.00", ""]
    assert WAITING in said


def test_points_are_converted_when_asked(settings: CourseSettings) -> None:
    others = ("Ada-Lovelace-1001", WAITING)
    _, rows = filled(settings, CANVAS.replace("15.00", "100.00"), *others, scaled=True)
    assert [row[6] for row in rows[3:6]] == ["100.00", "82.30", "0.00"]


EVERYBODY = (*POINTS, WAITING, UNGRADED, LATE)


@pytest.mark.parametrize(
    ("text", "wish", "sentence"),
    [
        (CANVAS, {}, f"no line, or several, for: Ada-Lovelace-1001, {WAITING}."),
        (CANVAS.replace("s-6,KIM", "ada,KIM"), {}, "for: ada, Ada-Lovelace-1001"),
        (CANVAS.replace("77,s-1,al77", "77,s-1,mia"), {}, "several, for: Ada-Lovelace-1001, "),
        (MOODLE.replace(",ada,", ",lovelaceada-77,").replace("ada@school.edu", "ada"),
         {"without": EVERYBODY[2:]}, "same line: ada, lovelaceada-77."),
        (CANVAS.replace("15.00", "100.00"), {}, "is worth 15 points, but"),
        (CANVAS.replace("02-convolution (9001)", "Homework (9001)"), {}, "No column has 02-convol"),
        (CANVAS.replace("Quiz (9)", "02-convolution again (9)"), {}, "Several columns are for"),
        (CANVAS, {"columns": {LESSON.id: "Total"}}, "computes the column 'Total'"),
        (CANVAS, {"columns": {LESSON.id: "Nothing"}}, "has no column 'Nothing'"),
        (CANVAS, {"lessons": ["04-pooling"]}, "has no grades for 04-pooling"),
        (CANVAS + "a,b\n", {}, "line 12 has 2 cells"),
        ("name,points\nada,3\n", {}, "no table that Canvas or Moodle exports"),
        ("", {}, "no table that Canvas or Moodle exports"),
    ],
)  # fmt: skip
def test_doubt_writes_nothing(
    settings: CourseSettings, text: str, wish: dict, sentence: str
) -> None:
    target = settings.root / "to.csv"
    with pytest.raises(CourseError) as error:
        fill_in(settings, table(settings.root, text), target, Wish(**wish))
    assert sentence in str(error.value)
    assert not target.exists()


def test_the_table_itself_is_kept(settings: CourseSettings) -> None:
    path = table(settings.root, CANVAS)
    with pytest.raises(CourseError, match="Give another file"):
        fill_in(settings, path, path, Wish())
    path.write_bytes("Zoë".encode("latin-1"))
    with pytest.raises(CourseError, match="no UTF-8"):
        fill_in(settings, path, settings.root / "to.csv", Wish())
