# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Representations: the exercises
#
# The ideas are in the [chapter](../../book/06-representations.md). Write each answer where the answer cell says so, try
# the example under it, and run the check. It tells you *what* went wrong, and why. Stuck? Make a new
# cell and run `hint(representations_example)`.

# %%
try:
    from cnncourse import check, hint
except ModuleNotFoundError:  # Colab, for example, does not have the course's package yet.
    get_ipython().run_line_magic(
        "pip", "install --quiet git+https://github.com/cnncourse/cnncourse"
    )
    from cnncourse import check, hint

import torch

# %% [markdown]
# ## Exercise 1: an example to replace
#
# *1 point, about 5 minutes.*
#
# Write `representations_example`. It multiplies each row of `x` by a number of its own.
#
# - `x` has shape `(H, W)` and `factor` has shape `(H,)`. The result has the shape of `x`.
# - Leave the arguments as they are.


# %% nbgrader={"grade": false, "grade_id": "representations_example-answer", "locked": false, "schema_version": 3, "solution": true}
def representations_example(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Multiply each row by its factor.

    x (H, W), factor (H,) -> (H, W)
    """
    ### BEGIN SOLUTION
    return x * factor.unsqueeze(1)
    ### END SOLUTION


# %% [markdown]
# One row of 2 and 3, scaled by 10:

# %% tags=["raises-exception"]
representations_example(torch.tensor([[2.0, 3.0]]), torch.tensor([10.0]))

# %% nbgrader={"grade": true, "grade_id": "representations_example", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check(representations_example)
