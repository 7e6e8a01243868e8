"""EfficientNet's parts, written to be read: MBConv, squeeze-excite, scaling.

Tan & Le 2019. Parameters carry torchvision's names, so that its published
weights fit. Axes: N batch, C channels, H W height and width.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.reference.convolution import as_pair


def separable_ratio(
    kernel_size: int | tuple[int, int], out_channels: int
) -> Fraction:
    """What a depthwise separable convolution costs beside a full one.

    Both as products, which are as many as weights at each place. (Howard and
    others 2017, section 3.1.)

    >>> separable_ratio(3, out_channels=9), separable_ratio((1, 2), 4)
    (Fraction(2, 9), Fraction(3, 4))
    """
    height, width = as_pair(kernel_size)
    depthwise = Fraction(1, out_channels)
    pointwise = Fraction(1, height * width)
    return depthwise + pointwise


def conv_norm(
    in_channels: int,
    out_channels: int,
    kernel_size: int = 1,
    stride: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """A convolution that keeps the size at stride 1, and its BatchNorm.

    x (N, in_channels, H, W) -> (N, out_channels, H', W')

    >>> conv_norm(4, 4, kernel_size=5, groups=4)[0].weight.shape
    torch.Size([4, 1, 5, 5])
    """
    convolution = nn.Conv2d(
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding=kernel_size // 2,
        groups=groups,
        bias=False,
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))


class SqueezeExcite(nn.Module):
    """Weigh the channels, by what the whole image has in each of them.

    x (N, channels, H, W) -> the same shape. (Hu, Shen & Sun 2018, figure 2,
    with SiLU.)

    >>> SqueezeExcite(8, squeezed=2)(torch.ones(1, 8, 3, 3)).shape
    torch.Size([1, 8, 3, 3])
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = x.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.fc2(F.silu(self.fc1(squeezed))))
        return x * gate


class MBConv(nn.Module):
    """Widen, filter each channel alone, weigh channels, narrow again.

    x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride).
    (Sandler et al. 2018, figure 4d; Tan & Le 2019, section 4.)

    >>> block = MBConv(4, 6, kernel_size=3, stride=2, expand=6)
    >>> block(torch.ones(2, 4, 8, 8)).shape
    torch.Size([2, 6, 4, 4])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expand: int,
    ) -> None:
        super().__init__()
        wide = in_channels * expand
        layers = []
        if expand != 1:
            layers.append(conv_norm(in_channels, wide).append(nn.SiLU()))
        depthwise = conv_norm(wide, wide, kernel_size, stride, groups=wide)
        layers.append(depthwise.append(nn.SiLU()))
        layers.append(SqueezeExcite(wide, max(1, in_channels // 4)))
        layers.append(conv_norm(wide, out_channels))
        self.block = nn.Sequential(*layers)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        out = self.block(x)
        return x + out if self.residual else out


def round_filters(channels: int, width: float, divisor: int = 8) -> int:
    """Channels times width, to the nearest multiple of the divisor.

    One step more where that would lose over a tenth.

    >>> round_filters(32, 1.0), round_filters(32, 1.1), round_filters(24, 1.4)
    (32, 32, 32)
    """
    scaled = channels * width
    rounded = max(divisor, int(scaled + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * scaled else rounded + divisor


def round_repeats(repeats: int, depth: float) -> int:
    """Repeats times depth, rounded up.

    >>> round_repeats(2, 1.1), round_repeats(4, 3.1)
    (3, 13)
    """
    return math.ceil(repeats * depth)


def compound_scale(
    phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15
) -> tuple[float, float, float, float]:
    """Depth, width and resolution together; what it costs. (Section 3.3.)

    -> (depth, width, resolution, flops), all as multiples of the base

    >>> [round(value, 2) for value in compound_scale(1)]
    [1.2, 1.1, 1.15, 1.92]
    """
    depth, width, resolution = alpha**phi, beta**phi, gamma**phi
    return depth, width, resolution, depth * width**2 * resolution**2
