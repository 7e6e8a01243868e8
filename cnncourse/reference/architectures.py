"""LeNet-5, AlexNet and VGG, written to be read.

Parameters of AlexNet and VGG carry torchvision's names, so that its published
weights fit. Axes: N batch, C channels, H W height and width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnncourse.reference.convolution import as_pair

Config = Sequence[int | str]


class LeNet5(nn.Module):
    """LeNet-5 in the form that is built today: every map sees every map.

    x (N, 1, 28, 28) -> (N, classes). (LeCun, Bottou, Bengio & Haffner 1998,
    section II.B, without the sparse connections, the trainable subsampling
    and the radial basis functions.)

    >>> LeNet5()(torch.ones(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, padding=2)
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.s4 = nn.AvgPool2d(2)
        self.c5 = nn.Linear(16 * 5 * 5, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.s2(torch.tanh(self.c1(x)))  # (N, 6, 14, 14)
        x = self.s4(torch.tanh(self.c3(x)))  # (N, 16, 5, 5)
        x = torch.tanh(self.c5(x.flatten(1)))
        return self.output(torch.tanh(self.f6(x)))


def alexnet_features(in_channels: int = 3) -> nn.Sequential:
    """The convolutional part of AlexNet, in the form for one GPU.

    x (N, in_channels, 224, 224) -> (N, 256, 6, 6). (Krizhevsky 2014, "One
    weird trick"; the network of 2012 has 96 filters first, and two halves.)

    >>> sum(p.numel() for p in alexnet_features().parameters())
    2469696
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, 64, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(64, 192, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
    )


def vgg_step(in_channels: int, width: int, batch_norm: bool) -> list[nn.Module]:
    """One 3x3 convolution that keeps the size, and what follows it.

    x (N, in_channels, H, W) -> (N, width, H, W)

    >>> [type(layer).__name__ for layer in vgg_step(1, 2, batch_norm=True)]
    ['Conv2d', 'BatchNorm2d', 'ReLU']
    """
    convolution = nn.Conv2d(in_channels, width, 3, padding=1)
    if batch_norm:
        return [convolution, nn.BatchNorm2d(width), nn.ReLU()]
    return [convolution, nn.ReLU()]


def vgg_features(config: Config, batch_norm: bool = False) -> nn.Sequential:
    """Convolutions of the given widths; "M" halves the size.

    x (N, 3, H, W) -> (N, last width, H / 2^M, W / 2^M)

    >>> vgg_features([4, "M", 8])(torch.ones(1, 3, 6, 6)).shape
    torch.Size([1, 8, 3, 3])
    """
    layers: list[nn.Module] = []
    channels = 3
    for step in config:
        if step == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += vgg_step(channels, step, batch_norm)
            channels = step
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """VGG: uniform 3x3 convolutions, then three large linear layers.

    x (N, 3, 224, 224) -> (N, classes). (Simonyan & Zisserman 2014, table 1.)
    """

    def __init__(self, features: nn.Module, width: int, classes: int) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(width * 7 * 7, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def vgg(config: Config, batch_norm: bool = False, classes: int = 1000) -> VGG:
    """A VGG network from its list of widths.

    >>> small = vgg([2, "M", 3], classes=5)
    >>> small.classifier[0].in_features
    147
    """
    width = [step for step in config if step != "M"][-1]
    return VGG(vgg_features(config, batch_norm), width, classes)


def stacked_vs_single(
    channels: int, n: int, kernel_size: int | tuple[int, int] = 3
) -> tuple[int, int]:
    """Weights of n layers in a row, and of one layer that sees as much.

    Every layer has as many channels as it gets, stride 1 and no bias.
    kernel_size may be a (height, width) pair. ValueError for less than one
    layer. (Simonyan & Zisserman 2014, section 2.3.)

    >>> stacked_vs_single(channels=1, n=3)
    (27, 49)
    """
    if n < 1:
        raise ValueError(f"a stack has one layer or more, not {n}")
    kh, kw = as_pair(kernel_size)
    stacked = n * kh * kw * channels**2
    height, width = n * (kh - 1) + 1, n * (kw - 1) + 1
    return stacked, height * width * channels**2
