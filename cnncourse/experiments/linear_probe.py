"""How much a linear layer can read from features, without any training by steps."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def ridge(
    features: Tensor, targets: Tensor, classes: int, penalty: float = 0.01
) -> Callable[[Tensor], Tensor]:
    """Fit a linear layer to one-hot targets in closed form; the function that it is.

    features (N, D), targets (N,) -> a function (M, D) -> (M, classes). It minimises the mean
    squared error plus `penalty` times the summed squares of the weights. Features are scaled to
    variance 1 first, so that their units do not matter. There are N or D unknowns to solve for,
    whichever is less. (Hoerl & Kennard 1970.)

    >>> x = torch.eye(3)
    >>> ridge(x, torch.tensor([2, 0, 1]), classes=3)(x).argmax(1)
    tensor([2, 0, 1])
    """
    features = features.double()
    centre, scale = features.mean(0), features.std(0).clamp(min=1e-6)
    x = (features - centre) / scale
    y = F.one_hot(targets, classes).double()
    offset = y.mean(0)
    n, d = x.shape
    strength = penalty * n
    if d <= n:
        weight = torch.linalg.solve(x.T @ x + strength * torch.eye(d).double(), x.T @ (y - offset))
    else:
        weight = x.T @ torch.linalg.solve(x @ x.T + strength * torch.eye(n).double(), y - offset)
    return lambda seen: (seen.double() - centre) / scale @ weight + offset


def probe_accuracy(
    features: Tensor, targets: Tensor, held_out: Tensor, held_out_targets: Tensor
) -> float:
    """The held-out accuracy of a linear layer that was fitted in closed form.

    features (N, D), targets (N,), held_out (M, D), held_out_targets (M,)

    >>> x, y = torch.eye(2), torch.tensor([0, 1])
    >>> probe_accuracy(x, y, x, y)
    1.0
    """
    classes = int(max(targets.max(), held_out_targets.max())) + 1
    answers = ridge(features, targets, classes)(held_out).argmax(1)
    return (answers == held_out_targets).double().mean().item()
