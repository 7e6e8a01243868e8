"""SequenceClassifier: a network of the learner's own for MNIST-1D, trained by the grader."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict

from torch import Generator, Tensor, nn

from cnncourse.data.mnist1d import mnist1d
from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.question import Judged
from cnncourse.grading.run_training import Training
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.depth.network import (
    Wrapped,
    adds_up_to_one,
    is_a_plane,
    other_rows,
    outputs,
    repeats,
    seen,
    some_never_learn,
    stopped,
)
from cnncourse.recipes.tcn import fit
from cnncourse.reference.tcn import SequenceClassifier

RUN = Training(fit=fit, floor=0.80, full=0.92, most_parameters=30_000)
NAMES = dict(zip(("inputs", "targets", "held_out", "held_out_targets"), RUN.data, strict=True))
CLASSES = 10


@functools.lru_cache(maxsize=2)
def signals(seed: int) -> dict[str, Tensor]:
    """Making them takes as long as a tenth of a training."""
    return asdict(mnist1d(seed=seed))


def all_digits(generator: Generator) -> Arguments:
    """Other signals each time."""
    made = signals(whole(generator, 0, 2**30))
    return {"classes": CLASSES, **{NAMES[key]: made[key].clone() for key in NAMES}}


def three_digits(generator: Generator) -> Arguments:
    arguments = all_digits(generator)
    inputs, targets, held_out, held_out_targets = (arguments[name] for name in RUN.data)
    few, unseen = targets < 3, held_out_targets < 3
    # Fewer are enough for three, and this is no more than an aside.
    values = (inputs[few][:600], targets[few][:600], held_out[unseen], held_out_targets[unseen])
    return {"classes": 3, **dict(zip(RUN.data, values, strict=True))}


def average_of_a_row(classes=CLASSES):
    """The oracle: another network that is right, with pooling between its layers."""
    return nn.Sequential(
        nn.Conv1d(1, 24, 7, padding=3),
        nn.BatchNorm1d(24),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(24, 32, 5, padding=2),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(32, 32, 3, padding=1),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(32, classes),
    )


# The wrong answers are small, because they are trained in tests. What counts is their sign.
def small(classes: int, *ending: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(1, 3, 5),
        nn.ReLU(),
        nn.AvgPool1d(12),
        nn.Flatten(),
        nn.Linear(9, classes),
        *ending,
    )


class Hiding(nn.Module):
    """A convolution in a plain list, where nobody finds it, before what makes the scores."""

    def __init__(self, scores: nn.Module) -> None:
        super().__init__()
        self.layers = [nn.Conv1d(1, 10, 5)]
        self.scores = scores

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer.to(x)(x).relu()
        return self.scores(x.mean(2))


def ends_in_a_softmax(classes=CLASSES):
    return small(classes, nn.Softmax(1))


def leaves_out_the_relu(classes=CLASSES):
    return nn.Sequential(nn.Conv1d(1, 2, 5), nn.AvgPool1d(6), nn.Flatten(), nn.Linear(12, classes))


def hides_layers_in_a_list(classes=CLASSES):
    return Hiding(nn.Linear(10, classes))


def asks_the_last_step_of_a_short_memory(classes=CLASSES):
    def use(body: nn.Module, x: Tensor) -> Tensor:
        return body(x)[:, :, -1]

    body = nn.Sequential(nn.Conv1d(1, 4, 5), nn.ReLU(), nn.Conv1d(4, classes, 5))
    return Wrapped(body, use)


def is_too_large(classes=CLASSES):
    return nn.Sequential(nn.Flatten(), nn.Linear(40, 1000), nn.Linear(1000, classes))


def has_nothing_to_learn(classes=CLASSES):
    return Hiding(nn.Identity())


def keeps_scores_for_every_step(classes=CLASSES):
    return nn.Conv1d(1, classes, 5, padding=2)


def decides_by_itself(classes=CLASSES):
    return Wrapped(small(classes), lambda body, x: body(x).argmax(1))


def cuts_off_the_gradient(classes=CLASSES):
    return Wrapped(small(classes), lambda body, x: body(x).detach())


def mixes_up_the_batch(classes=CLASSES):
    return Wrapped(nn.Linear(20, classes), lambda body, x: body(x.reshape(-1, 20)))


def takes_time_for_channels(classes=CLASSES):
    return nn.Sequential(nn.Conv1d(40, 16, 1), nn.Flatten(), nn.Linear(16, classes))


def overlooks_the_beginning(judged: Sequence[Judged]) -> bool:
    """Without its first half a signal is the same to the network."""
    parts = seen(judged)
    once, hidden = parts["once"].double(), parts["half hidden"].double()
    return repeats(parts) and bool((once - hidden).abs().max() <= 1e-5 * once.abs().max())


SEQUENCE_CLASSIFIER = Exercise(
    reference=SequenceClassifier,
    points=4,
    minutes=45,
    difficulty="core",
    oracle=average_of_a_row,
    run=RUN,
    cases=(Case("it is trained on MNIST-1D", all_digits, keeps="all that is asked for"),),
    asides=(Case("it is made for three classes", three_digits),),
    misconceptions=(
        Misconception(
            hides_layers_in_a_list,
            "Some of your layers never learn: they are no part of the module, so the optimizer "
            "does not hear of them. Keep layers as attributes, in `nn.Sequential` or in "
            "`nn.ModuleList`, not in a plain list.",
            sign=some_never_learn,
        ),
        Misconception(
            asks_the_last_step_of_a_short_memory,
            "The first half of a signal is the same to your network, whatever is in it. How far "
            "back do its scores see? Count, and then add levels, or take the mean over all steps.",
            sign=overlooks_the_beginning,
        ),
        Misconception(
            leaves_out_the_relu,
            "Your network is one linear function, however many layers it has: half way between two "
            "signals it says exactly what is half way between its answers. What is missing between "
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
            is_too_large,
            "Your network has more than 30 000 parameters. Where are most of them? Usually in a "
            "linear layer on a long signal: take the mean over time first.",
            sign=stopped("are allowed"),
        ),
        Misconception(
            has_nothing_to_learn,
            "The optimizer found no parameters: your layers are no part of the module. Keep them "
            "as attributes, in `nn.Sequential` or in `nn.ModuleList`, and make them in `__init__`.",
            sign=stopped("empty parameter list"),
        ),
        Misconception(
            keeps_scores_for_every_step,
            "Your network returns scores for every step, (N, classes, T). One row for each signal "
            "was asked for, (N, classes): take the mean over time, or the last step.",
            sign=stopped("answers 2 examples with shape (2, 10, "),
        ),
        Misconception(
            decides_by_itself,
            "Your network returns one number for each signal. The loss needs all the scores, "
            "(N, classes), because `argmax` has no gradient.",
            sign=stopped("with shape (2,);"),
        ),
        Misconception(
            mixes_up_the_batch,
            "The number of rows that come out is not the number of signals that went in: a "
            "`reshape` or `view` mixes up the batch. `x.flatten(1)` keeps the first axis.",
            sign=other_rows,
        ),
        Misconception(
            takes_time_for_channels,
            "Your first layer expects another number of channels. A signal is (N, 1, 40): one "
            "channel, and time comes last.",
            sign=stopped("to have 40 channels", "channels, but got 1 channels"),
        ),
        Misconception(
            cuts_off_the_gradient,
            "No gradient comes back from your scores: something (`.detach()`, `.data`, `no_grad`, "
            "NumPy) cuts the thread, so nothing can be learned.",
            sign=stopped("does not require grad"),
        ),
    ),
    hints=(
        "Convolutions over time, each with a ReLU behind it; then the mean over time; then one "
        "linear layer from channels to classes. Follow the shape on paper.",
        "A digit may lie anywhere in the signal. The mean over all steps, `x.mean(2)`, does not "
        "care where; the last step has to carry everything there.",
        "Three layers of 24 or 32 channels with kernels of 5 and `nn.BatchNorm1d` behind each are "
        "plenty. Let the first have stride 2, or a later one a dilation, so that they see further.",
    ),
)

EXERCISES = (SEQUENCE_CLASSIFIER,)
