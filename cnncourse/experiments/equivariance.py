"""How exactly layers go along with a shift of their input, and how well trained networks do.

A layer f is equivariant when f(Sx) = S'f(x): the output moves as the input moves. It is invariant
when f(Sx) = f(x). Here S shifts an image to the right, and what leaves it on the right comes back
on the left (`torch.roll`). The trained networks are in `equivariance_trained`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.experiments.equivariance_trained import (
    network_claims,
    network_table,
    shifted_networks,
)
from cnncourse.experiments.seeded import seeded

SEEDS = (0, 1, 2)
SIDE, CHANNELS = 16, 3
SHIFTS = (1, 2, 3, 4)
# What is measured, and its name in the table.
KINDS = {"equivariance": "moves along", "interior": "inside", "invariance": "stays"}
EXACT = 1e-12  # what rounding may leave in float64
CIRCULAR, ZEROS, STRIDED = "convolution, circular", "convolution, zeros", "convolution, stride 2"
RELU, MAX_POOL, AVERAGE_POOL = "ReLU", "max pooling, 2 x 2", "average pooling, 2 x 2"
LINEAR = "flatten and linear"
GLOBAL, GLOBAL_ZEROS = "circular, then global average", "zeros, then global average"


class LinearMap(nn.Linear):
    """A linear layer that sees all pixels, and makes a map of them. (N, C, H, W) -> the same"""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1)).reshape(x.shape)


def convolution(padding_mode: str, stride: int = 1) -> nn.Conv2d:
    """3 x 3 weights. x (N, C, H, W) -> (N, C, H / stride, W / stride)"""
    return nn.Conv2d(CHANNELS, CHANNELS, 3, stride, padding=1, padding_mode=padding_mode)


# What each makes of an image: a map that is smaller by the stride, or one number a channel.
LAYERS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    CIRCULAR: (lambda: convolution("circular"), 1),
    ZEROS: (lambda: convolution("zeros"), 1),
    RELU: (nn.ReLU, 1),
    STRIDED: (lambda: convolution("circular", 2), 2),
    MAX_POOL: (lambda: nn.MaxPool2d(2), 2),
    AVERAGE_POOL: (lambda: nn.AvgPool2d(2), 2),
    LINEAR: (lambda: LinearMap(CHANNELS * SIDE**2, CHANNELS * SIDE**2), 1),
}
VECTORS: dict[str, Callable[[], nn.Module]] = {
    GLOBAL: lambda: nn.Sequential(convolution("circular"), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
    GLOBAL_ZEROS: lambda: nn.Sequential(convolution("zeros"), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
}


def equivariance_error(
    f: Callable[[Tensor], Tensor], x: Tensor, shift: int, stride: int = 1, margin: int = 0
) -> float:
    """max |f(Sx) - S'f(x)|, where S shifts by `shift` pixels to the right.

    x (N, C, H, W), f(x) (N, F, H / stride, W / stride). S' is the best whole shift: where the
    stride does not divide the shift, both neighbours are tried. `margin`: how many columns to
    leave out, on the left and on the right of f(x).

    >>> x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> equivariance_error(nn.AvgPool2d(2), x, shift=2, stride=2)
    0.0
    >>> equivariance_error(nn.AvgPool2d(2), x, shift=1, stride=2) > 0.5
    True
    """
    moved, still = f(x.roll(shift, 3)), f(x)
    columns = slice(margin, still.shape[3] - margin)
    best = (still.roll(step, 3) for step in {shift // stride, -(-shift // stride)})
    return min((moved - guess)[..., columns].abs().max().item() for guess in best)


def invariance_error(f: Callable[[Tensor], Tensor], x: Tensor, shift: int) -> float:
    """max |f(Sx) - f(x)|, where S shifts by `shift` pixels to the right. x (N, C, H, W)

    >>> x = torch.arange(4.0).reshape(1, 1, 1, 4)
    >>> invariance_error(torch.sum, x, shift=1), invariance_error(nn.Identity(), x, shift=1)
    (0.0, 3.0)
    """
    return (f(x.roll(shift, 3)) - f(x)).abs().max().item()


def run(device: torch.device, quick: bool) -> dict[str, Any]:
    """Errors of layers on noise, always in float64 on the processor; then trained networks."""
    seeds = SEEDS[:1] if quick else SEEDS
    with torch.no_grad():
        layers = {
            name: errors(build, name in VECTORS, stride, seeds)
            for name, (build, stride) in (LAYERS | {n: (b, 1) for n, b in VECTORS.items()}).items()
        }
    return {"layers": layers, "networks": shifted_networks(device, quick, seeds)}


def errors(
    build: Callable[[], nn.Module], vector: bool, stride: int, seeds: Sequence[int]
) -> dict[str, Any]:
    """The largest error of a layer over all seeds, by the shift in pixels."""
    found: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}

    def keep(kind: str, shift: int, error: float) -> None:
        before = found[kind].get(str(shift), 0.0)
        found[kind][str(shift)] = max(before, float(f"{error:.3g}"))

    for seed in seeds:
        layer = seeded(build, seed).double()
        chance = torch.Generator().manual_seed(seed)
        x = torch.randn(4, CHANNELS, SIDE, SIDE, dtype=torch.float64, generator=chance)
        for shift in SHIFTS:
            keep("invariance", shift, invariance_error(layer, x, shift))
            if not vector:
                keep("equivariance", shift, equivariance_error(layer, x, shift, stride))
                # A column and its neighbour, whether they were at the rim before or are now.
                inside = equivariance_error(layer, x, shift, stride, margin=shift // stride + 1)
                keep("interior", shift, inside)
    return {kind: values for kind, values in found.items() if values}


def claims(results: dict[str, Any]) -> dict[str, bool]:
    """What the book says of it."""
    layers = results["layers"]

    def exact(name: str, kind: str, shifts: tuple[int, ...] = SHIFTS) -> bool:
        return all(layers[name][kind][str(shift)] < EXACT for shift in shifts)

    def far(name: str, kind: str, shifts: tuple[int, ...] = SHIFTS) -> bool:
        return all(layers[name][kind][str(shift)] > 0.1 for shift in shifts)

    odd, even = SHIFTS[::2], SHIFTS[1::2]
    said = {
        "Convolution with circular padding is equivariant, and so is ReLU.": (
            exact(CIRCULAR, "equivariance") and exact(RELU, "equivariance")
        ),
        "Convolution with zero padding is not equivariant at the border.": (
            far(ZEROS, "equivariance")
        ),
        "Convolution with zero padding is equivariant away from the border.": (
            exact(ZEROS, "interior")
        ),
        "Stride 2, max pooling and average pooling are equivariant to even shifts.": all(
            exact(name, "equivariance", even) for name in (STRIDED, MAX_POOL, AVERAGE_POOL)
        ),
        "None of these three is equivariant to odd shifts, not even away from the border.": all(
            far(name, "interior", odd) for name in (STRIDED, MAX_POOL, AVERAGE_POOL)
        ),
        "Pooling 2 x 2 values is not invariant to a shift by one pixel.": (
            far(MAX_POOL, "invariance") and far(AVERAGE_POOL, "invariance")
        ),
        "A global average after circular convolution is invariant.": exact(GLOBAL, "invariance"),
        "After zero padding, a global average is only nearly invariant.": all(
            EXACT < layers[GLOBAL_ZEROS]["invariance"][str(shift)] < 0.1 for shift in SHIFTS
        ),
        "A linear layer on all pixels is neither equivariant nor invariant.": (
            far(LINEAR, "interior") and far(LINEAR, "invariance")
        ),
    }
    return said | network_claims(results["networks"])


def table(results: dict[str, Any]) -> str:
    """The errors of each layer; then how often the answer of a trained network stays."""
    columns = [(kind, shift) for kind in KINDS for shift in SHIFTS[:2]]
    lines = [
        "| layer | " + " | ".join(f"{KINDS[kind]}, {shift} px" for kind, shift in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for name, found in results["layers"].items():
        errors = [found.get(kind, {}).get(str(shift)) for kind, shift in columns]
        cells = ("" if e is None else "0" if e < EXACT else f"{e:.2g}" for e in errors)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n" + network_table(results["networks"])
