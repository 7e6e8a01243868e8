"""Small pictures of one shape each, whose place and size are under control."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

SHAPES = ("disc", "square", "triangle", "cross")
PLACES = ("anywhere", "centre", "left", "right")
STYLES = {"filled": 0, "mixed": 0.5, "outlined": 1}  # the share of outlines

# Of the cross, and of outlines. The arms are wide enough that an outlined cross stays hollow.
ARM = 0.4
LINE = 1.0


def shapes(
    count: int,
    generator: torch.Generator,
    *,
    size: int = 32,
    radius: tuple[float, float] = (4, 9),
    place: str = "anywhere",
    style: str = "filled",
    noise: float = 0.1,
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures of light shapes on dark, what they show, and where.

    -> images (count, 1, size, size): 0 is ground, 1 is shape, and every pixel has normal noise of
    the given standard deviation. targets (count,): the index of the shape in SHAPES. places
    (count, 2): the row and column of the middle of the shape, in pixels; (0, 0) is the middle of
    the first pixel.

    `radius` is the smallest and the largest half width of a shape, in pixels. `place` says where
    the middles lie: "anywhere", "centre", or in the "left" or "right" half. A shape is never cut
    off. `style` is "filled", "outlined" (a line of one pixel), or "mixed". ValueError for other
    words, and for a radius that does not fit.

    >>> seed = torch.Generator().manual_seed(3)
    >>> images, targets, places = shapes(1, seed, size=6, radius=(3, 3), noise=0)
    >>> SHAPES[targets[0]], places
    ('triangle', tensor([[2.5000, 2.5000]]))
    >>> images[0, 0].round().int()
    tensor([[0, 0, 0, 0, 0, 0],
            [0, 0, 1, 1, 0, 0],
            [0, 0, 1, 1, 0, 0],
            [0, 1, 1, 1, 1, 0],
            [0, 1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1, 1]], dtype=torch.int32)
    """
    _check("place", place, PLACES)
    _check("style", style, STYLES)
    smallest, largest = radius
    if not 0 < smallest <= largest <= size / 2:
        raise ValueError(f"radius={radius}: it must be from 0 to half of the size, {size / 2:g}")
    targets = torch.randint(len(SHAPES), (count,), generator=generator)
    radii = smallest + (largest - smallest) * torch.rand(count, generator=generator)
    places = _places(radii, size, place, torch.rand(count, 2, generator=generator))
    coordinates = torch.arange(size, dtype=torch.float32)
    down = coordinates[None, :, None] - places[:, 0, None, None]
    right = coordinates[None, None, :] - places[:, 1, None, None]
    outside = _distance(targets, right, down, radii[:, None, None])
    outlined = torch.rand(count, generator=generator) < STYLES[style]
    line = (outside + LINE / 2).abs() - LINE / 2
    outside = torch.where(outlined[:, None, None], line, outside)
    # How much of a pixel is covered, where the rim runs along it: this smooths the rim.
    images = (0.5 - outside).clamp(0, 1)
    images = images + noise * torch.randn(images.shape, generator=generator)
    return images[:, None], targets, places


def _check(name: str, word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise ValueError(f"{name}={word!r}: it must be one of {', '.join(words)}")


def _places(radii: Tensor, size: int, place: str, chance: Tensor) -> Tensor:
    middle = (size - 1) / 2
    # From the middle, as far as the shape still fits.
    reach = size / 2 - radii[:, None]
    if place == "centre":
        return torch.full_like(chance, middle)
    places = middle + (2 * chance - 1) * reach
    if place != "anywhere":
        sign = -1 if place == "left" else 1
        places[:, 1] = middle + sign * chance[:, 1] * reach[:, 0]
    return places


def _distance(targets: Tensor, right: Tensor, down: Tensor, radius: Tensor) -> Tensor:
    """How far a pixel is outside of its shape, in pixels; negative inside.

    targets (N,), right (N, 1, W), down (N, H, 1), radius (N, 1, 1) -> (N, H, W). The triangle has
    its tip above. Beyond a corner the distance is too short, which nobody sees.
    """
    right, down = right.abs(), down.expand(-1, -1, right.shape[2])
    distances = {
        "disc": torch.hypot(right, down) - radius,
        "square": _box(right, down, radius, radius),
        "triangle": torch.maximum(down - radius, (2 * right - down - radius) / math.sqrt(5)),
        "cross": torch.minimum(
            _box(right, down, radius, ARM * radius), _box(right, down, ARM * radius, radius)
        ),
    }
    every = torch.stack([distances[name] for name in SHAPES])
    return every[targets, torch.arange(len(targets))]


def _box(right: Tensor, down: Tensor, half_width: Tensor, half_height: Tensor) -> Tensor:
    return torch.maximum(right - half_width, down.abs() - half_height)
