"""EfficientNet's question on small pictures: where to put four times as many products?

Deeper, wider, with more pixels, or a little of each. All networks see the same scenes: shapes with
noise, drawn at the finest resolution and averaged down to the one that the network gets. (Tan & Le
2019, section 3, ask this of ImageNet.)
"""

from __future__ import annotations

from dataclasses import asdict
from statistics import mean
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncourse.data.shapes import shapes
from cnncourse.data.split import Split
from cnncourse.experiments.few_shot_transfer import mean_and_range
from cnncourse.experiments.scaled_network import Scale, network, pixels_of
from cnncourse.experiments.seeded import seeded
from cnncourse.inspection.summary import summary
from cnncourse.training import accuracy, train

SEEDS = (0, 1, 2)
FINEST, RADIUS, NOISE = 96, (8, 20), 1.5
EXAMPLES, QUICK_EXAMPLES = 6000, 200
HELD_OUT, QUICK_HELD_OUT = 1000, 100
CHUNK = 500
EPOCHS, QUICK_EPOCHS = 6, 1


BASE = "base"
SCALES = {
    BASE: Scale(),
    "depth": Scale(depth=4),
    "width": Scale(width=2),
    "resolution": Scale(resolution=2),
    "all three": Scale(depth=1.5, width=1.25, resolution=4 / 3),
}


def scenes(seed: int, quick: bool) -> dict[int, Split]:
    """The same shapes with noise in each resolution that a network asks for, by its pixels."""
    learned, tested = (QUICK_EXAMPLES, QUICK_HELD_OUT) if quick else (EXAMPLES, HELD_OUT)
    chance = torch.Generator().manual_seed(seed)
    sizes = sorted({pixels_of(scale) for scale in SCALES.values()})
    targets: list[Tensor] = []
    seen: dict[int, list[Tensor]] = {size: [] for size in sizes}
    # A few at a time: in the finest resolution, all of them need a lot of memory.
    for start in range(0, learned + tested, CHUNK):
        count = min(CHUNK, learned + tested - start)
        images, kinds, _ = shapes(count, chance, size=FINEST, radius=RADIUS, noise=NOISE)
        targets.append(kinds)
        for size in sizes:
            seen[size].append(at(images, size))
    y = torch.cat(targets)
    whole = {size: torch.cat(parts) for size, parts in seen.items()}
    return {
        size: Split(x[:learned], y[:learned], x[learned:], y[learned:]) for size, x in whole.items()
    }


def at(images: Tensor, pixels: int) -> Tensor:
    """Averaged down to so many pixels. (N, 1, FINEST, FINEST) -> (N, 1, pixels, pixels)

    >>> at(torch.arange(16.0).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    return F.avg_pool2d(images, images.shape[3] // pixels)


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """What each network costs, and its accuracies: held out and in training, for each seed."""
    found = {name: costs(scale) for name, scale in SCALES.items()}
    for seed in SEEDS[:1] if quick else SEEDS:
        by_pixels = scenes(seed, quick)
        for name, scale in SCALES.items():
            split = by_pixels[pixels_of(scale)]
            model = seeded(lambda scale=scale: network(scale), seed)
            train(
                model,
                split.inputs,
                split.targets,
                epochs=QUICK_EPOCHS if quick else EPOCHS,
                generator=torch.Generator().manual_seed(seed),
                lr=1e-2,
                device=device,
                progress=False,
            )
            held_out = accuracy(model, split.held_out, split.held_out_targets)
            learned = accuracy(model, split.inputs, split.targets)
            found[name]["accuracy"].append(round(held_out, 4))
            found[name]["training"].append(round(learned, 4))
    return {"quick": quick, "examples": QUICK_EXAMPLES if quick else EXAMPLES, "networks": found}


def costs(scale: Scale) -> dict[str, Any]:
    """Pixels, parameters and MACs of a network, and what the formula says of the MACs."""
    pixels = pixels_of(scale)
    counted = summary(seeded(lambda: network(scale), 0), (1, pixels, pixels))
    return {
        "scale": asdict(scale),
        "pixels": pixels,
        "parameters": counted.parameters,
        "macs": counted.macs,
        "formula": round(scale.formula, 3),
        "accuracy": [],
        "training": [],
    }


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    networks = results["networks"]
    base = networks[BASE]
    grown = [one for name, one in networks.items() if name != BASE]
    said = {
        "Depth times width squared times resolution squared predicts the MACs of every network"
        " within 15 %.": all(
            abs(one["macs"] / base["macs"] / one["formula"] - 1) < 0.15 for one in grown
        ),
        "All four ways of growing cost 3.5 to 5 times the MACs of the base.": all(
            3.5 < one["macs"] / base["macs"] < 5 for one in grown
        ),
        "More pixels cost MACs but no parameters.": (
            networks["resolution"]["parameters"] == base["parameters"]
        ),
    }
    if not results["quick"]:
        right = {name: mean(one["accuracy"]) for name, one in networks.items()}
        said |= {
            "More pixels, and all three together, are 2 points or more better than the base.": (
                min(right["resolution"], right["all three"]) > right[BASE] + 0.02
            ),
            "More pixels alone beat more depth alone, with every seed.": all(
                fine > deep
                for fine, deep in zip(
                    networks["resolution"]["accuracy"], networks["depth"]["accuracy"], strict=True
                )
            ),
            "More pixels alone and all three together are within 3 points of each other.": (
                abs(right["resolution"] - right["all three"]) < 0.03
            ),
        }
    return said


def table(results: dict[str, Any]) -> str:
    """Costs and accuracies: the mean over the seeds, with the lowest and the highest."""
    lines = [
        "| grown | pixels | parameters | MACs, millions | MACs / base | formula | held out, % |"
        " training, % |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    base = results["networks"][BASE]["macs"]
    for name, one in results["networks"].items():
        scores = " | ".join(mean_and_range(one[kind]) for kind in ("accuracy", "training"))
        lines.append(
            f"| {name} | {one['pixels']} | {one['parameters']} | {one['macs'] / 1e6:.2f} |"
            f" {one['macs'] / base:.2f} | {one['formula']:.2f} | {scores} |"
        )
    return "\n".join(lines)
