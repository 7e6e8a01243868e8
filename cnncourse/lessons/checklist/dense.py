"""Question 1: why an MLP on pixels does not scale."""

from __future__ import annotations

from functools import partial
from statistics import median

import torch
from torch import nn

from cnncourse.grading.contract import Exercise
from cnncourse.lessons.checklist.prediction import asked, belief
from cnncourse.reference.checklist import predict_dense

INPUTS = 3 * 224 * 224
# Accuracies closer than this are those of another seed.
SLACK = 0.03


def measured(question: str) -> int | str:
    """The oracle: builds the layer without its numbers, and looks at what was measured."""
    with torch.device("meta"):
        layers = [nn.Linear(3 * side**2, 1000) for side in (224, 448)]
    small, large = (layer.weight.numel() for layer in layers)
    parameters = list(layers[0].parameters())
    if question in ("shuffled MLP", "shuffled CNN"):
        return change({"shuffled MLP": "MLP", "shuffled CNN": "CNN, pooled globally"}[question])
    return {
        "parameters": sum(one.numel() for one in parameters),
        "growth": large // small,
        # The weight, its gradient and the two means, in float32.
        "bytes": 4 * sum(one.numel() * one.element_size() for one in parameters),
        # A gradient reaches a weight only through its own pixel.
        "another place": "nothing",
    }[question]


def change(network: str) -> str:
    """What a shuffle of all pixels did to the accuracy in the experiment."""
    from cnncourse.experiments.run import results_of

    found = results_of("pixel_shuffle")["networks"][network]
    plain, shuffled = median(found["plain"]), median(found["shuffled"])
    if abs(shuffled - plain) < SLACK:
        return "stays"
    return "rises" if shuffled > plain else "falls"


believes = partial(belief, predict_dense)
PREDICT_DENSE = Exercise(
    reference=predict_dense,
    points=2,
    minutes=10,
    difficulty="warm-up",
    oracle=measured,
    predicts=True,
    cases=(
        asked("parameters", "the parameters of the layer are asked for"),
        asked("growth", "the sides of the picture double"),
        asked("bytes", "the memory for training is asked for"),
        asked("shuffled MLP", "the pixels are shuffled before an MLP"),
        asked("shuffled CNN", "the pixels are shuffled before a CNN"),
        asked("another place", "the pattern turns up at another place"),
    ),
    misconceptions=(
        believes(
            "forgets_the_biases",
            "parameters",
            INPUTS * 1000,
            "You count one weight for each input and unit. Each unit has one number more.",
        ),
        believes(
            "sees_one_channel",
            "parameters",
            (224 * 224 + 1) * 1000,
            "You count the pixels. Each of them has three numbers: red, green and blue.",
        ),
        believes(
            "gives_every_input_a_bias",
            "parameters",
            INPUTS * 1001,
            "You count a bias for each input. It is the units that have one each.",
        ),
        believes(
            "adds_up_the_sides",
            "parameters",
            (224 + 224 + 3 + 1) * 1000,
            "You add height, width and channels. How many numbers are in a box of these sides?",
        ),
        believes(
            "grows_with_the_side",
            "growth",
            2,
            "You let the weights grow as the side does. A picture twice as wide is also twice as "
            "high.",
        ),
        believes(
            "doubles_the_channels_too",
            "growth",
            8,
            "You double three numbers. A larger picture has no more channels than a small one.",
        ),
        believes(
            "counts_the_weights_alone",
            "bytes",
            4 * (INPUTS + 1) * 1000,
            "You count the parameters themselves. Training keeps more numbers for each of them.",
        ),
        believes(
            "forgets_that_adam_remembers",
            "bytes",
            8 * (INPUTS + 1) * 1000,
            "You count weights and gradients. Adam also keeps running means: how many of them?",
        ),
        believes(
            "gives_adam_one_mean",
            "bytes",
            12 * (INPUTS + 1) * 1000,
            "You give Adam one running mean. It keeps one of the gradient and one of its square.",
        ),
        believes(
            "thinks_an_mlp_sees_pictures",
            "shuffled MLP",
            "falls",
            "You expect the MLP to miss the picture. Does any of its sums know which pixel is "
            "beside which? Think of what `rewire` did.",
        ),
        believes(
            "thinks_a_shuffle_helps",
            "shuffled MLP",
            "rises",
            "You expect the MLP to gain by the shuffle. It gets the same numbers in another order: "
            "what could it learn from them that it could not before?",
        ),
        believes(
            "thinks_a_cnn_does_not_care",
            "shuffled CNN",
            "stays",
            "You expect the CNN not to care. Its kernel looks at neighbours. What is left of them "
            "after a shuffle?",
        ),
        believes(
            "thinks_a_cnn_gains",
            "shuffled CNN",
            "rises",
            "You expect the CNN to gain by the shuffle. It was built for pictures in which near "
            "pixels belong together.",
        ),
        believes(
            "thinks_a_unit_knows_all_places",
            "another place",
            "everything",
            "You let a unit know its pattern everywhere. Which weights does the pattern "
            "meet at the new place, and what have they learned?",
        ),
        believes(
            "thinks_a_unit_knows_half",
            "another place",
            "half",
            "You let half of the knowledge move along. Which weight is used at both places?",
        ),
    ),
    hints=(
        "Work out the numbers on paper first. For the other three, ask which weights are used, "
        "and whether they know where their pixels lie.",
        "A unit has a weight for each number in the picture, and one bias. With Adam, "
        "there are four numbers for each parameter while it learns.",
        "Shuffle the pixels and the columns of the first weight matrix alike: nothing changes for "
        "an MLP. A kernel has no columns to shuffle.",
    ),
)

EXERCISES = (PREDICT_DENSE,)
