"""Answers of lesson 11-vit that are right in a style of their own."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.reference.vit import attention as plain_attention


def refuse_uneven(x, patch):
    if x.shape[2] % patch or x.shape[3] % patch:
        raise ValueError("The patches do not divide the image.")


# patchify ---------------------------------------------------------------------------------------
def by_a_strided_convolution(x, patch):
    refuse_uneven(x, patch)
    values = x.shape[1] * patch**2
    weight = torch.eye(values, dtype=x.dtype).reshape(values, x.shape[1], patch, patch)
    return F.conv2d(x, weight, stride=patch).flatten(2).mT


def by_two_loops(x, patch):
    refuse_uneven(x, patch)
    rows, columns = range(0, x.shape[2], patch), range(0, x.shape[3], patch)
    cut = [
        x[:, :, i : i + patch, j : j + patch].flatten(1)
        for i, j in itertools.product(rows, columns)
    ]
    return torch.stack(cut, 1)


def by_the_library(images, patch):
    refuse_uneven(images, patch)
    return F.unfold(images, kernel_size=patch, stride=patch).permute(0, 2, 1)


def by_reshape_and_einsum(x, patch):
    n, c, h, w = x.shape
    if h % patch + w % patch > 0:
        raise ValueError
    parts = x.view(n, c, h // patch, patch, w // patch, patch)
    return torch.einsum("nchpwq->nhwcpq", parts).reshape(n, -1, c * patch * patch)


def by_splits(x, patch):
    refuse_uneven(x, patch)
    rows = x.split(patch, dim=2)
    return torch.cat([torch.stack(row.split(patch, 3), 1).flatten(2) for row in rows], 1)


def by_pixel_unshuffle(x, patch):
    refuse_uneven(x, patch)
    return F.pixel_unshuffle(x, patch).flatten(2).transpose(1, 2).contiguous()


# unpatchify -------------------------------------------------------------------------------------
def by_fold(tokens, patch, height, width):
    if tokens.shape[1] != (height // patch) * (width // patch):
        raise ValueError("A patch is missing.")
    return F.fold(tokens.transpose(1, 2), (height, width), patch, stride=patch)


def by_pixel_shuffle(tokens, patch, height, width):
    n, length, values = tokens.shape
    if length * patch**2 != height * width:
        raise ValueError("This is no image.")
    grid = tokens.mT.reshape(n, values, height // patch, width // patch)
    return F.pixel_shuffle(grid, patch)


def by_writing_squares(tokens, patch, height, width):
    n, _, values = tokens.shape
    c = values // patch**2
    image = tokens.new_zeros(n, c, height, width)
    rest = list(tokens.unbind(1))
    for i in range(0, height, patch):
        for j in range(0, width, patch):
            if not rest:
                raise ValueError("A patch is missing.")
            square = rest.pop(0).reshape(n, c, patch, patch)
            image[:, :, i : i + patch, j : j + patch] = square
    return image


def by_joining(tokens, patch, height, width):
    n, length, values = tokens.shape
    columns = width // patch
    if length != columns * (height // patch):
        raise ValueError("A patch is missing.")
    squares = tokens.reshape(n, length, values // patch**2, patch, patch).unbind(1)
    lines = [torch.cat(squares[i : i + columns], 3) for i in range(0, length, columns)]
    return torch.cat(lines, 2)


# attention --------------------------------------------------------------------------------------
def head_by_head(x, w_qkv, b_qkv, w_out, b_out, heads):
    d = x.shape[-1]
    if d % heads != 0:
        raise ValueError("heads must divide the width")
    q, k, v = F.linear(x, w_qkv, b_qkv).chunk(3, -1)
    width = d // heads
    found = []
    for h in range(heads):
        mine = slice(h * width, (h + 1) * width)
        scores = q[..., mine] @ k[..., mine].mT / math.sqrt(width)
        found.append(torch.softmax(scores, -1) @ v[..., mine])
    return F.linear(torch.cat(found, -1), w_out, b_out)


def by_einsum(x, w_qkv, b_qkv, w_out, b_out, heads):
    n, length, d = x.shape
    if d % heads:
        raise ValueError(f"{heads} does not divide {d}")
    qkv = torch.einsum("nld,ed->nle", x, w_qkv) + b_qkv
    q, k, v = qkv.view(n, length, 3, heads, -1).unbind(2)
    weights = torch.einsum("nihd,njhd->nhij", q * q.shape[-1] ** -0.5, k).softmax(-1)
    out = torch.einsum("nhij,njhd->nihd", weights, v).reshape(n, length, d)
    return torch.einsum("nld,ed->nle", out, w_out) + b_out


def with_a_softmax_by_hand(x, w_qkv, b_qkv, w_out, b_out, heads):
    n, length, d = x.shape
    if d % heads:
        raise ValueError("uneven")
    thirds = zip(w_qkv.split(d), b_qkv.split(d), strict=True)
    q, k, v = ((x @ w.t() + b).view(n, length, heads, -1).transpose(1, 2) for w, b in thirds)
    scores = torch.matmul(q, k.transpose(-1, -2)) / np.sqrt(d // heads)
    scores = scores - scores.max(dim=-1, keepdim=True).values
    weights = scores.exp()
    weights = weights / weights.sum(-1, keepdim=True)
    return (weights @ v).permute(0, 2, 1, 3).contiguous().view(n, length, d) @ w_out.t() + b_out


def heads_in_the_batch(x, w_qkv, b_qkv, w_out, b_out, heads):
    n, length, d = x.shape
    if d % heads:
        raise ValueError("uneven")
    qkv = torch.baddbmm(b_qkv, x, w_qkv.T.expand(n, -1, -1)).view(n, length, 3 * heads, d // heads)
    q, k, v = (one.transpose(1, 2).flatten(0, 1) for one in qkv.split(heads, 2))
    weights = F.softmax(torch.bmm(q, k.mT) * (d / heads) ** -0.5, dim=2)
    out = torch.bmm(weights, v).unflatten(0, (n, heads))
    return torch.addmm(b_out, out.transpose(1, 2).reshape(n * length, d), w_out.T).view(x.shape)


def image_by_image(x, w_qkv, b_qkv, w_out, b_out, heads):
    return torch.stack([head_by_head(one, w_qkv, b_qkv, w_out, b_out, heads) for one in x])


# EncoderBlock -----------------------------------------------------------------------------------
def mlp(dim, mlp_dim, approximate="none"):
    return nn.Sequential(nn.Linear(dim, mlp_dim), nn.GELU(approximate), nn.Linear(mlp_dim, dim))


class Separate(nn.Module):
    """q, k and v from layers of their own; the other epsilon; the other GELU."""

    order = "qkv"

    def __init__(self, dim, heads, mlp_dim):
        super().__init__()
        self.heads = heads
        self.mlp = mlp(dim, mlp_dim, "tanh")
        self.o, self.v, self.k, self.q = (nn.Linear(dim, dim) for _ in range(4))
        self.norm2, self.norm1 = nn.LayerNorm(dim), nn.LayerNorm(dim)

    def mix(self, x):
        made = {name: getattr(self, name)(x) for name in self.order}
        q, k, v = (made[name].unflatten(2, (self.heads, -1)).transpose(1, 2) for name in "qkv")
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return self.o((weights @ v).transpose(1, 2).flatten(2))

    def forward(self, x):
        x = x + self.mix(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class KeysFirst(Separate):
    order = "kqv"


class ValuesFirst(Separate):
    order = "vkq"


class Head(nn.Module):
    def __init__(self, dim, width):
        super().__init__()
        self.key, self.query, self.value = (nn.Linear(dim, width) for _ in range(3))

    def forward(self, x):
        k, q = self.key(x), self.query(x)
        return F.softmax(q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5, dim=-1) @ self.value(x)


class AModulePerHead(Separate):
    """As in many tutorials: a list of heads, joined at the end."""

    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        del self.q, self.k, self.v
        self.all = nn.ModuleList(Head(dim, dim // heads) for _ in range(heads))

    def mix(self, x):
        return self.o(torch.cat([head(x) for head in self.all], -1))


class Fused(nn.Module):
    """One layer for q, k and v, split as `shape` says."""

    shape = "nl(3hd)"

    def __init__(self, dim, heads, mlp_dim):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.norm1, self.norm2 = nn.LayerNorm(dim, 1e-5), nn.LayerNorm(dim, 1e-6)
        self.fc1, self.fc2 = nn.Linear(dim, mlp_dim), nn.Linear(mlp_dim, dim)

    def split(self, qkv):
        return qkv.unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)

    def forward(self, x):
        q, k, v = self.split(self.qkv(self.norm1(x)))
        out = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
        x = self.proj(out) + x
        return self.fc2(F.gelu(self.fc1(self.norm2(x)))) + x


class HeadsBeforeThrees(Fused):
    def split(self, qkv):
        return qkv.unflatten(2, (self.heads, 3, -1)).permute(3, 0, 2, 1, 4)


class HeadsLast(Fused):
    """As `rearrange(qkv, "b t (d k h) -> k b h t d")` does in a well known tutorial."""

    def split(self, qkv):
        return qkv.unflatten(2, (-1, 3, self.heads)).permute(3, 0, 4, 1, 2)


class QueriesAlone(Separate):
    """q from one layer, k and v from another."""

    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        del self.k, self.v
        self.kv = nn.Linear(dim, 2 * dim)

    def mix(self, x):
        k, v = self.kv(x).chunk(2, -1)
        q, k, v = (one.unflatten(2, (self.heads, -1)).transpose(1, 2) for one in (self.q(x), k, v))
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return self.o((weights @ v).transpose(1, 2).flatten(2))


class ByTheLibrary(nn.Module):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = mlp(dim, mlp_dim)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class OwnNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        x = x - x.mean(-1, keepdim=True)
        return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * self.scale + self.shift


class WithTheFunction(nn.Module):
    """Parameters without layers, the learner's own attention, norms by hand."""

    def __init__(self, dim, heads, mlp_dim):
        super().__init__()
        self.heads = heads
        self.w_qkv, self.b_qkv = (
            nn.Parameter(torch.randn(*size)) for size in ((3 * dim, dim), (3 * dim,))
        )
        self.w_out, self.b_out = (nn.Parameter(torch.randn(*size)) for size in ((dim, dim), (dim,)))
        self.one, self.two, self.think = OwnNorm(dim), OwnNorm(dim), mlp(dim, mlp_dim)

    def forward(self, x):
        weights = self.w_qkv, self.b_qkv, self.w_out, self.b_out
        x = x + plain_attention(self.one(x), *weights, self.heads)
        return x + self.think(self.two(x))


