"""EncoderBlock: attention and an MLP, each with a norm before it and a way around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps

import torch
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.run_attention import AttentionModule
from cnncourse.lessons.inputs import normal
from cnncourse.reference.vit import EncoderBlock, attention


def tokens(n: int, length: int, dim: int, heads: int, mlp_dim: int) -> Make:
    """In single precision: what the forms of GELU and of epsilon differ by is below its limit."""

    def make(generator: Generator) -> Arguments:
        x = normal(generator, n, length, dim, dtype=torch.float32)
        return {"x": x, "dim": dim, "heads": heads, "mlp_dim": mlp_dim}

    return make


class FromTheLibrary(nn.TransformerEncoderLayer):
    """The oracle: PyTorch's own encoder layer, told to do as a ViT does."""

    def __init__(self, dim: int, heads: int, mlp_dim: int) -> None:
        options = {"activation": "gelu", "batch_first": True, "norm_first": True}
        super().__init__(dim, heads, mlp_dim, dropout=0.0, **options)


def changed(forward: Callable[[EncoderBlock, Tensor], Tensor]) -> Callable[..., nn.Module]:
    """Makes a block with another forward pass, named as that is."""

    def make(dim, heads, mlp_dim):
        block = EncoderBlock(dim, heads, mlp_dim)
        block.forward = partial(forward, block)
        return block

    return wraps(forward)(make)


@changed
def norms_afterwards(block, x):
    x = block.ln_1(x + block.self_attention(x))
    return block.ln_2(x + block.mlp(x))


@changed
def norms_what_is_added(block, x):
    x = x + block.ln_1(block.self_attention(x))
    return x + block.ln_2(block.mlp(x))


@changed
def norms_the_way_around(block, x):
    x = block.ln_1(x)
    x = x + block.self_attention(x)
    x = block.ln_2(x)
    return x + block.mlp(x)


@changed
def has_no_way_around_attention(block, x):
    x = block.self_attention(block.ln_1(x))
    return x + block.mlp(block.ln_2(x))


@changed
def has_no_way_around_the_mlp(block, x):
    x = x + block.self_attention(block.ln_1(x))
    return block.mlp(block.ln_2(x))


@changed
def has_no_way_around(block, x):
    return block.mlp(block.ln_2(block.self_attention(block.ln_1(x))))


@changed
def adds_the_input_at_the_end(block, x):
    return x + block.mlp(block.ln_2(block.self_attention(block.ln_1(x))))


@changed
def runs_side_by_side(block, x):
    return x + block.self_attention(block.ln_1(x)) + block.mlp(block.ln_2(x))


@changed
def forgets_the_attention_on_the_way_out(block, x):
    return x + block.mlp(block.ln_2(x + block.self_attention(block.ln_1(x))))


@changed
def starts_with_the_mlp(block, x):
    x = x + block.mlp(block.ln_2(x))
    return x + block.self_attention(block.ln_1(x))


@changed
def cuts_off_the_way_around(block, x):
    x = x.detach() + block.self_attention(block.ln_1(x))
    return x + block.mlp(block.ln_2(x))


