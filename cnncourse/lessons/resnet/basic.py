"""BasicBlock: two layers, and a way around them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.run_module import Module
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.resnet.variants import is_changed, misconceptions, strides_in_the_last_layer
from cnncourse.reference.resnet import BasicBlock


class InOneLine(nn.Module):
    """The oracle: the shortcut first, all layers in a row, and other names."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        same = stride == 1 and in_channels == out_channels
        side = [] if same else [nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)]
        self.side = nn.Sequential(*side, *(nn.BatchNorm2d(out_channels) for _ in side))
        self.way = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x):
        return (self.side(x) + self.way(x)).clamp(min=0)


def block(in_channels, out_channels, strides: tuple[int, ...] | None) -> Make:
    """strides: some to draw from, or None for an argument that is not given."""

    def make(generator: Generator) -> Arguments:
        sizes = {"in_channels": in_channels, "out_channels": out_channels}
        if strides:
            sizes["stride"] = strides[whole(generator, 0, len(strides) - 1)]
        height = whole(generator, 5, 6)
        return {"x": normal(generator, 3, in_channels, height, height + 2), **sizes}

    return make


def shares_one_norm(block, in_channels, out_channels, stride):
    block.bn2 = block.bn1


def shares_one_convolution(block, in_channels, out_channels, stride):
    if in_channels == out_channels and stride == 1:
        block.conv2 = block.conv1


def forgets_the_stride(block, in_channels, out_channels, stride):
    block.conv1.stride = (1, 1)
    if isinstance(block.downsample, nn.Sequential):
        block.downsample[0].stride = (1, 1)


def begins_the_shortcut_too_late(self, x: Tensor) -> Tensor:
    first = F.relu(self.bn1(self.conv1(x)))
    return F.relu(self.bn2(self.conv2(first)) + first)


BEGINS_TOO_LATE = type(
    "begins_the_shortcut_too_late",
    (BasicBlock,),
    {
        "__init__": lambda self, *sizes, **options: (
            BasicBlock.__init__(self, *sizes, **options),
            delattr(self, "downsample"),
        )[0],
        "forward": begins_the_shortcut_too_late,
    },
)

BASIC_BLOCK = Exercise(
    reference=BasicBlock,
    points=3,
    minutes=40,
    difficulty="core",
    oracle=InOneLine,
    run=Module(),
    cases=(
        Case(
            "the shape stays",
            block(4, 4, None),
            keeps="the case to think about first: nothing is on the shortcut",
        ),
        Case("the channels change and the size does not", block(3, 5, (1,))),
        Case("the size changes and the channels do not", block(4, 4, (2, 3))),
        Case(
            "size and channels change",
            block(3, 6, (2,)),
            keeps="the block with which every stage but the first begins",
        ),
    ),
    misconceptions=(
        *misconceptions(BasicBlock),
        Misconception(
            is_changed(BasicBlock, strides_in_the_last_layer),
            "Your stride is in the second convolution. The sizes fit, but then the first one works "
            "at all the places of the larger map: the stride belongs to the first.",
        ),
        Misconception(
            is_changed(BasicBlock, forgets_the_stride),
            "Your block ignores the stride: what comes out is as large as what went in.",
        ),
        Misconception(
            is_changed(BasicBlock, shares_one_norm),
            "You use one BatchNorm twice. Each layer needs its own, because each has its own mean "
            "and variance.",
        ),
        Misconception(
            is_changed(BasicBlock, shares_one_convolution),
            "You use one convolution twice. The two layers have weights of their own.",
        ),
        Misconception(
            BEGINS_TOO_LATE,
            "Your shortcut begins behind the first layer. It goes around *both*: keep what came "
            "in, under a name of its own.",
        ),
    ),
    hints=(
        "Draw two ways from x to the end. On one: convolution, BatchNorm, ReLU, convolution, "
        "BatchNorm. What is on the other? What happens where they meet, and what after that?",
        "Keep x under its own name until the end. Ask in `__init__` whether the shape changes: "
        "another number of channels, or a stride. Then the other way is a 1 × 1 convolution with "
        "that stride and a BatchNorm; otherwise it is `nn.Identity()`.",
        "No convolution has a bias. The stride is in the first 3 × 3 convolution and in the "
        "projection. `forward` ends with a ReLU of the sum of both ways.",
    ),
)

EXERCISES = (BASIC_BLOCK,)
