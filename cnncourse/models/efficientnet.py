"""EfficientNet-B0 to B7: one network, scaled in three ways at once.

Tan & Le 2019. The released networks use multipliers that were rounded by
hand; they are not powers of 1.2 and 1.1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.models.weights import Weights, load_weights
from cnncourse.reference.efficientnet import (
    MBConv,
    conv_norm,
    round_filters,
    round_repeats,
)

# expand, kernel size, stride, channels, repeats of B0's stages. (Table 1.)
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
# width, depth, dropout before the last layer of B0 to B7.
SCALES = (
    (1.0, 1.0, 0.2),
    (1.0, 1.1, 0.2),
    (1.1, 1.2, 0.3),
    (1.2, 1.4, 0.3),
    (1.4, 1.8, 0.4),
    (1.6, 2.2, 0.4),
    (1.8, 2.6, 0.5),
    (2.0, 3.1, 0.5),
)
# Pixels at which torchvision's weights are used.
RESOLUTIONS = (224, 240, 288, 300, 380, 456, 528, 600)


class DroppableMBConv(MBConv):
    """MBConv that is skipped now and then in training: stochastic depth.

    x (N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride).
    (Huang et al. 2016.)
    """

    drop = 0.0

    def forward(self, x: Tensor) -> Tensor:
        out = self.block(x)
        if not self.residual:
            return out
        if self.training and self.drop > 0:
            kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.drop
            out = out * (kept / (1 - self.drop)).to(out.dtype)
        return x + out


def scaled_stage(
    in_channels: int,
    stage: tuple[int, int, int, int, int],
    width: float,
    depth: float,
) -> nn.Sequential:
    """One of B0's stages, made wider and deeper. x (N, C, H, W) -> as a block

    >>> len(scaled_stage(16, STAGES[1], width=1.0, depth=3.1))
    7
    """
    expand, kernel_size, stride, channels, repeats = stage
    out = round_filters(channels, width)
    blocks = [DroppableMBConv(in_channels, out, kernel_size, stride, expand)]
    for _ in range(round_repeats(repeats, depth) - 1):
        blocks.append(DroppableMBConv(out, out, kernel_size, 1, expand))
    return nn.Sequential(*blocks)


class EfficientNet(nn.Module):
    """A stem, seven stages of MBConv, 1x1 convolution, average, linear layer.

    x (N, 3, H, W) -> (N, classes)
    """

    def __init__(
        self, width: float, depth: float, dropout: float, classes: int = 1000
    ) -> None:
        super().__init__()
        channels = round_filters(32, width)
        layers = [conv_norm(3, channels, 3, stride=2).append(nn.SiLU())]
        for stage in STAGES:
            layers.append(scaled_stage(channels, stage, width, depth))
            channels = round_filters(stage[3], width)
        layers.append(conv_norm(channels, 4 * channels).append(nn.SiLU()))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        head = nn.Linear(4 * channels, classes)
        self.classifier = nn.Sequential(nn.Dropout(dropout), head)
        self.apply(start_weights)
        drop_later_blocks_more_often(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def start_weights(module: nn.Module) -> None:
    """Start a layer's weights as torchvision does."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out")
    elif isinstance(module, nn.Linear):
        reach = module.out_features**-0.5
        nn.init.uniform_(module.weight, -reach, reach)
    if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


def drop_later_blocks_more_often(model: nn.Module) -> None:
    """Give the first block a chance of 0 to be dropped, the last almost 0.2."""
    blocks = [m for m in model.modules() if isinstance(m, DroppableMBConv)]
    for index, block in enumerate(blocks):
        block.drop = 0.2 * index / len(blocks)


def build(index: int, classes: int, weights: Weights) -> EfficientNet:
    """EfficientNet-B<index>."""
    model = EfficientNet(*SCALES[index], classes)
    if index >= 5:
        # These were trained in TensorFlow with other settings.
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps, module.momentum = 1e-3, 0.01
    return load_weights(model, f"efficientnet_b{index}", weights)


def efficientnet_b0(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B0. x (N, 3, 224, 224) -> (N, classes)"""
    return build(0, classes, weights)


def efficientnet_b1(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B1. x (N, 3, 240, 240) -> (N, classes)"""
    return build(1, classes, weights)


def efficientnet_b2(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B2. x (N, 3, 288, 288) -> (N, classes)"""
    return build(2, classes, weights)


def efficientnet_b3(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B3. x (N, 3, 300, 300) -> (N, classes)"""
    return build(3, classes, weights)


def efficientnet_b4(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B4. x (N, 3, 380, 380) -> (N, classes)"""
    return build(4, classes, weights)


def efficientnet_b5(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B5. x (N, 3, 456, 456) -> (N, classes)"""
    return build(5, classes, weights)


def efficientnet_b6(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B6. x (N, 3, 528, 528) -> (N, classes)"""
    return build(6, classes, weights)


def efficientnet_b7(
    classes: int = 1000, weights: Weights = None
) -> EfficientNet:
    """EfficientNet-B7. x (N, 3, 600, 600) -> (N, classes)"""
    return build(7, classes, weights)
