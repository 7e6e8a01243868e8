"""The blocks of residual networks, written to be read: two ways that are added.

He, Zhang, Ren & Sun 2015. Parameters carry torchvision's names, so that its
published weights fit. Axes: N batch, C channels, H W height and width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the size, or halves it with stride 2.

    BatchNorm follows and adds a bias of its own, so this one has none.

    >>> conv3x3(1, 2, stride=2)(torch.ones(1, 1, 7, 7)).shape
    torch.Size([1, 2, 4, 4])
    """
    return nn.Conv2d(
        in_channels, out_channels, 3, stride=stride, padding=1, bias=False
    )


def shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The way around a block: nothing at all, or a projection where it must.

    x (N, in_channels, H, W) -> what the block's own way makes of the shape

    >>> shortcut(8, 8, stride=1)
    Identity()
    """
    if in_channels == out_channels and stride == 1:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, and a way around them. (Figure 5, left.)

    x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)

    >>> BasicBlock(2, 4, stride=2)(torch.ones(1, 2, 8, 6)).shape
    torch.Size([1, 4, 4, 3])
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = conv3x3(in_channels, out_channels, stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = conv3x3(out_channels, out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return torch.relu(out + self.downsample(x))


class Bottleneck(nn.Module):
    """Narrow, 3x3, wide again: cheap where channels are many. (Figure 5.)

    The stride is in the 3x3 convolution, as in torchvision; the paper has it
    in the first 1x1. x (N, in_channels, H, W) -> (N, 4 width, H', W')

    >>> Bottleneck(8, 2)(torch.ones(1, 8, 5, 5)).shape
    torch.Size([1, 8, 5, 5])
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1):
        super().__init__()
        out_channels = width * self.expansion
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = torch.relu(self.bn1(self.conv1(x)))
        out = torch.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return torch.relu(out + self.downsample(x))
