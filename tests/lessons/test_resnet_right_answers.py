"""Answers of lesson 08-resnet that are right in a style of their own."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.lessons.resnet.norms import OwnNorm
from cnncourse.recipes.resnet import stand_in
from cnncourse.reference import resnet as reference


# BasicBlock -------------------------------------------------------------------------------------
class ShortcutFirst(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.projection = None
        if stride > 1 or in_channels != out_channels:
            self.projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.projection_norm = nn.BatchNorm2d(out_channels)
        self.second = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.second_norm = nn.BatchNorm2d(out_channels)
        self.first = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(out_channels)

    def forward(self, inputs):
        kept = inputs
        if self.projection is not None:
            kept = self.projection_norm(self.projection(inputs))
        out = self.first_norm(self.first(inputs)).clamp(min=0)
        out = self.second_norm(self.second(out))
        return torch.maximum(kept + out, torch.zeros_like(out))


class InPlace(reference.BasicBlock):
    def forward(self, x):
        out = F.relu_(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.downsample(x)
        return F.relu_(out)


class NormsByHand(reference.BasicBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        for name, one in list(self.named_modules()):
            if isinstance(one, nn.BatchNorm2d):
                self.set_submodule(name, OwnNorm(one.num_features))


class BareParameters(nn.Module):
    """No layers at all: weights, and functions of the library."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        shapes = [(out_channels, in_channels, 3, 3), (out_channels, out_channels, 3, 3)]
        if stride != 1 or in_channels != out_channels:
            shapes.append((out_channels, in_channels, 1, 1))
        self.weights = nn.ParameterList(torch.randn(shape) for shape in shapes)
        self.scales = nn.ParameterList(torch.ones(out_channels) for _ in shapes)
        self.shifts = nn.ParameterList(torch.zeros(out_channels) for _ in shapes)
        for place in range(len(shapes)):
            self.register_buffer(f"mean{place}", torch.zeros(out_channels))
            self.register_buffer(f"var{place}", torch.ones(out_channels))

    def layer(self, x, place, stride, padding):
        x = F.conv2d(x, self.weights[place], stride=stride, padding=padding)
        memory = getattr(self, f"mean{place}"), getattr(self, f"var{place}")
        return F.batch_norm(x, *memory, self.scales[place], self.shifts[place], self.training)

    def forward(self, x):
        side = self.layer(x, 2, self.stride, 0) if len(self.weights) == 3 else x
        out = self.layer(x, 0, self.stride, 1).relu()
        return (self.layer(out, 1, 1, 1) + side).relu()


# Bottleneck -------------------------------------------------------------------------------------
class InOneRow(nn.Module):
    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        out_channels = 4 * width
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.shortcut.append(nn.BatchNorm2d(out_channels))
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.last = nn.ReLU()

    def forward(self, x):
        return self.last(self.shortcut(x) + self.body(x))


class PixelsTakenFirst(reference.Bottleneck):
    """A 1 x 1 convolution with a stride is one without, on every second pixel."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__(in_channels, width, stride)
        self.step = stride
        if isinstance(self.downsample, nn.Sequential):
            self.downsample[0].stride = (1, 1)

    def forward(self, x):
        side = self.downsample(x[:, :, :: self.step, :: self.step])
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(torch.stack((self.bn3(self.conv3(out)), side)).sum(0))


class DenseMixing(reference.Bottleneck):
    """A 1 x 1 convolution is a linear layer for each pixel."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__(in_channels, width, stride)
        self.conv1 = nn.Linear(in_channels, width, bias=False)
        self.conv3 = nn.Linear(width, 4 * width, bias=False)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x.movedim(1, -1)).movedim(-1, 1)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out.movedim(1, -1)).movedim(-1, 1))
        return F.relu(out + self.downsample(x))


def made_by_a_function(in_channels, width, stride=1):
    return InOneRow(in_channels, width, stride)


