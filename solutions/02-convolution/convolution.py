# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Convolution: the exercises
#
# Six functions, from counting windows to the gradient of a whole layer. The ideas are in the
# [chapter on convolution](../../book/02-convolution.md). Keep it open beside this notebook.
#
# Each exercise has the same four parts:
#
# 1. **The task.** What the function gets, what it returns, and what it must not do.
# 2. **The answer cell.** Replace the two lines under the docstring with your code. Run the cell with
#    `Shift`+`Enter`.
# 3. **An example to try.** Small enough to work out on paper.
# 4. **The check.** Run it as often as you like. It tells you *what* went wrong, and why.
#
# Stuck? Make a new cell and run `hint(output_size)`. A second hint says more: `hint(output_size, 2)`.
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

import numpy as np
import torch
import torch.nn.functional as F

# %% [markdown]
# ## Exercise 1: how many windows fit
#
# *2 points, about 10 minutes.*
#
# A kernel of `kernel_size` pixels slides along a row of `n` pixels. Before it starts, `padding` pixels
# are added at *both* ends. Each step moves it by `stride` pixels. With `dilation` 2 there is one
# unused pixel between its neighbours, with `dilation` 3 there are two.
#
# Write `output_size`. It returns how many places the kernel can take.
#
# - All arguments are whole numbers, and so is the result: an `int`, not a `float`.
# - A last step that does not fit is left out.
# - If not even one window fits, raise `ValueError` with a message.


# %% nbgrader={"grade": false, "grade_id": "output_size-answer", "locked": false, "schema_version": 3, "solution": true}
def output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """How many windows of a kernel fit along an axis of n pixels."""
    ### BEGIN SOLUTION
    reach = dilation * (kernel_size - 1) + 1
    room = n + 2 * padding
    if reach > room:
        raise ValueError(f"A window of {reach} pixels does not fit into {room}.")
    return (room - reach) // stride + 1
    ### END SOLUTION


# %% [markdown]
# Seven pixels, a window of three. The first window starts at pixel 0 and the last at pixel 4, so there
# are 5. With stride 2 the windows start at 0, 2 and 4. So this should say `(5, 3)`:

# %% tags=["raises-exception"]
output_size(7, kernel_size=3), output_size(7, kernel_size=3, stride=2)

# %% nbgrader={"grade": true, "grade_id": "output_size", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(output_size)

# %% [markdown]
# ## Exercise 2: slide a filter
#
# *2 points, about 20 minutes.*
#
# Put the kernel on the upper left corner of the image. Multiply each kernel number by the pixel under
# it and add everything up. That sum is the first number of the result. Then move one pixel on.
#
# Write `cross_correlate2d`.
#
# - `image` is a NumPy array of shape `(H, W)`, `kernel` one of shape `(kh, kw)`. Neither has to be
#   square.
# - The result has shape `(H - kh + 1, W - kw + 1)`: only the places where the whole kernel lies inside.
# - Photographs have pixels of type `uint8`. There 200 + 100 is 44, because such a number ends at 255.
#   Your sums must not wrap around, and a kernel of fractions must not be rounded.
# - Leave `image` and `kernel` as they are. If the kernel is larger than the image, raise `ValueError`.
#   (The check reminds you of that. It costs no points.)
# - Loops are welcome.


