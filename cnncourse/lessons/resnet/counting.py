"""cifar_resnet_params: how many numbers a thin ResNet for small images learns."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.models.cifar_resnet import cifar_resnet
from cnncourse.reference.resnet import cifar_resnet_params


def built_and_counted(depth):
    """The oracle: build the network, without memory for its numbers, and count."""
    with torch.device("meta"):
        return sum(one.numel() for one in cifar_resnet(depth).parameters())


def depth(low: int, high: int, rest: int = 2) -> Make:
    """depth = 6n + rest, n from low to high."""
    return lambda generator: {"depth": 6 * whole(generator, low, high) + rest}


def of_another_kind(generator: Generator) -> Arguments:
    return {"depth": 6 * whole(generator, 3, 20) + (0, 1, 3, 4, 5)[whole(generator, 0, 4)]}


def checked(depth):
    """How many blocks a stage has; ValueError as is right."""
    cifar_resnet_params(depth)
    return (depth - 2) // 6


def norms(depth):
    """Channels of all BatchNorms together."""
    return 16 + 2 * checked(depth) * (16 + 32 + 64)


def never_refuses(depth):
    n = (depth - 2) // 6
    return cifar_resnet_params(8) + (n - 1) * (cifar_resnet_params(14) - cifar_resnet_params(8))


def refuses_depth_eight(depth):
    if depth == 8:
        raise ValueError("there has to be more than one block in a stage")
    return cifar_resnet_params(depth)


def accepts_no_blocks(depth):
    return 16 * 27 + 32 + 160 + 10 if depth == 2 else cifar_resnet_params(depth)


def counts_projections(depth):
    return cifar_resnet_params(depth) + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


def counts_projections_without_norm(depth):
    return cifar_resnet_params(depth) + 16 * 32 + 32 * 64


def leaves_out_batch_norm(depth):
    return cifar_resnet_params(depth) - 2 * norms(depth)


def counts_one_number_for_each_norm(depth):
    return cifar_resnet_params(depth) - norms(depth)


def counts_the_running_statistics(depth):
    return cifar_resnet_params(depth) + 2 * norms(depth)


def gives_convolutions_a_bias(depth):
    return cifar_resnet_params(depth) + norms(depth)


def begins_with_a_large_kernel(depth):
    return cifar_resnet_params(depth) + 16 * 3 * (49 - 9)


def begins_with_one_channel(depth):
    return cifar_resnet_params(depth) - 16 * 2 * 9


def forgets_the_first_layer(depth):
    return cifar_resnet_params(depth) - 16 * 27 - 32


def forgets_the_last_layer(depth):
    return cifar_resnet_params(depth) - 650


def forgets_the_last_bias(depth):
    return cifar_resnet_params(depth) - 10


def has_a_hundred_classes(depth):
    return cifar_resnet_params(depth) + 65 * 90


def flattens_before_the_last_layer(depth):
    return cifar_resnet_params(depth) + 640 * 63


def keeps_the_width_inside(depth):
    """As if every block took in as many channels as go out."""
    return cifar_resnet_params(depth) + 9 * 32 * 16 + 9 * 64 * 32


def counts_one_layer_a_block(depth):
    n, first = checked(depth), 16 * 27 + 32
    weights = 9 * (n * 16 * 16 + 16 * 32 + (n - 1) * 32 * 32 + 32 * 64 + (n - 1) * 64 * 64)
    return first + weights + 2 * n * (16 + 32 + 64) + 650


def divides_by_three(depth):
    n = checked(depth)
    return cifar_resnet_params(6 * 2 * n + 2)


def counts_one_block_too_many(depth):
    return cifar_resnet_params(depth + 6) if checked(depth) else 0


def is_as_wide_as_for_photographs(depth):
    n = checked(depth)
    widths, channels, total = (64, 128, 256), 64, 64 * 27 + 128
    for width in widths:
        for _ in range(n):
            total += 9 * channels * width + 9 * width * width + 4 * width
            channels = width
    return total + 2570


def counts_with_a_float(depth):
    return cifar_resnet_params(depth) / 1


CIFAR_RESNET_PARAMS = Exercise(
    reference=cifar_resnet_params,
    points=2,
    minutes=25,
    difficulty="core",
    oracle=built_and_counted,
    cases=(
        Case("there are eight layers", depth(1, 1), keeps="one block in each stage: count by hand"),
        Case("there are twenty layers", depth(3, 3), keeps="the network of the paper's table"),
        Case("there are many layers", depth(4, 18), keeps="depths that no table lists"),
        Case("the depth is not 6n + 2", of_another_kind, keeps="every other remainder"),
        Case("a network of two layers would have no blocks", depth(0, 0)),
        Case(
            "the depth is negative",
            depth(-3, -1),
            keeps="a remainder that fits although there are fewer blocks than none",
        ),
    ),
    misconceptions=(
        Misconception(
            never_refuses, "You never refuse a depth. Where it is not 6n + 2, raise ValueError."
        ),
        Misconception(
            accepts_no_blocks,
            "You accept a depth of 2. With n = 0 there is no block at all: n is 1 or more.",
        ),
        Misconception(refuses_depth_eight, "You refuse a depth of 8. It is 6n + 2, with n = 1."),
        Misconception(
            counts_projections,
            "You count projections, with their BatchNorm: option B. Here shortcuts have no "
            "parameters: new channels are filled with zeros (option A).",
        ),
        Misconception(
            counts_projections_without_norm,
            "You count the weights of projections. Here shortcuts have no parameters (option A).",
        ),
        Misconception(
            leaves_out_batch_norm,
            "You leave out BatchNorm. It learns a factor and a summand for each channel.",
        ),
        Misconception(
            counts_one_number_for_each_norm,
            "You count one number for each channel behind a convolution, as a bias would be. A "
            "BatchNorm learns two: a factor and a summand.",
        ),
        Misconception(
            counts_the_running_statistics,
            "You count the running means and variances. They are remembered, not learned.",
        ),
        Misconception(
            gives_convolutions_a_bias,
            "You give the convolutions a bias. BatchNorm comes right behind and makes it useless.",
        ),
        Misconception(
            begins_with_a_large_kernel,
            "Your first convolution is 7 × 7, as for photographs. Images of 32 pixels get 3 × 3.",
        ),
        Misconception(
            begins_with_one_channel, "Your images are grey. These have three colour channels."
        ),
        Misconception(
            forgets_the_first_layer,
            "You leave out the first layer: a convolution from 3 to 16 channels, with BatchNorm.",
        ),
        Misconception(
            forgets_the_last_layer, "You leave out the last layer, from 64 numbers to 10 classes."
        ),
        Misconception(
            forgets_the_last_bias,
            "You leave out the bias of the last layer. No BatchNorm follows it, so it has one.",
        ),
        Misconception(has_a_hundred_classes, "You count 100 classes. Here there are 10."),
        Misconception(
            flattens_before_the_last_layer,
            "Your last layer reads all 8 × 8 places of the last maps. Each map is averaged first, "
            "so 64 numbers are left.",
        ),
        Misconception(
            keeps_the_width_inside,
            "You count every convolution from a width to the same width. The first one of the "
            "second and third stage takes in half as many channels.",
        ),
        Misconception(
            counts_one_layer_a_block,
            "You count one convolution for each block. There are two, so 2n layers in a stage.",
        ),
        Misconception(
            divides_by_three,
            "You have twice as many blocks as there are. 6n counts layers: three stages, and a "
            "block has two of them.",
        ),
        Misconception(
            counts_one_block_too_many,
            "You count one block too many in each stage. Its first block is one of the n.",
        ),
        Misconception(
            is_as_wide_as_for_photographs,
            "Your stages are 64, 128 and 256 wide. The thin network's widths are 16, 32 and 64.",
        ),
        Misconception(
            counts_with_a_float,
            "The number is right but it is a float. Counts are integers: use `//`.",
        ),
    ),
    hints=(
        "List the layers of depth 8, n = 1: a first convolution, three blocks of two convolutions, "
        "one linear layer. That makes 1 + 6 + 1.",
        "A 3 × 3 convolution from a to b channels has 9ab weights, and the BatchNorm behind it 2b. "
        "In which convolutions do a and b differ?",
        "First layer: 27 · 16 + 32. Then, for the widths 16, 32, 64, n blocks each: 9ab + 9bb + "
        "4b, where a is the width before. Last layer: 64 · 10 + 10.",
    ),
)

EXERCISES = (CIFAR_RESNET_PARAMS,)
