"""untied_params and shared_params: what a layer learns without sharing, and with it."""

from __future__ import annotations

import math

import torch
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.reference.convolution import as_pair
from cnncourse.reference.weight_sharing import shared_params, untied_params


def count_the_numbers(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
) -> int:
    """The oracle: every place gets filters, and a tensor without memory counts its own numbers."""
    kh, kw = as_pair(kernel_size)
    shape = (out_channels, in_channels, kh, kw, out_height, out_width)
    weights = torch.empty(shape, device="meta").numel()
    return weights + (out_channels * out_height * out_width if bias else 0)


def ask_the_library(in_channels, out_channels, kernel_size, bias=True) -> int:
    """The oracle: a layer without memory counts its own parameters."""
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias, device="meta")
    return sum(parameter.numel() for parameter in layer.parameters())


# All factors are different, and none divides another's square: a mistake shows in the product.
def drawn(generator: Generator, *choices: int) -> int:
    return choices[int(torch.randint(len(choices), (), generator=generator))]


def channels(generator: Generator) -> Arguments:
    return {
        "in_channels": drawn(generator, 3, 5, 7),
        "out_channels": drawn(generator, 17, 19, 23),
        "kernel_size": drawn(generator, 9, 11, 13),
    }


def shared(generator: Generator, **options: object) -> Arguments:
    return {**channels(generator), **options}


def shared_without_bias(generator: Generator) -> Arguments:
    return shared(generator, bias=False)


def shared_with_a_pair(generator: Generator) -> Arguments:
    return shared(generator, kernel_size=(drawn(generator, 2, 4), drawn(generator, 6, 8)))


def untied(generator: Generator, **options: object) -> Arguments:
    sizes = {"out_height": drawn(generator, 29, 31), "out_width": drawn(generator, 37, 41)}
    return {**channels(generator), **sizes, **options}


def untied_without_bias(generator: Generator) -> Arguments:
    return untied(generator, bias=False)


def untied_with_a_pair(generator: Generator) -> Arguments:
    return untied(generator, kernel_size=(drawn(generator, 2, 4), drawn(generator, 6, 8)))


def weights(in_channels: int, out_channels: int, kernel_size) -> int:
    return shared_params(in_channels, out_channels, kernel_size, bias=False)


# shared_params ----------------------------------------------------------------------------------
def counts_one_filter(in_channels, out_channels, kernel_size, bias=True):
    return shared_params(in_channels, 1, kernel_size, bias)


def forgets_the_input_channels(in_channels, out_channels, kernel_size, bias=True):
    return shared_params(1, out_channels, kernel_size, bias)


def counts_one_side_of_the_kernel(in_channels, out_channels, kernel_size, bias=True):
    return shared_params(in_channels, out_channels, (as_pair(kernel_size)[0], 1), bias)


def takes_every_kernel_for_a_square(in_channels, out_channels, kernel_size, bias=True):
    return shared_params(in_channels, out_channels, as_pair(kernel_size)[0], bias)


def always_counts_a_bias(in_channels, out_channels, kernel_size, bias=True):
    return shared_params(in_channels, out_channels, kernel_size)


def never_counts_a_bias(in_channels, out_channels, kernel_size, bias=True):
    return weights(in_channels, out_channels, kernel_size)


def one_bias_for_the_layer(in_channels, out_channels, kernel_size, bias=True):
    return weights(in_channels, out_channels, kernel_size) + bool(bias)


def a_bias_for_every_kernel(in_channels, out_channels, kernel_size, bias=True):
    biases = in_channels * out_channels * bool(bias)
    return weights(in_channels, out_channels, kernel_size) + biases


def a_bias_for_every_input_channel(in_channels, out_channels, kernel_size, bias=True):
    return weights(in_channels, out_channels, kernel_size) + in_channels * bool(bias)


def adds_the_channels(in_channels, out_channels, kernel_size, bias=True):
    kernels = in_channels + out_channels
    return kernels * math.prod(as_pair(kernel_size)) + out_channels * bool(bias)


def counts_with_floats(in_channels, out_channels, kernel_size, bias=True):
    return float(shared_params(in_channels, out_channels, kernel_size, bias))


SHARED_PARAMS = Exercise(
    reference=shared_params,
    points=1,
    minutes=5,
    difficulty="warm-up",
    oracle=ask_the_library,
    cases=(
        Case("there is a bias", shared, keeps="the case to think about first"),
        Case("there is no bias", shared_without_bias),
        Case("the kernel is not square", shared_with_a_pair),
    ),
    misconceptions=(
        Misconception(
            counts_one_filter,
            "You count one filter. The layer has `out_channels` of them, and each makes one map.",
        ),
        Misconception(
            forgets_the_input_channels,
            "You share a kernel between the input channels too. Sharing is over *places*: a filter "
            "has a kernel of its own for each input channel.",
        ),
        Misconception(
            counts_one_side_of_the_kernel,
            "You count one side of the kernel. It is a grid: height times width.",
        ),
        Misconception(
            takes_every_kernel_for_a_square,
            "You square the first number of a pair. `kernel_size` may be (height, width).",
        ),
        Misconception(
            always_counts_a_bias, "You count biases where `bias=False` says that there are none."
        ),
        Misconception(
            never_counts_a_bias, "You count no biases. Each filter adds one number to its map."
        ),
        Misconception(
            one_bias_for_the_layer,
            "You count one bias for the whole layer. Each filter has one.",
        ),
        Misconception(
            a_bias_for_every_kernel,
            "You count a bias for every kernel. The channels' sums are added up first, and the "
            "bias comes on top, once a filter.",
        ),
        Misconception(
            a_bias_for_every_input_channel,
            "You count a bias for every input channel. The bias belongs to what comes *out*.",
        ),
        Misconception(
            adds_the_channels,
            "You add the two numbers of channels. Every output channel looks at every input "
            "channel: that is a product.",
        ),
        Misconception(
            counts_with_floats, "The number is right but it is a float. A count is an integer."
        ),
    ),
    hints=(
        "Begin with one filter on one input channel. How many numbers is that?",
        "One filter has a kernel for each input channel, and one bias if there is any.",
        "Where in the image the filter is used does not matter: no size of an image appears.",
    ),
)


