"""Which of the submitted cells answers which question: by id, by what it defines, by likeness."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode
from rapidfuzz import fuzz

from cnncourse.intake.names import functions
from cnncourse.intake.reading import SubmittedCell

# Of 100; below it, two texts have no more in common than any two answers.
ALIKE = 60
LONGEST_COMPARED = 2_000


@dataclass
class Answers:
    """What was found for each question.

    sources: grade_id -> the cells that answer it, in order. extra: cells that answer nothing.
    """

    sources: dict[str, list[SubmittedCell]] = field(default_factory=dict)
    extra: list[SubmittedCell] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def questions(master: NotebookNode) -> list[NotebookNode]:
    """The cells of the master that students fill in."""
    return [cell for cell in master.cells if cell.metadata.get("nbgrader", {}).get("solution")]


def match(master: NotebookNode, cells: Sequence[SubmittedCell]) -> Answers:
    """Find the answer to each question of the master."""
    asked = questions(master)
    answers = Answers()
    by_grade_id = {cell.metadata.nbgrader.grade_id: cell for cell in asked}
    by_id = {cell.id: cell.metadata.nbgrader.grade_id for cell in asked}
    by_name = {
        name: cell.metadata.nbgrader.grade_id
        for cell in asked
        if cell.cell_type == "code"
        for name in functions(cell.source)
    }
    fixed_ids = {cell.id for cell in master.cells} - set(by_id)
    fixed_texts = {cell.source.strip() for cell in master.cells} - {c.source.strip() for c in asked}
    below = texts_below(master)
    left = []
    previous = here = ""
    written_above: dict[str, SubmittedCell] = {}
    for cell in cells:
        text = cell.source.strip()
        if text in fixed_texts or not text:
            previous = ""
            here = below.get(cell.id) or below.get(text, "") if text else here
            continue
        found = whose(cell, by_grade_id, by_id, by_name, previous)
        previous = found or previous
        if found:
            answers.sources.setdefault(found, []).append(cell)
        elif cell.id in fixed_ids and not functions(cell.source):
            previous, here = "", below.get(cell.id, "")
            if here and cell.kind != "code":
                written_above[here] = cell
        elif here and cell.kind != "code":
            answers.sources.setdefault(here, []).append(cell)
        else:
            left.append(cell)
    take_from_above(by_grade_id, written_above, answers)
    place_by_likeness(by_grade_id, left, answers)
    for grade_id, found in answers.sources.items():
        answers.sources[grade_id] = settle(by_grade_id[grade_id], found, answers.warnings)
    return answers


def whose(
    cell: SubmittedCell,
    by_grade_id: dict[str, NotebookNode],
    by_id: dict[str, str],
    by_name: dict[str, str],
    previous: str,
) -> str:
    """The question that a cell answers by what it is called or defines, or ""."""
    named = {by_name[name] for name in functions(cell.source) if name in by_name}
    claimed = cell.grade_id if cell.grade_id in by_grade_id else by_id.get(cell.id, "")
    if claimed and (not named or claimed in named):
        return claimed
    if named:
        # What it defines says more than what it is called: ids get copied with cells.
        return previous if previous in named else min(named)
    return claimed


def texts_below(master: NotebookNode) -> dict[str, str]:
    """Id and text of a fixed cell -> the question right below it that a text answers."""
    found: dict[str, str] = {}
    for above, cell in itertools.pairwise(master.cells):
        asks = cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type != "code"
        if asks and not above.metadata.get("nbgrader", {}).get("solution"):
            found[above.id] = found[above.source.strip()] = cell.metadata.nbgrader.grade_id
    return found


def take_from_above(
    by_grade_id: dict[str, NotebookNode], above: dict[str, SubmittedCell], answers: Answers
) -> None:
    """Where a student wrote into the task itself and nowhere else, that is the answer."""
    for question, cell in above.items():
        stub = by_grade_id[question].source.strip()
        if all(one.source.strip() == stub for one in answers.sources.get(question, [])):
            answers.sources[question] = [cell]
            answers.warnings.append(
                f"The answer for {called(question)} was written into the cell above its own; "
                "that cell was taken."
            )


def place_by_likeness(
    by_grade_id: dict[str, NotebookNode], left: list[SubmittedCell], answers: Answers
) -> None:
    """Give questions without an answer the cell that is most like them, if any is."""
    open_questions = [one for one in by_grade_id if one not in answers.sources]
    pairs = sorted(
        (
            (likeness(by_grade_id[one].source, cell.source), one, index)
            for one in open_questions
            for index, cell in enumerate(left)
            if by_grade_id[one].cell_type == cell.kind
        ),
        reverse=True,
    )
    taken: set[int] = set()
    for score, question, index in pairs:
        if score >= ALIKE and question not in answers.sources and index not in taken:
            answers.sources[question] = [left[index]]
            taken.add(index)
            answers.warnings.append(
                f"The answer cell of {called(question)} had lost its name; one like it was taken."
            )
    answers.extra = [cell for index, cell in enumerate(left) if index not in taken]


def likeness(one: str, other: str) -> float:
    return fuzz.ratio(one[:LONGEST_COMPARED], other[:LONGEST_COMPARED])


def settle(
    question: NotebookNode, found: list[SubmittedCell], warnings: list[str]
) -> list[SubmittedCell]:
    """One answer of several cells: parts of it are joined, of copies the last counts."""
    grade_id = question.metadata.nbgrader.grade_id
    name = called(grade_id)
    written = [cell for cell in found if cell.source.strip() != question.source.strip()]
    if question.cell_type != "code":
        return settle_text(name, found, written, warnings)
    # A draft elsewhere that defines the same does not count against the answer cell itself.
    own = [cell for cell in written if grade_id == cell.grade_id or cell.id == question.id]
    if own and len(own) < len(written):
        warnings.append(f"{name} is defined elsewhere too; the one in the answer cell counts.")
        found, written = [one for one in found if one in own], own
    if not written:
        return found[:1]
    if len(found) > 1 and len(written) == 1:
        warnings.append(
            f"There were {len(found)} answer cells for {name}; the empty ones were left out."
        )
    asked = functions(question.source)
    whole = [cell for cell in written if asked and asked <= functions(cell.source)]
    if len(whole) > 1:
        last = written.index(whole[-1])
        earlier = written.index(whole[-2])
        warnings.append(f"There were {len(whole)} answers for {name}; the last one counts.")
        written = written[earlier + 1 : last + 1] + written[last + 1 :]
    elif not asked and len(written) > 1:
        warnings.append(f"There were {len(written)} answers for {name}; the last one counts.")
        written = written[-1:]
    if len(written) > 1:
        warnings.append(
            f"The answer for {name} was split over {len(written)} cells; they were joined."
        )
    return written


def settle_text(
    name: str, found: list[SubmittedCell], written: list[SubmittedCell], warnings: list[str]
) -> list[SubmittedCell]:
    """A person reads it, so nothing is lost: drafts and parts are joined, copies left out."""
    different = list({cell.source.strip(): cell for cell in written}.values())
    if len(different) > 1:
        warnings.append(
            f"The answer for {name} was split over {len(different)} cells; they were joined."
        )
    return different or found[:1]


def called(grade_id: str) -> str:
    """What students call a question."""
    return grade_id.removesuffix("-answer")
