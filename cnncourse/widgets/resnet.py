"""The live demo of lesson 08-resnet: a gradient on its way back, with and without shortcuts."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import traitlets
from PIL import Image, ImageDraw

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.gradient_flow import gradient_sizes

LEAST_DEPTH, MOST_DEPTH = 2, 60
LEAST_SPREAD, MOST_SPREAD = 0.4, 1.6
# PyTorch's default has a sixth of He's variance, so about 0.4 times its deviation.
DEFAULT = 0.41
PRESETS: dict[str, dict[str, Any]] = {
    "PyTorch's start": {"spread": DEFAULT, "batch_norm": False, "skip": False},
    "He's start": {"spread": 1.0, "batch_norm": False, "skip": False},
    "BatchNorm": {"spread": 1.0, "batch_norm": True, "skip": False},
    "BatchNorm and shortcuts": {"spread": 1.0, "batch_norm": True, "skip": True},
}
INK, LINE, CHOSEN, OTHER = (31, 41, 51), (213, 217, 222), (10, 88, 168), (150, 150, 150)
WIDE, HIGH, MARGIN = 640, 320, 50


class Resnet(Demo, module="resnet"):
    """The size of the gradient at every layer, on a logarithmic scale.

    `depth` layers; weights of `spread` times He's standard deviation; with or without
    `batch_norm` and shortcuts (`skip`). Another `seed` gives other weights.
    """

    depth = traitlets.Int(30, min=LEAST_DEPTH, max=MOST_DEPTH).tag(sync=True)
    spread = traitlets.Float(1.0, min=LEAST_SPREAD, max=MOST_SPREAD).tag(sync=True)
    batch_norm = traitlets.Bool(True).tag(sync=True)
    skip = traitlets.Bool(False).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=9999).tag(sync=True)
    presets = traitlets.Dict(PRESETS, read_only=True).tag(sync=True)
    bounds = traitlets.List(
        [LEAST_DEPTH, MOST_DEPTH, LEAST_SPREAD, MOST_SPREAD], read_only=True
    ).tag(sync=True)

    def __init__(self, preset: str = "BatchNorm", **traits: Any) -> None:
        if preset not in PRESETS:
            known = ", ".join(PRESETS)
            raise ValueError(f"There is no preset {preset!r}. There are: {known}.")
        super().__init__(**{**PRESETS[preset], **traits})

    def sizes(self, skip: bool | None = None) -> np.ndarray:
        """The gradient's size at each layer in relation to the last; also with the other `skip`."""
        skip = self.skip if skip is None else skip
        return gradient_sizes(self.depth, self.spread, self.batch_norm, skip, self.seed)

    def describe(self) -> str:
        """The picture in words.

        >>> Resnet("He's start", depth=2).describe().split(",")[0]
        'A network of 2 layers'
        """
        norm = "with" if self.batch_norm else "without"
        ways = {skip: self.sizes(skip)[0] for skip in (False, True)}
        return (
            f"A network of {self.depth} layers, {norm} BatchNorm, its weights {self.spread:g} "
            f"times as wide as He's. The first gradient in relation to the last: {ways[False]:.2g} "
            f"without shortcuts, {ways[True]:.2g} with them."
        )

    def picture(self) -> bytes:
        """Both lines, layer by layer, as PNG."""
        canvas = Image.new("RGB", (WIDE, HIGH), "white")
        draw = ImageDraw.Draw(canvas)
        lines = {skip: np.log10(self.sizes(skip)) for skip in (not self.skip, self.skip)}
        low = np.floor(min(line.min() for line in lines.values()) - 0.1)
        high = np.ceil(max(line.max() for line in lines.values()) + 0.1)

        def place(layer: float, power: float) -> tuple[float, float]:
            across = layer / (self.depth - 1)
            up = (power - low) / (high - low)
            return MARGIN + across * (WIDE - 2 * MARGIN), HIGH - MARGIN - up * (HIGH - 2 * MARGIN)

        step = max(1, int((high - low) // 6))
        for power in range(int(low), int(high) + 1, step):
            draw.line((*place(0, power), *place(self.depth - 1, power)), fill=LINE)
            draw.text((4, place(0, power)[1] - 6), f"1e{power}", fill=INK)
        for skip, line in lines.items():
            points = [place(layer, power) for layer, power in enumerate(line)]
            chosen = skip == self.skip
            draw.line(points, fill=CHOSEN if chosen else OTHER, width=4 if chosen else 2)
        draw.text((MARGIN, HIGH - 30), f"layer 1 to layer {self.depth}", fill=INK)
        file = io.BytesIO()
        canvas.quantize(64).save(file, "PNG", optimize=True)
        return file.getvalue()
