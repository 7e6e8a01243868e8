"""The reference against PyTorch and SciPy on shapes that nobody chose."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from cnncourse.reference import convolution as reference

small = st.integers(1, 3)
pairs = st.tuples(small, small)


@st.composite
def layers(draw):
    """A layer whose kernel fits, with everything at its own size."""
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = [draw(st.integers(span, span + 5)) for span in spans]
    n, c, f = draw(small), draw(small), draw(small)
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)

    x, weight, bias = normal(n, c, *size), normal(f, c, *kernel), normal(f)
    return x, weight, bias, {"stride": stride, "padding": padding, "dilation": dilation}


@given(layers())
@settings(deadline=None, derandomize=True)
def test_conv2d_and_its_gradients_equal_pytorchs(layer):
    x, weight, bias, options = layer
    got = reference.conv2d(x, weight, bias, **options)
    expected = F.conv2d(x, weight, bias, **options)
    torch.testing.assert_close(got, expected)
    upstream = torch.randn_like(expected)
    ours = torch.autograd.grad(got, (x, weight, bias), upstream)
    theirs = torch.autograd.grad(expected, (x, weight, bias), upstream)
    torch.testing.assert_close(ours, theirs)
    if options.pop("dilation") == (1, 1):
        by_hand = reference.conv2d_backward(upstream, x.detach(), weight.detach(), **options)
        torch.testing.assert_close(by_hand, theirs)


@given(n=st.integers(1, 40), k=small, s=st.integers(1, 6), p=st.integers(0, 4), d=small)
def test_output_size_counts_the_windows(n, k, s, p, d):
    starts = [i for i in range(0, n + 2 * p, s) if i + d * (k - 1) < n + 2 * p]
    if starts:
        assert reference.output_size(n, k, s, p, d) == len(starts)
    else:
        with pytest.raises(ValueError, match="no window"):
            reference.output_size(n, k, s, p, d)


@given(
    image=st.tuples(st.integers(3, 7), st.integers(3, 7)),
    kernel=pairs,
    dtype=st.sampled_from(["uint8", "int16", "float32", "float64"]),
    seed=st.integers(0, 2**16),
)
def test_correlation_and_convolution_equal_scipys(image, kernel, dtype, seed):
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 200, image).astype(dtype)
    kernel = generator.integers(-9, 10, kernel)
    for ours, theirs in (
        (reference.cross_correlate2d, signal.correlate2d),
        (reference.convolve2d, signal.convolve2d),
    ):
        np.testing.assert_array_equal(
            ours(image, kernel), theirs(image.astype(np.int64), kernel, "valid")
        )


def test_impulse_tells_correlation_from_convolution():
    impulse, kernel = np.zeros((5, 7)), np.arange(1, 7).reshape(2, 3)
    impulse[2, 3] = 1
    np.testing.assert_array_equal(reference.convolve2d(impulse, kernel)[1:3, 1:4], kernel)
    np.testing.assert_array_equal(
        reference.cross_correlate2d(impulse, kernel)[1:3, 1:4], kernel[::-1, ::-1]
    )


def test_sobel_sign_is_what_the_chapter_says():
    gx, gy, magnitude = reference.sobel_edges(np.array([[0, 0, 100, 100]] * 3, np.uint8))
    assert gx.min() == 400
    assert not gy.any()
    np.testing.assert_array_equal(magnitude, gx)


@pytest.mark.parametrize(
    "call",
    [
        lambda: reference.conv2d(torch.ones(1, 2, 5, 5), torch.ones(1, 3, 2, 2)),
        lambda: reference.conv2d(torch.ones(1, 1, 5, 5), torch.ones(1, 1, 6, 2)),
        lambda: reference.conv2d(torch.ones(1, 1, 5, 5), torch.ones(2, 1, 2, 2), torch.ones(3)),
        lambda: reference.cross_correlate2d(np.ones((2, 2)), np.ones((3, 1))),
        lambda: reference.conv2d_backward(
            torch.ones(1, 1, 5, 5), torch.ones(1, 1, 5, 5), torch.ones(1, 1, 2, 2)
        ),
        lambda: reference.output_size(5, 3, stride=0),
    ],
)
def test_impossible_sizes_are_refused_in_words(call):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        call()
