"""Bottleneck: three layers, narrow in the middle, and a way around them."""

from __future__ import annotations

from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.run_module import Module
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.resnet.variants import is_changed, misconceptions, strides_in_the_last_layer
from cnncourse.reference.resnet import Bottleneck


class InOneLine(nn.Module):
    """The oracle: the shortcut first, all layers in a row, and other names."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        same = stride == 1 and in_channels == 4 * width
        side = [] if same else [nn.Conv2d(in_channels, 4 * width, 1, stride, bias=False)]
        self.side = nn.Sequential(*side, *(nn.BatchNorm2d(4 * width) for _ in side))
        self.way = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )

    def forward(self, x):
        return (self.side(x) + self.way(x)).clamp(min=0)


def block(in_channels, width, strides: tuple[int, ...] | None) -> Make:
    """strides: some to draw from, or None for an argument that is not given."""

    def make(generator: Generator) -> Arguments:
        sizes = {"in_channels": in_channels, "width": width}
        if strides:
            sizes["stride"] = strides[whole(generator, 0, len(strides) - 1)]
        height = whole(generator, 5, 6)
        return {"x": normal(generator, 3, in_channels, height, height + 2), **sizes}

    return make


class Rebuilt(Bottleneck):
    """A bottleneck with other convolutions: (channels before, behind, kernel, stride) of each."""

    @staticmethod
    def plan(in_channels, width, stride):
        return ((in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1))

    def __init__(self, in_channels, width, stride=1):
        super().__init__(in_channels, width, stride)
        for place, (before, behind, kernel, step) in enumerate(
            self.plan(in_channels, width, stride), start=1
        ):
            conv = nn.Conv2d(before, behind, kernel, step, kernel // 2, bias=False)
            setattr(self, f"conv{place}", conv)
            setattr(self, f"bn{place}", nn.BatchNorm2d(behind))


def planned(plan) -> type[nn.Module]:
    return type(plan.__name__, (Rebuilt,), {"plan": staticmethod(plan)})


def strides_in_the_first_layer(in_channels, width, stride):
    return ((in_channels, width, 1, stride), (width, width, 3, 1), (width, 4 * width, 1, 1))


def stays_wide(in_channels, width, stride):
    return (
        (in_channels, 4 * width, 1, 1),
        (4 * width, 4 * width, 3, stride),
        (4 * width, 4 * width, 1, 1),
    )


def looks_around_first(in_channels, width, stride):
    return ((in_channels, width, 3, stride), (width, width, 1, 1), (width, 4 * width, 1, 1))


def looks_around_everywhere(in_channels, width, stride):
    return ((in_channels, width, 3, 1), (width, width, 3, stride), (width, 4 * width, 3, 1))


def looks_around_nowhere(in_channels, width, stride):
    return ((in_channels, width, 1, 1), (width, width, 1, stride), (width, 4 * width, 1, 1))


def divides_the_inputs_by_four(in_channels, width, stride):
    narrow = max(1, in_channels // 4)
    return ((in_channels, narrow, 1, 1), (narrow, narrow, 3, stride), (narrow, 4 * width, 1, 1))


def has_two_layers(in_channels, width, stride):
    return ((in_channels, width, 3, stride), (width, 4 * width, 3, 1))


class HasTwoLayers(Rebuilt):
    plan = staticmethod(has_two_layers)

    def __init__(self, in_channels, width, stride=1):
        super().__init__(in_channels, width, stride)
        del self.conv3, self.bn3

    def forward(self, x):
        out = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(out)) + self.downsample(x)).relu()


HasTwoLayers.__name__ = has_two_layers.__name__


class ForgetsTheExpansion(nn.Module):
    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.way = InOneLine(in_channels, width, stride).way
        self.way[-2], self.way[-1] = nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width)
        same = stride == 1 and in_channels == width
        side = [] if same else [nn.Conv2d(in_channels, width, 1, stride, bias=False)]
        self.side = nn.Sequential(*side, *(nn.BatchNorm2d(width) for _ in side))

    def forward(self, x):
        return (self.way(x) + self.side(x)).relu()


ForgetsTheExpansion.__name__ = "forgets_the_expansion"


def compares_with_the_width(block, in_channels, out_channels, stride):
    """The projection is asked for the wrong number."""
    width = out_channels // 4
    if stride == 1 and in_channels == width:
        block.downsample = nn.Identity()
    else:
        conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
        block.downsample = nn.Sequential(conv, nn.BatchNorm2d(out_channels))


def forgets_the_first_inner_relu(self, x):
    out = self.bn1(self.conv1(x))
    out = self.bn3(self.conv3(self.bn2(self.conv2(out)).relu()))
    return (out + self.downsample(x)).relu()


def forgets_the_second_inner_relu(self, x):
    out = self.bn1(self.conv1(x)).relu()
    out = self.bn3(self.conv3(self.bn2(self.conv2(out))))
    return (out + self.downsample(x)).relu()


def otherwise(forward) -> type[nn.Module]:
    return type(forward.__name__, (Bottleneck,), {"forward": forward})


BOTTLENECK = Exercise(
    reference=Bottleneck,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=InOneLine,
    run=Module(),
    cases=(
        Case(
            "the shape stays",
            block(12, 3, None),
            keeps="the case to think about first: four times the width comes in, and goes out",
        ),
        Case("as many channels come in as the middle is wide", block(3, 3, (1,))),
        Case("the size changes and the channels do not", block(12, 3, (2, 3))),
        Case(
            "size and channels change",
            block(10, 4, (2,)),
            keeps="the block with which every stage but the first begins",
        ),
    ),
    misconceptions=(
        *misconceptions(Bottleneck),
        Misconception(
            planned(strides_in_the_first_layer),
            "Your stride is in the first 1 × 1 convolution, as in the paper of 2015. It then "
            "throws three of four pixels away unseen. Here it is in the 3 × 3, which looks at all.",
        ),
        Misconception(
            is_changed(Bottleneck, strides_in_the_last_layer),
            "Your stride is in the last convolution. Being 1 × 1, it throws away what the 3 × 3 "
            "one has just worked out: the stride belongs to the 3 × 3.",
        ),
        Misconception(
            planned(stays_wide),
            "Your block is wide all the way. The first convolution makes it narrow, `width` "
            "channels, so that the 3 × 3 in the middle is cheap.",
        ),
        Misconception(
            planned(looks_around_first),
            "Your 3 × 3 convolution comes first. It belongs in the middle, where channels are few.",
        ),
        Misconception(
            planned(looks_around_everywhere),
            "All three of your convolutions are 3 × 3. The first and the last only mix channels.",
        ),
        Misconception(
            planned(looks_around_nowhere),
            "All three of your convolutions are 1 × 1, so your block never sees a neighbour.",
        ),
        Misconception(
            planned(divides_the_inputs_by_four),
            "You work out the width from the channels that come in. It is given, as `width`: in a "
            "stage's first block the two do not belong together.",
        ),
        Misconception(
            HasTwoLayers, "Your block has two layers. A bottleneck has three: narrow, look, widen."
        ),
        Misconception(
            ForgetsTheExpansion,
            "Your block ends with `width` channels. Its last convolution makes it four times as "
            "wide.",
        ),
        Misconception(
            is_changed(Bottleneck, compares_with_the_width),
            "You ask whether `in_channels` equals `width`. What must have the same number of "
            "channels for a sum: what comes in, and what goes *out*.",
        ),
        Misconception(
            otherwise(forgets_the_first_inner_relu),
            "There is no ReLU behind your first layer.",
        ),
        Misconception(
            otherwise(forgets_the_second_inner_relu),
            "There is no ReLU behind your second layer.",
        ),
    ),
    hints=(
        "Which convolution is expensive? Nine times as many products for each pair of channels. So "
        "it comes where channels are few. What stands before it, what behind?",
        "1 × 1 to `width`, 3 × 3 at that width, 1 × 1 to 4 * width. Each has its BatchNorm; there "
        "is a ReLU behind the first, behind the second, and after the sum.",
        "The stride is in the 3 × 3 convolution and in the projection. There is a projection where "
        "`in_channels` is not 4 * width, or the stride is not 1.",
    ),
)

EXERCISES = (BOTTLENECK,)
