"""gradient_ratio: how large the gradient is at the start, compared with the end."""

from __future__ import annotations

import copy

import torch
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.resnet import loss, network
from cnncourse.reference.resnet import gradient_ratio

EXAMPLES = 6


def case(kind: str, sizes, space: tuple[int, ...] = (), **options) -> Make:
    def make(generator: Generator) -> Arguments:
        seed = whole(generator, 0, 2**30)
        made = {"kind": kind, "seed": seed, "sizes": list(sizes), **options}
        wanted = {"seed": seed + 1, "examples": EXAMPLES, "outputs": sizes[-1]}
        return {
            "model": Recipe(network, made),
            "x": normal(generator, EXAMPLES, sizes[0], *space),
            "loss": Recipe(loss, wanted),
        }

    return make


def kept_aside(model: nn.Module):
    """A copy to work with."""
    return copy.deepcopy(model)


def gradients(model: nn.Module, x: Tensor, loss) -> list[Tensor]:
    """The gradients of all weights, first to last, in a copy."""
    model = kept_aside(model)
    weights = [one for one in model.parameters() if one.dim() >= 2]
    return list(torch.autograd.grad(loss(model(x)), weights))


def with_hooks(model, x, loss):
    """The oracle: `backward`, and a hook at every parameter that writes down a norm."""
    model, norms = kept_aside(model), {}
    for name, parameter in model.named_parameters():
        if parameter.dim() >= 2:
            parameter.grad = None
            norms[name] = parameter.requires_grad_()
    loss(model(x)).backward()
    sizes = [(one.grad**2).sum() ** 0.5 for one in norms.values()]
    return float(sizes[0] / sizes[-1])


def turns_the_ratio_round(model, x, loss):
    return 1 / gradient_ratio(model, x, loss)


def takes_the_first_parameter(model, x, loss):
    model = kept_aside(model)
    every = list(model.parameters())
    first, last = torch.autograd.grad(loss(model(x)), (every[0], every[-1]))
    return (first.norm() / last.norm()).item()


def takes_matrices_only(model, x, loss):
    model = kept_aside(model)
    weights = [one for one in model.parameters() if one.dim() == 2]
    first, last = torch.autograd.grad(loss(model(x)), (weights[0], weights[-1]))
    return (first.norm() / last.norm()).item()


def knows_the_librarys_layers_only(model, x, loss):
    model = kept_aside(model)
    weights = [one.weight for one in model.modules() if isinstance(one, (nn.Linear, nn.Conv2d))]
    first, last = torch.autograd.grad(loss(model(x)), (weights[0], weights[-1]))
    return (first.norm() / last.norm()).item()


def compares_the_weights(model, x, loss):
    weights = [one for one in model.parameters() if one.dim() >= 2]
    return (weights[0].norm() / weights[-1].norm()).item()


def ignores_the_loss(model, x, loss):
    return gradient_ratio(model, x, torch.sum)


def evaluates(model, x, loss):
    return gradient_ratio(kept_aside(model).eval(), x, loss)


def trains(model, x, loss):
    return gradient_ratio(kept_aside(model).train(), x, loss)


def leaves_eval_mode_on(model, x, loss):
    ratio = gradient_ratio(model, x, loss)
    model.eval()
    return ratio


def leaves_gradients_behind(model, x, loss):
    ratio = gradient_ratio(model, x, loss)
    loss(model(x)).backward()
    return ratio


def wipes_the_gradients_out(model, x, loss):
    ratio = gradient_ratio(model, x, loss)
    model.zero_grad()
    return ratio


def adds_to_old_gradients(model, x, loss):
    loss(model(x)).backward()
    weights = [one for one in model.parameters() if one.dim() >= 2]
    return (weights[0].grad.norm() / weights[-1].grad.norm()).item()


def lets_the_norms_remember(model, x, loss):
    weights = [one for one in model.parameters() if one.dim() >= 2]
    first, last = torch.autograd.grad(loss(model(x)), (weights[0], weights[-1]))
    return (first.norm() / last.norm()).item()


def squares_the_ratio(model, x, loss):
    return gradient_ratio(model, x, loss) ** 2


def takes_the_largest_entries(model, x, loss):
    first, *_, last = gradients(model, x, loss)
    return (first.abs().max() / last.abs().max()).item()


def adds_up_absolute_values(model, x, loss):
    first, *_, last = gradients(model, x, loss)
    return (first.abs().sum() / last.abs().sum()).item()


def adds_up_with_signs(model, x, loss):
    first, *_, last = gradients(model, x, loss)
    return (first.sum() / last.sum()).item()


def divides_by_the_size(model, x, loss):
    first, *_, last = gradients(model, x, loss)
    return (first.square().mean() / last.square().mean()).sqrt().item()


def compares_with_the_weights(model, x, loss):
    ratio = gradient_ratio(model, x, loss)
    return ratio / compares_the_weights(model, x, loss)


def stops_before_the_last(model, x, loss):
    grads = gradients(model, x, loss)
    return (grads[0].norm() / grads[-2].norm()).item()


def takes_the_gradient_of_the_input(model, x, loss):
    model, x = kept_aside(model), x.clone().requires_grad_()
    weights = [one for one in model.parameters() if one.dim() >= 2]
    first, last = torch.autograd.grad(loss(model(x)), (x, weights[-1]))
    return (first.norm() / last.norm()).item()


