"""linear_probe: how much a line can read from features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.reference.representations import linear_probe


def samples(generator: Generator, count: int, width: int, classes: int = 3, **options) -> Arguments:
    """Features that are not centred, and labels that all occur, but not equally often."""
    dtype = options.pop("dtype", torch.float64)
    labels = torch.cat(
        [torch.arange(classes), torch.randint(classes - 1, (count - classes,), generator=generator)]
    )
    features = normal(generator, count, width)
    features[:, 0] += labels
    shift = 1 + torch.rand(width, generator=generator, dtype=torch.float64)
    spread = 0.5 + torch.rand(width, generator=generator, dtype=torch.float64)
    features = (features * spread + shift).to(dtype)
    return {"features": features, "labels": labels, "classes": classes, **options}


def many(generator: Generator) -> Arguments:
    return samples(generator, whole(generator, 14, 18), 4, l2=0.5)


def by_default(generator: Generator) -> Arguments:
    """In float32, as every other number that a learner writes without a dtype is."""
    return samples(generator, whole(generator, 14, 18), 4, dtype=torch.float32)


def few(generator: Generator) -> Arguments:
    return samples(generator, whole(generator, 5, 6), 9, l2=0.75)


def single(generator: Generator) -> Arguments:
    return samples(generator, whole(generator, 14, 18), 4, l2=2.0, dtype=torch.float32)


def last_class_missing(generator: Generator) -> Arguments:
    arguments = samples(generator, whole(generator, 14, 18), 4, l2=1.5)
    return {**arguments, "classes": 5}


def counts_differ(generator: Generator) -> Arguments:
    arguments = many(generator)
    return {**arguments, "labels": arguments["labels"][1:]}


def label_too_large(generator: Generator) -> Arguments:
    return {**many(generator), "classes": 2}


def with_a_column_of_ones(features, labels, classes, l2=1e-3):
    """The oracle: one least-squares problem, with a row of its own for each penalty."""
    n, d = features.shape
    rows = torch.cat([features, features.new_ones(n, 1)], dim=1)
    penalties = torch.cat([l2**0.5 * torch.eye(d).to(features), features.new_zeros(d, 1)], dim=1)
    targets = torch.cat([F.one_hot(labels, classes).to(features), features.new_zeros(d, classes)])
    found = torch.linalg.lstsq(torch.cat([rows, penalties]), targets).solution
    return found[:-1].T.contiguous(), found[-1]


def rounding(features, labels, classes, l2=1e-3):
    """How large the numbers are that a right answer may have had to subtract.

    Solving loses as many digits as the matrix is ill-conditioned, and who adds a column of ones
    instead of centring has a worse one.
    """
    n = len(features)
    rows = torch.cat([features, features.new_ones(n, 1)], dim=1)
    gram = rows.T @ rows + l2 * torch.eye(rows.shape[1]).to(rows)
    values = torch.linalg.eigvalsh(gram).abs()
    condition = min(1e4, float(values.max() / values.min().clamp(min=1e-12)))
    weight, bias = linear_probe(features, labels, classes, l2)
    return weight.abs() * condition, bias.abs() * condition


def parts_of(features, labels, classes):
    targets = F.one_hot(labels, classes).to(features)
    return features, targets, torch.eye(features.shape[1]).to(features)


def centred(features, targets):
    return features - features.mean(0), targets - targets.mean(0)


def has_no_bias(features, labels, classes, l2=1e-3):
    x, y, eye = parts_of(features, labels, classes)
    weight = torch.linalg.solve(x.T @ x + l2 * eye, x.T @ y).T
    return weight, torch.zeros(classes).to(x)


def penalises_the_bias(features, labels, classes, l2=1e-3):
    x = torch.cat([features, features.new_ones(len(features), 1)], dim=1)
    weight, _ = has_no_bias(x, labels, classes, l2)
    return weight[:, :-1], weight[:, -1]


def takes_the_mean_error(features, labels, classes, l2=1e-3):
    return linear_probe(features, labels, classes, l2 * len(features))


def forgets_the_penalty(features, labels, classes, l2=1e-3):
    x, y = centred(*parts_of(features, labels, classes)[:2])
    weight = (torch.linalg.pinv(x) @ y).T
    return weight, y.new_tensor(0) + parts_of(features, labels, classes)[1].mean(
        0
    ) - weight @ features.mean(0)


def halves_the_penalty(features, labels, classes, l2=1e-3):
    return linear_probe(features, labels, classes, l2 / 2)


def squares_the_penalty(features, labels, classes, l2=1e-3):
    return linear_probe(features, labels, classes, l2**2)


def adds_the_penalty_everywhere(features, labels, classes, l2=1e-3):
    x, y, _ = parts_of(features, labels, classes)
    centre, average = x.mean(0), y.mean(0)
    x, y = centred(x, y)
    weight = torch.linalg.lstsq(x.T @ x + l2, x.T @ y, driver="gelsd").solution.T
    return weight, average - weight @ centre


def ignores_the_features_mean(features, labels, classes, l2=1e-3):
    weight, _ = linear_probe(features, labels, classes, l2)
    return weight, F.one_hot(labels, classes).to(features).mean(0)


def turns_the_weight_round(features, labels, classes, l2=1e-3):
    weight, bias = linear_probe(features, labels, classes, l2)
    return weight.T.contiguous(), bias


def takes_minus_one_for_no(features, labels, classes, l2=1e-3):
    weight, bias = linear_probe(features, labels, classes, l2)
    return 2 * weight, 2 * bias - 1


def counts_the_classes_it_sees(features, labels, classes, l2=1e-3):
    return linear_probe(features, labels, int(labels.max()) + 1, l2)


def scales_the_features(features, labels, classes, l2=1e-3):
    return linear_probe((features - features.mean(0)) / features.std(0), labels, classes, l2)


def fits_the_labels_as_numbers(features, labels, classes, l2=1e-3):
    weight, bias = linear_probe(features, labels, classes, l2)
    numbers = torch.arange(classes).to(features)
    return (numbers @ weight)[None], (numbers @ bias)[None]


def swaps_the_two(features, labels, classes, l2=1e-3):
    weight, bias = linear_probe(features, labels, classes, l2)
    return bias, weight


LINEAR_PROBE = Exercise(
    reference=linear_probe,
    points=3,
    minutes=30,
    difficulty="challenge",
    oracle=with_a_column_of_ones,
    magnitude=rounding,
    cases=(
        Case("there are more samples than features", many, keeps="the case to think about first"),
        Case("no penalty is given", by_default, keeps="the default"),
        Case(
            "there are fewer samples than features",
            few,
            keeps="where it cannot do without a penalty",
        ),
        Case("the features are float32", single, keeps="the dtype of the result"),
        Case("no sample has the last class", last_class_missing),
    ),
    asides=(
        Case("there are fewer labels than samples", counts_differ),
        Case("a label is none of the classes", label_too_large),
    ),
    misconceptions=(
        Misconception(
            has_no_bias,
            "You fit no bias. Without it every plane has to go through the origin, and features "
            "are rarely centred there.",
        ),
        Misconception(
            penalises_the_bias,
            "You penalise the bias like a weight (a column of ones, and l2 on all of the "
            "diagonal). Where the classes lie is no fault of theirs: the bias is to cost nothing.",
        ),
        Misconception(
            takes_the_mean_error,
            "You take the *mean* squared error. The sum over samples was asked for: then l2 means "
            "the same, however many samples there are, only beside a larger sum.",
        ),
        Misconception(
            forgets_the_penalty,
            "You leave the penalty out. With fewer samples than features there are many perfect "
            "fits, and nothing to choose by.",
        ),
        Misconception(
            halves_the_penalty,
            "Your penalty is half as large. Differentiate both terms: each of them has a square, "
            "so the 2 appears in both, and cancels.",
        ),
        Misconception(
            squares_the_penalty,
            "You square l2. The weights are squared in the penalty, l2 is not.",
        ),
        Misconception(
            adds_the_penalty_everywhere,
            "You add l2 to every entry of the matrix. A number plus a matrix goes everywhere; a "
            "penalty on each weight belongs on the diagonal.",
        ),
        Misconception(
            ignores_the_features_mean,
            "Your bias is the average target. That is right for features whose mean is 0. For "
            "others, what the weight makes of the mean has to come off.",
        ),
        Misconception(
            turns_the_weight_round,
            "Your weight is (D, classes). It was asked for as in `nn.Linear`: one row for each "
            "class.",
        ),
        Misconception(
            takes_minus_one_for_no,
            "Your targets are 1 and -1. One-hot targets are 1 for the class and 0 for all others.",
        ),
        Misconception(
            counts_the_classes_it_sees,
            "You count the classes in the labels. A class that has no sample here needs a row, "
            "too: `classes` says how many.",
        ),
        Misconception(
            scales_the_features,
            "You scale the features to mean 0 and deviation 1 and fit on those. The result is "
            "then for scaled features, and the penalty is another one.",
        ),
        Misconception(
            fits_the_labels_as_numbers,
            "You fit the labels as if they were amounts. Class 2 is not twice class 1: make a "
            "column of 0 and 1 for each class.",
        ),
        Misconception(
            swaps_the_two,
            "You return the bias first. It is (weight, bias), as `nn.Linear` has them.",
        ),
    ),
    hints=(
        "If features and targets both had mean 0, there would be no bias to find. Can you arrange "
        "that?",
        "For centred x (N, D) and y (N, classes), setting the derivative to zero gives a linear "
        "system: (x'x + l2 * identity) times the unknown = x'y. `torch.linalg.solve` solves it.",
        "Undo the centring with the bias: at the mean of the features the layer should say the "
        "mean of the targets.",
    ),
)

EXERCISES = (LINEAR_PROBE,)
