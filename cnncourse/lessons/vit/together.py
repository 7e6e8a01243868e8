"""unpatchify: put the patches of images together again."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.inputs import normal
from cnncourse.reference.vit import unpatchify


def patches(
    n: int, channels: int, height: int, width: int, patch: int, dtype: torch.dtype = torch.float64
) -> Make:
    def make(generator: Generator) -> Arguments:
        length = (height // patch) * (width // patch)
        grad = dtype == torch.float64
        tokens = normal(generator, n, length, channels * patch**2, dtype=dtype, grad=grad)
        return {"tokens": tokens, "patch": patch, "height": height, "width": width}

    return make


def one_patch_too_few(generator: Generator) -> Arguments:
    arguments = patches(2, 3, 4, 6, 2)(generator)
    return {**arguments, "tokens": arguments["tokens"].detach()[:, 1:].clone()}


def by_fold(tokens: Tensor, patch: int, height: int, width: int) -> Tensor:
    """The oracle: PyTorch's own way to put windows together."""
    if height % patch or width % patch or tokens.shape[1] * patch**2 != height * width:
        raise ValueError("does not fill the image")
    return F.fold(tokens.transpose(1, 2), (height, width), patch, stride=patch)


def split(tokens: Tensor, patch: int, height: int, width: int) -> Tensor:
    """(N, rows, columns, C, P, P)"""
    unpatchify(tokens, patch, height, width)
    n = len(tokens)
    return tokens.reshape(n, height // patch, width // patch, -1, patch, patch)


def reshapes_and_no_more(tokens, patch, height, width):
    unpatchify(tokens, patch, height, width)
    return tokens.reshape(len(tokens), -1, height, width)


def moves_the_channels_and_no_more(tokens, patch, height, width):
    parts = split(tokens, patch, height, width).permute(0, 3, 1, 2, 4, 5)
    return parts.reshape(len(tokens), -1, height, width)


def goes_down_the_columns(tokens, patch, height, width):
    unpatchify(tokens, patch, height, width)
    rows, columns = height // patch, width // patch
    parts = tokens.reshape(len(tokens), columns, rows, -1, patch, patch)
    return parts.permute(0, 3, 2, 4, 1, 5).reshape(len(tokens), -1, height, width)


def reads_the_channels_last(tokens, patch, height, width):
    unpatchify(tokens, patch, height, width)
    rows, columns = height // patch, width // patch
    parts = tokens.reshape(len(tokens), rows, columns, patch, patch, -1)
    return parts.permute(0, 5, 1, 3, 2, 4).reshape(len(tokens), -1, height, width)


def turns_each_patch(tokens, patch, height, width):
    parts = split(tokens, patch, height, width).permute(0, 3, 1, 5, 2, 4)
    return parts.reshape(len(tokens), -1, height, width)


def spreads_each_patch(tokens, patch, height, width):
    parts = split(tokens, patch, height, width).permute(0, 3, 4, 1, 5, 2)
    return parts.reshape(len(tokens), -1, height, width)


def swaps_height_and_width(tokens, patch, height, width):
    return unpatchify(tokens, patch, width, height)


def lays_the_image_on_its_side(tokens, patch, height, width):
    return unpatchify(tokens, patch, height, width).transpose(2, 3)


def returns_channels_last(tokens, patch, height, width):
    return unpatchify(tokens, patch, height, width).permute(0, 2, 3, 1)


def takes_three_channels_for_granted(tokens, patch, height, width):
    unpatchify(tokens, patch, height, width)
    parts = tokens.reshape(len(tokens), height // patch, width // patch, 3, patch, patch)
    return parts.permute(0, 3, 1, 4, 2, 5).reshape(len(tokens), 3, height, width)


def takes_the_image_for_a_square(tokens, patch, height, width):
    side = int(tokens.shape[1] ** 0.5)
    parts = tokens.reshape(len(tokens), side, side, -1, patch, patch)
    return parts.permute(0, 3, 1, 4, 2, 5).reshape(len(tokens), -1, side * patch, side * patch)


def forgets_the_batch(tokens, patch, height, width):
    unpatchify(tokens, patch, height, width)
    parts = tokens.reshape(height // patch, width // patch, -1, patch, patch)
    return parts.permute(2, 0, 3, 1, 4).reshape(1, -1, height, width)


def puts_images_into_channels(tokens, patch, height, width):
    return unpatchify(tokens, patch, height, width).flatten(0, 1)[None]


def starts_at_the_bottom(tokens, patch, height, width):
    return (
        split(tokens, patch, height, width)
        .flip(1)
        .permute(0, 3, 1, 4, 2, 5)
        .flatten(2, 3)
        .flatten(3)
    )


def detaches(tokens, patch, height, width):
    return unpatchify(tokens.detach(), patch, height, width)


UNPATCHIFY = Exercise(
    reference=unpatchify,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=by_fold,
    cases=(
        Case(
            "there is one image with one channel",
            patches(1, 1, 4, 6, 2),
            keeps="the case to draw on paper",
        ),
        Case("images are in colour and wider than tall", patches(2, 3, 6, 10, 2)),
        Case(
            "images are taller than wide, with another number of channels",
            patches(3, 2, 12, 6, 3),
            keeps="a grid that is taller than wide",
        ),
        Case("a patch is one pixel", patches(2, 4, 3, 5, 1), keeps="only the channels move"),
        Case(
            "the numbers are single precision",
            patches(2, 5, 9, 6, 3, torch.float32),
            keeps="float32, which every network uses: results must keep it",
        ),
    ),
    asides=(Case("a patch is missing", one_patch_too_few),),
    misconceptions=(
        Misconception(
            reshapes_and_no_more,
            "You only reshape. The shape is right, but the pixels of one patch then lie along a "
            "line of the image. They have to come together in a square.",
        ),
        Misconception(
            moves_the_channels_and_no_more,
            "You bring the channels to the front, but rows of patches and lines inside a patch "
            "are not beside each other yet when you reshape.",
        ),
        Misconception(
            goes_down_the_columns,
            "You fill the image column by column. The patches come row by row, as one reads.",
        ),
        Misconception(
            reads_the_channels_last,
            "You read a patch as (patch, patch, C). Its numbers stand channel first.",
        ),
        Misconception(
            turns_each_patch, "You turn each patch: its lines become columns. Keep them lines."
        ),
        Misconception(
            spreads_each_patch,
            "You put the axis of the patches behind that of the pixels, so that each patch is "
            "spread over the whole image. Neighbours belong side by side.",
        ),
        Misconception(
            swaps_height_and_width,
            "You take the height for the width. The height comes first, and it counts the rows.",
        ),
        Misconception(
            lays_the_image_on_its_side,
            "Your image lies on its side. The result is (N, C, height, width).",
        ),
        Misconception(
            returns_channels_last,
            "You return (N, height, width, C), as one does to show a picture. PyTorch has the "
            "channels in front.",
        ),
        Misconception(
            takes_three_channels_for_granted,
            "You count on three channels. How many there are follows from the length of a token.",
        ),
        Misconception(
            takes_the_image_for_a_square,
            "You take the square root of the number of patches for a side. Images need not be "
            "square: use height and width.",
        ),
        Misconception(
            forgets_the_batch,
            "You mix the images of a batch. The first axis stays what it is.",
        ),
        Misconception(
            puts_images_into_channels,
            "You pile the images of the batch up as channels. The first axis stays what it is.",
        ),
        Misconception(
            starts_at_the_bottom,
            "You put the first row of patches at the bottom. It belongs to the top.",
        ),
        Misconception(
            detaches,
            "The values are right, but you cut them off from the tokens (`.detach()` or NumPy): "
            "no gradient flows back.",
        ),
    ),
    hints=(
        "Go the way of `patchify` backward, step by step: the last one first.",
        "Reshape to (N, rows, columns, C, patch, patch). In which order do these six axes stand "
        "in an image?",
        "An image is (N, C, rows, patch, columns, patch) before the last reshape.",
    ),
)

EXERCISES = (UNPATCHIFY,)
