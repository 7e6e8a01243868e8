"""Answers of lesson 05-depth that are right in a style of their own."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


# relu -------------------------------------------------------------------------------------------
def by_a_mask(x):
    return x * (x > 0)


def by_clamp(x):
    return x.clamp(min=0)


def by_maximum(x):
    return torch.maximum(x, torch.zeros_like(x))


def by_absolute_values(x):
    return (x + x.abs()) / 2


def into_a_copy(x):
    out = x.clone()
    out[out < 0] = 0
    return out


def by_masked_fill(activations):
    return activations.masked_fill(activations <= 0, 0.0)


def by_a_maximum_over_two(x):
    return torch.stack((x, torch.zeros_like(x))).amax(0)


# relu_backward ----------------------------------------------------------------------------------
def slope_times_gradient(grad_out, x):
    return grad_out * (x > 0)


def into_a_copy_of_the_gradient(grad_out, x):
    grad = grad_out.clone()
    grad[x <= 0] = 0
    return grad


def through_numpy(grad_out, x):
    return torch.from_numpy(np.where(x.numpy() > 0, grad_out.numpy(), 0).astype(x.numpy().dtype))


def by_heaviside(grad_out, x):
    return grad_out * torch.heaviside(x, torch.zeros((), dtype=x.dtype, device=x.device))


# he_init ----------------------------------------------------------------------------------------
def in_place_normal(shape, generator):
    std = (2 / math.prod(shape[1:])) ** 0.5
    return torch.empty(shape).normal_(0, std, generator=generator)


def in_double_precision(shape, generator):
    fan_in = int(np.prod(shape[1:]))
    return torch.randn(tuple(shape), generator=generator, dtype=torch.float64) * (2 / fan_in) ** 0.5


def by_torch_normal(shape, generator):
    fan_in = torch.empty(shape)[0].numel()
    return torch.normal(0.0, math.sqrt(2 / fan_in), tuple(shape), generator=generator)


def flat_and_then_folded(shape, generator):
    numbers = torch.randn(math.prod(shape), generator=generator)
    return numbers.div(math.sqrt(math.prod(shape[1:]) / 2)).view(*shape)


def filter_by_filter(shape, generator):
    fan_in = math.prod(shape[1:])
    rows = [torch.randn(*shape[1:], generator=generator) for _ in range(shape[0])]
    return nn.Parameter(torch.stack(rows) * (2 / fan_in) ** 0.5)


def with_the_axes_turned(shape, generator):
    weight = torch.randn(*shape[::-1], generator=generator) * (2 / math.prod(shape[1:])) ** 0.5
    return weight.permute(*range(len(shape))[::-1])


def by_box_and_muller(shape, generator):
    one, other = torch.rand(2, *shape, generator=generator, dtype=torch.float64)
    normal = torch.sqrt(-2 * torch.log(1 - one)) * torch.cos(2 * math.pi * other)
    return normal.float() * math.sqrt(2 / math.prod(shape[1:]))


# receptive_field --------------------------------------------------------------------------------
def from_the_end(layers):
    size = jump = 1
    for kernel_size, stride, dilation in reversed(layers):
        size = (size - 1) * stride + dilation * (kernel_size - 1) + 1
    for _, stride, _ in layers:
        jump *= stride
    return [size, jump]


def as_a_sum(layers):
    jumps = np.cumprod([1] + [s for _, s, _ in layers])
    return 1 + sum((k - 1) * d * j for (k, _, d), j in zip(layers, jumps)), jumps[-1]  # noqa: B905


def recursively(layers):
    if not layers:
        return (1, 1)
    size, jump = recursively(layers[:-1])
    k, s, d = layers[-1]
    return size + (k - 1) * d * jump, jump * s


# gradient_receptive_field -----------------------------------------------------------------------
def many_probes_one_by_one(model, in_shape):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    like = next(model.parameters())
    seen = torch.zeros(in_shape[1:], dtype=torch.bool)
    for seed in range(60):
        x = torch.randn(1, *in_shape, generator=torch.Generator().manual_seed(seed))
        x = x.to(like).requires_grad_()
        out = model(x)
        out = out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum()
        (grad,) = torch.autograd.grad(out, x, allow_unused=True)
        seen |= (grad[0] != 0).any(0).cpu()
    for module, training in modes.items():
        module.training = training
    rows, columns = torch.where(seen)
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


def a_batch_on_a_frozen_copy(model, in_shape):
    model = copy.deepcopy(model).eval()
    x = torch.rand(100, *in_shape).to(next(model.parameters())).requires_grad_()
    out = model(x)
    out[..., out.shape[-2] // 2, out.shape[-1] // 2].sum().backward()
    heat = x.grad.abs().sum((0, 1)).cpu().numpy()
    rows, columns = np.flatnonzero(heat.sum(1)), np.flatnonzero(heat.sum(0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def opened_by_name(model, in_shape):
    twin = copy.deepcopy(model)
    twin.eval()
    for name, module in list(twin.named_modules()):
        parent = twin.get_submodule(name.rpartition(".")[0])
        if isinstance(module, nn.ReLU):
            setattr(parent, name.rpartition(".")[2], nn.Identity())
        elif isinstance(module, nn.MaxPool2d):
            setattr(parent, name.rpartition(".")[2], nn.AvgPool2d(module.kernel_size))
    x = torch.zeros(1, *in_shape).to(next(twin.parameters())).requires_grad_()
    y = twin(x)
    target = torch.zeros_like(y)
    target[:, :, y.shape[2] // 2, y.shape[3] // 2] = torch.randn(y.shape[1]).to(y)
    y.backward(target)
    places = x.grad[0].abs().sum(0).nonzero()
    return (places.max(0).values - places.min(0).values + 1).tolist()


def by_nudging_every_pixel(model, in_shape):
    """No gradient at all: change a pixel, and look whether the output moves."""
    model = copy.deepcopy(model).eval().double()
    seen = torch.zeros(in_shape[1:], dtype=torch.bool)
    rows, columns = np.indices(in_shape[1:]).reshape(2, -1)
    with torch.no_grad():
        for seed in range(12):
            x = torch.randn(1, *in_shape, generator=torch.Generator().manual_seed(seed)).double()
            x = x.to(next(model.parameters()))
            nudged = x.repeat(len(rows), 1, 1, 1)
            nudged[range(len(rows)), :, rows, columns] += 3
            before, after = model(x), model(nudged)
            at = (..., before.shape[2] // 2, before.shape[3] // 2)
            moved = (after[at] != before[at]).any(1).cpu()
            seen[rows[moved], columns[moved]] = True
    rows, columns = torch.where(seen)
    return len(range(rows.min(), rows.max() + 1)), len(range(columns.min(), columns.max() + 1))


# conv_macs --------------------------------------------------------------------------------------
def group_by_group(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    if in_channels % groups or out_channels % groups:
        raise ValueError("groups")
    one = (in_channels // groups) * (out_channels // groups) * kh * kw * out_height * out_width
    return sum(one for _ in range(groups))


def from_a_layer(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=False)
    return layer.weight.numel() * out_height * out_width


def in_numpy(in_channels, out_channels, kernel_size, out_height, out_width, groups=1):
    area = np.prod(np.broadcast_to(kernel_size, 2))
    return np.int64(out_channels) * out_height * out_width * (in_channels * area // groups)


# SmallCNN ---------------------------------------------------------------------------------------
class Lazy(nn.Module):
    """Layers that find out their sizes when they see the first image."""

    def __init__(self, in_channels=1, classes=10):
        super().__init__()
        self.one, self.two = nn.LazyConv2d(32, 3, padding=1), nn.LazyConv2d(64, 3, padding=1)
        self.norm = nn.LazyBatchNorm2d()
        self.last = nn.LazyLinear(classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.one(x))), 2)
        return self.last(F.dropout(F.relu(self.two(x)).flatten(1), 0.2, self.training))


class WithShortcuts(nn.Module):
    """Residual, averaged at the end, and with log-probabilities instead of scores."""

    def __init__(self, in_channels=1, classes=10):
        super().__init__()
        self.first = nn.Conv2d(in_channels, 32, 3, padding=1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(32) for _ in range(3))
        self.convs = nn.ModuleList(nn.Conv2d(32, 32, 3, padding=1, bias=False) for _ in range(2))
        self.scores = nn.Linear(32 * 4, classes)

    def forward(self, x):
        x = self.norms[0](self.first(x)).relu()
        for conv, norm in zip(self.convs, self.norms[1:], strict=True):
            x = x + norm(conv(x)).relu()
        return F.log_softmax(self.scores(F.avg_pool2d(x, 4).flatten(1)), 1)


def with_strides_and_gelu(in_channels=1, classes=10):
    return nn.Sequential(
        nn.Conv2d(in_channels, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.GELU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.BatchNorm2d(64),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(1024, classes),
    )


RIGHT = {
    "relu": [
        by_a_mask,
        by_clamp,
        by_maximum,
        by_absolute_values,
        into_a_copy,
        by_masked_fill,
        by_a_maximum_over_two,
    ],
    "relu_backward": [
        slope_times_gradient,
        into_a_copy_of_the_gradient,
        through_numpy,
        by_heaviside,
    ],
    "he_init": [
        in_place_normal,
        in_double_precision,
        by_torch_normal,
        flat_and_then_folded,
        filter_by_filter,
        with_the_axes_turned,
        by_box_and_muller,
    ],
    "receptive_field": [from_the_end, as_a_sum, recursively],
    "gradient_receptive_field": [
        many_probes_one_by_one,
        a_batch_on_a_frozen_copy,
        opened_by_name,
        by_nudging_every_pixel,
    ],
    "conv_macs": [group_by_group, from_a_layer, in_numpy],
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in RIGHT.items()
        for answer in answers
    ],
)
def test_unusual_right_answer_passes(name, answer, seed):
    result = grade(find_exercise(name), answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize("answer", [Lazy, WithShortcuts, with_strides_and_gelu])
def test_unusual_network_passes(answer):
    result = grade(find_exercise("SmallCNN"), answer, seed=4)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)
    assert result.remarks == ()


@pytest.mark.parametrize(
    ("name", "answer", "remark"),
    [
        ("relu_backward", slope_times_gradient, "another shape"),
        ("receptive_field", as_a_sum, "plain `int`"),
        ("conv_macs", in_numpy, "5 groups cannot share"),
        ("he_init", flat_and_then_folded, "one axis only"),
    ],
)
def test_what_is_right_but_odd_gets_a_remark(name, answer, remark):
    result = grade(find_exercise(name), answer)
    assert result.verdict == "right"
    assert remark in " ".join(result.remarks)


@pytest.mark.parametrize(
    "answer",
    [
        F.relu,
        torch.relu_,
        nn.ReLU(),
        F.leaky_relu,
        lambda x: F.threshold(x, 0, 0),
        lambda x: F.prelu(x, torch.zeros(1, dtype=x.dtype)),
        lambda x: x.relu(),
        torch.ops.aten.relu,
    ],
)
def test_relu_of_the_library_is_not_allowed(answer):
    result = grade(find_exercise("relu"), lambda x: answer(x))
    assert result.verdict == "not allowed"
    assert "clamp" in result.say


def test_few_probes_are_told_from_none():
    def gradient_receptive_field(model, in_shape):
        model = copy.deepcopy(model).eval()
        x = torch.randn(1, *in_shape).to(next(model.parameters())).requires_grad_()
        out = model(x)
        out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum().backward()
        rows, columns = torch.where(x.grad[0].any(0))
        if not len(rows):
            return 0, 0
        return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1

    result = grade(find_exercise("gradient_receptive_field"), gradient_receptive_field)
    assert result.misconception == "trusts_one_probe"
