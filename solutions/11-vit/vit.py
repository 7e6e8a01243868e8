# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Vision Transformers: the exercises
#
# Six functions and a whole block, from cutting a picture into patches to choosing a network for a job.
# The ideas are in the [chapter on Vision Transformers](../../book/11-vit.md). Keep it open beside this
# notebook.
#
# Write each answer where the answer cell says so, try the example under it, and run the check. It tells
# you *what* went wrong, and why. Stuck? Make a new cell and run `hint(patchify)`, then
# `hint(patchify, 2)`.
#
# The check cells are locked, because your instructor grades with them. Work from top to bottom, and
# run this first:

# %%
try:
    from cnncourse import check, hint
except ModuleNotFoundError:  # Colab, for example, does not have the course's package yet.
    get_ipython().run_line_magic(
        "pip", "install --quiet git+https://github.com/cnncourse/cnncourse"
    )
    from cnncourse import check, hint

import torch
from matplotlib import pyplot as plt
from torch import nn

# %% [markdown]
# ## Exercise 1: cut images into patches
#
# *2 points, about 20 minutes.*
#
# A Vision Transformer does not see pixels. It sees patches: squares of pixels, each written down as one
# row of numbers.
#
# Write `patchify`.
#
# - `x` is a batch of images, `(N, C, H, W)`. `patch` is the side of a patch.
# - The result is `(N, L, C * patch * patch)`: L patches for each image, and a row for each patch.
# - The patches come row by row, as one reads: first those along the top of the image.
# - Inside a row of numbers, all pixels of the first channel come first, line by line. Then come those of
#   the second channel, and so on.
# - If the patch does not divide height and width, raise `ValueError`.
# - A reshape alone gives the right *shape*, and the wrong patches. Why?


# %% nbgrader={"grade": false, "grade_id": "patchify-answer", "locked": false, "schema_version": 3, "solution": true}
def patchify(x: torch.Tensor, patch: int) -> torch.Tensor:
    """Each patch as a row of numbers. (N, C, H, W) -> (N, L, C * patch * patch)"""
    ### BEGIN SOLUTION
    n, channels, height, width = x.shape
    if height % patch or width % patch:
        raise ValueError(f"Patches of {patch} do not divide {height} x {width} pixels.")
    rows, columns = height // patch, width // patch
    grid = x.reshape(n, channels, rows, patch, columns, patch)
    grid = grid.permute(0, 2, 4, 1, 3, 5)  # (N, rows, columns, C, patch, patch)
    return grid.reshape(n, rows * columns, channels * patch * patch)
    ### END SOLUTION


# %% [markdown]
# Two lines of four pixels, cut into two squares. The first square holds 0 and 1, and below them 4 and 5.
# So this should say `[[[0, 1, 4, 5], [2, 3, 6, 7]]]`:

# %% tags=["raises-exception"]
patchify(torch.arange(8).reshape(1, 1, 2, 4), 2).tolist()

# %% nbgrader={"grade": true, "grade_id": "patchify", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(patchify)

# %% [markdown]
# ## Exercise 2: put them together again
#
# *2 points, about 20 minutes.*
#
# Write `unpatchify`, the way back.
#
# - `tokens` is what `patchify` returns, `(N, L, C * patch * patch)`. The result is
#   `(N, C, height, width)`.
# - The number of channels is not given. It follows from the length of a row.
# - If the patches do not fill an image of that size, raise `ValueError`. (The check reminds you of that. It
#   costs no points.)