# untied_params ----------------------------------------------------------------------------------
def shares_the_weights(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    return shared_params(in_channels, out_channels, kernel_size, bias)


def shares_the_biases(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    places = out_height * out_width
    return places * weights(in_channels, out_channels, kernel_size) + out_channels * bool(bias)


def shares_between_input_channels(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    return untied_params(1, out_channels, kernel_size, out_height, out_width, bias)


def counts_one_output_channel(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    return untied_params(in_channels, 1, kernel_size, out_height, out_width, bias)


def counts_one_row_of_places(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    return untied_params(in_channels, out_channels, kernel_size, 1, out_width, bias)


def adds_the_sides_of_the_map(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    return untied_params(in_channels, out_channels, kernel_size, 1, out_height + out_width, bias)


def one_side_of_the_kernel(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    side = (as_pair(kernel_size)[0], 1)
    return untied_params(in_channels, out_channels, side, out_height, out_width, bias)


def squares_the_first_side(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    side = as_pair(kernel_size)[0]
    return untied_params(in_channels, out_channels, side, out_height, out_width, bias)


def counts_biases_in_any_case(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    return untied_params(in_channels, out_channels, kernel_size, out_height, out_width)


def counts_no_biases(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    return untied_params(in_channels, out_channels, kernel_size, out_height, out_width, False)


def a_bias_for_every_place_alone(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    places = out_height * out_width
    return places * (weights(in_channels, out_channels, kernel_size) + bool(bias))


def counts_one_place_too_many(
    in_channels, out_channels, kernel_size, out_height, out_width, bias=True
):
    sizes = (in_channels, out_channels, kernel_size)
    return untied_params(*sizes, out_height + 1, out_width + 1, bias)


def counts_in_floats(in_channels, out_channels, kernel_size, out_height, out_width, bias=True):
    sizes = (in_channels, out_channels, kernel_size, out_height, out_width)
    return float(untied_params(*sizes, bias))


UNTIED_PARAMS = Exercise(
    reference=untied_params,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=count_the_numbers,
    cases=(
        Case("there is a bias", untied, keeps="the case to think about first"),
        Case("there is no bias", untied_without_bias),
        Case("the kernel is not square", untied_with_a_pair),
    ),
    misconceptions=(
        Misconception(
            shares_the_weights,
            "You count the filters once. Nothing is shared here: every place of the output has "
            "filters of its own.",
        ),
        Misconception(
            shares_the_biases,
            "You untie the weights, but not the biases. Without sharing every number of the output "
            "has a bias of its own.",
        ),
        Misconception(
            shares_between_input_channels,
            "You count one kernel for all input channels. Each channel has its own.",
        ),
        Misconception(
            counts_one_output_channel,
            "You count one map. The layer makes `out_channels` of them, each with its own weights.",
        ),
        Misconception(
            counts_one_row_of_places,
            "You count the places of one row. The output has rows and columns.",
        ),
        Misconception(
            adds_the_sides_of_the_map,
            "You add height and width of the output. The number of places is their product.",
        ),
        Misconception(
            one_side_of_the_kernel,
            "You take one side of the kernel. It covers height times width pixels.",
        ),
        Misconception(
            squares_the_first_side,
            "You take the kernel for a square. `kernel_size` may be a pair (height, width).",
        ),
        Misconception(
            counts_biases_in_any_case, "You add biases although `bias=False` asks for none."
        ),
        Misconception(
            counts_no_biases, "You leave out the biases. They are learned like the weights."
        ),
        Misconception(
            a_bias_for_every_place_alone,
            "You count one bias a place. There are `out_channels` numbers at each place, and each "
            "of them has a bias.",
        ),
        Misconception(
            counts_one_place_too_many,
            "You count one row and one column of places too many. `out_height` and `out_width` "
            "count the places already.",
        ),
        Misconception(
            counts_in_floats, "The number is right, but a float. Count in integers, without `/`."
        ),
    ),
    hints=(
        "Look at a single number of the output. How many weights and biases make it?",
        "How many numbers has the output? No two of them share anything.",
        "Numbers in the output: out_channels * out_height * out_width. Each has one weight for "
        "every number in its window, in all input channels, and perhaps a bias.",
    ),
)

EXERCISES = (UNTIED_PARAMS, SHARED_PARAMS)
