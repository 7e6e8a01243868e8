"""gradient_receptive_field: how far one output sees, asked of the network itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.grading.question import Judged
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.recipes.depth import chain
from cnncourse.reference.depth import extent, gradient_receptive_field, open_all_ways

CONV, RELU, NORM, MAX = ("conv", 3, 1, 1), ("relu",), ("norm",), ("max", 2)


def network(*layers, size=(23, 28), **options) -> Make:
    """A network of `chain`; a layer may be a function that draws its sizes."""

    def make(generator: Generator) -> Arguments:
        drawn = [layer(generator) if callable(layer) else layer for layer in layers]
        seed = whole(generator, 0, 2**30)
        recipe = Recipe(chain, {"layers": drawn, "seed": seed, **options})
        return {"model": recipe, "in_shape": (2, *size)}

    return make


def high_and_wide(generator: Generator) -> tuple:
    return ("conv", (whole(generator, 2, 4), whole(generator, 5, 8)), 1, 1)


def dilated(generator: Generator) -> tuple:
    return ("conv", 3, 1, (whole(generator, 3, 4), whole(generator, 5, 6)))


def strided(generator: Generator) -> tuple:
    return ("conv", (3, 5), (2, whole(generator, 2, 3)), 1, 2)


ONE = Case("the network is one layer", network(high_and_wide), keeps="the case to look at first")
APART = Case("the taps of a kernel lie apart", network(dilated, ("conv", 2, 1, 1)))
STRIDED = Case(
    "a layer has a stride and padding",
    network(strided, ("conv", 3, 1, 1, 1), size=(34, 45)),
    keeps="strides, which no other case has without pooling",
)
DEEP = Case("many layers are stacked", network(*[CONV] * 4, ("conv", (3, 2), 1, 1), size=(25, 28)))
SLEEPY = Case("ReLUs are asleep for many inputs", network(*[CONV, RELU] * 3))
POOLED = Case(
    "max pooling picks one of many pixels", network(("max", (3, 2)), MAX, ("conv", 1, 1, 1))
)
NORMED = Case(
    "there is BatchNorm, and the network is in train mode",
    network(("conv", (2, 4), 1, 1), NORM, CONV, NORM),
    keeps="the commonest network there is: all of it in train mode",
)
EVALUATING = Case(
    "the network is in eval mode before", network(("conv", (4, 2), 1, 1), NORM, training=False)
)
FROZEN = Case(
    "only a part of the network is in train mode",
    network(("conv", (3, 4), 1, 1), NORM, ("conv", 2, 1, 1), asleep=(1,)),
    keeps="BatchNorm that is frozen while the rest learns, which is common",
)
LEARNING = Case(
    "its parameters have gradients from a training step",
    network(("conv", (2, 3), 1, 1), CONV, learned=True),
)
CLIPPED = Case(
    "the field is larger than the image",
    network(*[("conv", (7, 9), 1, 1, 4)] * 3, size=(9, 12)),
    keeps="pixels that are not there, which a formula counts",
)
FORKED = Case(
    "two ways lead through the network",
    network(("fork", (CONV, CONV), (("conv", (2, 7), 1, 1),))),
    keeps="networks that are no row of layers",
)
# What comes through here depends on the input.
GATED = (SLEEPY, POOLED)


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Eval mode for a while, and then each module's own again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def middle(out: Tensor) -> Tensor:
    return out[:, :, out.shape[2] // 2, out.shape[3] // 2]


def seen_by(model: nn.Module, x: Tensor, pick=middle) -> Tensor:
    """The size of the gradient at each pixel, (H, W)."""
    x = x.requires_grad_()
    grad = torch.autograd.grad(pick(model(x)).sum(), x)[0]
    return grad.abs().amax((0, 1))


def field_of(seen: Tensor) -> tuple[int, int]:
    return extent(seen.any(1)), extent(seen.any(0))


def like(model: nn.Module, x: Tensor) -> Tensor:
    return x.to(next(model.parameters()))


def noise(model: nn.Module, count: int, in_shape, seed: int = 0) -> Tensor:
    drawn = torch.randn(count, *in_shape, generator=Generator().manual_seed(seed))
    return like(model, drawn)


def plain(model: nn.Module, in_shape) -> Tensor:
    return like(model, torch.ones(1, *in_shape))


def many_probes(model, in_shape):
    """The oracle: the network as it is, asked with many inputs at once."""
    with evaluating(model):
        return field_of(seen_by(model, noise(model, 200, in_shape)) > 0)


def trusts_a_plain_input(model, in_shape):
    with evaluating(model):
        return field_of(seen_by(model, plain(model, in_shape)) > 0)


def trusts_one_probe(model, in_shape):
    with evaluating(model):
        return field_of(seen_by(model, noise(model, 1, in_shape)) > 0)


def too_small_behind_gates(judged: Sequence[Judged]) -> bool:
    failed = [one for one in judged if not one.passed]
    return bool(failed) and all(one.question.case in GATED and too_small(one) for one in failed)


def too_small(one: Judged) -> bool:
    """A pair of sizes, none larger than it should be, and one smaller."""
    got, wanted = one.made.parts["result"], one.question.expected.parts["result"]
    pairs = list(zip(got, wanted, strict=True))
    return all(0 <= int(a) <= b for a, b in pairs) and any(int(a) < b for a, b in pairs)


def forgets_the_max_pooling(model, in_shape):
    opened = open_all_ways(model)
    for place, module in enumerate(model):
        if isinstance(module, nn.MaxPool2d):
            opened[place] = module
    return field_of(seen_by(opened, plain(model, in_shape)) > 0)


def measures_in_train_mode(model, in_shape):
    opened = open_all_ways(model).train()
    return field_of(seen_by(opened, noise(model, 1, in_shape)) > 0)


def leaves_eval_mode_on(model, in_shape):
    field = gradient_receptive_field(model, in_shape)
    model.eval()
    return field


def leaves_train_mode_on(model, in_shape):
    field = gradient_receptive_field(model, in_shape)
    model.train()
    return field


def leaves_gradients_behind(model, in_shape):
    with evaluating(model):
        middle(model(noise(model, 1, in_shape))).sum().backward()
    return gradient_receptive_field(model, in_shape)


def wipes_the_gradients_out(model, in_shape):
    field = gradient_receptive_field(model, in_shape)
    model.zero_grad()
    return field


def puts_other_layers_in(model, in_shape):
    field = gradient_receptive_field(model, in_shape)
    for place, module in enumerate(model):
        if isinstance(module, (nn.ReLU, nn.MaxPool2d)):
            model[place] = open_all_ways(module)
    return field


def looks_at_all_outputs(model, in_shape):
    opened = open_all_ways(model)
    return field_of(seen_by(opened, plain(model, in_shape), lambda out: out) > 0)


def looks_at_the_corner(model, in_shape):
    opened = open_all_ways(model)
    return field_of(seen_by(opened, plain(model, in_shape), lambda out: out[:, :, 0, 0]) > 0)


def counts_the_lines(model, in_shape):
    seen = seen_by(open_all_ways(model), plain(model, in_shape)) > 0
    return int(seen.any(1).sum()), int(seen.any(0).sum())


def forgets_to_count_both_ends(model, in_shape):
    height, width = gradient_receptive_field(model, in_shape)
    return height - 1, width - 1


def swaps_the_sides(model, in_shape):
    height, width = gradient_receptive_field(model, in_shape)
    return width, height


def makes_it_a_square(model, in_shape):
    side = max(gradient_receptive_field(model, in_shape))
    return side, side


def counts_pixels(model, in_shape):
    height, width = gradient_receptive_field(model, in_shape)
    return height * width, height * width


def drops_what_is_faint(model, in_shape):
    seen = seen_by(open_all_ways(model), plain(model, in_shape))
    return field_of(seen > 0.5 * seen.max())


def too_small_when_deep(judged: Sequence[Judged]) -> bool:
    failed = [one for one in judged if not one.passed]
    deep = any(one.question.case is DEEP for one in failed)
    return deep and len(failed) < len(judged) and all(map(too_small, failed))


def uses_the_formula(model, in_shape):
    sizes, jumps = [1, 1], [1, 1]
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d)):
            for axis in (0, 1):
                k, s, d = (
                    size[axis] if isinstance(size, tuple) else size
                    for size in (module.kernel_size, module.stride, module.dilation)
                )
                sizes[axis] += (k - 1) * d * jumps[axis]
                jumps[axis] *= s
    return tuple(sizes)


GRADIENT_RECEPTIVE_FIELD = Exercise(
    reference=gradient_receptive_field,
    points=4,
    minutes=45,
    difficulty="challenge",
    oracle=many_probes,
    cases=(
        ONE,
        APART,
        STRIDED,
        DEEP,
        SLEEPY,
        POOLED,
        NORMED,
        EVALUATING,
        FROZEN,
        LEARNING,
        CLIPPED,
        FORKED,
    ),
    misconceptions=(
        Misconception(
            trusts_a_plain_input,
            "You probe with an input that is the same everywhere. On it whole layers of ReLUs may "
            "be asleep, and max pooling always picks the same corner. Use noise, many times.",
        ),
        Misconception(
            forgets_the_max_pooling,
            "You open the ReLUs, but max pooling still hands the gradient to one pixel of each "
            "window only.",
        ),
        Misconception(
            trusts_one_probe,
            "Your field is too small where ReLU or max pooling is in the way: too few probes. "
            "Which ways are open depends on the input. Try more inputs and put together what they "
            "see, or open all ways in a copy.",
            sign=too_small_behind_gates,
        ),
        Misconception(
            measures_in_train_mode,
            "You measure in train mode. There BatchNorm uses the mean of the whole image, so every "
            "pixel moves every output. What does the network do when it is used?",
        ),
        Misconception(
            leaves_eval_mode_on,
            "The numbers are right, but you leave the network in eval mode, and its owner is "
            "training it.",
        ),
        Misconception(
            leaves_train_mode_on,
            "The numbers are right, but afterwards everything is in train mode, also what was not "
            "before. Remember the mode of each module, or work on a copy.",
        ),
        Misconception(
            leaves_gradients_behind,
            "The numbers are right, but `backward` leaves gradients in the parameters, and they "
            "would be added to those of the next training step. Ask for the gradient of x alone.",
        ),
        Misconception(
            wipes_the_gradients_out,
            "The numbers are right, but you wipe out gradients that were there before "
            "(`zero_grad`). Do not let them arise, and there is nothing to clear away.",
        ),
        Misconception(
            puts_other_layers_in,
            "The numbers are right, but the network has lost its ReLUs or max pooling for good. "
            "Change a copy: `copy.deepcopy(model)`.",
        ),
        Misconception(
            looks_at_all_outputs,
            "You ask for the gradient of all outputs together. They see the whole image between "
            "them: ask for the one in the middle.",
        ),
        Misconception(
            looks_at_the_corner,
            "You ask for the output in the corner. A part of what it could see lies in the "
            "padding: take the one in the middle.",
        ),
        Misconception(
            counts_the_lines,
            "You count the rows and columns that have a gradient. A dilated kernel leaves some out "
            "in between: measure from the first to the last.",
        ),
        Misconception(
            forgets_to_count_both_ends,
            "You are one pixel short on each axis. From row 2 to row 4 there are three rows.",
        ),
        Misconception(swaps_the_sides, "The two sides are swapped: first height, then width."),
        Misconception(
            makes_it_a_square,
            "You return the longer side twice. Kernels need not be square, so nor is the field.",
        ),
        Misconception(
            counts_pixels, "You return the number of pixels. Height and width were asked for."
        ),
        Misconception(
            drops_what_is_faint,
            "You leave out what has a small gradient. In a deep stack the rim of the field has "
            "very little say, but some: compare with exactly zero.",
            sign=too_small_when_deep,
        ),
        Misconception(
            uses_the_formula,
            "You work it out from the layers' sizes. That is the exercise before: it does not know "
            "where the image ends, nor that two ways may lie side by side. Measure.",
        ),
    ),
    hints=(
        "An input matters to an output if the gradient there is not zero. Make an input that "
        "requires a gradient, and ask `torch.autograd.grad` for that of one output: (H' // 2, "
        "W' // 2), all channels added up.",
        "What may stop a gradient although the pixel matters? A ReLU that is asleep, a maximum "
        "that is elsewhere. Both depend on the input: noise, and not once but fifty times in one "
        "batch. What may let it through although it does not? BatchNorm in train mode.",
        "Before: `copy.deepcopy(model).eval()`. After: `grad.abs().sum((0, 1)) > 0` is a map of "
        "what was seen. Take its first and last row, and its first and last column.",
    ),
)

EXERCISES = (GRADIENT_RECEPTIVE_FIELD,)
