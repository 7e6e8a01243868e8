"""A small residual network that grows in depth, in width and with the resolution of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.data.shapes import SHAPES
from cnncourse.reference.efficientnet import round_repeats

PIXELS, REPEATS, WIDTHS = 24, 2, (4, 8, 16)


@dataclass(frozen=True)
class Scale:
    """Multiples of the base, as in EfficientNet: what each costs is depth width^2 resolution^2."""

    depth: float = 1
    width: float = 1
    resolution: float = 1

    @property
    def formula(self) -> float:
        return self.depth * self.width**2 * self.resolution**2


def pixels_of(scale: Scale) -> int:
    """The side of the pictures that a network gets."""
    return round(PIXELS * scale.resolution)


class Block(nn.Module):
    """A convolution with a way around it. x (N, C, H, W) -> (N, F, H / stride, W / stride)"""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.norm(self.convolution(x)))
        return x + out if self.residual else out


def network(scale: Scale) -> nn.Sequential:
    """A first convolution, three stages of blocks, a global average, a linear layer.

    x (N, 1, H, W) -> (N, 4)
    """
    inputs = round(WIDTHS[0] * scale.width)
    layers: list[nn.Module] = [Block(1, inputs, stride=1)]
    for stage, width in enumerate(WIDTHS):
        outputs = round(width * scale.width)
        for index in range(round_repeats(REPEATS, scale.depth)):
            layers.append(Block(inputs, outputs, stride=2 if stage and index == 0 else 1))
            inputs = outputs
    head = nn.Linear(inputs, len(SHAPES))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
