"""conv2d_backward: what autograd must compute."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.forbidden import AUTOGRAD, CONVOLUTION
from cnncourse.lessons.inputs import normal
from cnncourse.reference.convolution import (
    as_pair,
    conv2d_backward,
    output_size,
    pad2d,
    unpad2d,
    windows2d,
)


def oracle(grad_out, x, weight, stride=1, padding=0):
    """PyTorch's own, through its own layer."""
    x, weight = x.detach().requires_grad_(), weight.detach().requires_grad_()
    bias = torch.zeros(len(weight), dtype=x.dtype, device=x.device, requires_grad=True)
    out = F.conv2d(x, weight, bias, stride, padding)
    return torch.autograd.grad(out, (x, weight, bias), grad_out)


def layer(dtype: torch.dtype = torch.float64, **options: object) -> Make:
    """A random upstream gradient of the size that belongs to the inputs."""

    def make(generator: Generator) -> Arguments:
        x = normal(generator, 2, 3, 8, 11, dtype=dtype)
        weight = normal(generator, 5, 3, 3, 2, dtype=dtype)
        strides = as_pair(options.get("stride", 1))
        paddings = as_pair(options.get("padding", 0))
        sizes = [
            output_size(*axis)
            for axis in zip(x.shape[2:], weight.shape[2:], strides, paddings, strict=True)
        ]
        grad_out = normal(generator, 2, 5, *sizes, dtype=dtype)
        return {"grad_out": grad_out, "x": x, "weight": weight, **options}

    return make


def ones(generator: Generator) -> Arguments:
    """Every axis that can be 1 is 1; the output is one row high."""
    return {
        "grad_out": normal(generator, 1, 1, 1, 5),
        "x": normal(generator, 1, 1, 3, 6),
        "weight": normal(generator, 1, 1, 3, 2),
    }


def grad_out_too_large(generator: Generator) -> Arguments:
    return {**layer(stride=2)(generator), "grad_out": normal(generator, 2, 5, 6, 10)}


def explain_shape(grad_out, x, weight, stride=1, padding=0):
    return (
        f"grad_x is shaped as x, {tuple(x.shape)}; grad_weight as weight, {tuple(weight.shape)}; "
        f"grad_bias has one number a filter, ({len(weight)},)."
    )


# Every wrong answer keeps the signature, so that it can be put to every case.
def lays_the_kernel_down_flipped(grad_out, x, weight, stride=1, padding=0):
    grad_x, _, _ = conv2d_backward(grad_out, x, weight.flip(2, 3), stride, padding)
    return (grad_x, *conv2d_backward(grad_out, x, weight, stride, padding)[1:])


def flips_the_gradient_of_the_weight(grad_out, x, weight, stride=1, padding=0):
    grad_x, grad_weight, grad_bias = conv2d_backward(grad_out, x, weight, stride, padding)
    return grad_x, grad_weight.flip(2, 3), grad_bias


def overwrites_instead_of_adding(grad_out, x, weight, stride=1, padding=0):
    _, grad_weight, grad_bias = conv2d_backward(grad_out, x, weight, stride, padding)
    padded = torch.zeros_like(pad2d(x, padding))
    sh, sw = as_pair(stride)
    kh, kw = weight.shape[2:]
    for row, column in np.ndindex(*grad_out.shape[2:]):
        window = torch.einsum("nf,fcij->ncij", grad_out[:, :, row, column], weight)
        top, left = row * sh, column * sw
        padded[:, :, top : top + kh, left : left + kw] = window
    return unpad2d(padded, padding), grad_weight, grad_bias


def keeps_the_padding(grad_out, x, weight, stride=1, padding=0):
    return conv2d_backward(grad_out, pad2d(x, padding), weight, stride)


def cuts_the_padding_off_one_side(grad_out, x, weight, stride=1, padding=0):
    padded, *others = conv2d_backward(grad_out, pad2d(x, padding), weight, stride)
    return (padded[:, :, : x.shape[2], : x.shape[3]], *others)


