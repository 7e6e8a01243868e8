"""Vision Transformers, written to be read: patches, attention, blocks.

Dosovitskiy et al. 2020. Parameters carry torchvision's names. Axes: N batch,
C channels, H W height and width, L tokens, D width of a token.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def patchify(x: Tensor, patch: int) -> Tensor:
    """Cut images into patches, each a row of numbers.

    x (N, C, H, W) -> (N, L, C * patch * patch), L = H / patch * W / patch.
    ValueError where the patch size does not divide the image.

    >>> patchify(torch.arange(8.0).reshape(1, 1, 2, 4), patch=2).tolist()
    [[[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]]
    """
    if x.shape[2] % patch or x.shape[3] % patch:
        raise ValueError(f"{patch} does not divide {tuple(x.shape[2:])}")
    windows = x.unfold(2, patch, patch).unfold(3, patch, patch)
    return windows.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def unpatchify(tokens: Tensor, patch: int, height: int, width: int) -> Tensor:
    """Put the patches of images together again: the way back of `patchify`.

    tokens (N, L, C * patch * patch) -> (N, C, height, width). ValueError
    where the patches do not fill an image of that size.

    >>> tokens = torch.tensor([[[0.0, 1, 4, 5], [2, 3, 6, 7]]])
    >>> unpatchify(tokens, patch=2, height=2, width=4).tolist()
    [[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]]]
    """
    rows, columns = height // patch, width // patch
    fills = (rows * patch, columns * patch) == (height, width)
    n, length, values = tokens.shape
    if not fills or length != rows * columns or values % patch**2:
        given = f"{length} patches of {values} numbers"
        raise ValueError(f"{given} make no image of {height} x {width}")
    grid = tokens.reshape(n, rows, columns, -1, patch, patch)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(n, -1, height, width)


def attention(
    x: Tensor,
    w_qkv: Tensor,
    b_qkv: Tensor,
    w_out: Tensor,
    b_out: Tensor,
    heads: int,
) -> Tensor:
    """Every token looks at all tokens, once in each head.

    x (N, L, D), w_qkv (3 D, D), b_qkv (3 D,), w_out (D, D), b_out (D,)
    -> (N, L, D). (Vaswani et al. 2017, section 3.2.)

    >>> one, nothing = torch.eye(2), torch.zeros(2, 2)
    >>> w_qkv = torch.cat([nothing, nothing, one])  # all tokens count the same
    >>> x = torch.tensor([[[1.0, 0.0], [3.0, 4.0]]])
    >>> zeros = torch.zeros(6)
    >>> attention(x, w_qkv, zeros, one, zeros[:2], heads=1).tolist()
    [[[2.0, 2.0], [2.0, 2.0]]]
    """
    n, length, width = x.shape
    if width % heads:
        raise ValueError(f"{heads} heads do not divide a width of {width}")
    qkv = (x @ w_qkv.T + b_qkv).reshape(n, length, 3, heads, width // heads)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (N, heads, L, D / heads)
    scores = q @ k.transpose(2, 3) / (width // heads) ** 0.5
    out = scores.softmax(3) @ v
    return out.transpose(1, 2).flatten(2) @ w_out.T + b_out


class SelfAttention(nn.Module):
    """Attention as a layer. x (N, L, D) -> (N, L, D)"""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * dim, dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * dim))
        self.out_proj = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        out = self.out_proj
        w_qkv, b_qkv = self.in_proj_weight, self.in_proj_bias
        return attention(x, w_qkv, b_qkv, out.weight, out.bias, self.heads)


class FusedAttention(SelfAttention):
    """The same from one library call, which keeps no table of scores."""

    def forward(self, x: Tensor) -> Tensor:
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        qkv = qkv.unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(*qkv)
        return self.out_proj(out.transpose(1, 2).flatten(2))


class EncoderBlock(nn.Module):
    """Tokens look at each other, then each thinks for itself. (Figure 1.)

    x (N, L, D) -> (N, L, D)

    >>> EncoderBlock(8, heads=2, mlp_dim=16)(torch.ones(1, 5, 8)).shape
    torch.Size([1, 5, 8])
    """

    attention: type[SelfAttention] = SelfAttention

    def __init__(self, dim: int, heads: int, mlp_dim: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(dim, eps=1e-6)
        self.self_attention = self.attention(dim, heads)
        self.ln_2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(dim, mlp_dim),
            nn.GELU(),
            nn.Identity(),  # where torchvision has dropout
            nn.Linear(mlp_dim, dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


def vit_params(
    dim: int,
    layers: int,
    mlp_dim: int,
    patch: int,
    image: int = 224,
    channels: int = 3,
    classes: int = 1000,
) -> int:
    """How many numbers a Vision Transformer learns.

    ValueError where patches do not divide the image. The number of heads
    does not matter.

    >>> vit_params(1, 1, 1, patch=1, image=1, channels=1, classes=1)
    25
    """
    if image % patch:
        raise ValueError(f"patches of {patch} do not divide {image} pixels")
    embedding = (channels * patch**2 + 1) * dim
    token_and_positions = dim + ((image // patch) ** 2 + 1) * dim
    attention_layer = 4 * (dim + 1) * dim  # q, k, v and the way out
    mlp = (dim + 1) * mlp_dim + (mlp_dim + 1) * dim
    block = attention_layer + mlp + 2 * (2 * dim)
    head = 2 * dim + (dim + 1) * classes  # behind one more LayerNorm
    return embedding + token_and_positions + layers * block + head


def attention_macs(tokens: int, dim: int) -> tuple[int, int]:
    """Multiply-accumulates of one attention layer: projections, and mixing.

    Four projections grow with the number of tokens. Scores and sums grow
    with its square.

    >>> attention_macs(tokens=3, dim=2)
    (48, 36)
    """
    return 4 * tokens * dim**2, 2 * tokens**2 * dim


NEEDS = ("max_latency_ms", "max_params", "min_top1")


def fits(row: dict, need: dict[str, float | None]) -> bool:
    """Whether a network does all that is needed. A limit itself is within."""
    most_ms, most_params, least_top1 = (need.get(name) for name in NEEDS)
    return (
        (most_ms is None or row["latency_ms"] <= most_ms)
        and (most_params is None or row["params"] <= most_params)
        and (least_top1 is None or row["top1"] >= least_top1)
    )


def choose_backbone(need: dict[str, float | None], table: list[dict]) -> str:
    """The most accurate network that does what is needed.

    need: max_latency_ms, max_params, min_top1; what is absent or None does
    not matter. table: a dict for each network: name, latency_ms, params,
    top1. Equals are told by latency, then by parameters. LookupError where
    nothing fits, ValueError where a need has another name.

    >>> small = {"name": "small", "latency_ms": 9, "params": 5, "top1": 70.0}
    >>> large = {"name": "large", "latency_ms": 80, "params": 25, "top1": 76.1}
    >>> choose_backbone({"max_latency_ms": 50}, [small, large])
    'small'
    """
    unknown = set(need) - set(NEEDS)
    if unknown:
        raise ValueError(f"no such need: {', '.join(sorted(unknown))}")
    fitting = [row for row in table if fits(row, need)]
    if not fitting:
        raise LookupError(f"no network in the table fits {need}")

    def rank(row: dict) -> tuple[float, float, int]:
        return -row["top1"], row["latency_ms"], row["params"]

    return min(fitting, key=rank)["name"]
