"""EncoderBlock: attention and an MLP, each with a norm before it and a way around it."""

from __future__ import annotations

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


class norms_afterwards(EncoderBlock):
    def forward(self, x):
        x = self.ln_1(x + self.self_attention(x))
        return self.ln_2(x + self.mlp(x))


class norms_what_is_added(EncoderBlock):
    def forward(self, x):
        x = x + self.ln_1(self.self_attention(x))
        return x + self.ln_2(self.mlp(x))


class norms_the_way_around(EncoderBlock):
    def forward(self, x):
        x = self.ln_1(x)
        x = x + self.self_attention(x)
        x = self.ln_2(x)
        return x + self.mlp(x)


class has_no_way_around_attention(EncoderBlock):
    def forward(self, x):
        x = self.self_attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class has_no_way_around_the_mlp(EncoderBlock):
    def forward(self, x):
        x = x + self.self_attention(self.ln_1(x))
        return self.mlp(self.ln_2(x))


class has_no_way_around(EncoderBlock):
    def forward(self, x):
        return self.mlp(self.ln_2(self.self_attention(self.ln_1(x))))


class adds_the_input_at_the_end(EncoderBlock):
    def forward(self, x):
        return x + self.mlp(self.ln_2(self.self_attention(self.ln_1(x))))


class runs_side_by_side(EncoderBlock):
    def forward(self, x):
        return x + self.self_attention(self.ln_1(x)) + self.mlp(self.ln_2(x))


class forgets_the_attention_on_the_way_out(EncoderBlock):
    def forward(self, x):
        return x + self.mlp(self.ln_2(x + self.self_attention(self.ln_1(x))))


class starts_with_the_mlp(EncoderBlock):
    def forward(self, x):
        x = x + self.mlp(self.ln_2(x))
        return x + self.self_attention(self.ln_1(x))


class cuts_off_the_way_around(EncoderBlock):
    def forward(self, x):
        x = x.detach() + self.self_attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class shares_one_norm(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.ln_2 = self.ln_1


class norms_at_the_end_as_well(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.last = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x):
        return self.last(super().forward(x))


class norms_once(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.ln_2 = nn.Identity()


class norms_over_the_batch(EncoderBlock):
    class Norm(nn.BatchNorm1d):
        def forward(self, x):
            return super().forward(x.transpose(1, 2)).transpose(1, 2)

    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.ln_1, self.ln_2 = self.Norm(dim), self.Norm(dim)


def with_activation(activation: nn.Module):
    class Other(EncoderBlock):
        def __init__(self, dim, heads, mlp_dim):
            super().__init__(dim, heads, mlp_dim)
            self.mlp[1] = activation

    return Other


class takes_relu(with_activation(nn.ReLU())):
    pass


class takes_silu(with_activation(nn.SiLU())):
    pass


class has_no_activation(with_activation(nn.Identity())):
    pass


class activates_twice(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.mlp.append(nn.GELU())


class widens_fourfold(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, 4 * dim)


class has_one_layer_in_its_mlp(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.GELU())


class leaves_biases_out(EncoderBlock):
    """As in some libraries: no biases on q, k and v."""

    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        del self.self_attention.in_proj_bias
        self.self_attention.in_proj_bias = torch.zeros(3 * dim)


def attending(scale=None, softmax=-1, one_head=False, across=False):
    """A block whose attention is wrong in one way."""

    class Other(EncoderBlock):
        def __init__(self, dim, heads, mlp_dim):
            super().__init__(dim, heads, mlp_dim)
            self.heads = 1 if one_head else heads
            own = self.self_attention
            own.forward = lambda x: (
                self.attend(x.transpose(0, 1), own).transpose(0, 1)
                if across
                else self.attend(x, own)
            )

        def attend(self, x, own):
            dim = x.shape[2]
            qkv = (x @ own.in_proj_weight.T + own.in_proj_bias).unflatten(2, (3, self.heads, -1))
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            width = q.shape[3]
            scores = q @ k.transpose(2, 3) / (scale(width, dim) if scale else width**0.5)
            return own.out_proj((scores.softmax(softmax) @ v).transpose(1, 2).flatten(2))

    return Other


class has_one_head(attending(one_head=True)):
    pass


class does_not_scale(attending(scale=lambda width, dim: 1)):
    pass


class scales_by_the_whole_width(attending(scale=lambda width, dim: dim**0.5)):
    pass


class lets_the_queries_compete(attending(softmax=-2)):
    pass


class looks_across_the_batch(attending(across=True)):
    pass


class looks_for_queries(EncoderBlock):
    """Queries take the part of the keys as well."""

    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        own = self.self_attention

        def forward(x: Tensor) -> Tensor:
            query, _, value = own.in_proj_weight.chunk(3)
            first, _, last = own.in_proj_bias.chunk(3)
            weight, bias = torch.cat([query, query, value]), torch.cat([first, first, last])
            out = own.out_proj
            return attention(x, weight, bias, out.weight, out.bias, heads)

        own.forward = forward


class does_not_project_at_the_end(EncoderBlock):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        own = self.self_attention
        del own.out_proj
        one, nothing = torch.eye(dim), torch.zeros(dim)
        own.forward = lambda x: attention(
            *(x, own.in_proj_weight, own.in_proj_bias, one.to(x), nothing.to(x), heads)
        )


BLOCK = Exercise(
    reference=EncoderBlock,
    points=3,
    minutes=40,
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
