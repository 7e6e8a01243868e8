"""The live demo of lesson 05-depth: stack layers, and see how far one value looks."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import traitlets
from PIL import Image, ImageDraw

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.layer_stack import Sight, sights

# A stack by its name, as (kernel_size, stride, dilation) of each layer.
STACKS: dict[str, list[list[int]]] = {
    "three 3 × 3": [[3, 1, 1]] * 3,
    "one 7 × 7": [[7, 1, 1]],
    "with strides": [[3, 2, 1]] * 4,
    "with dilations": [[3, 1, 1], [3, 1, 2], [3, 1, 4], [3, 1, 8]],
    "VGG-16": [
        *[[3, 1, 1]] * 2,
        [2, 2, 1],
        *[[3, 1, 1]] * 2,
        [2, 2, 1],
        *[[3, 1, 1]] * 3,
        [2, 2, 1],
        *[[3, 1, 1]] * 3,
        [2, 2, 1],
        *[[3, 1, 1]] * 3,
        [2, 2, 1],
    ],
}
KERNELS, STRIDES, DILATIONS = (1, 2, 3, 5, 7, 11), (1, 2, 3, 4), (1, 2, 4, 8)
SIDES = (64, 224)
MOST_LAYERS = 20
LINE, CHOSEN = (255, 255, 255), (0, 200, 83)


class Depth(Demo, module="depth"):
    """A stack of layers over a photograph, and the field that one value sees.

    `layers` is a list of (kernel_size, stride, dilation), or the name of a stack. `looking` says
    behind how many of them one looks; `side` is the size of the photograph in pixels, 64 or 224.
    """

    layers = traitlets.List([[3, 1, 1]] * 3).tag(sync=True)
    looking = traitlets.Int(3, min=0).tag(sync=True)
    side = traitlets.Enum(SIDES, 64).tag(sync=True)
    stacks = traitlets.Dict(STACKS, read_only=True).tag(sync=True)
    pictures = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, layers: str | list = "three 3 × 3", **traits: Any) -> None:
        if isinstance(layers, str):
            if layers not in STACKS:
                known = ", ".join(STACKS)
                raise ValueError(f"There is no stack {layers!r}. There are: {known}.")
            layers = STACKS[layers]
        super().__init__(layers=layers, **{"looking": len(layers), **traits})

    @traitlets.default("pictures")
    def _pictures(self) -> dict[str, str]:
        return {str(side): data_address(photograph(side)) for side in SIDES}

    @traitlets.validate("layers")
    def _checked(self, proposal: Any) -> list[list[int]]:
        layers = [list(layer) for layer in proposal["value"]]
        if len(layers) > MOST_LAYERS:
            raise traitlets.TraitError(f"layers: at most {MOST_LAYERS}, got {len(layers)}")
        for layer in layers:
            choices = (KERNELS, STRIDES, DILATIONS)
            good = len(layer) == 3 and all(
                one in some for one, some in zip(layer, choices, strict=True)
            )
            if not good:
                raise traitlets.TraitError(
                    f"layers: {layer} is no (kernel_size, stride, dilation) out of "
                    f"{KERNELS}, {STRIDES}, {DILATIONS}"
                )
        return layers

    def sight(self) -> Sight:
        """What one value sees behind the layers that one looks through."""
        return sights(self.layers)[min(self.looking, len(self.layers))]

    def describe(self) -> str:
        """The picture in words.

        >>> Depth("one 7 × 7").describe()
        'A photograph of 64 by 64 pixels. Behind 1 of 1 layers, one value sees 7 by 7 of them.'
        """
        size, count = self.sight().size, len(self.layers)
        behind = min(self.looking, count)
        return (
            f"A photograph of {self.side} by {self.side} pixels. Behind {behind} of {count} "
            f"layers, one value sees {size} by {size} of them."
        )

    def picture(self) -> bytes:
        """The photograph with a square for each layer, as PNG."""
        scale = 448 // self.side
        length = self.side * scale
        canvas = photograph(self.side).resize((length, length), Image.Resampling.NEAREST)
        # Few colours make a small file; the lines' own must be among them.
        canvas = canvas.quantize(62)
        canvas.putpalette([*canvas.getpalette()[: 3 * 62], *LINE, *CHOSEN])
        draw = ImageDraw.Draw(canvas)
        chosen = min(self.looking, len(self.layers))
        for place, sight in enumerate(sights(self.layers)[: chosen + 1]):
            low = (self.side // 2 - sight.size // 2) * scale
            box = (low, low, low + sight.size * scale - 1, low + sight.size * scale - 1)
            last = place == chosen
            draw.rectangle(box, outline=63 if last else 62, width=4 if last else 2)
        file = io.BytesIO()
        canvas.save(file, "PNG", optimize=True)
        return file.getvalue()


def photograph(side: int) -> Image.Image:
    """The dahlia of scikit-learn's flower.jpg, cut out and reduced to side x side."""
    from sklearn.datasets import load_sample_image

    flower = Image.fromarray(np.asarray(load_sample_image("flower.jpg")))
    return flower.crop((120, 30, 500, 410)).resize((side, side), Image.Resampling.LANCZOS)


def data_address(image: Image.Image) -> str:
    """A picture as an address that holds it."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=70, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
