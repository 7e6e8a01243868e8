"""Painting arrays as small pictures: grey, or signed around zero, and several in a sheet.

A sheet is a drawing with sharp titles around one picture of the arrays at their own size. That
is many times smaller than a photograph of the whole figure.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from IPython.display import SVG
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from cnncourse.widgets.pictures import grey_colours, signed_colours

Pixels = NDArray[np.uint8]

GAP, TITLE, FONT = 10, 24, 15


def grey(values: ArrayLike, low: float = 0, high: float = 255) -> Pixels:
    """Values (H, W) -> pixels (H, W, 3): `low` and less is black, `high` and more is white.

    >>> grey([[0, 51, 300]])[0, :, 0].tolist()
    [0, 51, 255]
    """
    return grey_colours((np.asarray(values, dtype=np.float64) - low) / (high - low))


def signed(values: ArrayLike, limit: float | None = None) -> Pixels:
    """Values (H, W) -> pixels (H, W, 3): orange is positive, blue is negative, zero is white.

    The colour is full at `limit`, by default the largest absolute value.

    >>> signed([[-2, 0, 1]], limit=1)[0].tolist()
    [[24, 90, 169], [247, 247, 247], [201, 84, 0]]
    """
    values = np.asarray(values, dtype=np.float64)
    return signed_colours(values / (limit or np.abs(values).max() or 1))


def enlarge(pixels: Pixels, times: int) -> Pixels:
    """Each pixel of (H, W, 3) becomes a square with sides of `times` pixels.

    >>> enlarge(grey([[0, 255]]), 2)[..., 0].tolist()
    [[0, 0, 255, 255], [0, 0, 255, 255]]
    """
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def sheet(
    pictures: Sequence[tuple[str, Pixels]],
    *,
    columns: int = 4,
    side: int = 170,
    pixelated: bool = False,
    quality: int = 60,
) -> SVG:
    """Pictures (H, W, 3) of one common size in rows, each `side` wide under its title.

    Photographs are stored as JPEG of the given quality. With `pixelated`, for arrays of few
    pixels, they are stored exactly and every pixel stays a square.
    """
    height, width = pictures[0][1].shape[:2]
    scale = side / width
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    body, top = [], 0.0
    for row in rows:
        top += TITLE if any(title for title, _ in row) else 0
        for place, (title, pixels) in enumerate(row):
            left = place * (side + GAP)
            if title:
                body.append(
                    f'<text x="{left + side / 2:g}" y="{top - 7:g}">{html.escape(title)}</text>'
                )
            body.append(
                f'<image x="{left}" y="{top:g}" width="{side}" height="{scale * height:g}"'
                f' href="{_data_address(pixels, pixelated, quality)}"/>'
            )
        top += scale * height + GAP
    total = columns * (side + GAP) - GAP
    rendering = "pixelated" if pixelated else "auto"
    return SVG(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{top - GAP:g}"'
        f' viewBox="0 0 {total} {top - GAP:g}" font-family="sans-serif" font-size="{FONT}"'
        f' text-anchor="middle" style="image-rendering: {rendering}">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(body)}</svg>'
    )


def _data_address(pixels: Pixels, exact: bool, quality: int) -> str:
    kind, options = ("png", {}) if exact else ("jpeg", {"quality": quality})
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, optimize=True, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
