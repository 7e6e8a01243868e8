"""A stranger who teaches: from a download of the LMS to grades, feedback, and a person's word."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

from formgrader_server import ask, formgrader
from pipeline_course import Course, copy_course
from playwright.sync_api import Browser, Page, expect

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("12-checklist")
SOLVED = ROOT / LESSON.solution.with_suffix(".ipynb")
BY_CHECKS = sum(exercise.points for exercise in LESSON.exercises)
TEXTS = [text.name for text in LESSON.explanations]
COMMENT = "Well argued. Which number of the report says so?"
CANVAS = f"""Student,ID,SIS Login ID,Section,{LESSON.id} (4711)
    Points Possible,,,,{LESSON.points}.00
"Lovelace, Ada",1,lovelaceada-1,Part 1,
"Hopper, Grace",2,hoppergrace-2,Part 1,
"""


def test_from_a_download_to_grades_and_feedback(browser: Browser, tmp_path: Path) -> None:
    course = Course(copy_course(tmp_path))
    download(course.folder)
    do(course, "nbgrader", "zip_collect", LESSON.id)
    do(course, "cnncourse.cli", "grade", LESSON.id)
    page = browser.new_page()
    with formgrader(course.folder) as address:
        grade_the_texts(page, address)
        assert scores(address) == {"hoppergrace-2": 0, "lovelaceada-1": LESSON.points - 1}
    do(course, "nbgrader", "generate_feedback", LESSON.id)
    do(course, "cnncourse.cli", "report", LESSON.id)
    read_the_report(page, course.folder)
    page.close()

    (course.folder / "canvas.csv").write_text(CANVAS)
    do(course, "cnncourse.cli", "export", "canvas.csv", LESSON.id, "--to", "filled.csv")
    with (course.folder / "filled.csv").open(newline="") as file:
        grades = {row["Student"]: row[f"{LESSON.id} (4711)"] for row in csv.DictReader(file)}
    assert grades["Lovelace, Ada"] == f"{LESSON.points - 1}.00"
    assert float(grades["Hopper, Grace"]) == 0


def download(folder: Path) -> None:
    """What Canvas gives out: Ada did all of it, Grace handed in what she was given."""
    archive = folder / "downloaded" / LESSON.id / "archive"
    archive.mkdir(parents=True)
    shutil.copy(SOLVED, archive / "lovelaceada_1_11_checklist.ipynb")
    shutil.copy(ROOT / LESSON.exercise, archive / "hoppergrace_2_12_checklist.ipynb")


def do(course: Course, *command: str) -> None:
    done = course.run(*command)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def grade_the_texts(page: Page, address: str) -> None:
    """Open the one who waits, give all points but one, and say something to the first text."""
    page.goto(f"{address}/formgrader/gradebook/{LESSON.id}/{LESSON.slug}")
    waiting = page.locator("tbody tr").filter(has=page.locator(".needs-manual-grade .glyphicon-ok"))
    expect(waiting).to_have_count(1)
    waiting.get_by_role("link").first.click()
    expect(page.locator(f"input.score#{TEXTS[0]}")).to_be_visible()
    for text in LESSON.explanations:
        box = page.locator(f"input.score#{text.name}")
        expect(box).to_have_value("")
        given = text.points - 1 if text.name == TEXTS[0] else text.points
        with page.expect_response(lambda got: got.request.method == "PUT"):
            box.fill(str(given))
            box.press("Tab")
    comment = page.locator("textarea.comment").first
    with page.expect_response(lambda got: got.request.method == "PUT"):
        comment.fill(COMMENT)
        comment.press("Tab")


def scores(address: str) -> dict[str, float]:
    listed = json.loads(ask(f"{address}/formgrader/api/submissions/{LESSON.id}"))
    return {one["student"]: one["score"] for one in listed}


def read_the_report(page: Page, folder: Path) -> None:
    """The report leads to the feedback, which has the points and the comment."""
    page.goto((folder / "records" / LESSON.id / "report.html").as_uri())
    expect(page.get_by_role("heading", name="Points", exact=True)).to_be_visible()
    page.get_by_role("link", name="lovelaceada-1").first.click()
    expect(page.locator("body")).to_contain_text(COMMENT)
    expect(page.locator("body")).to_contain_text(f"{LESSON.points - 1}.0 / {LESSON.points}.0")
