"""What a class of any size needs, worked out from what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnncourse.experiments.records import FOLDER

Results = Mapping[str, Any]
# Students, workers: one machine of two cores, of eight, and many machines.
CLASSES = ((30, 2), (300, 2), (3_000, 8), (30_000, 64))


@dataclass(frozen=True)
class Costs:
    """Seconds and bytes, per submission or once.

    start: seconds before the first submission is graded. grade: seconds of one worker. write:
    seconds of the one process that writes, by kind of gradebook. page: seconds of one feedback
    page. disk, gradebook: bytes of one submission. base, worker: bytes of memory.
    """

    start: float
    grade: float
    write: Mapping[str, float]
    page: float
    disk: float
    gradebook: float
    base: float
    worker: float


@dataclass(frozen=True)
class Plan:
    """What a class needs: seconds and bytes. most: workers that one writer keeps busy."""

    students: int
    workers: int
    grading: float
    feedback: float
    disk: float
    memory: float
    most: int


def read_results(path: Path = FOLDER / "grading_scale.json") -> dict[str, Any]:
    """The record of `benchmarks/grading_scale.py`, with its provenance."""
    return json.loads(path.read_text(encoding="utf-8"))


def costs(results: Results) -> Costs:
    """The measurements as costs: what a class costs is a straight line through two sizes."""
    alone = [run for run in results["grading"] if run["workers"] == 1]
    start, grade = line(alone)
    two = [run for run in results["grading"] if run["workers"] == 2]
    worker = max(run["memory"] for run in two) - max(run["memory"] for run in alone)
    books = largest(results["writer"])
    return Costs(
        start=start,
        grade=grade,
        write={kind: row["seconds_per_result"] for kind, row in books.items()},
        page=line(results["feedback"])[1],
        disk=sum(results["disk"].values()),
        gradebook=max(row["bytes_of_gradebook"] / row["students"] for row in books.values()),
        base=max(run["memory"] for run in alone) - worker,
        worker=worker,
    )


def line(runs: Sequence[Mapping[str, float]]) -> tuple[float, float]:
    """Seconds at once, and for each student, through the smallest class and the largest.

    >>> line([{"students": 10, "seconds": 7}, {"students": 110, "seconds": 57}])
    (2.0, 0.5)
    """
    few, many = runs[0], runs[-1]
    each = (many["seconds"] - few["seconds"]) / (many["students"] - few["students"])
    return few["seconds"] - each * few["students"], each


def largest(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The row of the fullest gradebook of each kind."""
    return {row["gradebook"]: row for row in sorted(rows, key=lambda row: row["students"])}


def plan(each: Costs, students: int, workers: int, gradebook: str = "SQLite") -> Plan:
    """What a class needs. Workers and the writer work at once; the slower of them counts.

    >>> each = Costs(5, 1, {"SQLite": 0.25}, 0.1, 1000, 10, 1e9, 2e8)
    >>> plan(each, 100, 2).grading, plan(each, 100, 50).grading, plan(each, 100, 2).most
    (55.0, 30.0, 4)
    """
    write = each.write[gradebook]
    return Plan(
        students,
        workers,
        grading=each.start + students * max(each.grade / workers, write),
        feedback=students * each.page,
        disk=students * (each.disk + each.gradebook),
        memory=each.base + workers * each.worker,
        most=int(each.grade / write),
    )


def table(results: Results) -> str:
    """The plan for four classes, as Markdown."""
    each = costs(results)
    head = ("students", "workers", "grading", "feedback", "disk", "memory")
    lines = [f"| {' | '.join(head)} |", "|" + "---:|" * len(head)]
    for students, workers in CLASSES:
        one = plan(each, students, workers)
        cells = (
            *(f"{students:,}".replace(",", " "), str(workers)),
            *(duration(one.grading), duration(one.feedback), amount(one.disk), amount(one.memory)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measurements(results: Results) -> str:
    """What was measured, as Markdown: one line for each figure that the plan is made of."""
    each = costs(results)
    rows = [
        ("one submission, by one worker", duration(each.grade)),
        ("before the first of them", duration(each.start)),
        ("one feedback page", duration(each.page)),
        ("files of one submission", amount(each.disk)),
        ("its rows in the gradebook", amount(each.gradebook)),
        ("memory of one more worker", amount(each.worker)),
        ("memory of the rest", amount(each.base)),
    ]
    for kind, row in largest(results["writer"]).items():
        where = f"{kind} with {row['students']:,} students".replace(",", " ")
        rows += [
            (f"writing one result, {where}", duration(row["seconds_per_result"])),
            (f"backup, report and table at the end, {where}",
             duration(row["seconds_of_backup"] + row["seconds_of_report"])),
        ]  # fmt: skip
    return "\n".join(["| what | measured |", "|---|---:|", *(f"| {a} | {b} |" for a, b in rows)])


def runs(results: Results) -> str:
    """The classes that were really graded, as Markdown."""
    lines = ["| submissions | workers | grading | each |", "|---:|---:|---:|---:|"]
    for run in results["grading"]:
        cells = (
            *(str(run["students"]), str(run["workers"]), duration(run["seconds"])),
            duration(run["seconds"] / run["students"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """
    >>> duration(0.0042), duration(0.31), duration(42), duration(600), duration(7200)
    ('4.2 ms', '0.31 s', '42 s', '10 min', '2.0 h')
    """
    if seconds < 0.1:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def amount(size: float) -> str:
    """
    >>> amount(1500), amount(234_000), amount(5_600_000), amount(12e9)
    ('1.5 kB', '234 kB', '5.6 MB', '12 GB')
    """
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_:
            return f"{size / bytes_:.3g} {unit}"
    return f"{size:.0f} B"
