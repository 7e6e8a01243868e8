"""What a small network costs and what it can know. The checklist demo draws just this.

Spelled out in plain steps, apart from the networks that it is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# ("conv", kernel_size, filters), with BatchNorm and ReLU behind it, or ("pool",) of 2 x 2.
Layer = Sequence[str | int]

SIDE, CLASSES, BUDGET = 20, 4, 3000
# The narrowest shape, in pixels.
SHAPE = 6


@dataclass(frozen=True)
class Cost:
    """One row: what comes out of a layer, what it has to learn, what it multiplies, what it sees.

    sees: pixels of the picture along one side, behind this layer.
    """

    channels: int
    side: int
    parameters: int
    products: int
    sees: int


def costs(layers: Sequence[Layer], ending: str) -> list[Cost]:
    """All layers, and the ending last. ending: "flatten", "average" or "largest".

    >>> [cost.parameters for cost in costs([("conv", 3, 12), ("pool",)], "average")]
    [144, 0, 52]
    """
    rows, channels, side, sees, jump = [], 1, SIDE, 1, 1
    for kind, *sizes in layers:
        if kind == "conv":
            kernel, filters = sizes
            weights = kernel * kernel * channels * filters
            sees += (kernel - 1) * jump
            # A bias for each filter, and the two numbers of BatchNorm.
            rows.append(Cost(filters, side, weights + 3 * filters, weights * side * side, sees))
            channels = filters
        else:
            sees, jump, side = sees + jump, 2 * jump, side // 2
            rows.append(Cost(channels, side, 0, 0, sees))
    features = channels * side * side if ending == "flatten" else channels
    weights = features * CLASSES
    return [*rows, Cost(CLASSES, 1, weights + CLASSES, weights, SIDE)]


def verdicts(layers: Sequence[Layer], ending: str) -> list[bool]:
    """What each of the five questions says of a network.

    Its parameters are not mostly dense; it keeps to the budget; it treats all places alike; a
    value sees a whole shape through two steps or more; it has filters to begin with.
    """
    rows = costs(layers, ending)
    total = sum(row.parameters for row in rows)
    convolutions = sum(layer[0] == "conv" for layer in layers)
    return [
        2 * rows[-1].parameters <= total,
        total <= BUDGET,
        ending != "flatten",
        convolutions >= 2 and rows[-2].sees >= SHAPE,
        convolutions >= 1,
    ]
