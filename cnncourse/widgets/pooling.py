"""The live demo of lesson 04-pooling: the image moves, and the outputs that change are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.grid import Grid, plain_rows
from cnncourse.widgets.pictures import grey_colours, side_by_side
from cnncourse.widgets.samples import digit, photograph

Numbers = NDArray[np.float64]

LAYERS = {
    "max": "max pooling",
    "average": "average pooling",
    "stride": "stride only",
    "blurred": "max, blurred",
    "global": "global average",
}
STRIDES = (1, 2, 4)
# Numbers that differ by less look alike, and rounding alone does not make more.
SAME = 1e-6


@dataclass(frozen=True)
class Shifted:
    """What a layer makes of an image before and after the image moved.

    before, after: (H_out, W_out), the two outputs.
    changed: where they differ. Nowhere, if the layer is invariant to the shift.
    unexplained: where `after` differs from `before` moved along by whole steps, at best. Nowhere,
        if the layer is equivariant to the shift.
    """

    before: Numbers
    after: Numbers
    changed: NDArray[np.bool_]
    unexplained: NDArray[np.bool_]


def pool(image: ArrayLike, layer: str, size: int, stride: int) -> Numbers:
    """One output for every `stride`-th pixel. What leaves a window on one side comes back.

    image (H, W) -> (H / stride, W / stride), or (1, 1) for the global average. Windows go on at
    the opposite border, so that borders explain nothing.

    >>> row = [[0, 9, 1, 2]]
    >>> pool(row, "max", size=2, stride=1).tolist(), pool(row, "global", 2, 1).tolist()
    ([[9.0, 9.0, 2.0, 2.0]], [[3.0]])
    """
    pixels = np.asarray(image, dtype=np.float64)
    if layer == "global":
        return pixels.mean(keepdims=True)
    shifts = range(size)
    # The pixels at each place of the window, over all windows at once.
    places = np.stack([np.roll(pixels, (-i, -j), (0, 1)) for i, j in product(shifts, shifts)])
    if layer == "max":
        pixels = places.max(axis=0)
    elif layer == "average":
        pixels = places.mean(axis=0)
    elif layer == "blurred":
        pixels = blur(places.max(axis=0))
    return pixels[::stride, ::stride]


def blur(pixels: Numbers) -> Numbers:
    """Each pixel twice and its neighbours once, along both axes. (H, W) -> (H, W)

    >>> blur(np.array([[0.0, 16.0, 0.0, 0.0]])).tolist()
    [[4.0, 8.0, 4.0, 0.0]]
    """
    for axis in (0, 1):
        pixels = (np.roll(pixels, 1, axis) + 2 * pixels + np.roll(pixels, -1, axis)) / 4
    return pixels


def shift(image: ArrayLike, layer: str, size: int, stride: int, down: int, right: int) -> Shifted:
    """Move an image, and compare what a layer makes of it with what it made before.

    >>> shift([[0, 9, 0, 0]], "max", size=2, stride=2, down=0, right=1).changed.tolist()
    [[True, True]]
    >>> shift([[9, 0, 0, 0]], "max", size=2, stride=2, down=0, right=1).changed.tolist()
    [[False, False]]
    """
    before = pool(image, layer, size, stride)
    after = pool(np.roll(image, (down, right), (0, 1)), layer, size, stride)
    # Where the stride does not divide the shift, each whole step beside it may be the best.
    steps = ({way // stride, -(-way // stride)} for way in (down, right))
    guesses = [np.roll(before, step, (0, 1)) for step in product(*map(sorted, steps))]
    misses = [np.abs(after - guess) > SAME for guess in guesses]
    changed = np.abs(after - before) > SAME
    return Shifted(before, after, changed, min(misses, key=np.count_nonzero))


def dot(side: int = 16) -> NDArray[np.uint8]:
    """One white pixel, at the start of a window."""
    image = np.zeros((side, side), np.uint8)
    image[side // 2, side // 2] = 255
    return image


def stripes(side: int = 16) -> NDArray[np.uint8]:
    """Two dark columns, two light ones, and so on."""
    return np.tile(np.array([0, 0, 255, 255], np.uint8), (side, side // 4))


@cache
def sample_images() -> dict[str, NDArray[np.uint8]]:
    """The images that the demo offers, by name; every side is a multiple of 4."""
    return {"digit": digit(), "photograph": photograph(), "dot": dot(), "stripes": stripes()}


class Pooling(Demo, module="pooling"):
    """An image that the reader moves, one layer, and its outputs before and after.

    `image` is rows of grey values with sides that 4 divides, or the name of a sample. `layer` is
    one of LAYERS. `down` and `right` say how far the image has moved; what leaves it on one side
    comes back on the other. `mark` says what the output is compared with: "stays" marks what is
    not as before, "moves" what is not as before and moved along.

    With `functions=` the page also paints what the learner's own functions return: for "max" and
    "average" a function of (x, kernel_size, stride), for "global" one of x. They get (1, 1, H, W).
    """

    image = Grid([[0] * 4] * 4, largest=32, grey=True).tag(sync=True)
    layer = traitlets.Enum(list(LAYERS), "max").tag(sync=True)
    size = traitlets.Int(2, min=2, max=4).tag(sync=True)
    stride = traitlets.Enum(list(STRIDES), 2).tag(sync=True)
    down = traitlets.Int(0, min=-8, max=8).tag(sync=True)
    right = traitlets.Int(0, min=-8, max=8).tag(sync=True)
    mark = traitlets.Enum(["stays", "moves"], "stays").tag(sync=True)
    images = traitlets.Dict(read_only=True).tag(sync=True)
    layers = traitlets.Dict(LAYERS, read_only=True).tag(sync=True)
    yours = traitlets.List(allow_none=True, default_value=None, read_only=True).tag(
        sync=True, live=True
    )
    remark = traitlets.Unicode(read_only=True).tag(sync=True, live=True)

    @traitlets.default("images")
    def _sample_images(self) -> dict[str, list[list[int]]]:
        return {name: pixels.tolist() for name, pixels in sample_images().items()}

    @traitlets.validate("image")
    def _sides_that_divide(self, proposal: dict[str, Any]) -> list[list[float]]:
        rows = proposal["value"]
        if len(rows) % 4 or len(rows[0]) % 4:
            raise traitlets.TraitError("image: both sides must be multiples of 4")
        return rows

    def __init__(
        self,
        image: str | ArrayLike = "digit",
        *,
        functions: Mapping[str, Callable] | None = None,
        **traits: Any,
    ) -> None:
        if isinstance(image, str):
            known = sample_images()
            if image not in known:
                raise ValueError(f"There is no image {image!r}. There are: {', '.join(known)}.")
            image = known[image]
        super().__init__(image=image, **traits)
        self._functions = dict(functions or {})
        if self._functions:
            self.observe(self._ask, ["image", "layer", "size", "stride", "down", "right"])
            self._ask()

    def _ask(self, _change: Any = None) -> None:
        function = self._functions.get(self.layer)
        yours, remark = None, ""
        if function:
            moved = np.roll(np.array(self.image), (self.down, self.right), (0, 1))
            sizes = () if self.layer == "global" else (self.size, self.stride)
            yours, remark = ask(function, moved, sizes, self.shifted().after)
        self.set_trait("yours", None if yours is None else plain_rows(yours))
        self.set_trait("remark", remark)

    def shifted(self) -> Shifted:
        """The outputs that the demo paints."""
        return shift(self.image, self.layer, self.size, self.stride, self.down, self.right)

    def describe(self) -> str:
        """The picture in words.

        >>> Pooling("dot", right=1).describe()  # doctest: +ELLIPSIS
        'A 16 by 16 image, moved down by 0 and right by 1, the output of max pooling (size 2, ...'
        """
        height, width = np.shape(self.image)
        found = self.shifted()
        sizes = "" if self.layer == "global" else f" (size {self.size}, stride {self.stride})"
        return (
            f"A {height} by {width} image, moved down by {self.down} and right by {self.right}, "
            f"the output of {LAYERS[self.layer]}{sizes} before it moved, and the output now. "
            f"{found.changed.sum()} of {found.changed.size} outputs changed. Compared with the "
            f"output before, moved along by whole steps, {found.unexplained.sum()} differ."
        )

    def picture(self) -> bytes:
        """The moved image and both outputs side by side, as PNG."""
        moved = np.roll(np.array(self.image), (self.down, self.right), (0, 1))
        found = self.shifted()
        painted = [grey_colours(pixels / 255) for pixels in (moved, found.before, found.after)]
        times = [max(1, len(moved) // len(part)) for part in painted]
        pairs = zip(painted, times, strict=True)
        return side_by_side([part.repeat(n, 0).repeat(n, 1) for part, n in pairs], cell=10)


def ask(
    function: Callable, image: NDArray, sizes: tuple[int, ...], expected: Numbers
) -> tuple[Numbers | None, str]:
    """What a learner's function returns, and how it compares. Never raises."""
    import torch

    # The windows at the lower and right border see the opposite one.
    hang = max(0, sizes[0] - sizes[1]) if sizes else 0
    x = torch.tensor(np.pad(image, (0, hang), mode="wrap"), dtype=torch.float64)[None, None]
    try:
        answer = function(x, *sizes)
        if answer is None:
            return None, "Your function returned None. Is there a return at its end?"
        numbers = answer.detach().cpu().numpy().astype(np.float64)
    except NotImplementedError:
        return None, "Your function is still empty."
    except Exception as error:
        return None, f"Your function stopped with {type(error).__name__}: {error}"
    if numbers.size != expected.size:
        shape = (1, 1, *expected.shape) if sizes else (1, 1)
        return None, f"Yours has the shape {numbers.shape}, expected {shape}."
    numbers = numbers.reshape(expected.shape)
    wrong = np.count_nonzero(~np.isclose(numbers, expected))
    if wrong:
        return (
            numbers,
            f"{wrong} of {expected.size} values of your function differ from the demo's.",
        )
    return numbers, "Your function agrees with the demo in every value."
