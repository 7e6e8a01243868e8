"""What the units of a trained network respond to, as small sheets of pictures for the demo."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnncourse.experiments.activation_maximisation import roughness
from cnncourse.experiments.feature_network import CLASSES, SIDE, STAGES, FeatureNetwork
from cnncourse.experiments.unit_pictures import strongest_units, window
from cnncourse.reference.representations import maximise_activation

REAL, UNITS, STEPS = 4, 10, 50
KINDS = (*("real",) * REAL, "climbed", "smooth")
LEVELS = 24  # of grey; fewer make a smaller file
Scores = Callable[[Tensor], Tensor]  # pictures (U, 1, H, W), one for each unit -> (U,)


def atlas(model: FeatureNetwork, images: Tensor) -> list[dict[str, Any]]:
    """For each stage, and for the classes: a sheet with a row for each unit.

    images (N, 1, SIDE, SIDE). A row holds the patches of four real pictures that excite the unit
    most, and two pictures that were climbed to. `responses` are to pictures of one norm.
    """
    pages = []
    for stage in range(STAGES):
        units = strongest_units(model, images, stage, UNITS)
        place = SIDE // 2 // 2**stage
        first, _ = window(stage, place)

        def scores(x: Tensor, stage: int = stage, units: list = units, at: int = place) -> Tensor:
            return model.sums(x, stage)[torch.arange(len(units)), units, at, at]

        with torch.no_grad():
            maps = model.sums(images, stage)[:, units]
        patches = torch.stack(
            [best_patches(images, maps[:, one], stage) for one in range(len(units))], dim=1
        )
        name = f"stage {stage + 1}"
        pages.append(page(name, [f"unit {one}" for one in units], scores, patches, first))
    with torch.no_grad():
        said = model(images)
    best = torch.stack([images[said[:, one].topk(REAL).indices, 0] for one in range(len(CLASSES))])
    whole = lambda x: model(x).diagonal()  # noqa: E731
    pages.append(page("classes", list(CLASSES), whole, best.transpose(0, 1), 0))
    return pages


def best_patches(images: Tensor, responses: Tensor, stage: int) -> Tensor:
    """The patches that a unit likes most, one from each picture. (N, h, w) -> (REAL, side, side)"""
    highest, where = responses.flatten(1).max(1)
    found = []
    for index in highest.topk(REAL).indices.tolist():
        row, column = divmod(int(where[index]), responses.shape[2])
        (up, down), (left, right) = window(stage, row), window(stage, column)
        padded = F.pad(images[index, 0], (SIDE,) * 4)
        found.append(padded[SIDE + up : SIDE + down, SIDE + left : SIDE + right])
    return torch.stack(found)


def page(
    name: str, units: Sequence[str], scores: Scores, patches: Tensor, first: int
) -> dict[str, Any]:
    """One page of the atlas. patches (REAL, U, side, side), at `first` in both directions."""
    side = patches.shape[-1]
    span = slice(max(first, 0), first + side)
    start = torch.zeros(len(units), 1, SIDE, SIDE)
    chance = torch.Generator().manual_seed(0)
    start[..., span, span] = torch.randn(start[..., span, span].shape, generator=chance)
    climbed, smooth = climb(scores, start, side)
    real = torch.zeros(REAL, *start.shape)
    real[:, :, 0, span, span] = patches[
        ..., side - (span.stop - span.start) :, -span.stop + span.start :
    ]
    real *= side / real.flatten(2).norm(dim=2).clamp(min=1e-6)[..., None, None, None]
    everything = torch.cat([real, climbed[None], smooth[None]])
    with torch.no_grad():
        responses = torch.stack([scores(one) for one in everything], dim=1)
    shown = everything[:, :, 0, span, span].transpose(0, 1)
    return {
        "name": name,
        "units": list(units),
        "side": span.stop - span.start,
        "responses": [[round(value, 1) for value in row] for row in responses.tolist()],
        "sheet": data_address(sheet(shown.numpy())),
    }


def climb(scores: Scores, start: Tensor, norm: float) -> tuple[Tensor, Tensor]:
    """All units at once, each from its own start (U, 1, H, W): a climbed picture and a smooth one.

    Each score is divided by how steep it is at first, so that one step length suits all. The wish
    for smoothness is worth half of the response to what was found without it.
    """
    x = start.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(scores(x).sum(), x)
    steepness = gradient.flatten(1).norm(dim=1).clamp(min=1e-6)
    step = 0.15 * norm
    plain = maximise_activation(
        lambda x: (scores(x) / steepness).sum(), start, STEPS, lr=step, radius=norm
    )
    with torch.no_grad():
        price = 0.5 * (scores(plain) / steepness).clamp(min=0) / roughness(plain)

    def total(x: Tensor) -> Tensor:
        return (scores(x) / steepness - price * roughness(x)).sum()

    return plain, maximise_activation(total, start, STEPS, lr=step, radius=norm)


def sheet(pictures: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Pictures (U, K, h, w) -> one array (U * h, K * w) of grey pixels, each at its own contrast.

    Grey is zero; the largest absolute value of a picture is black or white.
    """
    limit = np.abs(pictures).max(axis=(2, 3), keepdims=True).clip(1e-6)
    steps = np.round((pictures / limit + 1) / 2 * (LEVELS - 1)) / (LEVELS - 1)
    units, kinds, height, width = pictures.shape
    joined = steps.transpose(0, 2, 1, 3).reshape(units * height, kinds * width)
    return np.round(255 * joined).astype(np.uint8)


def data_address(pixels: NDArray[np.uint8]) -> str:
    """Grey pixels (H, W) as an address that holds them."""
    file = io.BytesIO()
    image = Image.fromarray(pixels).quantize(LEVELS)
    image.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def pixels_of(address: str) -> NDArray[np.uint8]:
    """The grey pixels that an address holds.

    >>> pixels_of(data_address(np.array([[0, 255]], dtype=np.uint8))).tolist()
    [[0, 255]]
    """
    file = io.BytesIO(base64.b64decode(address.partition(",")[2]))
    return np.asarray(Image.open(file).convert("L"))
