"""head_params: what it costs to get from feature maps to classes."""

from __future__ import annotations

import torch
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.reference.pooling import head_params


def head(kind: str, height: int | None = None) -> Make:
    """Sizes of five ranges that do not meet, so that no two numbers can be taken for each other."""

    def make(generator: Generator) -> Arguments:
        def whole(low: int, high: int) -> int:
            return int(torch.randint(low, high + 1, (), generator=generator))

        return {
            "kind": kind,
            "channels": whole(30, 90),
            "height": height or whole(3, 6),
            "width": whole(8, 12),
            "classes": whole(100, 300),
        }

    return make


def no_classes(generator: Generator) -> Arguments:
    return {**head("gap")(generator), "classes": 0}


def built(kind, channels, height, width, classes):
    """The oracle: build the layer without its numbers, and count them."""
    pool = {"flatten": nn.Identity(), "gap": nn.AdaptiveAvgPool2d(1)}
    if kind not in pool:
        raise ValueError("no such head")
    maps = torch.zeros(1, channels, height, width, device="meta")
    inputs = pool[kind](maps).numel()
    layer = nn.Linear(inputs, classes, device="meta")
    return sum(parameter.numel() for parameter in layer.parameters())


def forgets_the_bias(kind, channels, height, width, classes):
    return head_params(kind, channels, height, width, classes) - classes


def adds_one_bias_for_all(kind, channels, height, width, classes):
    return forgets_the_bias(kind, channels, height, width, classes) + 1


def gives_each_input_a_bias(kind, channels, height, width, classes):
    weights = forgets_the_bias(kind, channels, height, width, classes)
    return weights + weights // classes


def gives_each_weight_a_bias(kind, channels, height, width, classes):
    return 2 * forgets_the_bias(kind, channels, height, width, classes)


def flattens_always(kind, channels, height, width, classes):
    head_params(kind, channels, height, width, classes)
    return head_params("flatten", channels, height, width, classes)


def pools_always(kind, channels, height, width, classes):
    head_params(kind, channels, height, width, classes)
    return head_params("gap", channels, height, width, classes)


def swaps_the_kinds(kind, channels, height, width, classes):
    other = {"flatten": "gap", "gap": "flatten"}.get(kind, kind)
    return head_params(other, channels, height, width, classes)


def forgets_the_channels(kind, channels, height, width, classes):
    return head_params(kind, 1, height, width, classes)


def keeps_the_places_and_drops_the_channels(kind, channels, height, width, classes):
    if kind == "gap":
        return head_params("flatten", 1, height, width, classes)
    return head_params(kind, channels, height, width, classes)


def pools_to_a_single_number(kind, channels, height, width, classes):
    if kind == "gap":
        return head_params("gap", 1, height, width, classes)
    return head_params(kind, channels, height, width, classes)


def squares_the_height(kind, channels, height, width, classes):
    return head_params(kind, channels, height, height, classes)


def adds_the_sizes(kind, channels, height, width, classes):
    inputs = channels + height * width if kind == "flatten" else channels
    return head_params(kind, channels, height, width, classes) and (inputs + 1) * classes


def lets_pooling_learn_weights(kind, channels, height, width, classes):
    learned = height * width if kind == "gap" else 0
    return head_params(kind, channels, height, width, classes) + learned


def pools_without_a_bias(kind, channels, height, width, classes):
    bias = classes if kind == "gap" else 0
    return head_params(kind, channels, height, width, classes) - bias


def returns_a_float(kind, channels, height, width, classes):
    return float(head_params(kind, channels, height, width, classes))


def takes_any_kind_for_flatten(kind, channels, height, width, classes):
    kind = kind if kind == "gap" else "flatten"
    return head_params(kind, channels, height, width, classes)


def takes_any_kind_for_gap(kind, channels, height, width, classes):
    kind = kind if kind == "flatten" else "gap"
    return head_params(kind, channels, height, width, classes)


def answers_none_for_an_unknown_kind(kind, channels, height, width, classes):
    if kind not in ("flatten", "gap"):
        return None
    return head_params(kind, channels, height, width, classes)


HEAD_PARAMS = Exercise(
    reference=head_params,
    points=1,
    minutes=10,
    difficulty="warm-up",
    oracle=built,
    cases=(
        Case("the maps are flattened", head("flatten"), keeps="one head by itself"),
        Case("the maps are pooled globally", head("gap"), keeps="the other head by itself"),
        Case(
            "the maps are one row high",
            head("flatten", height=1),
            keeps="maps as a signal has them",
        ),
        Case("the kind is unknown", head("attention")),
    ),
    asides=(Case("there are no classes", no_classes),),
    misconceptions=(
        Misconception(forgets_the_bias, "The biases are missing: there is one for each class."),
        Misconception(
            adds_one_bias_for_all, "You count a single bias. Each class has one of its own."
        ),
        Misconception(
            gives_each_input_a_bias,
            "You give each input a bias. A bias is added to an output: there is one a class.",
        ),
        Misconception(
            gives_each_weight_a_bias,
            "You give each weight a bias. A bias is added once to each output.",
        ),
        Misconception(
            flattens_always,
            'You count a flattened head for "gap" too. What does the linear layer see once each '
            "channel has become one number?",
        ),
        Misconception(
            pools_always,
            'You count a pooled head for "flatten" too. There, every pixel of every channel has '
            "weights of its own.",
        ),
        Misconception(
            swaps_the_kinds,
            'You have the two kinds swapped. "gap" is the small one: it sees one number a channel.',
        ),
        Misconception(
            forgets_the_channels, "You count as if there were one channel. The head sees them all."
        ),
        Misconception(
            keeps_the_places_and_drops_the_channels,
            'For "gap" you keep the places and average over the channels. It is the other way '
            "round: the channels stay.",
        ),
        Misconception(
            pools_to_a_single_number,
            'For "gap" you let one number be left of the whole image. One is left of each channel.',
        ),
        Misconception(
            squares_the_height, "You square the height. Maps need not be square: use the width too."
        ),
        Misconception(
            adds_the_sizes,
            "You add the channels to the number of pixels. Each channel has so many pixels: "
            "multiply.",
        ),
        Misconception(
            lets_pooling_learn_weights,
            "You count weights for the pooling itself. A mean has nothing to learn.",
        ),
        Misconception(
            pools_without_a_bias,
            'You leave the biases out for "gap". Behind the pooling there is the same kind of '
            "linear layer, with a bias for each class.",
        ),
        Misconception(
            returns_a_float,
            "The number is right but it is a float. A count is an integer: `/` gives floats.",
        ),
        Misconception(
            takes_any_kind_for_flatten,
            'You take every kind but "gap" for "flatten". A slip of the pen would go unseen: raise '
            "ValueError for a kind that you do not know.",
        ),
        Misconception(
            takes_any_kind_for_gap,
            'You take every kind but "flatten" for "gap". A slip of the pen would go unseen: raise '
            "ValueError for a kind that you do not know.",
        ),
        Misconception(
            answers_none_for_an_unknown_kind,
            "For an unknown kind your function ends without a result, and the mistake would "
            "surface much later. Raise ValueError there.",
        ),
    ),
    hints=(
        "How many numbers of one image does the linear layer get to see?",
        "A linear layer from D numbers to K classes has K times D weights and K biases. What is D "
        "for each kind?",
        'D is channels * height * width for "flatten" and channels for "gap".',
    ),
)

EXERCISES = (HEAD_PARAMS,)
