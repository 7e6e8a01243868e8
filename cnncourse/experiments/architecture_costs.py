"""What a network costs: numbers that are counted, and times that are measured.

Products (MACs) are the same everywhere, times are not: they also depend on how many values are
moved through memory, how many small steps there are, and what the machine is good at. Activations
are counted as in Radosavovic et al. 2020, "Designing network design spaces", section 4: the
values that come out of layers with products.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse import models
from cnncourse.experiments.records import FOLDER, read_record
from cnncourse.experiments.seeded import seeded
from cnncourse.experiments.turns import in_turns, spread
from cnncourse.inspection.summary import summary
from cnncourse.models.efficientnet import RESOLUTIONS

SEEDS = (0,)
NAMES = (
    "alexnet",
    "vgg16",
    "vgg19",
    "resnet18",
    "resnet50",
    "resnet152",
    *(f"efficientnet_b{index}" for index in range(len(RESOLUTIONS))),
    "vit_b_16",
    "vit_b_32",
    "vit_l_16",
)
# A ratio compares two times of the same round, and says more than the times do.
YARDSTICK = "resnet50"
QUICK_NAMES, QUICK_PIXELS = ("resnet18", "resnet50", "efficientnet_b0"), 64
# Images at a time, and rounds, for one image and for many. A processor is full with a few.
BATCH = {"cuda": 64, "mps": 16, "cpu": 4}
ROUNDS, QUICK_ROUNDS, ROUNDS_OF_MANY = 5, 3, 2
MEGABYTE = 1e6


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Count and time every network, all of them in memory at once: 4.5 GB of weights."""
    names = QUICK_NAMES if quick else NAMES
    accuracy = published_accuracy()
    costs, networks = {}, {}
    for name in names:
        pixels = QUICK_PIXELS if quick else accuracy[name]["pixels"]
        model = seeded(getattr(models, name), SEEDS[0]).eval()
        networks[name] = model.to(device), pixels
        published = {key: accuracy[name][key] for key in ("top1", "top5")}
        costs[name] = counted(model, pixels) | published
    batch, rounds = BATCH[device.type], QUICK_ROUNDS if quick else ROUNDS
    with torch.inference_mode():
        for name, (model, pixels) in networks.items():
            costs[name]["peak_megabytes"] = peak_memory(model, images(1, pixels, device))
        latency = in_turns(passes(networks, 1, device), rounds, device)
        times = in_turns(passes(networks, batch, device), ROUNDS_OF_MANY, device)
    for name in names:
        ratios = [own / other for own, other in zip(latency[name], latency[YARDSTICK], strict=True)]
        costs[name]["latency"] = spread(latency[name])
        costs[name]["ratio"] = spread(ratios)
        costs[name]["images_per_second"] = spread([batch / time for time in times[name]])["median"]
    return {"batch": batch, "rounds": rounds, "device": device.type, "networks": costs}


def published_accuracy() -> dict[str, dict[str, float]]:
    """Percent right on ImageNet with torchvision's first weights, and at how many pixels."""
    return read_record("imagenet_accuracy", FOLDER)["models"]


def counted(model: nn.Module, pixels: int) -> dict[str, Any]:
    """What can be known without running it, for one image of so many pixels across."""
    found = summary(model, (3, pixels, pixels))
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    return {
        "pixels": pixels,
        "parameters": found.parameters,
        "macs": found.macs,
        "activations": sum(math.prod(layer.shape) for layer in found.layers if layer.macs),
        "weight_megabytes": round(weights / MEGABYTE, 1),
    }


def images(count: int, pixels: int, device: torch.device) -> Tensor:
    """Noise, -> (count, 3, pixels, pixels): what is in an image makes no difference here."""
    generator = torch.Generator().manual_seed(SEEDS[0])
    return torch.randn(count, 3, pixels, pixels, generator=generator).to(device)


def passes(
    networks: dict[str, tuple[nn.Module, int]], batch: int, device: torch.device
) -> dict[str, Callable[[], object]]:
    """For each network, one pass with a batch of its own size."""
    inputs = {pixels: images(batch, pixels, device) for _, pixels in networks.values()}
    return {name: partial(model, inputs[pixels]) for name, (model, pixels) in networks.items()}