# %% nbgrader={"grade": false, "grade_id": "cross_correlate2d-answer", "locked": false, "schema_version": 3, "solution": true}
def cross_correlate2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide the kernel over the image; at each place multiply and add.

    image (H, W), kernel (kh, kw) -> (H - kh + 1, W - kw + 1)
    """
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    rows = output_size(image.shape[0], kh)
    columns = output_size(image.shape[1], kw)
    image = image.astype(np.float64)
    result = np.zeros((rows, columns))
    for y in range(rows):
        for x in range(columns):
            result[y, x] = (image[y : y + kh, x : x + kw] * kernel).sum()
    return result
    ### END SOLUTION


# %% [markdown]
# The kernel `[[1, 10]]` takes each pixel once and its right neighbour ten times. The first number is
# 1 + 10 · 2 = 21, the others are 32, 54 and 65:

# %% tags=["raises-exception"]
cross_correlate2d(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 10]]))

# %% nbgrader={"grade": true, "grade_id": "cross_correlate2d", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(cross_correlate2d)

# %% [markdown]
# ## Exercise 3: true convolution
#
# *1 point, about 10 minutes.*
#
# Mathematicians turn the kernel by 180 degrees before they slide it. Only then do they say
# *convolution*. Deep learning leaves out the turn and keeps the word.
#
# Write `convolve2d`: the same arguments as in exercise 2, the same shape of the result, but with the
# kernel turned.


# %% nbgrader={"grade": false, "grade_id": "convolve2d-answer", "locked": false, "schema_version": 3, "solution": true}
def convolve2d(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """True convolution: slide the kernel turned by 180 degrees.

    image (H, W), kernel (kh, kw) -> (H - kh + 1, W - kw + 1)
    """
    ### BEGIN SOLUTION
    return cross_correlate2d(image, np.rot90(kernel, 2))
    ### END SOLUTION


# %% [markdown]
# The same numbers as above, but now the *left* pixel counts ten times. The first number is
# 10 · 1 + 2 = 12, the others are 23, 45 and 56:

# %% tags=["raises-exception"]
convolve2d(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 10]]))

# %% nbgrader={"grade": true, "grade_id": "convolve2d", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(convolve2d)

# %% [markdown]
# ## Exercise 4: find the edges
#
# *2 points, about 20 minutes.*
#
# An edge is a place where the brightness changes. Sobel's two kernels measure how fast. One looks
# along a row and the other down a column. Each is a difference in one direction and a small blur,
# the weights (1, 2, 1), in the other.
#
# Write `sobel_edges`. It returns three arrays: `gx`, `gy` and `magnitude`.
#
# - `image` has shape `(H, W)`, of type `uint8` or a float. All three results have shape
#   `(H - 2, W - 2)` and type `float64`.
# - `gx` is **positive** where dark is on the left and light on the right. `gy` is **positive** where
#   dark is above and light below. Keep the sign.
# - Use the whole-number kernels. Do not divide by 8.
# - `magnitude` is the length of the arrow `(gx, gy)`: the root of the sum of the squares.
# - Leave `image` as it is. If it is smaller than 3 × 3, raise `ValueError`. (No points.)


# %% nbgrader={"grade": false, "grade_id": "sobel_edges-answer", "locked": false, "schema_version": 3, "solution": true}
def sobel_edges(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How fast the image gets lighter to the right, downwards, and in all.

    image (H, W) -> gx, gy, magnitude, each (H - 2, W - 2) and float64
    """
    ### BEGIN SOLUTION
    to_the_right = np.outer([1, 2, 1], [-1, 0, 1])
    gx = cross_correlate2d(image, to_the_right)
    gy = cross_correlate2d(image, to_the_right.T)
    return gx, gy, np.sqrt(gx**2 + gy**2)
    ### END SOLUTION


# %% [markdown]
# Two dark columns and a light one. The brightness rises by 9 to the right and not at all downwards. The
# weights add up to 1 + 2 + 1 = 4, so `gx` is 36, `gy` is 0, and `magnitude` is 36:

# %% tags=["raises-exception"]
sobel_edges(np.array([[0, 0, 9], [0, 0, 9], [0, 0, 9]], dtype=np.uint8))

# %% nbgrader={"grade": true, "grade_id": "sobel_edges", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check(sobel_edges)

