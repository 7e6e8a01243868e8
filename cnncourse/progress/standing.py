"""Where a learner stands with one exercise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cnncourse.grading.contract import Exercise, Explanation, Verdict
from cnncourse.grading.fingerprint import of_exercise
from cnncourse.progress.check_output import Check
from cnncourse.progress.saved import SavedCell, SavedNotebook

State = Literal[
    "right",
    "wrong",
    "crashed",
    "not allowed",
    "not attempted",
    "unfinished",
    "not checked",
    "changed",
    "older",
    "missing",
    "written",
    "not written",
]
# Done, under way, or still to begin.
DONE = ("right", "written")
BEGUN = ("wrong", "crashed", "not allowed", "unfinished", "not checked", "changed", "older")


@dataclass(frozen=True)
class Standing:
    """What is known of one exercise or explanation.

    worth: its points. points: those that its last check gave, if that still holds.
    say: what there is to say about it, "" if nothing.
    """

    name: str
    worth: int
    minutes: int
    state: State
    points: float = 0.0
    say: str = ""

    @property
    def done(self) -> bool:
        return self.state in DONE

    @property
    def begun(self) -> bool:
        return self.state in BEGUN


def standing(exercise: Exercise, notebook: SavedNotebook | None) -> Standing:
    """How an exercise stands in a notebook; None: there is no notebook of the lesson."""
    state, points, say = state_of(exercise, notebook)
    return Standing(exercise.name, exercise.points, exercise.minutes, state, points, say)


def state_of(exercise: Exercise, notebook: SavedNotebook | None) -> tuple[State, float, str]:
    if notebook is None:
        return "not attempted", 0.0, ""
    if not notebook.holds(exercise.name):
        return "missing", 0.0, ""
    answer, checked = notebook.answer_cell(exercise.name), notebook.check_cell(exercise.name)
    untouched = answer is None or answer.untouched
    unchecked: State = "not attempted" if untouched else "not checked"
    check = checked.check if checked else None
    if check is None:
        error = checked.error if checked and not untouched else ""
        say = f"The check stopped with {error}. Run the answer first, then the check."
        return unchecked, 0.0, say if error else ""
    empty = check.verdict == "not attempted"
    is_older = bool(check.version) and check.version != of_exercise(exercise)
    if is_older or not is_current(check, checked, answer, notebook):
        # What a check said of an empty answer, nobody needs to know any more.
        if empty:
            return unchecked, 0.0, ""
        return ("older" if is_older else "changed"), 0.0, last(check, exercise)
    if empty:
        return ("not attempted" if untouched else "unfinished"), 0.0, ""
    points = min(check.points, float(exercise.points))
    verdict = check.verdict
    if verdict not in get_args(Verdict):
        verdict = "right" if points == exercise.points else "wrong"
    return verdict, points, "" if verdict == "right" else check.say


def is_current(
    check: Check, checked: SavedCell, answer: SavedCell | None, notebook: SavedNotebook
) -> bool:
    """Whether a check has seen what the notebook holds now.

    The cells that it saw must all be there, and the answer's cell, where something is written in
    it, be one of them.
    """
    if not check.cells:
        # The check could not tell what it saw: then an answer that was run after it is another.
        counts = checked.count, answer.count if answer else None
        return None in counts or counts[1] < counts[0]
    written = answer is not None and not answer.untouched
    its_own = not written or answer.fingerprint in check.cells
    return its_own and notebook.code.issuperset(check.cells)


def last(check: Check, exercise: Exercise) -> str:
    """What the check said before."""
    was = "right" if check.verdict == "right" else f"{check.points:g} of {exercise.points}"
    return f"It was {was}. Run its cells and the check again."


def standing_of_text(explanation: Explanation, notebook: SavedNotebook | None) -> Standing:
    """Whether an explanation is written. What it is worth, a person says."""
    cell = notebook.check_cell(explanation.name) if notebook else None
    state: State = "not written"
    if notebook is not None and cell is None:
        state = "missing"
    elif cell is not None and cell.cell.source.strip() and not cell.untouched:
        state = "written"
    return Standing(explanation.name, explanation.points, explanation.minutes, state)
