"""Do the cells of the chapter on representations print what its prose says?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("06-representations").chapter)


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What came out when the site was built."""
    return printed_by(CHAPTER, plain=False)


def share(printed: str, name: str) -> float:
    return float(re.search(rf"^{name} +([\d.]+)% right", printed, re.MULTILINE)[1])


def test_the_network_learns(printed: str):
    assert share(printed, "before training") < 30
    assert share(printed, "after") > 90


def test_a_hook_without_a_copy_is_written_over(printed: str):
    assert "we think: [0.0, 2.0]" in printed
    assert "what it did say: [-1.0, 2.0]" in printed


def test_every_start_leads_to_the_kernel(printed: str):
    cosines = re.findall(r"cosine with the kernel: ([\d.]+)", printed)
    assert len(cosines) == 3
    assert all(float(one) > 0.999 for one in cosines)


def test_a_climbed_picture_excites_far_more_than_a_real_one(printed: str):
    found = dict(
        re.findall(r"^(real|climbed|other start|smooth) +([\d.]+)$", printed, re.MULTILINE)
    )
    real, climbed, other, smooth = (float(value) for value in found.values())
    assert min(climbed, other) > 2 * real
    assert real < smooth < climbed


def test_frozen_weights_stay_and_the_network_is_ruined(printed: str):
    assert "all weights are as they were: True" in printed
    assert share(printed, "after looking") < share(printed, "before") - 30


def test_a_line_reads_most_from_trained_features(printed: str):
    pixels, untrained, trained = (
        share(printed, name) for name in ("pixels", "untrained features", "trained features")
    )
    assert pixels < 40 < untrained < trained - 10


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70] == []
