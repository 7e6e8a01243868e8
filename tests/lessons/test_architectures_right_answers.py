"""Answers of lesson 07-architectures that are right in a style of their own."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade
from cnncourse.lessons.architectures.vgg import VGG16


# LeNet5 -----------------------------------------------------------------------------------------
class C5AsConvolution(nn.Module):
    """Declared backwards, with C5 as the convolution that it is in the paper."""

    def __init__(self, classes=10):
        super().__init__()
        self.out = nn.Linear(84, classes)
        self.dense = nn.Linear(120, 84)
        self.third = nn.Conv2d(16, 120, 5)
        self.second = nn.Conv2d(6, 16, 5)
        self.first = nn.Conv2d(1, 6, 5, padding="same")

    def forward(self, x):
        x = F.avg_pool2d(self.first(x).tanh(), 2, 2)
        x = F.avg_pool2d(self.second(x).tanh(), 2, 2)
        return self.out(self.dense(self.third(x).tanh().flatten(1)).tanh())


def in_a_row(classes=10):
    return nn.Sequential(
        nn.ZeroPad2d(2),
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh()),
        nn.Linear(84, classes),
    )


class LazyLeNet(nn.Module):
    """Sizes found out by the first image; pooling to a size instead of by a window."""

    def __init__(self, classes=10):
        super().__init__()
        self.convs = nn.ModuleList([nn.LazyConv2d(6, 5, padding=2), nn.LazyConv2d(16, 5)])
        self.dense = nn.ModuleList(nn.LazyLinear(n) for n in (120, 84, classes))

    def forward(self, x):
        for conv, side in zip(self.convs, (14, 5), strict=True):
            x = F.adaptive_avg_pool2d(torch.tanh(conv(x)), side)
        x = x.view(x.size(0), -1)
        for layer in self.dense[:-1]:
            x = torch.tanh(layer(x))
        return self.dense[-1](x)


class ByHand(nn.Module):
    """No layers at all: its own parameters, windows cut out, tanh as a formula."""

    def __init__(self, classes=10):
        super().__init__()
        shapes = ((6, 25), (16, 150), (120, 400), (84, 120), (classes, 84))
        self.weights = nn.ParameterList(torch.randn(s) / s[1] ** 0.5 for s in shapes)
        self.biases = nn.ParameterList(torch.zeros(s[0]) for s in shapes)

    def forward(self, x):
        x = F.pad(x, (2, 2, 2, 2))
        for place in (0, 1):
            windows = x.unfold(2, 5, 1).unfold(3, 5, 1)  # (N, C, H, W, 5, 5)
            windows = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)
            maps = windows @ self.weights[place].T + self.biases[place]
            x = self.squash(maps.permute(0, 3, 1, 2))
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))
        x = x.flatten(1)
        for place in (2, 3):
            x = self.squash(x @ self.weights[place].T + self.biases[place])
        return x @ self.weights[4].T + self.biases[4]

    def squash(self, x):
        return 2 * torch.sigmoid(2 * x) - 1


# alexnet_features -------------------------------------------------------------------------------
class Features(nn.Module):
    """A class, with functions between the layers, and ReLU behind the pooling."""

    def __init__(self, in_channels=3):
        super().__init__()
        self.conv3 = nn.Conv2d(192, 384, 3, 1, 1)
        self.conv4 = nn.Conv2d(384, 256, 3, 1, 1)
        self.conv5 = nn.Conv2d(256, 256, 3, 1, 1)
        self.conv1 = nn.Conv2d(in_channels, 64, 11, 4, 2)
        self.conv2 = nn.Conv2d(64, 192, 5, 1, 2)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 3, 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 3, 2))
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        return F.max_pool2d(F.relu(self.conv5(x)), 3, 2)


def in_a_loop(in_channels=3):
    layers = OrderedDict()
    plan = ((64, 11, 4, 1), (192, 5, 1, 1), (384, 3, 1, 0), (256, 3, 1, 0), (256, 3, 1, 1))
    for number, (filters, kernel, stride, pool) in enumerate(plan, 1):
        padding = 2 if stride == 4 else kernel // 2
        layers[f"conv{number}"] = nn.Conv2d(in_channels, filters, kernel, stride, padding)
        layers[f"relu{number}"] = nn.ReLU(inplace=True)
        if pool:
            layers[f"pool{number}"] = nn.MaxPool2d((3, 3), (2, 2))
        in_channels = filters
    return nn.Sequential(layers)


def with_the_adaptive_pooling(in_channels=3):
    return nn.Sequential(in_a_loop(in_channels), nn.AdaptiveAvgPool2d((6, 6)))


def lazily(in_channels=3):
    return nn.Sequential(
        *(nn.LazyConv2d(64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.LazyConv2d(192, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.LazyConv2d(384, 3, padding="same"), nn.ReLU()),
        *(nn.LazyConv2d(256, 3, padding="same"), nn.ReLU()),
        *(nn.LazyConv2d(256, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(3, 2)),
    )


# stacked_vs_single ------------------------------------------------------------------------------
def layer_by_layer(channels, n, kernel_size=3):
    weights, field = 0, 1
    for _ in range(n):
        weights += kernel_size * kernel_size * channels * channels
        field += kernel_size - 1
    return [weights, field * field * channels * channels]


def from_real_layers(channels, n, kernel_size=3):
    stack = nn.Sequential(*(nn.Conv2d(channels, channels, kernel_size, bias=False),) * 1)
    one = sum(p.numel() for p in stack.parameters())
    field = kernel_size + (n - 1) * (kernel_size - 1)
    return one * n, nn.Conv2d(channels, channels, field, bias=False, device="meta").weight.numel()


def in_numpy(channels, n, kernel_size=3):
    kernel = np.broadcast_to(kernel_size, 2)
    field = n * (kernel - 1) + 1
    return np.prod(kernel) * n * channels**2, np.prod(field) * channels**2


def in_one_line(c, layers, kernel_size=3):
    return layers * (kernel_size * c) ** 2, ((layers * (kernel_size - 1) + 1) * c) ** 2


# vgg --------------------------------------------------------------------------------------------
class AsAClass(nn.Module):
    """Names of its own, no adaptive pooling, functions in the head, one dropout for both."""

    def __init__(self, config, batch_norm=False, classes=1000):
        super().__init__()
        widths = [w for w in config if w != "M"]
        self.scores = nn.Linear(4096, classes)
        self.hidden = nn.Linear(4096, 4096)
        self.first = nn.Linear(49 * widths[-1], 4096)
        self.drop = nn.Dropout(0.5)
        self.body = nn.ModuleList()
        before = 3
        for step in config:
            if step == "M":
                self.body.append(nn.MaxPool2d(2, 2))
            else:
                self.body.append(nn.Conv2d(before, step, 3, 1, 1))
                self.body.extend([nn.BatchNorm2d(step)] if batch_norm else [])
                self.body.append(nn.ReLU(inplace=True))
                before = step

    def forward(self, x):
        for layer in self.body:
            x = layer(x)
        x = torch.flatten(x, 1)
        x = self.drop(F.relu(self.first(x)))
        return self.scores(self.drop(F.relu(self.hidden(x))))


class WithItsOwnDropout(AsAClass):
    """Dropout by hand, kept where a random number is large."""

    def __init__(self, config, batch_norm=False, classes=1000):
        super().__init__(config, batch_norm, classes)
        del self.drop  # what is not a module cannot take the place of one
        self.drop = self.half

    def half(self, x):
        return x * (torch.rand_like(x) > 0.5) * 2 if self.training else x


class DropsBeforeRelu(AsAClass):
    """ReLU of what was dropped is what was dropped of ReLU."""

    def forward(self, x):
        for layer in self.body:
            x = layer(x)
        x = F.relu(self.drop(self.first(x.flatten(1))))
        return self.scores(F.relu(self.drop(self.hidden(x))))


def lazily_built(config, batch_norm=False, classes=1000):
    layers = []
    for step in config:
        if isinstance(step, str):
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            norm = (nn.BatchNorm2d(step),) if batch_norm else ()
            layers += [nn.Sequential(nn.LazyConv2d(step, 3, padding="same"), *norm, nn.ReLU())]
    return nn.Sequential(
        *layers,
        *(nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten()),
        *(nn.LazyLinear(4096), nn.ReLU(), nn.Dropout()),
        *(nn.LazyLinear(4096), nn.ReLU(), nn.Dropout()),
        nn.LazyLinear(classes),
    )


def as_the_authors_tested_it(config, batch_norm=False, classes=1000):
    """The head as convolutions, started as in the paper; it looks at numbers on its way."""

    class Fully(nn.Module):
        def __init__(self):
            super().__init__()
            net, before = [], 3
            for step in config:
                if step == "M":
                    net.append(nn.MaxPool2d(2))
                    continue
                net.append(nn.Conv2d(before, step, 3, padding=1))
                if batch_norm:
                    net.append(nn.BatchNorm2d(step))
                net.append(nn.ReLU())
                before = step
            head = (nn.Conv2d(before, 4096, 7), nn.ReLU(), nn.Dropout())
            head += (nn.Conv2d(4096, 4096, 1), nn.ReLU(), nn.Dropout())
            self.net = nn.Sequential(*net, *head, nn.Conv2d(4096, classes, 1))
            for module in self.net:
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(module.weight, mode="fan_out")
                    nn.init.zeros_(module.bias)

        def forward(self, x):
            return self.net(x)[..., 0, 0]

    return Fully()


RIGHT = {
    "LeNet5": [C5AsConvolution, in_a_row, LazyLeNet, ByHand],
    "alexnet_features": [Features, in_a_loop, with_the_adaptive_pooling, lazily],
    "stacked_vs_single": [layer_by_layer, from_real_layers, in_numpy, in_one_line],
    "vgg": [
        AsAClass,
        WithItsOwnDropout,
        DropsBeforeRelu,
        lazily_built,
        as_the_authors_tested_it,
    ],
}


@pytest.mark.parametrize(
    ("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers]
)
def test_right_answers_in_other_styles_pass(name: str, answer):
    for seed in (0, 4) if name != "vgg" else (4,):
        result = grade(find_exercise(name), answer, seed=seed)
        assert (result.verdict, result.score) == ("right", 1.0), str(result)


def test_small_slips_cost_no_points_but_a_word():
    result = grade(find_exercise("vgg"), AsAClass)
    assert "mat1 and mat2" in " ".join(result.remarks)
    result = grade(find_exercise("stacked_vs_single"), in_one_line)
    assert "TypeError" in " ".join(result.remarks)


def test_published_networks_have_the_published_parameters():
    for name, answer, arguments, count in (
        ("LeNet5", C5AsConvolution, (), 61_706),
        ("alexnet_features", Features, (), 2_469_696),
        ("vgg", AsAClass, (VGG16,), 138_357_544),
    ):
        for make in (answer, find_exercise(name).reference):
            with torch.device("meta"):
                model = make(*arguments)
            assert sum(p.numel() for p in model.parameters()) == count
    assert math.isclose(25088 * 4096 / 138_357_544, 0.743, abs_tol=0.001)
