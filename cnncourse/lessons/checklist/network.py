"""ChosenNet: a network under a budget, for shapes at places where it has never seen any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import Generator, Tensor, nn

from cnncourse.data.split import Split
from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.question import Judged
from cnncourse.grading.run_training import OUTPUTS, Training
from cnncourse.lessons.depth.network import (
    Wrapped,
    adds_up_to_one,
    is_a_plane,
    never_negative,
    other_rows,
    outputs,
    says_the_same,
    seen,
    some_never_learn,
    stopped,
)
from cnncourse.recipes.checklist import MOST_PARAMETERS, fit, left_and_right
from cnncourse.reference.checklist import ChosenNet

RUN = Training(fit=fit, floor=0.75, full=0.95, most_parameters=MOST_PARAMETERS)
NAMES = dict(zip(("inputs", "targets", "held_out", "held_out_targets"), RUN.data, strict=True))
# So much more often right on the side that it has learned on.
GAP = 0.15


def at_new_places(generator: Generator) -> Arguments:
    return {"in_channels": 1, "classes": 4, **named(left_and_right(generator))}


def named(split: Split) -> Arguments:
    found = {name: getattr(split, name) for name in asdict(split)}
    return {NAMES[name]: found[name] for name in NAMES}


def three_shapes_in_two_channels(generator: Generator) -> Arguments:
    split = left_and_right(generator, learn=600, held_out=80)
    known, asked = split.targets < 3, split.held_out_targets < 3
    parts = (
        doubled(split.inputs[known]),
        split.targets[known],
        doubled(split.held_out[asked]),
        split.held_out_targets[asked],
    )
    return {"in_channels": 2, "classes": 3, **named(Split(*parts))}


def doubled(images: Tensor) -> Tensor:
    """Shape and ground. (N, 1, H, W) -> (N, 2, H, W)"""
    return torch.cat((images, 1 - images), 1)


def in_a_row(in_channels=1, classes=4):
    """The oracle: another network that is right, with larger kernels and nothing at the border."""
    return nn.Sequential(
        nn.Conv2d(in_channels, 10, 5, padding=2),
        nn.BatchNorm2d(10),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(10, 24, 3),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(24, classes),
    )


# The wrong answers are small, because they are trained in tests. What counts is their sign.
def small(in_channels: int, classes: int, *ending: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 5, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(8, classes),
        *ending,
    )


def trusts_the_place(in_channels=1, classes=4):
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 12, 3, padding=1),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(12 * 5 * 5, classes),
    )


def looks_at_all_pixels_at_once(in_channels=1, classes=4):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(400 * in_channels, 7), nn.ReLU(), nn.Linear(7, classes)
    )


class Hiding(nn.Module):
    """Convolutions in a plain list, where nobody finds them, before a linear layer."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.convolutions = [nn.Conv2d(in_channels, 4, 3, stride=2)]
        self.scores = nn.Linear(4, classes)

    def forward(self, x: Tensor) -> Tensor:
        for convolution in self.convolutions:
            x = convolution.to(x)(x).relu()
        return self.scores(x.amax((2, 3)))


def hides_layers_in_a_list(in_channels=1, classes=4):
    return Hiding(in_channels, classes)


def leaves_out_the_relu(in_channels=1, classes=4):
    return nn.Sequential(
        nn.Conv2d(in_channels, 4, 3, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, classes),
    )


def ends_in_a_softmax(in_channels=1, classes=4):
    return small(in_channels, classes, nn.Softmax(1))


def ends_in_a_relu(in_channels=1, classes=4):
    model = small(in_channels, classes, nn.ReLU())
    # One score sleeps from the beginning, as it happens by chance; in tests it has to happen.
    with torch.no_grad():
        model[-2].bias[0] = -100.0
    return model


def starts_from_zeros(in_channels=1, classes=4):
    model = small(in_channels, classes)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return model


def is_over_the_budget(in_channels=1, classes=4):
    return nn.Sequential(nn.Flatten(), nn.Linear(400 * in_channels, 20), nn.Linear(20, classes))


def keeps_a_map_for_each_class(in_channels=1, classes=4):
    return nn.Sequential(nn.Conv2d(in_channels, classes, 3, stride=4), nn.AdaptiveAvgPool2d(1))


def decides_by_itself(in_channels=1, classes=4):
    return Wrapped(small(in_channels, classes), lambda body, x: body(x).argmax(1))


