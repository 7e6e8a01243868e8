"""ResNet with 18 to 152 layers. (He et al. 2015, table 1.)"""

from __future__ import annotations

from cnncourse.models.weights import Weights, load_weights
from cnncourse.reference.resnet import BasicBlock, Bottleneck, ResNet, resnet


def resnet18(classes: int = 1000, weights: Weights = None) -> ResNet:
    """ResNet-18. x (N, 3, H, W), 32 pixels or more -> (N, classes)"""
    model = resnet(BasicBlock, [2, 2, 2, 2], classes)
    return load_weights(model, "resnet18", weights)


def resnet34(classes: int = 1000, weights: Weights = None) -> ResNet:
    """ResNet-34. x (N, 3, H, W), 32 pixels or more -> (N, classes)"""
    model = resnet(BasicBlock, [3, 4, 6, 3], classes)
    return load_weights(model, "resnet34", weights)


def resnet50(classes: int = 1000, weights: Weights = None) -> ResNet:
    """ResNet-50. x (N, 3, H, W), 32 pixels or more -> (N, classes)"""
    model = resnet(Bottleneck, [3, 4, 6, 3], classes)
    return load_weights(model, "resnet50", weights)


def resnet101(classes: int = 1000, weights: Weights = None) -> ResNet:
    """ResNet-101. x (N, 3, H, W), 32 pixels or more -> (N, classes)"""
    model = resnet(Bottleneck, [3, 4, 23, 3], classes)
    return load_weights(model, "resnet101", weights)


def resnet152(classes: int = 1000, weights: Weights = None) -> ResNet:
    """ResNet-152. x (N, 3, H, W), 32 pixels or more -> (N, classes)"""
    model = resnet(Bottleneck, [3, 8, 36, 3], classes)
    return load_weights(model, "resnet152", weights)
