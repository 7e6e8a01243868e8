"""Small pictures of one texture each: stripes in four directions, checks, and noise."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# The step to the right and the step down, across the stripes.
STRIPES = {
    "vertical stripes": (1, 0),
    "falling stripes": (math.sqrt(0.5), -math.sqrt(0.5)),
    "horizontal stripes": (0, 1),
    "rising stripes": (math.sqrt(0.5), math.sqrt(0.5)),
}
TEXTURES = (*STRIPES, "checks", "noise")


def textures(count: int, generator: torch.Generator, *, size: int = 32) -> tuple[Tensor, Tensor]:
    """Pictures full of a texture, and which it is.

    -> images (count, 1, size, size) with values from 0 to 1, targets (count,): the index of the
    texture in TEXTURES. From one light stripe to the next are 4 to 8 pixels, from a random start.
    Rising stripes go up to the right. Checks are stripes across stripes.

    >>> images, targets = textures(3, torch.Generator().manual_seed(0), size=8)
    >>> images.shape, targets.shape
    (torch.Size([3, 1, 8, 8]), torch.Size([3]))
    """
    targets = torch.randint(len(TEXTURES), (count,), generator=generator)
    period = 4 + 4 * torch.rand(count, 1, 1, generator=generator)
    start = 2 * math.pi * torch.rand(2, count, 1, 1, generator=generator)
    steps = torch.arange(size, dtype=torch.float32)
    right, down = steps[None, None, :], steps[None, :, None]

    def waves(across: tuple[float, float], start: Tensor) -> Tensor:
        angle = 2 * math.pi * (right * across[0] + down * across[1]) / period
        return (angle + start).cos().expand(count, size, size)

    every = [waves(across, start[0]) for across in STRIPES.values()]
    every.append(waves((1, 0), start[0]) * waves((0, 1), start[1]))
    every.append(2 * torch.rand(count, size, size, generator=generator) - 1)
    images = torch.stack(every)[targets, torch.arange(count)]
    return (images[:, None] + 1) / 2, targets
