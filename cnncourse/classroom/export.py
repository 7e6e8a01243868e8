"""`nbgrader export`: nbgrader's own table, but for what it gets wrong about missing grades."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from cnncourse.classroom.tables import safe

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "needs_manual_grade",
)
SCORES = ("raw_score", "late_submission_penalty", "score")


class GradesExport(ExportPlugin):
    """Leaves the scores of a submission empty that could not be graded, instead of writing 0."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `to`, or to grades.csv."""
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        wanted = {str(name) for name in self.assignment}
        people = {str(name) for name in self.student}
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            for assignment in gradebook.assignments:
                if wanted and assignment.name not in wanted:
                    continue
                for student in gradebook.students:
                    if people and student.id not in people:
                        continue
                    row = self.row(gradebook, assignment, student)
                    table.writerow({key: safe(value) for key, value in row.items()})

    def row(self, gradebook: Gradebook, assignment: Any, student: Any) -> dict[str, Any]:
        """One line of the table."""
        row: dict[str, Any] = {
            "assignment": assignment.name,
            "duedate": assignment.duedate or "",
            "timestamp": "",
            "student_id": student.id,
            "last_name": student.last_name or "",
            "first_name": student.first_name or "",
            "email": student.email or "",
            "max_score": assignment.max_score,
            "needs_manual_grade": False,
            **dict.fromkeys(SCORES, 0.0),
        }
        try:
            submission = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            return row
        row["timestamp"] = submission.timestamp or ""
        if ungraded(submission):
            self.log.warning(
                "%s was not graded for %s, so there is no score: run `cnncourse grade %s` again.",
                *(student.id, assignment.name, assignment.name),
            )
            return {**row, **dict.fromkeys(SCORES, "")}
        if submission.needs_manual_grade:
            row["needs_manual_grade"] = True
            self.log.warning(
                "%s waits for somebody to grade %s by hand; until then the score goes without it.",
                *(student.id, assignment.name),
            )
        row["raw_score"] = submission.score
        row["late_submission_penalty"] = submission.late_submission_penalty or 0.0
        row["score"] = final_score(submission)
        return row


def final_score(submission: SubmittedAssignment) -> float:
    """The points, less the penalty for being late."""
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0))


def ungraded(submission: SubmittedAssignment) -> bool:
    """Whether some automatically graded cell has no score, from anybody."""
    return any(
        grade.cell_type == "code"
        and grade.auto_score is None
        and grade.manual_score is None
        and not is_answer(grade)
        for notebook in submission.notebooks
        for grade in notebook.grades
    )


def is_answer(grade: Any) -> bool:
    """Whether a graded cell is an answer as well: then a person grades it, whenever that is."""
    return any(comment.name == grade.name for comment in grade.notebook.comments)
