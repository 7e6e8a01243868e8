"""What the saved output of a check says. It may be anything, and is never believed by a grader."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

# What is read of a check's verdict stands at its beginning.
MOST_HTML = 20_000
LONGEST_SENTENCE = 400
FINGERPRINT = re.compile(r"[0-9a-f]{1,64}")


@dataclass(frozen=True)
class Check:
    """What the output of a check says.

    verdict: as in `contract.Verdict`; "" where only the points were left.
    version, cells: the fingerprints of the exercise, and of the cells behind the answer.
    """

    points: float
    verdict: str = ""
    say: str = ""
    version: str = ""
    cells: tuple[str, ...] = ()


def check_of(data: dict[str, Any]) -> Check | None:
    """The verdict in one output, or None where it is something else."""
    points = points_in(text_in(data.get("text/plain")))
    if points is None:
        return None
    html = text_in(data.get("text/html"))
    if not html:
        return Check(points)
    head = Head()
    head.feed(html[:MOST_HTML])
    if head.marks is None:
        return None
    marks = head.marks
    return Check(
        points,
        marks.get("data-verdict", ""),
        " ".join("".join(head.words).split())[:LONGEST_SENTENCE],
        marks.get("data-version", ""),
        tuple(FINGERPRINT.findall(marks.get("data-cells", ""))),
    )


class Head(HTMLParser):
    """Takes the marks of a result and its sentence, the first paragraph, out of its HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[str, str] | None = None
        self.words: list[str] = []
        self.inside = self.over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self.marks is None and found.get("class") == "cnncourse-result":
            self.marks = found
        elif tag == "p" and self.marks is not None and not self.over:
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "p" and self.inside:
            self.inside, self.over = False, True

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words.append(data)


def text_in(value: Any) -> str:
    """A text that notebooks store whole or as a list of lines."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def points_in(text: str) -> float | None:
    try:
        points = float(text[:40])
    except ValueError:
        return None
    return points if math.isfinite(points) and points >= 0 else None
