"""Grids of numbers as small PNG pictures, in the colours that board.js paints with."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# The same three colours as in board.js: below zero, zero, above zero.
BLUE, NEUTRAL, ORANGE = np.array([[24, 90, 169], [247, 247, 247], [201, 84, 0]])


def signed_colours(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """From -1 (blue) over 0 (almost white) to 1 (orange): (H, W) -> (H, W, 3).

    >>> signed_colours(np.array([[-1.0, 0.0]])).tolist()
    [[[24, 90, 169], [247, 247, 247]]]
    """
    share = shares.clip(-1, 1)[..., None]
    ends = np.where(share < 0, BLUE, ORANGE)
    return (NEUTRAL + np.abs(share) * (ends - NEUTRAL)).round().astype(np.uint8)


def grey_colours(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """From 0 (black) to 1 (white): (H, W) -> (H, W, 3)."""
    grey = (255 * shares.clip(0, 1)).round().astype(np.uint8)
    return grey[..., None].repeat(3, axis=2)


def side_by_side(parts: Sequence[NDArray[np.uint8]], cell: int = 12, gap: int = 24) -> bytes:
    """Several (H, W, 3) pictures in one row as PNG, `cell` screen pixels for each of theirs."""
    height = max(part.shape[0] for part in parts) * cell
    width = sum(part.shape[1] for part in parts) * cell + gap * (len(parts) - 1)
    canvas = Image.new("RGB", (width, height), "white")
    left = 0
    for part in parts:
        size = (part.shape[1] * cell, part.shape[0] * cell)
        if part.size:
            tile = Image.fromarray(part).resize(size, Image.Resampling.NEAREST)
            canvas.paste(tile, (left, 0))
        left += size[0] + gap
    file = io.BytesIO()
    # 64 colours are enough to the eye, and a third of the bytes.
    canvas.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()
