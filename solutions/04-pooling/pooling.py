# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Pooling: the exercises
#
# Five functions, from the largest number of a window to the parameters of a whole head. The ideas are
# in the [chapter on pooling](../../book/04-pooling.md). Keep it open beside this notebook.
#
# Each exercise has the same four parts:
#
# 1. **The task.** What the function gets, what it returns, and what it must not do.
# 2. **The answer cell.** Replace the two lines under the docstring with your code. Run the cell with
#    `Shift`+`Enter`.
# 3. **An example to try.** Small enough to work out on paper.
# 4. **The check.** Run it as often as you like. It tells you *what* went wrong, and why.
#
# Stuck? Make a new cell and run `hint(max_pool2d)`. A second hint says more: `hint(max_pool2d, 2)`.
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
import torch.nn.functional as F

# %% [markdown]
# Sizes in this notebook may be one number or a pair `(height, width)`. This function, which is ready,
# turns either into a pair:


# %%
def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Turn 3 into (3, 3), and leave (1, 2) as it is."""
    return (size, size) if isinstance(size, int) else tuple(size)


# %% [markdown]
# ## Exercise 1: the largest number of each window
#
# *3 points, about 30 minutes.*
#
# A window slides over every channel, as in convolution. But there are no weights. Of each window, only
# the largest number is kept.
#
# Write `max_pool2d`.
#
# - `x` has shape `(N, C, H, W)`: N images of C channels. Each channel is pooled by itself. The result has
#   shape `(N, C, H_out, W_out)`.
# - `kernel_size` is the size of the window, `stride` the size of a step. If `stride` is `None`, it is
#   the same as `kernel_size`: then the windows lie side by side.
# - A last step that does not fit is left out. With a row of `n` numbers, a window of `k` and a padding
#   of `p`, there are `(n + 2 * p - k) // stride + 1` windows.
# - `padding` is added on all four sides. It must never win. Think of a window whose numbers are all
#   negative: which number can you pad with?
# - All sizes are whole numbers, or pairs `(height, width)`.
# - The result has the type and the device of `x`. Gradients flow through it, so no `.detach()`, no
#   `.numpy()`, no `torch.no_grad()`. `x` stays as it is.
# - A window larger than the padded image raises `ValueError`, and so does a padding of more than half
#   the window. (The check says so if yours does not. It costs no points.)
# - **Not allowed**: any pooling of the library (`F.max_pool2d`, `nn.AdaptiveMaxPool2d`, ...), and any
#   convolution of the library (`F.conv2d`, `F.unfold`, ...). Slices, `F.pad`, `Tensor.unfold`,
#   `torch.maximum` and `amax` are fine.
# - A loop over the few places *inside* the window is fine. A loop over images, channels or pixels is
#   too slow to be useful, and the check says so.


# %% nbgrader={"grade": false, "grade_id": "max_pool2d-answer", "locked": false, "schema_version": 3, "solution": true}
def max_pool2d(
    x: torch.Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> torch.Tensor:
    """The largest number of each window.

    x (N, C, H, W) -> (N, C, H_out, W_out)
    """
    ### BEGIN SOLUTION
    (kh, kw), (pad_y, pad_x) = pair(kernel_size), pair(padding)
    step_y, step_x = pair(kernel_size if stride is None else stride)
    if 2 * pad_y > kh or 2 * pad_x > kw:
        raise ValueError("The padding is more than half of the window.")
    # Nothing is smaller than minus infinity, so the padding never wins.
    x = F.pad(x, (pad_x, pad_x, pad_y, pad_y), value=float("-inf"))
    rows = (x.shape[2] - kh) // step_y + 1
    columns = (x.shape[3] - kw) // step_x + 1
    if rows < 1 or columns < 1:
        raise ValueError("The window is larger than the image.")
    largest = None
    for i in range(kh):
        for j in range(kw):
            # The pixels at place (i, j) of all windows at once.
            bottom = i + step_y * (rows - 1) + 1
            right = j + step_x * (columns - 1) + 1
            pixels = x[:, :, i:bottom:step_y, j:right:step_x]
            largest = pixels if largest is None else torch.maximum(largest, pixels)
    return largest
    ### END SOLUTION


# %% [markdown]
# Six numbers in a row, and a window of two. The pairs are (1, 5), (2, 3) and (-4, -2), so this should
# give 5, 3 and -2. With stride 1 there are five windows, which overlap: 5, 5, 3, 3 and -2.

# %% tags=["raises-exception"]
row = torch.tensor([[[[1.0, 5.0, 2.0, 3.0, -4.0, -2.0]]]])
max_pool2d(row, (1, 2)), max_pool2d(row, (1, 2), stride=1)

# %% nbgrader={"grade": true, "grade_id": "max_pool2d", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(max_pool2d)

# %% [markdown]
# ## Exercise 2: the average of each window
#
# *2 points, about 15 minutes.*
#
# The same windows, but now every number has a say.
#
# Write `avg_pool2d`. It returns the mean of each window.
#
# - `x`, `kernel_size` and `stride` are as in exercise 1. There is no padding here.
# - Again, a last step that does not fit is left out, and gradients flow.
# - A window larger than the image raises `ValueError`. (No points.)
# - **Not allowed**: as in exercise 1. A convolution with equal weights would be an average, too.


# %% nbgrader={"grade": false, "grade_id": "avg_pool2d-answer", "locked": false, "schema_version": 3, "solution": true}
def avg_pool2d(
    x: torch.Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
) -> torch.Tensor:
    """The mean of each window.

    x (N, C, H, W) -> (N, C, H_out, W_out)
    """
    ### BEGIN SOLUTION
    kh, kw = pair(kernel_size)
    step_y, step_x = pair(kernel_size if stride is None else stride)
    if kh > x.shape[2] or kw > x.shape[3]:
        raise ValueError("The window is larger than the image.")
    # (N, C, H_out, W_out, kh, kw)
    windows = x.unfold(2, kh, step_y).unfold(3, kw, step_x)
    return windows.mean((4, 5))
    ### END SOLUTION


# %% [markdown]
# The same row. The means of the pairs are 3, 2.5 and -3:

# %% tags=["raises-exception"]
avg_pool2d(torch.tensor([[[[1.0, 5.0, 2.0, 3.0, -4.0, -2.0]]]]), (1, 2))

# %% nbgrader={"grade": true, "grade_id": "avg_pool2d", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(avg_pool2d)

# %% [markdown]
# ## Exercise 3: the way back through a maximum
#
# *3 points, about 35 minutes.*
#
# Training asks: if a pixel were a little larger, how would the loss change? Look at one window. If its
# *largest* pixel grows by a little, the output grows by the same amount. If any other pixel grows by a
# little, nothing happens at all. So the winner gets the whole gradient of its window, and the others
# get nothing.
#
# Write `max_pool2d_backward`. It returns the gradient of `x`.
#
# - `grad_out` has the shape of the output, `(N, C, H_out, W_out)`: the gradient of the loss with respect
#   to each output. `x`, `kernel_size` and `stride` are those of the forward pass. There is no padding.
# - The result has the shape, the type and the device of `x`.
# - If several numbers of a window are equal and largest, the **first** one gets everything. First means:
#   row by row, and from left to right in a row.
# - Windows may overlap. A pixel that wins in several of them gets the *sum*.
# - `x` and `grad_out` stay as they are. Loops are fine here.
# - A `grad_out` whose shape does not belong to the other arguments raises `ValueError`. (No points.)
# - **Not allowed**: letting PyTorch differentiate for you (`torch.autograd`, `.backward()`,
#   `torch.func`).


# %% nbgrader={"grade": false, "grade_id": "max_pool2d_backward-answer", "locked": false, "schema_version": 3, "solution": true}
def max_pool2d_backward(
    grad_out: torch.Tensor,
    x: torch.Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
) -> torch.Tensor:
    """The gradient of x: each window's gradient goes to its first maximum.

    grad_out (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W)
    """
    ### BEGIN SOLUTION
    kh, kw = pair(kernel_size)
    step_y, step_x = pair(kernel_size if stride is None else stride)
    images, channels, rows, columns = grad_out.shape
    fitting = ((x.shape[2] - kh) // step_y + 1, (x.shape[3] - kw) // step_x + 1)
    if (images, channels) != tuple(x.shape[:2]) or (rows, columns) != fitting:
        raise ValueError(f"grad_out has {rows} by {columns} windows, and {fitting} fit.")
    grad_x = torch.zeros_like(x)
    for n in range(images):
        for c in range(channels):
            for row in range(rows):
                for column in range(columns):
                    top, left = row * step_y, column * step_x
                    window = x[n, c, top : top + kh, left : left + kw]
                    # argmax counts row by row, and gives the first of several winners.
                    down, along = divmod(int(window.argmax()), kw)
                    grad_x[n, c, top + down, left + along] += grad_out[n, c, row, column]
    return grad_x
    ### END SOLUTION


# %% [markdown]
# Two windows of two pixels: (1, 5) and (2, 2). The 5 wins the first, and gets its 10. The second is a
# draw, so the first 2 gets the 7. This should give 0, 10, 7 and 0:

# %% tags=["raises-exception"]
max_pool2d_backward(
    torch.tensor([[[[10.0, 7.0]]]]), torch.tensor([[[[1.0, 5.0, 2.0, 2.0]]]]), (1, 2)
)

# %% nbgrader={"grade": true, "grade_id": "max_pool2d_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check(max_pool2d_backward)

# %% [markdown]
# ## Exercise 4: one number for each channel
#
# *1 point, about 5 minutes.*
#
# At the end of a network, each channel is a map that says where something was found. *Global average
# pooling* asks only how much of it there is.
#
# Write `global_avg_pool`. It returns the mean of each channel of each image.
#
# - `x` has shape `(N, C, H, W)`, the result has shape `(N, C)`. The height and the width are gone.
# - Gradients flow, and `x` stays as it is. The library may help here.


# %% nbgrader={"grade": false, "grade_id": "global_avg_pool-answer", "locked": false, "schema_version": 3, "solution": true}
def global_avg_pool(x: torch.Tensor) -> torch.Tensor:
    """The mean of each channel.

    x (N, C, H, W) -> (N, C)
    """
    ### BEGIN SOLUTION
    return x.flatten(2).mean(2)
    ### END SOLUTION


# %% [markdown]
# One image with two channels of two pixels. The means are 2 and 4, and the shape is `(1, 2)`:

# %% tags=["raises-exception"]
global_avg_pool(torch.tensor([[[[1.0, 3.0]], [[0.0, 8.0]]]]))

# %% nbgrader={"grade": true, "grade_id": "global_avg_pool", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(global_avg_pool)

# %% [markdown]
# ## Exercise 5: what a head costs
#
# *1 point, about 10 minutes.*
#
# The *head* of a network turns feature maps into one number for each class. Here it is one linear layer
# with a bias. Before it, there are two ways to get from maps to a row of numbers:
#
# - `"flatten"`: write all pixels of all channels into one row.
# - `"gap"`: global average pooling, which leaves one number for each channel.
#
# Write `head_params`. It returns how many parameters the head has: its weights and its biases.
#
# - `channels`, `height` and `width` are the sizes of the maps of one image. `classes` is the number of
#   classes.
# - The result is an `int`.
# - Any other `kind` raises `ValueError` with a message. So do sizes below 1. (The sizes cost no points.)


# %% nbgrader={"grade": false, "grade_id": "head_params-answer", "locked": false, "schema_version": 3, "solution": true}
def head_params(kind: str, channels: int, height: int, width: int, classes: int) -> int:
    """How many parameters a linear head has. kind is "flatten" or "gap"."""
    ### BEGIN SOLUTION
    if kind == "flatten":
        seen = channels * height * width
    elif kind == "gap":
        seen = channels
    else:
        raise ValueError(f"There is no head {kind!r}.")
    if seen < 1 or classes < 1:
        raise ValueError("All sizes must be at least 1.")
    return seen * classes + classes
    ### END SOLUTION


# %% [markdown]
# Maps of 3 channels, 4 rows and 5 columns, and 10 classes. Flattened, the layer sees 60 numbers: 600
# weights and 10 biases. Pooled, it sees 3: 30 weights and 10 biases. This should say `(610, 40)`:

# %% tags=["raises-exception"]
head_params("flatten", 3, 4, 5, 10), head_params("gap", 3, 4, 5, 10)

# %% nbgrader={"grade": true, "grade_id": "head_params", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(head_params)

# %% [markdown]
# ## Play with what you built
#
# Nothing here is graded. The output on the right is painted by *your* functions. Shift the image by
# one pixel, then by two, and watch which outputs change.

# %% tags=["demo"]
from cnncourse.widgets.pooling import Pooling

Pooling(functions={"max": max_pool2d, "average": avg_pool2d, "global": global_avg_pool})
