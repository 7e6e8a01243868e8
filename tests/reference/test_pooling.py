"""The reference against PyTorch on shapes that nobody chose."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncourse.reference import pooling as reference

small = st.integers(1, 3)
pairs = st.tuples(small, small)


@st.composite
def pools(draw):
    """Maps and a window that fits; coarse numbers, so that many are equal."""
    kernel, stride = draw(pairs), draw(st.none() | small | pairs)
    size = [draw(st.integers(k, k + 5)) for k in kernel]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**16)))
    coarse = draw(st.sampled_from((1.0, 1000.0)))
    x = torch.randn(draw(small), draw(small), *size, generator=generator, dtype=torch.float64)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    return (x * coarse).round() / coarse, kernel, stride, padding


@given(pools())
@settings(deadline=None, derandomize=True)
def test_pooling_equals_pytorchs(pool):
    x, kernel, stride, padding = pool
    got = reference.max_pool2d(x, kernel, stride, padding)
    assert torch.equal(got, F.max_pool2d(x, kernel, stride, padding))
    got, expected = reference.avg_pool2d(x, kernel, stride), F.avg_pool2d(x, kernel, stride)
    torch.testing.assert_close(got, expected)


@given(pools())
@settings(deadline=None, derandomize=True)
def test_the_way_back_equals_pytorchs_also_where_numbers_are_equal(pool):
    x, kernel, stride, _ = pool
    x.requires_grad_()
    expected = F.max_pool2d(x, kernel, stride)
    upstream = torch.randn_like(expected)
    (theirs,) = torch.autograd.grad(expected, x, upstream)
    ours = reference.max_pool2d_backward(upstream, x.detach(), kernel, stride)
    torch.testing.assert_close(ours, theirs)


def test_global_average_pooling_equals_pytorchs():
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    expected = F.adaptive_avg_pool2d(x, 1).flatten(1)
    torch.testing.assert_close(reference.global_avg_pool(x), expected)


X = torch.zeros(2, 3, 4, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: reference.max_pool2d(X, 5),
        lambda: reference.max_pool2d(X, 3, padding=2),
        lambda: reference.max_pool2d(X, 3, padding=-1),
        lambda: reference.max_pool2d(X, 2, stride=0),
        lambda: reference.avg_pool2d(X, (2, 6)),
        lambda: reference.max_pool2d_backward(torch.zeros(2, 3, 2, 3), X, 2),
        lambda: reference.head_params("mean", 3, 4, 5, 6),
        lambda: reference.head_params("gap", 3, 0, 5, 6),
    ],
)
def test_impossible_requests_are_refused_in_words(wrong):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        wrong()
