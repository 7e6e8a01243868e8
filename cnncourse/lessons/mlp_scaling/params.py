"""dense_params: how many parameters a dense layer has."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.reference.mlp_scaling import dense_params


def whole(generator: Generator, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def build_and_count(in_shape: int | tuple[int, ...], hidden: int, bias: bool = True) -> int:
    """The oracle: PyTorch's own layer, without memory for its numbers."""
    shape = (in_shape,) if isinstance(in_shape, int) else in_shape
    if any(size < 1 for size in (*shape, hidden)):
        raise ValueError("sizes count from 1")
    inputs = torch.empty(1, *shape, device="meta").flatten(1).shape[1]
    layer = nn.Linear(inputs, hidden, bias=bias, device="meta")
    return sum(parameter.numel() for parameter in layer.parameters())


# Every case draws its sizes, so that a table of known answers earns nothing. No two sides are
# alike, and no side or count of channels is one of the numbers that a formula could do without.
def a_photograph(generator: Generator) -> Arguments:
    height = whole(generator, 150, 250)
    shape = (3, height, height + whole(generator, 5, 90))
    return {"in_shape": shape, "hidden": whole(generator, 500, 1100)}


def without_bias(generator: Generator) -> Arguments:
    return {**a_photograph(generator), "bias": False}


def a_grey_image(generator: Generator) -> Arguments:
    height = whole(generator, 20, 40)
    shape = (height, height + whole(generator, 3, 30))
    return {"in_shape": shape, "hidden": whole(generator, 50, 200)}


def one_number(generator: Generator) -> Arguments:
    return {"in_shape": whole(generator, 100, 3000), "hidden": whole(generator, 11, 99)}


def more_than_32_bits(generator: Generator) -> Arguments:
    shape = (3, whole(generator, 1000, 1500), whole(generator, 1600, 2000))
    return {"in_shape": shape, "hidden": whole(generator, 9000, 12000)}


def a_side_below_zero(generator: Generator) -> Arguments:
    return {"in_shape": (3, -1, 5), "hidden": 10}


def shape_of(in_shape):
    return (in_shape,) if isinstance(in_shape, int) else tuple(in_shape)


# Every wrong answer keeps the signature, so that it can be put to every case.
def forgets_the_bias(in_shape, hidden, bias=True):
    return dense_params(in_shape, hidden, bias=False)


def always_adds_the_bias(in_shape, hidden, bias=True):
    return dense_params(in_shape, hidden)


def gives_each_input_a_bias(in_shape, hidden, bias=True):
    return dense_params(in_shape, hidden, bias=False) + bias * dense_params(in_shape, 1, False)


def gives_each_weight_a_bias(in_shape, hidden, bias=True):
    return dense_params(in_shape, hidden, bias=False) * (1 + bias)


def gives_the_layer_one_bias(in_shape, hidden, bias=True):
    return dense_params(in_shape, hidden, bias=False) + bias


def adds_the_sides(in_shape, hidden, bias=True):
    return sum(shape_of(in_shape)) * hidden + hidden * bias


def drops_the_channels(in_shape, hidden, bias=True):
    return dense_params(shape_of(in_shape)[-2:], hidden, bias)


def takes_the_first_axis_for_the_batch(in_shape, hidden, bias=True):
    return dense_params(shape_of(in_shape)[1:] or 1, hidden, bias)


def takes_every_image_for_a_square(in_shape, hidden, bias=True):
    shape = shape_of(in_shape)
    return dense_params((*shape[:-1], *shape[-2:-1]) if len(shape) > 1 else shape, hidden, bias)


def counts_the_units(in_shape, hidden, bias=True):
    return dense_params(in_shape, 1, bias=False) + hidden


def counts_the_hidden_layer_only(in_shape, hidden, bias=True):
    return hidden * (1 + bias)


def overflows_at_32_bits(in_shape, hidden, bias=True):
    right = dense_params(in_shape, hidden, bias)
    return int(np.array(right).astype(np.int32))


def returns_a_float(in_shape, hidden, bias=True):
    return float(dense_params(in_shape, hidden, bias))


def takes_tuples_only(in_shape, hidden, bias=True):
    inputs = 1
    for side in in_shape:
        inputs *= side
    return inputs * hidden + hidden * bias


DENSE_PARAMS = Exercise(
    reference=dense_params,
    points=2,
    minutes=10,
    difficulty="warm-up",
    oracle=build_and_count,
    cases=(
        Case(
            "the input is a colour photograph",
            a_photograph,
            keeps="the case that the chapter is about",
        ),
        Case("there is no bias", without_bias),
        Case("the input has two axes", a_grey_image, keeps="images without an axis for channels"),
        Case("in_shape is one number", one_number),
        Case("the count does not fit into 32 bits", more_than_32_bits),
    ),
    asides=(Case("a side is below zero", a_side_below_zero),),
    misconceptions=(
        Misconception(
            forgets_the_bias,
            "You count the weights alone. Unless bias=False, every hidden unit has one number "
            "more, its bias.",
        ),
        Misconception(
            always_adds_the_bias, "You count the biases even where bias=False says there are none."
        ),
        Misconception(
            gives_each_input_a_bias,
            "You count one bias for each input. A bias is added to the sum that a unit makes, so "
            "it belongs to the unit.",
        ),
        Misconception(
            gives_each_weight_a_bias,
            "You count as many biases as weights. A unit adds up all its products first, and "
            "then adds one bias to the sum.",
        ),
        Misconception(
            gives_the_layer_one_bias,
            "You count one bias for the whole layer. Each hidden unit has its own.",
        ),
        Misconception(
            adds_the_sides,
            "You add the sides of the input up. An image of 3 × 2 × 2 holds 12 numbers, not 7.",
        ),
        Misconception(
            drops_the_channels,
            "You count each pixel once, whatever its channels. A pixel in colour is three "
            "numbers, and each of them is an input of its own.",
        ),
        Misconception(
            takes_the_first_axis_for_the_batch,
            "You leave out the first axis, as if it counted the examples of a batch. in_shape is "
            "the shape of one example.",
        ),
        Misconception(
            takes_every_image_for_a_square,
            "You use the height twice. Images need not be square: the width counts, too.",
        ),
        Misconception(
            counts_the_units,
            "You count inputs and units, which are the dots in a drawing of the network. The "
            "parameters are the lines between them.",
        ),
        Misconception(
            counts_the_hidden_layer_only,
            "Your count does not depend on the input. Every unit has one weight for each input.",
        ),
        Misconception(
            overflows_at_32_bits,
            "Your count wraps around where 32 bits end, a little above two billion. "
            "Python's own integers have no end; NumPy's may, and so may a tensor's.",
        ),
        Misconception(
            returns_a_float,
            "The number is right but it is a float. A count is an integer: `*` on integers and "
            "`math.prod` give integers.",
        ),
        Misconception(
            takes_tuples_only,
            "You always loop over in_shape. One number is a shape, too: 784 means (784,).",
        ),
    ),
    hints=(
        "How many numbers does an image of 2 rows and 3 columns hold? And if each pixel has a "
        "red, a green and a blue value?",
        "Draw two hidden units and four inputs. Every unit is connected to every input. Count "
        "the lines, then give each unit its bias.",
        "Multiply all sides of in_shape: that is the number of inputs. Weights: inputs times "
        "hidden. Biases: hidden, or none.",
    ),
)

EXERCISES = (DENSE_PARAMS,)
