"""The demo of lesson 01-mlp-scaling, Python's side: its counts, its sum, a learner's function."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from cnncourse.reference.mlp_scaling import dense_params, rewire, training_bytes
from cnncourse.widgets.mlp_scaling import (
    EXAMPLES,
    TRAINING_BYTES,
    MlpScaling,
    examples,
    layer_params,
    looks_for_threes,
    shuffled,
)

ORDER = torch.randperm(64, generator=torch.Generator().manual_seed(0)).tolist()


@pytest.mark.parametrize(("side", "hidden"), [(8, 1), (224, 1000), (512, 10_000), (37, 91)])
def test_counts_are_the_reference_s_and_pytorch_s(side, hidden):
    dense, filters = layer_params(side, hidden)
    assert dense == dense_params((3, side, side), hidden)
    convolution = torch.nn.Conv2d(3, hidden, 3, device="meta")
    assert filters == sum(p.numel() for p in convolution.parameters())
    assert dense * TRAINING_BYTES == training_bytes(dense)


def test_filters_cost_the_same_at_every_size():
    assert len({layer_params(side, 100)[1] for side in (8, 64, 512)}) == 1


def test_shuffle_and_rewiring_are_the_reference_s():
    image, unit = np.array(examples()["a one"]), np.array(looks_for_threes())
    moved, weights = shuffled(image, ORDER), shuffled(unit, ORDER)
    np.testing.assert_array_equal(moved.ravel(), image.ravel()[ORDER])
    by_reference = rewire(torch.tensor(unit).reshape(1, 64), torch.tensor(ORDER))
    np.testing.assert_array_equal(weights.ravel(), by_reference[0].numpy())
    assert (moved * weights).sum() == (image * unit).sum()


def test_the_unit_cannot_tell_a_shuffle_when_it_is_rewired():
    for name in EXAMPLES:
        before = MlpScaling(name).sum()
        assert MlpScaling(name, order=ORDER, rewired=True).sum() == before
        assert MlpScaling(name, order=ORDER).sum() != before


WRONG = [
    ("side", 0, "side"),
    ("side", 2.5, "side"),
    ("hidden", 0, "hidden"),
    ("order", [0, 1, 2], "each pixel once"),
    ("order", [0] * 64, "each pixel once"),
    ("image", [[256]], "from 0 to 255"),
]


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    demo = MlpScaling()
    with pytest.raises(TraitError, match=words):
        setattr(demo, trait, value)


def test_images_have_names_and_units_their_size():
    for name in EXAMPLES:
        assert MlpScaling(name).image == examples()[name]
    with pytest.raises(ValueError, match="a three, a one, a seven"):
        MlpScaling("a cat")
    with pytest.raises(ValueError, match="one weight for each pixel"):
        MlpScaling([[1, 2, 3]])
    assert MlpScaling([[1, 2, 3]], unit=[[1, 0, -1]]).sum() == -2


def test_box_holds_state_and_picture():
    data, _ = MlpScaling(side=32, hidden=10)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    found = re.fullmatch(
        r'<div class="afm" data-module="mlp_scaling"><script type="application/json">(.*)</script>'
        r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="([^"<>]+)"></div>',
        data["text/html"],
    )
    state = json.loads(found[1])
    assert (state["side"], state["hidden"], state["order"]) == (32, 10, [])
    assert not {"yours", "remark"} & state.keys()
    assert len(found[1]) < 3000
    assert f"{dense_params((3, 32, 32), 10)} parameters" in found[2]
    assert "adds up to 7210" in found[2]


def test_picture_shows_bars_image_and_weights():
    demo = MlpScaling(side=224, hidden=1000)
    picture = np.asarray(Image.open(io.BytesIO(demo.picture())).convert("RGB")).astype(int)
    assert picture.shape == (8 * 12, (30 + 8 + 8) * 12 + 2 * 24, 3)
    orange, blue = picture[2 * 12 + 6, :360], picture[6 * 12 + 6, :360]
    # The dense layer's bar is longer by as many tenfolds as it costs more.
    longer = (orange[:, 0] > orange[:, 2] + 50).sum() - (blue[:, 2] > blue[:, 0] + 50).sum()
    assert 9 * 12 < longer < 14 * 12


def test_jupyter_is_sent_one_text_without_imports():
    demo = MlpScaling()
    assert "export default { render }" in demo._esm
    assert not re.search(r"^(import|export (?!default))", demo._esm, re.MULTILINE)
    assert ".mlp-demo" in demo._css


def is_empty(in_shape, hidden, bias=True):
    raise NotImplementedError()


def forgets_the_bias(in_shape, hidden, bias=True):
    return dense_params(in_shape, hidden, bias=False)


def forgets_return(in_shape, hidden, bias=True):
    dense_params(in_shape, hidden)


def stops(in_shape, hidden, bias=True):
    return 1 // 0


@pytest.mark.parametrize(
    ("function", "yours", "remark"),
    [
        (dense_params, "150,529,000", "It agrees with the demo."),
        (forgets_the_bias, "150,528,000", "Expected: 150,529,000."),
        (forgets_return, "None", "Expected: 150,529,000."),
        (is_empty, "", "Your function is still empty."),
        (stops, "", "ZeroDivisionError"),
    ],
)
def test_a_learners_function_is_asked(function, yours, remark):
    demo = MlpScaling(function=function)
    assert demo.yours == yours
    assert remark in demo.remark


def test_a_learners_function_follows_the_sliders():
    demo = MlpScaling(function=forgets_the_bias)
    demo.side = 2
    assert demo.yours == "12,000"
    demo.hidden = 10
    assert (demo.yours, demo.remark) == ("120", "Expected: 130.")
