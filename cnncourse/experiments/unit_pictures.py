"""What single units of the network respond to: climbed pictures, and the best real ones."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncourse.experiments.activation_maximisation import Unit, cosine, maximise, roughness
from cnncourse.experiments.feature_network import CLASSES, SIDE, STAGES, FeatureNetwork

UNITS, QUICK_UNITS = 2, 1  # of each stage
BEST = 2
SHOWN_CLASSES = ("cross", "rising stripes")
CLIMB, QUICK_CLIMB, LINEAR_CLIMB = 200, 40, 120  # steps


def window(stage: int, place: int) -> tuple[int, int]:
    """The input pixels that one value of a stage sees: first, and last plus one.

    >>> [window(stage, 8 // 2**stage) for stage in range(3)]
    [(5, 12), (3, 15), (-1, 21)]
    """
    first = last = place
    for _ in range(stage):
        first, last = 2 * (first - 1), 2 * (last + 1) + 1
    return first - 3, last + 4


def numbers(picture: Tensor) -> list[list[float]]:
    """One channel as nested lists, short enough to store."""
    return [[round(value, 2) for value in row] for row in picture.tolist()]


def strongest_units(model: FeatureNetwork, images: Tensor, stage: int, count: int) -> list[int]:
    """The units whose values, after ReLU, vary most over all pictures and places."""
    with torch.no_grad():
        spread = model.maps(images)[stage].transpose(0, 1).flatten(1).std(1)
    return spread.topk(count).indices.tolist()


def in_the_middle(model: FeatureNetwork, stage: int, unit: int) -> tuple[Unit, tuple[int, int]]:
    """The sum of one unit at the middle of its map, and the input pixels that it sees."""
    place = SIDE // 2 // 2**stage
    return lambda x: model.sums(x, stage)[:, unit, place, place], window(stage, place)


def best_patches(model: FeatureNetwork, images: Tensor, stage: int, unit: int) -> dict[str, Any]:
    """Where real pictures excite a unit most, one place in each picture.

    responses: to the whole pictures. same_norm: to the patches alone, in the middle of nothing,
    and scaled to the norm that climbed pictures have; only these two compare.
    """
    respond, span = in_the_middle(model, stage, unit)
    with torch.no_grad():
        sums = model.sums(images, stage)[:, unit]
    highest, where = sums.flatten(1).max(1)
    best = highest.topk(BEST)
    patches = []
    for index in best.indices.tolist():
        row, column = divmod(int(where[index]), sums.shape[2])
        (up, down), (left, right) = window(stage, row), window(stage, column)
        padded = F.pad(images[index, 0], (SIDE,) * 4)
        patches.append(padded[SIDE + up : SIDE + down, SIDE + left : SIDE + right])
    side = span[1] - span[0]
    alone = torch.zeros(BEST, 1, SIDE, SIDE)
    for picture, patch in zip(alone, patches, strict=True):
        picture[0, slice(*span), slice(*span)] = side * patch / patch.norm()
    return {
        "responses": [round(value, 3) for value in best.values.tolist()],
        "same_norm": [round(value, 3) for value in respond(alone).tolist()],
        "pictures": [numbers(patch) for patch in patches],
    }


def climbed(unit: Unit, span: tuple[int, int], steps: int, seed: int) -> dict[str, Any]:
    """A unit's picture with and without a wish for smoothness, and how far each got.

    span: the pixels that the unit sees, in both directions. Their variance is 1, as in real
    pictures. The wish is worth half of the response at the picture that was found without it.
    """
    chance = torch.Generator().manual_seed(seed)
    seen = slice(*span)
    norm = float(span[1] - span[0])
    starts = torch.zeros(2, 1, 1, SIDE, SIDE)
    starts[..., seen, seen] = torch.randn(2, 1, 1, *[span[1] - span[0]] * 2, generator=chance)
    plain = maximise(unit, starts[0], norm=norm, steps=steps)
    again = maximise(unit, starts[1], norm=norm, steps=steps)
    smooth = 0.5 * unit(plain).item() / roughness(plain).item()
    smoothed = maximise(unit, starts[0], norm=norm, steps=steps, smooth=smooth)
    found: dict[str, Any] = {"same_from_another_start": round(cosine(plain, again), 4)}
    for name, picture in (("plain", plain), ("smooth", smoothed)):
        found[name] = {
            "response": round(unit(picture).item(), 3),
            "roughness": round(roughness(picture).item() / norm**2, 3),
            "picture": numbers(picture[0, 0, seen, seen]),
        }
    return found


def class_score(model: FeatureNetwork, name: str) -> Unit:
    """The network's output for one class, before softmax."""
    return lambda x: model(x)[:, CLASSES.index(name)]


def unit_pictures(model: FeatureNetwork, images: Tensor, quick: bool, seed: int) -> dict[str, Any]:
    """For the strongest units of each stage, and for some classes: what excites them most."""
    steps, count = (QUICK_CLIMB, QUICK_UNITS) if quick else (CLIMB, UNITS)
    stages: list[list[dict[str, Any]]] = []
    for stage in range(STAGES):
        stages.append([])
        for unit in strongest_units(model, images, stage, count):
            found = climbed(*in_the_middle(model, stage, unit), steps, seed)
            real = best_patches(model, images, stage, unit)
            stages[-1].append({"unit": unit, **found, "real": real})
    classes = {
        name: climbed(class_score(model, name), (0, SIDE), steps, seed)
        for name in SHOWN_CLASSES[:count]
    }
    kernels = model.convolutions[0].weight.detach()
    return {
        "filters": [numbers(kernel) for kernel in kernels[:, 0]],
        "linear_unit": linear_unit(model, seed),
        "stages": stages,
        "classes": classes,
    }


def linear_unit(model: FeatureNetwork, seed: int) -> dict[str, Any]:
    """A unit of the first stage: under a norm, its best picture is its kernel, scaled to it."""
    respond, span = in_the_middle(model, 0, 0)
    side = span[1] - span[0]
    kernel = model.convolutions[0].weight.detach()[0, 0]
    cosines = []
    for start in torch.randn(5, side, side, generator=torch.Generator().manual_seed(seed)):
        picture = torch.zeros(1, 1, SIDE, SIDE)
        picture[0, 0, slice(*span), slice(*span)] = start
        found = maximise(respond, picture, norm=side, steps=LINEAR_CLIMB)
        cosines.append(round(cosine(found[0, 0, slice(*span), slice(*span)], kernel), 5))
        best = respond(found).item() / (side * kernel.norm().item())
    return {"cosines": cosines, "share_of_best_response": round(best, 5)}
