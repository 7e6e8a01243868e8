"""Depth, written to be read: ReLU, a good start, receptive fields, cost.

Axes: N batch, C channels, F filters, H W height and width.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

Size = int | tuple[int, int]
# (kernel_size, stride, dilation)
LayerSizes = tuple[int, int, int]


def relu(x: Tensor) -> Tensor:
    """What is negative becomes zero, the rest stays. Any shape -> the same.

    >>> relu(torch.tensor([-2.0, 0.0, 3.0])).tolist()
    [0.0, 0.0, 3.0]
    """
    return torch.where(x > 0, x, 0)


def relu_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gradient passes where x was positive, and is stopped elsewhere.

    grad_out and x of one shape -> the same shape. ValueError for two shapes.
    At 0 there is no derivative; like PyTorch, we take 0.

    >>> x = torch.tensor([-2.0, 0.0, 3.0])
    >>> relu_backward(torch.tensor([5.0, 6.0, -7.0]), x).tolist()
    [0.0, 0.0, -7.0]
    """
    if grad_out.shape != x.shape:
        raise ValueError(f"grad_out {grad_out.shape}, but x {x.shape}")
    return torch.where(x > 0, grad_out, 0)


def he_init(shape: Sequence[int], generator: Generator) -> Tensor:
    """Weights under which a signal keeps its size through ReLU layers.

    shape (out, in) or (F, C, kh, kw) -> a tensor of that shape: normal, mean
    0, variance 2 / fan-in. The fan-in is how many inputs one output adds up.
    ValueError for fewer than two axes. (He et al. 2015, equation 10.)

    >>> weight = he_init((400, 200), Generator().manual_seed(0))
    >>> round(weight.std().item(), 2)  # the root of 2 / 200
    0.1
    """
    if len(shape) < 2:
        raise ValueError(f"a weight has two axes or more, not {tuple(shape)}")
    fan_in = math.prod(shape[1:])
    return torch.randn(*shape, generator=generator) * math.sqrt(2 / fan_in)


def receptive_field(layers: Sequence[LayerSizes]) -> tuple[int, int]:
    """How many pixels one output sees, and how far apart neighbours look.

    layers: (kernel_size, stride, dilation) of each, the first one first
    -> (size, jump), in pixels of the input, along one axis.
    (Araujo, Norris & Sim 2019, "Computing receptive fields".)

    >>> receptive_field([(3, 1, 1), (3, 1, 1)])
    (5, 1)
    >>> receptive_field([(3, 2, 1), (3, 1, 1)])
    (7, 2)
    """
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        size += (kernel_size - 1) * dilation * jump
        jump *= stride
    return size, jump


def gradient_receptive_field(
    model: nn.Module, in_shape: tuple[int, int, int]
) -> tuple[int, int]:
    """The receptive field as the gradient sees it, whatever the network.

    model (1, C, H, W) -> (1, F, H', W'), in_shape (C, H, W) -> (height,
    width) of the inputs that can move the output at (H' // 2, W' // 2).
    The model stays as it was. (Luo et al. 2016 look at these gradients.)

    >>> gradient_receptive_field(nn.Conv2d(1, 1, (3, 5)), (1, 9, 9))
    (3, 5)
    """
    model = open_all_ways(model)
    like = next(model.parameters())
    x = torch.ones(1, *in_shape, dtype=like.dtype, device=like.device)
    x.requires_grad_()
    out = model(x)
    row, column = out.shape[2] // 2, out.shape[3] // 2
    grad = torch.autograd.grad(out[:, :, row, column].sum(), x)[0]
    seen = (grad != 0).any(1)[0]
    return extent(seen.any(1)), extent(seen.any(0))


def open_all_ways(model: nn.Module) -> nn.Module:
    """A copy in eval mode through which every gradient passes.

    ReLU and max pooling stop some of them, and which depends on the input.

    >>> open_all_ways(nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)))
    Sequential(
      (0): Identity()
      (1): AvgPool2d(kernel_size=2, stride=2, padding=0)
    )
    """
    if isinstance(model, nn.ReLU):
        return nn.Identity()
    if isinstance(model, nn.MaxPool2d):
        return nn.AvgPool2d(model.kernel_size, model.stride, model.padding)
    model = copy.deepcopy(model).eval()
    for name, child in model.named_children():
        setattr(model, name, open_all_ways(child))
    return model


def extent(seen: Tensor) -> int:
    """From the first True to the last. seen (L,)

    >>> extent(torch.tensor([False, True, False, True, False]))
    3
    """
    places = seen.nonzero()
    return int(places.max() - places.min()) + 1 if len(places) else 0


def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: Size,
    out_height: int,
    out_width: int,
    groups: int = 1,
) -> int:
    """How many products a convolution adds up for one image.

    Each of the F x H' x W' outputs multiplies every weight of its filter
    once. ValueError where groups divide the channels unevenly.

    >>> conv_macs(3, 64, 7, 112, 112)  # the first layer of ResNet
    118013952
    """
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"{groups} groups share channels unevenly")
    both = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    weights_of_a_filter = in_channels // groups * math.prod(both)
    return out_channels * out_height * out_width * weights_of_a_filter


class SmallCNN(nn.Module):
    """A whole network for the 8 x 8 digits: look, shrink, look wider, decide.

    x (N, in_channels, 8, 8) -> (N, classes), one score for each class.

    >>> SmallCNN()(torch.ones(5, 1, 8, 8)).shape
    torch.Size([5, 10])
    """

    def __init__(self, in_channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # 8 x 8 -> 4 x 4
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # 4 x 4 -> 2 x 2
        )
        # Forgets some of its inputs while it learns, so that it trusts none.
        self.dropout = nn.Dropout(0.3)
        self.scores = nn.Linear(64 * 2 * 2, classes)

    def forward(self, x: Tensor) -> Tensor:
        features = self.features(x).flatten(1)
        return self.scores(self.dropout(features))
