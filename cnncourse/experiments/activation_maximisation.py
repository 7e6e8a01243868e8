"""Pictures that a unit responds to most, found by gradient ascent under a bound on the norm."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Unit = Callable[[Tensor], Tensor]  # pictures (N, 1, H, W) -> its responses (N,)


def roughness(x: Tensor) -> Tensor:
    """The summed squared differences of neighbouring pixels. x (N, 1, H, W) -> (N,)

    >>> roughness(torch.tensor([[[[0.0, 2.0], [0.0, 3.0]]]]))
    tensor([14.])
    """
    right, down = x.diff(dim=3).square(), x.diff(dim=2).square()
    return right.sum((1, 2, 3)) + down.sum((1, 2, 3))


def maximise(
    unit: Unit, start: Tensor, *, norm: float, steps: int, rate: float = 0.2, smooth: float = 0.0
) -> Tensor:
    """Climb to a picture of the given norm to which a unit responds as much as it can.

    start (1, 1, H, W) -> (1, 1, H, W). What is climbed is the response minus `smooth` times the
    roughness. A step goes `rate` times the norm along the direction of the gradient, then back to
    the norm; the steps get shorter and shorter. No gradient is left in the network. (Erhan,
    Bengio, Courville & Vincent 2009, "Visualizing higher-layer features of a deep network".)

    >>> kernel = torch.tensor([[[[3.0, -4.0]]]])
    >>> start = torch.tensor([[[[1.0, 1.0]]]])
    >>> maximise(lambda x: (x * kernel).sum((1, 2, 3)), start, norm=5, steps=99).round(decimals=2)
    tensor([[[[ 3., -4.]]]])
    """
    x = norm * start / start.norm()
    for step in range(steps):
        x.requires_grad_(True)
        (gradient,) = torch.autograd.grad((unit(x) - smooth * roughness(x)).sum(), x)
        length = gradient.norm().clamp(min=1e-12)
        x = x.detach() + rate * norm * (1 - step / steps) * gradient / length
        x = norm * x / x.norm()
    return x


def cosine(a: Tensor, b: Tensor) -> float:
    """The cosine of the angle between two tensors of one shape.

    >>> cosine(torch.tensor([1.0, 0.0]), torch.tensor([2.0, 0.0]))
    1.0
    """
    return (a.flatten() @ b.flatten() / (a.norm() * b.norm())).item()
