"""Does the page on security say what is tried, and which limits hold?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hostile.case import Hostile
from hostile.forging import FORGING, STEALING
from hostile.lasting import LASTING
from hostile.lying import LYING
from hostile.numerics import NUMERICS
from hostile.resources import RESOURCES
from hostile.structure import STRUCTURE

from cnncourse.judge.settings import Budgets
from cnncourse.kernels.doctor import MEANING
from cnncourse.sandbox.layers import Limits

PAGE = Path(__file__).parents[2] / "book" / "teach" / "security.md"
# In the order of the page's table.
CLASSES = (FORGING, STEALING, LYING, LASTING, RESOURCES, NUMERICS, STRUCTURE)
MB = 1 << 20
LIMITS, BUDGETS = Limits(), Budgets()
# In the order of the page's table.
MOST = (
    *(f"{LIMITS.memory // MB} MB", f"{LIMITS.processes}", f"{LIMITS.file // MB} MB"),
    f"{LIMITS.folder // MB} MB",
    *(f"{one:g} seconds" for one in (BUDGETS.call, BUDGETS.training, BUDGETS.exercise)),
    *(f"{one:g} seconds" for one in (BUDGETS.cell, BUDGETS.notebook)),
)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = PAGE.read_text(encoding="utf-8").split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("row", "cases"), list(zip(rows("## What was tried"), CLASSES, strict=True)), ids=lambda _: ""
)
def test_table_counts_what_is_tried(row: list[str], cases: tuple[Hostile, ...]) -> None:
    withheld = sum(bool(case.points) for case in cases)
    assert row[1:4] == [str(len(cases)), str(withheld), str(len(cases) - withheld)]
    examples = re.findall(r"`([\w-]+)`", row[4])
    assert examples
    assert set(examples) <= {case.name for case in cases}


def test_table_of_limits_is_true() -> None:
    assert [row[1] for row in rows("### The limits")] == list(MOST)


def test_every_layer_that_doctor_looks_at_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    words = {"own user": "a user id of its own"}
    for layer in MEANING:
        assert words.get(layer, layer.split()[0]) in text
