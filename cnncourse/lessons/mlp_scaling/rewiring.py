"""rewire: the same network for shuffled pixels."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.inputs import normal
from cnncourse.reference.mlp_scaling import rewire


def multiply_with_a_permutation_matrix(weight, perm):
    """The oracle: the matrix that shuffles pixels, undone on the other side of the product."""
    if sorted(perm.tolist()) != list(range(weight.shape[1])):
        raise ValueError("no permutation")
    # Row j of it picks pixel perm[j]: shuffled = matrix @ pixels.
    matrix = torch.zeros(2 * (len(perm),), dtype=weight.dtype, device=weight.device)
    matrix[torch.arange(len(perm), device=perm.device), perm] = 1
    return weight @ matrix.T


def layer(hidden: int, pixels: int, dtype: torch.dtype = torch.float64, grad: bool = False) -> Make:
    def make(generator: Generator) -> Arguments:
        return {
            "weight": normal(generator, hidden, pixels, dtype=dtype, grad=grad),
            "perm": far_from_harmless(pixels, generator),
        }

    return make


def far_from_harmless(pixels: int, generator: Generator) -> torch.Tensor:
    """An order that is neither its own inverse, nor that when it is applied twice."""
    while True:
        perm = torch.randperm(pixels, generator=generator)
        twice = perm[perm]
        if min((twice != torch.arange(pixels)).sum(), (perm[twice] != twice).sum()) > 2:
            return perm


def pixel_missing(generator: Generator) -> Arguments:
    return {"weight": normal(generator, 3, 7), "perm": torch.tensor([3, 1, 4, 1, 5, 2, 6])}


def explain_weight(weight, perm):
    return f"As many units and pixels as before: {tuple(weight.shape)}."


def connects_the_other_way_round(weight, perm):
    return weight[:, perm.argsort()]


def moves_the_units(weight, perm):
    return weight[perm]


def moves_units_and_pixels(weight, perm):
    return weight[perm[perm < len(weight)]][:, perm]


def changes_nothing(weight, perm):
    return weight.clone()


def turns_the_pixels_around(weight, perm):
    return weight.flip(1)


def permutes_twice(weight, perm):
    return weight[:, perm][:, perm]


def sorts_the_weights(weight, perm):
    return weight.sort(1).values


def moves_the_flattened_weights(weight, perm):
    flat = weight.flatten().clone()
    flat[: len(perm)] = flat[perm]
    return flat.reshape(weight.shape)


def swaps_pairs_one_by_one(weight, perm):
    new = weight.clone()
    for place, source in enumerate(perm.tolist()):
        new = new.index_copy(1, torch.tensor([place]).to(perm), new[:, source : source + 1])
    return new


def returns_the_transpose(weight, perm):
    return weight[:, perm].T


def multiplies_with_the_order(weight, perm):
    return weight * perm


def drops_the_axis_of_one_unit(weight, perm):
    return weight[:, perm].squeeze()


def writes_into_the_weight(weight, perm):
    new = weight[:, perm]
    with torch.no_grad():
        weight.copy_(new)
    return new


def cuts_the_weight_off(weight, perm):
    return weight.detach()[:, perm]


def rewires_in_float32(weight, perm):
    return weight.float()[:, perm]


REWIRE = Exercise(
    reference=rewire,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=multiply_with_a_permutation_matrix,
    explain_shape=explain_weight,
    cases=(
        Case("there are more pixels than units", layer(5, 12), keeps="the usual case"),
        Case("there are more units than pixels", layer(13, 8), keeps="an order too short for rows"),
        Case(
            "there are as many units as pixels",
            layer(9, 9),
            keeps="where rows can be moved instead of columns and nobody notices",
        ),
        Case("there is one unit", layer(1, 10)),
        Case(
            "gradients flow back, in single precision",
            layer(4, 11, dtype=torch.float32, grad=True),
        ),
    ),
    asides=(Case("a pixel comes twice in perm", pixel_missing),),
    misconceptions=(
        Misconception(
            connects_the_other_way_round,
            "You connect the other way round. Place j of the shuffled image holds pixel perm[j], "
            "so the line to place j needs the weight that pixel perm[j] had.",
        ),
        Misconception(
            moves_the_units,
            "You move the rows, which are the units. The pixels changed places: they are the "
            "columns.",
        ),
        Misconception(
            moves_units_and_pixels,
            "The pixels are right, but you move the units as well. They stay where they are.",
        ),
        Misconception(
            changes_nothing,
            "You return the weight as it was. Then a weight that was made for one pixel meets "
            "another.",
        ),
        Misconception(
            turns_the_pixels_around,
            "You turn the pixels around, whatever perm says. Each weight follows its pixel.",
        ),
        Misconception(
            permutes_twice, "You apply perm twice. The pixels were moved once: so are the weights."
        ),
        Misconception(
            sorts_the_weights,
            "You sort the weights by size. Sorting perm would tell you where each pixel went.",
        ),
        Misconception(
            moves_the_flattened_weights,
            "You index the flattened weight, so only the first unit changes. perm counts pixels, "
            "and every unit has a weight for each.",
        ),
        Misconception(
            swaps_pairs_one_by_one,
            "You copy columns within one and the same tensor, and read some that are overwritten "
            "already. Read from the old weight, write into a new one.",
        ),
        Misconception(
            returns_the_transpose, "Your weight lies on its side. Units stay rows, pixels columns."
        ),
        Misconception(
            multiplies_with_the_order,
            "You multiply the weights with perm. Its numbers are places: use them as an index.",
        ),
        Misconception(
            drops_the_axis_of_one_unit,
            "You drop axes of size 1 (`squeeze`). With one unit the weight still has two axes.",
        ),
        Misconception(
            writes_into_the_weight,
            "You write into the weight. The network that it belongs to still needs it: make a new "
            "tensor.",
        ),
        Misconception(
            cuts_the_weight_off,
            "The values are right, but no gradient flows back to the weight: `.detach()`, `.data`, "
            "NumPy or `torch.tensor` cut the thread.",
        ),
        Misconception(
            rewires_in_float32, "You convert to float32. A result keeps the precision of its input."
        ),
    ),
    hints=(
        "Take one unit and three pixels, and let perm be [2, 0, 1]. Draw the lines before and "
        "after. Which weight must stand first now?",
        "Place j of the shuffled image holds pixel perm[j]. Which column of the old weight "
        "belongs to that pixel?",
        "Column j of the new weight is column perm[j] of the old one: index the second axis.",
    ),
)

EXERCISES = (REWIRE,)
