"""relu and relu_backward: what is negative is set to zero, and what that does to a gradient."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.forbidden import AUTOGRAD, RELU
from cnncourse.lessons.inputs import normal
from cnncourse.reference.depth import relu, relu_backward


def numbers(*shape: int, dtype: torch.dtype = torch.float64, grad: bool = False) -> Make:
    """Numbers of both signs, and larger than 6 here and there."""

    def make(generator: Generator) -> Arguments:
        x = 4 * normal(generator, *shape, dtype=dtype)
        return {"x": x.requires_grad_(grad)}

    return make


def numbers_and_zeros(generator: Generator) -> Arguments:
    x = normal(generator, 4, 9)
    x[:, ::4] = 0
    return {"x": x}


def takes_the_absolute_value(x):
    return x.abs()


def keeps_the_negative_side(x):
    return torch.where(x < 0, x, 0)


def turns_the_sign(x):
    return torch.where(x < 0, -x, 0)


def leaks(x):
    return torch.where(x > 0, x, 0.01 * x)


def returns_the_mask(x):
    return (x > 0).to(x.dtype)


def stops_at_one(x):
    return x.clamp(0, 1)


def stops_at_six(x):
    return x.clamp(0, 6)


def rounds_the_corner(x):
    return torch.log1p(torch.exp(x))


def drops_what_is_negative(x):
    return x[x > 0]


def decides_once_for_all(x):
    return x.clone() if x.sum() > 0 else x * 0


def lifts_to_the_smallest(x):
    return x - x.min()


def puts_a_little_instead(x):
    return x.clamp(min=0.01)


def cuts_off_the_gradient(x):
    return relu(x).detach()


def writes_into_x(x):
    x[x < 0] = 0
    return x


def writes_behind_autograds_back(x):
    x.data[x < 0] = 0
    return x * 1


def makes_float32(x):
    return relu(x).float()


RELU_EXERCISE = Exercise(
    reference=relu,
    points=1,
    minutes=5,
    difficulty="warm-up",
    oracle=F.relu,
    forbids=(RELU,),
    cases=(
        Case("there are numbers of both signs", numbers(3, 7), keeps="the case easiest to read"),
        Case(
            "some of the numbers are exactly zero",
            numbers_and_zeros,
            keeps="0 / 0, in answers that divide by x",
        ),
        Case(
            "a whole batch of maps comes in and gradients flow back", numbers(2, 3, 4, 5, grad=True)
        ),
        Case(
            "the numbers are single precision",
            numbers(5, 3, dtype=torch.float32, grad=True),
            keeps="float32, which every network uses",
        ),
    ),
    misconceptions=(
        Misconception(
            takes_the_absolute_value,
            "You take the absolute value. ReLU does not turn negative numbers around: it sets "
            "them to zero.",
        ),
        Misconception(
            keeps_the_negative_side,
            "You keep the wrong side: the positive numbers should stay.",
        ),
        Misconception(
            turns_the_sign,
            "You keep the negative numbers, and as positive ones: the side is wrong.",
        ),
        Misconception(
            leaks,
            "You let a hundredth of each negative number through. That is leaky ReLU, a relative.",
        ),
        Misconception(
            returns_the_mask,
            "You return 1 where x is positive: that is the mask, not the number. (It is the "
            "*slope* of ReLU.)",
        ),
        Misconception(stops_at_one, "You cut off what is above 1. ReLU has no upper limit."),
        Misconception(stops_at_six, "You cut off what is above 6: that is ReLU6, a relative."),
        Misconception(
            rounds_the_corner,
            "Your curve is smooth at zero: that is softplus. ReLU has a sharp corner, and is "
            "exactly zero to its left.",
        ),
        Misconception(
            drops_what_is_negative,
            "You leave the negative numbers out, so the shape changes. Each keeps its place, as a "
            "zero.",
        ),
        Misconception(
            decides_once_for_all,
            "You decide once for the whole tensor. Every number is looked at by itself.",
        ),
        Misconception(
            lifts_to_the_smallest,
            "You lift all numbers until the smallest is zero. ReLU leaves positive numbers alone.",
        ),
        Misconception(
            puts_a_little_instead,
            "You put a small positive number where x is not positive. ReLU puts exactly zero.",
        ),
        Misconception(
            cuts_off_the_gradient,
            "The values are right, but no gradient flows back: something (`.detach()`, `.data`, "
            "NumPy, `no_grad`) cuts the thread. Nothing before this layer could learn.",
        ),
        Misconception(
            writes_into_x,
            "You write the zeros into x itself. Whoever owns x still needs it, autograd too: make "
            "a new tensor.",
        ),
        Misconception(
            writes_behind_autograds_back,
            "You write the zeros into x, through `.data`. The caller's x is changed, and autograd "
            "does not know that anything was cut off.",
        ),
        Misconception(
            makes_float32,
            "Your result is float32 whatever x is. A result keeps the type of its input.",
        ),
    ),
    hints=(
        "Two cases: a number is positive, or it is not. What comes out in each?",
        "`x > 0` is a tensor of True and False with the shape of x. What can you do with it?",
        "`torch.where(condition, one, other)` picks number by number; multiplying by the mask or "
        "`clamp` with a lower limit does it as well.",
    ),
)


def gradient(*shape: int, dtype: torch.dtype = torch.float64) -> Make:
    def make(generator: Generator) -> Arguments:
        return {
            "grad_out": normal(generator, *shape, dtype=dtype),
            "x": normal(generator, *shape, dtype=dtype),
        }

    return make


def gradient_at_zeros(generator: Generator) -> Arguments:
    """As in a network, where the ReLU before has made half of the numbers zero."""
    grad_out = normal(generator, 4, 9)
    return {"grad_out": grad_out, "x": normal(generator, 4, 9).clamp(min=0)}


def gradients_of_two_shapes(generator: Generator) -> Arguments:
    return {"grad_out": normal(generator, 4, 3), "x": normal(generator, 3, 4)}


def by_autograd(grad_out: Tensor, x: Tensor) -> Tensor:
    """The oracle: PyTorch's own ReLU, differentiated by PyTorch."""
    if grad_out.shape != x.shape:
        raise ValueError("two shapes")
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(F.relu(x), x, grad_out)[0]


