"""Put a block with a projection to a case, whether its projection has a bias or not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnncourse.grading.run_module import Module, shape_key


@dataclass(frozen=True)
class ShortcutModule(Module):
    """As `Module`; but a 1x1 shortcut may have a bias or none, and both are right.

    The bias, where there is one, is set to zero and left out of everything that is compared.
    Two weights without a third are the block's own: then there is no shortcut to look for.
    """

    def known(self, model: nn.Module, inputs: list[Tensor]) -> dict[str, nn.Parameter]:
        named = super().known(model, inputs)
        weights = [one for one in named.values() if one.dim() > 1]
        if len(weights) < 3:
            return named
        pointwise = {shape_key(one) for one in weights if one[0, 0].numel() == 1}
        for shape in pointwise:
            # "behind" the projection alone: nothing lies before it but the input.
            name = f"{shape[:1]} behind {shape} no. 1"
            if shape[1] == inputs[0].shape[1] and name in named:
                with torch.no_grad():
                    named.pop(name).zero_()
        return named
