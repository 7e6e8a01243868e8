"""Does the convolution chapter print what its prose says about it?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("02-convolution").chapter)
SHARES = r"from (\d+)% to (\d+)%"


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER)


def test_what_the_prose_says_about_the_outputs(printed: str):
    assert "from 1 to 1000: True" in printed
    assert "[[[1., 1., 1., 1., 1., 1., 0., 0.]]]" in printed  # "its gradient is zero"
    assert "learned:\n[[9. 8. 7.]\n [6. 5. 4.]\n [3. 2. 1.]]" in printed
    for name in ("x", "weight", "bias"):
        assert re.search(rf"gradient of {name} +agrees: True", printed)
    assert re.search(r"tested with ones +the wrong one passes: True", printed)
    assert re.search(r"tested with random numbers +the wrong one passes: False", printed)
    assert "same as conv2d: True" in printed


def test_edges_have_the_signs_that_the_prose_gives_them(printed: str):
    left, right = re.findall(r"rim, column \d+:\n +gx = ([+-]\d+), convolved ([+-]\d+)", printed)
    assert int(left[0]) > 0 > int(right[0])
    assert [-int(left[0]), -int(right[0])] == [int(left[1]), int(right[1])]


def test_formula_and_library_agree_wherever_both_are_printed(printed: str):
    sizes = re.findall(r"^(?: +\d+){5} +(\d+) +(\d+)$", printed, re.MULTILINE)
    counts = re.findall(r" ([\d,]+)  torch: ([\d,]+)", printed)
    autograd = re.findall(
        r"^\w[\w ]*: +(\[?-?[\d.][^a-z]*?) +autograd: (.*)$", printed, re.MULTILINE
    )
    assert (len(sizes), len(counts), len(autograd)) == (7, 4, 3)
    assert all(ours == theirs for ours, theirs in sizes + counts + autograd)


def test_training_turned_every_filter_into_an_edge_filter(printed: str):
    before, after = re.findall(r"right on new pictures, .*: +([\d.]+)%", printed)
    assert float(before) < 30
    assert float(after) > 90
    assert int(re.search(rf"before +{SHARES}", printed)[2]) < 50
    assert int(re.search(rf"after +{SHARES}", printed)[1]) > 75


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70 and "<" not in line] == []
