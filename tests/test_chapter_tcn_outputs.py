"""Does the chapter on signals in time print what its prose says about it?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_outputs import executed, printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("10-tcn").chapter)


@pytest.fixture(scope="module")
def outputs(site: Path) -> list:
    """All that came out when the site was built."""
    return [output for cell in executed(CHAPTER).cells for output in cell.get("outputs", [])]


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    return printed_by(CHAPTER, plain=False)


def test_digits_of_the_outputs_are_the_inputs_that_were_seen(printed: str):
    assert "dilation 1: [1, 12, 123, 234]" in printed
    assert "dilation 2: [1, 2, 13, 24]" in printed
    assert "difference  [1.0, 5.0, 4.0, -3.0]" in printed


def test_formula_and_gradient_agree(printed: str):
    formula, gradient = re.search(r"formula: +(\d+)\ngradient: +(\d+)", printed).groups()
    assert formula == gradient == "29"
    assert "1000 steps: 8 levels of three taps or 7 of seven" in printed


def test_only_the_network_that_sees_far_enough_counts(printed: str):
    short, deep = re.findall(r"sees (\d+) letters, loss ([\d.]+):\n +(.*)", printed)
    assert (short[0], deep[0]) == ("5", "29")
    assert deep[2].startswith("twenty five twenty six twenty seven twenty eight twenty nine")
    assert not short[2].startswith("twenty five twenty six twenty seven")
    # "It can spell": every word but the last, which may be cut off, is one of the text.
    (source,) = [cell.source for cell in CHAPTER.cells if cell.source.startswith("first = ")]
    words = re.findall(r"[a-z]+", " ".join(re.findall(r'"""(.*?)"""', source, re.DOTALL)))
    assert set(short[2].split()[:-1]) <= set(words)
    assert float(deep[1]) < float(short[1])


def test_a_leak_has_the_lowest_loss_and_cannot_write(printed: str):
    losses = [float(one) for one in re.findall(r"letters, loss ([\d.]+)", printed)]
    loss, said = re.search(r"with a leak, loss ([\d.]+):\n +(.*)", printed).groups()
    assert float(loss) < 0.5 * min(losses)
    assert not said.startswith("twenty five twenty six")


def test_leaks_are_found(printed: str):
    found = dict(re.findall(r"^(\S.*?): +(True|False)$", printed, re.MULTILINE))
    assert found == {
        "the network that counts": "True",
        "the one that copies": "False",
        "a block": "True",
        "and BatchNorm, in training": "False",
        "and BatchNorm, in use": "True",
    }


def test_our_network_gets_what_the_exercise_asks_for(printed: str):
    assert int(re.search(r"parameters: (\d+)", printed)[1]) <= 30_000
    right = float(re.search(r"right on new signals: ([\d.]+)%", printed)[1])
    assert right > 92
    assert "copying without memory: 0.0204 = 0.0204" in printed


def test_sounds_are_small_and_say_what_they_are(outputs: list):
    pages = ["".join(one["data"].get("text/html", "")) for one in outputs if "data" in one]
    sounds = [page for page in pages if "<audio" in page]
    assert len(sounds) == 2
    for sound in sounds:
        assert 'aria-label="' in sound
        assert len(sound) < 40_000
