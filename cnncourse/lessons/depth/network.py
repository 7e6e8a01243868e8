"""SmallCNN: a whole network of the learner's own, trained by the grader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Generator, Tensor, nn

from cnncourse.data.digits import digits
from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.question import Judged
from cnncourse.grading.run_training import OUTPUTS, Measure, Training
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.recipes.depth import fit
from cnncourse.reference.depth import SmallCNN

RUN = Training(fit=fit, floor=0.90, full=0.97, most_parameters=60_000)
NAMES = dict(zip(("inputs", "targets", "held_out", "held_out_targets"), RUN.data, strict=True))


def all_digits(generator: Generator) -> Arguments:
    """Another fifth is held out each time."""
    split = asdict(digits(seed=whole(generator, 0, 2**30)))
    return {"in_channels": 1, "classes": 10, **{NAMES[key]: split[key] for key in NAMES}}


def three_digits_in_two_channels(generator: Generator) -> Arguments:
    arguments = all_digits(generator)
    inputs, targets, held_out, held_out_targets = (arguments[name] for name in RUN.data)
    seen, unseen = targets < 3, held_out_targets < 3
    parts = (doubled(inputs[seen]), targets[seen], doubled(held_out[unseen]))
    values = (*parts, held_out_targets[unseen])
    return {"in_channels": 2, "classes": 3, **dict(zip(RUN.data, values, strict=True))}


def doubled(images: Tensor) -> Tensor:
    """Ink and paper. (N, 1, H, W) -> (N, 2, H, W)"""
    return torch.cat((images, 1 - images), 1)


def in_a_row(in_channels=1, classes=10):
    """The oracle: another network that is right, a little wider and with an average at its end."""
    return nn.Sequential(
        nn.Conv2d(in_channels, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(256, classes),
    )


# The wrong answers are small, because they are trained in tests. What counts is their sign.
def small(in_channels, classes, *ending) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(16, classes),
        *ending,
    )


class Wrapped(nn.Module):
    """A network and what is done with it."""

    def __init__(self, body: nn.Module, use: Callable[[nn.Module, Tensor], Any]) -> None:
        super().__init__()
        self.body, self.use = body, use

    def forward(self, x: Tensor) -> Any:
        return self.use(self.body, x)


class Hiding(nn.Module):
    """Convolutions in a plain list, where nobody finds them, before a linear layer."""

    def __init__(self, in_channels: int, classes: int, scores: nn.Module) -> None:
        super().__init__()
        self.convolutions = [nn.Conv2d(in_channels, 4, 3, padding=1)]
        self.scores = scores

    def forward(self, x: Tensor) -> Tensor:
        for convolution in self.convolutions:
            x = nn.functional.max_pool2d(convolution.to(x)(x).relu(), 4)
        return self.scores(x.flatten(1))


def ends_in_a_softmax(in_channels=1, classes=10):
    return small(in_channels, classes, nn.Softmax(1))


def ends_in_a_relu(in_channels=1, classes=10):
    return small(in_channels, classes, nn.ReLU())


def ends_in_a_sigmoid(in_channels=1, classes=10):
    return small(in_channels, classes, nn.Sigmoid())


def leaves_out_the_relu(in_channels=1, classes=10):
    return nn.Sequential(
        nn.Conv2d(in_channels, 4, 3, padding=1),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, classes),
    )


def goes_on_dropping_out(in_channels=1, classes=10):
    def use(body: nn.Module, x: Tensor) -> Tensor:
        return body(nn.functional.dropout(x, 0.3))

    return Wrapped(small(in_channels, classes), use)


def hides_layers_in_a_list(in_channels=1, classes=10):
    return Hiding(in_channels, classes, nn.Linear(16, classes))


def makes_layers_in_forward(in_channels=1, classes=10):
    def use(body: nn.Module, x: Tensor) -> Tensor:
        fresh = nn.Conv2d(in_channels, 4, 3, padding=1).to(x)
        return body(fresh(x).relu())

    return Wrapped(small(4, classes), use)


def starts_from_zeros(in_channels=1, classes=10):
    model = small(in_channels, classes)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return model


def is_too_large(in_channels=1, classes=10):
    return nn.Sequential(nn.Flatten(), nn.Linear(64 * in_channels, 1000), nn.Linear(1000, classes))


def has_nothing_to_learn(in_channels=1, classes=10):
    return Hiding(in_channels, classes, nn.Flatten())


def keeps_a_map_for_each_class(in_channels=1, classes=10):
    return nn.Sequential(nn.Conv2d(in_channels, classes, 3), nn.AdaptiveAvgPool2d(1))


def decides_by_itself(in_channels=1, classes=10):
    return Wrapped(small(in_channels, classes), lambda body, x: body(x).argmax(1))


def cuts_off_the_gradient(in_channels=1, classes=10):
    return Wrapped(small(in_channels, classes), lambda body, x: body(x).detach())


def mixes_up_the_batch(in_channels=1, classes=10):
    scores = nn.Linear(in_channels * 32, classes)
    return Wrapped(scores, lambda body, x: body(x.reshape(-1, in_channels * 32)))


Sign = Callable[[Sequence[Judged]], bool]


def seen(judged: Sequence[Judged]) -> dict[str, Any]:
    """What came back from a training that went to its end."""
    measure = judged[0].made.parts[RUN.what]
    return measure.seen if isinstance(measure, Measure) else {}


def outputs(test: Callable[[Tensor], Any]) -> Sign:
    """A sign that the outputs of all runs show."""

    def sign(judged: Sequence[Judged]) -> bool:
        runs = [value for name, value in seen(judged).items() if name.startswith(OUTPUTS)]
        return bool(runs) and all(bool(test(run.double())) for run in runs)

    return sign


def stopped(*words: str) -> Sign:
    """A sign in the error that ended a training."""

    def sign(judged: Sequence[Judged]) -> bool:
        error = judged[0].made.error
        return error is not None and any(word in error.message for word in words)

    return sign


def adds_up_to_one(run: Tensor) -> Tensor:
    return (run >= 0).all() & ((run.sum(1) - 1).abs() < 1e-3).all()


def says_the_same(run: Tensor) -> Tensor:
    return (run - run[:1]).abs().max() <= 1e-6 * (1 + run.abs().max())


def never_negative(run: Tensor) -> Tensor:
    return (run >= 0).all() & (run == 0).any()


def between_zero_and_one(run: Tensor) -> Tensor:
    return ((run >= 0) & (run <= 1)).all()


def repeats(parts: dict[str, Any]) -> bool:
    one, other = parts["once"], parts["once more"]
    return bool((one - other).abs().max() <= 1e-3 * one.abs().max())


def never_the_same(judged: Sequence[Judged]) -> bool:
    return not repeats(seen(judged)) and seen(judged)["never learn"] == 0


def fresh_every_time(judged: Sequence[Judged]) -> bool:
    return not repeats(seen(judged)) and seen(judged)["never learn"] > 0


def some_never_learn(judged: Sequence[Judged]) -> bool:
    return repeats(seen(judged)) and seen(judged)["never learn"] > 0


def is_a_plane(judged: Sequence[Judged]) -> bool:
    """Half way between two images it says what is half way between the answers."""
    parts = seen(judged)
    once, midway = parts["once"].double(), parts["midway"].double()
    half = len(midway)
    off = (once[:half] + once[half : 2 * half]) / 2 - midway
    return repeats(parts) and bool(off.abs().max() < 1e-3 * once.abs().max())


def other_rows(judged: Sequence[Judged]) -> bool:
    error = judged[0].made.error
    return (
        error is not None
        and "answers 2 examples with shape (" in error.message
        and "with shape (2," not in error.message
    )


SMALL_CNN = Exercise(
    reference=SmallCNN,
    points=4,
    minutes=45,
    difficulty="core",
    oracle=in_a_row,
    run=RUN,
    cases=(Case("it is trained on the digits", all_digits, keeps="all that is asked for"),),
    asides=(Case("it is made for two channels and three classes", three_digits_in_two_channels),),
    misconceptions=(
        Misconception(
            starts_from_zeros,
            "Your network says the same to every image. Do all weights start from one number, or "
            "are all ReLUs asleep?",
            sign=outputs(says_the_same),
        ),
        Misconception(
            makes_layers_in_forward,
            "Your `forward` makes layers, so they are new at every call and never learn. Make them "
            "once, in `__init__`.",
            sign=fresh_every_time,
        ),
        Misconception(
            hides_layers_in_a_list,
            "Some of your layers never learn: they are no part of the module, so the optimizer "
            "does not hear of them. Keep layers as attributes, in `nn.Sequential` or in "
            "`nn.ModuleList`, not in a plain list.",
            sign=some_never_learn,
        ),
        Misconception(
            goes_on_dropping_out,
            "Asked twice, your network gives two answers: it still drops out in eval mode. "
            "`nn.Dropout` knows when to stop; `F.dropout` has to be told (`training=`).",
            sign=never_the_same,
        ),
        Misconception(
            leaves_out_the_relu,
            "Your network is one linear function, however many layers it has: half way between two "
            "images it says exactly what is half way between its answers. What is missing between "
            "the layers?",
            sign=is_a_plane,
        ),
        Misconception(
            ends_in_a_softmax,
            "Your scores add up to 1: there is a softmax at the end. The loss has one of its own, "
            "and the second takes away most of the gradient. Return the scores as they are.",
            sign=outputs(adds_up_to_one),
        ),
        Misconception(
            ends_in_a_relu,
            "Your scores are never negative: there is a ReLU at the end. A score that it has set "
            "to zero gets no gradient. Return the scores as they are.",
            sign=outputs(never_negative),
        ),
        Misconception(
            ends_in_a_sigmoid,
            "Your scores lie between 0 and 1: there is a sigmoid at the end, and the loss cannot "
            "get sure of anything. Return the scores as they are.",
            sign=outputs(between_zero_and_one),
        ),
        Misconception(
            is_too_large,
            "Your network has more than 60 000 parameters. Where are most of them? Usually in a "
            "linear layer on a map that is still large: pool first.",
            sign=stopped("are allowed"),
        ),
        Misconception(
            has_nothing_to_learn,
            "The optimizer found no parameters: your layers are no part of the module. Keep them "
            "as attributes, in `nn.Sequential` or in `nn.ModuleList`, and make them in `__init__`.",
            sign=stopped("empty parameter list"),
        ),
        Misconception(
            keeps_a_map_for_each_class,
            "Your network returns maps. One row of scores for each image was asked for, "
            "(N, classes): flatten or average what is left of height and width.",
            sign=stopped("answers 2 examples with shape (2, 10, "),
        ),
        Misconception(
            decides_by_itself,
            "Your network returns one number for each image. The loss needs all the scores, "
            "(N, classes), because `argmax` has no gradient.",
            sign=stopped("with shape (2,);"),
        ),
        Misconception(
            mixes_up_the_batch,
            "The number of rows that come out is not the number of images that went in: a "
            "`reshape` or `view` mixes up the batch. `x.flatten(1)` keeps the first axis.",
            sign=other_rows,
        ),
        Misconception(
            cuts_off_the_gradient,
            "No gradient comes back from your scores: something (`.detach()`, `.data`, `no_grad`, "
            "NumPy) cuts the thread, so nothing can be learned.",
            sign=stopped("does not require grad"),
        ),
    ),
    hints=(
        "A pattern that has worked since 1989: convolution, ReLU, pooling, the same once more, and "
        "one linear layer on what is left. Follow the shape from layer to layer on paper.",
        "8 × 8 pixels become 4 × 4 by pooling with 2. With `padding=1`, a 3 × 3 convolution keeps "
        "the size. The linear layer gets channels * height * width numbers.",
        "32 filters first and 64 behind the pooling are plenty. Flatten with `x.flatten(1)`, and "
        "return the linear layer's output without a softmax.",
    ),
)

EXERCISES = (SMALL_CNN,)
