"""The thin residual networks for small images, and the same without shortcuts.

He et al. 2015, section 4.2: 6n + 2 layers, widths 16, 32, 64, on 32 x 32
pixels. Shortcuts have no parameters: where a stage begins, every second pixel
is taken and the new channels are zero (option A).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.reference.resnet import he_init_by_outputs
from cnncourse.reference.resnet_blocks import BasicBlock, conv3x3

WIDTHS = (16, 32, 64)


class TakeAndPad(nn.Module):
    """Option A: every second pixel; zeros for the channels that are new.

    x (N, C, H, W) -> (N, channels, H / stride, W / stride)
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


class PlainBlock(BasicBlock):
    """A residual block that nothing goes around.

    x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)
    """

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)))


class CifarResNet(nn.Module):
    """One convolution, three stages of n blocks, an average, a linear layer.

    x (N, in_channels, H, W) -> (N, classes). ValueError unless depth = 6n + 2.
    """

    def __init__(
        self,
        depth: int,
        classes: int = 10,
        in_channels: int = 3,
        block: type[BasicBlock] = BasicBlock,
    ) -> None:
        super().__init__()
        if depth < 8 or depth % 6 != 2:
            raise ValueError(f"the depth is 6n + 2, such as 20; not {depth}")
        self.conv1 = conv3x3(in_channels, WIDTHS[0])
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        blocks, channels = [], WIDTHS[0]
        for width in WIDTHS:
            for _ in range((depth - 2) // 6):
                blocks.append(narrow_block(block, channels, width))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)
        self.apply(he_init_by_outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.relu(self.bn1(self.conv1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def narrow_block(
    block: type[BasicBlock], in_channels: int, out_channels: int
) -> BasicBlock:
    """A block whose shortcut has no parameters."""
    stride = 1 if in_channels == out_channels else 2
    made = block(in_channels, out_channels, stride)
    if stride == 2:
        made.downsample = TakeAndPad(out_channels, stride)
    return made


def cifar_resnet(
    depth: int, classes: int = 10, in_channels: int = 3
) -> CifarResNet:
    """A residual network for small images, with depth = 6n + 2.

    >>> sum(p.numel() for p in cifar_resnet(20).parameters())
    269722
    """
    return CifarResNet(depth, classes, in_channels)


def cifar_plain(
    depth: int, classes: int = 10, in_channels: int = 3
) -> CifarResNet:
    """The same without shortcuts, which are all that it lacks.

    >>> sum(p.numel() for p in cifar_plain(20).parameters())
    269722
    """
    return CifarResNet(depth, classes, in_channels, PlainBlock)
