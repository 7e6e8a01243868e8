"""Do the commands on the page for instructors work as they stand?"""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "teach" / "grade.md"
COMMANDS = re.compile(r"^nbgrader (.+)$", re.MULTILINE)


def test_commands_grade_an_instructors_own_class(course) -> None:
    lesson = find_lesson("02-convolution")
    submitted = course.folder / "submitted" / "ada" / lesson.id / lesson.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(ROOT / lesson.solution.with_suffix(".ipynb"), submitted)

    commands = COMMANDS.findall(PAGE.read_text(encoding="utf-8"))
    verbs = [command.split()[0] for command in commands]
    assert verbs == ["generate_assignment", "autograde", "generate_feedback", "export"]
    for command in commands:
        done = course.run("nbgrader", *command.split())
        assert done.returncode == 0, done.stderr
        # Nothing but nbgrader's own reports is to be read between the lines.
        noise = [line for line in done.stderr.splitlines() if not line.startswith("[")]
        assert noise == []

    with (course.folder / "grades.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    points = sum(exercise.points for exercise in lesson.exercises)
    assert (row["student_id"], float(row["score"])) == ("ada", points)
    feedback = course.folder / "feedback" / "ada" / lesson.id / "convolution.html"
    assert f"Score: {points}.0 / {points}.0" in feedback.read_text(encoding="utf-8")
    released = course.folder / lesson.exercise
    assert released.read_bytes() == (ROOT / lesson.exercise).read_bytes()
