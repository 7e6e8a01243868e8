"""conv_macs: how many products a convolution adds up."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator
from torch.utils.flop_counter import FlopCounterMode

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.convolution import as_pair
from cnncourse.reference.depth import conv_macs


def counted_by_torch(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    """The oracle: PyTorch's own count, on tensors without numbers. It counts sums as well."""
    if in_channels % groups or out_channels % groups:
        raise ValueError("uneven groups")
    kh, kw = as_pair(kernel_size)
    x = torch.empty(1, in_channels, out_height + kh - 1, out_width + kw - 1, device="meta")
    weight = torch.empty(out_channels, in_channels // groups, kh, kw, device="meta")
    with FlopCounterMode(display=False) as counter:
        F.conv2d(x, weight, groups=groups)
    return counter.get_total_flops() // 2


def plain(generator: Generator) -> Arguments:
    """All sizes apart from each other, so that none can stand for another."""
    return {
        "in_channels": whole(generator, 3, 8),
        "out_channels": whole(generator, 10, 20),
        "kernel_size": 2 * whole(generator, 1, 3) + 1,
        "out_height": whole(generator, 21, 30),
        "out_width": whole(generator, 31, 40),
    }


def one_by_one(generator: Generator) -> Arguments:
    return {**plain(generator), "kernel_size": 1}


def with_a_pair(generator: Generator) -> Arguments:
    return {**plain(generator), "kernel_size": (whole(generator, 2, 4), whole(generator, 5, 7))}


def in_groups(generator: Generator) -> Arguments:
    groups = whole(generator, 2, 5)
    return {
        **plain(generator),
        "in_channels": groups * whole(generator, 2, 4),
        "out_channels": groups * whole(generator, 5, 8),
        "groups": groups,
    }


def depthwise(generator: Generator) -> Arguments:
    channels = whole(generator, 6, 20)
    each = {"in_channels": channels, "out_channels": channels, "groups": channels}
    return {**plain(generator), **each}


def uneven_groups(generator: Generator) -> Arguments:
    return {**in_groups(generator), "in_channels": 7, "groups": 5}


def counts_sums_as_well(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return 2 * conv_macs(in_channels, out_channels, kernel_size, out_height, out_width, groups)


def counts_the_weights(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return conv_macs(in_channels, out_channels, kernel_size, 1, 1, groups)


def adds_the_bias(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    macs = conv_macs(in_channels, out_channels, kernel_size, out_height, out_width, groups)
    return macs + out_channels * out_height * out_width


def counts_the_outputs(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return out_channels * out_height * out_width


def forgets_the_input_channels(
    in_channels, out_channels, kernel_size, out_height, out_width, groups=1
):
    return conv_macs(groups, out_channels, kernel_size, out_height, out_width, groups)


def forgets_the_filters(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return conv_macs(in_channels, groups, kernel_size, out_height, out_width, groups)


def forgets_the_square(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    kh, _ = as_pair(kernel_size)
    return conv_macs(in_channels, out_channels, (kh, 1), out_height, out_width, groups)


def adds_the_sides(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    kh, kw = as_pair(kernel_size)
    return conv_macs(in_channels, out_channels, (kh + kw, 1), out_height, out_width, groups)


def squares_the_first_side(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    kh, _ = as_pair(kernel_size)
    return conv_macs(in_channels, out_channels, kh, out_height, out_width, groups)


def squares_the_height(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return conv_macs(in_channels, out_channels, kernel_size, out_height, out_height, groups)


def adds_height_and_width(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return conv_macs(in_channels, out_channels, kernel_size, out_height + out_width, 1, groups)


def takes_the_size_of_the_input(
    in_channels, out_channels, kernel_size, out_height, out_width, groups=1
):
    kh, kw = as_pair(kernel_size)
    return conv_macs(
        in_channels, out_channels, kernel_size, out_height + kh - 1, out_width + kw - 1, groups
    )


def ignores_the_groups(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return conv_macs(in_channels, out_channels, kernel_size, out_height, out_width)


def divides_twice(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    macs = conv_macs(in_channels, out_channels, kernel_size, out_height, out_width, groups)
    return macs // groups


def multiplies_by_the_groups(
    in_channels, out_channels, kernel_size, out_height, out_width, groups=1
):
    return groups * conv_macs(in_channels, out_channels, kernel_size, out_height, out_width)


def divides_with_a_slash(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    return conv_macs(in_channels, out_channels, kernel_size, out_height, out_width) / groups


CONV_MACS = Exercise(
    reference=conv_macs,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=counted_by_torch,
    cases=(
        Case("the kernel is square", plain, keeps="the case to think about first"),
        Case("the kernel is 1 × 1", one_by_one, keeps="the cheapest layer, common in ResNets"),
        Case("the kernel is a (height, width) pair", with_a_pair),
        Case(
            "the channels are in groups",
            in_groups,
            keeps="groups of several channels each, where a depthwise formula fails",
        ),
        Case(
            "every channel is a group of its own",
            depthwise,
            keeps="depthwise convolution, the reason why groups matter",
        ),
    ),
    asides=(Case("5 groups cannot share 7 channels", uneven_groups),),
    misconceptions=(
        Misconception(
            counts_sums_as_well,
            "You count products and sums: these are FLOPs. A multiply-accumulate (MAC) is a "
            "product *and* its sum, counted once.",
        ),
        Misconception(
            counts_the_weights,
            "You count the weights. Each of them is used again at every place of the output.",
        ),
        Misconception(
            adds_the_bias,
            "You count the bias. It is added, but it is multiplied with nothing: no MAC.",
        ),
        Misconception(
            counts_the_outputs,
            "You count the outputs. Each of them is a sum of how many products?",
        ),
        Misconception(
            forgets_the_input_channels,
            "You leave out the input channels. A filter has a kernel for each of them.",
        ),
        Misconception(forgets_the_filters, "You count one filter. There are out_channels of them."),
        Misconception(
            forgets_the_square,
            "You count one side of the kernel. A 3 × 3 kernel has 9 weights, not 3.",
        ),
        Misconception(
            adds_the_sides, "You add the kernel's height and width. Its weights are their product."
        ),
        Misconception(
            squares_the_first_side,
            "You square the kernel's height. As a pair it is (height, width), and they differ.",
        ),
        Misconception(squares_the_height, "You square the output's height. Its width may differ."),
        Misconception(
            adds_height_and_width,
            "You add the output's height and width. The number of places is their product.",
        ),
        Misconception(
            takes_the_size_of_the_input,
            "You count the places of the input. A product is made for each place of the *output*.",
        ),
        Misconception(
            ignores_the_groups,
            "You ignore the groups. A filter sees only the input channels of its own group.",
        ),
        Misconception(
            divides_twice,
            "You divide by the groups once too often. Each filter sees fewer channels, but there "
            "are as many filters as before.",
        ),
        Misconception(
            multiplies_by_the_groups,
            "You multiply by the groups. They make a layer cheaper: a filter sees fewer channels.",
        ),
        Misconception(
            divides_with_a_slash,
            "The number is right but it is a float. Counts are integers: use `//`.",
        ),
    ),
    hints=(
        "How many numbers does the output have? How many products does one of them need?",
        "One output of a plain layer needs in_channels * kh * kw products. With groups, a filter "
        "sees only the channels of its group.",
        "out_channels * out_height * out_width outputs, times in_channels // groups * kh * kw.",
    ),
)

EXERCISES = (CONV_MACS,)
