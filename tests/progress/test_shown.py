"""Does a learner see the truth, on a terminal and in a notebook, and what to do next?"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter
from nbformat import NotebookNode
from progress_data import LESSON, ROOT, cell, released

from cnncourse import cli
from cnncourse.course import LESSONS, find_lesson
from cnncourse.grading.serve import CHANNEL
from cnncourse.progress import progress
from cnncourse.progress.as_html import as_html
from cnncourse.progress.as_text import as_text
from cnncourse.progress.command import progress_text
from cnncourse.progress.report import report_on

CHECKLIST = find_lesson("12-checklist")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Pipe(io.StringIO):
    encoding = "utf-8"


class Terminal(Pipe):
    def isatty(self) -> bool:
        return True


class AsciiPipe(Pipe):
    encoding = "ascii"


@pytest.fixture
def at_work(save: Callable[..., Path], worked: NotebookNode) -> None:
    save(worked)
    checklist = released(CHECKLIST)
    cell(checklist, CHECKLIST.explanations[0].name).source = "Every pixel has a weight of its own."
    save(checklist, CHECKLIST.exercise.as_posix())


def test_command_tells_states_points_time_and_what_is_next(at_work: None, capsys) -> None:
    assert cli.main(["progress"]) == 0
    said = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in said.splitlines()]
    worth = sum(one.points for lesson in LESSONS for one in lesson.exercises)
    many = sum(len(lesson.exercises) for lesson in LESSONS)
    assert lines[0].startswith("4 of")
    assert lines[0].endswith(
        f"of {worth} points, 2 of {many} exercises right, 1 of 6 texts written"
    )
    assert "✓ output_size 2 of 2 right" in lines
    assert "… conv2d 0 of 4 not checked yet" in lines
    assert "○ conv2d_backward 0 of 4 not attempted yet" in lines
    assert "● explain_dense 3 by hand written" in lines
    [row] = [line for line in lines if "02-convolution" in line and line.startswith("…")]
    assert "2 right, 3 begun, 1 not begun" in row
    text = " ".join(said.split())
    assert "This is cross-correlation. True convolution turns the kernel by 180 degrees" in text
    assert f"Next: convolve2d, about 10 minutes, in {LESSON.exercise}." in text
    assert all(len(line) <= 80 for line in said.splitlines())
    assert "\x1b" not in said


def test_lessons_that_stand_alike_take_one_line(save: Callable[..., Path]) -> None:
    save(released(LESSON))
    lines = as_text(report_on()).splitlines()
    assert not any("output_size" in line for line in lines)
    for lesson in LESSONS:
        [line] = [line for line in lines if line.startswith(f"○ {lesson.id} ")]
        assert f"{len(lesson.exercises)} not begun" in line


def test_colours_are_extra(at_work: None, monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    plain = progress_text([], Pipe())
    coloured = progress_text([], Terminal())
    assert "\x1b[32m" in coloured
    assert COLOUR.sub("", coloured) == plain
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as here:
            here.setenv(name, value)
            assert progress_text([], Terminal()) == plain


def test_terminal_that_knows_only_ascii_gets_other_signs(at_work: None) -> None:
    said = progress_text([], AsciiPipe())
    assert said.isascii()
    assert "?" not in said
    assert "+ output_size" in said


def test_command_says_what_to_do_where_nothing_is(save, tmp_path: Path, capsys) -> None:
    assert cli.main(["progress"]) == 1
    said = capsys.readouterr().err
    assert "There is no notebook of the course in this folder" in said
    assert "cnncourse progress FOLDER" in said
    assert cli.main(["progress", "nowhere"]) == 1
    assert "Is the name right?" in capsys.readouterr().err


def test_help_says_where_it_looks(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["progress", "--help"])
    assert stopped.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "if absent, the course's exercises" in said
    assert "nothing in them is run" in said


@pytest.mark.parametrize(
    ("change", "following"),
    [
        # The first that is begun, in the order of the lessons, or else the first that is open.
        ({}, ("01-mlp-scaling", "dense_params")),
        ({"04-pooling": "head_params"}, ("04-pooling", "head_params")),
        ({"04-pooling": "head_params", "08-resnet": "resnet"}, ("04-pooling", "head_params")),
    ],
)
def test_next_is_what_is_begun_or_open(
    change: dict[str, str], following: tuple[str, str], save: Callable[..., Path]
) -> None:
    for lesson in LESSONS:
        notebook = released(lesson)
        if lesson.id in change:
            cell(notebook, f"{change[lesson.id]}-answer").source = "x = 1"
        save(notebook, lesson.exercise.as_posix())
    progress, one = report_on().next
    assert (progress.lesson.id, one.name) == following


def test_next_in_a_lesson_that_is_not_there_says_where_to_get_it(
    save: Callable[..., Path],
) -> None:
    save(released(LESSON))
    said = " ".join(as_text(report_on()).split())
    assert "Next: dense_params" in said
    assert "Its notebook is not here" in said


class Tables(HTMLParser):
    """The cells of all tables, and the tags that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.open += [tag] if tag != "wbr" else []
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_notebook_shows_tables_and_the_text(at_work: None) -> None:
    data, _ = DisplayFormatter().format(progress())
    assert data["text/plain"] == as_text(report_on())
    page = Tables()
    page.feed(data["text/html"])
    assert page.open == []
    assert next(row[:4] for row in page.rows if row[0] == "02-convolution") == [
        "02-convolution",
        "2",
        "3",
        "1",
    ]
    assert ["output_size", "✓ right", "2 of 2", "10"] in page.rows
    assert ["conv2d", "… not checked yet", "0 of 4", "40"] in page.rows
    # One row for each lesson, exercise and text, and one head for each table.
    parts = sum(len(lesson.exercises) + len(lesson.explanations) for lesson in LESSONS)
    assert len(page.rows) == (len(LESSONS) + 1) + (parts + len(LESSONS))


