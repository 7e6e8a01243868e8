"""Does the pooling chapter print what its prose says about it?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("04-pooling").chapter)
NUMBER = r" +(-?[\d.]+)"


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER)


def row(printed: str, name: str, count: int) -> list[float]:
    """The numbers behind a name at the start of a line."""
    found = re.search(rf"^{re.escape(name)}{NUMBER * count}$", printed, re.MULTILINE)
    assert found, name
    return [float(number) for number in found.groups()]


def test_sizes_and_products(printed: str):
    sizes = re.findall(r"^ *\d+ +\d+ +[\d–]+ +\d +(\d+) +(\d+)$", printed, re.MULTILINE)
    assert len(sizes) == 5
    assert all(ours == theirs for ours, theirs in sizes)
    large, small = (
        int(number.replace(",", "")) for number in re.findall(r"([\d,]+) products", printed)
    )
    assert large == 4 * small


def test_padding_and_gradients(printed: str):
    ours, theirs = re.findall(r"^(?:ours|torch): +(\[.*\])$", printed, re.MULTILINE)
    assert ours == theirs
    assert "zeros counted:  [0.25, 0.25, 0.25, 0.25]" in printed
    assert "max_pool2d hands back [0.0, 0.0, 1.0, 0.0]" in printed
    assert "amax       hands back [0.0, 0.0, 0.5, 0.5]" in printed
    assert "[0.0, 30.0, 40.0, 0.0]" in printed
    assert "same gradient: True" in printed


def test_odd_shifts_differ_and_even_ones_do_not(printed: str):
    for name in ("max pooling, 2 × 2", "average pooling, 2 × 2", "stride 2 only"):
        one, two, three, four = row(printed, name, 4)
        assert min(one, three) > 1
        assert two == four == 0


def test_small_windows_hardly_help(printed: str):
    pixels, small, large, everything = (
        row(printed, name, 4) for name in ("pixels", "max 2 × 2", "max 8 × 8", "global average")
    )
    for before, after in zip(pixels, small, strict=True):
        assert 0.9 * before - 0.01 < after <= before  # "changes hardly anything"
    for before, after in zip(pixels, large, strict=True):
        assert 0.6 * before < after < before  # "help only a little"
    assert everything == [0, 0, 0, 0]


def test_a_blur_keeps_the_mean(printed: str):
    means = dict(re.findall(r"^(.*, shift \d): .* mean ([\d.]+)$", printed, re.MULTILINE))
    assert means["with a blur, shift 0"] == means["with a blur, shift 1"]
    assert means["max pooling, shift 0"] != means["max pooling, shift 1"]
    assert row(printed, "max pooling with a blur", 2) == [0, 0]
    one, two = row(printed, "max pooling", 2)
    assert one > 0.01
    assert two == 0


def test_a_global_average_stays_and_forgets(printed: str):
    changes = dict(re.findall(r"padding (\w+) .* share: (\S+)$", printed, re.MULTILINE))
    assert float(changes["circular"]) < 1e-12
    assert 1e-12 < float(changes["zeros"]) < 0.2  # "only nearly so"
    assert float(re.search(r"difference: (\S+)", printed)[1]) < 1e-12


def test_heads_are_counted(printed: str):
    assert re.search(r"whole network +138,357,544", printed)
    assert re.search(r"its head +123,642,856", printed)
    assert re.search(r"^flatten +25,089,000$", printed, re.MULTILINE)
    assert re.search(r"^gap +513,000$", printed, re.MULTILINE)


def test_only_the_pooled_head_understands_few_examples(printed: str):
    runs = re.findall(r"^(flatten|gap) +known +([\d.]+)% +new +([\d.]+)%$", printed, re.MULTILINE)
    assert len(runs) == 6
    assert all(float(known) > 95 for _, known, _ in runs)  # "Both learn their examples"
    pooled, flat = (
        [float(new) for head, _, new in runs if head == one] for one in ("gap", "flatten")
    )
    assert min(pooled) > max(flat) + 5


def test_later_networks_pool_less(printed: str):
    assert row(printed, "vgg16", 2) == [5, 0]
    assert row(printed, "resnet50", 2)[0] == 1
    assert row(printed, "efficientnet_b0", 2)[0] == 0


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70 and "<" not in line] == []
