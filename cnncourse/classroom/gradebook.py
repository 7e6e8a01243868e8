"""Write graded notebooks into nbgrader's gradebook, as its own autograder would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties

from cnncourse.classroom.course_settings import CourseSettings
from cnncourse.course import Lesson


@dataclass(frozen=True)
class Standing:
    """What the gradebook knows of one cell: scores, and whether a person has to look at it."""

    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    needs_person: bool

    @property
    def score(self) -> float | None:
        """As nbgrader counts; None where nobody has given a score."""
        own = self.auto_score if self.manual_score is None else self.manual_score
        return None if own is None else own + (self.extra_credit or 0.0)


class GradebookWriter:
    """One connection for a whole batch; the only writer of it. A context manager."""

    def __init__(self, settings: CourseSettings, lesson: Lesson) -> None:
        self.lesson = lesson
        self.gradebook = Gradebook(settings.db_url, settings.course_id)
        self.late = AssignLatePenalties(parent=settings.app)
        self.late.init_plugin()

    def __enter__(self) -> GradebookWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gradebook.close()

    def knows(self, points: dict[str, float]) -> bool:
        """Whether the gradebook has the lesson with these cells and points."""
        try:
            notebook = self.gradebook.find_notebook(self.lesson.slug, self.lesson.id)
        except MissingEntry:
            return False
        return {cell.name: float(cell.max_score) for cell in notebook.grade_cells} == points

    def students(self) -> list[str]:
        """Everybody that the gradebook knows."""
        return [student.id for student in self.gradebook.students]

    def store(self, student: str, notebook: NotebookNode, timestamp: datetime | None) -> None:
        """Store the scores of a graded notebook; storing them again changes nothing.

        Scores that a person gave are left alone. An explanation that has one stays graded, unless
        `reopen` said that a person should look again.
        """
        submitted = self.submission(student, timestamp)
        grades = {grade.name: grade for grade in submitted.grades}
        comments = {comment.name: comment for comment in submitted.comments}
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if utils.is_grade(cell):
                grade = grades[name]
                grade.auto_score, _ = utils.determine_grade(cell)
                by_hand = grade.manual_score is not None
                if not (by_hand and utils.is_solution(cell)):
                    grade.needs_manual_grade = by_hand or grade.auto_score is None
            if utils.is_solution(cell) or utils.is_task(cell):
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                empty = untouched and not utils.is_task(cell)
                comments[name].auto_comment = "No response." if empty else None
        self.gradebook.db.flush()
        self.penalise(student, submitted)
        self.gradebook.db.commit()

    def reopen(self, student: str, names: Container[str]) -> None:
        """Have a person look again at these explanations: what they gave points for has changed."""
        try:
            submitted = self.gradebook.find_submission_notebook(
                self.lesson.slug, self.lesson.id, student
            )
        except MissingEntry:
            return
        for grade in submitted.grades:
            if grade.name in names and grade.manual_score is not None:
                grade.needs_manual_grade = True
        self.gradebook.db.commit()

    def standings(self) -> dict[str, dict[str, Standing]]:
        """student -> cell -> where it stands, for all submissions of the lesson."""
        rows = (
            self.gradebook.db.query(Grade, BaseCell.name, SubmittedAssignment.student_id)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .filter(Assignment.name == self.lesson.id)
        )
        found: defaultdict[str, dict[str, Standing]] = defaultdict(dict)
        for grade, name, student in rows:
            scores = (grade.auto_score, grade.manual_score)
            found[student][name] = Standing(*scores, grade.extra_credit, grade.needs_manual_grade)
        return dict(found)

    def store_no_grade(self, student: str, timestamp: datetime | None) -> None:
        """Note that somebody handed in and could not be graded: no score, not even zero."""
        submitted = self.submission(student, timestamp)
        texts = {comment.name for comment in submitted.comments}
        for grade in submitted.grades:
            grade.auto_score = None
            # What a person has graded is still graded: nothing is known of another text.
            if grade.manual_score is None or grade.name not in texts:
                grade.needs_manual_grade = True
        submitted.late_submission_penalty = None
        self.gradebook.db.commit()

    def submission(self, student: str, timestamp: datetime | None) -> SubmittedNotebook:
        """The rows of a submission, made where there are none."""
        when = {"timestamp": timestamp} if timestamp else {}
        self.gradebook.update_or_create_student(student)
        self.gradebook.update_or_create_submission(self.lesson.id, student, **when)
        return self.gradebook.find_submission_notebook(self.lesson.slug, self.lesson.id, student)

    def penalise(self, student: str, submitted: SubmittedNotebook) -> None:
        """The late penalty, by the plugin that nbgrader's configuration names."""
        submitted.late_submission_penalty = None
        seconds = submitted.assignment.total_seconds_late
        if seconds > 0:
            score = submitted.score
            penalty = self.late.plugin_inst.late_submission_penalty(student, score, seconds)
            if penalty is not None:
                submitted.late_submission_penalty = max(0.0, min(penalty, score))
