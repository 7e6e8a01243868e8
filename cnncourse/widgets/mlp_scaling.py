"""The live demo of lesson 01-mlp-scaling: what a dense layer costs, and that it knows no places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.grid import Grid
from cnncourse.widgets.pictures import grey_colours, side_by_side, signed_colours

CHANNELS, KERNEL = 3, 3
EXAMPLES = {"a three": 3, "a one": 1, "a seven": 7}
# For each parameter: its value, its gradient and Adam's two running means, in float32.
TRAINING_BYTES = 4 * 4


def layer_params(side: int, hidden: int) -> tuple[int, int]:
    """The parameters of two layers with `hidden` units on a colour image, side x side.

    First a dense layer, then one of as many filters of 3 x 3 pixels, the same at every place.

    >>> layer_params(2, hidden=10)
    (130, 280)
    """
    return (CHANNELS * side * side + 1) * hidden, (CHANNELS * KERNEL**2 + 1) * hidden


def shuffled(grid: ArrayLike, order: Sequence[int]) -> NDArray:
    """Place j of the result holds what was at place order[j]; an empty order moves nothing.

    >>> shuffled([[5, 6, 7]], [1, 2, 0]).tolist()
    [[6, 7, 5]]
    """
    grid = np.asarray(grid)
    return grid.ravel()[list(order)].reshape(grid.shape) if len(order) else grid


@cache
def examples() -> dict[str, list[list[int]]]:
    """Handwritten digits of 8 x 8 pixels by name, from 0 (paper) to 255 (ink)."""
    from sklearn.datasets import load_digits

    images = load_digits().images
    return {
        name: (images[which] * 255 / 16).astype(int).tolist() for name, which in EXAMPLES.items()
    }


@cache
def looks_for_threes() -> list[list[int]]:
    """Weights (8, 8) of a unit: the mean of all threes minus the mean of all digits."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    difference = digits.images[digits.target == 3].mean(0) - digits.images.mean(0)
    return difference.round().astype(int).tolist()


class MlpScaling(Demo, module="mlp_scaling"):
    """A dense layer's parameters, drawn over the size of the image; one of its units below.

    `side` and `hidden` are the image's side in pixels and the number of units. `image` holds
    rows of pixels, or is the name of an example, and `unit` as many weights. `order` is the order
    that the pixels are in: place j shows what was at place order[j]; the empty list moves nothing.
    `rewired` puts the weights into the same order.

    With `function=` the page also says what the learner's own function returns for
    ((3, side, side), hidden).
    """

    side = traitlets.Int(224, min=1, max=4096).tag(sync=True)
    hidden = traitlets.Int(1000, min=1, max=100_000).tag(sync=True)
    image = Grid([[0]], largest=16, grey=True).tag(sync=True)
    unit = Grid([[0]], largest=16).tag(sync=True)
    order = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    rewired = traitlets.Bool(False).tag(sync=True)
    images = traitlets.Dict(read_only=True).tag(sync=True)
    yours = traitlets.Unicode(read_only=True).tag(sync=True, live=True)
    remark = traitlets.Unicode(read_only=True).tag(sync=True, live=True)

    @traitlets.default("images")
    def _examples(self) -> dict[str, list[list[int]]]:
        return examples()

    def __init__(
        self,
        image: str | ArrayLike = "a three",
        *,
        function: Callable | None = None,
        **traits: Any,
    ) -> None:
        if isinstance(image, str):
            if image not in EXAMPLES:
                raise ValueError(f"There is no image {image!r}. There are: {', '.join(EXAMPLES)}.")
            image = examples()[image]
        super().__init__(image=image, **{"unit": looks_for_threes(), **traits})
        if np.shape(self.image) != np.shape(self.unit):
            raise ValueError("The unit needs one weight for each pixel of the image.")
        self._function = function
        if function is not None:
            self.observe(self._ask, ["side", "hidden"])
            self._ask()

    @traitlets.validate("order")
    def _is_an_order(self, proposal: Any) -> list[int]:
        order = proposal["value"]
        if order and sorted(order) != list(range(np.size(self.image))):
            raise traitlets.TraitError("order: it must hold the number of each pixel once")
        return order

    def _ask(self, _change: Any = None) -> None:
        expected = self.params()[0]
        try:
            answer = self._function((CHANNELS, self.side, self.side), self.hidden)
            yours = "None" if answer is None else f"{int(answer):,}"
            agrees = answer == expected
            remark = "It agrees with the demo." if agrees else f"Expected: {expected:,}."
        except NotImplementedError:
            yours, remark = "", "Your function is still empty."
        except Exception as error:
            yours, remark = "", f"Your function stopped with {type(error).__name__}: {error}"
        self.set_trait("yours", yours)
        self.set_trait("remark", remark)

    def params(self) -> tuple[int, int]:
        """The parameters of the dense layer and of the layer of filters."""
        return layer_params(self.side, self.hidden)

    def sum(self) -> int | float:
        """What the unit adds up: each weight times the pixel that it is connected to."""
        weights = shuffled(self.unit, self.order if self.rewired else [])
        return (shuffled(self.image, self.order) * weights).sum().item()

    def describe(self) -> str:
        """The picture in words.

        >>> MlpScaling(side=2, hidden=10).describe()  # doctest: +ELLIPSIS
        'A dense layer of 10 units on a colour image of 2 by 2 pixels has 130 parameters, ...'
        """
        dense, filters = self.params()
        state = "shuffled" if self.order else "in place"
        return (
            f"A dense layer of {self.hidden} units on a colour image of {self.side} by {self.side} "
            f"pixels has {dense} parameters, and as many filters of 3 by 3 have {filters}: two "
            f"bars on a logarithmic scale. Beside them an image with its pixels {state}, and the "
            f"weights of one unit. It adds up to {self.sum()}."
        )

    def picture(self) -> bytes:
        """Two bars on a logarithmic scale, the image and the unit's weights, as PNG."""
        height = len(self.image)
        bars = np.zeros((height, 30))
        for row, count in zip((height // 4, 3 * height // 4), self.params(), strict=True):
            bars[row, : round(3 * np.log10(count))] = 1 if row == height // 4 else -1
        weights = shuffled(self.unit, self.order if self.rewired else [])
        return side_by_side(
            [
                signed_colours(bars),
                grey_colours(shuffled(self.image, self.order) / 255),
                signed_colours(weights / (np.abs(weights).max() or 1)),
            ]
        )
