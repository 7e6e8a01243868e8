"""TemporalBlock: two causal convolutions and a way around them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.run_shortcut import ShortcutModule
from cnncourse.lessons.inputs import normal
from cnncourse.reference.tcn import TemporalBlock


class FromTheLibrary(nn.Module):
    """The oracle: plain convolutions that pad both ends, and what lies behind the end cut off."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, dilation: int
    ) -> None:
        super().__init__()
        past = dilation * (kernel_size - 1)
        ways = (in_channels, out_channels), (out_channels, out_channels)
        self.convs = nn.ModuleList(
            nn.Conv1d(*way, kernel_size, padding=past, dilation=dilation) for way in ways
        )
        if in_channels != out_channels:
            self.around = nn.Conv1d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for conv in self.convs:
            out = conv(out)[..., : x.shape[2]].clamp(min=0)
        return (out + (self.around(x) if hasattr(self, "around") else x)).clamp(min=0)


def block(in_channels: int, out_channels: int, kernel_size: int, dilation: int, length=11) -> Make:
    def make(generator: Generator) -> Arguments:
        return {
            "x": normal(generator, 2, in_channels, length),
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": kernel_size,
            "dilation": dilation,
        }

    return make


Use = Callable[[TemporalBlock, Tensor], Tensor]


class Otherwise(nn.Module):
    """The parts of the block, put together in another way."""

    def __init__(self, parts: nn.Module, use: Use) -> None:
        super().__init__()
        self.parts, self.use = parts, use

    def forward(self, x: Tensor) -> Tensor:
        return self.use(self.parts, x)


def inside(parts: TemporalBlock, x: Tensor) -> Tensor:
    return parts.conv2(parts.conv1(x).relu()).relu()


def padded(conv: nn.Conv1d, x: Tensor, before: int, after: int, dilation: int) -> Tensor:
    return F.conv1d(F.pad(x, (before, after)), conv.weight, conv.bias, dilation=dilation)


