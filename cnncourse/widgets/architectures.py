"""The live demo of lesson 07-architectures: walk through every network of the course."""

from __future__ import annotations

import io
import math
from functools import cache
from typing import Any

import torch
import traitlets
from PIL import Image, ImageDraw

from cnncourse.widgets.demo import Demo

COLOUR, DOWN = (3, 224, 224), (1, 28, 28)
# family -> title -> (year, what makes it in cnncourse.models, its arguments, shape of one input).
FAMILIES: dict[str, dict[str, tuple[int, str, tuple, tuple[int, ...]]]] = {
    "LeNet": {
        "LeNet-5 as today": (1998, "lenet5", (), DOWN),
        "LeNet-5 of 1998": (1998, "lenet5_1998", (), (1, 32, 32)),
    },
    "AlexNet": {"AlexNet": (2012, "alexnet", (), COLOUR)},
    "VGG": {f"VGG-{n}": (2014, f"vgg{n}", (), COLOUR) for n in (11, 13, 16, 19)},
    "ResNet": {
        **{f"ResNet-{n}": (2015, f"resnet{n}", (), COLOUR) for n in (18, 34, 50, 101, 152)},
        **{
            f"ResNet-{n} for small images": (2015, "cifar_resnet", (n,), (3, 32, 32))
            for n in (20, 56, 110)
        },
    },
    "EfficientNet": {
        f"EfficientNet-B{n}": (2019, f"efficientnet_b{n}", (), (3, side, side))
        for n, side in enumerate((224, 240, 288, 300, 380, 456, 528, 600))
    },
    "Temporal": {
        "TCN on the pixels of a digit": (2018, "tcn", (1, (25,) * 8, 7, 10), (1, 784)),
    },
    "Transformer": {
        **{
            f"ViT-{size}/{patch}": (2020, f"vit_{size.lower()}_{patch}", (), COLOUR)
            for size in "BL"
            for patch in (16, 32)
        },
        "ViT for small images": (2020, "vit_small_images", (), (3, 32, 32)),
    },
}
TITLES = tuple(title for networks in FAMILIES.values() for title in networks)
# The colours of the picture for readers without JavaScript.
SHADES = {"convolution": (10, 88, 168), "dense": (201, 84, 0), "other": (134, 142, 153)}


@cache
def network(title: str) -> dict[str, Any]:
    """All that is shown of a network, as data: its totals, and its rows in parts.

    A part is [name of the first block, name of the last, how many times, rows]; a row is [name,
    kind, shape of the output, parameters, MACs, sees, last_sees, jump], see `outline.Row`.
    """
    # Not public, as is all that a learner is to write; nothing of it is needed before now.
    from cnncourse import models
    from cnncourse.inspection.outline import outline

    (family,) = (name for name, networks in FAMILIES.items() if title in networks)
    year, name, arguments, shape = FAMILIES[family][title]
    with torch.device("meta"):  # shapes without numbers: nothing is computed
        model = getattr(models, name)(*arguments)
    parts = [
        [
            part.name,
            part.last,
            part.times,
            [
                [
                    *(row.name, row.kind, list(row.shape), row.parameters, row.macs),
                    *(row.sees, row.last_sees, row.jump),
                ]
                for row in part.rows
            ],
        ]
        for part in outline(model, shape)
    ]
    return {"family": family, "year": year, "input": list(shape), "parts": parts}


@cache
def networks() -> dict[str, dict[str, Any]]:
    """All networks by title, oldest family first."""
    return {title: network(title) for title in TITLES}


def rows_of(title: str) -> list[tuple[list, int]]:
    """A network's rows, each with how many times it is there."""
    return [(row, times) for _, _, times, rows in network(title)["parts"] for row in rows]


def totals(title: str) -> tuple[int, int]:
    """Parameters and MACs of a whole network.

    >>> totals("LeNet-5 as today")
    (61706, 416520)
    """
    rows = rows_of(title)
    return sum(row[3] * times for row, times in rows), sum(row[4] * times for row, times in rows)


class Architectures(Demo, module="architectures"):
    """Every network of the course, layer by layer.

    `network` is the title of one of them, such as "VGG-16", and `layer` the place of the row that
    one looks at, from 0.
    """

    network = traitlets.Enum(TITLES, "VGG-16").tag(sync=True)
    layer = traitlets.Int(0, min=0).tag(sync=True)
    networks = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, network: str = "VGG-16", **traits: Any) -> None:
        if network not in TITLES:
            known = ", ".join(TITLES)
            raise ValueError(f"There is no network {network!r}. There are: {known}.")
        super().__init__(network=network, **traits)

    @traitlets.default("networks")
    def _networks(self) -> dict[str, dict[str, Any]]:
        return networks()

    def chosen(self) -> tuple[list, int]:
        """The row that one looks at, and how many times it is there."""
        rows = rows_of(self.network)
        return rows[min(self.layer, len(rows) - 1)]

    def describe(self) -> str:
        """The picture in words.

        >>> Architectures("LeNet-5 as today", layer=2).describe()[-55:]
        'Row 3, 5 × 5 convolution, puts out 16 × 10 × 10 values.'
        """
        rows, (row, _) = rows_of(self.network), self.chosen()
        parameters, macs = totals(self.network)
        year = network(self.network)["year"]
        shape = " × ".join(map(str, row[2]))
        return (
            f"{self.network}, {year}: {len(rows)} rows, {spaced(parameters)} parameters and "
            f"{macs / 1e9:.2g} billion MACs. Row {rows.index((row, _)) + 1}, {row[1]}, puts out "
            f"{shape} values."
        )

    def picture(self) -> bytes:
        """Three strips, as PNG: how large the outputs are, where parameters sit, and MACs."""
        rows = rows_of(self.network)
        width, height, gap = max(4, 760 // len(rows)), 110, 24
        canvas = Image.new("RGB", (width * len(rows), 3 * (height + gap)), "white")
        draw = ImageDraw.Draw(canvas)
        for strip, (title, heights) in enumerate(strips(rows).items()):
            top = strip * (height + gap) + gap
            draw.text((2, top - gap + 4), title, fill="black")
            for place, ((row, _), share) in enumerate(zip(rows, heights, strict=True)):
                low, left = top + height - 1, place * width
                box = (left, low - round(share * (height - 1)), left + width - 2, low)
                draw.rectangle(box, fill=SHADES[shade(row[1])])
        file = io.BytesIO()
        canvas.quantize(8).save(file, "PNG", optimize=True)
        return file.getvalue()


def strips(rows: list[tuple[list, int]]) -> dict[str, list[float]]:
    """The heights of the bars, between 0 and 1: outputs on a logarithmic scale, the others not."""
    values = [math.log10(1 + math.prod(row[2])) for row, _ in rows]
    parameters = [row[3] * times for row, times in rows]
    macs = [row[4] * times for row, times in rows]
    named = {
        "values put out (logarithmic)": values,
        "parameters": parameters,
        "MACs": macs,
    }
    return {name: [one / max(1, *heights) for one in heights] for name, heights in named.items()}


def shade(kind: str) -> str:
    """Which colour a kind of layer has.

    >>> shade("3 × 3 convolution, ReLU"), shade("dense layer"), shade("2 × 2 max pooling")
    ('convolution', 'dense', 'other')
    """
    return next((word for word in ("convolution", "dense") if word in kind), "other")


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")
