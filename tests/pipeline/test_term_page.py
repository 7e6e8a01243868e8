"""Do the commands of a term work as they stand? Those of the exchange have a file of their own."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "teach" / "term.md"
LESSON = find_lesson("02-convolution")
SOLVED = ROOT / LESSON.solution.with_suffix(".ipynb")
PARTS = ("Before the term", "Downloads from Moodle or Canvas", "Grade and review",
         "Export the grades")  # fmt: skip
TABLES = {
    "canvas.csv": "Student,ID,SIS Login ID,Section,02-convolution (4711)\r\n"
    "    Points Possible,,,,15.00\r\n"
    '"Lovelace, Ada",77,al77,Part 1,\r\n"Hopper, Grace",17,hopper,Part 1,\r\n',
    "moodle.csv": "First name,Last name,Email address,Assignment: 02-convolution (Real)\r\n"
    "Ada,Lovelace,ada@your-school.edu,-\r\nGrace,Hopper,hoppergrace-17,-\r\n",
    "worksheet.csv": "Identifier,Full name,Email address,Grade,Maximum Grade,"
    "Last modified (grade)\r\n"
    "Participant 5,Ada Lovelace,ada@your-school.edu,,15.00,-\r\n"
    "Participant 6,Grace Hopper,hoppergrace-17,,15.00,-\r\n",
}


def commands() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    found = []
    for part in PARTS:
        body = text.split(f"## {part}\n", 1)[1].split("\n## ", 1)[0]
        blocks = re.findall(r"^```bash\n(.*?)^```", body, re.MULTILINE | re.DOTALL)
        found += [line for block in blocks for line in block.splitlines()]
    return found


def test_a_term_goes_as_the_page_says(course) -> None:
    submitted = course.folder / "submitted" / "ada" / LESSON.id / LESSON.exercise.name
    submitted.parent.mkdir(parents=True)
    shutil.copy(SOLVED, submitted)
    submitted.with_name("timestamp.txt").write_text("2027-02-28 12:00:00 UTC")
    downloaded = course.folder / "downloaded" / LESSON.id / "archive"
    downloaded.mkdir(parents=True)
    shutil.copy(SOLVED, downloaded / "hoppergrace_17_23_convolution.ipynb")
    [ids] = re.findall(r"^```text\n(id,.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for name, text in {**TABLES, "ids.csv": ids}.items():
        (course.folder / name).write_text(text, newline="")

    lines = commands()
    # On the page, a student is told to the gradebook when an export has not found them.
    lines.sort(key=lambda line: "export" in line)
    assert sum("export" in line for line in lines) == 4
    for line in lines:
        program, *words = shlex.split(line)
        run = course.command if program == "cnncourse" else lambda *w: course.run("nbgrader", *w)
        done = run(*words)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    for name, column in (("canvas", 4), ("moodle", 3), ("the-worksheet", 3)):
        with (course.folder / f"for-{name}.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert [row[column] for row in rows[-2:]] == [f"{LESSON.points}.00"] * 2, name
    with (course.folder / "grades.csv").open(newline="") as file:
        [ada, _] = sorted(csv.DictReader(file), key=lambda row: row["student_id"])
    assert (ada["last_name"], ada["duedate"]) == ("Lovelace", "2027-03-01 23:59:00")

    # Somebody who is in no table: the command says so, and writes nothing.
    target = course.folder / "for-canvas.csv"
    target.unlink()
    (course.folder / "canvas.csv").write_text(TABLES["canvas.csv"].replace(",17,", ",18,"))
    done = course.command("export", "canvas.csv", "--to", str(target))
    assert done.returncode == 1
    assert "no line, or several, for: hoppergrace-17." in done.stderr
    assert not target.exists()