# %% [markdown]
# ## Exercise 5: a convolution layer
#
# *4 points, about 40 minutes.*
#
# Now with everything that a layer has: a batch of images, channels, many filters, a bias, and the
# three ways to move. From here on the arrays are PyTorch tensors.
#
# Write `conv2d`.
#
# - `x` has shape `(N, C, H, W)`: N images of C channels. `weight` has shape `(F, C, kh, kw)`: F
#   filters, each as deep as the image. `bias` is `None` or has shape `(F,)`: one number per filter.
# - The result has shape `(N, F, H_out, W_out)`. Exercise 1 knows both sizes.
# - `stride`, `padding` and `dilation` are whole numbers, or pairs `(height, width)`. The function `pair`
#   below turns either into a pair. The padding is made of zeros.
# - The filter is *not* turned: this is the sliding of exercise 2.
# - The result has the type and the device of `x`. Gradients flow through it, so no `.detach()`, no
#   `.numpy()`, no `torch.no_grad()`. The arguments stay as they are.
# - Sizes that do not go together raise `ValueError`: `x` and `weight` that disagree about C, a bias
#   that is not one number per filter, a kernel larger than the padded image. (The check says so if
#   yours does not. It costs no points.)
# - **Not allowed**: any convolution of the library (`F.conv2d`, `nn.Conv2d`, `F.unfold`, ...). Slices,
#   `F.pad`, `Tensor.unfold`, `einsum` and `@` are fine.
# - A loop over the few places *inside* the kernel is fine. A loop over images, channels, filters or
#   pixels is too slow to be useful, and the check says so.