def cuts_with_minus_zero(grad_out, x, weight, stride=1, padding=0):
    padded, *others = conv2d_backward(grad_out, pad2d(x, padding), weight, stride)
    ph, pw = as_pair(padding)
    return (padded[:, :, ph:-ph, pw:-pw], *others)


def ignores_the_stride(grad_out, x, weight, stride=1, padding=0):
    dense = torch.zeros(*grad_out.shape[:2], *dense_size(x, weight, padding)).to(grad_out)
    dense[:, :, : grad_out.shape[2], : grad_out.shape[3]] = grad_out
    return conv2d_backward(dense, x, weight, 1, padding)


def dense_size(x, weight, padding):
    return windows2d(pad2d(x, padding), tuple(weight.shape[2:])).shape[2:4]


def ignores_the_stride_for_x(grad_out, x, weight, stride=1, padding=0):
    grad_x = ignores_the_stride(grad_out, x, weight, stride, padding)[0]
    return (grad_x, *conv2d_backward(grad_out, x, weight, stride, padding)[1:])


def takes_ones_from_above(grad_out, x, weight, stride=1, padding=0):
    return conv2d_backward(torch.ones_like(grad_out), x, weight, stride, padding)


def averages_over_the_batch(grad_out, x, weight, stride=1, padding=0):
    grad_x, grad_weight, grad_bias = conv2d_backward(grad_out, x, weight, stride, padding)
    return grad_x, grad_weight / len(x), grad_bias / len(x)


def uses_the_first_image_only(grad_out, x, weight, stride=1, padding=0):
    grad_x, _, grad_bias = conv2d_backward(grad_out, x, weight, stride, padding)
    return grad_x, conv2d_backward(grad_out[:1], x[:1], weight, stride, padding)[1], grad_bias


def uses_the_last_filter_only(grad_out, x, weight, stride=1, padding=0):
    grad_x, _, _ = conv2d_backward(grad_out[:, -1:], x, weight[-1:], stride, padding)
    return (grad_x, *conv2d_backward(grad_out, x, weight, stride, padding)[1:])


def sums_the_bias_over_the_batch_only(grad_out, x, weight, stride=1, padding=0):
    return (*conv2d_backward(grad_out, x, weight, stride, padding)[:2], grad_out.sum(0))


def sums_the_bias_over_everything(grad_out, x, weight, stride=1, padding=0):
    return (*conv2d_backward(grad_out, x, weight, stride, padding)[:2], grad_out.sum())


def averages_the_bias(grad_out, x, weight, stride=1, padding=0):
    grads = conv2d_backward(grad_out, x, weight, stride, padding)
    return (*grads[:2], grad_out.mean((0, 2, 3)))


def forgets_the_bias(grad_out, x, weight, stride=1, padding=0):
    return conv2d_backward(grad_out, x, weight, stride, padding)[:2]


def returns_the_weight_first(grad_out, x, weight, stride=1, padding=0):
    grad_x, grad_weight, grad_bias = conv2d_backward(grad_out, x, weight, stride, padding)
    return grad_weight, grad_x, grad_bias


def drops_axes_of_size_one(grad_out, x, weight, stride=1, padding=0):
    return tuple(grad.squeeze() for grad in conv2d_backward(grad_out, x, weight, stride, padding))


def writes_into_x(grad_out, x, weight, stride=1, padding=0):
    grads = conv2d_backward(grad_out, x, weight, stride, padding)
    x.copy_(grads[0])
    return grads


