"""Does a filter look like an edge or a stripe, and does a unit prefer a direction?"""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor

ANGLES = 12
PERIODS = (4.0, 6.0, 9.0, 14.0)
WIDTHS = (1.5, 2.5)
PHASES = 8
STRIPES = (4.0, 6.0, 8.0)  # periods of the gratings


def gabor_pairs(side: int) -> Tensor:
    """Pairs of Gabor patches, one symmetric and one not, made orthonormal.

    -> (pairs, side * side, 2): all ANGLES, PERIODS, WIDTHS of the window, and middles up to one
    pixel off. (Daugman 1985.)

    >>> pairs = gabor_pairs(5)
    >>> torch.allclose(pairs.mT @ pairs, torch.eye(2), atol=1e-5)
    True
    """
    place = torch.arange(side) - (side - 1) / 2
    steps = (-1.0, 0.0, 1.0)
    found = []
    for turn, period, width, a, b in product(range(ANGLES), PERIODS, WIDTHS, steps, steps):
        x, y = place[None, :] - a, place[:, None] - b
        angle = math.pi * turn / ANGLES
        across = x * math.cos(angle) + y * math.sin(angle)
        window = (-(x**2 + y**2) / (2 * width**2)).exp()
        wave = 2 * math.pi * across / period
        found.append(torch.stack([window * wave.cos(), window * wave.sin()], -1).flatten(0, 1))
    return torch.linalg.qr(torch.stack(found)).Q


def gabor_share(filters: Tensor) -> Tensor:
    """The share of each filter's energy that one Gabor patch explains, at best.

    filters (F, side, side) -> (F,), from 0 to 1. The best phase and strength follow by projection;
    the rest is tried out. With so much to try, noise is explained in part, too: compare.

    >>> patch = gabor_pairs(7)[5, :, 0].reshape(1, 7, 7)
    >>> gabor_share(3 * patch).round(decimals=3)
    tensor([1.])
    """
    flat = filters.flatten(1)
    explained = (flat @ gabor_pairs(filters.shape[-1])).square().sum(2)  # (pairs, F)
    return explained.max(0).values / flat.square().sum(1)


def gratings(side: int) -> Tensor:
    """Stripes of every period, direction and phase, with variance 1.

    -> (len(STRIPES), ANGLES, PHASES, 1, side, side)
    """
    place = torch.arange(side) - (side - 1) / 2
    angle = (math.pi * torch.arange(ANGLES) / ANGLES)[:, None, None]
    across = place[None, None, :] * angle.cos() + place[None, :, None] * angle.sin()
    phase = 2 * math.pi * torch.arange(PHASES) / PHASES
    waves = 2 * math.pi * across / torch.tensor(STRIPES)[:, None, None, None]
    return math.sqrt(2) * (waves[:, :, None] + phase[:, None, None]).cos()[:, :, :, None]


def orientation_selectivity(responses: Tensor) -> Tensor:
    """How much each unit prefers one direction of stripes: 0 not at all, 1 only that one.

    responses (len(STRIPES), ANGLES, PHASES, units), not negative, to `gratings` -> (units,). It is
    the length of the mean of exp(2i angle), weighted by the response, for the period to which the
    unit responds most. 0 for units that never respond. (Ringach, Shapley & Hawken 2002: one minus
    the circular variance.)

    >>> only_one = torch.zeros(len(STRIPES), ANGLES, PHASES, 1)
    >>> only_one[0, 3] = 1
    >>> both = torch.cat([only_one, torch.ones_like(only_one)], dim=3)
    >>> orientation_selectivity(both).round(decimals=3)
    tensor([1., 0.])
    """
    curves = responses.mean(2)  # (periods, ANGLES, units)
    best = curves.sum(1).argmax(0)
    curve = curves[best, :, torch.arange(curves.shape[2])]  # (units, ANGLES)
    turn = torch.exp(2j * math.pi * torch.arange(ANGLES) / ANGLES)
    return (curve * turn).sum(1).abs() / curve.sum(1).clamp(min=1e-9)
