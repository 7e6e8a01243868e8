"""The live demo of lesson 09-efficientnet: scale a network in three ways, and see what it costs."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import traitlets

from cnncourse.experiments.run import results_of
from cnncourse.widgets.demo import Demo
from cnncourse.widgets.pictures import side_by_side, signed_colours

BASE_PIXELS, CLASSES = 224, 1000
# What the points of the plot are placed by, besides how often a network is right.
AXES = ("macs", "parameters", "latency")


def network_cost(depth: float, width: float, pixels: int) -> tuple[int, int]:
    """-> (parameters, multiply-accumulates) of EfficientNet-B0 after scaling, by arithmetic alone.

    >>> network_cost(1.0, 1.0, 224)
    (5288548, 385814752)
    """
    # torch would be loaded with every page otherwise.
    from cnncourse.models.efficientnet import STAGES
    from cnncourse.reference.efficientnet import round_filters, round_repeats

    channels, side = round_filters(32, width), math.ceil(pixels / 2)
    parameters, macs = (27 + 2) * channels, 27 * channels * side**2
    for expand, kernel, stride, base, repeats in STAGES:
        after = round_filters(base, width)
        for number in range(round_repeats(repeats, depth)):
            wide, squeezed = channels * expand, max(1, channels // 4)
            out = math.ceil(side / stride) if number == 0 else side
            if expand > 1:
                parameters += (channels + 2) * wide
                macs += channels * wide * side**2
            parameters += (kernel**2 + 2 + 2 * squeezed + 1) * wide + squeezed
            macs += (kernel**2 * out**2 + 2 * squeezed) * wide
            parameters += (wide + 2) * after
            macs += wide * after * out**2
            channels, side = after, out
    top = 4 * channels
    parameters += (channels + 2) * top + (top + 1) * CLASSES
    return parameters, macs + channels * top * side**2 + top * CLASSES


@cache
def measured() -> dict[str, dict[str, float]]:
    """Networks by name: what each costs, and how often it is right on ImageNet, in percent."""
    found = results_of("architecture_costs")["networks"]
    return {
        name: {
            "macs": network["macs"],
            "parameters": network["parameters"],
            "latency": network["latency"]["median"],
            "top1": network["top1"],
        }
        for name, network in found.items()
    }


def pareto_front(networks: dict[str, dict[str, float]], axis: str) -> list[str]:
    """The networks that no other beats: none costs as little and is right as often.

    >>> best = {"a": {"macs": 1, "top1": 70}, "b": {"macs": 2, "top1": 60}}
    >>> pareto_front(best, "macs")
    ['a']
    """
    front: list[str] = []
    for name in sorted(networks, key=lambda name: (networks[name][axis], -networks[name]["top1"])):
        if not front or networks[name]["top1"] > networks[front[-1]]["top1"]:
            front.append(name)
    return front


class EfficientNet(Demo, module="efficientnet"):
    """A network after scaling: what it costs, beside what other networks cost and get right.

    `depth` and `width` are multipliers, `pixels` is the side of the picture. `axis` says what the
    plot is drawn over. `networks` holds the points, by default those that were measured.
    """

    depth = traitlets.Float(1.0, min=0.1, max=8).tag(sync=True)
    width = traitlets.Float(1.0, min=0.1, max=8).tag(sync=True)
    pixels = traitlets.Int(BASE_PIXELS, min=32, max=2048).tag(sync=True)
    axis = traitlets.Enum(AXES, default_value="macs").tag(sync=True)
    networks = traitlets.Dict().tag(sync=True)

    @traitlets.default("networks")
    def _measured(self) -> dict[str, dict[str, float]]:
        return measured()

    def cost(self) -> tuple[int, int]:
        """The parameters and products of the network as it is scaled now."""
        return network_cost(self.depth, self.width, self.pixels)

    def describe(self) -> str:
        """The picture in words.

        >>> EfficientNet().describe()  # doctest: +ELLIPSIS
        'EfficientNet with depth times 1, width times 1 and pictures of 224 pixels has 5,288,...'
        """
        parameters, macs = self.cost()
        return (
            f"EfficientNet with depth times {self.depth:g}, width times {self.width:g} and "
            f"pictures of {self.pixels} pixels has {parameters:,} parameters and needs {macs:,} "
            "products: two bars on a logarithmic scale, below those of the smallest network."
        )

    def picture(self) -> bytes:
        """Two pairs of bars on a logarithmic scale: the base in blue, the scaled one in orange."""
        panels = []
        for base, scaled in zip(network_cost(1.0, 1.0, BASE_PIXELS), self.cost(), strict=True):
            bars = np.zeros((7, 24))
            for row, count, sign in ((1, base, -1), (4, scaled, 1)):
                bars[row : row + 2, : round(2 * math.log10(count))] = sign
            panels.append(signed_colours(bars))
        return side_by_side(panels)

    def front(self) -> list[str]:
        """The networks on the plot that no other beats, from the cheapest up."""
        return pareto_front(self.networks, self.axis)

    def state(self) -> dict[str, Any]:
        """The traits, with numbers no longer than a plot can show."""
        rounded = {
            name: {key: float(f"{value:.5g}") for key, value in network.items()}
            for name, network in self.networks.items()
        }
        return {**super().state(), "networks": rounded}
