"""A temporal convolutional network: causal blocks whose dilation doubles."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from cnncourse.reference.tcn import TemporalBlock


class TCN(nn.Module):
    """Temporal blocks with dilation 1, 2, 4, ..., then one linear layer.

    x (N, in_channels, T) -> (N, outputs) from the last step, or, with
    average, from the mean of all steps, or, with every_step, (N, outputs, T).
    (Bai, Kolter & Koltun 2018, section 3; they do not average.)
    """

    def __init__(
        self,
        in_channels: int,
        widths: Sequence[int],
        kernel_size: int,
        outputs: int,
        every_step: bool = False,
        average: bool = False,
    ) -> None:
        super().__init__()
        if every_step and average:
            raise ValueError("an average has no steps: every_step or average")
        channels = (in_channels, *widths)
        self.blocks = nn.Sequential(
            *(
                TemporalBlock(channels[i], width, kernel_size, 2**i)
                for i, width in enumerate(widths)
            )
        )
        self.head = nn.Conv1d(channels[-1], outputs, 1)
        self.every_step = every_step
        self.average = average

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(x)
        if self.every_step:
            return self.head(x)
        x = x.mean(2, keepdim=True) if self.average else x[..., -1:]
        return self.head(x)[..., 0]


def tcn(
    in_channels: int,
    widths: Sequence[int],
    kernel_size: int,
    outputs: int,
    every_step: bool = False,
    average: bool = False,
) -> TCN:
    """A temporal convolutional network.

    >>> import torch
    >>> tcn(1, [8, 8], 3, outputs=10)(torch.ones(2, 1, 40)).shape
    torch.Size([2, 10])
    """
    return TCN(in_channels, widths, kernel_size, outputs, every_step, average)
