"""mlp_backward: the chain rule through an MLP, by hand."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.forbidden import AUTOGRAD
from cnncourse.lessons.inputs import normal
from cnncourse.lessons.mlp_scaling.forward import network
from cnncourse.lessons.mlp_scaling.forward import oracle as forward
from cnncourse.reference.mlp_scaling import layer_inputs, mlp_backward


def oracle(x, weights, biases, grad_out):
    """PyTorch's own, through its own layers."""
    parameters = [tensor.detach().requires_grad_() for tensor in (*weights, *biases)]
    out = forward(x.detach(), parameters[: len(weights)], parameters[len(weights) :])
    grads = torch.autograd.grad(out, parameters, grad_out)
    return list(grads[: len(weights)]), list(grads[len(weights) :])


def with_grad_out(*sizes: int, **options: object) -> Make:
    """A network, and a random gradient from above."""

    def make(generator: Generator) -> Arguments:
        arguments = network(*sizes, **options)(generator)
        shape = (len(arguments["x"]), sizes[-1])
        return {**arguments, "grad_out": normal(generator, *shape, dtype=arguments["x"].dtype)}

    return make


def grad_out_too_wide(generator: Generator) -> Arguments:
    return {**with_grad_out(5, 7, 4)(generator), "grad_out": normal(generator, 3, 6)}


def explain_shape(x, weights, biases, grad_out):
    return (
        "Each gradient has the shape of the thing that it belongs to: weights "
        f"{', '.join(str(tuple(weight.shape)) for weight in weights)}, biases "
        f"{', '.join(str(tuple(bias.shape)) for bias in biases)}."
    )


# Every wrong answer keeps the signature, so that it can be put to every case.
def chain(
    x,
    weights,
    biases,
    grad_out,
    mask=lambda after: after > 0,
    back=lambda grad, weight: grad @ weight,
):
    """The chain rule with another mask, or another way back through a weight."""
    given = layer_inputs(x, weights, biases)[:-1]
    grad_weights, grad_biases = [], []
    for index in reversed(range(len(weights))):
        grad_weights.insert(0, grad_out.T @ given[index])
        grad_biases.insert(0, grad_out.sum(0))
        if index:
            grad_out = back(grad_out, weights[index]) * mask(given[index])
    return grad_weights, grad_biases


def forgets_the_relu(x, weights, biases, grad_out):
    return chain(x, weights, biases, grad_out, mask=torch.ones_like)


def turns_the_relu_around(x, weights, biases, grad_out):
    return chain(x, weights, biases, grad_out, mask=lambda after: after == 0)


def multiplies_with_the_relu_itself(x, weights, biases, grad_out):
    return chain(x, weights, biases, grad_out, mask=lambda after: after)


def applies_relu_to_the_gradient(x, weights, biases, grad_out):
    """Lets through where the gradient, not the forward value, is above zero."""
    given = layer_inputs(x, weights, biases)[:-1]
    grad_weights, grad_biases = [], []
    for index in reversed(range(len(weights))):
        grad_weights.insert(0, grad_out.T @ given[index])
        grad_biases.insert(0, grad_out.sum(0))
        grad_out = (grad_out @ weights[index]).clamp(min=0)
    return grad_weights, grad_biases


def puts_a_relu_behind_the_output(x, weights, biases, grad_out):
    out = layer_inputs(x, weights, biases)[-1]
    return mlp_backward(x, weights, biases, grad_out * (out > 0))


def does_not_go_through_the_weights(x, weights, biases, grad_out):
    return chain(x, weights, biases, grad_out, back=lambda grad, weight: grad)


def goes_back_through_the_transpose(x, weights, biases, grad_out):
    return chain(x, weights, biases, grad_out, back=lambda grad, weight: grad @ weight.T)


