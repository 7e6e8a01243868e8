"""Training examples and held-out examples of one data set, kept together."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """What a network learns from, and what it is tested on.

    inputs (N, C, ...) and held_out (M, C, ...): float32. targets (N,) and held_out_targets (M,):
    int64, the number of the class.
    """

    inputs: Tensor
    targets: Tensor
    held_out: Tensor
    held_out_targets: Tensor

    def shuffled(self, generator: torch.Generator) -> Split:
        """The same values at other places: one random order of the places, for all examples.

        inputs (N, C, ...) -> (N, C, ...). The channels of a place stay together. What is near to
        what is lost, and nothing else is.

        >>> numbers = torch.arange(8.0).reshape(2, 1, 4)
        >>> split = Split(numbers, torch.tensor([0, 1]), numbers[:1], torch.tensor([0]))
        >>> mixed = split.shuffled(torch.Generator().manual_seed(0))
        >>> mixed.inputs
        tensor([[[0., 1., 3., 2.]],
        <BLANKLINE>
                [[4., 5., 7., 6.]]])
        >>> mixed.held_out
        tensor([[[0., 1., 3., 2.]]])
        """
        count = math.prod(self.inputs.shape[2:])
        order = torch.randperm(count, generator=generator, device=generator.device)
        return replace(
            self,
            inputs=_reordered(self.inputs, order),
            held_out=_reordered(self.held_out, order),
        )

    def take(self, count: int) -> Split:
        """Only the first `count` training examples; what is held out stays as it is.

        ValueError when there are fewer, or when count is negative.

        >>> nothing = torch.zeros(5, 1, 4), torch.zeros(5, dtype=torch.int64)
        >>> len(Split(*nothing, *nothing).take(2).inputs)
        2
        """
        if not 0 <= count <= len(self.inputs):
            raise ValueError(f"take({count}): there are {len(self.inputs)} training examples")
        return replace(self, inputs=self.inputs[:count], targets=self.targets[:count])

    def to(self, device: torch.device | str) -> Split:
        """The same examples on another device, such as "cuda".

        >>> nothing = torch.zeros(5, 1, 4), torch.zeros(5, dtype=torch.int64)
        >>> Split(*nothing, *nothing).to("meta").inputs.device
        device(type='meta')
        """
        return Split(**{part.name: getattr(self, part.name).to(device) for part in fields(self)})


def _reordered(inputs: Tensor, order: Tensor) -> Tensor:
    return inputs.flatten(2)[:, :, order.to(inputs.device)].reshape(inputs.shape)