# %% nbgrader={"grade": false, "grade_id": "unpatchify-answer", "locked": false, "schema_version": 3, "solution": true}
def unpatchify(tokens: torch.Tensor, patch: int, height: int, width: int) -> torch.Tensor:
    """The images that patches were cut from. (N, L, C * patch * patch) -> (N, C, height, width)"""
    ### BEGIN SOLUTION
    n, length, values = tokens.shape
    rows, columns = height // patch, width // patch
    if height % patch or width % patch or length != rows * columns or values % patch**2:
        raise ValueError(f"{length} patches do not fill {height} x {width} pixels.")
    grid = tokens.reshape(n, rows, columns, values // patch**2, patch, patch)
    grid = grid.permute(0, 3, 1, 4, 2, 5)  # (N, C, rows, patch, columns, patch)
    return grid.reshape(n, -1, height, width)
    ### END SOLUTION


# %% [markdown]
# The two squares from above, put side by side. This should say `[[[[0, 1, 2, 3], [4, 5, 6, 7]]]]`:

# %% tags=["raises-exception"]
unpatchify(torch.tensor([[[0, 1, 4, 5], [2, 3, 6, 7]]]), 2, 2, 4).tolist()

# %% nbgrader={"grade": true, "grade_id": "unpatchify", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(unpatchify)

# %% [markdown]
# ### See what you have made
#
# Nothing here is graded. A photograph, cut by *your* function, its patches shuffled, and put together by
# your other one. Change the seed and the size of a patch (it has to divide 416).

# %% tags=["raises-exception", "demo"]
from cnncourse.data.photographs import photograph

patch, chance = 52, torch.Generator().manual_seed(0)
picture = torch.tensor(photograph("flower")[:416, 112:528]).permute(2, 0, 1)[None]
tokens = patchify(picture, patch)
mixed = tokens[:, torch.randperm(tokens.shape[1], generator=chance)]
figure, axes = plt.subplots(1, 2, figsize=(7, 3.5))
for axis, image in zip(axes, (picture, unpatchify(mixed, patch, 416, 416)), strict=True):
    axis.imshow(image[0].permute(1, 2, 0))
    axis.axis("off")
plt.show()

# %% [markdown]
# ## Exercise 3: attention
#
# *3 points, about 40 minutes.*
#
# Every token asks a question (its *query*), shows what it can be found by (its *key*), and has something
# to tell (its *value*). Where a query fits a key well, much of that token's value is taken over.
#
# Write `attention`, with several heads.
#
# - `x` is `(N, L, D)`. `w_qkv` is `(3 * D, D)`: the first D rows make the queries, the next D the keys, and
#   the last D the values. A row belongs to one *output*, as in `nn.Linear`, so it is `x @ w_qkv.T + b_qkv`.
# - Cut each of the three into `heads` pieces along D: the first `D / heads` numbers belong to the first
#   head, and so on.
# - In each head, the score of a query and a key is their product, divided by the square root of the head's
#   width, `D / heads`. A softmax makes weights out of the scores of *one query*: they add up to 1.
# - With these weights, add up the values. Then put the heads side by side again, and send the result
#   through `w_out` `(D, D)` and `b_out`. The result is `(N, L, D)`.
# - If `heads` does not divide D, raise `ValueError`.
# - **Not allowed**: the library's attention (`F.scaled_dot_product_attention`, `nn.MultiheadAttention` and
#   the like). `@`, `einsum` and `softmax` are fine.


# %% nbgrader={"grade": false, "grade_id": "attention-answer", "locked": false, "schema_version": 3, "solution": true}
def attention(
    x: torch.Tensor,
    w_qkv: torch.Tensor,
    b_qkv: torch.Tensor,
    w_out: torch.Tensor,
    b_out: torch.Tensor,
    heads: int,
) -> torch.Tensor:
    """Every token looks at all tokens, once in each head. (N, L, D) -> (N, L, D)"""
    ### BEGIN SOLUTION
    n, length, dim = x.shape
    if dim % heads:
        raise ValueError(f"{heads} heads do not divide a width of {dim}.")
    in_heads = []
    for one in (x @ w_qkv.T + b_qkv).chunk(3, dim=2):
        one = one.reshape(n, length, heads, dim // heads)
        in_heads.append(one.transpose(1, 2))  # (N, heads, L, D / heads)
    q, k, v = in_heads
    scores = q @ k.transpose(2, 3) / (dim // heads) ** 0.5  # (N, heads, L, L)
    out = torch.softmax(scores, dim=3) @ v
    out = out.transpose(1, 2).reshape(n, length, dim)
    return out @ w_out.T + b_out
    ### END SOLUTION


# %% [markdown]
# Queries and keys that are all zero give equal scores, so each token takes over the mean of all values.
# Here the values are the tokens themselves. This should say `[[[2, 2], [2, 2]]]`:

# %% tags=["raises-exception"]
nothing, same = torch.zeros(2, 2), torch.eye(2)
two_tokens = torch.tensor([[[1.0, 0.0], [3.0, 4.0]]])
w_qkv = torch.cat([nothing, nothing, same])
attention(two_tokens, w_qkv, torch.zeros(6), same, torch.zeros(2), heads=1).tolist()

# %% nbgrader={"grade": true, "grade_id": "attention", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(attention)

# %% [markdown]
# ### See what it cannot know
#
# Nothing here is graded. Shuffle the tokens and run *your* attention. It returns the same numbers, shuffled
# in the same way: attention has no idea where a token stands. That is why a ViT adds learned positions. The
# second number should be 0, up to rounding:

# %% tags=["raises-exception", "demo"]
chance = torch.Generator().manual_seed(0)
weights = [torch.randn(*size, generator=chance) for size in ((24, 8), (24,), (8, 8), (8,))]
x = torch.randn(1, 6, 8, generator=chance)
order = torch.randperm(6, generator=chance)
plain, shuffled = (attention(one, *weights, heads=2) for one in (x, x[:, order]))
print("changed by shuffling:         ", float((shuffled - plain).abs().max()))
print("after shuffling the result too:", float((shuffled - plain[:, order]).abs().max()))

# %% [markdown]
# ## Exercise 4: an encoder block
#
# *3 points, about 40 minutes.*
#
# A ViT is a stack of blocks, and all of them are alike. In a block, tokens first look at each other. Then
# each of them thinks for itself, in a small MLP. Both *add* something to what is there.
#
# Write `EncoderBlock`: its layers in `__init__`, and `forward`.
#
# - `forward` takes `(N, L, dim)` and returns the same shape. Its two steps are
#   `x = x + attention(norm(x))` and `x = x + mlp(norm(x))`.
# - The norms are LayerNorms, each with weights of its own. Their epsilon may be 1e-5 or 1e-6.
# - The attention has `heads` heads. You may make q, k and v with one layer or with three. Your own
#   `attention` will do, and now the library's is fine, too (think of `batch_first=True`).
# - The MLP has two layers, from `dim` to `mlp_dim` and back, with a GELU between them.
# - All linear layers have biases, as `nn.Linear` makes them, and keep their weights as it does. No dropout.


# %% nbgrader={"grade": false, "grade_id": "EncoderBlock-answer", "locked": false, "schema_version": 3, "solution": true}
class EncoderBlock(nn.Module):
    """Tokens look at each other, then each thinks for itself. (N, L, dim) -> (N, L, dim)"""

    def __init__(self, dim: int, heads: int, mlp_dim: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp_dim), nn.GELU(), nn.Linear(mlp_dim, dim))

    def look(self, x: torch.Tensor) -> torch.Tensor:
        qkv, out = self.qkv, self.out
        return attention(x, qkv.weight, qkv.bias, out.weight, out.bias, self.heads)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.look(self.norm1(x))
        return x + self.mlp(self.norm2(x))
        ### END SOLUTION


# %% [markdown]
# Two norms of 16 numbers each, 4 · (8 + 1) · 8 = 288 for the attention, and 9 · 20 + 21 · 8 = 348 for the MLP:
# this should say 668, and the shape should stay.

# %% tags=["raises-exception"]
block = EncoderBlock(8, heads=2, mlp_dim=20)
sum(p.numel() for p in block.parameters()), block(torch.randn(3, 5, 8)).shape

# %% nbgrader={"grade": true, "grade_id": "EncoderBlock", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(EncoderBlock)

# %% [markdown]
# ## Exercise 5: how many numbers it learns
#
# *2 points, about 25 minutes.*
#
# Write `vit_params`. It returns how many parameters a whole Vision Transformer has. From front to back:
#
# - a layer that makes a token of `dim` numbers from each patch: a strided convolution, with bias;
# - the class token, a learned vector of `dim` numbers that is put in front of the patches;
# - a learned position, `dim` numbers, for each patch *and* for the class token;
# - `layers` blocks as in exercise 4;
# - one more LayerNorm at the end;
# - the head, a linear layer with bias from the class token to the classes.
#
# Images are `image` × `image` pixels with `channels` channels. The result is an `int`. If the patch does not
# divide the image, raise `ValueError`.


# %% nbgrader={"grade": false, "grade_id": "vit_params-answer", "locked": false, "schema_version": 3, "solution": true}
def vit_params(
    dim: int,
    layers: int,
    mlp_dim: int,
    patch: int,
    image: int = 224,
    channels: int = 3,
    classes: int = 1000,
) -> int:
    """How many numbers a Vision Transformer learns."""
    ### BEGIN SOLUTION
    if image % patch:
        raise ValueError(f"Patches of {patch} do not divide {image} pixels.")

    def linear(inputs: int, outputs: int) -> int:
        return (inputs + 1) * outputs

    norm = 2 * dim
    tokens = (image // patch) ** 2 + 1
    front = linear(channels * patch * patch, dim) + dim + tokens * dim
    block = 2 * norm + 4 * linear(dim, dim) + linear(dim, mlp_dim) + linear(mlp_dim, dim)
    return front + layers * block + norm + linear(dim, classes)
    ### END SOLUTION


# %% [markdown]
# The network called B/16: tokens of 768 numbers, 12 blocks, an MLP of 3072, patches of 16. This should say
# 86567656:

# %% tags=["raises-exception"]
vit_params(768, 12, 3072, 16)

# %% nbgrader={"grade": true, "grade_id": "vit_params", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(vit_params)

# %% [markdown]
# ## Exercise 6: what attention costs
#
# *1 point, about 15 minutes.*
#
# Write `attention_macs`. It returns two whole numbers for one attention layer and one image,
# `(projections, mixing)`, in multiply-accumulates.
#
# - *Projections*: making q, k and v, and the last projection.
# - *Mixing*: all scores, and adding up the values with the weights.
# - `tokens` counts all tokens that there are, `dim` is their width. Biases and the softmax do not count.
#   Nor does it matter how many heads there are. (Why?)


# %% nbgrader={"grade": false, "grade_id": "attention_macs-answer", "locked": false, "schema_version": 3, "solution": true}
def attention_macs(tokens: int, dim: int) -> tuple[int, int]:
    """Multiply-accumulates of one attention layer: (projections, mixing)."""
    ### BEGIN SOLUTION
    one_projection = tokens * dim * dim
    scores = tokens * tokens * dim
    sums = tokens * tokens * dim
    return 4 * one_projection, scores + sums
    ### END SOLUTION


# %% [markdown]
# Three tokens of two numbers: 4 · 3 · 2 · 2 = 48 and 2 · 3 · 3 · 2 = 36. This should say `(48, 36)`:

# %% tags=["raises-exception"]
attention_macs(3, 2)

# %% nbgrader={"grade": true, "grade_id": "attention_macs", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(attention_macs)

# %% [markdown]
# ### See how it grows
#
# Nothing here is graded. Images twice as large have four times as many patches. What happens to the
# mixing?

# %% tags=["raises-exception", "demo"]
print("pixels  tokens   projections          mixing")
for pixels in (112, 224, 448, 896):
    tokens = (pixels // 16) ** 2 + 1
    projections, mixing = attention_macs(tokens, 768)
    print(f"{pixels:6}{tokens:8}{projections:14,}{mixing:16,}")

# %% [markdown]
# ## Exercise 7: choose a network
#
# *2 points, about 20 minutes.*
#
# A table says what each network costs and how accurate it is. A job has its needs. Write `choose_backbone`.
#
# - `table` is a list of dicts. Each has a `"name"`, `"latency_ms"`, `"params"` and `"top1"`.
# - `need` is a dict with `"max_latency_ms"`, `"max_params"` and `"min_top1"`. Each of the three may be absent,
#   or `None`, which means the same: it does not matter. A network that lies exactly on a limit is fine.
# - Return the name of the network with the highest top-1 among those that meet *all* needs. Are some
#   equally accurate, take the one with the lowest latency. If that is equal, too, take the one with the
#   fewest parameters.
# - If nothing fits, raise `LookupError`.
# - Leave the table as it is.
# - If `need` has another name in it, raise `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "choose_backbone-answer", "locked": false, "schema_version": 3, "solution": true}
def choose_backbone(need: dict, table: list[dict]) -> str:
    """The name of the most accurate network that does what is needed."""
    ### BEGIN SOLUTION
    for name in need:
        if name not in ("max_latency_ms", "max_params", "min_top1"):
            raise ValueError(f"There is no need called {name!r}.")
    max_latency, max_params = need.get("max_latency_ms"), need.get("max_params")
    min_top1 = need.get("min_top1")
    fitting = []
    for row in table:
        fast = max_latency is None or row["latency_ms"] <= max_latency
        small = max_params is None or row["params"] <= max_params
        good = min_top1 is None or row["top1"] >= min_top1
        if fast and small and good:
            fitting.append(row)
    if not fitting:
        raise LookupError("No network in the table meets these needs.")
    best = max(fitting, key=lambda row: (row["top1"], -row["latency_ms"], -row["params"]))
    return best["name"]
    ### END SOLUTION


# %% [markdown]
# Three made-up networks. With 50 ms to spend it should be `medium`, and without any need `large`:

# %% tags=["raises-exception"]
made_up = [
    {"name": "large", "latency_ms": 80, "params": 25_000_000, "top1": 80.1},
    {"name": "small", "latency_ms": 9, "params": 5_000_000, "top1": 70.0},
    {"name": "medium", "latency_ms": 40, "params": 12_000_000, "top1": 76.1},
]
choose_backbone({"max_latency_ms": 50}, made_up), choose_backbone({}, made_up)

# %% nbgrader={"grade": true, "grade_id": "choose_backbone", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(choose_backbone)
