"""Where a learner's notebooks are, and what is in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cnncourse.course import LESSONS, Lesson
from cnncourse.folder import CourseError, find_course_folder
from cnncourse.intake.files import NOTEBOOK
from cnncourse.intake.reading import MOST_BYTES, Unreadable
from cnncourse.progress.saved import ANSWER, SavedNotebook, read_saved

# A home folder may hold anything. Whoever has more than this names the folder.
MOST_FOLDERS = 3_000
MOST_FILES = 1_000
# Other people's work, right answers and what is made from them, in courses run with nbgrader.
NOT_LEARNERS = (
    *("source", "solutions", "release", "downloaded", "submitted", "autograded", "feedback"),
    *("_build", "node_modules", "site-packages", "__pycache__"),
)


@dataclass(frozen=True)
class FoundNotebook:
    """A notebook of a lesson."""

    path: Path
    lesson: Lesson
    notebook: SavedNotebook
    saved_at: float


@dataclass
class Findings:
    """looked_in: the folders and files. notes: a sentence for each thing that a person may mend."""

    looked_in: list[Path]
    notebooks: list[FoundNotebook] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_notebooks(named: Sequence[Path] = ()) -> Findings:
    """The course's notebooks in the folders or files that are named, or where they usually are.

    CourseError where a name leads nowhere. A notebook that cannot be read costs only itself.
    """
    findings = Findings([path.expanduser() for path in named] or usual_places(Path.cwd()))
    for place in findings.looked_in:
        if not place.exists():
            raise CourseError(f"There is no folder or notebook {place}. Is the name right?")
    for place in findings.looked_in:
        is_file = not place.is_dir()
        for path in [place] if is_file else notebooks_below(place, findings.notes):
            if all(path.resolve() != one.path.resolve() for one in findings.notebooks):
                look_into(path, findings, asked_for=is_file)
    return findings


def usual_places(here: Path) -> list[Path]:
    """The exercises of the course that this is in, or else what is here.

    A folder of a lesson is looked at with those of the other lessons beside it.
    """
    try:
        exercises = find_course_folder(here) / "exercises"
        if exercises.is_dir():
            return [exercises]
    except CourseError:
        pass
    ids = [lesson.id for lesson in LESSONS]
    if here.name in ids:
        return [here.parent / name for name in ids if (here.parent / name).is_dir()]
    return [here]


def notebooks_below(folder: Path, notes: list[str]) -> Iterator[Path]:
    """The notebooks in a folder and in those below it, links and other people's work left out."""

    def note(problem: OSError) -> None:
        notes.append(f"{called(Path(problem.filename))} cannot be opened: {problem.strerror}.")

    files = 0
    for folders, (path, inner, names) in enumerate(os.walk(folder, onerror=note), 1):
        inner[:] = sorted(name for name in inner if may_be_ours(Path(path, name)))
        for name in sorted(names):
            if NOTEBOOK.search(name) and not name.startswith("."):
                files += 1
                yield Path(path, name)
        if folders >= MOST_FOLDERS or files >= MOST_FILES:
            notes.append(
                f"{called(folder)} holds more than can be looked through. Name the folder that "
                "your notebooks are in."
            )
            return


def may_be_ours(folder: Path) -> bool:
    """Whether a folder may hold a learner's own notebooks."""
    hidden = folder.name.startswith(".") or folder.name in NOT_LEARNERS
    return not hidden and not (folder / "pyvenv.cfg").exists()


def look_into(path: Path, findings: Findings, asked_for: bool) -> None:
    """Add a notebook, or the note on why it cannot be read, if it is one of the course.

    asked_for: somebody named this file, and is to hear of it in any case.
    """
    try:
        data, saved_at = contents(path)
    except (OSError, Unreadable) as problem:
        if asked_for or looks_like_ours(path, b""):
            why = problem.strerror if isinstance(problem, OSError) else str(problem)
            findings.notes.append(f"{called(path)} cannot be read. {sentence(why)}")
        return
    try:
        notebook = read_saved(data)
    except Unreadable as problem:
        if asked_for or looks_like_ours(path, data):
            findings.notes.append(f"{called(path)} cannot be read. {sentence(str(problem))}")
        return
    lesson = lesson_of(notebook)
    if lesson:
        findings.notes += [f"{called(path)}: {warning}" for warning in notebook.warnings]
        findings.notebooks.append(FoundNotebook(path, lesson, notebook, saved_at))
    elif asked_for or (notebook.warnings and looks_like_ours(path, b"")):
        findings.notes += [f"{called(path)}: {warning}" for warning in notebook.warnings]
        findings.notes.append(f"{called(path)} holds no exercise of the course.")


def contents(path: Path) -> tuple[bytes, float]:
    """What a file holds and when it was saved. OSError or Unreadable where it is not to be had."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise Unreadable("It is no regular file.")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1), facts.st_mtime


def lesson_of(notebook: SavedNotebook) -> Lesson | None:
    """The lesson that most of a notebook's exercises are from; None where there are none."""
    most, lesson = 0, None
    for one in LESSONS:
        names = [exercise.name for exercise in (*one.exercises, *one.explanations)]
        many = sum(is_posed(notebook, name) for name in names)
        if many > most:
            most, lesson = many, one
    return lesson


def is_posed(notebook: SavedNotebook, name: str) -> bool:
    """Whether a notebook asks for an exercise: to define something so called is not enough."""
    answer = notebook.answer_cell(name)
    marked = answer is not None and answer.cell.grade_id == name + ANSWER
    return marked or notebook.check_cell(name) is not None


def looks_like_ours(path: Path, data: bytes) -> bool:
    """Whether a file that says nothing may be a notebook of the course, by name or by content."""
    named = any(path.name.startswith(lesson.slug) for lesson in LESSONS)
    return named or b"from cnncourse import check" in data


def sentence(text: str | None) -> str:
    return f"{(text or 'Nobody knows why').rstrip('.')}."


def called(path: Path) -> str:
    """A path as people write it from here, whatever its bytes are."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - links stay
    text = os.path.relpath(absolute, here) if near(absolute, here) else str(absolute)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def near(path: Path, here: Path) -> bool:
    """Whether the way there goes up two folders at most, and not to the root of everything."""
    above = [one for one in list(here.parents)[:2] if one != one.parent]
    return any(path.is_relative_to(one) for one in (here, *above))
