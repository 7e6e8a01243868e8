"""How long the course's readable code takes, as a multiple of PyTorch's own, side by side.

Run it with `python benchmarks/reference.py`. Each round times both, one after the other; the
table has the median ratio and its range. On a GPU if there is one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncourse.reference.convolution import conv2d, conv2d_backward

ROUNDS = 15
# name: (x, weight, padding)
LAYERS = {
    "3 -> 16, 64 x 64": ((8, 3, 64, 64), (16, 3, 3, 3), 1),
    "64 -> 64, 32 x 32": ((8, 64, 32, 32), (64, 64, 3, 3), 1),
}


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def ratios(ours: Callable[[], object], theirs: Callable[[], object]) -> list[float]:
    """Ours over theirs, round by round, after one round that warms both up."""
    ours(), theirs()
    return [seconds(ours) / seconds(theirs) for _ in range(ROUNDS)]


def pairs(
    x: Tensor, weight: Tensor, upstream: Tensor, padding: int
) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """What is timed: the course's code and PyTorch's for the same layer."""
    inputs = x.clone().requires_grad_(), weight.clone().requires_grad_()
    out = F.conv2d(*inputs, padding=padding)
    return {
        "forward": (
            lambda: conv2d(x, weight, padding=padding),
            lambda: F.conv2d(x, weight, padding=padding),
        ),
        "backward": (
            lambda: conv2d_backward(upstream, x, weight, padding=padding),
            lambda: torch.autograd.grad(out, inputs, upstream, retain_graph=True),
        ),
    }


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"{'layer':<22}{'':10}{'times PyTorch':>14}{'range':>16}")
    for layer, (x_shape, weight_shape, padding) in LAYERS.items():
        generator = torch.Generator().manual_seed(0)
        # Kernels of 3 with padding 1 keep the size.
        out_shape = (x_shape[0], weight_shape[0], *x_shape[2:])
        x, weight, upstream = (
            torch.randn(shape, generator=generator).to(device)
            for shape in (x_shape, weight_shape, out_shape)
        )
        for what, pair in pairs(x, weight, upstream, padding).items():
            found = ratios(*pair)
            span = f"{min(found):.1f}-{max(found):.1f}"
            print(f"{layer:<22}{what:<10}{statistics.median(found):>14.1f}{span:>16}")


if __name__ == "__main__":
    main()
