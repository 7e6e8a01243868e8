"""mlp_forward: dense layers with ReLU between them."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.forbidden import LINEAR
from cnncourse.lessons.inputs import normal
from cnncourse.reference.mlp_scaling import mlp_forward


def oracle(x, weights, biases):
    """PyTorch's own layers and its own ReLU, one after the other."""
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        x = F.relu(F.linear(x, weight, bias))
    return F.linear(x, weights[-1], biases[-1])


def magnitude(x, weights, biases):
    """Nothing is below zero where all signs are gone, so ReLU has nothing to do."""
    return mlp_forward(x, weights, biases)


def network(
    *sizes: int, batch: int = 3, dtype: torch.dtype = torch.float64, grad: bool = False
) -> Make:
    """An MLP with these numbers of units; no two axes are alike unless the sizes say so."""

    def make(generator: Generator) -> Arguments:
        layers = list(pairwise(sizes))
        return {
            "x": normal(generator, batch, sizes[0], dtype=dtype, grad=grad),
            "weights": [
                normal(generator, outputs, inputs, dtype=dtype, grad=grad)
                for inputs, outputs in layers
            ],
            "biases": [normal(generator, outputs, dtype=dtype, grad=grad) for _, outputs in layers],
        }

    return make


def one_bias_too_few(generator: Generator) -> Arguments:
    arguments = network(5, 7, 4)(generator)
    return {**arguments, "biases": arguments["biases"][:-1]}


def layers_that_do_not_fit(generator: Generator) -> Arguments:
    arguments = network(5, 7, 4)(generator)
    return {**arguments, "x": normal(generator, 3, 6)}


def explain_shape(x, weights, biases):
    return (
        f"One row for each of the {len(x)} examples, one column for each of the "
        f"{len(weights[-1])} units of the last layer."
    )


# Every wrong answer keeps the signature, so that it can be put to every case.
def layers(x, weights, biases, between=torch.relu, after=lambda x: x):
    """The network with other functions between the layers and behind the last."""
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight.T + bias
        x = between(x) if index < len(weights) - 1 else after(x)
    return x


def applies_relu_to_the_output(x, weights, biases):
    return layers(x, weights, biases, after=torch.relu)


def leaves_out_the_relu(x, weights, biases):
    return layers(x, weights, biases, between=lambda x: x)


def applies_relu_to_the_input(x, weights, biases):
    return mlp_forward(x.clamp(min=0), weights, biases)


def applies_relu_after_the_first_layer_only(x, weights, biases):
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight.T + bias
        x = x.clamp(min=0) if index == 0 and len(weights) > 1 else x
    return x


def applies_relu_before_the_bias(x, weights, biases):
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight.T
        x = (x.clamp(min=0) if index < len(weights) - 1 else x) + bias
    return x


def takes_the_absolute_value(x, weights, biases):
    return layers(x, weights, biases, between=torch.abs)


def takes_the_sigmoid(x, weights, biases):
    return layers(x, weights, biases, between=torch.sigmoid)


def takes_the_hyperbolic_tangent(x, weights, biases):
    return layers(x, weights, biases, between=torch.tanh)


def ends_with_a_softmax(x, weights, biases):
    return mlp_forward(x, weights, biases).softmax(1)


def forgets_the_biases(x, weights, biases):
    return mlp_forward(x, weights, [torch.zeros_like(bias) for bias in biases])


def forgets_the_last_bias(x, weights, biases):
    return mlp_forward(x, weights, [*biases[:-1], torch.zeros_like(biases[-1])])


def subtracts_the_biases(x, weights, biases):
    return mlp_forward(x, weights, [-bias for bias in biases])


def does_not_transpose(x, weights, biases):
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight + bias
        x = x.clamp(min=0) if index < len(weights) - 1 else x
    return x


def leaves_out_the_last_layer(x, weights, biases):
    return mlp_forward(x, weights[:-1], biases[:-1]).clamp(min=0) if weights[1:] else x.clone()


def takes_two_layers_for_granted(x, weights, biases):
    hidden = (x @ weights[0].T + biases[0]).clamp(min=0)
    return hidden @ weights[1].T + biases[1]


def takes_three_layers_for_granted(x, weights, biases):
    hidden = (x @ weights[0].T + biases[0]).clamp(min=0)
    hidden = (hidden @ weights[1].T + biases[1]).clamp(min=0)
    return hidden @ weights[2].T + biases[2]


def computes_the_first_example_only(x, weights, biases):
    return mlp_forward(x[:1], weights, biases).expand(len(x), -1).clone()


def puts_the_examples_in_columns(x, weights, biases):
    return mlp_forward(x, weights, biases).T


def drops_axes_of_size_one(x, weights, biases):
    return mlp_forward(x, weights, biases).squeeze()


def writes_into_x(x, weights, biases):
    out = mlp_forward(x, weights, biases)
    with torch.no_grad():
        x.clamp_(min=0)
    return out


def cuts_off_the_gradient(x, weights, biases):
    return mlp_forward(x, weights, biases).detach()


def cuts_the_weights_off(x, weights, biases):
    return mlp_forward(x, [weight.detach() for weight in weights], [b.detach() for b in biases])


