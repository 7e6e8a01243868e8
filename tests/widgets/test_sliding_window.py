"""The demo's one pure function, held against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncourse.reference import convolution as reference
from cnncourse.widgets.sliding_window import output_shape, slide, window


@st.composite
def problems(draw: st.DrawFn) -> dict:
    sides = [draw(st.integers(1, 9)) for _ in "HW"]
    kernel_sides = [draw(st.integers(1, 4)) for _ in "HW"]
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        "image": generator.integers(0, 256, sides),
        "kernel": generator.integers(-9, 10, kernel_sides),
        "stride": draw(st.integers(1, 4)),
        "padding": draw(st.integers(0, 3)),
        "dilation": draw(st.integers(1, 3)),
    }


def torchs_output(image, kernel, stride, padding, dilation) -> np.ndarray:
    x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (image, kernel))
    return torch.conv2d(x, weight, None, stride, padding, dilation)[0, 0].numpy()


@settings(max_examples=200, deadline=None)
@given(problems(), st.booleans())
def test_slide_is_torchs_convolution(problem, flip):
    kernel = problem["kernel"][::-1, ::-1].copy() if flip else problem["kernel"]
    try:
        expected = torchs_output(**{**problem, "kernel": kernel})
    except RuntimeError:  # torch's word for "no window fits"
        expected = np.zeros((0, 0))
    assert output_shape(**problem) == expected.shape
    np.testing.assert_array_equal(slide(**problem, flip=flip), expected)


@given(problems())
def test_window_names_the_pixels_it_multiplied(problem):
    if 0 in output_shape(**problem):
        return
    seen = window(**problem, row=0, column=0)
    padded = np.pad(problem["image"], problem["padding"])
    rows, columns = seen.rows + problem["padding"], seen.columns + problem["padding"]
    np.testing.assert_array_equal(seen.pixels, padded[rows, columns])
    np.testing.assert_array_equal(seen.weights, problem["kernel"])
    assert seen.total == (seen.pixels * seen.weights).sum()


def test_agrees_with_the_courses_own_reference():
    generator = np.random.default_rng(3)
    image, kernel = generator.integers(0, 256, (7, 9)), generator.integers(-5, 6, (3, 2))
    for theirs, flip in ((reference.cross_correlate2d, False), (reference.convolve2d, True)):
        np.testing.assert_array_equal(slide(image, kernel, flip=flip), theirs(image, kernel))


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (0, -1), (2, 0), (0, 3)])
def test_no_window_outside_of_the_output(row, column):
    with pytest.raises(IndexError, match="2 by 3 output"):
        window(np.zeros((4, 5)), np.ones((3, 3)), row, column)
