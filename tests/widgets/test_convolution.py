"""The convolution demo's Python side: its traits, its HTML box, a learner's own function."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from traitlets import TraitError

from cnncourse.reference.convolution import conv2d
from cnncourse.widgets.convolution import KERNELS, Convolution
from cnncourse.widgets.samples import sample_images
from cnncourse.widgets.sliding_window import slide

WRONG = [
    ("image", [[1, 2], [3]], "all of one length"),
    ("image", [[0, 256]], "from 0 to 255"),
    ("image", [[0.5]], "whole number"),
    ("image", [[-1]], "whole number"),
    ("image", np.zeros((33, 4)), "1 to 32 rows and columns"),
    ("image", [], "1 to 32"),
    ("kernel", np.zeros((6, 6)), "1 to 5 rows and columns"),
    ("kernel", [[float("nan")]], "finite"),
    ("kernel", [1, 2, 3], r"shape \(3,\)"),
    ("kernel", [["a"]], "rows of numbers"),
    ("stride", 0, "stride"),
    ("padding", -1, "padding"),
    ("dilation", 4, "dilation"),
    ("stride", 1.5, "stride"),
    ("row", -1, "row"),
]


@pytest.mark.parametrize(("trait", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_in_words(trait, value, words):
    demo = Convolution()
    with pytest.raises(TraitError, match=words):
        setattr(demo, trait, value)


@pytest.mark.parametrize(("argument", "names"), [("image", sample_images()), ("kernel", KERNELS)])
def test_samples_have_names(argument, names):
    for name in names:
        np.testing.assert_array_equal(
            getattr(Convolution(**{argument: name}), argument), names[name]
        )
    with pytest.raises(ValueError, match=re.escape(", ".join(names))):
        Convolution(**{argument: "nothing like it"})


def test_samples_are_small_grey_and_not_flat():
    for image in sample_images().values():
        assert image.dtype == np.uint8
        assert max(image.shape) <= 32
        assert np.ptp(image) > 100


def test_box_holds_state_and_picture():
    demo = Convolution("impulse", [[0.5, -2]], stride=2)
    data, _ = demo._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    found = re.fullmatch(
        r'<div class="afm" data-module="convolution"><script type="application/json">(.*)</script>'
        r'<img src="data:image/png;base64,[A-Za-z0-9+/=]+" alt="([^"<>]+)"></div>',
        data["text/html"],
    )
    state = json.loads(found[1])
    assert state["kernel"] == [[0.5, -2]]
    assert state["stride"] == 2
    assert state["images"].keys() == sample_images().keys()
    assert not {"yours", "remark", "locked", "layout"} & state.keys()
    assert "9 by 9 image" in found[2]
    assert "(0.5 -2)" in found[2]


def test_state_of_a_page_is_small():
    assert len(json.dumps(Convolution("photograph").state(), separators=(",", ":"))) < 6000


@pytest.mark.parametrize("kernel", ["box blur", "Sobel x"])
def test_picture_shows_image_and_output(kernel):
    demo = Convolution("step edge", kernel)
    picture = np.asarray(Image.open(io.BytesIO(demo.picture())).convert("RGB")).astype(int)
    height, width = np.shape(demo.image)
    assert picture.shape == (height * 12, (width + width - 2) * 12 + 24, 3)
    np.testing.assert_allclose(picture[6, 6], 40, atol=4)
    edge = picture[6, width * 12 + 24 + 4 * 12 + 6]
    # The edge is orange where the sign matters, and grey where the output is an image again.
    assert (np.ptp(edge) > 150) == (kernel == "Sobel x")


def test_no_output_still_has_a_picture():
    demo = Convolution([[1, 2], [3, 4]], "Sobel x")
    assert demo.output().shape == (0, 0)
    assert Image.open(io.BytesIO(demo.picture())).height == 24


def test_jupyter_is_sent_one_text_without_imports():
    demo = Convolution()
    assert "export default { render }" in demo._esm
    assert not re.search(r"^(import|export (?!default))", demo._esm, re.MULTILINE)
    assert demo._esm.count("export const paint") + demo._esm.count("function paint(") == 1
    assert ".convolution-demo" in demo._css


def cross_correlate2d(image, kernel):
    return slide(image, kernel)


def forgets_return(image, kernel):
    slide(image, kernel)


def divides_by_zero(image, kernel):
    return 1 // 0


def keeps_the_dtype(image, kernel):
    return slide(image, kernel).astype(np.int64).astype(image.dtype)


def has_the_wrong_size(image, kernel):
    return np.zeros_like(image)


def returns_words(image, kernel):
    return "edges"


def returns_nothing_finite(image, kernel):
    return slide(image, kernel) * np.nan


def spoils_its_arguments(image, kernel):
    answer = slide(image, kernel)
    image[:], kernel[:] = 0, 0
    return answer


ANSWERS = [
    (cross_correlate2d, "agrees with the demo in every value", True),
    (spoils_its_arguments, "agrees with the demo in every value", True),
    (keeps_the_dtype, r"\d+ of 130 values differ. The first is output\[\d+, \d+\]: yours is", True),
    (has_the_wrong_size, r"shape \(12, 15\), expected \(10, 13\)", True),
    (returns_nothing_finite, "130 of 130 values differ", True),
    (forgets_return, "returned None", False),
    (divides_by_zero, "ZeroDivisionError", False),
    (returns_words, "ValueError", False),
]


@pytest.mark.parametrize(
    ("function", "words", "shown"), ANSWERS, ids=[answer[0].__name__ for answer in ANSWERS]
)
def test_a_learners_function_is_shown_and_judged(function, words, shown):
    image = np.arange(180).reshape(12, 15) * 7 % 256
    demo = Convolution(image, "Sobel x", function=function)
    assert re.search(words, demo.remark), demo.remark
    assert (demo.yours is not None) == shown
    assert demo.locked == ["stride", "padding", "dilation", "flip"]


def test_a_learners_function_follows_every_change():
    def mine(image, kernel, stride=1, padding=0):
        return slide(image, kernel, stride, padding)

    demo = Convolution(function=mine)
    assert demo.locked == ["dilation", "flip"]
    for change in ({"stride": 2}, {"padding": 3}, {"kernel": [[1, 2]]}, {"image": [[9] * 7] * 5}):
        demo.set_trait(*change.popitem())
        assert "every value" in demo.remark
        np.testing.assert_array_equal(demo.yours, demo.output())


def test_nothing_is_asked_where_no_window_fits():
    demo = Convolution([[1, 2], [3, 4]], "Sobel x", function=divides_by_zero)
    assert demo.yours is None
    assert demo.remark.startswith("No window fits")


def test_a_function_on_tensors():
    assert "every value" in Convolution(function=conv2d, tensors=True, stride=2).remark
    # A built-in function does not say what arguments it takes.
    assert "every value" in Convolution(function=torch.conv2d, tensors=True).remark


def test_a_setting_that_the_function_lacks_is_refused():
    with pytest.raises(ValueError, match="takes no argument 'stride'"):
        Convolution(function=cross_correlate2d, stride=2)
