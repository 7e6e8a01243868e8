"""The live demo of lesson 11-vit: a photograph in patches, and where one patch looks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.pictures import side_by_side

Numbers = NDArray[np.float64]

SIDE = 48
PATCHES = (4, 6, 8, 12, 16)
HEADS = ("colour", "texture", "place")
# What is not lit at all is still to be seen.
DIMMED = 0.12
CUTS = {"flower": (150, 60, 470, 380), "china": (160, 30, 480, 350)}


@cache
def sample_images() -> dict[str, NDArray[np.uint8]]:
    """The photographs that the demo offers, by name: (SIDE, SIDE, 3)."""
    from sklearn.datasets import load_sample_image

    cut = {
        name: Image.fromarray(load_sample_image(f"{name}.jpg")).crop(corners)
        for name, corners in CUTS.items()
    }
    return {
        name: np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        for name, picture in cut.items()
    }


def features(image: ArrayLike, patch: int) -> dict[str, Numbers]:
    """What each head compares: for each patch some numbers. image (S, S, 3) -> head: (L, d)

    In each head, two patches drawn by chance are at a mean squared distance of 1.

    >>> found = features(np.arange(48).reshape(4, 4, 3), patch=2)
    >>> [found[head].shape for head in HEADS]
    [(4, 3), (4, 4), (4, 2)]
    """
    pixels = np.asarray(image, dtype=np.float64) / 255
    n = len(pixels) // patch
    cut = pixels.reshape(n, patch, n, patch, 3).transpose(0, 2, 1, 3, 4)
    colour = cut.mean((2, 3)).reshape(n * n, 3)
    grey = cut.mean(4).reshape(n * n, patch * patch)
    texture = grey - grey.mean(1, keepdims=True)
    place = np.argwhere(np.ones((n, n))).astype(np.float64)
    return {
        head: even_scale(some) for head, some in zip(HEADS, (colour, texture, place), strict=True)
    }


def even_scale(some: Numbers) -> Numbers:
    """Around zero, and twice the mean square, the mean squared distance of two, is 1."""
    some = some - some.mean(0)
    square = (some**2).sum(1).mean()
    return some / np.sqrt(2 * square) if square else some


def queries_and_keys(some: Numbers, sharpness: float) -> tuple[Numbers, Numbers]:
    """Rows whose products are the less, the farther two patches are apart. (L, d) -> (L, d + 1)

    q · k = sharpness * (2 a · b - b · b), which is -|a - b|^2 but for what q alone decides.
    """
    ones, squares = np.ones((len(some), 1)), (some**2).sum(1, keepdims=True)
    return sharpness * np.hstack([2 * some, ones]), np.hstack([some, -squares])


def attend(some: Numbers, chosen: int, sharpness: float) -> Numbers:
    """How the chosen patch shares out its attention. some (L, d) -> (L,), adding up to 1

    >>> attend(np.array([[0.0], [1.0]]), chosen=0, sharpness=0).tolist()
    [0.5, 0.5]
    """
    queries, keys = queries_and_keys(some, sharpness)
    scores = keys @ queries[chosen]
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


class Vit(Demo, module="vit"):
    """A photograph cut into patches, one of which asks, and where each head of it looks.

    `image` is the name of a photograph. `row` and `column` say which patch asks; they stay inside
    when patches become larger. `sharpness` is what scores are multiplied with: at 0 all patches
    count the same.
    """

    image = traitlets.Enum(list(CUTS), "flower").tag(sync=True)
    patch = traitlets.Enum(list(PATCHES), 6).tag(sync=True)
    row = traitlets.Int(3, min=0, max=SIDE // min(PATCHES) - 1).tag(sync=True)
    column = traitlets.Int(3, min=0, max=SIDE // min(PATCHES) - 1).tag(sync=True)
    sharpness = traitlets.Float(8.0, min=0.0, max=40.0).tag(sync=True)
    images = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("images")
    def _sample_images(self) -> dict[str, list[int]]:
        return {name: pixels.ravel().tolist() for name, pixels in sample_images().items()}

    def __init__(self, image: str = "flower", **traits: Any) -> None:
        if image not in CUTS:
            raise ValueError(f"There is no image {image!r}. There are: {', '.join(CUTS)}.")
        super().__init__(image=image, **traits)

    def chosen(self) -> tuple[int, int]:
        """Row and column of the patch that asks."""
        last = SIDE // self.patch - 1
        return min(self.row, last), min(self.column, last)

    def weights(self) -> dict[str, Numbers]:
        """The attention of the patch that asks, head by head: (rows, columns)"""
        n = SIDE // self.patch
        row, column = self.chosen()
        found = features(sample_images()[self.image], self.patch)
        return {
            head: attend(some, row * n + column, self.sharpness).reshape(n, n)
            for head, some in found.items()
        }

    def describe(self) -> str:
        """The picture in words.

        >>> Vit("flower", patch=16, row=0, column=0, sharpness=0).describe()  # doctest: +ELLIPSIS
        'A photograph of 48 by 48 pixels in 9 patches of 16 by 16. The patch in row 1, column 1 ...'
        """
        row, column = self.chosen()
        looks = [
            f"{head} gives {most.max():.0%} to the patch in row {1 + most.argmax() // len(most)}, "
            f"column {1 + most.argmax() % len(most)}"
            for head, most in self.weights().items()
        ]
        return (
            f"A photograph of {SIDE} by {SIDE} pixels in {(SIDE // self.patch) ** 2} patches of "
            f"{self.patch} by {self.patch}. The patch in row {row + 1}, column {column + 1} asks. "
            f"Its head for {', that for '.join(looks)}."
        )

    def picture(self) -> bytes:
        """The photograph, and once more for each head, lit where it looks; as PNG."""
        image = sample_images()[self.image]
        lit = [
            (image * light(most).repeat(self.patch, 0).repeat(self.patch, 1)[..., None])
            for most in self.weights().values()
        ]
        return side_by_side([image, *(one.round().astype(np.uint8) for one in lit)], cell=4, gap=16)


def light(weights: Numbers) -> Numbers:
    """How bright each patch is shown, from DIMMED to 1."""
    return DIMMED + (1 - DIMMED) * weights / weights.max()
