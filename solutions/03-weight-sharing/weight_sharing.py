# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Weight sharing: the exercises
#
# Six functions. You count what is learned without sharing and with it, build a layer that does not share,
# write a convolution as a matrix, and measure what happens when a picture moves. The ideas are in the
# [chapter on weight sharing](../../book/03-weight-sharing.md). Keep it open beside this notebook.
#
# Each exercise has the same four parts:
#
# 1. **The task.** What the function gets and what it returns.
# 2. **The answer cell.** Replace the two lines under the docstring with your code. Run the cell with
#    `Shift`+`Enter`.
# 3. **An example to try.** Small enough to work out on paper.
# 4. **The check.** Run it as often as you like. It tells you *what* went wrong, and why.
#
# Stuck? Make a new cell and run `hint(local2d)`. A second hint says more: `hint(local2d, 2)`.
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

import matplotlib.pyplot as plt
import torch
from torch import nn

# %% [markdown]
# ## Exercise 1: count without sharing
#
# *1 point, about 10 minutes.*
#
# A *locally connected* layer looks at the same windows as a convolution. But it has new filters at every
# place of the output, and new biases too.
#
# Write `untied_params`. It returns how many numbers such a layer learns.
#
# - `kernel_size` is a whole number or a pair `(height, width)`.
# - The output has `out_channels` maps of `out_height` × `out_width` places.
# - With `bias=False` there are no biases.
# - The result is an `int`.


# %% nbgrader={"grade": false, "grade_id": "untied_params-answer", "locked": false, "schema_version": 3, "solution": true}
def untied_params(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    out_height: int,
    out_width: int,
    bias: bool = True,
) -> int:
    """What a locally connected layer learns."""
    ### BEGIN SOLUTION
    kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    for_one_output_number = in_channels * kh * kw + (1 if bias else 0)
    return for_one_output_number * out_channels * out_height * out_width
    ### END SOLUTION


# %% [markdown]
# The first layer of AlexNet sees three colours, has 96 filters of 11 × 11, and an output of 55 × 55 places.
# Without sharing that would make 105 705 600 numbers:

# %% tags=["raises-exception"]
untied_params(3, 96, 11, out_height=55, out_width=55)

# %% nbgrader={"grade": true, "grade_id": "untied_params", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(untied_params)

# %% [markdown]
# ## Exercise 2: count with sharing
#
# *1 point, about 5 minutes.*
#
# Write `shared_params`: how many numbers a convolution layer learns. The same filters and the same biases
# serve all places. So the size of the output is not even asked for.


# %% nbgrader={"grade": false, "grade_id": "shared_params-answer", "locked": false, "schema_version": 3, "solution": true}
def shared_params(
    in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], bias: bool = True
) -> int:
    """What a convolution layer learns."""
    ### BEGIN SOLUTION
    return untied_params(in_channels, out_channels, kernel_size, 1, 1, bias)
    ### END SOLUTION


# %% [markdown]
# AlexNet's first layer as it is: 96 filters with 3 · 11 · 11 weights and one bias each, 34 944 in all.

# %% tags=["raises-exception"]
shared_params(3, 96, 11)

# %% nbgrader={"grade": true, "grade_id": "shared_params", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(shared_params)

# %% [markdown]
# ## Exercise 3: a locally connected layer
#
# *3 points, about 30 minutes.*
#
# Now build the layer that you counted in exercise 1.
#
# Write `local2d`. Its stride is 1 and it has no padding.
#
# - `x` has shape `(N, C, H, W)`. `weight` has shape `(F, C, kh, kw, H_out, W_out)`: the filters for the
#   place in row `i` and column `j` are `weight[..., i, j]`. `bias` is `None` or has shape
#   `(F, H_out, W_out)`.
# - The result has shape `(N, F, H_out, W_out)`. As always, `H_out = H - kh + 1` and `W_out = W - kw + 1`.
# - The result has the type and the device of `x`. Gradients flow through it, and the arguments stay as
#   they are.
# - Sizes that do not go together raise `ValueError`: another number of channels, weights for more or fewer
#   places than there are, a bias of another shape. (The check says so if yours does not. It costs no
#   points.)
# - Loops are welcome, over places or over those inside the kernel.


