"""The reference against PyTorch on sizes that nobody chose."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnncourse.models.mlp import mlp
from cnncourse.reference import mlp_scaling as reference

sizes = st.lists(st.integers(1, 6), min_size=2, max_size=5)
seeds = st.integers(0, 2**16)


def numbers(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@given(sizes, st.integers(1, 4), seeds)
@settings(deadline=None, derandomize=True)
def test_both_passes_equal_pytorch_s(sizes, batch, seed):
    network = mlp(sizes).double()
    dense = [layer for layer in network if isinstance(layer, nn.Linear)]
    weights, biases = [d.weight for d in dense], [d.bias for d in dense]
    x, upstream = numbers(seed, batch, sizes[0]), numbers(seed + 1, batch, sizes[-1])
    expected = network(x)
    torch.testing.assert_close(reference.mlp_forward(x, weights, biases), expected)
    theirs = torch.autograd.grad(expected, [*weights, *biases], upstream)
    plain = [w.detach() for w in weights], [b.detach() for b in biases]
    ours = reference.mlp_backward(x, *plain, upstream)
    torch.testing.assert_close([*ours[0], *ours[1]], list(theirs))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 20), st.booleans())
@settings(deadline=None, derandomize=True)
def test_parameters_are_those_of_pytorch_s_layer(shape, hidden, bias):
    inputs = torch.empty(1, *shape).numel()
    layer = nn.Linear(inputs, hidden, bias=bias)
    count = sum(parameter.numel() for parameter in layer.parameters())
    assert reference.dense_params(tuple(shape), hidden, bias) == count
    assert reference.dense_params(inputs, hidden, bias) == count


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), seeds)
@settings(deadline=None, derandomize=True)
def test_a_rewired_network_cannot_tell(batch, height, width, seed):
    images = numbers(seed, batch, 2, height, width)
    weight = numbers(seed + 1, 3, 2 * height * width)
    permuted, perm = reference.permute_pixels(images, torch.Generator().manual_seed(seed))
    assert permuted.shape == images.shape
    assert torch.equal(permuted.flatten(1), images.flatten(1)[:, perm])
    on_permuted = permuted.flatten(1) @ reference.rewire(weight, perm).T
    torch.testing.assert_close(on_permuted, images.flatten(1) @ weight.T)


X, WEIGHTS, BIASES = numbers(0, 3, 5), [numbers(1, 4, 5)], [numbers(2, 4)]
REFUSED = {
    "no input": lambda: reference.dense_params((3, 0), 4),
    "no units": lambda: reference.dense_params(3, 0),
    "an optimizer that nobody knows": lambda: reference.training_bytes(3, optimizer="lion"),
    "fewer parameters than none": lambda: reference.training_bytes(-1),
    "numbers without bytes": lambda: reference.training_bytes(1, 0),
    "no layer": lambda: reference.mlp_forward(X, [], []),
    "a bias too few": lambda: reference.mlp_forward(X, WEIGHTS, []),
    "a wider input": lambda: reference.mlp_forward(numbers(0, 3, 6), WEIGHTS, BIASES),
    "a longer bias": lambda: reference.mlp_forward(X, WEIGHTS, [numbers(2, 5)]),
    "another output": lambda: reference.mlp_backward(X, WEIGHTS, BIASES, numbers(3, 3, 5)),
    "too short an order": lambda: reference.rewire(WEIGHTS[0], torch.arange(4)),
    "a pixel twice": lambda: reference.rewire(WEIGHTS[0], torch.tensor([0, 1, 2, 2, 4])),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_words(call):
    with pytest.raises(ValueError, match=r"\w"):
        call()
