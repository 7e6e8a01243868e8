"""What people get to see of a graded class: true, complete, and harmless."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from classroom_fakes import ROOT

from cnncourse.classroom.report_page import as_page
from cnncourse.classroom.summary import STATUSES, as_text, summarise
from cnncourse.classroom.tables import write_grades
from cnncourse.course import find_lesson

LESSON = find_lesson("02-convolution")
EVIL = '<script>alert("x")</script>'


def record(status: str = "graded", reason: str = "", **exercises: tuple) -> dict:
    marks = {
        name: {
            "points": points,
            "of": 4.0,
            "verdict": verdict,
            "misconception": misconception,
            "say": f"It {misconception}. {EVIL}",
            "reason": "",
        }
        for name, (points, verdict, misconception) in exercises.items()
    }
    return {"status": status, "reason": reason, "exercises": marks}


RECORDS = {
    "ada": record(conv2d=(4.0, "right", "")),
    "bob": record(conv2d=(1.0, "wrong", "flips_the_kernel")),
    "cleo": record(conv2d=(0.0, "wrong", "flips_the_kernel")),
    "dan": record(conv2d=(0.0, "not allowed", "")),
    EVIL: record("partly graded", EVIL, conv2d=(0.0, "crashed", "")),
    "=cmd()": record("infrastructure error", "The machine failed."),
}


def test_numbers_add_up() -> None:
    summary = summarise(RECORDS)
    assert summary.statuses == {"graded": 4, "partly graded": 1, "infrastructure error": 1}
    assert summary.totals == (4.0, 1.0, 0.0, 0.0, 0.0)
    assert (summary.average, summary.middle, summary.out_of) == (1.0, 0.0, 4.0)
    [conv2d] = summary.exercises
    assert (conv2d.right, conv2d.mean) == (0.2, 0.25)
    sentence = f"It flips_the_kernel. {EVIL}"
    assert conv2d.misconceptions == (("flips_the_kernel", sentence, 2),)
    assert [student for student, _ in summary.look_at] == ["dan", EVIL, "=cmd()"]


def test_text_has_it_all() -> None:
    text = as_text(LESSON, summarise(RECORDS), ["eve"])
    for words in ("4 graded", "1 known to the gradebook", "flips the kernel (2)", "dan: Library"):
        assert words in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attributes) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]


def test_page_shows_names_and_runs_none() -> None:
    page = as_page(LESSON, summarise(RECORDS), RECORDS, lambda name: f"f/{len(name)}.html")
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.tags
    assert {"svg", "table", "meter"} <= set(tags.tags)
    assert all(link.startswith("f/") for link in tags.links)
    assert "&lt;script&gt;" in page


def test_page_of_an_empty_class_says_so() -> None:
    assert "Nobody has been graded" in as_page(LESSON, summarise({}), {}, lambda _: None)


@pytest.mark.parametrize(
    ("student", "row"),
    [
        ("ada", ["ada", "graded", "4", "4", "4"]),
        ("=cmd()", ["'=cmd()", "infrastructure error", "", "", ""]),
    ],
)
def test_table_of_grades(student: str, row: list[str], tmp_path: Path) -> None:
    path = write_grades(tmp_path / "grades.csv", {"ada": RECORDS["ada"], student: RECORDS[student]})
    with path.open(newline="") as file:
        assert row in list(csv.reader(file))


def test_the_guide_explains_every_part_of_the_page() -> None:
    guide = (ROOT / "book" / "teach" / "grade.md").read_text(encoding="utf-8")
    page = as_page(LESSON, summarise(RECORDS), RECORDS, lambda _: None)
    parts = re.findall(r"<h2>(.*?)</h2>", page)
    assert len(parts) == 4
    for part in parts:
        assert f"\n{part}\n: " in guide
    assert "\nThe numbers on top\n: " in guide
    for status in STATUSES:
        assert status in guide
