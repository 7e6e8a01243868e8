"""The table that Canvas or Moodle exports: whose line is whose, which column is which lesson's.

Canvas reads its own gradebook export back. Moodle reads its grade export, and of an assignment
its grading worksheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnncourse.classroom.tables import FORMULA
from cnncourse.folder import CourseError
from cnncourse.intake.zip_collect import plain

CANVAS, MOODLE, WORKSHEET = "Canvas gradebook", "Moodle grades", "Moodle grading worksheet"
# kind -> the columns that make a table one of this kind.
KINDS = {
    CANVAS: {"ID", "Section"},
    WORKSHEET: {"Identifier", "Grade", "Last modified (grade)"},
    MOODLE: {"Email address"},
}
# kind -> the columns in which a student's id, login or address may stand.
KEYS = {
    CANVAS: ("ID", "SIS User ID", "SIS Login ID", "Integration ID"),
    WORKSHEET: ("Identifier", "Email address", "Username", "ID number"),
    MOODLE: ("Email address", "Username", "ID number"),
}
# Columns of Moodle that are no points.
NO_POINTS = re.compile(r"\((Feedback|Percentage|Letter)\)$")
HIDDEN = "Participant "
EMPTY = ("", "-")
# "02-convolution" in "Homework 02-convolution (4711)", not in "102-convolutions".
WHOLE = r"(?<![\w-]){}(?![\w-])"


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them; lms and email are "" where it does not."""

    id: str
    lms: str = ""
    email: str = ""


@dataclass(frozen=True)
class Roster:
    """A table that was exported, to be filled in.

    header: its columns. rows: all lines below, those included that are nobody's.
    """

    kind: str
    header: Sequence[str]
    rows: list[list[str]]
    separator: str
    bom: bool

    def column(self, name: str) -> int:
        return list(self.header).index(name)

    def cell(self, row: Sequence[str], name: str) -> str:
        """What stands in this column; "" where the table has none of this name."""
        return row[self.column(name)].strip() if name in self.header else ""

    def people(self) -> list[list[str]]:
        """The lines that are somebody's."""
        return [row for row in self.rows if not self.is_note(row)]

    def is_note(self, row: Sequence[str]) -> bool:
        """Whether a line is about the columns, as Canvas writes one or two below the header."""
        return self.kind == CANVAS and not self.cell(row, "ID")

    def worth(self, column: str) -> float | None:
        """The most points of a column, where the table tells."""
        if self.kind == CANVAS:
            notes = [row for row in self.rows if "Points Possible" in row[0]]
            return as_number(self.cell(notes[0], column)) if notes else None
        if self.kind == WORKSHEET:
            for name in ("Maximum Grade", "Maximum grade"):
                known = {self.cell(row, name) for row in self.rows} - {""}
                if len(known) == 1:
                    return as_number(known.pop())
        return None

    def column_of(self, lesson: str) -> str:
        """The column that has the lesson's id in its name. CourseError where it is not one."""
        if self.kind == WORKSHEET:
            return "Grade"
        word = re.compile(WHOLE.format(re.escape(lesson)), re.IGNORECASE)
        found = [name for name in self.header if word.search(name) and not NO_POINTS.search(name)]
        if len(found) == 1:
            return found[0]
        say = f"--column {lesson}=NAME says which one it is."
        if found:
            raise CourseError(f"Several columns are for {lesson}: {', '.join(found)}. {say}")
        raise CourseError(
            f"No column has {lesson} in its name. Make an assignment with that name in "
            f"{self.kind.split()[0]} and export again, or {say}"
        )

    def line_of(self, person: Person) -> list[str] | None:
        """Somebody's line; None where there is none, or where it could be more than one."""
        found = [row for row in self.people() if self.is_theirs(row, person)]
        return found[0] if len(found) == 1 else None

    def is_theirs(self, row: Sequence[str], person: Person) -> bool:
        names = {self.cell(row, key).removeprefix(HIDDEN).lower() for key in KEYS[self.kind]}
        lms = person.lms.removeprefix(HIDDEN)
        known = {one.lower() for one in (person.id, lms, person.email) if one}
        return bool((names - {""}) & known) or person.id == self.collected(row)

    def collected(self, row: Sequence[str]) -> str:
        """The id that `nbgrader zip_collect` makes of this line's downloads, "" if unknown."""
        if self.kind == CANVAS:
            name = self.cell(row, "Student") or "".join(
                self.cell(row, part) for part in ("LastName", "FirstName")
            )
            together = re.sub(r"\W", "", name).lower()
            return f"{plain(together)}-{self.cell(row, 'ID')}"
        if self.kind == WORKSHEET:
            number = self.cell(row, "Identifier").removeprefix(HIDDEN)
            name = plain(self.cell(row, "Full name"))
            return f"{name or 'Participant'}-{number}"
        return ""

    def as_text(self) -> str:
        """The table, as it came. A cell that a spreadsheet would run gets an apostrophe."""
        text = io.StringIO()
        table = csv.writer(text, delimiter=self.separator, lineterminator="\r\n")
        table.writerows([[harmless(cell) for cell in row] for row in (self.header, *self.rows)])
        return ("\ufeff" if self.bom else "") + text.getvalue()


def read_roster(path: Path) -> Roster:
    """Read a table. CourseError where there is none, or where it is of another kind."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CourseError(
            f"{path} is no UTF-8 text. Export it as CSV, and open it nowhere."
        ) from None
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    header = [cell.strip() for cell in lines[0]] if lines else []
    kind = next((kind for kind, wanted in KINDS.items() if wanted <= set(header)), None)
    if kind is None:
        raise CourseError(
            f"{path} is no table that Canvas or Moodle exports. Wanted is Canvas's gradebook "
            "export, Moodle's grade export or an assignment's grading worksheet, in English."
        )
    for at, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise CourseError(
                f"{path}: line {at} has {len(line)} cells, but the first {len(header)}."
            )
    return Roster(kind, header, lines[1:], separator, data.startswith(b"\xef\xbb\xbf"))


def as_number(text: str) -> float | None:
    """
    >>> as_number("15.00"), as_number("12,5"), as_number("(read only)")
    (15.0, 12.5, None)
    """
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def harmless(cell: str) -> str:
    """
    >>> harmless("=1+1"), harmless("-"), harmless("-2.5"), harmless("Ada")
    ("'=1+1", '-', '-2.5', 'Ada')
    """
    if cell.startswith(FORMULA) and cell not in EMPTY and as_number(cell) is None:
        return f"'{cell}"
    return cell


def lines_of(roster: Roster, people: Sequence[Person]) -> Mapping[str, list[str]]:
    """student -> their line. CourseError names all who have none, or share one."""
    found = {person.id: roster.line_of(person) for person in people}
    lost = [student for student, line in found.items() if line is None]
    owners: dict[int, list[str]] = {}
    for student, line in found.items():
        if line is not None:
            owners.setdefault(id(line), []).append(student)
    shared = [", ".join(students) for students in owners.values() if len(students) > 1]
    problems = []
    if lost:
        problems.append(f"The table has no line, or several, for: {', '.join(lost)}.")
    problems += [f"These have the same line: {students}." for students in shared]
    if problems:
        raise CourseError(
            " ".join(["Nothing was written.", *problems])
            + f" Tell the gradebook who they are there, by {KEYS[roster.kind][0]}: a file with "
            "the columns id,lms_user_id, and `nbgrader db student import FILE`. Or leave "
            "somebody out: --without."
        )
    return {student: line for student, line in found.items() if line is not None}
