"""`cnncourse rename OLD NEW`: another number or name for a lesson, wherever the old one stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cnncourse.course import LESSONS, Lesson
from cnncourse.folder import CourseError
from cnncourse.new_lesson.scaffold import LESSON_ID
from cnncourse.release import release

# Where a lesson's module or folder is named like the lesson.
PACKAGES = ("lessons", "reference", "widgets", "recipes", "sample_class")
TEXTS = {".css", ".ipynb", ".js", ".md", ".py", ".yml"}
SOURCES = (
    *("README.md", "_config.yml", "_toc.yml"),
    *("benchmarks", "book", "cnncourse", "exercises", "solutions", "tests"),
)
# What a class leaves in the folder, under the lesson's old name.
TRACES = ("submitted/*", "autograded/*", "feedback/*", "records", "downloaded", "release")


def rename(course: Path, old: Lesson, new_id: str) -> str:
    """Move a lesson's files, put its new name into every text, release it; what is left to do.

    CourseError where the new name is none or is taken, or somebody has handed in; then nothing
    is changed.
    """
    if not LESSON_ID.fullmatch(new_id):
        raise CourseError(f"{new_id!r} is no lesson id. An id is like 04-pooling.")
    new = Lesson(new_id)
    moves = dict(moved(course, old, new))
    refuse(course, old, new, moves)
    for source, target in moves.items():
        source.rename(target)
    stale = [lesson for lesson in LESSONS if lesson != old and changes(course, lesson, old, new)]
    for path in texts(course):
        text = path.read_text(encoding="utf-8")
        if (changed := renamed(text, old, new)) != text:
            path.write_text(changed, encoding="utf-8")
    for path in (course / "cnncourse" / "course.py", course / "_toc.yml"):
        path.write_text(in_order(path.read_text(encoding="utf-8")), encoding="utf-8")
    for lesson in (new, *stale):
        release(course, lesson)
    return "\n".join(
        [
            f"{old.id} is {new.id} now: {len(moves)} files and folders have moved.",
            "Its title is the first line of " + new.chapter.as_posix() + ".",
            *left_to_read(course, old),
        ]
    )


def refuse(course: Path, old: Lesson, new: Lesson, moves: dict[Path, Path]) -> None:
    """CourseError where something is in the way."""
    others = [lesson for lesson in LESSONS if lesson != old]
    for lesson in others:
        if lesson.number == new.number or lesson.slug == new.slug:
            raise CourseError(
                f"{lesson.id} has that {'name' if lesson.slug == new.slug else 'number'} already. "
                "Rename it first; numbers may have gaps."
            )
    if taken := [str(path.relative_to(course)) for path in moves.values() if path.exists()]:
        raise CourseError("Nothing is changed, because these exist: " + ", ".join(taken))
    if any(list(course.glob(f"{trace}/{old.id}")) for trace in TRACES):
        raise CourseError(
            f"Somebody has handed in {old.id} in this folder, and the gradebook knows it by that "
            "name. Rename lessons before a term, in a folder without submissions."
        )


def moved(course: Path, old: Lesson, new: Lesson) -> Iterator[tuple[Path, Path]]:
    """Each file or folder named for the lesson, and what it is to be called. Inner ones first."""
    for folder in ("solutions", "exercises"):
        for path in sorted((course / folder / old.id).glob(f"{old.slug}.*")):
            if old.slug != new.slug:
                yield path, path.with_stem(new.slug)
        yield course / folder / old.id, course / folder / new.id
    yield course / old.chapter, course / new.chapter
    if old.slug == new.slug:
        return
    for package in PACKAGES:
        for path in sorted((course / "cnncourse" / package).iterdir()):
            if path.stem == old.slug:
                yield path, path.with_name(new.slug + path.suffix)
    test = re.compile(rf"(test_(?:chapter_)?){old.slug}((?:_\w+)?\.py)")
    slugs = [lesson.slug for lesson in LESSONS]
    for path in sorted((course / "tests").rglob("test_*.py")):
        found = test.fullmatch(path.name)
        if found and found[2].split(".")[0].lstrip("_") not in slugs:
            yield path, path.with_name(f"{found[1]}{new.slug}{found[2]}")


def renamed(text: str, old: Lesson, new: Lesson) -> str:
    """A text in which the lesson has its new name.

    >>> old, new = Lesson("40-old-name"), Lesson("41-new")
    >>> renamed("[An old_name](../exercises/40-old-name/old_name.ipynb)", old, new)
    '[An old_name](../exercises/41-new/new.ipynb)'
    >>> renamed("from cnncourse.reference import old_name  # old_name", old, new)
    'from cnncourse.reference import new as old_name  # old_name'
    """
    text = re.sub(rf"(?<![\w-]){old.id}(?![\w-])", new.id, text)
    if old.slug == new.slug:
        return text
    slug, packages = re.escape(old.slug), "|".join(PACKAGES)
    text = re.sub(rf"(?<={new.id}/){slug}\b", new.slug, text)
    text = re.sub(rf"\b({packages})([./]){slug}\b", rf"\1\2{new.slug}", text)
    start = rf"(from cnncourse\.(?:{packages}) import ){slug}\b"
    text = re.sub(rf"{start}(?= as )", rf"\1{new.slug}", text)
    text = re.sub(start, rf"\1{new.slug} as {old.slug}", text)
    text = re.sub(rf'(module="){slug}(?=")', rf"\1{new.slug}", text)
    return re.sub(rf"(?<![\w./-]){slug}(?=\.(?:css|ipynb|js|py)\b)", new.slug, text)


def in_order(text: str) -> str:
    """Neighbouring lines that name a lesson's id, sorted by it.

    >>> in_order('[\\n  Lesson("41-new"),\\n  Lesson("40-old"),\\n]')
    '[\\n  Lesson("40-old"),\\n  Lesson("41-new"),\\n]'
    """
    line = r"(?:\n +(?:Lesson\(\"|- file: {}/)\d\d-[^\n]*)+"
    for folder in ("book", "exercises"):
        text = re.sub(
            line.format(folder),
            lambda found: "\n".join(["", *sorted(found[0].split("\n")[1:])]),
            text,
        )
    return text


def texts(course: Path) -> Iterator[Path]:
    """Every text of the course that people or programs wrote."""
    for name in SOURCES:
        path = course / name
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for one in inside:
            if one.suffix in TEXTS and one.is_file() and not one.is_symlink():
                yield one


def changes(course: Path, lesson: Lesson, old: Lesson, new: Lesson) -> bool:
    """Whether another lesson's notebook speaks of this one, so that it has to be made anew."""
    text = (course / lesson.solution).read_text(encoding="utf-8")
    return renamed(text, old, new) != text


def left_to_read(course: Path, old: Lesson) -> list[str]:
    """The lines that speak of the lesson by its number alone."""
    number = re.compile(rf"\b(?:lesson|chapter) 0?{old.number}\b", re.IGNORECASE)
    lines = []
    for path in texts(course):
        if path.suffix in {".md", ".py"} and "tests" not in path.parts:
            for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if number.search(line):
                    lines.append(f"{path.relative_to(course)}:{at}: {line.strip()}")
    return ["Left to read:", *(f"  {line}" for line in lines)]
