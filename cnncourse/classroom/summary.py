"""What a graded class looks like in numbers; the report page and the terminal both show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from cnncourse.course import Lesson

Records = Mapping[str, Mapping[str, Any]]
STATUSES = (
    "graded",
    "needs manual grading",
    "partly graded",
    "unreadable",
    "empty",
    "missing",
    "infrastructure error",
)
NOT_GRADED = STATUSES[-1]


@dataclass(frozen=True)
class ExerciseSummary:
    """How a class did in one exercise.

    right: share with all points. mean: share of the points that were reached.
    misconceptions: (name, sentence, students), the most frequent first.
    waiting: how many of them a person has yet to grade; they are in neither share.
    """

    name: str
    points: float
    right: float
    mean: float
    misconceptions: tuple[tuple[str, str, int], ...]
    waiting: int = 0

    @property
    def remark(self) -> str:
        """That something is left to do, or ""."""
        return f"{self.waiting} to be graded by a person" if self.waiting else ""


@dataclass(frozen=True)
class Summary:
    """A graded class.

    totals: points of everybody who was graded. look_at: (student, why) for a person to look at.
    """

    statuses: Mapping[str, int]
    totals: tuple[float, ...]
    out_of: float
    exercises: tuple[ExerciseSummary, ...]
    look_at: tuple[tuple[str, str], ...]

    @property
    def average(self) -> float:
        return mean(self.totals) if self.totals else 0.0

    @property
    def middle(self) -> float:
        return median(self.totals) if self.totals else 0.0


def total(record: Mapping[str, Any]) -> float:
    """The points of one record, so far: what waits for a person has none."""
    return sum(one["points"] or 0.0 for one in record["exercises"].values())


def summarise(records: Records) -> Summary:
    """The numbers of a class."""
    counted = Counter(record["status"] for record in records.values())
    real = [record for record in records.values() if record["status"] != NOT_GRADED]
    names = list(dict.fromkeys(name for record in real for name in record["exercises"]))
    summaries = []
    for name in names:
        marks = [record["exercises"][name] for record in real if name in record["exercises"]]
        sentences = {mark["misconception"]: mark["say"] for mark in marks}
        scored = [mark for mark in marks if mark["points"] is not None]
        beliefs = Counter(mark["misconception"] for mark in marks if mark["misconception"])
        summaries.append(
            ExerciseSummary(
                name,
                marks[0]["of"],
                share(mark["points"] >= mark["of"] for mark in scored),
                share(mark["points"] / mark["of"] if mark["of"] else 1.0 for mark in scored),
                tuple((one, sentences[one], many) for one, many in beliefs.most_common()),
                sum(name in record.get("by_hand", ()) for record in real),
            )
        )
    return Summary(
        {status: counted[status] for status in STATUSES if counted[status]},
        tuple(total(record) for record in real),
        sum(one.points for one in summaries),
        tuple(summaries),
        tuple(attention(records)),
    )


def share(values: Iterable[float]) -> float:
    """The mean, 0 of nothing."""
    known = list(values)
    return mean(known) if known else 0.0


def attention(records: Records) -> list[tuple[str, str]]:
    """Who needs a human, and why."""
    found = []
    for student, record in records.items():
        if record["status"] not in ("graded", "needs manual grading"):
            found.append((student, record["reason"] or record["status"]))
        flagged = [
            name for name, mark in record["exercises"].items() if mark["verdict"] == "not allowed"
        ]
        if flagged and record["status"] in ("graded", "needs manual grading"):
            found.append((student, f"Library calls that were not allowed: {', '.join(flagged)}."))
        if record.get("by_hand"):
            found.append((student, f"To be graded by hand: {', '.join(record['by_hand'])}."))
    return found


def as_text(lesson: Lesson, summary: Summary, absent: Sequence[str] = ()) -> str:
    """The summary for a terminal."""
    lines = [f"{lesson.id}: " + ", ".join(f"{n} {name}" for name, n in summary.statuses.items())]
    if absent:
        lines[0] += f", {len(absent)} known to the gradebook handed in nothing"
    lines.append(
        f"points: mean {summary.average:.2f}, median {summary.middle:.2f}, of {summary.out_of:g}"
    )
    width = max((len(one.name) for one in summary.exercises), default=0)
    lines += ["", f"{'exercise':<{width}}  right  points  most common misconception"]
    for one in summary.exercises:
        belief = one.misconceptions[0] if one.misconceptions else None
        words = f"{belief[0].replace('_', ' ')} ({belief[2]})" if belief else one.remark
        lines.append(f"{one.name:<{width}}  {one.right:>5.0%}  {one.mean:>6.0%}  {words}".rstrip())
    if summary.look_at:
        lines += ["", "For a person to look at:"]
        lines += [f"  {student}: {why}" for student, why in summary.look_at]
    return "\n".join(lines)
