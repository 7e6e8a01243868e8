"""patchify: cut images into patches."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.inputs import normal
from cnncourse.reference.vit import patchify


def image(
    n: int, channels: int, height: int, width: int, patch: int, dtype: torch.dtype = torch.float64
) -> Make:
    def make(generator: Generator) -> Arguments:
        grad = dtype == torch.float64
        x = normal(generator, n, channels, height, width, dtype=dtype, grad=grad)
        return {"x": x, "patch": patch}

    return make


def by_unfold(x: Tensor, patch: int) -> Tensor:
    """The oracle: PyTorch's own cutter of windows, one image position in each column."""
    if x.shape[2] % patch or x.shape[3] % patch:
        raise ValueError("does not divide")
    return F.unfold(x, patch, stride=patch).transpose(1, 2)


def grid(x: Tensor, patch: int) -> Tensor:
    """(N, C, rows, P, columns, P); an error where the patch does not divide the image."""
    n, c, height, width = x.shape
    if height % patch or width % patch:
        raise ValueError("does not divide")
    return x.reshape(n, c, height // patch, patch, width // patch, patch)


def reshapes_and_no_more(x, patch):
    n, c = x.shape[:2]
    grid(x, patch)
    return x.reshape(n, -1, c * patch**2)


def reshapes_with_the_channels_last(x, patch):
    n, c = x.shape[:2]
    grid(x, patch)
    return x.permute(0, 2, 3, 1).reshape(n, -1, c * patch**2)


def splits_in_one_step(x, patch):
    n, c, rows, _, columns, _ = grid(x, patch).shape
    parts = x.reshape(n, c, rows, columns, patch, patch)
    return parts.permute(0, 2, 3, 1, 4, 5).reshape(n, rows * columns, -1)


def goes_down_the_columns(x, patch):
    return grid(x, patch).permute(0, 4, 2, 1, 3, 5).flatten(3).flatten(1, 2)


def puts_the_channels_last(x, patch):
    return grid(x, patch).permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


def turns_each_patch(x, patch):
    return grid(x, patch).permute(0, 2, 4, 1, 5, 3).flatten(3).flatten(1, 2)


def takes_every_nth_pixel(x, patch):
    n, c, height, width = x.shape
    grid(x, patch)
    parts = x.reshape(n, c, patch, height // patch, patch, width // patch)
    return parts.permute(0, 3, 5, 1, 2, 4).flatten(3).flatten(1, 2)


def lets_them_overlap(x, patch):
    grid(x, patch)
    return F.unfold(x, patch).transpose(1, 2)


def leaves_the_rest_away(x, patch):
    return F.unfold(x, patch, stride=patch).transpose(1, 2)


def fills_up_with_zeros(x, patch):
    x = F.pad(x, (0, -x.shape[3] % patch, 0, -x.shape[2] % patch))
    return patchify(x, patch)


def looks_at_the_height_alone(x, patch):
    if x.shape[2] % patch:
        raise ValueError("does not divide")
    return F.unfold(x, patch, stride=patch).transpose(1, 2)


def cuts_each_channel_alone(x, patch):
    return grid(x, patch).permute(0, 1, 2, 4, 3, 5).flatten(4).flatten(1, 3)


def keeps_patches_in_the_last_axis(x, patch):
    return patchify(x, patch).transpose(1, 2)


def keeps_rows_and_columns_apart(x, patch):
    return grid(x, patch).permute(0, 2, 4, 1, 3, 5).flatten(3)


def puts_all_images_in_one_list(x, patch):
    return patchify(x, patch).flatten(0, 1)


def takes_patch_for_their_number(x, patch):
    grid(x, patch)
    height, width = x.shape[2] // patch, x.shape[3] // patch
    cut = x.unfold(2, height, height).unfold(3, width, width)
    return cut.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def averages_the_channels(x, patch):
    return patchify(x.mean(1, keepdim=True), patch)


def detaches(x, patch):
    return patchify(x.detach(), patch)


PATCHIFY = Exercise(
    reference=patchify,
    points=2,
    minutes=20,
    difficulty="core",
    oracle=by_unfold,
    cases=(
        Case(
            "there is one image with one channel",
            image(1, 1, 4, 6, 2),
            keeps="the case to draw on paper",
        ),
        Case(
            "images are in colour and wider than tall",
            image(2, 3, 6, 10, 2),
            keeps="batch, channels and grid all larger than one, and all different",
        ),
        Case("a patch is as tall as the image", image(2, 3, 3, 12, 3), keeps="a single row"),
        Case(
            "a patch is one pixel",
            image(3, 2, 4, 3, 1),
            keeps="no patch at all: what is left is to put the channels last",
        ),
        Case(
            "the numbers are single precision",
            image(2, 5, 9, 6, 3, torch.float32),
            keeps="float32, which every network uses: results must keep it",
        ),
        Case("the patch does not divide the height", image(2, 3, 7, 6, 3)),
        Case("the patch does not divide the width", image(2, 3, 6, 10, 3)),
    ),
    misconceptions=(
        Misconception(
            reshapes_and_no_more,
            "You only reshape. The shape is right, but each of your rows holds numbers that lie "
            "behind one another in memory: strips of the image, not squares. A patch has to be "
            "cut out first.",
        ),
        Misconception(
            reshapes_with_the_channels_last,
            "You move the channels to the end and then reshape. A row of yours is a strip of "
            "pixels along one line of the image. A patch reaches over several lines.",
        ),
        Misconception(
            splits_in_one_step,
            "You reshape to (rows, columns, patch, patch) in one step. That cuts the list of "
            "pixels, not the image. Split the height into (rows, patch) and the width into "
            "(columns, patch), each where it stands, and then reorder the axes.",
        ),
        Misconception(
            goes_down_the_columns,
            "Your patches are right, but you go down the columns of the grid. Go along the rows, "
            "as one reads.",
        ),
        Misconception(
            puts_the_channels_last,
            "Inside your patches the channels come last. Channel first: all pixels of the first "
            "channel, then all of the second.",
        ),
        Misconception(
            turns_each_patch,
            "You read each patch column by column. Inside a patch, too, go along the rows.",
        ),
        Misconception(
            takes_every_nth_pixel,
            "You split height into (patch, rows). That collects pixels that lie far apart. Which "
            "of the two sizes comes first if neighbours are to stay together?",
        ),
        Misconception(
            lets_them_overlap,
            "Your patches overlap. A patch starts where the one before it ends: step by `patch`.",
        ),
        Misconception(
            leaves_the_rest_away,
            "You leave away what does not fill a patch. Raise ValueError there.",
        ),
        Misconception(
            fills_up_with_zeros,
            "You fill the image up with zeros. Where the patch does not divide it, raise "
            "ValueError.",
        ),
        Misconception(
            looks_at_the_height_alone,
            "You look only whether the patch divides the height. The width may not fit either.",
        ),
        Misconception(
            cuts_each_channel_alone,
            "You make a patch of each channel. One patch holds all channels of its square.",
        ),
        Misconception(
            keeps_patches_in_the_last_axis,
            "You return (N, numbers, L), with a patch in each column. A patch is a row: (N, L, "
            "numbers).",
        ),
        Misconception(
            keeps_rows_and_columns_apart,
            "You keep the grid: (N, rows, columns, numbers). Patches form one list: (N, L, "
            "numbers).",
        ),
        Misconception(
            puts_all_images_in_one_list,
            "You put the patches of all images into one list. The batch axis stays.",
        ),
        Misconception(
            takes_patch_for_their_number,
            "You cut the image into patch * patch pieces. `patch` is the size of one piece.",
        ),
        Misconception(
            averages_the_channels, "You average the channels. A patch keeps all its numbers."
        ),
        Misconception(
            detaches,
            "The values are right, but you cut them off from x (`.detach()` or NumPy): no "
            "gradient flows back.",
        ),
    ),
    hints=(
        "Draw an image of 4 by 6 pixels and number them 0 to 23. Which four numbers make the "
        "second patch of 2 by 2? Do they lie beside each other in the list 0, 1, 2, ...?",
        "Reshape to six axes: (N, C, rows, patch, columns, patch). Nothing moves in memory by "
        "that. Which axes count patches, and which lie inside a patch?",
        "Permute to (N, rows, columns, C, patch, patch), and then reshape to three axes.",
    ),
)

EXERCISES = (PATCHIFY,)
