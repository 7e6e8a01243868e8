"""Random inputs for cases: never constant, monotone, symmetric or of one sign."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor


def normal(
    generator: Generator, *shape: int, dtype: torch.dtype = torch.float64, grad: bool = False
) -> Tensor:
    """Normal numbers; with `grad`, their gradient is part of the case."""
    return torch.randn(shape, generator=generator, dtype=dtype).requires_grad_(grad)


def integers(generator: Generator, low: int, high: int, *shape: int) -> np.ndarray:
    """Whole numbers from low to high - 1, as int64."""
    return torch.randint(low, high, shape, generator=generator).numpy()


def photo_bytes(generator: Generator, *shape: int) -> np.ndarray:
    """Pixels 0 to 255, as uint8."""
    return integers(generator, 0, 256, *shape).astype(np.uint8)
