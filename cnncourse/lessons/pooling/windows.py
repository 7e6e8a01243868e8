"""What the exercises on windows share: their inputs, their sizes, and ways to cut windows out."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator

from cnncourse.grading.contract import Arguments, Make
from cnncourse.lessons.inputs import normal
from cnncourse.reference.convolution import as_pair, output_size


def maps(dtype: torch.dtype = torch.float64, grad: bool = False, **options: object) -> Make:
    """Four axes, four sizes, and a window that is not square."""

    def make(generator: Generator) -> Arguments:
        x = normal(generator, 2, 3, 10, 13, dtype=dtype, grad=grad)
        return {"x": x, "kernel_size": (3, 2), **options}

    return make


def one_of_everything(generator: Generator) -> Arguments:
    """Every axis that can be 1 is 1; the output is one row high."""
    return {"x": normal(generator, 1, 1, 3, 7), "kernel_size": (3, 2)}


def window_too_tall(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 3, 3, 6), "kernel_size": (5, 2)}


def of_size(generator: Generator, batch: int, channels: int, height: int, width: int) -> Arguments:
    x = normal(generator, batch, channels, height, width)
    return {"x": x, "kernel_size": (2, 3), "stride": (1, 2)}


def explain_shape(x, kernel_size, stride=None, padding=0):
    """The output size worked out for both axes."""
    steps = as_pair(kernel_size if stride is None else stride)
    rows = zip(
        ("height", "width"),
        x.shape[2:],
        as_pair(kernel_size),
        steps,
        as_pair(padding),
        strict=True,
    )
    sizes = [
        f"{axis} ⌊({n} + 2·{p} − {k}) / {s}⌋ + 1 = {output_size(n, k, s, p)}"
        for axis, n, k, s, p in rows
    ]
    return f"Images {len(x)}, channels {x.shape[1]}, {', '.join(sizes)}."


def step_of(kernel_size, stride):
    return as_pair(kernel_size if stride is None else stride)


def windows_of(x, kernel_size, stride, padding, fill=-math.inf):
    """The windows by another way than the reference's: (N, C, H_out, W_out, kh, kw)."""
    (kh, kw), (sh, sw), (ph, pw) = (
        as_pair(kernel_size),
        step_of(kernel_size, stride),
        as_pair(padding),
    )
    padded = F.pad(x, (pw, pw, ph, ph), value=fill)
    return padded.unfold(2, kh, sh).unfold(3, kw, sw)


def hanging_windows(x, kernel_size, stride, padding, fill):
    """As many windows as start inside; what hangs over the edge is filled."""
    sizes = zip(
        x.shape[2:],
        as_pair(kernel_size),
        step_of(kernel_size, stride),
        as_pair(padding),
        strict=True,
    )
    below, right = (-(n + 2 * p - k) % s for n, k, s, p in sizes)
    ph, pw = as_pair(padding)
    padded = F.pad(x, (pw, pw + right, ph, ph + below), value=fill)
    return windows_of(padded, kernel_size, stride, 0)
