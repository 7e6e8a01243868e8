"""The live demo of lesson 02-convolution: a kernel slides over an image, and the sum is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.grid import Grid, plain_rows
from cnncourse.widgets.learner import SETTINGS, ask, understood
from cnncourse.widgets.pictures import grey_colours, side_by_side, signed_colours
from cnncourse.widgets.samples import sample_images
from cnncourse.widgets.sliding_window import output_shape, slide

KERNELS: dict[str, list[list[float]]] = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "box blur": [[1 / 9] * 3] * 3,
    "Sobel x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Sobel y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}


class Convolution(Demo, module="convolution"):
    """One image, one kernel, one output channel; the reader moves the window.

    `image` and `kernel` are rows of numbers, or the name of a sample image or kernel.
    `row` and `column` say which output value is spelled out. `flip=True` turns the kernel
    by half a turn: true convolution.

    With `function=` the page also paints what the learner's own function returns for
    (image, kernel), and says where it differs. The image is uint8 and the kernel float64.
    Settings that the function does not take stay at 1, 0 and 1. With `tensors=True` the
    function gets (1, 1, H, W) and (1, 1, kh, kw) tensors, as `conv2d` does.
    """

    image = Grid(KERNELS["identity"], largest=32, grey=True).tag(sync=True)
    kernel = Grid(KERNELS["Sobel x"], largest=5).tag(sync=True)
    stride = traitlets.Int(1, min=1, max=4).tag(sync=True)
    padding = traitlets.Int(0, min=0, max=3).tag(sync=True)
    dilation = traitlets.Int(1, min=1, max=3).tag(sync=True)
    flip = traitlets.Bool(False).tag(sync=True)
    row = traitlets.Int(5, min=0).tag(sync=True)
    column = traitlets.Int(6, min=0).tag(sync=True)
    images = traitlets.Dict(read_only=True).tag(sync=True)
    kernels = traitlets.Dict(KERNELS, read_only=True).tag(sync=True)
    locked = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True, live=True)
    yours = traitlets.List(allow_none=True, default_value=None, read_only=True).tag(
        sync=True, live=True
    )
    remark = traitlets.Unicode(read_only=True).tag(sync=True, live=True)

    @traitlets.default("images")
    def _sample_images(self) -> dict[str, list[list[int]]]:
        return {name: pixels.tolist() for name, pixels in sample_images().items()}

    def __init__(
        self,
        image: str | ArrayLike = "digit",
        kernel: str | ArrayLike = "Sobel x",
        *,
        function: Callable | None = None,
        tensors: bool = False,
        **traits: Any,
    ) -> None:
        super().__init__(
            image=_by_name(image, sample_images(), "image"),
            kernel=_by_name(kernel, KERNELS, "kernel"),
            **traits,
        )
        self._function, self._tensors = function, tensors
        if function is not None:
            self._drive(function)

    def _drive(self, function: Callable) -> None:
        missing = [name for name in SETTINGS if name not in understood(function)]
        for name in missing:
            if getattr(self, name) != self.traits()[name].default_value:
                raise ValueError(f"The function takes no argument {name!r}, so leave {name} out.")
        self.set_trait("locked", [*missing, "flip"])
        self.observe(self._ask, ["image", "kernel", *SETTINGS])
        self._ask()

    def _ask(self, _change: Any = None) -> None:
        settings = {name: getattr(self, name) for name in understood(self._function)}
        yours, remark = ask(
            self._function,
            np.array(self.image, dtype=np.uint8),
            np.array(self.kernel, dtype=np.float64),
            settings,
            self.output(),
            self._tensors,
        )
        self.set_trait("yours", None if yours is None else plain_rows(yours))
        self.set_trait("remark", remark)

    def output(self) -> np.ndarray:
        """The output (H_out, W_out) that the demo paints."""
        return slide(self.image, self.kernel, self.stride, self.padding, self.dilation, self.flip)

    def describe(self) -> str:
        """The picture in words.

        >>> Convolution("impulse", "identity").describe()  # doctest: +ELLIPSIS
        'A 9 by 9 image on the left, and on the right the 7 by 7 output of sliding ...'
        """
        height, width = np.shape(self.image)
        rows, columns = output_shape(
            self.image, self.kernel, self.stride, self.padding, self.dilation
        )
        weights = "; ".join(" ".join(f"{weight:.3g}" for weight in row) for row in self.kernel)
        settings = ", ".join(f"{name} {getattr(self, name)}" for name in SETTINGS)
        return (
            f"A {height} by {width} image on the left, and on the right the {rows} by {columns} "
            f"output of sliding the kernel ({weights}) over it with {settings}."
        )

    def picture(self) -> bytes:
        """Image and output side by side, as PNG."""
        output, weights = self.output(), np.array(self.kernel)
        # Without a negative weight the output is an image again; else its sign matters.
        if (weights >= 0).all():
            painted = grey_colours(output / (255 * weights.sum() or 1))
        else:
            painted = signed_colours(output / (np.abs(output).max(initial=0) or 1))
        return side_by_side([grey_colours(np.array(self.image) / 255), painted])


def _by_name(value: Any, known: dict[str, Any], what: str) -> Any:
    if not isinstance(value, str):
        return value
    if value not in known:
        raise ValueError(f"There is no {what} {value!r}. There are: {', '.join(known)}.")
    return known[value]
