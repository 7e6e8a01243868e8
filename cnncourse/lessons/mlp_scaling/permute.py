"""permute_pixels: one shuffle for all images."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.run_permutation import Permutation
from cnncourse.lessons.inputs import normal
from cnncourse.reference.mlp_scaling import permute_pixels


def sorts_random_numbers(images: torch.Tensor, generator: Generator):
    """The oracle: the order that sorts random numbers, applied by `gather`."""
    flat = images.flatten(1)
    perm = torch.rand(flat.shape[1], generator=generator).argsort().to(images.device)
    return flat.gather(1, perm.expand_as(flat)).view_as(images), perm


# No image has a number twice, so that the grader can tell where each number went.
def batch(*shape: int, dtype: torch.dtype = torch.float64, grad: bool = False) -> Make:
    def make(generator: Generator) -> Arguments:
        return {
            "images": normal(generator, *shape, dtype=dtype, grad=grad),
            "seed": int(torch.randint(10**6, (), generator=generator)),
        }

    return make


def batch_of_bytes(generator: Generator) -> Arguments:
    orders = [torch.randperm(256, generator=generator)[:63].reshape(1, 7, 9) for _ in range(4)]
    return {**batch(1, 2)(generator), "images": torch.stack(orders).to(torch.uint8)}


def explain_shape(images, seed):
    places = images.shape[1:].numel()
    return (
        f"permuted is shaped as images, {tuple(images.shape)}; perm has one number for each of "
        f"the {places} places of an image."
    )


def shuffles_each_image_in_its_own_order(images, generator):
    flat = images.flatten(1)
    perms = [torch.randperm(flat.shape[1], generator=generator) for _ in flat]
    rows = [row[perm] for row, perm in zip(flat, perms, strict=True)]
    return torch.stack(rows).reshape(images.shape), perms[-1]


def returns_an_order_for_each_image(images, generator):
    flat = images.flatten(1)
    perms = torch.stack([torch.randperm(flat.shape[1], generator=generator) for _ in flat])
    return flat.gather(1, perms.to(images.device)).reshape(images.shape), perms


def returns_the_way_back(images, generator):
    permuted, perm = permute_pixels(images, generator)
    return permuted, perm.argsort()


def returns_another_order(images, generator):
    permuted, _ = permute_pixels(images, generator)
    return permuted, permute_pixels(images, generator)[1]


def forgets_the_generator(images, generator):
    flat = images.flatten(1)
    perm = torch.randperm(flat.shape[1])
    return flat[:, perm].reshape(images.shape), perm


def starts_the_generator_anew(images, generator):
    return permute_pixels(images, torch.Generator().manual_seed(0))


def leaves_everything_in_place(images, generator):
    return images.clone(), torch.arange(images[0].numel())


def shuffles_the_rows(images, generator):
    perm = torch.randperm(images.shape[-2 if images.ndim > 2 else -1], generator=generator)
    return images.index_select(-2 if images.ndim > 2 else -1, perm.to(images.device)), perm


def moves_whole_rows(images, generator):
    """Also says so in numbers of pixels."""
    places = torch.arange(images[0].numel()).reshape(-1, images.shape[-1])
    perm = places[torch.randperm(len(places), generator=generator)].flatten().to(images.device)
    return images.flatten(1)[:, perm].reshape(images.shape), perm


def moves_whole_columns(images, generator):
    places = torch.arange(images[0].numel()).reshape(-1, images.shape[-1])
    columns = torch.randperm(images.shape[-1], generator=generator)
    perm = places[:, columns].flatten().to(images.device)
    return images.flatten(1)[:, perm].reshape(images.shape), perm


def keeps_the_channels_of_a_pixel_together(images, generator):
    last = min(2, images.ndim - 1)
    flat = images.flatten(-last)
    perm = torch.randperm(flat.shape[-1], generator=generator)
    return flat[..., perm].reshape(images.shape), perm


def shuffles_the_images(images, generator):
    perm = torch.randperm(len(images), generator=generator).to(images.device)
    return images[perm], perm


def shuffles_across_images(images, generator):
    perm = torch.randperm(images.numel(), generator=generator).to(images.device)
    return images.flatten()[perm].reshape(images.shape), perm


def draws_with_replacement(images, generator):
    flat = images.flatten(1)
    perm = torch.randint(flat.shape[1], (flat.shape[1],), generator=generator).to(images.device)
    return flat[:, perm].reshape(images.shape), perm


def leaves_the_images_flat(images, generator):
    permuted, perm = permute_pixels(images, generator)
    return permuted.flatten(1), perm


def returns_the_images_only(images, generator):
    return permute_pixels(images, generator)[0]


def returns_perm_first(images, generator):
    return permute_pixels(images, generator)[::-1]


def writes_into_the_images(images, generator):
    permuted, perm = permute_pixels(images.detach().clone(), generator)
    with torch.no_grad():
        images.copy_(permuted)
    return images, perm


def cuts_off_the_gradient(images, generator):
    permuted, perm = permute_pixels(images.detach(), generator)
    return permuted, perm


def converts_to_float32(images, generator):
    permuted, perm = permute_pixels(images, generator)
    return permuted.float(), perm


PERMUTE_PIXELS = Exercise(
    reference=permute_pixels,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=sorts_random_numbers,
    run=Permutation(),
    explain_shape=explain_shape,
    cases=(
        Case("the images are grey", batch(5, 1, 6, 7), keeps="the case to think about first"),
        Case(
            "the images have three channels",
            batch(3, 3, 4, 5),
            keeps="channels, which are no places",
        ),
        Case("the images are flat already", batch(4, 30), keeps="images without rows"),
        Case("the pixels are bytes", batch_of_bytes, keeps="uint8, as photographs have it"),
        Case("there is one image", batch(1, 1, 5, 8), keeps="one order for one image"),
        Case(
            "gradients flow back, in single precision",
            batch(3, 2, 5, 4, dtype=torch.float32, grad=True),
        ),
    ),
    misconceptions=(
        Misconception(
            shuffles_each_image_in_its_own_order,
            "Each image gets an order of its own, and perm can tell only one of them. Draw the "
            "order once: a pixel must mean the same place in every image.",
        ),
        Misconception(
            returns_an_order_for_each_image,
            "You draw an order for each image. One order for all is asked for: otherwise nobody "
            "could ever learn anything from such images.",
        ),
        Misconception(
            returns_the_way_back,
            "Your perm tells where each pixel goes. It is to tell where each pixel comes from: "
            "place j of a permuted image holds what was at place perm[j].",
        ),
        Misconception(
            returns_another_order,
            "The perm that you return is not the one that you shuffled with. Draw once, keep it.",
        ),
        Misconception(
            forgets_the_generator,
            "You draw without the generator, so nobody can have the same order again: training "
            "and test images would be shuffled differently.",
        ),
        Misconception(
            starts_the_generator_anew,
            "Your order is always the same, whatever the generator is. Draw from the generator "
            "that you are given, and do not seed it.",
        ),
        Misconception(leaves_everything_in_place, "All pixels are where they were. Draw an order."),
        Misconception(
            shuffles_the_rows,
            "You shuffle whole rows. Every pixel is to move on its own: flatten each image first.",
        ),
        Misconception(
            moves_whole_rows,
            "Your pixels move, but rows stay in one piece: neighbours in a row are neighbours "
            "still.",
        ),
        Misconception(
            moves_whole_columns,
            "Your pixels move, but columns stay in one piece: what stood above is above still.",
        ),
        Misconception(
            keeps_the_channels_of_a_pixel_together,
            "You shuffle places and keep the channels of a place together. Flattened, an image "
            "of 3 channels has 3 × H × W numbers, and any of them may change places.",
        ),
        Misconception(
            shuffles_the_images,
            "You change the order of the images, and in each of them all pixels are where they "
            "were. The first axis counts images: leave it alone.",
        ),
        Misconception(
            shuffles_across_images,
            "Your pixels move from one image to another. Flatten each image, not the whole batch.",
        ),
        Misconception(
            draws_with_replacement,
            "Some pixels come twice and others not at all. A permutation has each number once.",
        ),
        Misconception(
            leaves_the_images_flat,
            "You return the images flat. Give them back the shape that they came in.",
        ),
        Misconception(
            returns_the_images_only, "You return the images alone. Return the order with them."
        ),
        Misconception(returns_perm_first, "You return perm first. The order is (permuted, perm)."),
        Misconception(
            writes_into_the_images,
            "You shuffle the images in place, so whoever called you has lost the originals. Make "
            "a new tensor.",
        ),
        Misconception(
            cuts_off_the_gradient,
            "No gradient flows back through your shuffle. Indexing would let it through; "
            "`.detach()`, NumPy and `torch.tensor` do not.",
        ),
        Misconception(
            converts_to_float32,
            "Your images come back as float32. They are to keep their dtype, bytes too.",
        ),
    ),
    hints=(
        "Lay one image out as a single row of numbers. What is an order of these numbers, and how "
        "do you put a row in that order by indexing?",
        "`torch.randperm(n, generator=generator)` draws an order. Draw once, and index the second "
        "axis of all flattened images with it.",
        "Flatten from axis 1, pick the columns in the order perm, give the result the shape of "
        "images. Return it with perm.",
    ),
)

EXERCISES = (PERMUTE_PIXELS,)
