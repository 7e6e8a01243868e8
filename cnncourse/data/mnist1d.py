"""MNIST-1D: ten short curves, stretched, moved and hidden in noise, to be told apart.

Greydanus & Kobak 2024, "Scaling down deep learning with MNIST-1D", section 2 and appendix A. With
the same seed, these are the very numbers that the authors' own package makes.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from cnncourse.data.split import Split

Signal = NDArray[np.float64]

# Drawn by the authors (Apache License 2.0): with other numbers it would not be MNIST-1D.
STROKES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
CLASSES = len(STROKES)

FEWEST_ZEROS, MOST_ZEROS = 36, 60
CANVAS = len(STROKES[0]) + MOST_ZEROS
LENGTH = 40


def digit_templates() -> Tensor:
    """The clean curves that all examples are made from, -> (10, 12), one row for each digit.

    Each starts and ends at 0, and its standard deviation is 1 / 6.

    >>> digit_templates()[7, :4]
    tensor([0.0000, 0.3699, 0.3699, 0.2959])
    """
    return torch.from_numpy(_templates()).float()


def mnist1d(count: int = 5000, *, seed: int = 42, held_out: float = 0.2) -> Split:
    """MNIST-1D, made anew: as many examples of each digit, in random order.

    -> inputs (N, 1, 40) and held_out (M, 1, 40), where M = held_out * count, rounded, and
    N = count - M. All of them together have mean 0 and standard deviation 1. ValueError when count
    is not a positive multiple of 10, or when held_out is not from 0 to 1.

    >>> split = mnist1d(20, held_out=0.25)
    >>> split.inputs.shape, split.held_out_targets.shape
    (torch.Size([15, 1, 40]), torch.Size([5]))
    """
    if count <= 0 or count % CLASSES:
        raise ValueError(f"count={count}: it must be a positive multiple of {CLASSES}")
    if not 0 <= held_out <= 1:
        raise ValueError(f"held_out={held_out}: it must be from 0 to 1")
    # NumPy's old generator, because the authors used it.
    random = np.random.RandomState(seed)
    each = count // CLASSES
    signals = np.stack([_example(curve, random) for curve in _templates() for _ in range(each)])
    order = random.permutation(count)
    signals = signals[order]
    signals = (signals - signals.mean()) / signals.std()
    inputs = torch.from_numpy(signals).float()[:, None]
    targets = torch.arange(CLASSES).repeat_interleave(each)[torch.from_numpy(order)]
    first_held_out = count - round(count * held_out)
    return Split(
        inputs=inputs[:first_held_out],
        targets=targets[:first_held_out],
        held_out=inputs[first_held_out:],
        held_out_targets=targets[first_held_out:],
    )


def _templates() -> Signal:
    curves = np.array(STROKES, dtype=np.float64)
    curves -= curves.mean(axis=1, keepdims=True)
    curves /= curves.std(axis=1, keepdims=True)
    return (curves - curves[:, :1]) / 6


def _example(curve: Signal, random: np.random.RandomState) -> Signal:
    """One noisy signal (40,). The random numbers are drawn in the authors' order."""
    zeros = FEWEST_ZEROS + int(random.rand() * (MOST_ZEROS - FEWEST_ZEROS + 1))
    # The curve itself may be 0, and must still count as curve where noise fills the zeros below.
    signal = np.concatenate([curve + 1e-8, np.zeros(zeros)])
    signal = _stretched(signal, CANVAS)
    signal *= 1 + 0.4 * (random.rand() - 0.5)
    signal = np.roll(signal, random.randint(48))
    slow_noise = gaussian_filter1d(0.25 * random.randn(CANVAS), sigma=2)
    signal = np.where(signal == 0, slow_noise, signal)
    signal += 0.02 * random.randn(CANVAS)
    signal -= 0.75 * (random.rand() - 0.5) * np.linspace(-0.5, 0.5, CANVAS)
    return _stretched(signal, LENGTH)


def _stretched(signal: Signal, length: int) -> Signal:
    new, old = np.linspace(0, 1, length), np.linspace(0, 1, len(signal))
    return np.interp(new, old, signal)
