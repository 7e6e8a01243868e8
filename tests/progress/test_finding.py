"""Are a learner's notebooks found wherever they are, and nobody else's?"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from progress_data import LESSON, ROOT, cell, released

from cnncourse.course import LESSONS, find_lesson
from cnncourse.folder import CourseError
from cnncourse.intake.reading import MOST_BYTES
from cnncourse.progress.finding import find_notebooks
from cnncourse.progress.report import Report, report_on

OTHER = find_lesson("04-pooling")


def progress_of(report: Report, lesson=LESSON):
    return next(one for one in report.lessons if one.lesson == lesson)


def found(*named: Path) -> list[str]:
    here = Path.cwd()
    return [
        one.path.resolve().relative_to(here).as_posix() for one in find_notebooks(named).notebooks
    ]


def make_course(folder: Path) -> None:
    (folder / "solutions").mkdir()
    (folder / "nbgrader_config.py").touch()


PLACES = [
    # where the notebook is, where one is, what is found
    ("exercises/02-convolution/convolution.ipynb", ".", True),
    ("exercises/02-convolution/convolution.ipynb", "exercises/02-convolution", True),
    ("02-convolution/convolution.ipynb", ".", True),
    ("Downloads/convolution (1).ipynb", ".", True),
    ("my own name.ipynb", ".", True),
    ("convolution.ipynb.txt", ".", True),
    (".ipynb_checkpoints/convolution-checkpoint.ipynb", ".", False),
    ("exercises/02-convolution/.ipynb_checkpoints/convolution-checkpoint.ipynb", ".", False),
    ("submitted/ada/02-convolution/convolution.ipynb", ".", False),
    ("autograded/ada/02-convolution/convolution.ipynb", ".", False),
    ("solutions/02-convolution/convolution.ipynb", ".", False),
    ("downloaded/02-convolution/archive/convolution.ipynb", ".", False),
    ("convolution.ipynb", "elsewhere", False),
]


@pytest.mark.parametrize(("path", "here", "is_found"), PLACES)
def test_notebooks_are_found_from_where_learners_are(
    path: str, here: str, is_found: bool, save: Callable[..., Path], tmp_path: Path, monkeypatch
) -> None:
    saved = save(released(LESSON), path)
    (tmp_path / here).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / here)
    notebooks = find_notebooks().notebooks
    assert [one.path.resolve() for one in notebooks] == ([saved] if is_found else [])
    assert all(one.lesson == LESSON for one in notebooks)


def test_lessons_beside_a_lessons_folder_are_found(save: Callable[..., Path], monkeypatch) -> None:
    save(released(LESSON), "mine/02-convolution/convolution.ipynb")
    there = save(released(OTHER), "mine/04-pooling/pooling.ipynb")
    save(released(OTHER), "mine/private/pooling.ipynb")
    monkeypatch.chdir(there.parent)
    assert [one.lesson for one in find_notebooks().notebooks] == [LESSON, OTHER]


@pytest.mark.parametrize("here", [".", "exercises/02-convolution", "submitted/ada"])
def test_in_the_course_only_its_exercises_count(
    here: str, save: Callable[..., Path], tmp_path: Path, monkeypatch
) -> None:
    make_course(tmp_path)
    saved = save(released(LESSON))
    for other in ("submitted/ada/02-convolution", "autograded/bob/02-convolution", "mine"):
        save(released(LESSON), f"{other}/convolution.ipynb")
    monkeypatch.chdir(tmp_path / here)
    assert [one.path for one in find_notebooks().notebooks] == [saved]


def test_what_is_named_is_looked_into(save: Callable[..., Path], tmp_path: Path) -> None:
    make_course(tmp_path)
    save(released(LESSON))
    theirs = save(released(LESSON), "submitted/ada/02-convolution/convolution.ipynb")
    assert found(theirs) == ["submitted/ada/02-convolution/convolution.ipynb"]
    assert found(Path("submitted/ada")) == ["submitted/ada/02-convolution/convolution.ipynb"]
    assert found(theirs, theirs, theirs.parent) == [
        "submitted/ada/02-convolution/convolution.ipynb"
    ]


def test_names_that_lead_nowhere_are_an_error(save: Callable[..., Path]) -> None:
    with pytest.raises(CourseError, match="no folder or notebook nowhere"):
        find_notebooks([Path("nowhere")])


def test_every_released_notebook_is_known_by_its_cells(save: Callable[..., Path]) -> None:
    for number, lesson in enumerate(LESSONS):
        save(released(lesson), f"{number}.ipynb")
    notebooks = find_notebooks().notebooks
    assert {one.lesson: one.path.name for one in notebooks} == {
        lesson: f"{number}.ipynb" for number, lesson in enumerate(LESSONS)
    }


def test_other_notebooks_are_passed_over(save: Callable[..., Path]) -> None:
    own = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def conv2d(): pass")])
    saved = save(own, "convolution_of_mine.ipynb")
    findings = find_notebooks()
    assert (findings.notebooks, findings.notes) == ([], [])
    assert "holds no exercise" in find_notebooks([saved]).notes[0]


def test_copy_that_is_furthest_counts(save: Callable[..., Path], worked: NotebookNode) -> None:
    save(released(LESSON), "a/convolution.ipynb")
    furthest = save(worked, "b/convolution (1).ipynb")
    less = released(LESSON)
    cell(less, "conv2d-answer").source = "def conv2d(): pass"
    save(less, "c/Kopie.ipynb")
    report = report_on()
    assert progress_of(report).path.resolve() == furthest
    assert progress_of(report).right == 2
    assert [note for note in report.notes if "3 notebooks of 02-convolution" in note]
    assert "a/convolution.ipynb, c/Kopie.ipynb" in report.notes[0]


def cut_off(data: bytes) -> bytes:
    """As a notebook is that was half saved, after the first two exercises."""
    return data[: data.index(b'"grade_id": "convolve2d-answer"')]


BROKEN = {
    "cut off": (cut_off, "cut off or damaged", True),
    "no JSON": (lambda data: b"nothing " + data[:50], "is no valid JSON", False),
    "empty": (lambda data: b"", "The file is empty.", False),
    "huge": (lambda data: data + b" " * MOST_BYTES, "The file is larger than 32 MB.", False),
    "a page": (lambda data: b"<!doctype html><p>Sign in", "is a web page", False),
    "conflict": (lambda data: b"<<<<<<< HEAD\n" + data, "cut off or damaged", True),
}


@pytest.mark.parametrize(("damage", "why", "is_read"), BROKEN.values(), ids=BROKEN)
def test_broken_notebook_costs_one_line_and_only_itself(
    damage: Callable[[bytes], bytes], why: str, is_read: bool, save: Callable[..., Path], worked
) -> None:
    broken = save(worked)
    broken.write_bytes(damage(broken.read_bytes()))
    save(released(OTHER), OTHER.exercise.as_posix())
    report = report_on()
    [note] = report.notes
    assert note.startswith(LESSON.exercise.as_posix())
    assert why in note
    assert progress_of(report, OTHER).path
    assert progress_of(report).right == (2 if is_read else 0)


def test_broken_files_of_others_are_passed_over(save: Callable[..., Path], tmp_path: Path) -> None:
    save(released(LESSON))
    (tmp_path / "taxes.ipynb").write_bytes(b"{")
    assert report_on().notes == ()
    assert "taxes.ipynb cannot be read" in report_on([tmp_path / "taxes.ipynb"]).notes[0]


def test_folders_and_files_that_cannot_be_opened_cost_a_line(
    save: Callable[..., Path], tmp_path: Path, monkeypatch
) -> None:
    save(released(LESSON), "a/convolution.ipynb")
    save(released(OTHER), "locked/pooling.ipynb")
    save(released(OTHER), "pooling.ipynb")
    # Root may open everything, so permissions alone would show nothing.
    scan, start = os.scandir, Path.open

    def refuse(path: Path, name: str) -> None:
        if Path(os.fspath(path)).name == name:
            raise PermissionError(13, "Permission denied", os.fspath(path))

    monkeypatch.setattr(os, "scandir", lambda path: refuse(path, "locked") or scan(path))
    monkeypatch.setattr(
        Path, "open", lambda path, *mode: refuse(path, "pooling.ipynb") or start(path, *mode)
    )
    report = report_on()
    assert sorted(report.notes) == [
        "locked cannot be opened: Permission denied.",
        "pooling.ipynb cannot be read. Permission denied.",
    ]
    assert progress_of(report).path


def test_what_is_no_file_does_not_stop_it(save: Callable[..., Path], tmp_path: Path) -> None:
    save(released(LESSON))
    os.mkfifo(tmp_path / "convolution.ipynb")
    (tmp_path / "pooling.ipynb").symlink_to("gone")
    (tmp_path / "loop").symlink_to(tmp_path)
    report = report_on()
    assert sorted(report.notes) == [
        "convolution.ipynb cannot be read. It is no regular file.",
        "pooling.ipynb cannot be read. No such file or directory.",
    ]


def test_environments_are_left_out(save: Callable[..., Path], tmp_path: Path) -> None:
    save(released(LESSON), "env/share/convolution.ipynb")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert found() == []


def test_too_many_folders_end_in_a_wish(
    save: Callable[..., Path], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("cnncourse.progress.finding.MOST_FOLDERS", 3)
    for name in "abcd":
        save(released(LESSON), f"{name}/convolution.ipynb")
    findings = find_notebooks()
    assert len(findings.notebooks) < 4
    assert "Name the folder" in findings.notes[0]


def test_nothing_is_changed_or_run(save: Callable[..., Path], tmp_path: Path) -> None:
    notebook = released(LESSON)
    source = f"open({str(tmp_path / 'ran')!r}, 'w').write('1')"
    cell(notebook, "conv2d-answer").source = source
    path = save(notebook)
    before = path.read_bytes()
    report_on()
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["exercises"]


def test_notebook_of_the_course_is_read_as_it_is_released(tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises")
    monkeypatch.chdir(tmp_path)
    report = report_on()
    assert report.notes == ()
    assert not any(one.is_begun for one in report.lessons)
    assert all(one.path for one in report.lessons)
    assert json.loads((tmp_path / LESSON.exercise).read_text())["nbformat"] == 4
