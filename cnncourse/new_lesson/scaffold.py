"""Write the files of a new lesson from their templates."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import yaml

from cnncourse.course import Lesson
from cnncourse.folder import CourseError
from cnncourse.new_lesson.layout import files, missing

TEMPLATES = Path(__file__).parent / "templates"
LESSON_ID = re.compile(r"\d\d(-[a-z][a-z0-9]*)+")


def lay_out(course: Path, lesson_id: str) -> str:
    """Write a new lesson's files, and say what to do next.

    CourseError for an id that is not like 04-pooling, or where a file is there already; then
    nothing is written.
    """
    if not LESSON_ID.fullmatch(lesson_id):
        raise CourseError(f"{lesson_id!r} is no lesson id. An id is like 04-pooling.")
    lesson = Lesson(lesson_id)
    places = files(lesson)
    if taken := [str(path) for path in places.values() if (course / path).exists()]:
        raise CourseError("Nothing is written, because these exist: " + ", ".join(taken))
    names = fill_ins(course, lesson)
    for template, path in places.items():
        text = (TEMPLATES / f"{template}.template").read_text(encoding="utf-8")
        (course / path).parent.mkdir(parents=True, exist_ok=True)
        (course / path).write_text(Template(text).substitute(names), encoding="utf-8")
    return "\n".join(
        [
            f"These {len(places)} files hold a lesson that works, with one exercise as an example:",
            *(f"  {path}" for path in places.values()),
            "To join it to the course:",
            *(f"  {step}" for step in missing(course, lesson)),
            "Then replace the example. `make test` says what does not hold yet.",
        ]
    )


def fill_ins(course: Path, lesson: Lesson) -> dict[str, str]:
    """What the templates' names stand for."""
    words = lesson.slug.split("_")
    config = yaml.safe_load((course / "_config.yml").read_text(encoding="utf-8"))
    return {
        "id": lesson.id,
        "slug": lesson.slug,
        "dashed": "-".join(words),
        "upper": lesson.slug.upper(),
        "title": " ".join(words).capitalize(),
        "widget": "".join(word.capitalize() for word in words),
        "repository": config["repository"]["url"],
    }
