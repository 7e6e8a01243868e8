"""attention: every token looks at all tokens, once in each head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.forbidden import ATTENTION as LIBRARY_ATTENTION
from cnncourse.grading.question import Judged
from cnncourse.lessons.inputs import normal
from cnncourse.reference.vit import attention


def tokens(
    n: int,
    length: int,
    dim: int,
    heads: int,
    loud: float = 1.0,
    dtype: torch.dtype = torch.float64,
) -> Make:
    """loud: how large the numbers of the tokens are."""

    def make(generator: Generator) -> Arguments:
        def draw(*shape: int) -> Tensor:
            return normal(generator, *shape, dtype=dtype)

        numbers = {
            "x": loud * draw(n, length, dim),
            "w_qkv": 1.5 * draw(3 * dim, dim) / dim**0.5,
            "b_qkv": draw(3 * dim),
            "w_out": draw(dim, dim) / dim**0.5,
            "b_out": draw(dim),
        }
        if dtype == torch.float64:
            numbers = {name: one.requires_grad_() for name, one in numbers.items()}
        return {**numbers, "heads": heads}

    return make


def from_the_library(x, w_qkv, b_qkv, w_out, b_out, heads):
    """The oracle: what `nn.MultiheadAttention` calls. Tokens first, then the batch."""
    dim = x.shape[2]
    if dim % heads:
        raise ValueError("uneven heads")
    x = x.transpose(0, 1)
    out, _ = F.multi_head_attention_forward(
        *(x, x, x, dim, heads, w_qkv, b_qkv, None, None, False, 0.0, w_out, b_out)
    )
    return out.transpose(0, 1)


def magnitude(x, w_qkv, b_qkv, w_out, b_out, heads):
    """Rounding in the scores grows with them, and with it that of the weights."""
    out = attention(x, w_qkv, b_qkv, w_out, b_out, heads)
    length = (x @ w_qkv.T + b_qkv).square().amax()
    return out * (1 + length.detach())


def parts(x, w_qkv, b_qkv, heads):
    """q, k, v, each (N, heads, L, D / heads)."""
    n, length, dim = x.shape
    if dim % heads:
        raise ValueError("uneven heads")
    qkv = (x @ w_qkv.T + b_qkv).reshape(n, length, 3, heads, dim // heads)
    return qkv.permute(2, 0, 3, 1, 4)


def joined(out, w_out, b_out):
    return out.transpose(1, 2).flatten(2) @ w_out.T + b_out


def mixed(x, w_qkv, b_qkv, w_out, b_out, heads, scale=None, softmax=None):
    """Attention with another scale, or with another softmax."""
    q, k, v = parts(x, w_qkv, b_qkv, heads)
    scores = q @ k.transpose(2, 3) * (q.shape[3] ** -0.5 if scale is None else scale)
    weights = softmax(scores) if softmax else scores.softmax(3)
    return joined(weights @ v, w_out, b_out)


def scales_by_the_whole_width(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, x.shape[2] ** -0.5)


def does_not_scale(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, 1.0)


def forgets_the_root(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, heads / x.shape[2])


def multiplies_by_the_root(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, (x.shape[2] / heads) ** 0.5)


def scales_behind_the_softmax(x, w_qkv, b_qkv, w_out, b_out, heads):
    def softmax(scores):
        return scores.softmax(3) / (x.shape[2] / heads) ** 0.5

    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, 1.0, softmax)


def lets_the_queries_compete(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, softmax=lambda scores: scores.softmax(2))


def lets_the_heads_compete(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, softmax=lambda scores: scores.softmax(1))


def leaves_out_the_softmax(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, softmax=lambda scores: scores)


def exponentiates_as_it_is(x, w_qkv, b_qkv, w_out, b_out, heads):
    def softmax(scores):
        return scores.exp() / scores.exp().sum(3, keepdim=True)

    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, softmax=softmax)


def overflows(judged: Sequence[Judged]) -> bool:
    """Whether everything that is wrong holds what is no number: two of those are never equal."""
    wrong = [one.made.parts.get("result") for one in judged if not one.passed]
    return bool(wrong) and all(isinstance(one, Tensor) and bool(one.isnan().any()) for one in wrong)


def looks_back_only(x, w_qkv, b_qkv, w_out, b_out, heads):
    length = x.shape[1]
    ahead = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)

    def softmax(scores):
        return scores.masked_fill(ahead, float("-inf")).softmax(3)

    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, softmax=softmax)


def does_not_look_at_itself(x, w_qkv, b_qkv, w_out, b_out, heads):
    same = torch.eye(x.shape[1], dtype=torch.bool, device=x.device)

    def softmax(scores):
        return scores.masked_fill(same, float("-inf")).softmax(3)

    return mixed(x, w_qkv, b_qkv, w_out, b_out, heads, softmax=softmax)


def has_one_head(x, w_qkv, b_qkv, w_out, b_out, heads):
    parts(x, w_qkv, b_qkv, heads)
    return attention(x, w_qkv, b_qkv, w_out, b_out, 1)


def takes_heads_for_their_width(x, w_qkv, b_qkv, w_out, b_out, heads):
    parts(x, w_qkv, b_qkv, heads)
    return attention(x, w_qkv, b_qkv, w_out, b_out, x.shape[2] // heads)


def reshapes_into_heads(x, w_qkv, b_qkv, w_out, b_out, heads):
    n, length, dim = x.shape
    parts(x, w_qkv, b_qkv, heads)
    q, k, v = (
        one.reshape(n, heads, length, dim // heads) for one in (x @ w_qkv.T + b_qkv).chunk(3, dim=2)
    )
    scores = q @ k.transpose(2, 3) / (dim // heads) ** 0.5
    return joined(scores.softmax(3) @ v, w_out, b_out)


def reshapes_out_of_heads(x, w_qkv, b_qkv, w_out, b_out, heads):
    q, k, v = parts(x, w_qkv, b_qkv, heads)
    out = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3) @ v
    return out.reshape(x.shape) @ w_out.T + b_out


def lets_the_heads_mix(x, w_qkv, b_qkv, w_out, b_out, heads):
    """At each token, the heads look at one another: the axis of the tokens is the batch."""
    q, k, v = (one.transpose(1, 2) for one in parts(x, w_qkv, b_qkv, heads))
    out = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3) @ v
    return out.flatten(2) @ w_out.T + b_out


def reorders(x, w_qkv, b_qkv, w_out, b_out, heads, order):
    weights, biases = w_qkv.chunk(3), b_qkv.chunk(3)
    weight, bias = (torch.cat([some[i] for i in order]) for some in (weights, biases))
    return attention(x, weight, bias, w_out, b_out, heads)


def takes_k_for_q(x, w_qkv, b_qkv, w_out, b_out, heads):
    return reorders(x, w_qkv, b_qkv, w_out, b_out, heads, (1, 0, 2))


def takes_v_for_k(x, w_qkv, b_qkv, w_out, b_out, heads):
    return reorders(x, w_qkv, b_qkv, w_out, b_out, heads, (0, 2, 1))


def sums_up_the_keys(x, w_qkv, b_qkv, w_out, b_out, heads):
    return reorders(x, w_qkv, b_qkv, w_out, b_out, heads, (0, 1, 1))


def splits_each_head_in_three(x, w_qkv, b_qkv, w_out, b_out, heads):
    n, length, dim = x.shape
    parts(x, w_qkv, b_qkv, heads)
    qkv = (x @ w_qkv.T + b_qkv).reshape(n, length, heads, 3, dim // heads)
    q, k, v = qkv.permute(3, 0, 2, 1, 4)
    out = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3) @ v
    return joined(out, w_out, b_out)


def does_not_project_at_the_end(x, w_qkv, b_qkv, w_out, b_out, heads):
    q, k, v = parts(x, w_qkv, b_qkv, heads)
    return ((q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3) @ v).transpose(1, 2).flatten(2)


def turns_the_last_weight(x, w_qkv, b_qkv, w_out, b_out, heads):
    return attention(x, w_qkv, b_qkv, w_out.T, b_out, heads)


def forgets_the_first_bias(x, w_qkv, b_qkv, w_out, b_out, heads):
    return attention(x, w_qkv, torch.zeros_like(b_qkv), w_out, b_out, heads)


def forgets_the_last_bias(x, w_qkv, b_qkv, w_out, b_out, heads):
    return attention(x, w_qkv, b_qkv, w_out, torch.zeros_like(b_out), heads)


def lets_images_look_at_each_other(x, w_qkv, b_qkv, w_out, b_out, heads):
    return attention(x.transpose(0, 1), w_qkv, b_qkv, w_out, b_out, heads).transpose(0, 1)


def puts_all_tokens_in_one_row(x, w_qkv, b_qkv, w_out, b_out, heads):
    return attention(x.flatten(0, 1)[None], w_qkv, b_qkv, w_out, b_out, heads).view(x.shape)


def adds_x(x, w_qkv, b_qkv, w_out, b_out, heads):
    return x + attention(x, w_qkv, b_qkv, w_out, b_out, heads)


def drops_what_is_left_of_the_width(x, w_qkv, b_qkv, w_out, b_out, heads):
    if x.shape[2] % heads:
        return attention(x, w_qkv, b_qkv, w_out, b_out, 1)
    return attention(x, w_qkv, b_qkv, w_out, b_out, heads)


def detaches_the_weights(x, w_qkv, b_qkv, w_out, b_out, heads):
    return mixed(
        *(x, w_qkv, b_qkv, w_out, b_out, heads),
        softmax=lambda scores: scores.softmax(3).detach(),
    )


ATTENTION = Exercise(
    reference=attention,
    points=3,
    minutes=40,
    difficulty="challenge",
    oracle=from_the_library,
    forbids=(LIBRARY_ATTENTION,),
    magnitude=magnitude,
    cases=(
        Case("there is one head", tokens(2, 3, 5, 1), keeps="the case to write down first"),
        Case(
            "there are three heads",
            tokens(2, 5, 12, 3),
            keeps="several heads of more than one feature each",
        ),
        Case(
            "each head has a width of one",
            tokens(3, 4, 6, 6),
            keeps="nothing is scaled here: what is wrong here is not the scale",
        ),
        Case("the scores are large", tokens(2, 4, 6, 2, loud=40.0)),
        Case(
            "the numbers are single precision",
            tokens(2, 7, 8, 4, dtype=torch.float32),
            keeps="float32, which every network uses: results must keep it",
        ),
        Case("the heads do not divide the width", tokens(2, 3, 8, 3)),
    ),
    misconceptions=(
        Misconception(
            scales_by_the_whole_width,
            "You divide the scores by the square root of D. A score adds up the D / heads products "
            "of *one head*: how many terms is that?",
        ),
        Misconception(
            does_not_scale,
            "You do not scale the scores. A sum of many products is large, and the softmax of "
            "large numbers sees one winner alone.",
        ),
        Misconception(
            forgets_the_root,
            "You divide by D / heads. A sum of n random products grows like the "
            "*square root* of n.",
        ),
        Misconception(
            multiplies_by_the_root,
            "You multiply the scores by the root. They are too large, so divide.",
        ),
        Misconception(
            scales_behind_the_softmax,
            "You scale behind the softmax. Then the weights do not add up to 1. Scale the scores.",
        ),
        Misconception(
            lets_the_queries_compete,
            "Your softmax runs over the queries. Each token shares out *its own* attention: the "
            "weights of one query over all keys add up to 1.",
        ),
        Misconception(
            lets_the_heads_compete,
            "Your softmax runs over the heads. They do not compete: each shares out its own.",
        ),
        Misconception(
            leaves_out_the_softmax,
            "You add up the values with the raw scores. Softmax makes weights of them.",
        ),
        Misconception(
            exponentiates_as_it_is,
            "Where scores are large, `exp` gives infinity, and infinity over infinity is no "
            "number. Subtract the largest score first, or take `softmax`, which does.",
            sign=overflows,
        ),
        Misconception(
            looks_back_only,
            "You let a token look only at those before it. That is for texts that are written "
            "word by word. A patch may look at all others.",
        ),
        Misconception(
            does_not_look_at_itself,
            "You forbid a token to look at itself. It is one of those it may look at.",
        ),
        Misconception(
            has_one_head,
            "You compute one head as wide as all of them. Split q, k and v first: each head has "
            "weights of its own.",
        ),
        Misconception(
            takes_heads_for_their_width,
            "You take `heads` for the width of a head. It is their number.",
        ),
        Misconception(
            reshapes_into_heads,
            "You reshape (N, L, D) to (N, heads, L, D / heads) in one step. That puts numbers of "
            "different tokens into one row. Split D first, and then swap two axes.",
        ),
        Misconception(
            reshapes_out_of_heads,
            "You join the heads with a reshape alone. Bring the tokens in front of the "
            "heads first.",
        ),
        Misconception(
            lets_the_heads_mix,
            "Your heads look at one another inside each token, because the axis of the heads "
            "stands where that of the tokens belongs.",
        ),
        Misconception(
            takes_k_for_q,
            "You have q and k the wrong way round. In w_qkv the rows of q come first, then those "
            "of k, then those of v. The query is who looks.",
        ),
        Misconception(
            takes_v_for_k,
            "You have k and v the wrong way round. In w_qkv the rows of q come first, then those "
            "of k, then those of v.",
        ),
        Misconception(
            sums_up_the_keys,
            "You add up the keys. They are there to be found by; what is added up are the values.",
        ),
        Misconception(
            splits_each_head_in_three,
            "You split the 3 D numbers by head first, and then into q, k and v. All of q comes "
            "first, for all heads.",
        ),
        Misconception(
            does_not_project_at_the_end,
            "You leave out the last projection, w_out and b_out. It mixes what the heads found.",
        ),
        Misconception(
            turns_the_last_weight,
            "You multiply by w_out as it stands. Its rows belong to outputs, as in `nn.Linear`: "
            "it is turned around first.",
        ),
        Misconception(forgets_the_first_bias, "You leave out b_qkv."),
        Misconception(forgets_the_last_bias, "You leave out b_out."),
        Misconception(
            lets_images_look_at_each_other,
            "Your tokens look across the batch: at those in the same place of other images. They "
            "look at the other tokens of *their* image.",
        ),
        Misconception(
            puts_all_tokens_in_one_row,
            "You let the tokens of all images look at one another. Each image is alone.",
        ),
        Misconception(
            adds_x, "You add x to the result. The block around the attention does that, later."
        ),
        Misconception(
            drops_what_is_left_of_the_width,
            "Where the heads do not divide the width, you return something. Raise ValueError.",
        ),
        Misconception(
            detaches_the_weights,
            "You cut off the weights of the attention (`.detach()`): what decides where to look "
            "would never learn.",
        ),
    ),
    hints=(
        "First one head. q, k and v are each x times a third of w_qkv's rows, plus a third of "
        "b_qkv. What are the shapes of q, k and their product?",
        "Scores (L, L): q times k turned around, divided by the root of a head's width. Softmax "
        "over the last axis. Times v. All of it works on more axes in front, such as N and heads.",
        "Several heads: reshape (N, L, D) to (N, L, heads, D / heads), then swap the two axes in "
        "the middle. Do the same backward before w_out.",
    ),
)

EXERCISES = (ATTENTION,)