def takes_the_logarithm(model, x, loss):
    return torch.tensor(gradient_ratio(model, x, loss), dtype=torch.float64).log10().item()


GRADIENT_RATIO = Exercise(
    reference=gradient_ratio,
    points=2,
    minutes=25,
    difficulty="core",
    oracle=with_hooks,
    cases=(
        Case(
            "the network is a row of dense layers",
            case("dense", (4, 7, 5, 3)),
            keeps="the case to think about first",
        ),
        Case(
            "there are convolutions",
            case("convolutions", (2, 4, 5, 3), (6, 7)),
            keeps="weights of four axes, without BatchNorm",
        ),
        Case(
            "there is BatchNorm, and the network is in train mode",
            case("normalised", (2, 4, 5, 3), (6, 7)),
        ),
        Case(
            "there is BatchNorm, and the network is in eval mode",
            case("normalised", (2, 5, 4, 3), (6, 5), training=False),
        ),
        Case(
            "parameters of one axis come first and last",
            case("scaled", (4, 6, 5, 3)),
            keeps="factors at both ends, which no layer of the library has so",
        ),
        Case("the weights belong to no layer of the library", case("matrix", (4, 6, 5, 3))),
        Case(
            "its parameters have gradients from a training step",
            case("dense", (5, 6, 4, 3), learned=True),
        ),
    ),
    misconceptions=(
        Misconception(
            turns_the_ratio_round,
            "Your ratio is upside down: first over last was asked for. A vanishing gradient should "
            "give a number far below 1.",
        ),
        Misconception(
            takes_the_first_parameter,
            "You take the very first and last parameter. That may be a bias or a factor: look for "
            "those with two axes or more.",
        ),
        Misconception(
            takes_matrices_only,
            "You take parameters with exactly two axes. The weight of a convolution has four.",
        ),
        Misconception(
            knows_the_librarys_layers_only,
            "You look for `Linear` and `Conv2d` layers. A network may have weights of its own: go "
            "through `model.parameters()` and look at the axes.",
        ),
        Misconception(
            compares_the_weights, "You compare the weights themselves. Compare their *gradients*."
        ),
        Misconception(
            ignores_the_loss,
            "You differentiate the sum of the outputs. `loss(model(x))` is what is to be "
            "differentiated.",
        ),
        Misconception(
            evaluates,
            "You switch to eval mode. A network in training has the gradients of train mode: take "
            "it as it is.",
        ),
        Misconception(
            trains, "You switch to train mode. Take the network in the mode that it is in."
        ),
        Misconception(
            leaves_eval_mode_on,
            "The numbers are right, but you leave the network in eval mode.",
        ),
        Misconception(
            leaves_gradients_behind,
            "The numbers are right, but `backward` leaves gradients in the parameters, which the "
            "next training step would add to its own.",
        ),
        Misconception(
            wipes_the_gradients_out,
            "The numbers are right, but you wipe out gradients that were there before "
            "(`zero_grad`). Do not let yours arise in the network, and there is nothing to clear.",
        ),
        Misconception(
            adds_to_old_gradients,
            "You read `.grad` after `backward`, but something was in it before: `backward` *adds*. "
            "The last step's gradients are in your ratio.",
        ),
        Misconception(
            lets_the_norms_remember,
            "The numbers are right, but the network is not as it was: in train mode BatchNorm "
            "remembers every batch that passes. Look at a copy.",
        ),
        Misconception(
            squares_the_ratio,
            "Your ratio is the square of what it should be: a norm is the *root* of the sum of "
            "squares.",
        ),
        Misconception(
            takes_the_largest_entries,
            "You compare the largest entries. The norm is the root of the sum of all squares.",
        ),
        Misconception(
            adds_up_absolute_values,
            "You add up absolute values. The norm is the root of the sum of squares.",
        ),
        Misconception(
            adds_up_with_signs,
            "You add up entries with their signs, which cancel out. What is a norm?",
        ),
        Misconception(
            divides_by_the_size,
            "You take the mean of the squares, so a small layer counts as much as a large one. "
            "The norm adds them up.",
        ),
        Misconception(
            compares_with_the_weights,
            "You divide each gradient by its weight's norm. That is a sensible thing to look at, "
            "and another one.",
        ),
        Misconception(
            stops_before_the_last,
            "You stop before the last weight. It is the end of the chain, so it counts.",
        ),
        Misconception(
            takes_the_gradient_of_the_input,
            "You take the gradient of the input x for the first one. The first *weight* was asked "
            "for.",
        ),
        Misconception(
            takes_the_logarithm,
            "You return a logarithm. The ratio itself was asked for; a plot can do the rest.",
        ),
    ),
    hints=(
        "Make a list of the parameters with `.dim() >= 2`. Its first and its last entry are all "
        "that you need.",
        "`torch.autograd.grad(value, [one, other])` gives you both gradients and puts nothing into "
        "the network. `.norm()` is the root of the sum of squares.",
        "In train mode BatchNorm changes its memory in every forward pass. `copy.deepcopy(model)` "
        "first, and do everything with the copy.",
    ),
)

EXERCISES = (GRADIENT_RATIO,)
