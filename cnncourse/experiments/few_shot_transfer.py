"""What it is worth to have learned a related task, when there are only a few examples.

Two pairs of tasks (`few_shot_pairs`): digits after other digits, and outlined shapes after filled
ones. For each pair, several ways to learn the second task from the same few examples. And what
happens to a frozen network whose BatchNorm was left in training mode (`frozen_batchnorm`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from statistics import mean
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.data.split import Split
from cnncourse.experiments.few_shot_pairs import Pair, digit_pair, few_of_each, shape_pair
from cnncourse.experiments.frozen_batchnorm import drift, drift_claims, drift_table
from cnncourse.experiments.linear_probe import probe_accuracy
from cnncourse.experiments.seeded import seeded
from cnncourse.training import accuracy, predict, train

SEEDS = (0, 1, 2, 3, 4)
QUICK_SEEDS = SEEDS[:1]
SHOTS, QUICK_SHOTS = (1, 2, 5, 10, 20), (1, 20)
STEPS, QUICK_STEPS = 100, 40
EPOCHS, QUICK_EPOCHS = 10, 4
BATCH = 64
DIGITS, OUTLINES = "digits 5 to 9 after 0 to 4", "outlined shapes after filled ones"
PAIRS: dict[str, Callable[[int], Pair]] = {DIGITS: digit_pair, OUTLINES: shape_pair}
PROBE, TUNED, SCRATCH = "linear probe", "fine-tuning", "from scratch"
UNTRAINED, PIXELS = "probe, untrained features", "probe, pixels"
WAYS = (PROBE, TUNED, SCRATCH, UNTRAINED, PIXELS)


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Held-out accuracy on the second task by way and examples per class, for each seed."""
    seeds, shots = (QUICK_SEEDS, QUICK_SHOTS) if quick else (SEEDS, SHOTS)
    drifts, pairs = [], {}
    for name, make in PAIRS.items():
        found: dict[str, Any] = {way: {str(k): [] for k in shots} for way in WAYS}
        source_accuracy = []
        for seed in seeds:
            pair = make(seed)
            model = pretrained(pair, seed, quick, device)
            held_out = pair.source.held_out, pair.source.held_out_targets
            source_accuracy.append(round(accuracy(model, *held_out), 4))
            chance = torch.Generator().manual_seed(seed)
            for k in shots:
                few = few_of_each(pair.target, k, chance)
                for way, score in scores(pair, model[0], few, seed, quick, device).items():
                    found[way][str(k)].append(round(score, 4))
            if name == DIGITS:
                drifts.append(drift(model, pair.source, pair.target, chance))
        pairs[name] = {"first_task": source_accuracy, "ways": found}
    return {"shots": list(shots), "pairs": pairs, "drift": drifts}


def with_head(features: nn.Module, pair: Pair, seed: int) -> nn.Sequential:
    """A copy of the features, and a new linear layer."""
    head = seeded(lambda: nn.Linear(pair.features, pair.classes), seed)
    return nn.Sequential(copy.deepcopy(features), head)


def pretrained(pair: Pair, seed: int, quick: bool, device: torch.device) -> nn.Sequential:
    """A network that has learned the first task from all of its examples."""
    model = with_head(seeded(pair.build, seed), pair, seed)
    return learn(model, pair.source, QUICK_EPOCHS if quick else EPOCHS, 1e-2, seed, device)


def learn(
    model: nn.Sequential, split: Split, epochs: int, lr: float, seed: int, device: torch.device
) -> nn.Sequential:
    """Train a model in place; the same model."""
    train(
        model,
        split.inputs,
        split.targets,
        epochs=epochs,
        generator=torch.Generator().manual_seed(seed),
        batch_size=BATCH,
        lr=lr,
        device=device,
        progress=False,
    )
    return model


def scores(
    pair: Pair, features: nn.Module, few: Split, seed: int, quick: bool, device: torch.device
) -> dict[str, float]:
    """The held-out accuracy of each way, with the same few examples and as many steps."""
    steps_an_epoch = -(-len(few.inputs) // BATCH)
    epochs = (QUICK_STEPS if quick else STEPS) // steps_an_epoch
    untrained = seeded(pair.build, seed + 100)

    def probed(see: Callable[[Tensor], Tensor]) -> float:
        return probe_accuracy(see(few.inputs), few.targets, see(few.held_out), few.held_out_targets)

    def trained(start: nn.Module, lr: float) -> float:
        model = learn(with_head(start, pair, seed + 100), few, epochs, lr, seed, device)
        return accuracy(model, few.held_out, few.held_out_targets)

    return {
        PROBE: probed(lambda x: predict(features, x)),
        # A smaller rate than from scratch, so that what was learned is not lost at once.
        TUNED: trained(features, 3e-3),
        SCRATCH: trained(untrained, 1e-2),
        UNTRAINED: probed(lambda x: predict(untrained, x)),
        PIXELS: probed(lambda x: x.flatten(1)),
    }


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    least, most = str(results["shots"][0]), str(results["shots"][-1])

    def reached(pair: str, way: str, shots: str) -> float:
        return mean(results["pairs"][pair]["ways"][way][shots])

    def lead(pair: str, way: str, other: str, shots: str) -> float:
        return reached(pair, way, shots) - reached(pair, other, shots)

    said = {
        "One outlined shape of each kind: a linear probe on features from filled shapes beats"
        " training from scratch by 10 points or more.": (
            lead(OUTLINES, PROBE, SCRATCH, least) >= 0.1
        ),
        "So does fine-tuning the network that knows filled shapes.": (
            lead(OUTLINES, TUNED, SCRATCH, least) >= 0.1
        ),
        "On outlined shapes, trained features beat untrained ones and pixels by 15 points or more,"
        " with the fewest examples and with the most.": all(
            lead(OUTLINES, PROBE, other, shots) >= 0.15
            for other in (UNTRAINED, PIXELS)
            for shots in (least, most)
        ),
        "With the most examples, fine-tuning beats the linear probe on outlined shapes.": (
            lead(OUTLINES, TUNED, PROBE, most) > 0
        ),
        "With 5 or more of each new digit, fine-tuning and training from scratch are within 5"
        " points of each other: the old digits taught nothing that is missing.": all(
            abs(lead(DIGITS, TUNED, SCRATCH, str(k))) < 0.05 for k in results["shots"] if k >= 5
        ),
    }
    if len(results["shots"]) == len(SHOTS):
        said["With 20 outlined shapes of each kind, the lead shrinks to less than 5 points."] = (
            lead(OUTLINES, TUNED, SCRATCH, most) < 0.05
        )
    return said | drift_claims(results["drift"])


def table(results: dict[str, Any]) -> str:
    """Mean accuracy over the seeds, with the lowest and the highest; then the drift."""
    shots = [str(k) for k in results["shots"]]
    parts = []
    for pair, found in results["pairs"].items():
        heads = " | ".join(f"{k} of each" for k in shots)
        lines = [f"| {pair} | {heads} |", "|---|" + "---:|" * len(shots)]
        for way, by_shots in found["ways"].items():
            cells = " | ".join(mean_and_range(by_shots[k]) for k in shots)
            lines.append(f"| {way} | {cells} |")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, drift_table(results["drift"])])


def mean_and_range(values: list[float]) -> str:
    """Percent: the mean, with the lowest and the highest.

    >>> mean_and_range([0.5, 0.25, 1.0])
    '58 (25 to 100)'
    """
    return f"{100 * mean(values):.0f} ({100 * min(values):.0f} to {100 * max(values):.0f})"
