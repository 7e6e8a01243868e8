"""Does the chapter on depth print what its prose says about it?"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("05-depth").chapter)
REPORT = re.compile(r"^(.{12}) learned +([\d.]+)%   new +([\d.]+)%$", re.MULTILINE)


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER, plain=False)


@pytest.fixture(scope="module")
def reports(printed: str) -> dict[str, tuple[float, float]]:
    """What each network had learned, and got right among new digits, in percent."""
    found = REPORT.findall(printed)
    return {name.strip(): (float(learned), float(new)) for name, learned, new in found}


def test_a_relu_makes_the_difference(printed: str):
    assert "two layers and one layer give the same: True" in printed
    assert "the same with a ReLU between them: False" in printed
    assert "passed on: [0.0, -4.0, 0.0, 6.0]" in printed
    assert "PyTorch's slope at exactly zero: 0.0" in printed


def test_signals_fade_or_explode_unless_they_start_well(printed: str):
    # The lowest and the highest line differ by far; He's is level.
    found = re.findall(r"^(.*?) +behind layer 50: +(\S+)$", printed, re.MULTILINE)
    above, he, below, default = (float(size) for _, size in found)
    assert above > 1e6
    assert 0.1 < he < 10
    assert default < below < 1e-6


def test_measured_variances_are_those_of_the_prose(printed: str):
    for share in re.findall(r"times fan-in: ([\d.]+)", printed):
        assert float(share) == pytest.approx(2, rel=0.1)
    defaults = re.findall(r"by default: ([\d.]+)", printed)
    assert [float(share) for share in defaults] == pytest.approx([1 / 3] * 2, rel=0.05)


def test_formula_and_gradient_agree(printed: str):
    assert "formula:  (7, 2)\ngradient: (7, 7)" in printed
    assert "formula:  195\ngradient: (195, 195)" in printed


def test_one_image_shows_less_than_many(printed: str):
    formula = int(re.search(r"formula: +(\d+)\ngradient, ", printed)[1])
    seen = re.findall(r"gradient, +(\d+) images: \((\d+), (\d+)\)", printed)
    extents = {int(count): (int(height), int(width)) for count, height, width in seen}
    assert min(extents[1]) < formula
    assert extents[100] == (formula, formula)


def test_say_gathers_in_the_middle_with_depth(printed: str):
    lines = re.findall(r"the middle +(\d+)% have (\d+)% of the say", printed)
    shares = [int(share) for _, share in lines]
    assert len(lines) == 3
    assert shares == sorted(shares)
    assert all(int(share) > int(area) for area, share in lines)
    # "Much smaller than the square."
    assert shares[-1] > 80


def test_a_stack_saves_more_the_deeper_it_is(printed: str):
    lines = re.findall(r"^ +(\d+) +([\d,]+) +([\d,]+)$", printed, re.MULTILINE)
    ratios = [int(a.replace(",", "")) / int(b.replace(",", "")) for _, a, b in lines]
    assert len(ratios) == 4
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] == 1
    assert ratios[2] == pytest.approx(27 / 49)


def test_work_grows_with_the_image_and_weights_do_not(printed: str):
    lines = re.findall(r"^ *\d+ × +\d+ +([\d,]+) +([\d,]+)$", printed, re.MULTILINE)
    weights = {one for one, _ in lines}
    macs = [int(one.replace(",", "")) for _, one in lines]
    assert len(weights) == 1
    assert [b / a for a, b in itertools.pairwise(macs)] == [4, 4]


def test_network_learns_and_depth_without_relu_is_for_nothing(reports):
    assert reports["at first"][1] < 40
    learned, new = reports["trained"]
    assert learned > 99
    assert new > 97
    assert 90 < reports["without ReLU"][1] < new - 1
    # "It depends on chance as well."
    again = [reports[f"start {seed}"][1] for seed in (1, 2, 3)]
    assert min(again) > 96
    assert len(set(again)) > 1


def test_third_convolution_sees_more_than_the_digit(printed: str):
    assert int(re.search(r"features\.5 .* (\d+) +\d+$", printed, re.MULTILINE)[1]) > 8


def test_what_is_printed_fits_the_column(printed: str):
    lines = [line for line in printed.splitlines() if not line.startswith("sees:")]
    assert [line for line in lines if len(line) > 70] == []
