"""Which files a lesson is made of, and where each of them lies."""

from __future__ import annotations

from pathlib import Path

from cnncourse.course import Lesson


def files(lesson: Lesson) -> dict[str, Path]:
    """template -> where the file made from it goes, for all that people write by hand."""
    return {
        "chapter.md": lesson.chapter,
        "solution.py": lesson.solution,
        "reference.py": Path("cnncourse", "reference", f"{lesson.slug}.py"),
        "lesson.py": Path("cnncourse", "lessons", f"{lesson.slug}.py"),
        "widget.py": Path("cnncourse", "widgets", f"{lesson.slug}.py"),
        "widget.js": Path("cnncourse", "widgets", f"{lesson.slug}.js"),
        "test_widget.py": Path("tests", "widgets", f"test_{lesson.slug}.py"),
    }


def is_there(course: Path, path: Path) -> bool:
    """Whether a file is there, or the package that a long module has grown into."""
    package = course / path.with_suffix("") / "__init__.py"
    return (course / path).is_file() or (path.suffix == ".py" and package.is_file())


def missing(course: Path, lesson: Lesson) -> list[str]:
    """What this lesson still lacks to stand in line with the others: one sentence each."""
    lacks = [f"{path} is missing." for path in files(lesson).values() if not is_there(course, path)]
    if f'Lesson("{lesson.id}")' not in (course / "cnncourse" / "course.py").read_text():
        lacks.append(f'Put Lesson("{lesson.id}") into LESSONS in cnncourse/course.py.')
    contents = (course / "_toc.yml").read_text()
    for page in (lesson.chapter, lesson.exercise):
        entry = f"file: {page.with_suffix('').as_posix()}"
        if entry not in contents:
            lacks.append(f"Put `- {entry}` into _toc.yml.")
    notebooks = (lesson.solution.with_suffix(".ipynb"), lesson.exercise)
    if not all((course / notebook).is_file() for notebook in notebooks):
        lacks.append(f"Then run `cnncourse release {lesson.id}`.")
    return lacks
