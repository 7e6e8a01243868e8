"""What judging one exercise came to, and how it is written into cells and records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from cnncourse.grading import messages
from cnncourse.grading.contract import Exercise, Result
from cnncourse.grading.render import as_html
from cnncourse.judge.grade_cells import BY_HAND, NOT_ATTEMPTED, is_untouched

Reason = Literal["", "time", "memory", "processes", "died", "not defined"]
# With these, something may have been lost that a person should look at.
CUT_SHORT = ("time", "memory", "processes", "died")
NOTICE_ID = "cnncourse-notice"


@dataclass(frozen=True)
class Mark:
    """The result of one exercise, and what cut it short."""

    result: Result
    reason: Reason = ""

    def record(self) -> dict[str, Any]:
        """For the structured record of the submission."""
        result = self.result
        return {
            "points": float(repr(result)),
            "of": float(result.points),
            "verdict": result.verdict,
            "misconception": result.misconception,
            "say": result.say,
            "reason": self.reason,
        }


def record_by_hand(cell: NotebookNode) -> dict[str, Any]:
    """For the record: a text that waits for a person, or one that was never written."""
    untouched = is_untouched(cell)
    return {
        "points": 0.0 if untouched else None,
        "of": float(cell.metadata.nbgrader.points),
        "verdict": NOT_ATTEMPTED if untouched else BY_HAND,
        "misconception": "",
        "say": "",
        "reason": "",
    }


def nothing(exercise: Exercise, say: str, reason: Reason) -> Mark:
    """No points, and why."""
    result = Result("crashed", 0.0, None, None, None, say, exercise.name, exercise.points)
    return Mark(result, reason)


def lost(exercise: Exercise, reason: Reason, detail: str = "") -> Mark:
    """No points, because the kernel was lost over it."""
    name = exercise.name
    say = {
        "time": messages.out_of_time(name),
        "memory": messages.out_of_memory(name),
        "processes": messages.too_many_processes(name),
    }.get(reason)
    return nothing(exercise, say or messages.ended_its_process(name, detail), reason)


def worth(mark: Mark, points: float) -> Mark:
    """The same for a cell that is worth this many points: the notebook's word counts."""
    return replace(mark, result=replace(mark.result, points=points))


def write_mark(cell: NotebookNode, mark: Mark) -> None:
    """The outputs of a grade cell: points for nbgrader, the table for people."""
    data = {"text/plain": repr(mark.result), "text/html": as_html(mark.result)}
    cell.outputs = [new_output("execute_result", data=data, execution_count=None)]
    cell.execution_count = None


def write_notice(notebook: NotebookNode, sentences: list[str]) -> None:
    """Tell the student, above everything else, what was noticed and mended."""
    cells = [cell for cell in notebook.cells if cell.get("id") != NOTICE_ID]
    if sentences:
        lines = "\n".join(f"- {escaped(sentence)}" for sentence in sentences)
        text = f"**What was noticed when this was graded**\n\n{lines}"
        cells.insert(0, new_markdown_cell(text, id=NOTICE_ID))
    notebook.cells = cells


def escaped(sentence: str) -> str:
    """Words as they are: file names and the like may hold Markdown or HTML."""
    letters = (f"&#{ord(one)};" if one in r"\`*_{}[]()<>#+!|~$&" else one for one in sentence)
    return "".join(letters).replace("\n", " ")
