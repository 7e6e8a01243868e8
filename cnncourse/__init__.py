"""Convolutional networks, learned by doing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncourse.notebook import check, hint

__all__ = ["check", "hint"]


def __getattr__(name: str) -> Any:
    """What notebooks call is imported on demand: PyTorch takes a second that few verbs need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("cnncourse.notebook"), name)