# resnet -----------------------------------------------------------------------------------------
def in_one_row(block, layers, classes=1000):
    modules = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    modules.append(nn.MaxPool2d(3, 2, 1))
    channels = 64
    for width, count, stride in zip((64, 128, 256, 512), layers, (1, 2, 2, 2), strict=True):
        for step in [stride] + [1] * (count - 1):
            modules.append(block(channels, width, stride=step))
            channels = block.expansion * width
    modules += [nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*modules)


class Averaging(nn.Module):
    """Blocks in a ModuleList, a mean over two axes, and the last layer as a convolution."""

    def __init__(self, block, layers, classes):
        super().__init__()
        self.head = nn.Conv2d(512 * block.expansion, classes, 1)
        self.blocks = nn.ModuleList()
        channels = 64
        for stage, count in enumerate(layers):
            for number in range(count):
                stride = 1 + (stage > 0 and number == 0)
                self.blocks.append(block(channels, 64 << stage, stride))
                channels = (64 << stage) * block.expansion
        self.norm = nn.BatchNorm2d(64)
        self.first = nn.Conv2d(3, 64, 7, 2, 3, bias=False)

    def forward(self, images):
        x = F.max_pool2d(self.norm(self.first(images)).relu(), 3, 2, 1)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3), keepdim=True)).flatten(1)


def averaging(block, layers, classes=1000):
    return Averaging(block, layers, classes)


def rectified_after_pooling(block, layers, classes=1000):
    """ReLU and a maximum may change places."""
    model = reference.resnet(block, layers, classes)
    model.maxpool = nn.Sequential(model.maxpool, nn.ReLU())
    return model


# gradient_ratio ---------------------------------------------------------------------------------
def by_backward(model, x, loss):
    model = copy.deepcopy(model)
    loss(model(x)).backward()
    norms = [one.grad.norm() for one in model.parameters() if one.ndim > 1]
    return float(norms[0] / norms[-1])


def as_a_tensor(model, x, loss):
    twin = copy.deepcopy(model)
    weights = [one for one in twin.parameters() if len(one.shape) >= 2]
    grads = torch.autograd.grad(loss(twin(x)), weights)
    return torch.linalg.vector_norm(grads[0]) / torch.linalg.vector_norm(grads[-1])


def by_putting_things_back(model, x, loss):
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    weights = [one for one in model.parameters() if one.dim() >= 2]
    first, last = torch.autograd.grad(loss(model(x)), (weights[0], weights[-1]))
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    return first.square().sum().sqrt().item() / last.square().sum().sqrt().item()


def functional(model, x, loss):
    parameters = {name: one.detach() for name, one in model.named_parameters()}
    buffers = {name: one.clone() for name, one in model.named_buffers()}

    def value(parameters, buffers):
        return loss(torch.func.functional_call(model, (parameters, buffers), (x,)))

    grads = torch.func.grad(value)(parameters, buffers)
    norms = [grad.norm().item() for grad in grads.values() if grad.dim() >= 2]
    return norms[0] / norms[-1]


# fold_batch_norm --------------------------------------------------------------------------------
def by_the_library(conv, bn):
    return nn.utils.fuse_conv_bn_eval(copy.deepcopy(conv).eval(), copy.deepcopy(bn).eval())


def built_from_its_sizes(conv, bn):
    folded = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        conv.padding,
        conv.dilation,
        conv.groups,
        padding_mode=conv.padding_mode,
        dtype=conv.weight.dtype,
        device=conv.weight.device,
    )
    scale = bn.weight.detach() / (bn.running_var + bn.eps) ** 0.5
    folded.weight.data = torch.einsum("fcij,f->fcij", conv.weight.detach(), scale)
    folded.bias.data = bn.bias.detach() - bn.running_mean * scale
    if conv.bias is not None:
        folded.bias.data += conv.bias.detach() * scale
    return folded


def differentiable(conv, bn):
    """What it makes still depends on what it was made from."""
    scale = bn.weight * torch.rsqrt(bn.running_var + bn.eps)
    folded = copy.deepcopy(conv)
    del folded.weight, folded.bias
    folded.weight = (conv.weight.transpose(0, -1) * scale).transpose(0, -1)
    own = 0 if conv.bias is None else conv.bias
    folded.bias = (own - bn.running_mean) * scale + bn.bias
    return folded


