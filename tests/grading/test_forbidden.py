"""Forbidden operations are seen at dispatch, under whatever name they are called."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import forward_ad

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.grading.forbidden import (
    ATTENTION,
    AUTOGRAD,
    CONVOLUTION,
    LINEAR,
    POOLING,
    ForbiddenOperation,
    Watch,
)

X, WEIGHT = torch.randn(1, 2, 5, 6), torch.randn(3, 2, 2, 2)


class Layer(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


def square(x):
    return (x**2).sum()


def by_backward_method():
    x = X.clone().requires_grad_()
    square(x).backward()


def by_forward_mode():
    with forward_ad.dual_level():
        square(forward_ad.make_dual(X, X))


CONVOLUTIONS = {
    "F.conv2d": lambda: F.conv2d(X, WEIGHT),
    "torch.conv2d": lambda: torch.conv2d(X, WEIGHT),
    "nn.Conv2d": lambda: nn.Conv2d(2, 3, 2)(X),
    "inside a module": lambda: Layer(nn.Conv2d(2, 3, 2))(X),
    "F.conv1d": lambda: F.conv1d(X[:, 0], torch.randn(3, 5, 2)),
    "F.conv_transpose2d": lambda: F.conv_transpose2d(X, WEIGHT.transpose(0, 1)),
    "torch.ops.aten": lambda: torch.ops.aten.convolution(
        X, WEIGHT, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1
    ),
    "torch.convolution": lambda: torch.convolution(
        X, WEIGHT, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1
    ),
    "F.unfold": lambda: F.unfold(X, 2),
    "nn.Unfold": lambda: nn.Unfold(2)(X),
    "F.fold": lambda: F.fold(torch.randn(1, 8, 20), (5, 6), 2),
    "nn.grad.conv2d_weight": lambda: nn.grad.conv2d_weight(
        X, WEIGHT.shape, torch.randn(1, 3, 4, 5)
    ),
    "getattr": lambda: getattr(F, "con" + "v2d")(X, WEIGHT),
    "in inference mode": lambda: torch.inference_mode()(F.conv2d)(X, WEIGHT),
    "with gradients": lambda: F.conv2d(X.clone().requires_grad_(), WEIGHT),
}
POOLINGS = {
    "F.max_pool2d": lambda: F.max_pool2d(X, 2),
    "nn.MaxPool2d": lambda: nn.MaxPool2d((2, 3), 1)(X),
    "with indices": lambda: F.max_pool2d(X, 2, return_indices=True),
    "torch.max_pool2d": lambda: torch.max_pool2d(X, [2, 2]),
    "F.max_pool1d": lambda: F.max_pool1d(X[0], 2),
    "F.max_pool3d": lambda: F.max_pool3d(X, 2),
    "F.avg_pool2d": lambda: F.avg_pool2d(X, 2),
    "nn.AvgPool2d": lambda: nn.AvgPool2d(2)(X),
    "F.avg_pool1d": lambda: F.avg_pool1d(X[0], 2),
    "F.adaptive_max_pool2d": lambda: F.adaptive_max_pool2d(X, 2),
    "F.adaptive_avg_pool2d": lambda: F.adaptive_avg_pool2d(X, 2),
    "F.lp_pool2d": lambda: F.lp_pool2d(X, 1.0, 2),
    "F.fractional_max_pool2d": lambda: F.fractional_max_pool2d(X, 2, output_size=2),
    "torch.ops.aten": lambda: torch.ops.aten.max_pool2d_with_indices(X, [2, 2]),
    "with gradients": lambda: F.max_pool2d(X.clone().requires_grad_(), 2),
    "as a convolution": lambda: F.conv2d(X, torch.ones(2, 1, 2, 2), groups=2),
    "F.unfold": lambda: F.unfold(X, 2).unflatten(1, (2, 4)).amax(2),
}
ROWS, DENSE = torch.randn(4, 3), torch.randn(5, 3)
DENSE_LAYERS = {
    "F.linear": lambda: F.linear(ROWS, DENSE),
    "nn.Linear": lambda: nn.Linear(3, 5)(ROWS),
    "nn.LazyLinear": lambda: nn.LazyLinear(5)(ROWS),
    "linear in a module": lambda: Layer(nn.Linear(3, 5))(ROWS),
    "torch.ops.aten.linear": lambda: torch.ops.aten.linear(ROWS, DENSE),
    "torch.ops.aten.linear.default": lambda: torch.ops.aten.linear.default(ROWS, DENSE),
    "linear under vmap": lambda: torch.vmap(lambda row: F.linear(row, DENSE))(ROWS),
    "linear in inference mode": lambda: torch.inference_mode()(F.linear)(ROWS, DENSE),
}
TOKENS = torch.randn(2, 5, 12)
MIXED = nn.MultiheadAttention(12, 3, batch_first=True)
PROJECTIONS = (MIXED.in_proj_weight, MIXED.in_proj_bias)
OUT = (MIXED.out_proj.weight, MIXED.out_proj.bias)
ENCODER = nn.TransformerEncoderLayer(12, 3, 8, batch_first=True)
QKV = [torch.randn(2, 3, 5, 4, dtype=torch.float64)] * 3
ATTENTIONS = {
    "F.scaled_dot_product_attention": lambda: F.scaled_dot_product_attention(*QKV),
    "attention with gradients": lambda: F.scaled_dot_product_attention(
        *(one.clone().requires_grad_() for one in QKV)
    ),
    "getattr of attention": lambda: getattr(F, "scaled_dot_" + "product_attention")(*QKV),
    "torch.ops.aten.scaled_dot_product_attention": lambda: (
        torch.ops.aten.scaled_dot_product_attention(*QKV)
    ),
    "its default": lambda: torch.ops.aten.scaled_dot_product_attention.default(*QKV),
    "its mathematics": lambda: torch.ops.aten._scaled_dot_product_attention_math(*QKV),
    "its fast form": lambda: torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(*QKV),
    "nn.MultiheadAttention": lambda: MIXED(TOKENS, TOKENS, TOKENS),
    "without weights": lambda: MIXED(TOKENS, TOKENS, TOKENS, need_weights=False),
    "fast path": lambda: torch.no_grad()(copy.deepcopy(MIXED).eval())(TOKENS, TOKENS, TOKENS),
    "F.multi_head_attention_forward": lambda: F.multi_head_attention_forward(
        *([TOKENS] * 3), 12, 3, *PROJECTIONS, None, None, False, 0.0, *OUT
    ),
    "native": lambda: torch.ops.aten._native_multi_head_attention(
        *([TOKENS] * 3), 12, 3, *PROJECTIONS, *OUT
    ),
    "nn.TransformerEncoderLayer": lambda: ENCODER(TOKENS),
    "encoder's fast path": lambda: torch.no_grad()(copy.deepcopy(ENCODER).eval())(TOKENS),
    "nn.TransformerEncoder": lambda: nn.TransformerEncoder(ENCODER, 2, enable_nested_tensor=False)(
        TOKENS
    ),
    "attention in inference mode": lambda: torch.inference_mode()(F.scaled_dot_product_attention)(
        *QKV
    ),
}
DERIVATIVES = {
    "torch.autograd.grad": lambda: torch.autograd.grad(square(y := X.clone().requires_grad_()), y),
    ".backward()": by_backward_method,
    "torch.func.grad": lambda: torch.func.grad(square)(X),
    "torch.func.vjp": lambda: torch.func.vjp(square, X)[1](torch.tensor(1.0)),
    "torch.func.jvp": lambda: torch.func.jvp(square, (X,), (X,)),
    "torch.func.jacrev": lambda: torch.func.jacrev(square)(X),
    "torch.func.jacfwd": lambda: torch.func.jacfwd(square)(X),
    "autograd.functional.jacobian": lambda: torch.autograd.functional.jacobian(square, X),
    "autograd.functional.vjp": lambda: torch.autograd.functional.vjp(square, X),
    "forward_ad": by_forward_mode,
}
LEGAL = {
    "Tensor.unfold": lambda: X.unfold(2, 2, 1),
    "as_strided": lambda: X.as_strided((2, 2), (1, 1)),
    "F.pad": lambda: F.pad(X, (1, 1)),
    "einsum": lambda: torch.einsum("nchw,fcij->nf", X, WEIGHT),
    "matmul": lambda: X @ X.transpose(2, 3),
    "product and bias": lambda: ROWS @ DENSE.T + DENSE.sum(1),
    "addmm": lambda: torch.addmm(DENSE.sum(1), ROWS, DENSE.T),
    "attention by hand": lambda: (QKV[0] @ QKV[1].transpose(2, 3)).softmax(3) @ QKV[2],
    "fft": lambda: torch.fft.irfft2(torch.fft.rfft2(X)),
    "conversion": lambda: X.double().to(torch.float16).float(),
    "largest and mean of windows": lambda: X.unfold(2, 2, 2).amax(-1) + X.unfold(2, 2, 2).mean(-1),
    "vmap": lambda: torch.vmap(lambda x: x.sum())(X),
    "requires_grad": lambda: square(X.clone().requires_grad_()),
}
CAUGHT = [
    *(pytest.param(CONVOLUTION, call, id=name) for name, call in CONVOLUTIONS.items()),
    *(pytest.param(POOLING, call, id=f"pooling, {name}") for name, call in POOLINGS.items()),
    *(pytest.param(LINEAR, call, id=name) for name, call in DENSE_LAYERS.items()),
    *(pytest.param(ATTENTION, call, id=name) for name, call in ATTENTIONS.items()),
    *(pytest.param(AUTOGRAD, call, id=name) for name, call in DERIVATIVES.items()),
]


@pytest.mark.parametrize(("family", "call"), CAUGHT)
def test_every_alias_is_caught(family, call):
    watch = Watch((family, AUTOGRAD))
    with pytest.raises(ForbiddenOperation), watch.during():
        call()
    assert watch.caught[0] == family


@pytest.mark.parametrize(("family", "call"), CAUGHT)
def test_what_is_not_forbidden_runs(family, call):
    with Watch().during():
        call()


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in LEGAL.items()])
def test_legal_operations_pass(call):
    watch = Watch((CONVOLUTION, POOLING, AUTOGRAD))
    watch = Watch((CONVOLUTION, LINEAR, ATTENTION, AUTOGRAD))
    with watch.during():
        call()
    assert watch.caught is None


@pytest.mark.parametrize("name", ["aten.cumsum", "cumsum", "aten.cumsum.default"])
def test_single_operation_can_be_forbidden_by_its_name(name):
    watch = Watch((name,))
    with pytest.raises(ForbiddenOperation), watch.during():
        X.cumsum(0)
    with Watch((name,)).during():
        X.sum(0)


def test_autograd_works_again_afterwards():
    with Watch((AUTOGRAD,)).during():
        pass
    assert torch.autograd.grad(square(y := X.clone().requires_grad_()), y)


def test_swallowing_the_exception_does_not_help():
    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        try:
            return F.conv2d(x, weight, bias, stride, padding, dilation)
        except BaseException:
            return x

    result = grade(find_exercise("conv2d"), conv2d)
    assert (result.verdict, result.score) == ("not allowed", 0.0)
    assert "convolution" in result.say


def test_library_backward_of_an_own_forward_is_forbidden():
    class Sneaky(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight):
            ctx.save_for_backward(x, weight)
            windows = x.unfold(2, weight.shape[2], 1).unfold(3, weight.shape[3], 1)
            return torch.einsum("nchwij,fcij->nfhw", windows, weight)

        @staticmethod
        def backward(ctx, grad):
            x, weight = ctx.saved_tensors
            return F.conv_transpose2d(grad, weight), nn.grad.conv2d_weight(x, weight.shape, grad)

    def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
        out = Sneaky.apply(F.pad(x, (1, 1, 1, 1)), weight)
        return out if bias is None else out + bias[:, None, None]

    assert grade(find_exercise("conv2d"), conv2d).verdict == "not allowed"


def test_oracle_as_an_answer_is_not_allowed():
    exercise = find_exercise("conv2d_backward")
    result = grade(exercise, exercise.oracle)
    assert result.verdict == "not allowed"