def test_nothing_of_a_notebook_becomes_markup(save: Callable[..., Path], worked) -> None:
    evil = "<script>alert(1)</script>"
    for output in cell(worked, "convolve2d").outputs:
        html = output.data["text/html"]
        output.data["text/html"] = html.replace("This is", "&lt;script&gt;alert(1)&lt;/script&gt;")
    save(worked, f"{evil.replace('/', '')}.ipynb")
    shown = progress()
    assert evil in shown.text.replace("\n", "")
    page = Tables()
    page.feed(shown.html)
    assert "script" not in page.tags


def test_notebook_says_what_to_do_where_nothing_is(save: Callable[..., Path]) -> None:
    shown = progress()
    assert "Save your notebook first" in repr(shown)
    assert 'progress("my folder")' in repr(shown)
    assert "<p>" in shown._repr_html_()


def test_named_folders_count(at_work: None, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "no notebook" in repr(progress())
    assert "✓ output_size" in repr(progress(tmp_path / "exercises"))
    assert "✓ output_size" in repr(progress("../exercises"))


def test_everything_done_is_praised(at_work: None) -> None:
    report = report_on()
    done = tuple(
        replace(
            one,
            exercises=tuple(replace(it, state="right", points=it.worth) for it in one.exercises),
            texts=tuple(replace(it, state="written") for it in one.texts),
        )
        for one in report.lessons
    )
    report = replace(report, lessons=done)
    assert "Everything is done." in as_text(report)
    assert "nothing left" in as_html(report)
    assert report.next is None


def test_while_a_class_is_graded_it_does_nothing() -> None:
    program = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from cnncourse.kernels.kernel_process import NotWhileGraded
sys.meta_path.insert(0, NotWhileGraded())
os.environ[{CHANNEL!r}] = "0"
from cnncourse.progress import progress
print(progress())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "This is answered by your instructor's grader."


def test_learners_need_nothing_that_only_teachers_have(at_work: None) -> None:
    program = """
import sys
for name in ("nbgrader", "jupytext", "nbformat", "nbconvert", "rapidfuzz"):
    sys.modules[name] = None
from cnncourse.progress import progress
print(progress())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "output_size" in done.stdout
    assert "right" in done.stdout