class AsConvolutions(Separate):
    """Layers on tokens as convolutions of width one."""

    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.qkv, self.o = nn.Conv1d(dim, 3 * dim, 1), nn.Conv1d(dim, dim, 1)
        del self.q, self.k, self.v

    def mix(self, x):
        q, k, v = self.qkv(x.mT).unflatten(1, (3, self.heads, -1)).permute(1, 0, 2, 4, 3)
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        return self.o((weights @ v).mT.flatten(1, 2)).mT


# vit_params -------------------------------------------------------------------------------------
def part_by_part(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    if image % patch:
        raise ValueError("uneven")

    def linear(a, b):
        return a * b + b

    tokens = (image // patch) ** 2 + 1
    block = 4 * linear(dim, dim) + linear(dim, mlp_dim) + linear(mlp_dim, dim) + 4 * dim
    front = linear(channels * patch * patch, dim) + dim + tokens * dim
    return front + sum(block for _ in range(layers)) + 2 * dim + linear(dim, classes)


def from_layers(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    if image % patch != 0:
        raise ValueError("uneven")
    block = nn.TransformerEncoderLayer(dim, 1, mlp_dim, device="meta")
    others = [
        nn.Conv2d(channels, dim, patch, device="meta"),
        nn.LayerNorm(dim, device="meta"),
        nn.Linear(dim, classes, device="meta"),
    ]
    one = sum(p.numel() for p in block.parameters())
    rest = sum(p.numel() for layer in others for p in layer.parameters())
    return layers * one + rest + dim * (2 + (image // patch) ** 2)


def in_numpy(dim, layers, mlp_dim, patch, image=224, channels=3, classes=1000):
    side, rest = divmod(image, patch)
    if rest:
        raise ValueError("uneven")
    each = [channels * patch**2 * dim, dim, dim, dim * (side**2 + 1), 2 * dim, dim * classes]
    blocks = layers * (4 * dim * dim + 2 * dim * mlp_dim + 9 * dim + mlp_dim)
    return np.int64(sum(each) + classes + blocks)


# attention_macs ---------------------------------------------------------------------------------
def as_a_list(tokens, dim):
    return [tokens * dim * dim * 4, tokens * dim * tokens + tokens * tokens * dim]


def head_after_head(tokens, dim):
    mixing = sum(tokens * tokens * 1 for _ in range(dim)) * 2
    return 3 * tokens * dim**2 + tokens * dim**2, mixing


def as_numpy_numbers(tokens, dim):
    return tuple(np.array([4 * dim, 2 * tokens]) * tokens * dim)


# choose_backbone --------------------------------------------------------------------------------
def by_sorting(need, table):
    def ok(row):
        for name, column in (("max_latency_ms", "latency_ms"), ("max_params", "params")):
            if need.get(name) is not None and row[column] > need[name]:
                return False
        return need.get("min_top1") is None or row["top1"] >= need["min_top1"]

    rows = sorted((row for row in table if ok(row)), key=lambda row: row["params"])
    rows = sorted(rows, key=lambda row: row["latency_ms"])
    rows = sorted(rows, key=lambda row: row["top1"], reverse=True)
    return rows[0]["name"]  # IndexError, a LookupError, where there is none


def with_infinite_limits(need, table):
    need = {name: value for name, value in need.items() if value is not None}
    most_ms, most = need.get("max_latency_ms", math.inf), need.get("max_params", math.inf)
    rows = [
        (-row["top1"], row["latency_ms"], row["params"], row["name"])
        for row in table
        if row["latency_ms"] <= most_ms
        and row["params"] <= most
        and row["top1"] >= need.get("min_top1", -math.inf)
    ]
    if rows == []:
        raise KeyError("nothing fits")
    return min(rows)[3]


def by_a_loop(need, table):
    best = None
    for row in table:
        if need.get("max_latency_ms") is not None and row["latency_ms"] > need["max_latency_ms"]:
            continue
        if need.get("max_params") is not None and row["params"] > need["max_params"]:
            continue
        if need.get("min_top1") is not None and row["top1"] < need["min_top1"]:
            continue
        rank = row["top1"], -row["latency_ms"], -row["params"]
        if best is None or rank > best[0]:
            best = rank, row
    if best is None:
        raise LookupError("Nothing fits.")
    return best[1]["name"]


RIGHT = {
    "patchify": (
        by_a_strided_convolution,
        by_two_loops,
        by_the_library,
        by_reshape_and_einsum,
        by_splits,
        by_pixel_unshuffle,
    ),
    "unpatchify": (by_fold, by_pixel_shuffle, by_writing_squares, by_joining),
    "attention": (
        head_by_head,
        by_einsum,
        with_a_softmax_by_hand,
        heads_in_the_batch,
        image_by_image,
    ),
    "EncoderBlock": (
        Separate,
        KeysFirst,
        ValuesFirst,
        AModulePerHead,
        Fused,
        HeadsBeforeThrees,
        HeadsLast,
        QueriesAlone,
        ByTheLibrary,
        WithTheFunction,
        AsConvolutions,
    ),
    "vit_params": (part_by_part, from_layers, in_numpy),
    "attention_macs": (as_a_list, head_after_head, as_numpy_numbers),
    "choose_backbone": (by_sorting, with_infinite_limits, by_a_loop),
}


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in RIGHT.items()
        for answer in answers
    ],
)
def test_right_answers_pass_whatever_their_style(name: str, answer, seed: int):
    result = grade(find_exercise(name), answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)
