"""Reads a chapter as text: its code cells, its quizzes, and its prose without either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from myst_parser.mdit_to_docutils.base import default_slugify

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUIZ = re.compile(r"^```\{quiz\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORDS = re.compile(r"^```\{words\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,3}) (.+)$", re.MULTILINE)
INCLUDE = re.compile(r"^```\{literalinclude\} (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHOICE = re.compile(r"^- \[([ x])\] (.*)\n((?:  .*\n?|\n)*)", re.MULTILINE)
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """One code cell: its metadata and its source."""

    metadata: dict[str, Any]
    source: str

    @property
    def alt(self) -> str:
        """What the cell's picture shows, in words; empty where nobody wrote it down."""
        return self.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


@dataclass(frozen=True)
class Chapter:
    """A chapter, a MyST notebook in text form."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text().split("\n---\n", 1)[1]

    @cached_property
    def cells(self) -> list[Cell]:
        return [_cell(body) for body in CELL.findall(self.text)]

    @cached_property
    def quizzes(self) -> list[str]:
        return QUIZ.findall(self.text)

    @cached_property
    def words(self) -> list[str]:
        """The entries of the glossary that stand at the chapter's end."""
        return [name for block in WORDS.findall(self.text) for name in block.split("\n") if name]

    @cached_property
    def sections(self) -> dict[str, str]:
        """For each anchor the text of its section; for the chapter's own the text before them."""
        text = WORDS.sub("", CELL.sub("", self.text))
        found = list(HEADING.finditer(text))
        sections = {}
        for place, heading in enumerate(found):
            level, title = len(heading[1]), heading[2]
            behind = found[place + 1 :]
            ends = [one for one in behind if level == 1 or len(one[1]) <= level]
            end = ends[0].start() if ends else len(text)
            sections[default_slugify(title)] = text[heading.start() : end]
        return sections

    @cached_property
    def includes(self) -> list[tuple[str, str]]:
        """File and object of each piece of code that is shown from the package."""
        return [
            (file, re.search(r":pyobject: (\w+)", options)[1])
            for file, options in INCLUDE.findall(self.text)
        ]

    @cached_property
    def prose(self) -> str:
        """Everything that a person reads as sentences, quizzes included, on one line."""
        text = INCLUDE.sub("", CELL.sub("", self.text))
        # Options and fences go; the titles of boxes stay.
        text = re.sub(r"^(```.*|:\w+:.*|:::+(\{\w+\})?)", "", text, flags=re.MULTILINE)
        text = re.sub(r"\]\([^)]*\)", "]", FORMULA.sub("", re.sub(r"`[^`]*`", "", text)))
        return re.sub(r"\s+", " ", text)


def _cell(body: str) -> Cell:
    if body.startswith("---\n"):
        header, source = body[4:].split("\n---\n", 1)
        return Cell(yaml.safe_load(header), source)
    lines = body.splitlines(keepends=True)
    options = [line for line in lines if line.startswith(":tags:")]
    return Cell({"tags": options}, "".join(lines[len(options) :]))


def choices(quiz: str) -> list[tuple[bool, str, str]]:
    """For each choice of a quiz: whether it is right, its words, the reply to it."""
    return [(mark == "x", words, reply.strip()) for mark, words, reply in CHOICE.findall(quiz)]
