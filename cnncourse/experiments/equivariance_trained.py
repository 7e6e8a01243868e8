"""How often a trained network keeps its answer when the picture moves step by step.

What the networks learn from is half of the matter: shapes in the middle only, or anywhere. How
they end is the other half: with all values of the last map, or with the average of each channel.
"""

from __future__ import annotations

from statistics import mean, median
from typing import Any

import torch
from torch import nn

from cnncourse.data.shapes import SHAPES, shapes
from cnncourse.experiments.seeded import seeded
from cnncourse.training import predict, train

SIDE, RADIUS = 32, (4, 8)
STEPS = tuple(range(9))  # a shape in the middle never leaves the picture
EXAMPLES, QUICK_EXAMPLES = 2000, 600
EPOCHS, QUICK_EPOCHS = 15, 6
HELD_OUT = 500
NOISE, QUICK_NOISE = 0.3, 0.2  # enough that no network is always right
FLAT, POOLED = "flattened", "pooled globally"
MIDDLE, ANYWHERE = "in the middle", "anywhere"
PLACES = {MIDDLE: "centre", ANYWHERE: "anywhere"}
NETWORKS = tuple((head, place) for head in (FLAT, POOLED) for place in PLACES)
JUMP = 4  # input pixels from one value of the last map to the next


def network(head: str) -> nn.Sequential:
    """Three convolutions, two of them pooled, and a head. x (N, 1, 32, 32) -> (N, 4)"""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 8), (8, 16)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()]
    if head == POOLED:
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, len(SHAPES))]
    else:
        layers += [nn.Flatten(), nn.Linear(32 * (SIDE // 4) ** 2, len(SHAPES))]
    return nn.Sequential(*layers)


def shifted_networks(
    device: torch.device, quick: bool, seeds: tuple[int, ...]
) -> dict[str, dict[str, list[list[float]]]]:
    """For each network and seed: accuracy, and share of answers that stay, by steps to the right.

    All are tested on the same shapes, which start in the middle.
    """
    found = {}
    for head, place in NETWORKS:
        scores: dict[str, list[list[float]]] = {"accuracy": [], "stays": []}
        for seed in seeds[:1] if quick else seeds:
            right, stays = shifted(head, PLACES[place], seed, quick, device)
            scores["accuracy"].append(right)
            scores["stays"].append(stays)
        found[f"{head}, {place}"] = scores
    return found


def shifted(
    head: str, place: str, seed: int, quick: bool, device: torch.device
) -> tuple[list[float], list[float]]:
    """Train one network; its accuracy and the share of answers that stay, for all STEPS."""
    chance = torch.Generator().manual_seed(seed)
    count, noise = (QUICK_EXAMPLES, QUICK_NOISE) if quick else (EXAMPLES, NOISE)
    images, targets, _ = shapes(count, chance, size=SIDE, radius=RADIUS, place=place, noise=noise)
    model = seeded(lambda: network(head), seed)
    train(
        model,
        images,
        targets,
        epochs=QUICK_EPOCHS if quick else EPOCHS,
        generator=chance,
        lr=1e-2,
        device=device,
        progress=False,
    )
    images, targets, _ = shapes(
        HELD_OUT, chance, size=SIDE, radius=RADIUS, place="centre", noise=noise
    )
    answers = [predict(model, images.roll(step, 3)).argmax(1) for step in STEPS]
    right = [(answer == targets).double().mean().item() for answer in answers]
    stays = [(answer == answers[0]).double().mean().item() for answer in answers]
    return [round(value, 4) for value in right], [round(value, 4) for value in stays]


def network_claims(networks: dict[str, Any]) -> dict[str, bool]:
    """What the book says of networks that were trained."""

    def reached(head: str, place: str, kind: str, steps: tuple[int, ...]) -> float:
        runs = networks[f"{head}, {place}"][kind]
        return mean(median(run[step] for run in runs) for step in steps)

    far = STEPS[5:]
    whole = tuple(step for step in STEPS[1:] if step % JUMP == 0)
    between = tuple(step for step in STEPS if step % JUMP)
    flat = reached(FLAT, MIDDLE, "accuracy", far)
    return {
        "Trained on shapes in the middle, the network with a flattened head gets less than half of"
        " the shapes right that are 5 to 8 pixels away.": flat < 0.5,
        "Trained on the same, the network with global pooling gets three quarters or more right.": (
            reached(POOLED, MIDDLE, "accuracy", far) >= 0.75
        ),
        "Examples from anywhere make the network with a flattened head better on these by 15"
        " points or more.": reached(FLAT, ANYWHERE, "accuracy", far) > flat + 0.15,
        "With global pooling, more answers stay after 4 or 8 pixels, which is a whole step of the"
        " last map, than between.": all(
            reached(POOLED, place, "stays", whole) > reached(POOLED, place, "stays", between)
            for place in PLACES
        ),
    }


def network_table(networks: dict[str, Any]) -> str:
    """The share of answers that stay, and in brackets of right answers, by steps to the right."""
    lines = [
        "| head, trained on shapes | " + " | ".join(f"{step} px" for step in STEPS) + " |",
        "|---|" + "---:|" * len(STEPS),
    ]
    for name, scores in networks.items():
        cells = " | ".join(
            "{:.0f} ({:.0f})".format(
                *(100 * median(run[step] for run in scores[kind]) for kind in ("stays", "accuracy"))
            )
            for step in STEPS
        )
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n\nPercent of answers that stay, in brackets of right answers."
