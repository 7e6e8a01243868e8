"""Answers of lesson 10-tcn that are right in a style of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.recipes.tcn import over_time
from cnncourse.reference.tcn import TemporalBlock


# causal_conv1d ----------------------------------------------------------------------------------
def tap_by_tap(x, weight, bias=None, dilation=1):
    steps, taps = x.shape[2], weight.shape[2]
    padded = torch.cat((x.new_zeros(*x.shape[:2], dilation * (taps - 1)), x), 2)
    out = sum(
        weight[:, :, j] @ padded[:, :, j * dilation : j * dilation + steps] for j in range(taps)
    )
    return out if bias is None else out + bias.view(1, -1, 1)


def by_places(signals, weight, bias=None, dilation=1):
    places = torch.arange(signals.shape[2], device=signals.device)[:, None]
    places = places - dilation * torch.arange(weight.shape[2], device=signals.device).flip(0)
    seen = signals[:, :, places.clamp(min=0)] * (places >= 0)
    out = torch.tensordot(seen, weight, dims=([1, 3], [1, 2])).transpose(1, 2)
    return out if bias is None else out + bias.unsqueeze(-1)


def by_frequencies(x, weight, bias=None, dilation=1):
    taps = weight.shape[2]
    spread = x.new_zeros(*weight.shape[:2], dilation * (taps - 1) + 1)
    spread[:, :, ::dilation] = weight.flip(2)
    length = x.shape[2] + spread.shape[2] - 1
    product = torch.einsum(
        "nct,fct->nft", torch.fft.rfft(x, length), torch.fft.rfft(spread, length)
    )
    out = torch.fft.irfft(product, length)[..., : x.shape[2]]
    return out if bias is None else out + bias[:, None]


def by_windows(x, weight, bias=None, dilation=1):
    n, t = len(x), x.shape[2]
    span = dilation * (weight.shape[-1] - 1) + 1
    windows = F.pad(x, [span - 1, 0]).unfold(-1, span, 1)[..., ::dilation]
    rows = windows.transpose(1, 2).reshape(n * t, -1)
    out = (rows @ weight.flatten(1).T).view(n, t, -1).permute(0, 2, 1)
    return out.contiguous() if bias is None else out + bias[None, :, None]


def by_a_matrix(x, weight, bias=None, dilation=1):
    """A matrix (T, T) for each pair of channels, of shifted diagonals."""
    steps, taps = x.shape[2], weight.shape[2]
    matrix = 0
    for back in range(taps):
        if back * dilation < steps:
            ones = x.new_ones(steps - back * dilation)
            shifted = torch.diag(ones, -back * dilation)
            matrix = matrix + weight[:, :, -1 - back, None, None] * shifted
    out = torch.einsum("ncs,fcts->nft", x, matrix)
    return out if bias is None else out.add(bias[:, None])


# tcn_receptive_field, min_levels ----------------------------------------------------------------
def as_a_sum(kernel_size, levels, convs_per_block=2):
    return 1 + sum(convs_per_block * (kernel_size - 1) * 2**i for i in range(levels))


def in_numpy(k, n, convs_per_block=2):
    return 1 + convs_per_block * (k - 1) * (2 ** np.arange(n)).sum()


def recursively(kernel_size, levels, convs_per_block=2):
    if levels == 0:
        return 1
    below = recursively(kernel_size, levels - 1, convs_per_block)
    return below + (convs_per_block * (kernel_size - 1) << (levels - 1))


def by_tensors(kernel_size, levels, convs_per_block=2):
    dilations = 2 ** torch.arange(levels)
    return 1 + convs_per_block * (kernel_size - 1) * dilations.sum()


def by_bits(length, kernel_size, convs_per_block=2):
    if length <= 1:
        return 1
    if kernel_size < 2:
        raise ValueError("kernel_size")
    each = convs_per_block * (kernel_size - 1)
    return max(1, (-(-(length - 1) // each)).bit_length())


def by_rounding_up(length, kernel_size, convs_per_block=2):
    each = convs_per_block * (kernel_size - 1)
    if length > 1 and each == 0:
        raise ValueError("it never looks back")
    return max(1, int(np.ceil(np.log2((length - 1) / each + 1)))) if each else 1


def going_on(length, kernel_size, convs_per_block=2):
    if kernel_size == 1 and length != 1:
        raise ValueError("it never looks back")
    field, level = 1 + convs_per_block * (kernel_size - 1), 1
    while field < length:
        field += convs_per_block * (kernel_size - 1) * 2**level
        level += 1
    return np.int64(level)


# TemporalBlock ----------------------------------------------------------------------------------
class WithAPlainProjection(TemporalBlock):
    """The task does not say whether the way around has a bias; a ResNet's has none."""

    def __init__(self, in_channels, out_channels, kernel_size, dilation):
        super().__init__(in_channels, out_channels, kernel_size, dilation)
        if in_channels != out_channels:
            self.shortcut = nn.Conv1d(in_channels, out_channels, 1, bias=False)


