"""Files that are damaged, misplaced or no notebooks at all, through the whole pipeline."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
from hostile.case import NAME, Hostile, nothing_for
from hostile.forging import ALL
from nbformat import NotebookNode

NONE = nothing_for(*ALL)


def raw(data: bytes):
    return lambda folder, notebook: (folder / NAME).write_bytes(data)


def encoded(encoding: str, mark: bytes = b""):
    def build(folder: Path, notebook: NotebookNode) -> None:
        (folder / NAME).write_bytes(mark + nbformat.writes(notebook).encode(encoding))

    return build


def cut_off(folder: Path, notebook: NotebookNode) -> None:
    text = nbformat.writes(notebook)
    (folder / NAME).write_text(text[: text.index("def conv2d_backward")])


def with_files(folder: Path, notebook: NotebookNode) -> None:
    nbformat.write(notebook, folder / NAME)
    os.mkfifo(folder / "pipe")
    (folder / "notes.txt").symlink_to("/etc/passwd")
    for name in ("numpy.py", "torch.py", "cnncourse.py", "sitecustomize.py"):
        (folder / name).write_text("raise SystemExit('CANARY')")
    (folder / "timestamp.txt").write_text("the day before yesterday")


def renamed(folder: Path, notebook: NotebookNode) -> None:
    nbformat.write(notebook, folder / "convolution (1).ipynb")


def stripped(folder: Path, notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        cell.pop("id", None)
    (folder / NAME).write_text(json.dumps(notebook))


def doubled(folder: Path, notebook: NotebookNode) -> None:
    cells = [dict(cell) for cell in notebook.cells]
    (folder / NAME).write_text(json.dumps({**notebook, "cells": [*cells, *cells]}))


def linked(folder: Path, notebook: NotebookNode) -> None:
    (folder / NAME).symlink_to(folder.parents[2] / "solutions/02-convolution/convolution.ipynb")


STRUCTURE = (
    Hostile("empty-file", "no byte", raw(b""), "unreadable", NONE, "empty"),
    Hostile("login-page", "HTML", raw(b"<!doctype html>"), "unreadable", NONE, "web page"),
    Hostile("deep", "nested", raw(b'{"cells":' + b"[" * 99_999), "unreadable", NONE, "nested"),
    Hostile("digits", "one number", raw(b"9" * 99_999), "unreadable", NONE),
    Hostile("no-cells", "an empty notebook", raw(b'{"cells": [], "nbformat": 4}'), "empty", NONE),
    Hostile("pipe", "a FIFO", lambda folder, nb: os.mkfifo(folder / NAME), "missing", NONE),
    Hostile("folder", "a folder", lambda folder, nb: (folder / NAME).mkdir(), "missing", NONE),
    Hostile("link", "a link to the solution", linked, "missing", NONE),
    Hostile("nothing-there", "an empty folder", lambda folder, nb: None, "missing", NONE),
    Hostile("cut-off", "half a file", cut_off, points=nothing_for("conv2d_backward"), says="cut"),
    Hostile("mark", "UTF-8 with a mark", encoded("utf-8", b"\xef\xbb\xbf"), says="UTF-8"),
    Hostile("wide", "UTF-16", encoded("utf-16"), says="UTF-16"),
    Hostile("files", "files beside it", with_files, says="numpy.py"),
    Hostile("renamed", "downloaded twice", renamed, says="was taken for"),
    Hostile("stripped", "no metadata", stripped),
    Hostile("doubled", "every cell twice", doubled, says="the last one counts"),
)
