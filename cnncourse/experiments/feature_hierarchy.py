"""What the stages of a small network respond to, measured: before training and after it.

The same network before training is what every number has to be compared with: random filters of
this shape see edges, too. The parts are in `feature_network` (network, pictures), `feature_stages`
(numbers by stage) and `unit_pictures` (what excites single units).
"""

from __future__ import annotations

from statistics import mean
from typing import Any

import torch

from cnncourse.experiments.feature_network import CLASSES, STAGES, picture_split, trained_network
from cnncourse.experiments.feature_stages import stage_measures
from cnncourse.experiments.linear_probe import probe_accuracy
from cnncourse.experiments.unit_pictures import unit_pictures
from cnncourse.training import accuracy

SEEDS = (0, 1, 2)
EXAMPLES, QUICK_EXAMPLES = 4000, 800
EPOCHS, QUICK_EPOCHS = 8, 4
HELD_OUT, QUICK_HELD_OUT = 600, 300
BEFORE, AFTER = "before training", "after training"


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Numbers by stage for each seed; pictures of units from the first network only."""
    networks: dict[str, list[dict[str, Any]]] = {BEFORE: [], AFTER: []}
    reached, pixels, pictures = [], [], {}
    for seed in SEEDS[:1] if quick else SEEDS:
        split = picture_split(
            seed, *((QUICK_EXAMPLES, QUICK_HELD_OUT) if quick else (EXAMPLES, HELD_OUT))
        )
        before, after = trained_network(split, seed, QUICK_EPOCHS if quick else EPOCHS, device)
        reached.append(round(accuracy(after, split.held_out, split.held_out_targets), 4))
        seen, tested = split.inputs.flatten(1), split.held_out.flatten(1)
        score = probe_accuracy(seen, split.targets, tested, split.held_out_targets)
        pixels.append(round(score, 4))
        networks[BEFORE].append(stage_measures(before, split))
        networks[AFTER].append(stage_measures(after, split))
        pictures = pictures or unit_pictures(after, split.held_out, quick, seed)
    return {
        "classes": list(CLASSES),
        "accuracy": reached,
        "probe_on_pixels": pixels,
        "networks": networks,
        "units": pictures,
    }


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    networks = results["networks"]
    last = STAGES - 1

    def average(when: str, what: str, stage: int) -> float:
        return mean(one[what][stage] for one in networks[when])

    def changed(when: str, what: str, stage: int) -> float:
        return mean(one[what]["1"][stage] for one in networks[when])

    gabors = {when: mean(one["gabor_share"] for one in networks[when]) for when in networks}
    trained_steps = [
        average(AFTER, "probe", stage) - average(BEFORE, "probe", stage) for stage in range(STAGES)
    ]
    return {
        "After training, a linear probe reads the class better from the last stage than from the"
        " first.": average(AFTER, "probe", last) > average(AFTER, "probe", 0) + 0.02,
        "Before training it reads no more from the last stage than from the first.": (
            average(BEFORE, "probe", last) <= average(BEFORE, "probe", 0) + 0.02
        ),
        "What training adds to the probe is more at the last stage than at the first.": (
            trained_steps[last] > trained_steps[0] + 0.05
        ),
        "A Gabor patch explains more of the first filters after training than before, by 5 points"
        " or more.": gabors[AFTER] > gabors[BEFORE] + 0.05,
        "Units of the last stage prefer one direction of stripes more after training.": (
            average(AFTER, "orientation", last) > average(BEFORE, "orientation", last) + 0.05
        ),
        "After a shift by one pixel, the last map of the trained network changes less than half as"
        " much as the first.": (
            changed(AFTER, "change_map", last) < changed(AFTER, "change_map", 0) / 2
        ),
        "Without training, it changes more than half as much.": (
            changed(BEFORE, "change_map", last) > changed(BEFORE, "change_map", 0) / 2
        ),
        "The means of the last stage change less by it after training than before.": (
            changed(AFTER, "change_mean", last) < changed(BEFORE, "change_mean", last)
        ),
    } | unit_claims(results["units"])


def unit_claims(units: dict[str, Any]) -> dict[str, bool]:
    """What the book says of single units."""
    first, *_, last = units["stages"]
    single = [one for stage in units["stages"] for one in stage]
    everything = [*single, *units["classes"].values()]
    return {
        "The best picture for a linear unit is its kernel: from every start, the cosine between"
        " them is above 0.999.": min(units["linear_unit"]["cosines"]) > 0.999,
        "Two starts lead to the same picture in the first stage.": all(
            one["same_from_another_start"] > 0.99 for one in first
        ),
        "They lead to different pictures in the last stage.": all(
            one["same_from_another_start"] < 0.9 for one in last
        ),
        "Every unit responds more to the climbed picture than to the real ones that excite it most,"
        " at the same norm.": all(
            one["plain"]["response"] > max(one["real"]["same_norm"]) for one in single
        ),
        "The wish for smoothness makes every climbed picture smoother.": all(
            one["smooth"]["roughness"] < one["plain"]["roughness"] for one in everything
        ),
    }


def table(results: dict[str, Any]) -> str:
    """Means over the seeds by stage, before and after training; then the responses of units."""
    heads = " | ".join(f"stage {stage + 1}" for stage in range(STAGES))
    lines = [f"| | | {heads} |", "|---|---|" + "---:|" * STAGES]
    rows = {
        "linear probe, % right": ("probe", None, 100, 1),
        "preference for a direction": ("orientation", None, 1, 2),
        "change of the map, 1 px": ("change_map", "1", 1, 2),
        "change of the means, 1 px": ("change_mean", "1", 1, 2),
    }
    for name, (what, shift, unit, digits) in rows.items():
        for when, runs in results["networks"].items():
            values = [one[what][shift] if shift else one[what] for one in runs]
            cells = " | ".join(
                f"{unit * mean(column):.{digits}f}" for column in zip(*values, strict=True)
            )
            lines.append(f"| {name} | {when} | {cells} |")
    shares = " and ".join(
        f"{100 * mean(one['gabor_share'] for one in runs):.0f} % {when}"
        for when, runs in results["networks"].items()
    )
    text = (
        f"The network gets {100 * mean(results['accuracy']):.1f} % right; a linear probe on pixels,"
        f" {100 * mean(results['probe_on_pixels']):.1f} %. A Gabor patch explains {shares} of the"
        " energy of the first filters."
    )
    return "\n".join(lines) + f"\n\n{text}\n\n" + unit_table(results["units"])


def unit_table(units: dict[str, Any]) -> str:
    """How far each unit was excited, by what."""
    lines = [
        "| response of | real patch | climbed | climbed, smooth | cosine of two starts |",
        "|---|---:|---:|---:|---:|",
    ]
    named = {
        f"stage {stage + 1}, unit {one['unit']}": one
        for stage, several in enumerate(units["stages"])
        for one in several
    }
    named |= {f"class {name}": one for name, one in units["classes"].items()}
    for name, one in named.items():
        real = f"{max(one['real']['same_norm']):.1f}" if "real" in one else ""
        climbed = " | ".join(f"{one[kind]['response']:.1f}" for kind in ("plain", "smooth"))
        lines.append(f"| {name} | {real} | {climbed} | {one['same_from_another_start']:.2f} |")
    return "\n".join(lines)
