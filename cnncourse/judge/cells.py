"""The code cells of a poured notebook, and what becomes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbformat import NotebookNode

from cnncourse.grading import messages
from cnncourse.judge.marks import Reason
from cnncourse.judge.outputs import Shown

ANSWER = "-answer"
# The notebooks' mark for examples, which no answer needs.
EXAMPLE = "raises-exception"
# What these show is not kept, because it could act in the browser of whoever looks at it.
DEMO = "demo"
LINE = re.compile(r"\bline (\d+)")


@dataclass
class Cell:
    """A cell that the kernel runs.

    answers: the exercise whose answer cell it is, or "".
    needed: answers may lean on it; examples are run only for what they show.
    trouble, detail: how it ended badly, if it did. dropped: not to be run again.
    """

    node: NotebookNode
    answers: str
    needed: bool
    trouble: Reason = ""
    detail: str = ""
    shown: Shown | None = None
    dropped: bool = False

    def drop(self, trouble: Reason, detail: str) -> None:
        self.trouble, self.detail, self.dropped = trouble, detail, True

    @property
    def stopped(self) -> str:
        """The error that it stopped with, in a sentence, or ""."""
        for output in self.shown.outputs if self.shown else ():
            if output.output_type == "error":
                found = LINE.search("\n".join(output.traceback))
                words = f"{output.ename}: {output.evalue}" if output.evalue else output.ename
                return messages.cell_stopped(words, f"line {found[1]}" if found else "")
        return ""


def code_cells(notebook: NotebookNode) -> list[Cell]:
    """The cells to run, in order. Grade cells never are."""
    found = []
    for node in notebook.cells:
        marks = node.metadata.get("nbgrader", {})
        automatic = marks.get("grade") and not marks.get("solution")
        if node.cell_type != "code" or automatic or not node.source.strip():
            continue
        answers = marks.get("grade_id", "") if marks.get("solution") else ""
        tags = node.metadata.get("tags", [])
        if DEMO in tags:
            continue
        found.append(Cell(node, answers.removesuffix(ANSWER), EXAMPLE not in tags))
    return found
