"""vgg: a whole network from a list of widths."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise
from cnncourse.grading.run_network import Network
from cnncourse.lessons.architectures.vgg_beliefs import MISCONCEPTIONS
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.reference.architectures import vgg

VGG16 = [
    *[64, 64, "M", 128, 128, "M", 256, 256, 256, "M"],
    *[512, 512, 512, "M", 512, 512, 512, "M"],
]


class AllConvolutions(nn.Module):
    """The oracle: its head is a convolution as well, and functions stand between the layers."""

    def __init__(self, config, batch_norm=False, classes=1000):
        super().__init__()
        self.config, widths = config, [3, *(step for step in config if step != "M")]
        pairs = itertools.pairwise(widths)
        self.layers = nn.ModuleList(nn.Conv2d(*pair, 3, padding="same") for pair in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(one) for one in widths[1:] if batch_norm)
        self.first, self.second = nn.Conv2d(widths[-1], 4096, 7), nn.Conv2d(4096, 4096, 1)
        self.scores = nn.Conv2d(4096, classes, 1)

    def forward(self, x):
        place = 0
        for step in self.config:
            if step == "M":
                x = x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2]
                x = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).amax((3, 5))
                continue
            x = self.layers[place](x)
            x = self.norms[place](x) if len(self.norms) else x
            place, x = place + 1, x.clamp(min=0)
        x = F.adaptive_avg_pool2d(x, 7)
        for layer in (self.first, self.second):
            x = F.dropout(layer(x).clamp(min=0), training=self.training)
        return self.scores(x).flatten(1)


def small(generator: Generator) -> Arguments:
    """Two halvings, and a last width that is none of the others."""
    first, last = whole(generator, 4, 6), whole(generator, 7, 9)
    return {
        "config": [first, "M", last, last, "M"],
        "classes": whole(generator, 11, 99),
        "x": (whole(generator, 2, 5), 3, 29, 30),
    }


def with_an_image(generator: Generator) -> Arguments:
    """What is left is seven by seven: then it does not matter how a network makes it so."""
    return {
        "config": [whole(generator, 4, 6), whole(generator, 3, 5), "M"],
        "classes": whole(generator, 3, 6),
        "x": normal(generator, 2, 3, 14, 15, dtype=torch.float32),
    }


def normalised(generator: Generator) -> Arguments:
    return {**with_an_image(generator), "batch_norm": True}


def ending_in_a_width(generator: Generator) -> Arguments:
    return {
        "config": [whole(generator, 2, 4), "M", whole(generator, 5, 7), whole(generator, 8, 10)],
        "batch_norm": True,
        "classes": 10,
        "x": (2, 3, 15, 14),
    }


def sixteen_layers(generator: Generator) -> Arguments:
    return {"config": list(VGG16), "x": (1, 3, 224, 224)}


def another_size(generator: Generator) -> Arguments:
    return {**small(generator), "x": (2, 3, 37, 46)}


VGG = Exercise(
    reference=vgg,
    points=4,
    minutes=45,
    difficulty="challenge",
    oracle=AllConvolutions,
    run=Network(),
    cases=(
        Case(
            "a small network is built",
            small,
            keeps="its parameters are counted and shapes go through it: the case to look at first",
        ),
        Case(
            "an image goes through a small network",
            with_an_image,
            keeps="values without BatchNorm, which many build in a branch of its own",
        ),
        Case(
            "an image goes through a small network with BatchNorm",
            normalised,
            keeps="values and running statistics with BatchNorm",
        ),
        Case("the list ends in a width", ending_in_a_width, keeps="lists without a last pooling"),
        Case(
            "it is VGG-16, for 1000 classes",
            sixteen_layers,
            keeps="the published network: 138 357 544 parameters, and nothing is computed",
        ),
    ),
    asides=(Case("the image leaves other than 7 × 7 places", another_size),),
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Go through the list with a loop and append layers to another list. What must you remember "
        "from one step to the next?",
        "Remember the channels. A width appends a 3 × 3 convolution with padding 1, BatchNorm if "
        'asked for, and a ReLU. "M" appends max pooling of 2.',
        "The head: flatten; Linear(last width · 49, 4096), ReLU, Dropout; Linear(4096, 4096), "
        "ReLU, Dropout; Linear(4096, classes). Adaptive pooling to 7 × 7 comes before it.",
    ),
)

EXERCISES = (VGG,)
