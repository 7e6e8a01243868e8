"""Does the chapter on residual networks print what its prose says about it?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_outputs import executed, printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson
from cnncourse.reference.resnet import cifar_resnet_params

CHAPTER = Chapter(Path(__file__).parents[1] / find_lesson("08-resnet").chapter)


@pytest.fixture(scope="module")
def outputs(site: Path) -> list:
    """All that came out when the site was built."""
    return [output for cell in executed(CHAPTER).cells for output in cell.get("outputs", [])]


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    return printed_by(CHAPTER, plain=False)


def test_block_with_zero_factors_does_nothing(printed: str):
    before, after = (float(one) for one in re.findall(r"changed by ([\d.]+)", printed))
    assert before > 0.5
    assert after == 0


def test_projections_are_where_the_shape_changes(printed: str):
    kinds = re.findall(r"(\d+) -> +(\d+), stride (\d): (.*)", printed)
    assert len(kinds) == 4
    for before, behind, stride, kind in kinds:
        fits = before == behind and stride == "1"
        assert kind == ("x itself" if fits else "projection")


def test_factor_on_each_shortcut_adds_up(printed: str):
    left = [float(one) for one in re.findall(r"for each of 50 blocks: (\S+)", printed)]
    assert left[-1] == 1
    assert max(left[:-1]) < 0.01


def test_shapes_are_halved_and_channels_doubled(printed: str):
    found = re.findall(r"^layer\d +(\d+) × (\d+) × (\d+)$", printed, re.MULTILINE)
    assert found == [(str(64 * 2**i), str(56 // 2**i), str(56 // 2**i)) for i in range(4)]


def test_names_are_the_numbers_of_layers(printed: str):
    counts = re.findall(r"ResNet-(\d+): 1 \+ .* = (\d+)", printed)
    assert [name for name, _ in counts] == ["18", "34", "50", "101", "152"]
    assert all(name == count for name, count in counts)


def test_table_has_the_published_numbers(outputs):
    tables = [o.data["text/markdown"] for o in outputs if "text/markdown" in o.get("data", {})]
    table = next(one for one in tables if "published top-1" in one)
    for parameters in ("11,689,512", "21,797,672", "25,557,032", "44,549,160", "60,192,808"):
        assert parameters in table
    # "There are published weights with 76.1 %" for ResNet-50.
    assert re.search(r"ResNet-50 .* 76\.1", table)
    macs = {name: float(one) for name, one in re.findall(r"ResNet-(\d+) .*?\| ([\d.]+) \|", table)}
    assert macs["50"] < 1.15 * macs["34"]


def test_product_fades_and_sum_does_not(printed: str):
    assert float(re.search(r"plain: +(\S+)", printed)[1]) < 1e-20
    assert float(re.search(r"residual: +(\S+)", printed)[1]) > 1


def test_folded_layer_differs_by_rounding_only(printed: str):
    assert float(re.search(r"largest difference: (\S+)", printed)[1]) < 1e-4


def test_thin_networks_are_counted_and_only_the_deepest_is_worse(printed: str):
    lines = re.findall(r"^ +(\d+) +([\d,]+) +([\d.]+) %$", printed, re.MULTILINE)
    assert len(lines) == 6
    for depth, parameters, _ in lines:
        assert int(parameters.replace(",", "")) == cifar_resnet_params(int(depth))
    errors = [float(error) for _, _, error in lines]
    assert errors[:-1] == sorted(errors[:-1], reverse=True)
    assert errors[-1] > errors[-2]
    assert "as many without shortcuts: True" in printed


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70] == []
