"""global_avg_pool: one number a channel."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.inputs import normal
from cnncourse.reference.pooling import global_avg_pool


def maps(dtype: torch.dtype = torch.float64, grad: bool = False) -> Make:
    def make(generator: Generator) -> Arguments:
        return {"x": normal(generator, 2, 3, 5, 7, dtype=dtype, grad=grad)}

    return make


def one_of_each(generator: Generator) -> Arguments:
    return {"x": normal(generator, 1, 1, 5, 4)}


def one_row(generator: Generator) -> Arguments:
    return {"x": normal(generator, 3, 4, 1, 6)}


def adds_up_only(x):
    return x.sum((2, 3))


def takes_the_maximum(x):
    return x.amax((2, 3))


def takes_the_middle_of_the_range(x):
    return (x.amax((2, 3)) + x.amin((2, 3))) / 2


def takes_the_median(x):
    return x.flatten(2).quantile(0.5, 2)


def keeps_axes_of_size_one(x):
    return x.mean((2, 3), keepdim=True)


def averages_the_channels(x):
    return x.mean(1)


def averages_the_batch(x):
    return x.mean(0)


def averages_batch_and_places(x):
    return x.mean((0, 2, 3))


def averages_everything_of_an_image(x):
    return x.mean((1, 2, 3))


def averages_the_height_only(x):
    return x.mean(2)


def averages_the_width_only(x):
    return x.mean(3)


def squares_the_height(x):
    return x.sum((2, 3)) / x.shape[2] ** 2


def flattens_without_averaging(x):
    return x.flatten(1)


def swaps_images_and_channels(x):
    return x.mean((2, 3)).T


def averages_magnitudes(x):
    return x.abs().mean((2, 3))


def drops_axes_of_size_one(x):
    return x.mean((2, 3)).squeeze()


def cuts_off_the_gradient(x):
    return x.detach().mean((2, 3))


def computes_in_single_precision(x):
    return x.float().mean((2, 3))


GLOBAL_AVG_POOL = Exercise(
    reference=global_avg_pool,
    points=1,
    minutes=5,
    difficulty="warm-up",
    oracle=lambda x: torch.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3]),
    explain_shape=lambda x: (
        f"One number for each of {x.shape[1]} channels, for each of {x.shape[0]} images: "
        f"{tuple(x.shape[:2])}."
    ),
    cases=(
        Case(
            "there are images and channels, and gradients flow back",
            maps(grad=True),
            keeps="the case easiest to read",
        ),
        Case("there is one image with one channel", one_of_each),
        Case("the maps are one row high", one_row, keeps="maps as a signal has them"),
        Case(
            "the numbers are single precision",
            maps(torch.float32, grad=True),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    misconceptions=(
        Misconception(
            adds_up_only,
            "You add each channel up. A mean divides by the number of pixels, so that large images "
            "do not give larger numbers.",
        ),
        Misconception(
            takes_the_maximum, "You take the maximum of each channel. The mean is asked for."
        ),
        Misconception(
            takes_the_middle_of_the_range,
            "You take the middle between the smallest and the largest pixel. A mean weighs them "
            "all.",
        ),
        Misconception(
            takes_the_median, "You take the median of each channel. The mean is asked for."
        ),
        Misconception(
            keeps_axes_of_size_one,
            "Your result still has a height and a width, both 1. A linear layer wants (N, C).",
        ),
        Misconception(
            averages_the_channels,
            "You average over the channels, and the places are left. It is the other way round: "
            "forget the place, keep the channel.",
        ),
        Misconception(
            averages_the_batch,
            "You average over the images. They have nothing to do with each other.",
        ),
        Misconception(
            averages_batch_and_places,
            "You average over the images too, as batch normalisation does. Each image keeps its "
            "own numbers.",
        ),
        Misconception(
            averages_everything_of_an_image,
            "One number is left of each image. Each channel keeps its own: leave axis 1 alone.",
        ),
        Misconception(
            averages_the_height_only,
            "You average over the height alone. The width is still there.",
        ),
        Misconception(
            averages_the_width_only, "You average over the width alone. The height is still there."
        ),
        Misconception(
            squares_the_height,
            "You divide by the square of the height. The maps need not be square.",
        ),
        Misconception(
            flattens_without_averaging,
            "You flatten the maps and keep every pixel. Here each channel becomes one number.",
        ),
        Misconception(
            swaps_images_and_channels,
            "Your rows are channels and your columns are images. It is (N, C): a row an image.",
        ),
        Misconception(
            averages_magnitudes,
            "You average absolute values. A mean lets positive and negative numbers cancel.",
        ),
        Misconception(
            drops_axes_of_size_one,
            "You drop axes of size 1 (`squeeze`). One image with one channel has the shape (1, 1).",
        ),
        Misconception(
            cuts_off_the_gradient,
            "No gradient flows back to x: `.detach()`, `.item()`, `.data`, NumPy and "
            "`torch.no_grad()` all cut it off.",
        ),
        Misconception(
            computes_in_single_precision,
            "Your result is always float32. It keeps the dtype of x.",
        ),
    ),
    hints=(
        "Which axes of (N, C, H, W) say where something is?",
        "`x.mean` takes several axes at once, and without `keepdim` they are gone afterwards.",
    ),
)

EXERCISES = (GLOBAL_AVG_POOL,)
