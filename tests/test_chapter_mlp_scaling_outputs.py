"""Does the chapter on MLPs and pixels print what its prose says about it?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("01-mlp-scaling").chapter)


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER)


def percent(words: str, printed: str) -> float:
    return float(re.search(rf"{re.escape(words)} *([\d.]+)%", printed)[1])


def test_ours_and_torchs_agree_wherever_both_are_printed(printed: str):
    ours, theirs = re.search(r"ours: +(.*)\ntorch: +(.*)\n", printed).groups()
    assert ours == theirs
    bytes_ = re.findall(r"ours: +([\d,]+)   torch: +([\d,]+)", printed)
    assert len(bytes_) == 3
    assert all(ours == theirs for ours, theirs in bytes_)
    assert printed.count("agrees with autograd: True") == 4
    assert "agrees with autograd: False" not in printed


def test_what_the_prose_says_about_small_outputs(printed: str):
    assert re.search(r"the unit says: +2\n", printed)
    assert re.search(r"without ReLU are one: +True", printed)
    assert re.search(r"with ReLU between them, too: +False", printed)
    assert "150,528,000   150,529,000" in printed
    assert (
        re.findall(r"([\d.]+)$", re.search(r"times the line.*?\n\n", printed, re.S)[0], re.M)
        == ["4.000"] * 4
    )
    assert "tensor([[30.]])" in printed
    assert "gradients of the weights: [[[60.0], [0.0]], [[6.0, 0.0]]]" in printed
    assert "gradients of the biases: [[20.0, 0.0], [2.0]]" in printed


def test_an_mlp_cannot_tell(printed: str):
    plain = percent("trained and tested on plain digits:", printed)
    shuffled = percent("trained and tested on shuffled digits:", printed)
    assert plain > 92
    # "No difference worth mentioning": four of the held-out digits.
    assert abs(plain - shuffled) <= 1.2
    # "It is lost": not far from guessing.
    assert percent("trained on plain, tested on shuffled digits:", printed) < 25
    assert percent("rewired network, shuffled digits:", printed) == plain
    assert float(re.search(r"largest difference in any output: +(\S+)", printed)[1]) < 1e-4
    losses = re.findall(r"loss ([\d.]+) on plain, ([\d.]+) on shuffled", printed)
    assert len(losses) == 3
    assert all(float(one) == pytest.approx(float(other), abs=2e-4) for one, other in losses)
    assert "the learned weights, rewired, are the same: True" in printed


def test_pixels_work_together_behind_relu_only(printed: str):
    assert re.search(r"one dense layer: 0\.000\n", printed)
    assert float(re.search(r"the trained MLP: ([\d.]+)", printed)[1]) > 0.1


def test_what_is_learned_here_is_not_known_there(printed: str):
    moved = [float(share) for share in re.findall(r"moved by \d: ([\d.]+)% right", printed)]
    once, shown = moved[:3], moved[3:]
    assert once[0] > 92 > 60 > once[1] > once[2]
    assert min(shown[:2]) > 88
    assert once[2] < shown[2] < 75


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70 and "<" not in line] == []
