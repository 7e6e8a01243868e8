"""The pooling demo's Python side: its numbers, its traits, a learner's functions."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from traitlets import TraitError

from cnncourse.reference import pooling as reference
from cnncourse.widgets.pooling import LAYERS, STRIDES, Pooling, pool, sample_images, shift

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 16))


def by_reference(image, layer, size, stride):
    """The same through the course's own layers, with a frame that goes on at the other side."""
    x = torch.tensor(image, dtype=torch.float64)[None, None]
    if layer == "global":
        return reference.global_avg_pool(x).numpy()
    if layer == "stride":
        return x[0, 0, ::stride, ::stride].numpy()
    framed = F.pad(x, (0, size - 1, 0, size - 1), mode="circular")
    if layer == "average":
        return reference.avg_pool2d(framed, size, stride)[0, 0].numpy()
    if layer == "max":
        return reference.max_pool2d(framed, size, stride)[0, 0].numpy()
    largest = F.pad(reference.max_pool2d(framed, size, 1), (1, 1, 1, 1), mode="circular")
    weights = torch.tensor([1.0, 2, 1], dtype=torch.float64) / 4
    return F.conv2d(largest, torch.outer(weights, weights)[None, None], stride=stride)[0, 0].numpy()


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("layer", LAYERS)
def test_outputs_are_the_references(layer, size, stride):
    expected = by_reference(IMAGE, layer, size, stride)
    np.testing.assert_allclose(pool(IMAGE, layer, size, stride), expected)


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("layer", LAYERS)
def test_shifts_that_the_stride_divides_are_explained(layer, stride):
    for down, right in ((0, 0), (0, 4), (-8, 4), (4, 0)):
        assert not shift(IMAGE, layer, 2, stride, down, right).unexplained.any()


@pytest.mark.parametrize("layer", ["max", "average", "stride"])
def test_odd_shifts_are_not_explained_where_the_stride_is_two(layer):
    for right in (1, 3, -1):
        assert shift(IMAGE, layer, 2, 2, 0, right).unexplained.any()
        assert not shift(IMAGE, layer, 2, 1, 0, right).unexplained.any()


def test_a_global_average_stays_and_a_small_window_does_not():
    for way in ((1, 0), (3, 5), (-2, 8)):
        assert not shift(IMAGE, "global", 2, 2, *way).changed.any()
        assert shift(IMAGE, "max", 2, 2, *way).changed.any()


WRONG = [
    ("image", [[1] * 6] * 4, "multiples of 4"),
    ("image", [[300] * 4] * 4, "from 0 to 255"),
    ("layer", "median", "median"),
    ("size", 5, "size"),
    ("stride", 3, "stride"),
    ("right", 9, "right"),
    ("mark", "all", "mark"),
]


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    demo = Pooling()
    with pytest.raises(TraitError, match=words):
        setattr(demo, trait, value)


def test_samples_have_names_and_fit():
    for name, image in sample_images().items():
        np.testing.assert_array_equal(Pooling(name).image, image)
    with pytest.raises(ValueError, match="digit, photograph, dot, stripes"):
        Pooling("nothing like it")


def test_box_holds_state_and_picture():
    demo = Pooling("dot", layer="average", right=1)
    data, _ = demo._repr_mimebundle_()
    found = re.fullmatch(
        r'<div class="afm" data-module="pooling"><script type="application/json">(.*)</script>'
        r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="([^"<>]+)"></div>',
        data["text/html"],
    )
    state = json.loads(found[1])
    assert (state["layer"], state["right"], state["stride"]) == ("average", 1, 2)
    assert not {"yours", "remark", "layout"} & state.keys()
    assert "right by 1" in found[2]
    assert len(found[1]) < 8000


def test_picture_shows_the_image_and_both_outputs():
    picture = Image.open(io.BytesIO(Pooling("stripes", right=1).picture())).convert("RGB")
    assert picture.size == (3 * 160 + 2 * 24, 160)
    middle, now = (np.asarray(picture)[80, 184 + start : 344 + start, 0] for start in (0, 184))
    assert 0.4 < (middle > 128).mean() < 0.6  # stripes before ...
    assert (now > 128).all()  # ... and all white after a shift by one


def test_description_counts_what_is_marked():
    words = Pooling("stripes", right=1).describe()
    assert "32 of 64 outputs changed" in words
    assert "size 2, stride 2" in words
    assert "global average before" in Pooling(layer="global").describe()


def test_jupyter_is_sent_one_text_without_imports():
    demo = Pooling()
    assert "export default { render }" in demo._esm
    assert not re.search(r"^(import|export (?!default))", demo._esm, re.MULTILINE)
    assert ".pooling-demo" in demo._css


FUNCTIONS = {
    "max": reference.max_pool2d,
    "average": reference.avg_pool2d,
    "global": reference.global_avg_pool,
}


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("layer", FUNCTIONS)
def test_right_functions_agree_with_the_demo(layer, size):
    demo = Pooling(layer=layer, size=size, functions=FUNCTIONS)
    for changes in ({"right": 1}, {"stride": 4}, {"down": -3}, {"stride": 1}, {"image": IMAGE}):
        demo.set_trait(*changes.popitem())
        assert "every value" in demo.remark, demo.remark
        np.testing.assert_allclose(demo.yours, demo.shifted().after)


def forgets_return(x, kernel_size, stride=None):
    reference.max_pool2d(x, kernel_size, stride)


def divides_by_zero(x, kernel_size, stride=None):
    return 1 // 0


def is_still_empty(x, kernel_size, stride=None):
    raise NotImplementedError


def returns_words(x, kernel_size, stride=None):
    return "largest"


ANSWERS = [
    (lambda x, k, s=None: F.avg_pool2d(x, k, s), "values of your function differ", True),
    (lambda x, k, s=None: x, "shape", False),
    (forgets_return, "returned None", False),
    (divides_by_zero, "ZeroDivisionError", False),
    (is_still_empty, "still empty", False),
    (returns_words, "AttributeError", False),
]


@pytest.mark.parametrize(("function", "words", "shown"), ANSWERS)
def test_a_learners_function_is_shown_and_judged(function, words, shown):
    demo = Pooling(functions={"max": function})
    assert words in demo.remark
    assert (demo.yours is not None) == shown
    demo.layer = "stride"
    assert (demo.yours, demo.remark) == (None, "")
