"""Whole networks, named as in torchvision: `cnncourse.models.resnet50()`."""

from cnncourse.inspection.summary import summary
from cnncourse.models.alexnet import alexnet
from cnncourse.models.cifar_resnet import cifar_plain, cifar_resnet
from cnncourse.models.efficientnet import (
    efficientnet_b0,
    efficientnet_b1,
    efficientnet_b2,
    efficientnet_b3,
    efficientnet_b4,
    efficientnet_b5,
    efficientnet_b6,
    efficientnet_b7,
)
from cnncourse.models.lenet import lenet5, lenet5_1998
from cnncourse.models.mlp import mlp
from cnncourse.models.resnet import (
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from cnncourse.models.tcn import tcn
from cnncourse.models.vgg import (
    vgg11,
    vgg11_bn,
    vgg13,
    vgg13_bn,
    vgg16,
    vgg16_bn,
    vgg19,
    vgg19_bn,
)
from cnncourse.models.vit import (
    vit_b_16,
    vit_b_32,
    vit_l_16,
    vit_l_32,
    vit_small_images,
)
from cnncourse.models.weights import WeightsError

__all__ = [
    "WeightsError",
    "alexnet",
    "cifar_plain",
    "cifar_resnet",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b4",
    "efficientnet_b5",
    "efficientnet_b6",
    "efficientnet_b7",
    "lenet5",
    "lenet5_1998",
    "mlp",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "summary",
    "tcn",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
    "vit_b_16",
    "vit_b_32",
    "vit_l_16",
    "vit_l_32",
    "vit_small_images",
]
