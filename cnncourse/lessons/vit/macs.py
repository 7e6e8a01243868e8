"""attention_macs: what one attention layer costs."""

from __future__ import annotations

import torch
from torch import Generator
from torch.utils.flop_counter import FlopCounterMode

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.reference.vit import attention_macs


def counted_by_torch(tokens, dim):
    """The oracle: PyTorch's own count of products and sums, on tensors without numbers."""
    x, weight = torch.empty(tokens, dim, device="meta"), torch.empty(dim, dim, device="meta")
    with FlopCounterMode(display=False) as projecting:
        q, k, v = x @ weight, x @ weight, x @ weight
        (v @ weight)
    with FlopCounterMode(display=False) as mixing:
        (q @ k.T) @ v
    return projecting.get_total_flops() // 2, mixing.get_total_flops() // 2


def more_tokens(generator: Generator) -> Arguments:
    return {"tokens": whole(generator, 700, 2000), "dim": whole(generator, 20, 70)}


def wider_tokens(generator: Generator) -> Arguments:
    return {"tokens": whole(generator, 20, 70), "dim": whole(generator, 700, 2000)}


def forgets_the_projection_at_the_end(tokens, dim):
    return 3 * tokens * dim**2, 2 * tokens**2 * dim


def counts_one_projection(tokens, dim):
    return tokens * dim**2, 2 * tokens**2 * dim


def forgets_the_values(tokens, dim):
    return 4 * tokens * dim**2, tokens**2 * dim


def counts_the_scores(tokens, dim):
    return 4 * tokens * dim**2, tokens**2


def counts_the_weights(tokens, dim):
    return 4 * dim**2, 2 * tokens**2 * dim


def lets_a_token_look_once(tokens, dim):
    return 4 * tokens * dim**2, 2 * tokens * dim


def takes_the_width_squared(tokens, dim):
    return 4 * tokens * dim**2, 2 * tokens * dim**2


def squares_tokens_in_the_projections(tokens, dim):
    return 4 * tokens**2 * dim, 2 * tokens**2 * dim


def counts_sums_as_well(tokens, dim):
    return 8 * tokens * dim**2, 4 * tokens**2 * dim


def swaps_the_two(tokens, dim):
    return attention_macs(tokens, dim)[::-1]


def adds_the_mlp(tokens, dim):
    return 12 * tokens * dim**2, 2 * tokens**2 * dim


def adds_both_up(tokens, dim):
    return sum(attention_macs(tokens, dim))


def adds_biases(tokens, dim):
    return 4 * tokens * (dim + 1) * dim, 2 * tokens**2 * dim


def adds_a_class_token(tokens, dim):
    return attention_macs(tokens + 1, dim)


def counts_each_pair_once(tokens, dim):
    return 4 * tokens * dim**2, tokens * (tokens + 1) * dim


ATTENTION_MACS = Exercise(
    reference=attention_macs,
    points=1,
    minutes=15,
    difficulty="warm-up",
    oracle=counted_by_torch,
    cases=(
        Case("there are many tokens", more_tokens, keeps="mixing costs most here"),
        Case("tokens are wide", wider_tokens, keeps="projections cost most here"),
    ),
    misconceptions=(
        Misconception(
            forgets_the_projection_at_the_end,
            "You count three projections. Besides q, k and v there is the one at the end.",
        ),
        Misconception(
            counts_one_projection, "You count one projection. There are four: q, k, v and out."
        ),
        Misconception(
            forgets_the_values,
            "You count the scores. Afterwards the values are summed up, which costs as much again.",
        ),
        Misconception(
            counts_the_scores,
            "You count the scores themselves. Each of them is a sum of how many products? And "
            "afterwards the values are summed up.",
        ),
        Misconception(
            counts_the_weights,
            "You count the weights of the projections. Each is used for every token.",
        ),
        Misconception(
            lets_a_token_look_once,
            "In your mixing each token looks at one other. It looks at all of them.",
        ),
        Misconception(
            takes_the_width_squared,
            "In your mixing the width is squared. It is the number of tokens that comes in twice: "
            "all look at all.",
        ),
        Misconception(
            squares_tokens_in_the_projections,
            "In your projections the tokens are squared. Each token is projected by itself, from "
            "dim numbers to dim numbers.",
        ),
        Misconception(
            counts_sums_as_well,
            "You count products and sums. A multiply-accumulate is both at once.",
        ),
        Misconception(
            swaps_the_two, "You have the two the wrong way round: projections first, then mixing."
        ),
        Misconception(
            adds_the_mlp, "You count the MLP as well. Only the attention layer was asked for."
        ),
        Misconception(adds_both_up, "You add both up. Return a pair: (projections, mixing)."),
        Misconception(
            adds_biases, "You count biases. They are added, but multiplied with nothing."
        ),
        Misconception(
            adds_a_class_token,
            "You add a class token. `tokens` counts all that there are.",
        ),
        Misconception(
            counts_each_pair_once,
            "You count each pair of tokens once. How much A looks at B is another number than how "
            "much B looks at A.",
        ),
    ),
    hints=(
        "Multiplying (a, b) by (b, c) needs a * b * c products.",
        "Projections: (tokens, dim) by (dim, dim), four times. Mixing: q by k, and then the "
        "weights by v.",
        "The number of heads does not matter: each has dim / heads numbers, and there are heads of "
        "them.",
    ),
)

EXERCISES = (ATTENTION_MACS,)