def goes_on_in_float32(x, weights, biases):
    return mlp_forward(
        x.float(), [weight.float() for weight in weights], [bias.float() for bias in biases]
    )


MLP_FORWARD = Exercise(
    reference=mlp_forward,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=oracle,
    forbids=(LINEAR,),
    magnitude=magnitude,
    explain_shape=explain_shape,
    cases=(
        Case("there is a single layer", network(5, 4), keeps="the case easiest to read"),
        Case("there are two layers", network(5, 7, 4), keeps="the smallest network with a ReLU"),
        Case(
            "there are four layers",
            network(6, 8, 5, 7, 4, batch=2),
            keeps="ReLU after each layer but the last",
        ),
        Case(
            "all layers are equally wide",
            network(5, 5, 5),
            keeps="square weights, which can be multiplied from the wrong side",
        ),
        Case("there is one example and one output", network(4, 6, 1, batch=1)),
        Case("gradients flow back to x, weights and biases", network(5, 6, 8, 3, grad=True)),
        Case(
            "the numbers are single precision",
            network(6, 4, 7, dtype=torch.float32),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(
        Case("there is one bias too few", one_bias_too_few),
        Case("x has other sizes than the first layer takes", layers_that_do_not_fit),
    ),
    misconceptions=(
        Misconception(
            applies_relu_to_the_output,
            "You apply ReLU to the output as well. Then the network can never say anything below "
            "zero: ReLU stands between layers, not behind the last.",
        ),
        Misconception(
            leaves_out_the_relu,
            "You leave out ReLU. Without it two dense layers are no more than one: a product of "
            "matrices is a matrix.",
        ),
        Misconception(
            applies_relu_to_the_input,
            "You apply ReLU to x before the first layer, so everything below zero in the input is "
            "lost. It stands between layers.",
        ),
        Misconception(
            applies_relu_after_the_first_layer_only,
            "You apply ReLU after the first layer only. It follows every layer but the last.",
        ),
        Misconception(
            applies_relu_before_the_bias,
            "You add the bias behind ReLU. A layer is weight and bias together, and ReLU comes "
            "when the sum is complete.",
        ),
        Misconception(
            takes_the_absolute_value,
            "You turn negative numbers into positive ones. ReLU turns them into zero.",
        ),
        Misconception(takes_the_sigmoid, "You put a sigmoid between the layers. ReLU is asked."),
        Misconception(
            takes_the_hyperbolic_tangent, "You put tanh between the layers, not ReLU as is asked."
        ),
        Misconception(
            ends_with_a_softmax,
            "You end with a softmax. The output of the last layer is asked for as it is; a "
            "softmax belongs to the loss.",
        ),
        Misconception(forgets_the_biases, "You leave out the biases. Each layer adds its own."),
        Misconception(
            forgets_the_last_bias,
            "The bias of the last layer is missing. There is no ReLU there, but there is a bias.",
        ),
        Misconception(subtracts_the_biases, "You subtract the biases. They are added."),
        Misconception(
            does_not_transpose,
            "You multiply with the weight as it lies. Its rows belong to the outputs, so a row "
            "of x must meet a row of the weight, not a column.",
        ),
        Misconception(
            leaves_out_the_last_layer,
            "You stop one layer too early, with the ReLU before the last layer.",
        ),
        Misconception(
            takes_two_layers_for_granted,
            "You take two layers for granted. There may be one, or ten: loop over the lists.",
        ),
        Misconception(
            takes_three_layers_for_granted,
            "You take three layers for granted. There may be fewer or more: loop over the lists.",
        ),
        Misconception(
            computes_the_first_example_only,
            "Every row of your output is that of the first example. Each example has its own.",
        ),
        Misconception(
            puts_the_examples_in_columns,
            "Your examples stand in columns. One row is one example, in x and in the output.",
        ),
        Misconception(
            drops_axes_of_size_one,
            "You drop axes of size 1 (`squeeze`). Also for one example or one output unit the "
            "result has two axes.",
        ),
        Misconception(
            writes_into_x,
            "You write into x (`relu_`, `clamp_`, `+=` ...). Whoever calls you still needs it: "
            "make a new tensor.",
        ),
        Misconception(
            cuts_off_the_gradient,
            "The values are right, but no gradient flows back: something on the way (`.detach()`, "
            "`.item()`, `.data`, NumPy, `torch.tensor`, `no_grad`) cuts the thread. Such a "
            "network cannot learn.",
        ),
        Misconception(
            cuts_the_weights_off,
            "A gradient flows back to x, but none to weights and biases: they are copied or "
            "detached before they are used. It is they that are to learn.",
        ),
        Misconception(
            goes_on_in_float32,
            "You convert to float32 on the way. A result keeps the precision of its inputs.",
        ),
    ),
    hints=(
        "Take one example and one layer. A unit multiplies each input with its weight, adds up "
        "and adds its bias. Which operation does that for all units and all examples at once?",
        "x is (N, inputs), a weight is (outputs, inputs). What must happen to the weight before "
        "`@` fits? The bias is added to each row by broadcasting.",
        "Go through weights and biases together. After each layer set what is below zero to "
        "zero, unless it was the last layer.",
    ),
)

EXERCISES = (MLP_FORWARD,)