def uses_values_before_the_relu(x, weights, biases, grad_out):
    """Multiplies with what entered ReLU, not with what the layer was given."""
    sums = [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        given = sums[-1] if len(sums) == 1 else sums[-1].clamp(min=0)
        sums.append(given @ weight.T + bias)
    grad_weights = []
    _, grad_biases = mlp_backward(x, weights, biases, grad_out)
    for index in reversed(range(len(weights))):
        grad_weights.insert(0, grad_out.T @ sums[index])
        if index:
            grad_out = (grad_out @ weights[index]) * (sums[index] > 0)
    return grad_weights, grad_biases


def takes_the_input_for_every_layer(x, weights, biases, grad_out):
    given = layer_inputs(x, weights, biases)[:-1]
    grad_weights = []
    _, grad_biases = mlp_backward(x, weights, biases, grad_out)
    for index in reversed(range(len(weights))):
        grad_weights.insert(0, grad_out.T @ x)
        grad_out = (grad_out @ weights[index]) * (given[index] > 0)
    return grad_weights, grad_biases


def takes_ones_from_above(x, weights, biases, grad_out):
    return mlp_backward(x, weights, biases, torch.ones_like(grad_out))


def averages_over_the_batch(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    return [grad / len(x) for grad in grad_weights], [grad / len(x) for grad in grad_biases]


def averages_the_biases(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    return grad_weights, [grad / len(x) for grad in grad_biases]


def uses_the_first_example_only(x, weights, biases, grad_out):
    return mlp_backward(x[:1], weights, biases, grad_out[:1])


def keeps_the_batch_in_the_biases(x, weights, biases, grad_out):
    grad_weights, _ = mlp_backward(x, weights, biases, grad_out)
    examples = zip(x.split(1), grad_out.split(1), strict=True)
    rows = [mlp_backward(one, weights, biases, grad)[1] for one, grad in examples]
    return grad_weights, [torch.stack(grads) for grads in zip(*rows, strict=True)]


def adds_the_biases_up_to_one_number(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    return grad_weights, [grad.sum() for grad in grad_biases]


def transposes_the_weights(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    return [grad.T for grad in grad_weights], grad_biases


def lists_the_last_layer_first(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    return grad_weights[::-1], grad_biases[::-1]


def returns_the_biases_first(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    return grad_biases, grad_weights


def returns_pairs_of_each_layer(x, weights, biases, grad_out):
    grads = mlp_backward(x, weights, biases, grad_out)
    return list(zip(*grads, strict=True))


def forgets_the_biases(x, weights, biases, grad_out):
    return mlp_backward(x, weights, biases, grad_out)[0]


def stops_after_the_last_layer(x, weights, biases, grad_out):
    grad_weights, grad_biases = mlp_backward(x, weights, biases, grad_out)
    zeros = [torch.zeros_like(grad) for grad in grad_weights[:-1]]
    none = [torch.zeros_like(grad) for grad in grad_biases[:-1]]
    return [*zeros, grad_weights[-1]], [*none, grad_biases[-1]]


def returns_the_updated_weights(x, weights, biases, grad_out):
    grads = mlp_backward(x, weights, biases, grad_out)
    olds = (weights, biases)
    return tuple(
        [old - grad for old, grad in zip(old_ones, new_ones, strict=True)]
        for old_ones, new_ones in zip(olds, grads, strict=True)
    )


def drops_axes_of_size_one(x, weights, biases, grad_out):
    grads = mlp_backward(x, weights, biases, grad_out)
    return tuple([grad.squeeze() for grad in some] for some in grads)


def writes_into_grad_out(x, weights, biases, grad_out):
    grads = mlp_backward(x, weights, biases, grad_out)
    grad_out.zero_()
    return grads


MLP_BACKWARD = Exercise(
    reference=mlp_backward,
    points=4,
    minutes=45,
    difficulty="challenge",
    oracle=oracle,
    forbids=(AUTOGRAD,),
    explain_shape=explain_shape,
    cases=(
        Case(
            "there is a single layer",
            with_grad_out(5, 4),
            keeps="no ReLU and no layer to go through",
        ),
        Case(
            "there are two layers",
            with_grad_out(5, 7, 4),
            keeps="the smallest network that needs the chain rule",
        ),
        Case(
            "there are four layers",
            with_grad_out(6, 8, 5, 7, 4, batch=2),
            keeps="what works for one ReLU may not for three",
        ),
        Case(
            "all layers are equally wide",
            with_grad_out(5, 5, 5, 5),
            keeps="square weights, which can be multiplied from the wrong side",
        ),
        Case("there is one example and one output", with_grad_out(4, 6, 1, batch=1)),
        Case(
            "the numbers are single precision",
            with_grad_out(6, 4, 7, dtype=torch.float32),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("grad_out is wider than the output", grad_out_too_wide),),
    misconceptions=(
        Misconception(
            forgets_the_relu,
            "You go back as if there were no ReLU. A unit that ReLU set to zero did not reach the "
            "output, so no gradient comes back to it.",
        ),
        Misconception(
            turns_the_relu_around,
            "Your ReLU lets the gradient through exactly where it should not: it passes where the "
            "value was above zero on the way forward.",
        ),
        Misconception(
            multiplies_with_the_relu_itself,
            "On the way back through ReLU you multiply with its output. Its slope is asked: 1 "
            "above zero, 0 below.",
        ),
        Misconception(
            applies_relu_to_the_gradient,
            "You let through the gradients that are above zero. Which ones pass was decided on "
            "the way forward, by the sign of the values.",
        ),
        Misconception(
            puts_a_relu_behind_the_output,
            "You go back through a ReLU behind the last layer. There is none.",
        ),
        Misconception(
            does_not_go_through_the_weights,
            "You hand the gradient of a layer's output on as it is. The values came through the "
            "weights, so their gradients go back through them: multiply.",
        ),
        Misconception(
            goes_back_through_the_transpose,
            "You go back with `grad @ weight.T`, which is the way forward. A row of the gradient "
            "has one number for each output, and so has a column of the weight.",
        ),
        Misconception(
            uses_values_before_the_relu,
            "You multiply the gradient with the sums before ReLU. The next layer never saw them: "
            "it was given what ReLU left.",
        ),
        Misconception(
            takes_the_input_for_every_layer,
            "You use x in every layer. A weight was multiplied with what its own layer was given.",
        ),
        Misconception(
            takes_ones_from_above,
            "You act as if the gradient from above were all ones. Use grad_out.",
        ),
        Misconception(
            averages_over_the_batch,
            "You divide by the number of examples. If the loss is a mean, grad_out holds that "
            "already: add up.",
        ),
        Misconception(
            averages_the_biases,
            "Your weights are right, but you average the biases over the examples. Each example "
            "adds the bias once: add up.",
        ),
        Misconception(
            uses_the_first_example_only,
            "Your gradients are those of the first example alone. All examples went through the "
            "same weights: add up over them.",
        ),
        Misconception(
            keeps_the_batch_in_the_biases,
            "Your grad_biases still have a row for each example. Add the rows up.",
        ),
        Misconception(
            adds_the_biases_up_to_one_number,
            "Your grad_biases are single numbers. Each unit has a bias of its own: add up over "
            "the examples, and keep the units apart.",
        ),
        Misconception(
            transposes_the_weights,
            "Your grad_weights lie on their sides. Each has the shape of its weight: rows for "
            "outputs, columns for inputs.",
        ),
        Misconception(
            lists_the_last_layer_first,
            "You go from the last layer to the first, and so do your lists. They are to have the "
            "order of weights and biases.",
        ),
        Misconception(
            returns_the_biases_first,
            "The order is (grad_weights, grad_biases). Yours starts with the biases.",
        ),
        Misconception(
            returns_pairs_of_each_layer,
            "You return a pair for each layer. Two lists are asked for: all grad_weights, then "
            "all grad_biases.",
        ),
        Misconception(
            forgets_the_biases,
            "You return the gradients of the weights alone. The biases have some, too.",
        ),
        Misconception(
            stops_after_the_last_layer,
            "Only your last layer gets a gradient, the others get zeros. Hand it on: what the last "
            "layer was given depends on the layers before it.",
        ),
        Misconception(
            returns_the_updated_weights,
            "You return weights after a step. Only the gradients are asked for.",
        ),
        Misconception(
            drops_axes_of_size_one,
            "You drop axes of size 1 (`squeeze`). A gradient has the shape of what it belongs to.",
        ),
        Misconception(
            writes_into_grad_out,
            "You write into grad_out. Whoever calls you still needs it: make a new tensor.",
        ),
    ),
    hints=(
        "Go forward first, and keep what each layer was given. Then walk back from the last "
        "layer. At each layer three things are asked: how does the loss depend on its weight, on "
        "its bias, and on what it was given?",
        "grad_out has a row for each example and a column for each output. Weight: which product "
        "of grad_out and the layer's inputs has the weight's shape? Bias: a sum over the rows. "
        "Inputs: which product of grad_out and the weight has the inputs' shape?",
        "The gradient of what a layer was given is the gradient of the ReLU before it. Set it to "
        "zero wherever that ReLU gave zero, and go on with it as the grad_out of the layer before.",
    ),
)

EXERCISES = (MLP_BACKWARD,)
