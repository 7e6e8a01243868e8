"""The live demo of lesson 03-weight-sharing: a picture moves, and three layers look at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from cnncourse.widgets.convolution import KERNELS
from cnncourse.widgets.demo import Demo
from cnncourse.widgets.grid import Grid, plain_rows
from cnncourse.widgets.moving_picture import LAYERS, framed, local_kernels, moved, watch
from cnncourse.widgets.pictures import grey_colours, side_by_side, signed_colours
from cnncourse.widgets.samples import digit, impulse, photograph

SIDE = 12
SHOWN_KERNELS = ("Sobel x", "Sobel y", "Laplacian", "box blur")
CHANGES = ("image", "kernel", "dy", "dx", "padding", "stride", "tied")


def samples() -> dict[str, list[list[int]]]:
    """The pictures that the demo offers, by name."""
    spot = np.zeros((SIDE, SIDE), dtype=np.uint8)
    spot[4:7, 4:7] = impulse(3)
    return {
        "digit": digit(size=SIDE, margin=2).tolist(),
        "spot": spot.tolist(),
        "photograph": photograph(SIDE).tolist(),
    }


class WeightSharing(Demo, module="weight_sharing"):
    """One picture that the reader moves, and the maps of a dense, a local and a shared layer.

    `image` has rows of pixels from 0 to 255, and an even number of rows and columns. `kernel` is
    3 x 3. Both may be the name of a sample. The picture is moved by (`dy`, `dx`) and comes back
    on the other side. `padding` is "zeros" or "circular". `tied` is 0 where the local layer has
    another kernel at each place, and 1 where all of them are the convolution's.

    With `function=` the locally connected map comes from the learner's own `local2d`.
    """

    image = Grid([[0, 0], [0, 255]], largest=16, grey=True).tag(sync=True)
    kernel = Grid(KERNELS["Sobel x"], largest=3).tag(sync=True)
    dy = traitlets.Int(0).tag(sync=True)
    dx = traitlets.Int(0).tag(sync=True)
    padding = traitlets.Enum(("zeros", "circular"), "zeros").tag(sync=True)
    stride = traitlets.Int(1, min=1, max=2).tag(sync=True)
    tied = traitlets.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    images = traitlets.Dict(read_only=True).tag(sync=True)
    kernels = traitlets.Dict(read_only=True).tag(sync=True)
    locked = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True, live=True)
    yours = traitlets.List(allow_none=True, default_value=None, read_only=True).tag(
        sync=True, live=True
    )
    remark = traitlets.Unicode(read_only=True).tag(sync=True, live=True)

    @traitlets.default("images")
    def _sample_images(self) -> dict[str, list[list[int]]]:
        return samples()

    @traitlets.default("kernels")
    def _sample_kernels(self) -> dict[str, list[list[float]]]:
        return {name: KERNELS[name] for name in SHOWN_KERNELS}

    @traitlets.validate("image")
    def _even_sides(self, proposal: Any) -> list[list[float]]:
        if any(side % 2 for side in np.shape(proposal["value"])):
            raise traitlets.TraitError("image: expected an even number of rows and of columns")
        return proposal["value"]

    @traitlets.validate("kernel")
    def _three_by_three(self, proposal: Any) -> list[list[float]]:
        if np.shape(proposal["value"]) != (3, 3):
            raise traitlets.TraitError("kernel: expected 3 rows and 3 columns")
        return proposal["value"]

    def __init__(
        self,
        image: str | ArrayLike = "digit",
        kernel: str | ArrayLike = "Sobel x",
        *,
        function: Callable | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(
            image=_by_name(image, samples(), "image"),
            kernel=_by_name(kernel, KERNELS, "kernel"),
            **traits,
        )
        self._function = function
        if function is not None:
            if self.stride != 1:
                raise ValueError("The function knows no stride, so leave it at 1.")
            self.set_trait("locked", ["stride"])
            self.observe(self._ask, list(CHANGES))
            self._ask()

    def watch(self) -> dict[str, Any]:
        """What each layer sees, by its name; see `moving_picture.Seen`."""
        return dict(watch(**{name: getattr(self, name) for name in CHANGES}))

    def _ask(self, _change: Any = None) -> None:
        seen = self.watch()["local"]
        pictures = (moved(self.image, self.dy, self.dx), np.array(self.image))
        try:
            yours = [self._answer(picture) for picture in pictures]
            remark = _compare(yours, (seen.now, seen.still))
        except NotImplementedError:
            yours, remark = None, "Your function is still empty."
        except Exception as error:
            yours, remark = None, f"Your function stopped with {type(error).__name__}: {error}"
        fits = yours is not None and all(map_.shape == seen.now.shape for map_ in yours)
        self.set_trait("yours", [plain_rows(map_) for map_ in yours] if fits else None)
        self.set_trait("remark", remark)

    def _answer(self, picture: np.ndarray) -> np.ndarray:
        """What the learner's function makes of a picture (H, W), as (H_out, W_out)."""
        import torch

        kernels = local_kernels(self.kernel, picture.shape, self.tied)
        x = torch.tensor(framed(picture / 255, self.padding))[None, None]
        weight = torch.tensor(kernels).permute(2, 3, 0, 1)[None, None].contiguous()
        answer = self._function(x, weight)
        if answer is None:
            raise ValueError("it returned None. Is there a return at its end?")
        return np.asarray(answer.detach().cpu()[0, 0], dtype=np.float64)

    def describe(self) -> str:
        """The picture in words.

        >>> WeightSharing("spot", dy=1, dx=2).describe()  # doctest: +ELLIPSIS
        'A 12 by 12 picture moved 1 down and 2 to the right, and the maps of three layers. ...'
        """
        height, width = np.shape(self.image)
        errors = ", ".join(f"{name} {seen.error:.2f}" for name, seen in self.watch().items())
        return (
            f"A {height} by {width} picture moved {self.dy} down and {self.dx} to the right, and "
            "the maps of three layers. How far each is from its first map moved along, at most: "
            f"{errors}."
        )

    def picture(self) -> bytes:
        """The moved picture and the three maps side by side, as PNG."""
        seen = self.watch()
        painted = [
            signed_colours(seen[name].now / (np.abs(seen[name].still).max() or 1))
            for name in LAYERS
        ]
        return side_by_side([grey_colours(moved(self.image, self.dy, self.dx) / 255), *painted])


def _compare(yours: list[np.ndarray], expected: tuple[np.ndarray, np.ndarray]) -> str:
    for map_, wanted in zip(yours, expected, strict=True):
        if map_.shape != wanted.shape:
            return f"Yours has the shape {map_.shape}, expected {wanted.shape}."
        different = ~np.isclose(map_, wanted)
        if different.any():
            row, column = np.argwhere(different)[0]
            return (
                f"{different.sum()} of {different.size} values differ. The first is "
                f"[{row}, {column}]: yours is {map_[row, column]:g}, "
                f"expected {wanted[row, column]:g}."
            )
    return "Your function agrees with the demo in every value."


def _by_name(value: Any, known: dict[str, Any], what: str) -> Any:
    if not isinstance(value, str):
        return value
    if value not in known:
        raise ValueError(f"There is no {what} {value!r}. There are: {', '.join(known)}.")
    return known[value]
