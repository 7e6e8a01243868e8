"""vit_params: how many numbers a Vision Transformer learns."""

from __future__ import annotations

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.models.vit import VisionTransformer
from cnncourse.reference.vit import vit_params


def built(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    """The oracle: build the network without its numbers, and count them."""
    with torch.device("meta"):
        model = VisionTransformer(image, patch, layers, 1, dim, mlp_dim, classes, channels)
    return sum(parameter.numel() for parameter in model.parameters())


def small(generator: Generator) -> Arguments:
    patch = whole(generator, 2, 5)
    return {
        "dim": whole(generator, 20, 40),
        "layers": whole(generator, 3, 5),
        "mlp_dim": whole(generator, 50, 90),
        "patch": patch,
        "image": patch * whole(generator, 6, 9),
        "channels": whole(generator, 4, 7),
        "classes": whole(generator, 100, 200),
    }


def on_imagenet(generator: Generator) -> Arguments:
    dim = 64 * whole(generator, 3, 8)
    patch = (16, 32)[whole(generator, 0, 1)]
    layers = whole(generator, 2, 5)
    return {"dim": dim, "layers": layers, "mlp_dim": 4 * dim, "patch": patch}


def does_not_divide(generator: Generator) -> Arguments:
    arguments = small(generator)
    return {**arguments, "image": arguments["image"] + 1}


def away(part):
    """Something of the parameters, from the sizes of a network."""

    def count(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
        total = vit_params(dim, layers, mlp_dim, patch, image, channels, classes)
        n = (image // patch) ** 2
        sizes = {"d": dim, "b": layers, "m": mlp_dim, "p": patch, "n": n, "c": channels}
        return total - part(**sizes, k=classes)

    return count


def is_short_by_two_vectors(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, **_: 2 * d)(dim, layers, mlp_dim, patch, image, channels, classes)


def is_short_by_one_vector(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, **_: d)(dim, layers, mlp_dim, patch, image, channels, classes)


def forgets_the_positions(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, n, **_: (n + 1) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def counts_one_side_of_the_grid(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, n, **_: (n - round(n**0.5)) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def gives_every_pixel_a_place(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, n, p, **_: (n - n * p * p) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def counts_one_side_of_a_patch(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, c, p, **_: c * (p * p - p) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def forgets_the_channels(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return vit_params(dim, layers, mlp_dim, patch, image, 1, classes)


def forgets_the_norms(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, **_: (2 * b + 1) * 2 * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def gives_norms_one_vector(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, **_: (2 * b + 1) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def gives_a_block_one_norm(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, **_: 2 * b * d)(dim, layers, mlp_dim, patch, image, channels, classes)


def gives_qkv_no_bias(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, **_: 3 * b * d)(dim, layers, mlp_dim, patch, image, channels, classes)


def forgets_the_way_out(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, **_: b * (d + 1) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def gives_q_k_and_v_one_matrix(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, **_: 2 * b * (d + 1) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def gives_the_mlp_no_bias(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, m, **_: b * (d + m))(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def counts_half_of_the_mlp(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, b, m, **_: b * (m + 1) * d)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def gives_the_head_no_bias(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda k, **_: k)(dim, layers, mlp_dim, patch, image, channels, classes)


def forgets_the_head(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, k, **_: (d + 1) * k)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def classifies_all_tokens(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return away(lambda d, n, k, **_: -n * d * k)(
        dim, layers, mlp_dim, patch, image, channels, classes
    )


def counts_one_block(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return vit_params(dim, 1, mlp_dim, patch, image, channels, classes)


def leaves_the_rest_away(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return vit_params(dim, layers, mlp_dim, patch, image // patch * patch, channels, classes)


def divides_with_a_slash(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    return vit_params(dim, layers, mlp_dim, patch, image, channels, classes) / 1


VIT_PARAMS = Exercise(
    reference=vit_params,
    points=2,
    minutes=25,
    difficulty="core",
    oracle=built,
    cases=(
        Case("all sizes are small", small, keeps="every argument other than its default"),
        Case("images are those of ImageNet", on_imagenet, keeps="the defaults"),
        Case("patches do not divide the image", does_not_divide),
    ),
    misconceptions=(
        Misconception(
            is_short_by_two_vectors,
            "You are short by 2 dim numbers. Two things are as large as that: the class token with "
            "its position, and the LayerNorm between the last block and the head.",
        ),
        Misconception(
            is_short_by_one_vector,
            "You are short by dim numbers. Three things are as large as that: the class token, its "
            "position (there is one for each patch *and* for that token), and the biases of the "
            "layer that reads patches.",
        ),
        Misconception(
            forgets_the_positions,
            "You leave out the positions: a learned vector for each token.",
        ),
        Misconception(
            counts_one_side_of_the_grid,
            "You count positions along one side. The patches form a grid.",
        ),
        Misconception(
            gives_every_pixel_a_place,
            "You learn a position for each pixel. It is one for each patch.",
        ),
        Misconception(
            counts_one_side_of_a_patch,
            "You take a patch for a line of `patch` pixels. It is a square.",
        ),
        Misconception(
            forgets_the_channels,
            "You leave out the channels. A patch holds all of them.",
        ),
        Misconception(
            forgets_the_norms,
            "You leave out the LayerNorms. There are two in each block and one at the end.",
        ),
        Misconception(
            gives_norms_one_vector,
            "You give each LayerNorm dim numbers. It learns a scale *and* a shift.",
        ),
        Misconception(
            gives_a_block_one_norm,
            "You count one LayerNorm in each block. There is one before the attention and one "
            "before the MLP.",
        ),
        Misconception(
            gives_qkv_no_bias,
            "You give q, k and v no biases. Here all three have them.",
        ),
        Misconception(
            forgets_the_way_out,
            "You leave out the last projection of the attention. There are four: q, k, v, out.",
        ),
        Misconception(
            gives_q_k_and_v_one_matrix,
            "You count one matrix for q, k and v together. Each has its own.",
        ),
        Misconception(
            gives_the_mlp_no_bias, "You leave out the biases of the MLP: mlp_dim and dim of them."
        ),
        Misconception(
            counts_half_of_the_mlp,
            "You count the first layer of the MLP. There is a second one, back to dim.",
        ),
        Misconception(gives_the_head_no_bias, "You leave out the biases of the head."),
        Misconception(
            forgets_the_head, "You leave out the head, the linear layer from dim to the classes."
        ),
        Misconception(
            classifies_all_tokens,
            "Your head reads all tokens. It reads the class token alone.",
        ),
        Misconception(counts_one_block, "You count one block. There are `layers` of them."),
        Misconception(
            leaves_the_rest_away,
            "Where patches do not divide the image, you leave the rest away. Raise ValueError.",
        ),
        Misconception(
            divides_with_a_slash,
            "The number is right but it is a float. Counts are integers: use `//`.",
        ),
    ),
    hints=(
        "Go through the network from front to back: patches, class token, positions, blocks, last "
        "norm, head.",
        "A linear layer from a to b has (a + 1) * b numbers. A LayerNorm has 2 dim. A block has "
        "two norms, four projections and an MLP of two layers.",
        "For B/16: patches 590 592, class token 768, positions 151 296, each of 12 blocks "
        "7 087 872, last norm 1 536, head 769 000. Which of them do you get?",
    ),
)

EXERCISES = (VIT_PARAMS,)