def forgets_the_last_relu(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return inside(parts, x) + parts.shortcut(x)

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def adds_before_the_second_relu(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return (parts.conv2(parts.conv1(x).relu()) + parts.shortcut(x)).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def forgets_the_first_relu(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return (parts.conv2(parts.conv1(x)).relu() + parts.shortcut(x)).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def has_no_way_around(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.shortcut = nn.Identity()
    return Otherwise(parts, inside)


def has_a_relu_on_the_way_around(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return inside(parts, x) + parts.shortcut(x).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def multiplies(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return (inside(parts, x) * parts.shortcut(x)).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def cuts_off_the_way_around(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return (inside(parts, x) + parts.shortcut(x).detach()).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def pads_both_ends(in_channels, out_channels, kernel_size, dilation):
    past = dilation * (kernel_size - 1)

    def layer(conv, x):
        return padded(conv, x, past // 2, past - past // 2, dilation).relu()

    def use(parts, x):
        return (layer(parts.conv2, layer(parts.conv1, x)) + parts.shortcut(x)).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def cuts_off_the_wrong_end(in_channels, out_channels, kernel_size, dilation):
    def layer(conv, x):
        return padded(conv, x, 0, dilation * (kernel_size - 1), dilation).relu()

    def use(parts, x):
        return (layer(parts.conv2, layer(parts.conv1, x)) + parts.shortcut(x)).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def crops_with_minus_nothing(in_channels, out_channels, kernel_size, dilation):
    past = dilation * (kernel_size - 1)

    def layer(conv, x):
        return padded(conv, x, past, past, dilation)[..., :-past].relu()

    def use(parts, x):
        return (layer(parts.conv2, layer(parts.conv1, x)) + parts.shortcut(x)).relu()

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def ignores_the_dilation(in_channels, out_channels, kernel_size, dilation):
    return TemporalBlock(in_channels, out_channels, kernel_size, 1)


def dilates_only_the_first(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.conv2.dilation = (1,)
    return parts


def doubles_the_dilation_inside(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.conv2.dilation = (2 * dilation,)
    return parts


def takes_the_level_for_the_dilation(in_channels, out_channels, kernel_size, dilation):
    return TemporalBlock(in_channels, out_channels, kernel_size, 2**dilation)


def projects_always(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.shortcut = nn.Conv1d(in_channels, out_channels, 1)
    return parts


def never_projects(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.shortcut = nn.Identity()
    return parts


def projects_with_a_whole_kernel(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    if in_channels != out_channels:
        # Another convolution that is causal.
        parts.shortcut = TemporalBlock(in_channels, out_channels, kernel_size, dilation).conv1
    return parts


def has_one_convolution(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return (parts.conv1(x).relu() + parts.shortcut(x)).relu()

    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.conv2 = nn.Identity()
    return Otherwise(parts, use)


def widens_in_the_second(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.conv1 = TemporalBlock(in_channels, in_channels, kernel_size, dilation).conv1
    parts.conv2 = TemporalBlock(in_channels, out_channels, kernel_size, dilation).conv1
    return parts


def leaves_out_the_bias(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.conv1.bias = parts.conv2.bias = None
    return parts


def normalises_the_batch(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        out = parts.norm2(parts.conv2(parts.norm1(parts.conv1(x)).relu())).relu()
        return (out + parts.shortcut(x)).relu()

    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    parts.norm1, parts.norm2 = nn.BatchNorm1d(out_channels), nn.BatchNorm1d(out_channels)
    return Otherwise(parts, use)


def normalises_the_weights(in_channels, out_channels, kernel_size, dilation):
    parts = TemporalBlock(in_channels, out_channels, kernel_size, dilation)
    for conv in (parts.conv1, parts.conv2):
        nn.utils.parametrizations.weight_norm(conv)
    return parts


def turns_the_axes_around(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        return parts(x).transpose(1, 2)

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


def only_looks(in_channels, out_channels, kernel_size, dilation):
    def use(parts, x):
        with torch.no_grad():
            return parts(x)

    return Otherwise(TemporalBlock(in_channels, out_channels, kernel_size, dilation), use)


TEMPORAL_BLOCK = Exercise(
    reference=TemporalBlock,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=FromTheLibrary,
    run=ShortcutModule(),
    cases=(
        Case("the channels stay", block(4, 4, 3, 2), keeps="the block in the middle of a stack"),
        Case("the channels change", block(3, 5, 2, 3), keeps="the block that has a projection"),
        Case(
            "one channel becomes several",
            block(1, 6, 3, 1),
            keeps="the first block of every network, where a missing projection does not crash",
        ),
        Case("the kernel has one tap", block(4, 4, 1, 2)),
        Case(
            "the window is longer than the signal",
            block(4, 2, 4, 5, length=7),
            keeps="the last blocks of every deep stack, whose taps nearly all see zeros",
        ),
    ),
    misconceptions=(
        Misconception(
            forgets_the_last_relu,
            "Negative numbers come out: the ReLU *behind* the sum is missing. There are three in a "
            "block.",
        ),
        Misconception(
            adds_before_the_second_relu,
            "You add the way around before the ReLU of the second convolution, as a ResNet does. "
            "This block has a ReLU behind each convolution, and one more behind the sum.",
        ),
        Misconception(
            forgets_the_first_relu,
            "There is nothing between your two convolutions. Two weighted sums in a row are one.",
        ),
        Misconception(
            has_no_way_around,
            "Your block has no way around its convolutions. Add the input, or its projection, "
            "before the last ReLU.",
        ),
        Misconception(
            has_a_relu_on_the_way_around,
            "You put a ReLU on the way around, before the sum. What is negative there has to reach "
            "the sum: it can outweigh something.",
        ),
        Misconception(
            multiplies, "You multiply the two ways. They are added, so that one can be silent."
        ),
        Misconception(
            cuts_off_the_way_around,
            "The values are right, but no gradient goes back along the way around (`.detach()`). "
            "It is there for the gradient above all.",
        ),
        Misconception(
            pads_both_ends,
            "Your convolutions pad both ends, so they see the future. All zeros belong in front.",
        ),
        Misconception(
            cuts_off_the_wrong_end,
            "Your convolutions see the present and what comes *after* it. After padding both ends, "
            "it is the last steps that have to go.",
        ),
        Misconception(
            crops_with_minus_nothing,
            "You cut off the end with `[..., :-past]`. With a kernel of one tap there is nothing "
            "to cut off, `:-0` is `:0`, and nothing is left. Cut at the length of x.",
        ),
        Misconception(
            ignores_the_dilation, "You ignore the dilation: both convolutions take single steps."
        ),
        Misconception(
            dilates_only_the_first,
            "Only your first convolution has the dilation, or only its padding is right in the "
            "second. Both convolutions of a block have the same.",
        ),
        Misconception(
            doubles_the_dilation_inside,
            "You double the dilation from the first convolution to the second. It doubles from "
            "block to block; inside of one it stays.",
        ),
        Misconception(
            takes_the_level_for_the_dilation,
            "You take 2 ** dilation. The block is told its dilation; the power is worked out by "
            "whoever stacks blocks.",
        ),
        Misconception(
            projects_always,
            "You project on the way around even where the channels agree. There the input goes "
            "around as it is, with no parameter at all.",
        ),
        Misconception(
            never_projects,
            "You add the input as it is although it has other channels. That crashes, or worse: "
            "one channel is silently copied to all. Project with a convolution of size 1.",
        ),
        Misconception(
            projects_with_a_whole_kernel,
            "Your projection has the whole kernel. On the way around a step is only mixed over its "
            "channels: size 1.",
        ),
        Misconception(has_one_convolution, "Your block has one convolution. It has two."),
        Misconception(
            widens_in_the_second,
            "Your second convolution changes the number of channels. The first one does.",
        ),
        Misconception(
            leaves_out_the_bias,
            "Your convolutions have no bias. Without a normalisation behind them they need one.",
        ),
        Misconception(
            normalises_the_batch,
            "You put BatchNorm behind the convolutions. This block has none; in train mode its "
            "mean over all steps would even leak the future.",
        ),
        Misconception(
            normalises_the_weights,
            "You use weight normalisation, as the paper does. The exercise leaves it out, and "
            "dropout too.",
        ),
        Misconception(
            turns_the_axes_around, "Your output is (N, T, channels). It is (N, channels, T)."
        ),
        Misconception(
            only_looks,
            "The values are right, but no gradient comes back: something (`no_grad`, `.detach()`, "
            "`.data`) cuts the thread, so the block cannot learn.",
        ),
    ),
    hints=(
        "Draw two ways from the input to the sum: one through two convolutions, each with a ReLU "
        "behind it, and one past them. Behind the sum comes the third ReLU.",
        "`nn.Conv1d(..., dilation=dilation)` does not pad. Put (kernel_size - 1) * dilation zeros "
        "in front of what goes into it: `F.pad(x, (past, 0))`, for each of the two.",
        "Around goes x itself, or `nn.Conv1d(in_channels, out_channels, 1)` where the channels "
        "differ. Make it in `__init__` only then: a layer that is never used counts as well.",
    ),
)

EXERCISES = (TEMPORAL_BLOCK,)
