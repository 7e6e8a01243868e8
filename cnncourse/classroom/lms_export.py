"""`cnncourse export`: put the gradebook's points into the table that Canvas or Moodle exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry

from cnncourse.classroom.course_settings import CourseSettings
from cnncourse.classroom.export import final_score, ungraded
from cnncourse.classroom.roster import (
    CANVAS,
    EMPTY,
    WORKSHEET,
    Person,
    Roster,
    as_number,
    lines_of,
    read_roster,
)
from cnncourse.folder import CourseError
from cnncourse.judge.records import write_whole

DIGITS = 2  # what Canvas and Moodle keep


@dataclass(frozen=True)
class Wish:
    """What the instructor asked for.

    lessons: ids; none means all that were handed in. columns: lesson -> column, where the name
    does not tell. without: students to leave out. scaled: the column may be worth other points.
    """

    lessons: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    scaled: bool = False


@dataclass
class Filled:
    """What came of one column: the students whose cell was filled in, or left as it was."""

    lesson: str
    column: str
    graded: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{self.lesson} -> {self.column}: {len(self.graded)} filled in"]
        for students, why in (
            (self.waiting, "waiting for a person"),
            (self.ungraded, "not graded"),
            (self.other, "excused, or not assigned"),
        ):
            if students:
                parts.append(f"{len(students)} left as they were, {why} ({', '.join(students)})")
        return "; ".join(parts)


def fill_in(settings: CourseSettings, path: Path, target: Path, wish: Wish) -> list[Filled]:
    """Write the table at `path`, filled in, to `target`; what came of each column.

    CourseError for what the instructor can put right; then nothing is written.
    """
    if target.resolve() == path.resolve():
        raise CourseError(f"{path} is what the table was exported to. Give another file to --to.")
    roster = read_roster(path)
    with Gradebook(settings.db_url, settings.course_id) as gradebook:
        done = [
            fill_column(roster, gradebook, one, wish) for one in chosen(gradebook, wish, roster)
        ]
    if twice := [one.column for one in done if [o.column for o in done].count(one.column) > 1]:
        raise CourseError(f"Several lessons would go into the column {twice[0]}.")
    write_whole(target, roster.as_text())
    return done


def chosen(gradebook: Gradebook, wish: Wish, roster: Roster) -> list[Assignment]:
    """The lessons to export. CourseError where there are none, or too many for the table."""
    handed_in = [one for one in gradebook.assignments if one.num_submissions]
    known = {one.name for one in handed_in}
    if missing := [lesson for lesson in wish.lessons if lesson not in known]:
        raise CourseError(f"The gradebook has no grades for {', '.join(missing)}.")
    found = [one for one in handed_in if not wish.lessons or one.name in wish.lessons]
    if not found:
        raise CourseError("The gradebook has no grades yet. Run `cnncourse grade` first.")
    if roster.kind == WORKSHEET and len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise CourseError(f"A grading worksheet is for one assignment. Name one of: {names}.")
    return found


def fill_column(roster: Roster, gradebook: Gradebook, assignment: Assignment, wish: Wish) -> Filled:
    """Put one lesson's points into its column."""
    column = wish.columns.get(assignment.name) or roster.column_of(assignment.name)
    if column not in roster.header:
        raise CourseError(f"The table has no column {column!r}.")
    factor = factor_of(roster, column, assignment, wish.scaled)
    students = [one for one in gradebook.students if one.id not in wish.without]
    submissions = {}
    for student in students:
        try:
            submissions[student.id] = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            continue
    people = [
        Person(one.id, one.lms_user_id or "", one.email or "")
        for one in students
        if one.id in submissions
    ]
    at, done = roster.column(column), Filled(assignment.name, column)
    for student, line in lines_of(roster, people).items():
        submission = submissions[student]
        if ungraded(submission):
            done.ungraded.append(student)
        elif submission.needs_manual_grade:
            done.waiting.append(student)
        elif line[at].strip() not in EMPTY and as_number(line[at].strip()) is None:
            done.other.append(student)
        else:
            line[at] = f"{final_score(submission) * factor:.{DIGITS}f}"
            done.graded.append(student)
    return done


def factor_of(roster: Roster, column: str, assignment: Assignment, scaled: bool) -> float:
    """By what to multiply. CourseError where the points differ and nobody said that they may."""
    worth, ours = roster.worth(column), float(assignment.max_score)
    if worth is None:
        notes = [row for row in roster.rows if roster.is_note(row)]
        if roster.kind == CANVAS and any("read only" in roster.cell(row, column) for row in notes):
            raise CourseError(f"Canvas computes the column {column!r} by itself.")
        return 1.0
    if worth == ours:
        return 1.0
    if scaled and worth > 0 and ours > 0:
        return worth / ours
    raise CourseError(
        f"{assignment.name} is worth {ours:g} points, but {column!r} is worth {worth:g}. "
        "Change the points there and export again, or let --scale convert them."
    )
