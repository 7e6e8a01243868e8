"""Small noisy pictures of one straight edge each, which may face any of several ways."""

from __future__ import annotations

import math

import torch
from torch import Tensor

DIRECTIONS = 8


def oriented_edges(
    count: int, generator: torch.Generator, *, size: int = 15, noise: float = 0.3
) -> tuple[Tensor, Tensor]:
    """Pictures of an edge at a random place, and the way in which it gets lighter.

    -> images (count, 1, size, size) with values near -0.5 and 0.5, directions (count,) from 0 to
    DIRECTIONS - 1. Direction d is the angle d * 360 / DIRECTIONS degrees: 0 is light on the right,
    and with each step the light side turns clockwise, so that a quarter turn is light below.
    Contrast varies, and every pixel has normal noise of the given standard deviation.

    >>> images, directions = oriented_edges(3, torch.Generator().manual_seed(0))
    >>> images.shape, directions.shape
    (torch.Size([3, 1, 15, 15]), torch.Size([3]))
    """
    directions = torch.randint(DIRECTIONS, (count,), generator=generator)
    # A third of the way out, so that both sides of the edge are always seen.
    offset = (torch.rand(count, generator=generator) - 0.5) * size / 3
    contrast = 0.5 + torch.rand(count, generator=generator)
    angle = directions * (2 * math.pi / DIRECTIONS)
    place = torch.arange(size) - (size - 1) / 2
    x, y = place[None, None, :], place[None, :, None]
    across = x * angle.cos()[:, None, None] + y * angle.sin()[:, None, None]
    light = torch.sigmoid(4 * (across - offset[:, None, None])) - 0.5
    images = contrast[:, None, None] * light
    images = images + noise * torch.randn(images.shape, generator=generator)
    return images[:, None], directions
