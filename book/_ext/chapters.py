"""What other pages say of a chapter and of its notebook, read from the two themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.errors import ExtensionError

from cnncourse.course import Lesson

# Silent readers of English take in 238 words of non-fiction a minute (Brysbaert 2019, Journal of
# Memory and Language 109, 104047). Half as many here: there are demos to move, and questions.
WORDS_A_MINUTE = 238 / 2
CODE = re.compile(r"^```\{(?:code-cell|literalinclude)\}.*?^```$", re.MULTILINE | re.DOTALL)
SILENT = re.compile(r"\$\$[^$]*\$\$|\$[^$]+\$|\]\([^)]*\)|^:\w+:.*$|^(?:```|:::).*$", re.MULTILINE)
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
POINTER = re.compile(r"^Exercises? (.*?)\n:::", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A section of a page: its heading, and the anchor by which Markdown links to it."""

    heading: str
    anchor: str


@dataclass(frozen=True)
class Chapter:
    """What the chapter of a lesson says of itself.

    places: for each exercise the section after which readers are sent to it.
    """

    title: str
    about: str
    words: int
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The title up to its colon, for where there is little room."""
        return self.title.split(":")[0]

    @property
    def minutes(self) -> float:
        """How long it takes to read."""
        return self.words / WORDS_A_MINUTE


@dataclass(frozen=True)
class Task:
    """Where a notebook sets an exercise, and what it asks if nothing else says so."""

    place: Place
    question: str


def read_chapter(root: Path, lesson: Lesson) -> Chapter:
    """The chapter of a lesson; ExtensionError where it does not say what it is about."""
    _, front, text = (root / lesson.chapter).read_text(encoding="utf-8").split("---\n", 2)
    text = CODE.sub("", text)
    about = yaml.safe_load(front).get("about")
    if not about:
        raise ExtensionError(f"{lesson.chapter} needs a line 'about: ...' between its first ---.")
    sections = places(text)
    found = {}
    for pointer in POINTER.finditer(text):
        before = [place for start, place in sections if start < pointer.start()]
        found |= dict.fromkeys(re.findall(r"`(\w+)`", pointer[1]), before[-1])
    words = len(re.findall(r"[^\W\d_]+", SILENT.sub(" ", text)))
    return Chapter(sections[0][1].heading, about, words, found)


def read_tasks(root: Path, lesson: Lesson) -> dict[str, Task]:
    """For each exercise and explanation of a lesson, its place in the notebook."""
    notebook = nbformat.read(root / lesson.exercise, as_version=4)
    known = {one.name for one in lesson.tasks}
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    anchors = iter(places("\n\n".join(texts)))
    found: dict[str, Task] = {}
    place, question = Place(lesson.id, ""), ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (headings := HEADING.findall(cell.source)):
            place = [next(anchors)[1] for _ in headings][-1]
            asked = re.search(r"^\*.*\*\n\n((?:.+\n?)+)", cell.source, re.MULTILINE)
            question = asked[1].replace("\n", " ").strip() if asked else ""
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
        if name in known:
            found.setdefault(name, Task(place, question))
    return found


def places(text: str) -> list[tuple[int, Place]]:
    """Where each section begins, in the order of the page.

    >>> [place.anchor for _, place in places("# One `two`!\\n\\n## One two")]
    ['one-two', 'one-two-1']
    """
    found: dict[str, tuple[int, Place]] = {}
    for heading in HEADING.finditer(text):
        words = heading[1].strip()
        anchor, again = default_slugify(words.replace("`", "")), 0
        # As MyST does it: the third of a name is name-1-2.
        while anchor in found:
            again += 1
            anchor = f"{anchor}-{again}"
        found[anchor] = heading.start(), Place(words, anchor)
    return list(found.values())
