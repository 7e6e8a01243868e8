"""Small grey images for the demos and chapters: whole numbers from 0 (black) to 255 (white).

They come from scikit-learn, which brings its digits and two photographs: no download.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def digit(which: int = 3, size: int = 20, margin: int = 2) -> Pixels:
    """A handwritten digit, (size, size), enlarged from 8 x 8 with a black margin around it."""
    from sklearn.datasets import load_digits

    ink = Image.fromarray((load_digits().images[which] * (255 / 16)).astype(np.uint8))
    inner = size - 2 * margin
    return np.pad(np.asarray(ink.resize((inner, inner), Image.Resampling.BICUBIC)), margin)


def photograph(size: int = 20) -> Pixels:
    """The dahlia of scikit-learn's flower.jpg, cut out and reduced to (size, size)."""
    from sklearn.datasets import load_sample_image

    flower = Image.fromarray(load_sample_image("flower.jpg")).convert("L")
    dahlia = flower.crop((150, 60, 470, 380))
    return np.array(dahlia.resize((size, size), Image.Resampling.LANCZOS))


def step_edge(size: int = 12) -> Pixels:
    """Dark on the left, light on the right, (size, size).

    >>> step_edge(4)[0].tolist()
    [40, 40, 200, 200]
    """
    image = np.full((size, size), 40, dtype=np.uint8)
    image[:, size // 2 :] = 200
    return image


def impulse(size: int = 9) -> Pixels:
    """One white pixel in the middle of black, (size, size).

    >>> impulse(3).tolist()
    [[0, 0, 0], [0, 255, 0], [0, 0, 0]]
    """
    image = np.zeros((size, size), dtype=np.uint8)
    image[size // 2, size // 2] = 255
    return image


@cache
def sample_images() -> dict[str, Pixels]:
    """The images that a demo offers, by name."""
    return {
        "digit": digit(),
        "step edge": step_edge(),
        "photograph": photograph(),
        "impulse": impulse(),
    }