class AroundFirst(nn.Module):
    """Declared backwards, and the way around is gone first."""

    def __init__(self, in_channels, out_channels, kernel_size, dilation):
        super().__init__()
        if in_channels != out_channels:
            self.around = nn.Conv1d(in_channels, out_channels, 1)
        self.past = nn.ConstantPad1d(((kernel_size - 1) * dilation, 0), 0.0)
        self.b = nn.Conv1d(out_channels, out_channels, kernel_size, dilation=dilation)
        self.a = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        side = self.around(x) if hasattr(self, "around") else x
        for layer in (self.a, self.b):
            x = torch.relu(layer(self.past(x)))
        return (side + x).clamp_min(0)


class Chomped(nn.Module):
    """As the paper's code has it, with what is cut off counted from the front."""

    def __init__(self, n_inputs, n_outputs, kernel_size, dilation):
        super().__init__()
        pad = (kernel_size - 1) * dilation
        self.conv1 = nn.Conv1d(n_inputs, n_outputs, kernel_size, padding=pad, dilation=dilation)
        self.conv2 = nn.Conv1d(n_outputs, n_outputs, kernel_size, padding=pad, dilation=dilation)
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None
        self.relu = nn.ReLU()

    def forward(self, x):
        steps = x.size(2)
        out = self.relu(self.conv1(x)[:, :, :steps].contiguous())
        out = self.relu(self.conv2(out)[:, :, :steps].contiguous())
        res = x if self.downsample is None else self.downsample(x)
        return self.relu(out + res)


class WithOwnParameters(nn.Module):
    """No layer of the library at all, and a linear layer for the projection."""

    def __init__(self, in_channels, out_channels, kernel_size, dilation):
        super().__init__()
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(out_channels, channels, kernel_size) / 9)
            for channels in (in_channels, out_channels)
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(out_channels)) for _ in range(2))
        self.dilation = dilation
        same = in_channels == out_channels
        self.project = nn.Identity() if same else nn.Linear(in_channels, out_channels)

    def forward(self, x):
        out = x
        for weight, bias in zip(self.weights, self.biases, strict=True):
            out = tap_by_tap(out, weight, bias, self.dilation).relu()
        return F.relu(out + self.project(x.transpose(1, 2)).transpose(1, 2))


# is_causal --------------------------------------------------------------------------------------
def all_after_each_step(f, x):
    y = f(x)
    for t in range(x.size(-1) - 1):
        z = x.clone()
        z[:, :, t + 1 :] += 1.0
        if not torch.allclose(f(z)[:, :, : t + 1], y[:, :, : t + 1]):
            return False
    return True


def one_step_at_a_time(f, x):
    y, worst = f(x).detach(), 0.0
    for t in range(x.shape[-1]):
        bump = torch.zeros_like(x)
        bump[..., t] = 5
        before = (f(x + bump) - y)[..., :t].abs()
        worst = max(worst, before.max().item() if t else 0.0)
    return worst < 1e-4


def with_zeros(f, x):
    with torch.no_grad():
        for t in range(1, x.shape[-1]):
            cut = torch.cat((x[..., :t], torch.zeros_like(x[..., t:])), -1)
            if (f(cut) - f(x))[..., :t].abs().max() > 1e-5:
                return False
        return True


def by_derivatives(f, x):
    x = x.detach().clone().requires_grad_()
    out = f(x)
    for t in range(out.shape[-1]):
        (grad,) = torch.autograd.grad(out[..., t].pow(2).sum(), x, retain_graph=True)
        if grad[..., t + 1 :].numel() and grad[..., t + 1 :].abs().max() > 1e-6:
            return False
    return True


def by_the_whole_jacobian(f, x):
    jacobian = torch.func.jacrev(f)(x)  # (N, F, T, N, C, T)
    size = jacobian.abs().sum((0, 1, 3, 4))
    return torch.allclose(size, size.tril(), atol=1e-6)


def as_numbers(f, x):
    """All futures in one batch, compared in NumPy."""
    steps = x.shape[-1]
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1)).to(x)
    future = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1)
    mixed = torch.where(future[:, None, None], noise, x)
    out = f(mixed.flatten(0, 1)).reshape(steps, len(x), -1, steps).detach().cpu().numpy()
    real = f(x).detach().cpu().numpy()
    return np.all([np.allclose(out[t, ..., : t + 1], real[..., : t + 1]) for t in range(steps)])


# SequenceClassifier -----------------------------------------------------------------------------
def strided_with_gelu(classes=10):
    return nn.Sequential(
        nn.Conv1d(1, 24, 7, stride=2, padding=3),
        nn.BatchNorm1d(24),
        nn.GELU(),
        nn.Conv1d(24, 32, 7, stride=2, padding=3),
        nn.BatchNorm1d(32),
        nn.GELU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Linear(32, classes),
        nn.LogSoftmax(1),
    )


