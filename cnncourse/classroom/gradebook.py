"""Write graded notebooks into nbgrader's gradebook, as its own autograder would."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties

from cnncourse.classroom.course_settings import CourseSettings
from cnncourse.course import Lesson


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

        Scores that a person gave are left alone.
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
                grade.needs_manual_grade = by_hand or grade.auto_score is None
            if utils.is_solution(cell) or utils.is_task(cell):
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                empty = untouched and not utils.is_task(cell)
                comments[name].auto_comment = "No response." if empty else None
        self.gradebook.db.flush()
        self.penalise(student, submitted)
        self.gradebook.db.commit()

    def store_no_grade(self, student: str, timestamp: datetime | None) -> None:
        """Note that somebody handed in and could not be graded: no score, not even zero."""
        submitted = self.submission(student, timestamp)
        for grade in submitted.grades:
            grade.auto_score = None
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
