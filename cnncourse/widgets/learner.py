"""Ask a learner's own function for the output, and say how it compares. Never raises."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

SETTINGS = ("stride", "padding", "dilation")


def understood(function: Callable) -> tuple[str, ...]:
    """The settings that a function takes as arguments.

    >>> understood(lambda image, kernel, stride=1: ...)
    ('stride',)
    """
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # some built-in functions keep their arguments to themselves
        return ()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return SETTINGS
    return tuple(name for name in SETTINGS if name in parameters)


def ask(
    function: Callable,
    image: NDArray[np.uint8],
    kernel: NDArray,
    settings: dict[str, int],
    expected: NDArray[np.float64],
    tensors: bool = False,
) -> tuple[NDArray[np.float64] | None, str]:
    """What the function returns as an array, None if nothing can be shown, and a remark on it.

    With `tensors`, the function gets (1, 1, H, W) and (1, 1, kh, kw) as float64 tensors.
    """
    if expected.size == 0:
        return None, "No window fits, so there is nothing to compare."
    try:
        answer = _call(function, image, kernel, settings, tensors)
        if answer is None:
            return None, "Your function returned None. Is there a return at its end?"
        numbers = np.asarray(answer, dtype=np.float64)
    except NotImplementedError:
        return None, "Your function is still empty."
    except Exception as error:
        return None, f"Your function stopped with {type(error).__name__}: {error}"
    if numbers.ndim != 2 or numbers.size == 0:
        return None, f"Yours has the shape {numbers.shape}, expected {expected.shape}."
    return numbers, _compare(numbers, expected)


def _call(
    function: Callable, image: NDArray, kernel: NDArray, settings: dict[str, int], tensors: bool
) -> Any:
    if not tensors:
        return function(image.copy(), kernel.copy(), **settings)
    import torch

    x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (image, kernel))
    answer = function(x, weight, **settings)
    return answer if answer is None else answer.detach().cpu()[0, 0]


def _compare(numbers: NDArray[np.float64], expected: NDArray[np.float64]) -> str:
    if numbers.shape != expected.shape:
        return f"Yours has the shape {numbers.shape}, expected {expected.shape}."
    different = ~np.isclose(numbers, expected)
    if not different.any():
        return "Your function agrees with the demo in every value."
    row, column = np.argwhere(different)[0]
    return (
        f"{different.sum()} of {different.size} values differ. The first is "
        f"output[{row}, {column}]: yours is {numbers[row, column]:g}, "
        f"expected {expected[row, column]:g}."
    )
