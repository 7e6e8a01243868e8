"""The multilayer perceptron (MLP): what it costs, its two passes, a shuffle.

Axes: N examples, D numbers in an example. Layer i of an MLP has a weight of
shape (D_i+1, D_i) and a bias of shape (D_i+1,).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

# What an optimizer keeps for each parameter, beside the parameter itself.
STATE = {"sgd": 0, "momentum": 1, "adam": 2}


def dense_params(
    in_shape: int | tuple[int, ...], hidden: int, bias: bool = True
) -> int:
    """How many parameters one dense layer has.

    in_shape: of the input, without the batch; one number stands for (number,).
    Each of the `hidden` units has a weight for each input, and one bias.
    ValueError where a size is below 1.

    >>> dense_params((3, 2, 2), hidden=10)
    130
    >>> dense_params(12, hidden=10, bias=False)
    120
    """
    shape = (in_shape,) if isinstance(in_shape, int) else tuple(in_shape)
    if min((*shape, hidden)) < 1:
        raise ValueError(f"sizes count from 1: {shape}, hidden {hidden}")
    return (math.prod(shape) + bool(bias)) * hidden


def training_bytes(
    params: int, bytes_per_value: int = 4, optimizer: str = "adam"
) -> int:
    """The memory that is tied up while so many parameters are trained.

    Each parameter has a weight and a gradient. "sgd" keeps nothing else,
    "momentum" one running mean, "adam" two (Kingma & Ba 2015, algorithm 1).
    ValueError for another optimizer and for sizes that cannot be.

    >>> training_bytes(10), training_bytes(10, 2, "sgd")
    (160, 40)
    """
    if optimizer not in STATE:
        known = ", ".join(STATE)
        raise ValueError(f"no optimizer {optimizer!r}: there are {known}")
    if params < 0 or bytes_per_value < 1:
        raise ValueError(f"{params} values of {bytes_per_value} bytes")
    return (2 + STATE[optimizer]) * params * bytes_per_value


def require_a_chain(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> None:
    """ValueError unless each layer takes what the one before it gives."""
    if not weights or len(weights) != len(biases):
        raise ValueError(f"{len(weights)} weights, {len(biases)} biases")
    sizes = [x.shape[-1], *(len(weight) for weight in weights)]
    for (inputs, outputs), weight, bias in zip(
        pairwise(sizes), weights, biases, strict=True
    ):
        if weight.shape != (outputs, inputs) or bias.shape != (outputs,):
            raise ValueError(
                f"a layer from {inputs} to {outputs} numbers: its weight is "
                f"{tuple(weight.shape)}, its bias {tuple(bias.shape)}"
            )


def layer_inputs(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> list[Tensor]:
    """What each layer of an MLP is given, and last what comes out.

    x (N, D0) -> [(N, D0), (N, D1), ...]. ReLU follows each layer but the last.

    >>> weights = [torch.tensor([[1.0], [-1.0]]), torch.tensor([[10.0, 1.0]])]
    >>> biases = [torch.zeros(2), torch.zeros(1)]
    >>> steps = layer_inputs(torch.tensor([[3.0]]), weights, biases)
    >>> [step.tolist() for step in steps]
    [[[3.0]], [[3.0, 0.0]], [[30.0]]]
    """
    require_a_chain(x, weights, biases)
    steps = [x]
    for weight, bias in zip(weights, biases, strict=True):
        if len(steps) > 1:
            steps[-1] = steps[-1].clamp(min=0)
        steps.append(steps[-1] @ weight.T + bias)
    return steps


def mlp_forward(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> Tensor:
    """A multilayer perceptron: dense layers with ReLU between them.

    x (N, D0), weights[i] (D_i+1, D_i), biases[i] (D_i+1,) -> (N, D_last)
    ValueError where the sizes do not make a chain.

    >>> weights = [torch.tensor([[1.0], [-1.0]]), torch.tensor([[10.0, 1.0]])]
    >>> biases = [torch.zeros(2), torch.tensor([0.5])]
    >>> mlp_forward(torch.tensor([[3.0], [-2.0]]), weights, biases).tolist()
    [[30.5], [2.5]]
    """
    return layer_inputs(x, weights, biases)[-1]


def mlp_backward(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    grad_out: Tensor,
) -> tuple[list[Tensor], list[Tensor]]:
    """The gradients of an MLP's weights and biases, by the chain rule.

    grad_out (N, D_last): how the loss changes with each output
    -> grad_weights and grad_biases, lists of tensors shaped as the originals
    (Rumelhart, Hinton & Williams 1986.) ValueError where sizes do not fit.

    >>> weights = [torch.tensor([[1.0], [-1.0]]), torch.tensor([[10.0, 1.0]])]
    >>> biases = [torch.zeros(2), torch.zeros(1)]
    >>> x, grad_out = torch.tensor([[3.0]]), torch.tensor([[2.0]])
    >>> grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    >>> [grad.tolist() for grad in grad_weights]
    [[[60.0], [0.0]], [[6.0, 0.0]]]
    >>> [grad.tolist() for grad in grad_biases]
    [[20.0, 0.0], [2.0]]
    """
    *given, out = layer_inputs(x, weights, biases)
    if grad_out.shape != out.shape:
        raise ValueError(f"the output is {tuple(out.shape)}, grad_out is not")
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.insert(0, grad_out.T @ given[layer])
        grad_biases.insert(0, grad_out.sum(0))
        if layer > 0:
            # What ReLU set to zero had no say in the loss.
            grad_out = (grad_out @ weights[layer]) * (given[layer] > 0)
    return grad_weights, grad_biases


def permute_pixels(
    images: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Shuffle the numbers of all images, in the same order in each of them.

    images (N, ...) with D numbers each -> permuted (N, ...), perm (D,)
    Place j of a permuted image holds what was at place perm[j].

    >>> images = torch.tensor([[5, 6, 7], [50, 60, 70]])
    >>> permute_pixels(images, torch.Generator().manual_seed(1))
    (tensor([[ 6,  7,  5],
            [60, 70, 50]]), tensor([1, 2, 0]))
    """
    flat = images.flatten(1)
    perm = torch.randperm(
        flat.shape[1], generator=generator, device=generator.device
    )
    perm = perm.to(images.device)
    return flat[:, perm].reshape(images.shape), perm


def rewire(weight: Tensor, perm: Tensor) -> Tensor:
    """The first weight of an MLP, reconnected for shuffled pixels.

    weight (hidden, D), perm (D,) -> (hidden, D). On pixels in the order perm
    it gives what `weight` gave on the original ones.
    ValueError where perm is not an order of D pixels.

    >>> weight = torch.tensor([[1.0, 10.0, 100.0]])
    >>> rewire(weight, torch.tensor([2, 0, 1])).tolist()
    [[100.0, 1.0, 10.0]]
    """
    every_pixel = torch.arange(weight.shape[1], device=perm.device)
    if not torch.equal(perm.sort().values, every_pixel):
        raise ValueError(f"no order of {weight.shape[1]} pixels: {perm}")
    return weight[:, perm]
