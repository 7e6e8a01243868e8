"""VGG with 11, 13, 16 and 19 layers that have weights."""

from __future__ import annotations

from torch import nn

from cnncourse.models.weights import Weights, load_weights
from cnncourse.reference.architectures import VGG, vgg
from cnncourse.reference.resnet import he_init_by_outputs

# How many convolutions stand in each of the five stages. (Table 1.)
STAGES = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
WIDTHS = (64, 128, 256, 512, 512)


def config(depth: int) -> list[int | str]:
    """The list of widths of VGG-<depth>, "M" where the size is halved.

    >>> config(11)
    [64, 'M', 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M']
    """
    steps: list[int | str] = []
    for count, width in zip(STAGES[depth], WIDTHS, strict=True):
        steps += [width] * count + ["M"]
    return steps


def build(depth: int, batch_norm: bool, classes: int, weights: Weights) -> VGG:
    """A VGG whose weights start so that it can be trained."""
    model = vgg(config(depth), batch_norm, classes)
    model.apply(he_init_by_outputs)
    for layer in model.classifier:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
    name = f"vgg{depth}_bn" if batch_norm else f"vgg{depth}"
    return load_weights(model, name, weights)


def vgg11(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-11: configuration A. x (N, 3, 224, 224) -> (N, classes)"""
    return build(11, False, classes, weights)


def vgg11_bn(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-11 with BatchNorm. x (N, 3, 224, 224) -> (N, classes)"""
    return build(11, True, classes, weights)


def vgg13(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-13: configuration B. x (N, 3, 224, 224) -> (N, classes)"""
    return build(13, False, classes, weights)


def vgg13_bn(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-13 with BatchNorm. x (N, 3, 224, 224) -> (N, classes)"""
    return build(13, True, classes, weights)


def vgg16(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-16: configuration D. x (N, 3, 224, 224) -> (N, classes)"""
    return build(16, False, classes, weights)


def vgg16_bn(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-16 with BatchNorm. x (N, 3, 224, 224) -> (N, classes)"""
    return build(16, True, classes, weights)


def vgg19(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-19: configuration E. x (N, 3, 224, 224) -> (N, classes)"""
    return build(19, False, classes, weights)


def vgg19_bn(classes: int = 1000, weights: Weights = None) -> VGG:
    """VGG-19 with BatchNorm. x (N, 3, 224, 224) -> (N, classes)"""
    return build(19, True, classes, weights)