def looks_at_the_gradient(grad_out, x):
    return torch.where(grad_out > 0, grad_out, 0)


def looks_at_both(grad_out, x):
    return torch.where((grad_out > 0) & (x > 0), grad_out, 0)


def lets_it_through_at_zero(grad_out, x):
    return torch.where(x >= 0, grad_out, 0)


def lets_half_through_at_zero(grad_out, x):
    return grad_out * ((x > 0).to(x.dtype) + (x == 0).to(x.dtype) / 2)


def returns_the_slope(grad_out, x):
    return (x > 0).to(x.dtype)


def multiplies_by_the_output(grad_out, x):
    return grad_out * relu(x)


def multiplies_by_x(grad_out, x):
    return grad_out * x


def lets_everything_through(grad_out, x):
    return grad_out.clone()


def stops_the_positive_side(grad_out, x):
    return torch.where(x < 0, grad_out, 0)


def turns_it_where_x_is_negative(grad_out, x):
    return grad_out * x.sign()


def lets_it_leak(grad_out, x):
    return torch.where(x > 0, grad_out, 0.01 * grad_out)


def divides_by_the_batch(grad_out, x):
    return relu_backward(grad_out, x) / len(x)


def writes_into_grad_out(grad_out, x):
    grad_out[x <= 0] = 0
    return grad_out


RELU_BACKWARD = Exercise(
    reference=relu_backward,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=by_autograd,
    forbids=(RELU, AUTOGRAD),
    cases=(
        Case("x has numbers of both signs", gradient(3, 7), keeps="the case easiest to read"),
        Case("half of x is exactly zero, as behind another ReLU", gradient_at_zeros),
        Case("x is a batch of maps", gradient(2, 3, 4, 5), keeps="four axes"),
        Case(
            "the numbers are single precision",
            gradient(5, 3, dtype=torch.float32),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("grad_out has another shape than x", gradients_of_two_shapes),),
    misconceptions=(
        Misconception(
            looks_at_the_gradient,
            "You look at the sign of grad_out. It is x that decides what passes: a negative "
            "gradient is as welcome as a positive one.",
        ),
        Misconception(
            looks_at_both,
            "You stop negative gradients too. Only x decides. (Some methods that paint pictures "
            "of networks do it your way, but that is no gradient.)",
        ),
        Misconception(
            lets_it_through_at_zero,
            "You let the gradient through where x is exactly 0. There the course, like PyTorch, "
            "takes 0. It matters: the ReLU before makes many exact zeros.",
        ),
        Misconception(
            lets_half_through_at_zero,
            "You let half of the gradient through where x is exactly 0. That is a legal choice in "
            "mathematics, but PyTorch and this course take 0.",
        ),
        Misconception(
            returns_the_slope,
            "You return the slope, 0 or 1. That is only one of the two factors of the chain rule.",
        ),
        Misconception(
            multiplies_by_the_output,
            "You multiply grad_out by the output of ReLU. The chain rule multiplies it by the "
            "*slope*.",
        ),
        Misconception(multiplies_by_x, "You multiply grad_out by x. It is the slope that counts."),
        Misconception(
            lets_everything_through,
            "You let every gradient through. Where x was negative, moving x changes nothing.",
        ),
        Misconception(
            stops_the_positive_side,
            "You stop the wrong side: where x was positive, the output moves with it.",
        ),
        Misconception(
            turns_it_where_x_is_negative,
            "You turn the gradient around where x is negative. That belongs to the absolute value.",
        ),
        Misconception(
            lets_it_leak,
            "You let a hundredth of the gradient through where x is negative: that is leaky ReLU.",
        ),
        Misconception(
            divides_by_the_batch,
            "You divide by the number of rows. If the loss is a mean, that is in grad_out already.",
        ),
        Misconception(
            writes_into_grad_out,
            "You write the zeros into grad_out itself. Whoever handed it to you may need it: make "
            "a new tensor.",
        ),
    ),
    hints=(
        "Draw ReLU. How steep is it to the left of zero, and how steep to the right?",
        "The chain rule: what comes from behind, times the slope at x.",
        "A slope of 1 lets grad_out pass and a slope of 0 stops it: it is a mask made from x.",
    ),
)

EXERCISES = (RELU_EXERCISE, RELU_BACKWARD)
