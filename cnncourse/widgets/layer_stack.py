"""What a stack of layers sees and what it weighs. The depth demo draws just this.

Spelled out in plain steps, apart from the reference code that it is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# (kernel_size, stride, dilation)
LayerSizes = Sequence[int]


@dataclass(frozen=True)
class Sight:
    """What one value behind a layer sees, along one axis, in pixels of the photograph.

    size: how many pixels. jump: how far its neighbour looks to the side.
    weights: of all layers so far, in units of channels times channels.
    """

    size: int
    jump: int
    weights: int


def sights(layers: Sequence[LayerSizes]) -> list[Sight]:
    """What is seen behind each layer; first of all, a pixel sees itself.

    >>> [(sight.size, sight.weights) for sight in sights([(3, 1, 1)] * 3)]
    [(1, 0), (3, 9), (5, 18), (7, 27)]
    """
    found = [Sight(1, 1, 0)]
    for kernel_size, stride, dilation in layers:
        before = found[-1]
        found.append(
            Sight(
                before.size + before.jump * dilation * (kernel_size - 1),
                before.jump * stride,
                before.weights + kernel_size**2,
            )
        )
    return found