# %%
def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Turn 3 into (3, 3), and leave (1, 2) as it is."""
    return (size, size) if isinstance(size, int) else tuple(size)


# %% nbgrader={"grade": false, "grade_id": "conv2d-answer", "locked": false, "schema_version": 3, "solution": true}
def conv2d(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> torch.Tensor:
    """A convolution layer.

    x (N, C, H, W), weight (F, C, kh, kw), bias (F,) -> (N, F, H_out, W_out)
    """
    ### BEGIN SOLUTION
    if x.shape[1] != weight.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the filters have {weight.shape[1]}.")
    if bias is not None and bias.shape != (weight.shape[0],):
        raise ValueError(f"{weight.shape[0]} filters need as many biases.")
    (step_y, step_x), (pad_y, pad_x), (gap_y, gap_x) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weight.shape[2:]
    rows = output_size(x.shape[2], kh, step_y, pad_y, gap_y)
    columns = output_size(x.shape[3], kw, step_x, pad_x, gap_x)
    x = F.pad(x, (pad_x, pad_x, pad_y, pad_y))
    out = 0
    for i in range(kh):
        for j in range(kw):
            # The pixels that the kernel number (i, j) ever lies on, one for each window.
            top, left = i * gap_y, j * gap_x
            bottom = top + step_y * (rows - 1) + 1
            right = left + step_x * (columns - 1) + 1
            pixels = x[:, :, top:bottom:step_y, left:right:step_x]
            out = out + torch.einsum("nchw,fc->nfhw", pixels, weight[:, :, i, j])
    return out if bias is None else out + bias.reshape(-1, 1, 1)
    ### END SOLUTION


# %% [markdown]
# One image with two channels, one filter. The first channel gives 1 + 10 · 2 = 21 and then 32, as in
# exercise 2. The second adds 5 both times, and the bias adds 100. So this should be 126 and 137:

# %% tags=["raises-exception"]
conv2d(
    torch.tensor([[[[1.0, 2.0, 3.0]], [[0.0, 5.0, 0.0]]]]),
    torch.tensor([[[[1.0, 10.0]], [[1.0, 1.0]]]]),
    bias=torch.tensor([100.0]),
)

# %% nbgrader={"grade": true, "grade_id": "conv2d", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(conv2d)

# %% [markdown]
# ## Exercise 6: the way back
#
# *4 points, about 45 minutes.*
#
# A network learns by asking each layer: how would the loss change if your inputs were a little larger?
# The layer is told how the loss depends on its *output*, `grad_out`. It hands that on to its image, its
# weights and its bias.
#
# Three rules are enough, and the chapter draws them:
#
# - A bias was added at every place, so its gradient is the sum of `grad_out` over all of them.
# - A weight was multiplied by one pixel per window, so it gets the sum of those pixels times `grad_out`.
# - A pixel lay under several windows, so it gets what *each* of them hands back, added up.
#
# Write `conv2d_backward`. It returns `(grad_x, grad_weight, grad_bias)`.
#
# - `grad_out` has the shape of the output, `(N, F, H_out, W_out)`. `x` and `weight` are those of the
#   forward pass, and so are `stride` and `padding`, numbers or pairs. There is no dilation here.
# - Each gradient has the shape of the thing that it belongs to. `grad_bias` has shape `(F,)`.
# - The same type and device as `x`, and the arguments stay as they are.
# - A `grad_out` whose shape does not belong to the other arguments raises `ValueError`. (No points.)
# - **Not allowed**: any convolution of the library, and letting PyTorch differentiate for you
#   (`torch.autograd`, `.backward()`, `torch.func`).


# %% nbgrader={"grade": false, "grade_id": "conv2d_backward-answer", "locked": false, "schema_version": 3, "solution": true}
def conv2d_backward(
    grad_out: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The gradients of a convolution layer.

    grad_out (N, F, H_out, W_out), x (N, C, H, W), weight (F, C, kh, kw)
    -> grad_x (N, C, H, W), grad_weight (F, C, kh, kw), grad_bias (F,)
    """
    ### BEGIN SOLUTION
    (step_y, step_x), (pad_y, pad_x) = pair(stride), pair(padding)
    height, width = x.shape[2:]
    kh, kw = weight.shape[2:]
    rows = output_size(height, kh, step_y, pad_y)
    columns = output_size(width, kw, step_x, pad_x)
    expected = (x.shape[0], weight.shape[0], rows, columns)
    if grad_out.shape != expected:
        raise ValueError(f"grad_out has shape {tuple(grad_out.shape)}, the output {expected}.")
    padded = F.pad(x, (pad_x, pad_x, pad_y, pad_y))
    grad_padded = torch.zeros_like(padded)
    grad_weight = torch.zeros_like(weight)
    for i in range(kh):
        for j in range(kw):
            down = slice(i, i + step_y * (rows - 1) + 1, step_y)
            along = slice(j, j + step_x * (columns - 1) + 1, step_x)
            pixels = padded[:, :, down, along]
            grad_weight[:, :, i, j] = torch.einsum("nfhw,nchw->fc", grad_out, pixels)
            handed_back = torch.einsum("nfhw,fc->nchw", grad_out, weight[:, :, i, j])
            grad_padded[:, :, down, along] += handed_back
    grad_x = grad_padded[:, :, pad_y : pad_y + height, pad_x : pad_x + width]
    return grad_x, grad_weight, grad_out.sum((0, 2, 3))
    ### END SOLUTION


# %% [markdown]
# Three pixels of 1, the kernel `[2, 5]`, and a `grad_out` of 1 at both windows. The pixel in the middle
# lies under both windows, so it gets 5 + 2 = 7, and the outer ones get 2 and 5. Each weight saw two
# pixels of 1, so both get 2. The bias gets 2:

# %% tags=["raises-exception"]
conv2d_backward(torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 3), torch.tensor([[[[2.0, 5.0]]]]))

# %% nbgrader={"grade": true, "grade_id": "conv2d_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check(conv2d_backward)

# %% [markdown]
# ## Play with what you built
#
# Nothing here is graded. The picture is painted by *your* `conv2d`. Change the kernel, the stride, the
# padding and the dilation, and see what your function makes of them.

# %% tags=["demo"]
from cnncourse.widgets.convolution import Convolution

Convolution(function=conv2d, tensors=True)
