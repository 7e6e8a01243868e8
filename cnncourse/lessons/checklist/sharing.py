"""Question 2: what local receptive fields and shared weights save."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from cnncourse.grading.contract import Exercise
from cnncourse.inspection.summary import summary
from cnncourse.lessons.checklist.prediction import asked, belief
from cnncourse.reference.checklist import predict_sharing

PLACES, WEIGHTS = 55 * 55, 3 * 11 * 11


def counted(question: str) -> int | str:
    """The oracle: counts AlexNet's first layer as PyTorch builds it."""
    with torch.device("meta"):
        layer = nn.Conv2d(3, 96, 11, stride=4)
    small, large = (summary(layer, (3, side, side)).layers[0] for side in (227, 2 * 227))
    places, more = (one.shape[1] * one.shape[2] for one in (small, large))
    return {
        "local": small.parameters * places,
        "shared": small.parameters,
        "factor": places,
        # A product for each weight and place, whoever else uses the weight.
        "products": "the same" if small.macs == 96 * WEIGHTS * places else "fewer",
        "larger picture, local": {2: "twice", 4: "four times"}[round(more / places)],
        "larger picture, shared": "the same" if large.parameters == small.parameters else "twice",
        # The matrix of lesson 03 is one such dense layer.
        "dense": "always",
    }[question]


believes = partial(belief, predict_sharing)
PREDICT_SHARING = Exercise(
    reference=predict_sharing,
    points=2,
    minutes=10,
    difficulty="warm-up",
    oracle=counted,
    predicts=True,
    cases=(
        asked("local", "every place has filters of its own"),
        asked("shared", "all places share their filters"),
        asked("factor", "it is asked how many times fewer parameters there are"),
        asked("products", "the multiplications are asked for"),
        asked("larger picture, local", "the picture grows and the filters are not shared"),
        asked("larger picture, shared", "the picture grows and the filters are shared"),
        asked("dense", "it is asked what a dense layer can do"),
    ),
    misconceptions=(
        believes(
            "forgets_the_biases_of_the_places",
            "local",
            PLACES * 96 * WEIGHTS,
            "You count the weights at every place. Each of these units has a bias, too.",
        ),
        believes(
            "shares_the_biases",
            "local",
            PLACES * 96 * WEIGHTS + 96,
            "You give each filter one bias for all places. Nothing is shared in this layer, not "
            "even the biases.",
        ),
        believes(
            "leaves_out_the_depth",
            "local",
            PLACES * 96 * (11 * 11 + 1),
            "You let a filter look at one channel. It reaches through all three.",
        ),
        believes(
            "connects_everything",
            "local",
            PLACES * 96 * (3 * 227 * 227 + 1),
            "You connect each unit to the whole picture. A local one sees 11 × 11 pixels of it.",
        ),
        believes(
            "forgets_the_biases_of_the_filters",
            "shared",
            96 * WEIGHTS,
            "You count the weights of the filters. Each filter has one bias, too.",
        ),
        believes(
            "shares_the_weights_alone",
            "shared",
            96 * WEIGHTS + 96 * PLACES,
            "You keep a bias for each place. A filter that is shared takes its bias along.",
        ),
        believes(
            "shares_across_channels",
            "shared",
            96 * (11 * 11 + 1),
            "You use the same 11 × 11 weights for red, green and blue. A filter has weights of its "
            "own for each channel.",
        ),
        believes(
            "counts_one_filter",
            "shared",
            WEIGHTS + 1,
            "You count one filter. There are 96 of them, and they do not share with each other.",
        ),
        believes(
            "divides_by_one_side",
            "factor",
            55,
            "You divide by the places in one row. The map has rows and columns.",
        ),
        believes(
            "divides_by_the_filters",
            "factor",
            96,
            "You divide by the number of filters. All 96 are there with and without sharing: what "
            "is it that they are shared by?",
        ),
        believes(
            "thinks_sharing_saves_work",
            "products",
            "fewer",
            "You expect sharing to save multiplications. A filter is still applied at every place: "
            "what it saves is parameters.",
        ),
        believes(
            "thinks_sharing_costs_work",
            "products",
            "more",
            "You expect sharing to cost multiplications. How many does one output need, with a "
            "filter of its own and with a borrowed one?",
        ),
        believes(
            "thinks_places_do_not_cost",
            "larger picture, local",
            "the same",
            "You let the local layer stay as it is. A larger picture has more places, and here "
            "each of them learns for itself.",
        ),
        believes(
            "lets_places_grow_with_the_side",
            "larger picture, local",
            "twice",
            "You count the places along one side. Both sides double.",
        ),
        believes(
            "lets_filters_grow_with_the_picture",
            "larger picture, shared",
            "four times",
            "You let shared filters grow with the picture. What in their shape, (F, C, kh, kw), "
            "knows how large it is?",
        ),
        believes(
            "lets_filters_grow_with_the_side",
            "larger picture, shared",
            "twice",
            "You let shared filters grow with the side of the picture. The same kernel just slides "
            "further.",
        ),
        believes(
            "thinks_convolution_can_do_more",
            "dense",
            "never",
            "You let a convolution do what no dense layer can. It is a matrix: `conv_matrix` has "
            "built it. Who may have any matrix?",
        ),
        believes(
            "thinks_it_depends_on_the_kernel",
            "dense",
            "sometimes",
            "You let it depend on the kernel. For every kernel, there is a matrix that does the "
            "same, and a dense layer may have it.",
        ),
    ),
    hints=(
        "Count one filter first: how many weights does it have, and how many biases? Then ask at "
        "how many places it is new.",
        "Without sharing, each of the 55 · 55 places has its own 96 filters, biases and all. With "
        "sharing, there are 96 filters for all of them.",
        "A convolution is a dense layer in which most weights are zero, and the rest are equal in "
        "groups. The number of products follows from the places, not from who owns the weights.",
    ),
)

EXERCISES = (PREDICT_SHARING,)