def peak_memory(model: nn.Module, x: Tensor) -> float | None:
    """Megabytes that a pass needs at once besides the weights; None where nobody counts them."""
    if x.device.type != "cuda":
        return None
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    model(x)
    return round((torch.cuda.max_memory_allocated() - before) / MEGABYTE, 1)


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it; times only where they are far apart."""
    networks = results["networks"]

    def ratio(what: str, one: str, other: str) -> float:
        return networks[one][what] / networks[other][what]

    b0_r50 = ("efficientnet_b0", "resnet50")
    said = {
        "EfficientNet-B0 needs less than a tenth of ResNet-50's products.": (
            ratio("macs", *b0_r50) < 0.1
        ),
        "A product takes 1.5 times as long in EfficientNet-B0 as in ResNet-50, or longer.": (
            networks["efficientnet_b0"]["ratio"]["median"] >= 1.5 * ratio("macs", *b0_r50)
        ),
        "EfficientNet-B0 puts out more than half as many values as ResNet-50.": (
            ratio("activations", *b0_r50) > 0.5
        ),
        "EfficientNet-B0 is more often right on ImageNet than ResNet-50.": ratio("top1", *b0_r50)
        > 1,
    }
    if len(networks) == len(NAMES):
        said |= {
            "AlexNet has five times the parameters of ResNet-18, and fewer products.": (
                ratio("parameters", "alexnet", "resnet18") > 5
                and ratio("macs", "alexnet", "resnet18") < 1
            ),
            "ResNet-152 needs fewer products than VGG-16, and less than half the weights.": (
                ratio("macs", "resnet152", "vgg16") < 1
                and ratio("parameters", "resnet152", "vgg16") < 0.5
            ),
            "ViT-B/16 and ViT-B/32 have as many parameters, but B/32 does twice as many images.": (
                0.95 < ratio("parameters", "vit_b_16", "vit_b_32") < 1.05
                and ratio("images_per_second", "vit_b_32", "vit_b_16") > 2
            ),
            "ViT-L/16, trained on ImageNet alone, is no better than ViT-B/16.": (
                ratio("top1", "vit_l_16", "vit_b_16") <= 1
            ),
        }
    return said


def table(results: dict[str, Any]) -> str:
    """One row for each network."""
    rows = [cells(name, cost) for name, cost in results["networks"].items()]
    rate = f"images a second, {results['batch']} at a time"
    heads = [rate if head == RATE else head for head in rows[0]]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += [f"| {' | '.join(row.values())} |" for row in rows]
    lines.append(
        f"\nTimes for one image are medians of {results['rounds']} rounds, in which all took turns,"
        " ratios those of two times of the same round, with the lowest and the highest. A processor"
        " works with one thread. Top-1 is what torchvision's documentation says of its first"
        " weights."
    )
    if results["device"] != "cuda":
        lines.append("How much memory a pass needs besides the weights is measured on CUDA only.")
    return "\n".join(lines)


RATE = "images a second"


def cells(name: str, cost: dict[str, Any]) -> dict[str, str]:
    """What the table says of one network, by the head of the column."""
    ratio = {key: f"{value:.2f}" for key, value in cost["ratio"].items()}
    row = {
        "network": name,
        "pixels": str(cost["pixels"]),
        "parameters": f"{cost['parameters'] / 1e6:.1f} M",
        "MACs": f"{cost['macs'] / 1e9:.2f} G",
        "values put out": f"{cost['activations'] / 1e6:.1f} M",
        "weights": f"{cost['weight_megabytes']:.0f} MB",
        "one image": f"{milliseconds(cost['latency']['median'])} ms",
        "of ResNet-50's time": f"{ratio['median']} ({ratio['lowest']} to {ratio['highest']})",
        RATE: f"{cost['images_per_second']:.3g}",
        "top-1, published": f"{cost['top1']:.1f} %",
    }
    if cost["peak_megabytes"] is not None:
        row["memory for one image"] = f"{cost['peak_megabytes']:.0f} MB"
    return row


def milliseconds(seconds: float) -> str:
    """Three digits of it.

    >>> milliseconds(1.57), milliseconds(0.0193)
    ('1570', '19.3')
    """
    value = 1000 * seconds
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
