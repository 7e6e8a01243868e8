"""One hostile or unlucky submission, and what has to come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

NAME = "convolution.ipynb"
Change = Callable[[NotebookNode], None]
Build = Callable[[Path, NotebookNode], None]

RIGHT = """def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
    {before}
    if x.shape[1] != weight.shape[1]:
        raise ValueError("channels")
    if bias is not None and len(bias) != len(weight):
        raise ValueError("bias")
    two = lambda size: size if isinstance(size, tuple) else (size, size)
    (sh, sw), (ph, pw), (dh, dw) = two(stride), two(padding), two(dilation)
    kh, kw = weight.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    high = padded.shape[2] - dh * (kh - 1)
    wide = padded.shape[3] - dw * (kw - 1)
    if min(high, wide) < 1:
        raise ValueError("too small")
    out = 0
    for i in range(kh):
        for j in range(kw):
            part = padded[:, :, i * dh : i * dh + high : sh, j * dw : j * dw + wide : sw]
            out = out + torch.einsum("nchw,fc->nfhw", part, weight[:, :, i, j])
    if bias is not None:
        out = out + bias[:, None, None]
    {after}
    return out
"""
WRONG = "def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):\n    {}"


@dataclass(frozen=True)
class Hostile:
    """A submission in which all is right, but for what the case is about.

    build: writes it into the student's folder. points: of the exercises that do not get all.
    says: a word that the record must have somewhere.
    """

    name: str
    story: str
    build: Build
    status: str = "graded"
    points: Mapping[str, float] = field(default_factory=dict)
    says: str = ""


def find(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """The cell of that name."""
    return next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def changed(change: Change) -> Build:
    """The notebook, after a change."""

    def build(folder: Path, notebook: NotebookNode) -> None:
        change(notebook)
        nbformat.write(notebook, folder / NAME)

    return build


def answer(source: str, exercise: str = "conv2d") -> Build:
    """The notebook, with another answer to one exercise."""
    return changed(lambda nb: find(nb, f"{exercise}-answer").update(source=source))


def wrong(body: str, before: str = "") -> Build:
    """The notebook with a function of this body for conv2d, and code before it in its cell."""
    return answer(f"{before}\n{WRONG.format(body)}")


def right(before: str = "pass", after: str = "pass", cell: str = "") -> Build:
    """The notebook with a right conv2d that does more than it should."""
    return answer(RIGHT.format(before=before, after=after) + cell)


def extra(source: str) -> Build:
    """The notebook with one more cell at its beginning."""
    return changed(lambda nb: nb.cells.insert(0, new_code_cell(source)))


def nothing_for(*exercises: str) -> dict[str, float]:
    return dict.fromkeys(exercises or ("conv2d",), 0.0)
