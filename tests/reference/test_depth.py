"""The reference of lesson 05-depth on sizes that nobody chose."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, nn

from cnncourse.inspection.summary import summary
from cnncourse.reference import depth as reference

small = st.integers(1, 3)
layers = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2), small), min_size=1, max_size=4)


@given(layers)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_formula_gradient_and_summary_agree(layers):
    size, jump = reference.receptive_field(layers)
    stack = nn.Sequential(
        *(nn.Conv2d(1, 1, k, stride=s, dilation=d) for k, s, d in layers), nn.ReLU()
    ).double()
    for layer in stack[:-1]:
        nn.init.uniform_(layer.weight, 0.5, 1)
    # One output, and no pixel to spare beyond one jump.
    side = size + jump - 1
    assert reference.gradient_receptive_field(stack, (1, side, side)) == (size, size)
    seen = summary(stack, (1, side, side)).layers[len(layers) - 1].field
    assert (seen.size, seen.jump) == ((size,) * 2, (jump,) * 2)


@given(st.integers(0, 2**16))
def test_relu_and_its_gradient_equal_pytorchs(seed):
    chance = Generator().manual_seed(seed)
    x = torch.randint(-3, 4, (4, 5), generator=chance).double().requires_grad_()
    grad_out = torch.randn(4, 5, generator=chance, dtype=torch.float64)
    assert torch.equal(reference.relu(x), F.relu(x))
    expected = torch.autograd.grad(F.relu(x), x, grad_out)[0]
    assert torch.equal(reference.relu_backward(grad_out, x.detach()), expected)


@given(groups=small, one=small, other=small, kernel=st.tuples(small, small), side=small)
@settings(deadline=None)
def test_macs_are_those_of_the_summary(groups, one, other, kernel, side):
    layer = nn.Conv2d(groups * one, groups * other, kernel, groups=groups)
    shape = (groups * one, side + kernel[0] - 1, side + 1 + kernel[1] - 1)
    expected = summary(nn.Sequential(layer), shape).macs
    sizes = (groups * one, groups * other, kernel, side, side + 1)
    assert reference.conv_macs(*sizes, groups=groups) == expected


def test_he_init_keeps_a_signal_through_convolutions():
    chance = Generator().manual_seed(0)
    x = torch.randn(4, 32, 16, 16, generator=chance)
    for _ in range(10):
        weight = reference.he_init((32, 32, 3, 3), chance)
        x = reference.relu(F.conv2d(F.pad(x, (1,) * 4, mode="circular"), weight))
    assert 0.1 < x.square().mean().sqrt() < 10


def test_model_is_left_as_it_was():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert reference.gradient_receptive_field(model, (1, 12, 12)) == (4, 4)
    assert model.training
    assert isinstance(model[2], nn.ReLU)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    "call",
    [
        lambda: reference.relu_backward(torch.ones(2, 3), torch.ones(3, 2)),
        lambda: reference.he_init((3,), Generator()),
        lambda: reference.conv_macs(4, 6, 3, 5, 5, groups=3),
    ],
)
def test_impossible_requests_are_refused_in_words(call):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        call()
