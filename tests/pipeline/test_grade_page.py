"""Do the commands on the pages on grading work as they stand, one after the other?"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "book" / "teach" / name for name in ("grade.md", "scale.md")]
COMMANDS = re.compile(r"^(?P<program>cnncourse|nbgrader) (?P<words>.+)$", re.MULTILINE)
BLOCKS = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_commands_grade_an_instructors_own_class(course) -> None:
    lesson = find_lesson("02-convolution")
    solution = ROOT / lesson.solution.with_suffix(".ipynb")
    submitted = course.folder / "submitted" / "ada" / lesson.id / lesson.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(solution, submitted)
    downloaded = course.folder / "downloaded" / lesson.id / "archive"
    downloaded.mkdir(parents=True)
    shutil.copy(solution, downloaded / "hoppergrace_17_23_convolution.ipynb")

    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    text = "".join(BLOCKS.findall(pages))
    commands = [(found["program"], found["words"]) for found in COMMANDS.finditer(text)]
    verbs = [words.split()[0] for _, words in commands]
    assert {"grade", "doctor", "zip_collect", "generate_feedback", "report", "export"} < set(verbs)
    for program, words in commands:
        run = course.command if program == "cnncourse" else lambda *w: course.run("nbgrader", *w)
        done = run(*shlex.split(words))
        assert done.returncode == 0, f"{program} {words}\n{done.stdout}\n{done.stderr}"
        # Nothing but nbgrader's own reports is to be read between the lines.
        noise = [line for line in done.stderr.splitlines() if not line.startswith("[")]
        assert noise == [], f"{program} {words}"

    with (course.folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    points = sum(exercise.points for exercise in lesson.exercises)
    assert rows == {"ada": points, "hoppergrace-17": points}
    feedback = course.folder / "feedback" / "ada" / lesson.id / "convolution.html"
    assert f"Score: {points}.0 / {points}.0" in feedback.read_text(encoding="utf-8")
    report = (course.folder / "records" / lesson.id / "report.html").read_text(encoding="utf-8")
    assert "../../feedback/ada/" in report
    released = course.folder / lesson.exercise
    assert released.read_bytes() == (ROOT / lesson.exercise).read_bytes()