# %% nbgrader={"grade": false, "grade_id": "local2d-answer", "locked": false, "schema_version": 3, "solution": true}
def local2d(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """A locally connected layer.

    x (N, C, H, W), weight (F, C, kh, kw, H_out, W_out), bias (F, H_out, W_out)
    -> (N, F, H_out, W_out)
    """
    ### BEGIN SOLUTION
    filters, channels, kh, kw, rows, columns = weight.shape
    if x.shape[1] != channels:
        raise ValueError(f"x has {x.shape[1]} channels, the filters have {channels}.")
    if (x.shape[2] - kh + 1, x.shape[3] - kw + 1) != (rows, columns):
        raise ValueError(f"weight is for {rows} × {columns} places.")
    if bias is not None and bias.shape != (filters, rows, columns):
        raise ValueError("Every filter needs one bias at each place.")
    out = 0
    for i in range(kh):
        for j in range(kw):
            # The pixels that kernel position (i, j) lies on: one for each place.
            pixels = x[:, :, i : i + rows, j : j + columns]
            out = out + torch.einsum("nchw,fchw->nfhw", pixels, weight[:, :, i, j])
    return out if bias is None else out + bias
    ### END SOLUTION


# %% [markdown]
# Three pixels, two places. The kernel of the first place is `[1, 0]`, that of the second is `[10, 5]`. So
# the first number is 1 · 1 + 0 · 2 = 1, and the second is 10 · 2 + 5 · 3 = 35:

# %% tags=["raises-exception"]
local2d(
    torch.tensor([[[[1.0, 2.0, 3.0]]]]),
    torch.tensor([[1.0, 10.0], [0.0, 5.0]]).reshape(1, 1, 1, 2, 1, 2),
)

# %% nbgrader={"grade": true, "grade_id": "local2d", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(local2d)

# %% [markdown]
# ## Exercise 4: a convolution as a matrix
#
# *3 points, about 30 minutes.*
#
# A dense layer multiplies the flattened image with a matrix. A convolution does that too. Its matrix has
# one row for each place of the kernel and one column for each pixel. Nearly all of it is zero, and the
# rest is the same few weights again and again.
#
# Write `conv_matrix`. It returns the matrix `M` for which `M @ image.flatten()` is the sliding of the
# kernel, flattened.
#
# - `kernel` has shape `(kh, kw)`, the image has shape `(height, width)`. None of them has to be square.
# - Only places where the whole kernel lies inside the image. So there are
#   `H_out = height - kh + 1` rows of places and `W_out = width - kw + 1` in each row, and `M` has shape
#   `(H_out * W_out, height * width)`.
# - Pixels and places are numbered row by row, as `flatten` does it: first the top row from left to right.
# - The kernel is *not* turned.
# - The result is an ordinary (dense) tensor with the type and the device of `kernel`. Gradients flow back
#   to the kernel, so no `.item()`, no `.detach()`, no NumPy.
# - If the kernel does not fit into the image, raise `ValueError`. (No points.)
# - Loops are welcome.


# %% nbgrader={"grade": false, "grade_id": "conv_matrix-answer", "locked": false, "schema_version": 3, "solution": true}
def conv_matrix(kernel: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The matrix that slides a kernel (kh, kw) over an image (height, width)."""
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    rows, columns = height - kh + 1, width - kw + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"A kernel of {kh} × {kw} does not fit into {height} × {width} pixels.")
    matrix = kernel.new_zeros(rows * columns, height * width)
    for y in range(rows):
        for x in range(columns):
            picture = kernel.new_zeros(height, width)
            picture[y : y + kh, x : x + kw] = kernel
            matrix[y * columns + x] = picture.flatten()
    return matrix
    ### END SOLUTION


# %% [markdown]
# Three pixels in a row and the kernel `[1, 2]`. There are two places. At the first the weights lie on the
# first two pixels, at the second on the last two. So the rows are `[1, 2, 0]` and `[0, 1, 2]`:

# %% tags=["raises-exception"]
conv_matrix(torch.tensor([[1.0, 2.0]]), height=1, width=3)

# %% [markdown]
# A larger one, as a picture. Each weight has a colour of its own, and zero is white. Look for the pattern:
# stripes inside of blocks.

# %% tags=["raises-exception"]
plt.imshow(conv_matrix(torch.arange(1.0, 10).reshape(3, 3), 6, 7), cmap="magma_r")
plt.xlabel("pixel")
plt.ylabel("place")
plt.show()
# %% nbgrader={"grade": true, "grade_id": "conv_matrix", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(conv_matrix)

# %% [markdown]
# ## Exercise 5: does the output move along?
#
# *3 points, about 30 minutes.*
#
# Move the picture, then let the layer look at it. Or let the layer look first, then move its output. A
# layer is **equivariant** if both ways lead to the same. Few layers are so exactly. So do not ask
# *whether*, ask *how far off*.
#
# Write `equivariance_error`. It returns the largest absolute difference between the two ways.
#
# - `f` is a function, for example a layer. It gets a tensor `x` of shape `(..., H, W)`, and its output has
#   rows and columns as its last two axes as well.
# - `shift` is a pair `(dy, dx)`: down and to the right, negative numbers go up and to the left. A picture
#   is moved by `torch.roll` on the last two axes: what leaves it on one side comes back on the other.
# - A layer with a stride has fewer places. The picture moves by `(dy, dx)`, its output by
#   `(dy / stride, dx / stride)`. If the stride does not divide *both*, raise `ValueError`.
# - `margin` rows and columns at each of the four borders of the *output* do not count. If that leaves
#   nothing, raise `ValueError`.
# - The result is a number, a `float` for example. `x` stays as it is.


# %% nbgrader={"grade": false, "grade_id": "equivariance_error-answer", "locked": false, "schema_version": 3, "solution": true}
def equivariance_error(
    f, x: torch.Tensor, shift: tuple[int, int], stride: int = 1, margin: int = 0
) -> float:
    """How far apart are f(moved x) and the moved f(x)?"""
    ### BEGIN SOLUTION
    dy, dx = shift
    if dy % stride != 0 or dx % stride != 0:
        raise ValueError(f"A stride of {stride} does not divide the shift ({dy}, {dx}).")
    look_last = f(torch.roll(x, (dy, dx), dims=(-2, -1)))
    look_first = torch.roll(f(x), (dy // stride, dx // stride), dims=(-2, -1))
    distance = (look_last - look_first).abs()
    height, width = distance.shape[-2], distance.shape[-1]
    distance = distance[..., margin : height - margin, margin : width - margin]
    if distance.numel() == 0:
        raise ValueError(f"A margin of {margin} leaves nothing of {height} × {width}.")
    return distance.max().item()
    ### END SOLUTION


# %% [markdown]
# A layer that works on each pixel alone cannot know where it is, so ReLU has the error 0. Now the layer
# `cumsum` adds up all pixels to the left, in `[5, 0, 0, 2]`. Looking first gives `[5, 5, 5, 7]`, and moved
# by one that is `[7, 5, 5, 5]`. Moving first gives `[2, 5, 0, 0]`, and then `[2, 7, 7, 7]`. The largest
# difference is 5. So this should say `(0.0, 5.0)`:

# %% tags=["raises-exception"]
row = torch.tensor([[5.0, 0.0, 0.0, 2.0]])
(
    equivariance_error(torch.relu, row, (0, 1)),
    equivariance_error(lambda pixels: pixels.cumsum(-1), row, (0, 1)),
)

# %% nbgrader={"grade": true, "grade_id": "equivariance_error", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(equivariance_error)

# %% [markdown]
# ## Exercise 6: does the output stay?
#
# *1 point, about 10 minutes.*
#
# A layer is **invariant** if its output does not change at all when the picture moves.
#
# Write `invariance_error`. It returns the largest absolute difference between `f` of the moved picture and
# `f` of the picture.
#
# - `f`, `x` and `shift` are as in exercise 5. The output of `f` may have any shape here.


# %% nbgrader={"grade": false, "grade_id": "invariance_error-answer", "locked": false, "schema_version": 3, "solution": true}
def invariance_error(f, x: torch.Tensor, shift: tuple[int, int]) -> float:
    """How far apart are f(moved x) and f(x)?"""
    ### BEGIN SOLUTION
    return (f(torch.roll(x, shift, dims=(-2, -1))) - f(x)).abs().max().item()
    ### END SOLUTION


# %% [markdown]
# The average of all pixels stays what it is. ReLU leaves `[5, 0, 0, 2]` as it is and `[2, 5, 0, 0]` too, and
# the two differ by 5 at most. So this should say `(0.0, 5.0)`:

# %% tags=["raises-exception"]
invariance_error(torch.mean, row, (0, 1)), invariance_error(torch.relu, row, (0, 1))

# %% nbgrader={"grade": true, "grade_id": "invariance_error", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(invariance_error)

# %% [markdown]
# ## Measure some layers
#
# Nothing from here on is graded. Your two functions are instruments now. Which of these layers go along with
# a picture that moves by two pixels to the right? Predict each line before you run the cell.

# %% tags=["raises-exception"]
layers = {  # a layer, and its stride
    "convolution, zeros around": (nn.Conv2d(1, 1, 3, padding=1), 1),
    "convolution, circular": (nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), 1),
    "convolution, stride 2": (nn.Conv2d(1, 1, 2, stride=2), 2),
    "ReLU": (nn.ReLU(), 1),
    "max pooling, 2 × 2": (nn.MaxPool2d(2), 2),
    "softmax along each row": (nn.Softmax(-1), 1),
    "average of everything": (lambda x: x.mean((2, 3), keepdim=True), 1),
}
pictures = torch.randn(5, 1, 12, 12)
with torch.no_grad():
    for name, (layer, stride) in layers.items():
        moves = equivariance_error(layer, pictures, (0, 2), stride)
        stays = invariance_error(layer, pictures, (0, 2))
        print(f"{name:28} moves along: {moves:8.6f}   stays: {stays:8.6f}")

# %% [markdown]
# ## Play with what you built
#
# The map in the middle is painted by *your* `local2d`. Drag the picture, or move it with the arrow keys.
# Which maps go along? Then make the kernels of all places alike, and look again.

# %% tags=["demo"]
from cnncourse.widgets.weight_sharing import WeightSharing

WeightSharing(function=local2d)