def mixes_up_the_batch(in_channels=1, classes=4):
    scores = nn.Linear(in_channels * 200, classes)
    return Wrapped(scores, lambda body, x: body(x.reshape(-1, in_channels * 200)))


def sides(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """For each run the share that is right on the left, and on the right."""
    targets = judged[0].question.arguments()["held_out_targets"].cpu()
    parts = seen(judged)
    runs = [value for name, value in parts.items() if name.startswith(OUTPUTS)]
    right = [(run.cpu().argmax(1) == targets).double() for run in runs]
    return [(float(one[::2].mean()), float(one[1::2].mean())) for one in right]


def worse_where_it_never_was(judged: Sequence[Judged]) -> bool:
    found = sides(judged)
    return bool(found) and all(left > 0.5 and left - right > GAP for left, right in found)


def hardly_learns(judged: Sequence[Judged]) -> bool:
    found = sides(judged)
    return bool(found) and all(left < 0.7 for left, _ in found)


CHOSEN_NET = Exercise(
    reference=ChosenNet,
    points=4,
    minutes=45,
    difficulty="challenge",
    oracle=in_a_row,
    run=RUN,
    cases=(Case("it is trained on shapes at the left", at_new_places, keeps="all that is asked"),),
    asides=(Case("it is made for two channels and three classes", three_shapes_in_two_channels),),
    misconceptions=(
        Misconception(
            starts_from_zeros,
            "Your network says the same to every picture. Do all weights start from one number, or "
            "are all ReLUs asleep?",
            sign=outputs(says_the_same),
        ),
        Misconception(
            hides_layers_in_a_list,
            "Some of your layers never learn: they are no part of the module. Keep layers as "
            "attributes, in `nn.Sequential` or in `nn.ModuleList`, not in a plain list, and make "
            "them in `__init__`.",
            sign=some_never_learn,
        ),
        Misconception(
            leaves_out_the_relu,
            "Your network is one linear function, however many layers it has (question 4). What is "
            "missing between the layers?",
            sign=is_a_plane,
        ),
        Misconception(
            ends_in_a_softmax,
            "Your scores add up to 1: there is a softmax at the end. The loss has one of its own. "
            "Return the scores as they are.",
            sign=outputs(adds_up_to_one),
        ),
        Misconception(
            ends_in_a_relu,
            "Your scores are never negative: there is a ReLU at the end. A score that it has set "
            "to zero gets no gradient.",
            sign=outputs(never_negative),
        ),
        Misconception(
            is_over_the_budget,
            "Your network is over its budget of 3 000 parameters. Which layer has most of them? "
            "Question 2 says what saves the most.",
            sign=stopped("are allowed"),
        ),
        Misconception(
            keeps_a_map_for_each_class,
            "Your network returns maps. One row of scores for each picture was asked for, "
            "(N, classes): take the largest value or the average of each map, and flatten.",
            sign=stopped("answers 2 examples with shape (2, 4, "),
        ),
        Misconception(
            decides_by_itself,
            "Your network returns one number for each picture. The loss needs all the scores, "
            "(N, classes), because `argmax` has no gradient.",
            sign=stopped("with shape (2,);"),
        ),
        Misconception(
            mixes_up_the_batch,
            "The number of rows that come out is not the number of pictures that went in: a "
            "`reshape` or `view` mixes up the batch. `x.flatten(1)` keeps the first axis.",
            sign=other_rows,
        ),
        Misconception(
            trusts_the_place,
            "On the left, where your network has learned, it is good. On the right, where it has "
            "never seen a shape, it is much worse: some layer has a weight of its own for each "
            "place (questions 1 and 3). What could stand at the end instead of flattening?",
            sign=worse_where_it_never_was,
        ),
        Misconception(
            looks_at_all_pixels_at_once,
            "Even on the left your network is often wrong: with this budget it has not learned "
            "what makes a shape. Are there dense weights on pixels (question 1)? Or filters that "
            "are too few, or without BatchNorm?",
            sign=hardly_learns,
        ),
    ),
    hints=(
        "The shapes to learn from are all at the left, the test has as many at the right. Which "
        "layers of the course treat all places alike, and which one forgets places?",
        "Two convolutions with ReLU and a pooling between them see far enough for a shape. Count "
        "their parameters before you train. BatchNorm makes 20 epochs enough.",
        "After the last convolution, keep one number for each map, over all places: "
        "`x.amax((2, 3))` or `x.mean((2, 3))`. Then one linear layer on these numbers.",
    ),
)

EXERCISES = (CHOSEN_NET,)
