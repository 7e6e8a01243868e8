"""AlexNet, in the form for one GPU that everybody uses."""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.models.weights import Weights, load_weights
from cnncourse.reference.architectures import alexnet_features


class AlexNet(nn.Module):
    """Five convolutions, then three large linear layers with dropout.

    x (N, 3, 224, 224) -> (N, classes). (Krizhevsky 2014, "One weird trick".)
    """

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = alexnet_features()
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def alexnet(classes: int = 1000, weights: Weights = None) -> AlexNet:
    """AlexNet: 61.1 million parameters, 0.714 billion products an image."""
    return load_weights(AlexNet(classes), "alexnet", weights)
