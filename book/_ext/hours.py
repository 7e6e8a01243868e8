"""How long lessons take: to read, and to do the exercises."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cnncourse.course import Lesson

from .chapters import read_chapter


def to_read(root: Path, lessons: Iterable[Lesson]) -> float:
    """Minutes for the chapters."""
    return sum(read_chapter(root, lesson).minutes for lesson in lessons)


def to_do(lessons: Iterable[Lesson]) -> int:
    """Minutes that a beginner needs for the exercises."""
    return sum(one.minutes for lesson in lessons for one in lesson.tasks)


def in_words(minutes: float) -> str:
    """Minutes as hours, to the half.

    >>> in_words(50), in_words(100), in_words(240)
    ('1 hour', '1½ hours', '4 hours')
    """
    halves = max(1, to_halves(minutes))
    number = in_halves(halves)
    return f"{number} hour" if halves <= 2 else f"{number} hours"


def to_halves(minutes: float) -> int:
    """How many half hours, to the nearest; a quarter counts as one."""
    return int(minutes / 30 + 0.5)


def in_halves(halves: int) -> str:
    """A number of halves.

    >>> in_halves(1), in_halves(4), in_halves(5)
    ('½', '2', '2½')
    """
    whole, half = divmod(halves, 2)
    return f"{whole or ''}{'½' if half else ''}"
