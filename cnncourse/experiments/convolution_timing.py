"""Four ways to compute one convolution layer, timed side by side.

Every round times all ways in turn, and a ratio compares two times of the same round: a
machine that slows down for a while slows all of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.benchmark import Timer

from cnncourse.experiments.records import processor_name

SEEDS = (0,)
ROUNDS, QUICK_ROUNDS = 15, 2


def one_product_at_a_time(x: Tensor, weight: Tensor) -> Tensor:
    """Plain Python. x (N, C, H, W), weight (F, C, kh, kw) -> (N, F, H_out, W_out)"""
    kh, kw = weight.shape[2:]
    rows, columns = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    images, filters = x.tolist(), weight.tolist()
    out = torch.zeros(len(images), len(filters), rows, columns).tolist()
    for n, image in enumerate(images):
        for f, filter_ in enumerate(filters):
            for row in range(rows):
                for column in range(columns):
                    total = 0.0
                    for c, kernel in enumerate(filter_):
                        for i in range(kh):
                            for j in range(kw):
                                total += image[c][row + i][column + j] * kernel[i][j]
                    out[n][f][row][column] = total
    return torch.tensor(out)


def one_window_at_a_time(x: Tensor, weight: Tensor) -> Tensor:
    """Python loops over places. x (N, C, H, W), weight (F, C, kh, kw) -> (N, F, H_out, W_out)"""
    kh, kw = weight.shape[2:]
    rows, columns = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    out = x.new_zeros(len(x), len(weight), rows, columns)
    for row in range(rows):
        for column in range(columns):
            windows = x[:, :, row : row + kh, column : column + kw]
            out[:, :, row, column] = windows.flatten(1) @ weight.flatten(1).T
    return out


def one_matrix_product(x: Tensor, weight: Tensor) -> Tensor:
    """im2col. x (N, C, H, W), weight (F, C, kh, kw) -> (N, F, H_out, W_out)"""
    kh, kw = weight.shape[2:]
    columns = F.unfold(x, (kh, kw))  # (N, C * kh * kw, H_out * W_out)
    out = weight.flatten(1) @ columns  # (N, F, H_out * W_out)
    return out.unflatten(2, (x.shape[2] - kh + 1, x.shape[3] - kw + 1))


WAYS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "one product at a time": one_product_at_a_time,
    "one window at a time": one_window_at_a_time,
    "one matrix product": one_matrix_product,
    "the library": F.conv2d,
}
FAST = ("one matrix product", "the library")
SMALL = {"x": (1, 8, 30, 30), "weight": (16, 8, 3, 3)}
LARGE = {"x": (8, 64, 58, 58), "weight": (64, 64, 3, 3)}


def shorten(value: float) -> float:
    """The value to three digits, which is all that a clock deserves.

    >>> shorten(2512.97)
    2510.0
    """
    return float(f"{value:.3g}")


def measure(
    sizes: dict[str, tuple[int, ...]], ways: tuple[str, ...], device: str, rounds: int
) -> dict[str, Any]:
    """Median seconds of each way; its ratio to the library as median, lowest and highest."""
    generator = torch.Generator().manual_seed(SEEDS[0])
    x, weight = (torch.randn(shape, generator=generator).to(device) for shape in sizes.values())
    times: dict[str, list[float]] = {way: [] for way in ways}
    timers = {
        # The timer runs with one thread, and waits for a GPU to finish.
        way: Timer("way(x, weight)", globals={"way": WAYS[way], "x": x, "weight": weight})
        for way in ways
    }
    # A short trial says how often to repeat a way so that the clock can see it.
    repeats = {way: max(1, int(0.02 / timers[way].timeit(1).mean)) for way in ways}
    for _ in range(rounds):
        for way in ways:
            times[way].append(timers[way].timeit(repeats[way]).mean)
    ratios = {
        way: [own / library for own, library in zip(times[way], times["the library"], strict=True)]
        for way in ways
    }
    return {
        "place": torch.cuda.get_device_name() if device == "cuda" else processor_name(),
        **sizes,
        "ways": {
            way: {
                "seconds": shorten(statistics.median(times[way])),
                "ratio": shorten(statistics.median(ratios[way])),
                "ratio_lowest": shorten(min(ratios[way])),
                "ratio_highest": shorten(max(ratios[way])),
            }
            for way in ways
        },
    }


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Measure on the processor, and on the GPU where that is the device."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    measurements = [measure(SMALL, tuple(WAYS), "cpu", rounds), measure(LARGE, FAST, "cpu", rounds)]
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        measurements.append(measure(LARGE, FAST, "cuda", rounds))
    return {"rounds": rounds, "measurements": measurements}


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    small = results["measurements"][0]["ways"]
    slow, windows, product, _ = (small[way]["seconds"] for way in WAYS)
    return {
        "A matrix product is more than ten times as fast as a loop over windows.": (
            10 * product < windows
        ),
        "A loop over windows is faster than a loop over all products.": windows < slow,
    }


def table(results: dict[str, Any]) -> str:
    """For each measurement a table, then how it was measured."""
    parts = []
    for measurement in results["measurements"]:
        sizes = " and ".join(f"{name} {tuple(measurement[name])}" for name in ("x", "weight"))
        lines = [f"**{sizes}, on {measurement['place']}**", ""]
        lines += ["| way | time | times as long as the library |", "|---|---:|---:|"]
        for way, result in measurement["ways"].items():
            ratio, low, high = (
                # Three digits, as they are stored: 2510, 282, 3.39.
                f"{result[key]:.{0 if result[key] >= 100 else 2}f}"
                for key in ("ratio", "ratio_lowest", "ratio_highest")
            )
            times = "1" if way == "the library" else f"{ratio} ({low} to {high})"
            lines.append(f"| {way} | {1000 * result['seconds']:.3g} ms | {times} |")
        parts.append("\n".join(lines))
    parts.append(
        f"Medians of {results['rounds']} rounds, in brackets the lowest and the highest. In each"
        " round all ways took turns, with 1 thread on the processor."
    )
    return "\n\n".join(parts)
