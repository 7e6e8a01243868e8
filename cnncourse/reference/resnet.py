"""Residual networks, written to be read: built, counted, looked at, folded.

He, Zhang, Ren & Sun 2015. Parameters carry torchvision's names, so that its
published weights fit. Axes: N batch, C channels, H W height and width.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncourse.reference.resnet_blocks import BasicBlock, Bottleneck

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "cifar_resnet_params",
    "fold_batch_norm",
    "gradient_ratio",
    "resnet",
]


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
    last such. `loss` takes the model's output; the model is left as it was.

    >>> layers = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    >>> for layer, value in zip(layers, (1.0, 3.0)):
    ...     _ = nn.init.constant_(layer.weight, value)
    ...     _ = nn.init.zeros_(layer.bias)
    >>> gradient_ratio(layers, torch.ones(1, 1), torch.sum)
    3.0
    """
    # A copy, because in train mode BatchNorm remembers every batch it sees.
    model = copy.deepcopy(model)
    weights = [p for p in model.parameters() if p.dim() >= 2]
    ends = (weights[0], weights[-1])
    first, last = torch.autograd.grad(loss(model(x)), ends)
    return (first.norm() / last.norm()).item()


@torch.no_grad()
def fold_batch_norm(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> nn.Conv2d:
    """One convolution that does what both do in eval mode.

    Whichever mode they are in, and they stay in it. In eval mode
    BatchNorm multiplies a channel by a number and adds another.

    >>> conv, bn = nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1, eps=0.0)
    >>> _ = nn.init.constant_(conv.weight, 6.0)
    >>> _ = bn.running_mean.fill_(4.0), bn.running_var.fill_(9.0)
    >>> folded = fold_batch_norm(conv, bn)  # (6 x - 4) / 3
    >>> round(folded.weight.item(), 4), round(folded.bias.item(), 4)
    (2.0, -1.3333)
    """
    scale, shift = 1 / (bn.running_var + bn.eps).sqrt(), -bn.running_mean
    if conv.bias is not None:
        shift = shift + conv.bias
    if bn.affine:
        scale = scale * bn.weight
    shift = shift * scale + (bn.bias if bn.affine else 0)
    folded = copy.deepcopy(conv)
    folded.weight = nn.Parameter(conv.weight * scale.view(-1, 1, 1, 1))
    folded.bias = nn.Parameter(shift)
    return folded


def cifar_resnet_params(depth: int) -> int:
    """Parameters of the thin ResNet for 32 x 32 pixels and 10 classes.

    Section 4.2, option A: shortcuts have none. Convolutions have no bias;
    each BatchNorm has a factor and a summand for each channel. ValueError
    unless depth = 6n + 2 with n of 1 or more.

    >>> cifar_resnet_params(20), cifar_resnet_params(110)
    (269722, 1727962)
    """
    blocks, rest = divmod(depth - 2, 6)
    if blocks < 1 or rest:
        raise ValueError(f"the depth is 6n + 2, such as 20; not {depth}")
    total, channels = 3 * 9 * 16 + 2 * 16, 16
    for width in (16, 32, 64):
        for _ in range(blocks):
            total += 9 * channels * width + 9 * width * width + 4 * width
            channels = width
    return total + channels * 10 + 10
