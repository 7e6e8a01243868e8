"""Question 4: depth, degradation and shortcuts."""

from __future__ import annotations

from functools import partial
from statistics import median

import torch
from torch import nn

from cnncourse.grading.contract import Exercise
from cnncourse.inspection.summary import summary
from cnncourse.lessons.checklist.prediction import asked, belief
from cnncourse.reference.checklist import predict_depth


def measured(question: str) -> int | str:
    """The oracle: builds three layers, sends a gradient back, and looks at what was measured."""
    three = nn.Sequential(*(nn.Conv2d(64, 64, 3, padding=1, bias=False) for _ in range(3)))
    found = summary(three, (64, 32, 32))
    x = torch.randn(5, requires_grad=True)
    branch = 0 * x
    [gradient] = torch.autograd.grad((x + branch).sum(), x)
    return {
        "sees": found.layers[-1].field.size[0],
        "weights": found.parameters,
        # Matrices multiply to one matrix.
        "without ReLU": 1,
        "training error": "higher" if degraded("training_error") else "lower",
        # An overfitted network has a low training error.
        "reason": "hard to train" if degraded("training_error") else "overfitting",
        "could copy": "yes",
        "shortcut": sum(one.numel() for one in nn.Identity().parameters()),
        "sleeping branch": "all" if bool((gradient == 1).all()) else "none",
    }[question]


def degraded(figure: str) -> bool:
    """Whether the deeper plain network is worse in the experiment."""
    from cnncourse.experiments.run import results_of

    plain = results_of("degradation")["kinds"]["plain"]
    shallow, deep = (median(run[figure] for run in plain[depth]) for depth in ("20", "56"))
    return deep > shallow


believes = partial(belief, predict_depth)
PREDICT_DEPTH = Exercise(
    reference=predict_depth,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=measured,
    predicts=True,
    cases=(
        asked("sees", "it is asked how far three layers see"),
        asked("weights", "the weights of three layers are asked for"),
        asked("without ReLU", "there is no ReLU between the layers"),
        asked("training error", "a plain network gets much deeper"),
        asked("reason", "the reason for that is asked for"),
        asked("could copy", "it is asked what the deeper network could do"),
        asked("shortcut", "the parameters of a shortcut are asked for"),
        asked("sleeping branch", "the branch beside the shortcut gives zeros"),
    ),
    misconceptions=(
        believes(
            "adds_whole_kernels",
            "sees",
            9,
            "You add up three kernels. The middle of each one lies on a value that the layer "
            "before has already widened: each layer adds kernel minus one.",
        ),
        believes(
            "sees_as_far_as_one_layer",
            "sees",
            3,
            "You let three layers see as far as one. The second looks at values that each see 3 "
            "pixels already.",
        ),
        believes(
            "multiplies_kernels",
            "sees",
            27,
            "You multiply the kernels. Only strides multiply, and there are none here.",
        ),
        believes(
            "counts_the_single_large_kernel",
            "weights",
            49 * 64 * 64,
            "You count one layer of 7 × 7. It sees as far; what do three layers of 3 × 3 need?",
        ),
        believes(
            "forgets_the_channels",
            "weights",
            3 * 9,
            "You count three kernels. Each layer has one for every pair of an input channel and an "
            "output channel.",
        ),
        believes(
            "counts_channels_once",
            "weights",
            3 * 9 * 64,
            "You count 64 kernels a layer. Each of the 64 filters reaches through 64 channels.",
        ),
        believes(
            "adds_biases",
            "weights",
            3 * (9 * 64 + 1) * 64,
            "You count the biases, too. The question asks for weights alone.",
        ),
        believes(
            "counts_layers_without_relu",
            "without ReLU",
            3,
            "You let three layers be more than one without anything between them. What is a matrix "
            "times a matrix?",
        ),
        believes(
            "thinks_deeper_is_better",
            "training error",
            "lower",
            "You let more layers always fit better. They could. The plain network of 56 layers did "
            "not get there.",
        ),
        believes(
            "thinks_depth_does_not_matter",
            "training error",
            "the same",
            "You let depth make no difference. Compare 20 and 56 plain layers in the table of the "
            "chapter.",
        ),
        believes(
            "calls_it_overfitting",
            "reason",
            "overfitting",
            "You call it overfitting. Then the error would be low on the examples that it has "
            "seen, and high on others. Look at the *training* error.",
        ),
        believes(
            "blames_the_size",
            "reason",
            "too few parameters",
            "You blame the number of parameters. The deeper network has more of them, not fewer.",
        ),
        believes(
            "thinks_it_could_not",
            "could copy",
            "no",
            "You think that 56 layers cannot do what 20 do. Let 36 of them pass on what they get.",
        ),
        believes(
            "gives_a_shortcut_weights",
            "shortcut",
            64 * 64,
            "You give the shortcut weights. Where the shape stays, it adds its input as it is.",
        ),
        believes(
            "gives_a_shortcut_one_weight",
            "shortcut",
            1,
            "You give the shortcut a weight. An input that is added as it is needs none.",
        ),
        believes(
            "lets_the_gradient_stop",
            "sleeping branch",
            "none",
            "You let the gradient stop where the branch sleeps. The output is x plus zero: what "
            "does it do when x grows by 1?",
        ),
        believes(
            "halves_the_gradient",
            "sleeping branch",
            "half",
            "You share the gradient between the two ways. A sum passes it whole to each of its "
            "parts.",
        ),
    ),
    hints=(
        "The counts follow from lesson 05. For the rest, keep two questions apart: what a deep "
        "network *could* do, and what training finds.",
        "Each 3 × 3 layer adds 2 pixels to what is seen, and has 9 weights for each pair of "
        "channels. Without a ReLU, two linear steps are one.",
        "Error that is high on the training examples is no overfitting. With a shortcut the output "
        "is x + f(x), and its slope is 1 + f'(x).",
    ),
)

EXERCISES = (PREDICT_DEPTH,)