RIGHT = {
    "causal_conv1d": [tap_by_tap, by_places, by_frequencies, by_windows, by_a_matrix],
    "tcn_receptive_field": [as_a_sum, in_numpy, recursively, by_tensors],
    "min_levels": [by_bits, by_rounding_up, going_on],
    "TemporalBlock": [AroundFirst, Chomped, WithOwnParameters, WithAPlainProjection],
    "is_causal": [
        all_after_each_step,
        one_step_at_a_time,
        with_zeros,
        by_derivatives,
        by_the_whole_jacobian,
        as_numbers,
    ],
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


def test_unusual_network_passes():
    result = grade(find_exercise("SequenceClassifier"), strided_with_gelu, seed=4)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)
    assert result.remarks == ()


@pytest.mark.parametrize(
    ("name", "answer", "remark"),
    [
        ("causal_conv1d", by_windows, "x has 3 channels"),
        ("tcn_receptive_field", in_numpy, "plain `int`"),
        ("min_levels", going_on, "plain `int`"),
    ],
)
def test_what_is_right_but_odd_gets_a_remark(name, answer, remark):
    result = grade(find_exercise(name), answer)
    assert result.verdict == "right"
    assert remark in " ".join(result.remarks)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, weight, bias=None, dilation=1: F.conv1d(
            F.pad(x, (dilation * (weight.shape[2] - 1), 0)), weight, bias, dilation=dilation
        ),
        lambda x, weight, bias=None, dilation=1: torch.ops.aten.conv1d(
            F.pad(x, (dilation * (weight.shape[2] - 1), 0)), weight, bias, dilation=[dilation]
        ),
        lambda x, weight, bias=None, dilation=1: F.conv2d(
            F.pad(x, (dilation * (weight.shape[2] - 1), 0))[:, :, None],
            weight[:, :, None],
            bias,
            dilation=(1, dilation),
        )[:, :, 0],
    ],
)
def test_convolution_of_the_library_is_not_allowed(answer):
    result = grade(find_exercise("causal_conv1d"), answer)
    assert result.verdict == "not allowed"


def test_loop_over_steps_is_told_so():
    def step_by_step(x, weight, bias=None, dilation=1):
        out = [
            tap_by_tap(x[:, :, : t + 1], weight, bias, dilation)[..., -1:]
            for t in range(x.shape[2])
        ]
        return torch.cat(out, 2)

    result = grade(find_exercise("causal_conv1d"), step_by_step)
    assert result.verdict == "wrong"
    assert result.score == pytest.approx(8 / 9)
    assert "time" in result.say


def test_a_leak_of_one_step_is_what_a_block_and_a_layer_are_caught_at():
    """A window that ends one step late: the reason why there are graders for this."""

    def late(x, weight, bias=None, dilation=1):
        past = dilation * (weight.shape[2] - 1)
        padded = F.pad(x, (past - min(past, 1), min(past, 1)))
        return tap_by_tap(padded, weight, bias, dilation)[..., past:]

    class Late(AroundFirst):
        def forward(self, x):
            later = torch.cat((x[..., 1:], torch.zeros_like(x[..., :1])), 2)
            side = self.around(x) if hasattr(self, "around") else x
            return (torch.relu(self.b(self.past(self.a(self.past(later)).relu()))) + side).relu()

    result = grade(find_exercise("causal_conv1d"), late)
    assert result.misconception == "peeks_at_the_next_step"
    result = grade(find_exercise("TemporalBlock"), Late)
    assert result.verdict == "wrong"
    assert result.score == 0


@pytest.mark.parametrize("ahead", [1, 2])
def test_no_right_way_to_ask_overlooks_a_leak(ahead):
    f = over_time(3, 2, 3, kernel_size=4, ahead=ahead)
    x = torch.randn(1, 2, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for answer in RIGHT["is_causal"]:
        assert not answer(f, x), answer.__name__
        assert answer(over_time(3, 2, 3, kernel_size=4), x), answer.__name__


def test_the_first_and_the_last_step_are_enough_for_a_leak():
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(1, 1, 12, generator=chance, dtype=torch.float64)
    for at in range(11):
        hole = torch.zeros(12, dtype=torch.float64)
        hole[at] = 1e-3

        def leaky(x, hole=hole):
            return x.cumsum(2) + hole * x.roll(-1, 2)

        for answer in (*RIGHT["is_causal"], find_exercise("is_causal").reference):
            assert not answer(leaky, x), (answer.__name__, at)


def test_numbers_of_the_paper():
    field = find_exercise("tcn_receptive_field").reference
    # Its settings for sequential MNIST and for copying; then two worked out by hand.
    assert [field(7, 8), field(8, 8), field(2, 2), field(3, 4)] == [3061, 3571, 7, 61]
    assert math.log2((3061 - 1) / 12 + 1) == 8
