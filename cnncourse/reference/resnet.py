"""Residual networks, written to be read: blocks, shortcuts, whole networks.

He, Zhang, Ren & Sun 2015. Parameters carry torchvision's names, so that its
published weights fit. Axes: N batch, C channels, H W height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
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

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv1 = conv3x3(in_channels, out_channels, stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = conv3x3(out_channels, out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.downsample(x))


class Bottleneck(nn.Module):
    """Narrow, 3x3, wide again: cheap where channels are many. (Figure 5.)

    The stride is in the 3x3 convolution, as in torchvision; the paper has it
    in the first 1x1. x (N, in_channels, H, W) -> (N, 4 width, H', W')

    >>> Bottleneck(8, 2)(torch.ones(1, 8, 5, 5)).shape
    torch.Size([1, 8, 5, 5])
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
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
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.downsample(x))


Block = Callable[[int, int, int], nn.Module]


def stage(
    block: Block, in_channels: int, width: int, count: int, stride: int
) -> nn.Sequential:
    """Blocks of one width in a row; the first one changes size and channels.

    >>> len(stage(BasicBlock, 2, 4, count=3, stride=2))
    3
    """
    blocks = [block(in_channels, width, stride)]
    for _ in range(count - 1):
        blocks.append(block(width * block.expansion, width, 1))
    return nn.Sequential(*blocks)


class ResNet(nn.Module):
    """Four stages of residual blocks, an average, one linear layer. (Table 1.)

    x (N, 3, H, W), 32 pixels or more -> (N, classes)
    """

    def __init__(
        self, block: Block, layers: Sequence[int], classes: int = 1000
    ) -> None:
        super().__init__()
        out = block.expansion
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(block, 64, 64, layers[0], stride=1)
        self.layer2 = stage(block, 64 * out, 128, layers[1], stride=2)
        self.layer3 = stage(block, 128 * out, 256, layers[2], stride=2)
        self.layer4 = stage(block, 256 * out, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * out, classes)
        self.apply(he_init_by_outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def he_init_by_outputs(module: nn.Module) -> None:
    """Start a convolution so that gradients keep their size on the way back.

    Normal, variance 2 / (kernel area x output channels). (He et al. 2015,
    "Delving deep into rectifiers", section 2.2, backward case.)
    """
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(
            module.weight, mode="fan_out", nonlinearity="relu"
        )


def resnet(block: Block, layers: Sequence[int], classes: int = 1000) -> ResNet:
    """A residual network for photographs: how many blocks in each stage.

    >>> small = resnet(BasicBlock, [2, 2, 2, 2])
    >>> sum(p.numel() for p in small.parameters())
    11689512
    """
    return ResNet(block, layers, classes)


def gradient_ratio(
    model: nn.Module, x: Tensor, loss: Callable[[Tensor], Tensor]
) -> float:
    """How large the gradient is at the start, compared with the end.

    The norm at the first parameter with two axes or more, over that at the
    last such. The model is left as it was.

    >>> layers = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    >>> for layer, value in zip(layers, (1.0, 3.0)):
    ...     _ = nn.init.constant_(layer.weight, value)
    ...     _ = nn.init.zeros_(layer.bias)
    >>> gradient_ratio(layers, torch.ones(1, 1), torch.sum)
    3.0
    """
    weights = [p for p in model.parameters() if p.dim() >= 2]
    ends = (weights[0], weights[-1])
    first, last = torch.autograd.grad(loss(model(x)), ends)
    return (first.norm() / last.norm()).item()
