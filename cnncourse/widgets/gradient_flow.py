"""How large the gradient is at each layer of a network: what the ResNet demo computes."""

from __future__ import annotations

import numpy as np

WIDTH, EXAMPLES = 32, 32
EPSILON = 1e-5


def gradient_sizes(
    depth: int, spread: float, batch_norm: bool, skip: bool, seed: int = 0
) -> np.ndarray:
    """The norms of the gradients of all weights, first layer to last, in relation to the last.

    A layer is linear, perhaps BatchNorm, ReLU, perhaps with a way around. Its weights are normal
    with `spread` times He's standard deviation; its biases have PyTorch's. The loss is the mean
    squared distance from random targets. The first layers are the same whatever the depth is.

    >>> gradient_sizes(3, 1.0, batch_norm=False, skip=False).shape
    (3,)
    """
    x, targets, layers = numbers(depth, seed)
    weights = layers[:, :, :-1] * spread * np.sqrt(2 / WIDTH)
    biases = layers[:, :, -1] * np.sqrt(1 / (3 * WIDTH))
    steps = []
    for weight, bias in zip(weights, biases, strict=True):
        before, deviation = x @ weight.T + bias, None
        if batch_norm:
            deviation = np.sqrt(before.var(0) + EPSILON)
            before = (before - before.mean(0)) / deviation
        steps.append((x, before, deviation))
        out = np.maximum(before, 0)
        x = x + out if skip else out
    arriving = 2 * (x - targets) / x.size
    sizes = np.empty(depth)
    for place in reversed(range(depth)):
        inputs, before, deviation = steps[place]
        grad = arriving * (before > 0)
        if batch_norm:
            shared = before * (grad * before).mean(0)
            grad = (grad - grad.mean(0) - shared) / deviation
        sizes[place] = np.linalg.norm(grad.T @ inputs)
        around = arriving if skip else 0
        arriving = grad @ weights[place] + around
    return sizes / sizes[-1]


def numbers(depth: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs (EXAMPLES, WIDTH), targets, and layers (depth, WIDTH, WIDTH + 1); all normal.

    In a layer's rows the bias stands behind the weights.
    """
    first, size = EXAMPLES * WIDTH, WIDTH * (WIDTH + 1)
    drawn = normals(2 * first + depth * size, seed)
    inputs, targets = drawn[: 2 * first].reshape(2, EXAMPLES, WIDTH)
    return inputs, targets, drawn[2 * first :].reshape(depth, WIDTH, WIDTH + 1)


def normals(count: int, seed: int) -> np.ndarray:
    """Normal numbers that JavaScript can draw as well, by Box and Muller."""
    even, odd = uniforms(2 * count, seed).reshape(count, 2).T
    return np.sqrt(-2 * np.log(1 - even)) * np.cos(2 * np.pi * odd)


def uniforms(count: int, seed: int) -> np.ndarray:
    """Numbers from 0 to 1, the i-th a scrambled i. (Mulberry32, by Tommy Ettinger.)"""
    state = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    mixed = (state ^ (state >> 15)) * (state | 1)
    mixed = (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) ^ mixed
    return (mixed ^ (mixed >> 14)) / 2**32
