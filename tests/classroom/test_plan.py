"""Is the plan for large classes the arithmetic that it says, from figures that were measured?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncourse.classroom import plan as plans

PAGE = Path(__file__).parents[2] / "book" / "teach" / "scale.md"
RESULTS = {
    "cores": 2,
    "load": 0.0,
    "grading": [
        {"students": 30, "workers": 1, "seconds": 20.0, "memory": 700},
        {"students": 30, "workers": 2, "seconds": 14.0, "memory": 900},
        {"students": 300, "workers": 1, "seconds": 155.0, "memory": 710},
        {"students": 300, "workers": 2, "seconds": 80.0, "memory": 930},
    ],
    "feedback": [{"students": 30, "seconds": 5.0}, {"students": 300, "seconds": 32.0}],
    "disk": {"submitted": 10.0, "autograded": 20.0, "records": 3.0, "feedback": 100.0},
    "writer": [
        {"gradebook": kind, "students": students, "seconds_per_result": seconds,
         "seconds_of_backup": 1.0, "seconds_of_report": 2.0, "bytes_of_gradebook": 7 * students,
         "bytes_of_report": 5 * students}
        for kind, students, seconds in (("SQLite", 300, 0.01), ("SQLite", 30_000, 0.05),
                                        ("PostgreSQL", 30_000, 0.02))
    ],
}  # fmt: skip


def test_costs_are_the_line_through_two_classes() -> None:
    each = plans.costs(RESULTS)
    assert (each.start, each.grade, each.page) == (5.0, 0.5, pytest.approx(0.1))
    assert each.write == {"SQLite": 0.05, "PostgreSQL": 0.02}
    assert (each.disk, each.gradebook) == (133.0, 7.0)
    assert (each.worker, each.base) == (220, 490)


@pytest.mark.parametrize(
    ("students", "workers", "kind", "seconds"),
    [
        (300, 1, "SQLite", 5 + 300 * 0.5),
        (300, 5, "SQLite", 5 + 300 * 0.1),
        (300, 50, "SQLite", 5 + 300 * 0.05),
        (300, 50, "PostgreSQL", 5 + 300 * 0.02),
    ],
)
def test_the_slower_of_workers_and_writer_counts(
    students: int, workers: int, kind: str, seconds: float
) -> None:
    one = plans.plan(plans.costs(RESULTS), students, workers, kind)
    assert one.grading == pytest.approx(seconds)
    assert one.feedback == pytest.approx(students * 0.1)
    assert one.disk == pytest.approx(students * 140)
    assert one.memory == 490 + workers * 220
    assert one.most == {"SQLite": 10, "PostgreSQL": 25}[kind]


def test_the_record_has_all_that_the_page_shows() -> None:
    record = plans.read_results()
    results = record["results"]
    assert {"command", "processor", "seconds", "versions"} <= set(record)
    assert record["command"].startswith("python benchmarks/grading_scale.py")
    assert {run["workers"] for run in results["grading"]} == {1, 2}
    assert {row["gradebook"] for row in results["writer"]} == {"SQLite", "PostgreSQL"}
    for text in (plans.table(results), plans.runs(results), plans.measurements(results)):
        assert len({line.count("|") for line in text.splitlines()}) == 1
        assert not re.search(r"nan|-\d", text)


def test_the_page_has_no_figure_of_its_own() -> None:
    text = PAGE.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert not re.search(r"\d[\d.,]*\s*(ms|s|seconds|minutes|hours|kB|MB|GB)\b", prose)
    advised = re.findall(r"^\| ([\d ]+) \|", prose, re.MULTILINE)
    assert [int(one.replace(" ", "")) for one in advised] == [one for one, _ in plans.CLASSES]
