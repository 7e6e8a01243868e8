"""The live demo of lesson 12-checklist: design a network under a budget, question by question."""

from __future__ import annotations

import io
from typing import Any

import traitlets
from PIL import Image, ImageDraw, ImageFont

from cnncourse.widgets.demo import Demo
from cnncourse.widgets.design import BUDGET, Cost, costs, verdicts

# A network by its name: its layers, and what stands between them and the scores.
DESIGNS: dict[str, list[Any]] = {
    "dense": [[], "flatten"],
    "flattened": [[["conv", 3, 8], ["pool"], ["conv", 3, 12], ["pool"]], "flatten"],
    "one wide layer": [[["conv", 5, 64]], "largest"],
    "without pooling": [[["conv", 3, 12], ["conv", 3, 20]], "largest"],
    "balanced": [[["conv", 3, 12], ["pool"], ["conv", 3, 20]], "largest"],
}
KERNELS, FILTERS = (1, 3, 5, 7), (4, 8, 12, 16, 20, 24, 32, 64)
ENDINGS = ("flatten", "average", "largest")
MOST_LAYERS, MOST_POOLS = 8, 4
GOOD, BAD, INK = (26, 127, 75), (179, 84, 30), (31, 41, 51)


class Checklist(Demo, module="checklist"):
    """A network for pictures of 20 x 20 pixels: what it costs, and what the five questions say.

    `layers` is a list of ("conv", kernel_size, filters) and ("pool",), or the name of a design,
    which brings its ending. `ending` is "flatten", "average" or "largest".
    """

    layers = traitlets.List(DESIGNS["balanced"][0]).tag(sync=True)
    ending = traitlets.Enum(ENDINGS, "largest").tag(sync=True)
    designs = traitlets.Dict(DESIGNS, read_only=True).tag(sync=True)

    def __init__(self, layers: str | list = "balanced", **traits: Any) -> None:
        if isinstance(layers, str):
            if layers not in DESIGNS:
                known = ", ".join(DESIGNS)
                raise ValueError(f"There is no design {layers!r}. There are: {known}.")
            layers, ending = DESIGNS[layers]
            traits = {"ending": ending, **traits}
        super().__init__(layers=layers, **traits)

    @traitlets.validate("layers")
    def _checked(self, proposal: Any) -> list[list[Any]]:
        layers = [list(layer) for layer in proposal["value"]]
        pools = sum(layer == ["pool"] for layer in layers)
        if len(layers) > MOST_LAYERS or pools > MOST_POOLS:
            words = f"at most {MOST_LAYERS}, {MOST_POOLS} of them poolings"
            raise traitlets.TraitError(f"layers: {words}; got {len(layers)}, {pools}")
        for layer in layers:
            good = layer == ["pool"] or (
                len(layer) == 3
                and layer[0] == "conv"
                and layer[1] in KERNELS
                and layer[2] in FILTERS
            )
            if not good:
                raise traitlets.TraitError(
                    f'layers: {layer} is neither ["pool"] nor ["conv", kernel_size, filters] out '
                    f"of {KERNELS} and {FILTERS}"
                )
        return layers

    def costs(self) -> list[Cost]:
        """One row for each layer, the ending last."""
        return costs(self.layers, self.ending)

    def verdicts(self) -> list[bool]:
        """Whether each of the five questions is content."""
        return verdicts(self.layers, self.ending)

    def describe(self) -> str:
        """The picture in words.

        >>> Checklist("dense").describe()
        'A network of 1 layers with 1604 of 3000 parameters. Of five questions, 1 is content.'
        """
        total, content = sum(row.parameters for row in self.costs()), sum(self.verdicts())
        return (
            f"A network of {len(self.layers) + 1} layers with {total} of {BUDGET} parameters. Of "
            f"five questions, {content} {'is' if content == 1 else 'are'} content."
        )

    def picture(self) -> bytes:
        """Each layer's map as a box, its parameters below, and the five verdicts, as PNG."""
        rows, width = self.costs(), 640
        image = Image.new("RGB", (width, 240), "white")
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
        step = width // len(rows)
        for place, row in enumerate(rows):
            left, high = place * step + 8, 20 + 5 * row.side
            draw.rectangle((left, 130 - high, left + min(step - 20, 8 + row.channels), 130), INK)
            draw.text((left, 136), f"{row.channels} x {row.side} x {row.side}", INK, font)
            draw.text((left, 154), f"{row.parameters}", INK, font)
        for number, content in enumerate(self.verdicts()):
            left = 20 + 120 * number
            draw.ellipse((left, 196, left + 20, 216), GOOD if content else BAD)
            draw.text((left + 28, 198), f"question {number + 1}", INK, font)
        file = io.BytesIO()
        image.quantize(16).save(file, "PNG", optimize=True)
        return file.getvalue()