CONV2D_BACKWARD = Exercise(
    reference=conv2d_backward,
    points=4,
    minutes=45,
    difficulty="challenge",
    oracle=oracle,
    forbids=(CONVOLUTION, AUTOGRAD),
    explain_shape=explain_shape,
    cases=(
        Case("there is neither stride nor padding", layer(), keeps="the case easiest to read"),
        Case(
            "the stride is 2 and leaves pixels uncovered",
            layer(stride=2),
            keeps="pixels without gradient",
        ),
        Case("the stride is a pair", layer(stride=(2, 3)), keeps="pairs by themselves"),
        Case("there is padding", layer(padding=1), keeps="padding by itself"),
        Case("only one axis is padded", layer(padding=(0, 2)), keeps="slices that end at -0"),
        Case("there is one image, one channel, one filter", ones),
        Case(
            "stride and padding come together",
            layer(stride=(3, 2), padding=(1, 2)),
            keeps="what works for each alone may not for both",
        ),
        Case(
            "the numbers are single precision",
            layer(torch.float32, stride=2, padding=1),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("grad_out is larger than the output", grad_out_too_large),),
    misconceptions=(
        Misconception(
            lays_the_kernel_down_flipped,
            "In grad_x the kernel lies the wrong way round. Each output hands its gradient back "
            "to the pixels it saw, each through the very weight it was multiplied with.",
        ),
        Misconception(
            flips_the_gradient_of_the_weight,
            "Your grad_weight is turned by 180 degrees. Weight (i, j) gathers from the pixels "
            "that it met: those shifted by (+i, +j).",
        ),
        Misconception(
            overwrites_instead_of_adding,
            "Where windows overlap, your later window overwrites the earlier one. A pixel is "
            "answerable to every window that saw it: add (+=).",
        ),
        Misconception(
            keeps_the_padding,
            "Your grad_x still has the frame of padding around it. Cut it off: x has no frame.",
        ),
        Misconception(
            cuts_the_padding_off_one_side,
            "You cut the padding off at the bottom and right only, so grad_x is shifted.",
        ),
        Misconception(
            cuts_with_minus_zero,
            "You cut with a slice like [p:-p]. For p = 0 that is [0:-0], which is empty.",
        ),
        Misconception(
            ignores_the_stride,
            "You ignore the stride: the output at (r, c) came from the window that starts at "
            "(r * stride, c * stride).",
        ),
        Misconception(
            ignores_the_stride_for_x,
            "grad_weight is right, but grad_x ignores the stride: windows start `stride` pixels "
            "apart.",
        ),
        Misconception(
            takes_ones_from_above,
            "You act as if the gradient from above were all ones. Use grad_out.",
        ),
        Misconception(
            averages_over_the_batch,
            "You divide by the number of images. If the loss is a mean, grad_out holds that "
            "already: add up.",
        ),
        Misconception(
            uses_the_first_image_only,
            "Your grad_weight comes from the first image alone. All images used the same weight: "
            "add up over the batch.",
        ),
        Misconception(
            uses_the_last_filter_only,
            "Your grad_x comes from the last filter alone. Every filter saw the pixel: add up "
            "over the filters.",
        ),
        Misconception(
            sums_the_bias_over_the_batch_only,
            "Your grad_bias still has a height and a width. The bias was added at every place: "
            "add up over them too.",
        ),
        Misconception(
            sums_the_bias_over_everything,
            "Your grad_bias is one number. There is one bias a filter: keep that axis.",
        ),
        Misconception(
            averages_the_bias, "Your grad_bias is a mean. Each place adds the bias once: add up."
        ),
        Misconception(
            forgets_the_bias,
            "You return two gradients. The bias has one too: (grad_x, grad_weight, grad_bias).",
        ),
        Misconception(
            returns_the_weight_first,
            "The order is (grad_x, grad_weight, grad_bias). Yours starts with grad_weight.",
        ),
        Misconception(
            drops_axes_of_size_one,
            "You drop axes of size 1 (`squeeze`). A gradient has the shape of what it belongs to, "
            "also with one image, one channel or one filter.",
        ),
        Misconception(
            writes_into_x,
            "You write into x. Whoever calls you still needs it: make a new tensor.",
        ),
    ),
    hints=(
        "Take one output number. Which pixels and which weights made it? Its gradient flows back "
        "to each pixel times the weight, and to each weight times the pixel.",
        "grad_bias: sum grad_out over all axes but the filters'. grad_weight[:, :, i, j]: the "
        "pixels that (i, j) touched, times grad_out, summed over images and places.",
        "grad_x: start with zeros of the padded size. For each (i, j) add grad_out times "
        "weight[:, :, i, j] to the same slice that the forward pass read. Cut the frame off.",
    ),
)

EXERCISES = (CONV2D_BACKWARD,)
