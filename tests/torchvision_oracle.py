"""torchvision's model definitions, an independent implementation of ours."""

from __future__ import annotations

import contextlib
from types import ModuleType

import torch

# Without them the package cannot be imported beside a PyTorch that it was not built for; the
# models use neither.
OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def torchvision_models() -> ModuleType:
    """`torchvision.models`; it works whether or not its compiled operators load."""
    for schema in OPERATORS:
        with contextlib.suppress(RuntimeError):
            LIBRARY.define(schema)
    from torchvision import models

    return models