def shares_one_norm(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    block.ln_2 = block.ln_1
    return block


def norms_at_the_end_as_well(dim, heads, mlp_dim):
    return nn.Sequential(EncoderBlock(dim, heads, mlp_dim), nn.LayerNorm(dim, eps=1e-6))


def norms_once(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    block.ln_2 = nn.Identity()
    return block


class NormOfFeatures(nn.BatchNorm1d):
    """Over all tokens and images. x (N, L, D)"""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


def norms_over_the_batch(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    block.ln_1, block.ln_2 = NormOfFeatures(dim), NormOfFeatures(dim)
    return block


def with_activation(activation, dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    block.mlp[1] = activation
    return block


def takes_relu(dim, heads, mlp_dim):
    return with_activation(nn.ReLU(), dim, heads, mlp_dim)


def takes_silu(dim, heads, mlp_dim):
    return with_activation(nn.SiLU(), dim, heads, mlp_dim)


def has_no_activation(dim, heads, mlp_dim):
    return with_activation(nn.Identity(), dim, heads, mlp_dim)


def activates_twice(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    block.mlp.append(nn.GELU())
    return block


def widens_fourfold(dim, heads, mlp_dim):
    return EncoderBlock(dim, heads, 4 * dim)


def has_one_layer_in_its_mlp(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    block.mlp = nn.Sequential(nn.Linear(dim, dim), nn.GELU())
    return block


def leaves_biases_out(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    own = block.self_attention
    del own.in_proj_bias
    own.in_proj_bias = torch.zeros(3 * dim)
    return block


def attending(look: Callable[..., Tensor], dim: int, heads: int, mlp_dim: int) -> nn.Module:
    """A block that looks in another way: `look` gets q, k and v, each (N, heads, L, D / heads)."""
    block = EncoderBlock(dim, heads, mlp_dim)
    own = block.self_attention

    def forward(x):
        qkv = (x @ own.in_proj_weight.T + own.in_proj_bias).unflatten(2, (3, heads, -1))
        return own.out_proj(look(*qkv.permute(2, 0, 3, 1, 4)).transpose(1, 2).flatten(2))

    own.forward = forward
    return block


def mixed(q, k, v, scale, softmax=3):
    return (q @ k.transpose(2, 3) * scale).softmax(softmax) @ v


def has_one_head(dim, heads, mlp_dim):
    return EncoderBlock(dim, 1, mlp_dim)


def does_not_scale(dim, heads, mlp_dim):
    return attending(lambda q, k, v: mixed(q, k, v, 1), dim, heads, mlp_dim)


def scales_by_the_whole_width(dim, heads, mlp_dim):
    return attending(lambda q, k, v: mixed(q, k, v, dim**-0.5), dim, heads, mlp_dim)


def lets_the_queries_compete(dim, heads, mlp_dim):
    def look(q, k, v):
        return mixed(q, k, v, (dim // heads) ** -0.5, softmax=2)

    return attending(look, dim, heads, mlp_dim)


def looks_for_queries(dim, heads, mlp_dim):
    return attending(lambda q, k, v: mixed(q, q, v, (dim // heads) ** -0.5), dim, heads, mlp_dim)


def looks_across_the_batch(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    look = block.self_attention.forward
    block.self_attention.forward = lambda x: look(x.transpose(0, 1)).transpose(0, 1)
    return block


def does_not_project_at_the_end(dim, heads, mlp_dim):
    block = EncoderBlock(dim, heads, mlp_dim)
    own = block.self_attention
    del own.out_proj
    one, nothing = torch.eye(dim), torch.zeros(dim)
    own.forward = lambda x: attention(
        *(x, own.in_proj_weight, own.in_proj_bias, one.to(x), nothing.to(x), heads)
    )
    return block


BLOCK = Exercise(
    reference=EncoderBlock,
    points=3,
    minutes=40,
    difficulty="core",
    oracle=FromTheLibrary,
    run=AttentionModule(),
    cases=(
        Case("there is one head", tokens(2, 3, 5, 1, 7), keeps="the case to think about first"),
        Case(
            "there are three heads",
            tokens(2, 5, 12, 3, 20),
            keeps="several heads of more than two features each",
        ),
        Case("the MLP is narrow", tokens(3, 4, 10, 2, 3), keeps="mlp_dim below dim"),
    ),
    misconceptions=(
        Misconception(
            norms_afterwards,
            "You normalise behind each sum, as the first Transformer did. A ViT normalises "
            "*before* attention and MLP, and leaves the way around alone.",
        ),
        Misconception(
            norms_what_is_added,
            "You normalise what comes out of attention and MLP. Normalise what goes in.",
        ),
        Misconception(
            norms_the_way_around,
            "You normalise x itself, so that the way around is normalised too. Only what attention "
            "and MLP get to see is normalised.",
        ),
        Misconception(
            has_no_way_around_attention,
            "There is no way around your attention. Its result is *added* to x.",
        ),
        Misconception(
            has_no_way_around_the_mlp,
            "There is no way around your MLP. Its result is *added* to x.",
        ),
        Misconception(
            has_no_way_around,
            "You run everything in a row. Attention and MLP each *add* something to x.",
        ),
        Misconception(
            adds_the_input_at_the_end,
            "You have one way around both. There are two: one around attention, one around "
            "the MLP.",
        ),
        Misconception(
            runs_side_by_side,
            "Your MLP gets the x from before the attention. It comes second: it sees what the "
            "attention has added.",
        ),
        Misconception(
            forgets_the_attention_on_the_way_out,
            "At the end you add the first x. Add the one that the attention has changed.",
        ),
        Misconception(
            starts_with_the_mlp,
            "Your MLP comes first. Tokens look at each other first, then think.",
        ),
        Misconception(
            cuts_off_the_way_around,
            "The values are right, but you cut off the way around (`.detach()`). It is there to "
            "let gradients through.",
        ),
        Misconception(
            shares_one_norm, "You use one LayerNorm twice. Each of the two has weights of its own."
        ),
        Misconception(
            norms_at_the_end_as_well,
            "You have a third LayerNorm. A whole ViT has one more at its end, a block has two.",
        ),
        Misconception(
            norms_once, "You normalise before the attention only. There is a LayerNorm before each."
        ),
        Misconception(
            norms_over_the_batch,
            "You normalise each feature over all tokens and images, as BatchNorm does. LayerNorm "
            "treats each token alone.",
        ),
        Misconception(takes_relu, "Your MLP has a ReLU. A ViT has a GELU there."),
        Misconception(takes_silu, "Your MLP has a SiLU. A ViT has a GELU there."),
        Misconception(
            has_no_activation,
            "There is nothing between the two layers of your MLP, so they are one. A GELU belongs "
            "there.",
        ),
        Misconception(
            activates_twice,
            "You put a GELU behind the second layer as well. There is one, between the two.",
        ),
        Misconception(
            widens_fourfold,
            "Your MLP is four times as wide as a token, whatever was asked for. Take mlp_dim.",
        ),
        Misconception(
            has_one_layer_in_its_mlp,
            "Your MLP has one layer. It has two: to mlp_dim, and back to dim.",
        ),
        Misconception(
            leaves_biases_out, "Your q, k and v have no biases. Here every layer has its biases."
        ),
        Misconception(
            has_one_head, "Your attention has one head, whatever was asked for. Take `heads`."
        ),
        Misconception(
            does_not_scale,
            "Your attention does not scale its scores by the root of a head's width.",
        ),
        Misconception(
            scales_by_the_whole_width,
            "Your attention divides its scores by the root of dim. A head is only "
            "dim / heads wide.",
        ),
        Misconception(
            lets_the_queries_compete,
            "The softmax in your attention runs over the queries. It belongs over the keys.",
        ),
        Misconception(
            looks_across_the_batch,
            "Your tokens look across the batch. (`nn.MultiheadAttention` takes the batch as its "
            "second axis, unless `batch_first=True`.)",
        ),
        Misconception(
            looks_for_queries,
            "Your queries are compared with queries. The keys are computed from x, too, with "
            "weights of their own.",
        ),
        Misconception(
            does_not_project_at_the_end,
            "Your attention has no projection at its end. A last linear layer mixes the heads.",
        ),
    ),
    hints=(
        "Two steps, and both look the same: x = x + something(norm(x)).",
        "The first something is attention, the second an MLP: linear to mlp_dim, GELU, linear "
        "back to dim. Each has its own LayerNorm.",
        "In `__init__`: two LayerNorms, linear layers for q, k, v and the way out (or the "
        "library's), two for the MLP. In `forward`: two lines.",
    ),
)

EXERCISES = (BLOCK,)
