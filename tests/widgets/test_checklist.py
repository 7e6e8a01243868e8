"""The checklist demo's Python side: its counts against real networks, its traits, its box."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn
from traitlets import TraitError

from cnncourse.data.shapes import SHAPES
from cnncourse.inspection.summary import summary
from cnncourse.recipes.checklist import MOST_PARAMETERS, RADIUS
from cnncourse.recipes.checklist import SIDE as PICTURE
from cnncourse.reference.checklist import ChosenNet
from cnncourse.widgets.checklist import DESIGNS, ENDINGS, FILTERS, KERNELS, Checklist
from cnncourse.widgets.design import BUDGET, CLASSES, SHAPE, SIDE, costs, verdicts

convolution = st.tuples(st.just("conv"), st.sampled_from(KERNELS), st.sampled_from(FILTERS))
designs = st.lists(st.one_of(convolution, st.just(("pool",))), max_size=4)


def built(layers, ending: str) -> nn.Sequential:
    """The network that the demo talks of."""
    model, channels, side = nn.Sequential(), 1, SIDE
    for kind, *sizes in layers:
        if kind == "conv":
            kernel, filters = sizes
            model.append(nn.Conv2d(channels, filters, kernel, padding=kernel // 2))
            model.append(nn.BatchNorm2d(filters))
            model.append(nn.ReLU())
            channels = filters
        else:
            model.append(nn.MaxPool2d(2))
            side //= 2
    if ending != "flatten":
        pool = nn.AdaptiveAvgPool2d if ending == "average" else nn.AdaptiveMaxPool2d
        model.append(pool(1))
        side = 1
    return model.append(nn.Flatten()).append(nn.Linear(channels * side**2, CLASSES))


@settings(max_examples=40, deadline=None)
@given(designs, st.sampled_from(ENDINGS))
def test_counts_are_those_of_the_network(layers, ending):
    found, rows = summary(built(layers, ending), (1, SIDE, SIDE)), costs(layers, ending)
    assert sum(row.parameters for row in rows) == found.parameters
    assert sum(row.products for row in rows) == found.macs
    real = [layer for layer in found.layers if layer.kind in ("ReLU", "MaxPool2d")]
    for row, layer in zip(rows, real, strict=False):
        assert (row.channels, row.side, row.side) == layer.shape
        assert (row.sees, row.sees) == layer.field.size


def test_budget_and_pictures_are_the_exercises():
    assert (MOST_PARAMETERS, PICTURE, len(SHAPES)) == (BUDGET, SIDE, CLASSES)
    assert 2 * RADIUS[0] == SHAPE
    count = sum(one.numel() for one in ChosenNet().parameters())
    assert sum(row.parameters for row in costs(*DESIGNS["balanced"])) == count


def test_designs_are_good_examples():
    found = {name: "".join(str(int(one)) for one in verdicts(*DESIGNS[name])) for name in DESIGNS}
    assert found == {
        "dense": "01000",
        "flattened": "01011",
        "one wide layer": "11101",
        "without pooling": "11101",
        "balanced": "11111",
    }


WRONG = [
    ("layers", [["conv", 4, 8]], "neither"),
    ("layers", [["conv", 3, 9]], "neither"),
    ("layers", [["dense"]], "neither"),
    ("layers", [["pool"]] * 5, "4 of them poolings"),
    ("layers", [["conv", 3, 8]] * 9, "at most 8"),
    ("ending", "sum", "ending"),
]


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    with pytest.raises(TraitError, match=words):
        setattr(Checklist(), trait, value)


def test_unknown_design_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="dense, flattened"):
        Checklist("resnet")


def test_box_holds_state_and_picture():
    demo = Checklist("flattened")
    assert "Of five questions, 3 are content" in demo.to_html()
    assert demo.state()["layers"] == DESIGNS["flattened"][0]
    assert len(json.dumps(demo.state())) < 2_000
    assert Image.open(io.BytesIO(demo.picture())).size == (640, 240)