def by_asking_for_two_values(conv, bn):
    norm, folded = copy.deepcopy(bn).eval(), copy.deepcopy(conv)
    channels = bn.num_features
    with torch.no_grad():
        zero, one = (
            norm(torch.full((1, channels, 1, 1), value).to(conv.weight))[0, :, 0, 0]
            for value in (0.0, 1.0)
        )
        own = torch.zeros(channels).to(conv.weight) if conv.bias is None else conv.bias
        folded.weight = nn.Parameter(conv.weight * (one - zero).reshape(-1, 1, 1, 1))
        folded.bias = nn.Parameter(zero + own * (one - zero))
    return folded


# cifar_resnet_params ----------------------------------------------------------------------------
def as_a_polynomial(depth):
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError("6n + 2")
    # A block more in each stage: two layers of 16, 32 and 64 channels.
    return 97_216 * n - 21_926


def layer_by_layer(depth):
    if (depth - 2) % 6 != 0 or depth <= 2:
        raise ValueError(f"{depth} is not 6n + 2")
    widths = [3] + [16] * ((depth - 2) // 3 + 1)
    widths += [32] * ((depth - 2) // 3) + [64] * ((depth - 2) // 3)
    return sum(9 * before * behind + 2 * behind for before, behind in pairwise(widths)) + 650


def by_building_it(depth):
    n = (depth - 2) / 6
    if n != int(n) or n < 1:
        raise ValueError("no such network")
    with torch.device("meta"):
        channels, layers = 3, []
        for width, count in ((16, 1), *((width, 2 * int(n)) for width in (16, 32, 64))):
            for _ in range(count):
                layers.append(nn.Conv2d(channels, width, 3, bias=False))
                layers.append(nn.BatchNorm2d(width))
                channels = width
        layers.append(nn.Linear(64, 10))
        return sum(one.numel() for one in nn.Sequential(*layers).parameters())


RIGHT = {
    "BasicBlock": (ShortcutFirst, InPlace, NormsByHand, BareParameters),
    "Bottleneck": (InOneRow, PixelsTakenFirst, DenseMixing, made_by_a_function),
    "resnet": (in_one_row, averaging, rectified_after_pooling),
    "gradient_ratio": (by_backward, as_a_tensor, by_putting_things_back, functional),
    "fold_batch_norm": (
        by_the_library,
        built_from_its_sizes,
        differentiable,
        by_asking_for_two_values,
    ),
    "cifar_resnet_params": (as_a_polynomial, layer_by_layer, by_building_it),
}


@pytest.mark.parametrize("seed", [0, 3, 4711])
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in RIGHT.items()
        for answer in answers
    ],
)
def test_right_in_a_style_of_its_own(name, answer, seed):
    result = grade(find_exercise(name), answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


# With the learner's own blocks, whatever their names --------------------------------------------
@pytest.mark.parametrize(
    ("blocks", "layers", "parameters"),
    [
        ((reference.BasicBlock, ShortcutFirst), [2, 2, 2, 2], 11_689_512),
        ((reference.Bottleneck, InOneRow), [3, 4, 6, 3], 25_557_032),
    ],
)
@pytest.mark.parametrize("network", [reference.resnet, in_one_row, averaging])
def test_whole_networks_have_exactly_the_parameters_of_the_published(
    network, blocks, layers, parameters
):
    for block in blocks:
        block.expansion = blocks[0].expansion
        with torch.device("meta"):
            model = network(block, layers)
            assert sum(one.numel() for one in model.parameters()) == parameters
            assert model.eval()(torch.empty(2, 3, 32, 47)).shape == (2, 1000)


def test_the_stand_in_is_called_as_a_block_is():
    for expansion in (1, 4):
        block = stand_in(expansion)
        assert block.expansion == expansion
        out = block(6, 3, stride=2)(torch.zeros(2, 6, 5, 7))
        assert out.shape == (2, 3 * expansion, 3, 4)
        with pytest.raises(ValueError, match="6 channels got 5"):
            block(6, 3)(torch.zeros(2, 5, 4, 4))
