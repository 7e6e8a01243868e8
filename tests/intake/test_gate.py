"""Whatever is handed in, what comes out is the instructor's notebook with answers in it."""

from __future__ import annotations

import copy
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from cnncourse.intake.gate import Intake, take_in, take_in_bytes
from cnncourse.intake.matching import questions

NAME = "convolution.ipynb"
CONV2D = "conv2d-answer"


def answers(notebook: NotebookNode) -> dict[str, str]:
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in questions(notebook)}


def frame(notebook: NotebookNode) -> list:
    """All that students must not change."""
    kept = copy.deepcopy(notebook)
    for cell in questions(kept):
        cell.source = ""
    for cell in kept.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return kept.cells


def find(notebook: NotebookNode, grade_id: str) -> int:
    return next(
        index
        for index, cell in enumerate(notebook.cells)
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def as_bytes(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook, ensure_ascii=False).encode()


# What a student did to the file: name -> (change, word of a warning or ""), all answers intact.
Change = Callable[[NotebookNode], None]


def drop_check(nb):
    del nb.cells[find(nb, "conv2d")]


def edit_check(nb):
    nb.cells[find(nb, "conv2d")].source = "100"


def double_check(nb):
    nb.cells.insert(0, copy.deepcopy(nb.cells[find(nb, "conv2d")]))


def double_answer(nb):
    nb.cells.insert(0, copy.deepcopy(nb.cells[find(nb, CONV2D)]))


def stub_copy(nb):
    cell = copy.deepcopy(nb.cells[find(nb, CONV2D)])
    cell.source = "def conv2d(x, weight):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    del cell.metadata["nbgrader"]
    cell["id"] = "another"
    nb.cells.append(cell)


def strip_metadata(nb):
    for cell in nb.cells:
        cell.metadata = NotebookNode()
        cell.pop("id", None)


def strip_ids(nb):
    for cell in nb.cells:
        cell.pop("id", None)


def same_ids(nb):
    for cell in nb.cells:
        cell["id"] = "same"


def rename_grade_ids(nb):
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = "x" + cell.metadata.nbgrader.grade_id
        cell.pop("id", None)


def points(nb):
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.points = "lots"


def flags(nb):
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            marks = cell.metadata.nbgrader
            marks.grade, marks.solution = not marks.get("grade"), not marks.get("solution")


def old_schema(nb):
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = 1


def tags(nb):
    for cell in nb.cells:
        cell.metadata.tags = ["skip-execution", "raises-exception"]


def to_markdown(nb):
    nb.cells[find(nb, CONV2D)].cell_type = "markdown"


def to_raw(nb):
    nb.cells[find(nb, CONV2D)].cell_type = "raw"


def reverse(nb):
    nb.cells.reverse()


def scratch(nb):
    nb.cells.insert(3, new_code_cell("1 / 0"))
    nb.cells.append(new_markdown_cell("# My notes"))


def shell(nb):
    nb.cells.insert(3, new_code_cell("!ls\n%matplotlib inline\n?print"))


def draft(nb):
    nb.cells.append(new_code_cell("def conv2d(x, weight):\n    return 'an old draft'"))


def odd_values(nb):
    nb.metadata.kernelspec = {"name": "julia", "display_name": 3}
    nb.nbformat_minor = 99
    nb.cells[0]["source"] = 7
    nb.cells.insert(0, "not a cell")
    nb.cells.append(None)


def lists(nb):
    for cell in nb.cells:
        cell.source = cell.source.splitlines(keepends=True)


CHANGES: dict[str, tuple[Change, str]] = {
    "nothing": (lambda nb: None, ""),
    "check deleted": (drop_check, ""),
    "check edited": (edit_check, ""),
    "check doubled": (double_check, ""),
    "answer doubled": (double_answer, "the last one counts"),
    "stub beside the answer": (stub_copy, "the one in the answer cell counts"),
    "metadata stripped": (strip_metadata, ""),
    "ids missing": (strip_ids, ""),
    "ids all the same": (same_ids, ""),
    "grade ids renamed": (rename_grade_ids, ""),
    "points edited": (points, ""),
    "flags flipped": (flags, ""),
    "old schema": (old_schema, ""),
    "tags": (tags, ""),
    "answer is markdown": (to_markdown, "was taken as code"),
    "answer is raw": (to_raw, "was taken as code"),
    "cells reversed": (reverse, ""),
    "scratch cells": (scratch, ""),
    "shell and magics": (shell, ""),
    "draft elsewhere": (draft, "the one in the answer cell counts"),
    "odd values": (odd_values, ""),
    "sources as lists": (lists, ""),
    "format 5": (lambda nb: nb.update(nbformat=5), "newer format"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_right_answers_keep_every_letter(change: str, master, done) -> None:
    wanted = answers(done)
    alter, word = CHANGES[change]
    alter(done)
    intake = take_in_bytes(as_bytes(done), master)
    assert answers(intake.notebook) == wanted
    assert intake.status == "ready"
    assert word in " ".join(intake.warnings)
    assert bool(word) == bool(intake.warnings), intake.warnings
    assert_ours(intake, master)


def assert_ours(intake: Intake, master: NotebookNode) -> None:
    """Nothing but answers comes from the student, and nbgrader will not stumble."""
    assert frame(intake.notebook) == frame(master)
    nbformat.validate(intake.notebook)
    assert all(isinstance(sentence, str) and sentence for sentence in intake.warnings)


def test_deleted_answer_is_the_stub_again(master, done) -> None:
    del done.cells[find(done, CONV2D)]
    intake = take_in_bytes(as_bytes(done), master)
    assert answers(intake.notebook)[CONV2D] == answers(master)[CONV2D]
    assert any("no answer cell for conv2d" in sentence for sentence in intake.warnings)


def test_split_answer_is_joined(master, done) -> None:
    index = find(done, CONV2D)
    whole = done.cells[index].source
    lines = whole.split("\n")
    second = copy.deepcopy(done.cells[index])
    done.cells[index].source, second.source = "\n".join(lines[:4]), "\n".join(lines[4:])
    done.cells.insert(index + 1, second)
    intake = take_in_bytes(as_bytes(done), master)
    joined = answers(intake.notebook)[CONV2D]
    assert [line for line in joined.split("\n") if line] == [line for line in lines if line]
    assert any("split" in sentence for sentence in intake.warnings)


HELPERS = [
    ("def tidy(x):\n    return x", "tidy", "def conv2d(x):\n    return tidy(x)"),
    ("import math as m", "m", "def conv2d(x):\n    return m.pi * x"),
    ("SCALE = 2", "SCALE", "def conv2d(x):\n    return [SCALE * y for y in x]"),
    ("class Tidy: ...", "Tidy", "def conv2d(x):\n    return Tidy()"),
    ("%time\ntidy = abs", "tidy", "conv2d = lambda x: tidy(x)"),
]


@pytest.mark.parametrize(("helper", "name", "answer"), HELPERS)
def test_helper_in_a_cell_of_its_own_comes_along(helper, name, answer, master, done) -> None:
    done.cells.insert(1, new_code_cell("unneeded = 1"))
    done.cells.insert(1, new_code_cell(helper))
    done.cells[find(done, CONV2D)].source = answer
    intake = take_in_bytes(as_bytes(done), master)
    assert answers(intake.notebook)[CONV2D] == f"{helper}\n\n{answer}"
    assert any(f"needs {name}" in sentence for sentence in intake.warnings)
    assert_ours(intake, master)


def test_helpers_of_helpers_come_along_in_order(master, done) -> None:
    cells = ["def one(x): return two(x)", "import math", "def two(x): return math.pi"]
    done.cells += [new_code_cell(source) for source in cells]
    done.cells[find(done, CONV2D)].source = "def conv2d(x): return one(x)"
    intake = take_in_bytes(as_bytes(done), master)
    expected = "\n\n".join([*cells, "def conv2d(x): return one(x)"])
    assert answers(intake.notebook)[CONV2D] == expected


def old(nb: NotebookNode) -> bytes:
    cells = [{("input" if c.cell_type == "code" else "source"): c.source, "cell_type": c.cell_type,
              "metadata": c.metadata} for c in nb.cells]  # fmt: skip
    return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()


ENCODINGS = {
    "utf-8 with a mark": (lambda text: b"\xef\xbb\xbf" + text.encode(), "UTF-8"),
    "utf-16": (lambda text: text.encode("utf-16"), "UTF-16"),
    "utf-32": (lambda text: text.encode("utf-32"), "UTF-32"),
    "latin-1": (lambda text: text.encode("cp1252", "replace"), "not encoded as UTF-8"),
    "half a character": (lambda text: text.replace("é", "\\ud800").encode(), "Halves"),
    "nul": (lambda text: text.replace("é", "\\u0000").encode(), "code 0"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoding_is_mended(encoding: str, master, done) -> None:
    encode, word = ENCODINGS[encoding]
    done.cells[find(done, CONV2D)].source += "  # é"
    intake = take_in_bytes(encode(json.dumps(done, ensure_ascii=False)), master)
    assert intake.status == "ready"
    assert any(word in sentence for sentence in intake.warnings)
    assert answers(intake.notebook)["output_size-answer"] == answers(done)["output_size-answer"]
    assert_ours(intake, master)


def test_format_3_is_read(master, done) -> None:
    intake = take_in_bytes(old(done), master)
    assert answers(intake.notebook) == answers(done)
    assert "old format" in intake.warnings[0]


def test_cut_off_file_keeps_its_whole_cells(master, done) -> None:
    data = as_bytes(done)
    place = data.index(b"def conv2d_backward")
    intake = take_in_bytes(data[:place], master)
    kept = answers(intake.notebook)
    assert kept[CONV2D] == answers(done)[CONV2D]
    assert kept["conv2d_backward-answer"] == answers(master)["conv2d_backward-answer"]
    assert "cut off" in intake.warnings[0]
    assert_ours(intake, master)


UNREADABLE = {
    "nothing": (b"", "empty"),
    "blanks": (b" \n\0\0", "empty"),
    "a login page": (b"\n<!DOCTYPE html><html>", "web page"),
    "a PDF": (b"%PDF-1.7", "PDF"),
    "an archive": (b"PK\x03\x04rest", "archive"),
    "a picture": (b"\x89PNG\r\n", "picture"),
    "words": (b"def conv2d(): ...", "no valid JSON"),
    "a list": (b"[1, 2]", "not a notebook"),
    "a number": (b"9" * 5000, "no"),
    "no cells": (b'{"nbformat": 4}', "no cells"),
    "cells are words": (b'{"cells": "all"}', "no cells"),
    "deep": (b'{"cells": ' + b"[" * 100_000, "nested"),
    "deep objects": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested"),
    "cut off early": (b'{"cells": [{"cell_type": "code", "sour', "no valid JSON"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_no_notebook_is_named(case: str, master) -> None:
    data, word = UNREADABLE[case]
    intake = take_in_bytes(data, master)
    assert intake.status == "unreadable"
    assert word in intake.reason
    assert answers(intake.notebook) == answers(master)
    assert_ours(intake, master)


@pytest.mark.parametrize("data", [b'{"cells": []}', b'{"cells": [{"source": " "}, 3]}'])
def test_notebook_without_cells_is_empty(data: bytes, master) -> None:
    assert take_in_bytes(data, master).status == "empty"


def test_untouched_notebook_is_ready(master) -> None:
    intake = take_in_bytes(as_bytes(master), master)
    assert (intake.status, intake.warnings) == ("ready", ())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.ipynb").write_text("{}")
    place = tmp_path / "ada" / "02-convolution"
    place.mkdir(parents=True)
    return place


def test_extra_files_are_not_looked_at(folder: Path, master, done) -> None:
    (folder / NAME).write_bytes(as_bytes(done))
    (folder / "numpy.py").write_text("raise SystemExit")
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc/passwd")
    intake = take_in(folder, master, NAME)
    assert (intake.status, answers(intake.notebook)) == ("ready", answers(done))
    assert any("numpy.py" in sentence for sentence in intake.warnings)


@pytest.mark.parametrize(
    "name",
    ["convolution (1).ipynb", "Convolution.ipynb", "ada.IPYNB", "convolution.ipynb.txt",
     "convolution.ipynb.json"],
)  # fmt: skip
def test_renamed_notebook_is_taken(name: str, folder: Path, master, done) -> None:
    (folder / name).write_bytes(as_bytes(done))
    (folder / "other.ipynb").write_text('{"cells": [{"source": "1", "cell_type": "code"}]}')
    intake = take_in(folder, master, NAME)
    assert answers(intake.notebook) == answers(done)
    assert any("was taken for" in sentence for sentence in intake.warnings)


def test_notebook_of_another_lesson_is_not_taken(folder: Path, master) -> None:
    (folder / "pooling.ipynb").write_text('{"cells": [{"source": "1", "cell_type": "code"}]}')
    assert take_in(folder, master, NAME).status == "missing"


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


NOT_FILES: dict[str, Callable[[Path], None]] = {
    "a link": lambda path: path.symlink_to(path.parents[2] / "secret.ipynb"),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a pipe": make_fifo,
    "a folder": lambda path: path.mkdir(),
    "nothing": lambda path: None,
}


@pytest.mark.parametrize("make", NOT_FILES.values(), ids=NOT_FILES)
def test_what_is_no_regular_file_is_not_opened(make, folder: Path, master) -> None:
    make(folder / NAME)
    intake = take_in(folder, master, NAME)
    assert intake.status == "missing"
    assert_ours(intake, master)


def test_folder_that_is_a_link_is_not_followed(folder: Path, master, done) -> None:
    (folder / NAME).write_bytes(as_bytes(done))
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert take_in(link, master, NAME).status == "missing"


def test_zip_that_was_handed_in_is_opened(folder: Path, master, done) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../evil.txt", "x")
        archive.writestr(f"deep/{NAME}", as_bytes(done))
    (folder / "homework.zip").write_bytes(packed.getvalue())
    intake = take_in(folder, master, NAME)
    assert answers(intake.notebook) == answers(done)
    assert not (folder.parents[1] / "evil.txt").exists()


TIMES = {
    "2026-11-01 12:00:00.000000 UTC": "2026-11-01 12:00:00",
    "2026-11-01 13:00:00 +0100": "2026-11-01 12:00:00",
    "tomorrow": None,
    "": None,
    "99999-01-01 00:00:00": None,
    "0001-01-01 00:00:00": None,
    "9" * 100_000: None,
}


@pytest.mark.parametrize("text", TIMES, ids=lambda text: text[:20])
def test_timestamp_is_read_or_left_out(text: str, folder: Path, master, done) -> None:
    (folder / NAME).write_bytes(as_bytes(done))
    (folder / "timestamp.txt").write_text(text)
    intake = take_in(folder, master, NAME)
    shown = None if intake.timestamp is None else f"{intake.timestamp:%Y-%m-%d %H:%M:%S}"
    assert shown == TIMES[text]
    assert intake.status == "ready"
    assert bool(intake.warnings) == (shown is None)


def test_fingerprint_changes_with_what_was_handed_in(folder: Path, master, done) -> None:
    (folder / NAME).write_bytes(as_bytes(done))
    first = take_in(folder, master, NAME).fingerprint
    assert take_in(folder, master, NAME).fingerprint == first
    (folder / "timestamp.txt").write_text("2026-11-01 12:00:00 UTC")
    second = take_in(folder, master, NAME).fingerprint
    done.cells[0].source = "changed"
    (folder / NAME).write_bytes(as_bytes(done))
    assert len({first, second, take_in(folder, master, NAME).fingerprint}) == 3


keys = st.sampled_from(
    ["cells", "cell_type", "source", "metadata", "nbgrader", "grade_id", "solution", "id", "input"]
)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from(["conv2d-answer", "code", "def conv2d(): tidy()", "tidy = 1", "%%bash"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)  # fmt: skip
quiet = settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@quiet
@given(cells=st.lists(trees, max_size=5))
def test_any_tree_gives_the_instructors_notebook(cells, master) -> None:
    data = json.dumps({"cells": cells}).encode()
    assert_ours(take_in_bytes(data, master), master)


@quiet
@given(data=st.binary(max_size=200))
def test_any_bytes_give_the_instructors_notebook(data, master) -> None:
    assert_ours(take_in_bytes(data, master), master)


@quiet
@given(place=st.integers(0, 10**9), junk=st.binary(min_size=1, max_size=4))
def test_any_damage_gives_the_instructors_notebook(place, junk, master, done) -> None:
    data = as_bytes(done)
    place %= len(data)
    assert_ours(take_in_bytes(data[:place] + junk + data[place + len(junk) :], master), master)
