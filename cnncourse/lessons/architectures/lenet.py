"""LeNet5: the network of 1998, as it is built today."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.run_module import Module
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.reference.architectures import LeNet5


class AllConvolutions(nn.Module):
    """The oracle: C5 is a convolution too, as in the paper, and averages are strided sums."""

    def __init__(self, classes=10):
        super().__init__()
        sizes = ((6, 1, 5, 5), (16, 6, 5, 5), (120, 16, 5, 5), (84, 120), (classes, 84))
        self.weights = nn.ParameterList(0.1 * torch.randn(size) for size in sizes)
        self.biases = nn.ParameterList(torch.zeros(size[0]) for size in sizes)

    def forward(self, x):
        x = F.pad(x, (2, 2, 2, 2))
        for layer in range(3):
            x = torch.tanh(F.conv2d(x, self.weights[layer], self.biases[layer]))
            if layer < 2:
                x = sum(x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4
        x = x[:, :, 0, 0]
        x = torch.tanh(x @ self.weights[3].T + self.biases[3])
        return x @ self.weights[4].T + self.biases[4]


def nothing_but_images(generator: Generator) -> Arguments:
    return {"x": normal(generator, 3, 1, 28, 28)}


def other_classes(generator: Generator) -> Arguments:
    return {"x": normal(generator, 2, 1, 28, 28), "classes": whole(generator, 3, 9)}


def one_image(generator: Generator) -> Arguments:
    return {"x": normal(generator, 1, 1, 28, 28)}


def changed(**layers):
    """LeNet-5 with other layers in the places named, each made from the one that was there."""

    class Changed(LeNet5):
        def __init__(self, classes=10):
            super().__init__(classes)
            for name, make in layers.items():
                setattr(self, name, make(getattr(self, name)))

    return Changed


class Configurable(LeNet5):
    """LeNet-5 whose functions between the layers can be replaced."""

    def early(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def late(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def last(self, x: Tensor) -> Tensor:
        return x

    def forward(self, x: Tensor) -> Tensor:
        x = self.s2(self.early(self.c1(x)))
        x = self.s4(self.early(self.c3(x)))
        x = self.late(self.f6(self.late(self.c5(x.flatten(1)))))
        return self.last(self.output(x))


class ForgetsThePadding(LeNet5):
    def __init__(self, classes=10):
        super().__init__(classes)
        self.c1 = nn.Conv2d(1, 6, 5)
        self.c5 = nn.Linear(16 * 4 * 4, 120)


class PadsEveryConvolution(LeNet5):
    def __init__(self, classes=10):
        super().__init__(classes)
        self.c3 = nn.Conv2d(6, 16, 5, padding=2)
        self.c5 = nn.Linear(16 * 7 * 7, 120)


class UsesSmallKernels(LeNet5):
    def __init__(self, classes=10):
        super().__init__(classes)
        self.c1 = nn.Conv2d(1, 6, 3, padding=1)
        self.c3 = nn.Conv2d(6, 16, 3)
        self.c5 = nn.Linear(16 * 6 * 6, 120)


class SwapsTheDenseLayers(LeNet5):
    def __init__(self, classes=10):
        super().__init__(classes)
        self.c5, self.f6 = nn.Linear(400, 84), nn.Linear(84, 120)
        self.output = nn.Linear(120, classes)


class LeavesOutF6(LeNet5):
    def __init__(self, classes=10):
        super().__init__(classes)
        self.f6 = nn.Identity()
        self.output = nn.Linear(120, classes)

    def forward(self, x):
        x = self.s4(torch.tanh(self.c3(self.s2(torch.tanh(self.c1(x))))))
        return self.output(torch.tanh(self.c5(x.flatten(1))))


class AlwaysTenClasses(LeNet5):
    def __init__(self, classes=10):
        super().__init__()


class PoolsBeforeTheTanh(LeNet5):
    def forward(self, x):
        x = torch.tanh(self.s2(self.c1(x)))
        x = torch.tanh(self.s4(self.c3(x)))
        return self.output(torch.tanh(self.f6(torch.tanh(self.c5(x.flatten(1))))))


class UsesRelu(Configurable):
    def early(self, x):
        return torch.relu(x)

    late = early


class BuildsWhatIsUsualToday(UsesRelu):
    def __init__(self, classes=10):
        super().__init__(classes)
        self.s2, self.s4 = nn.MaxPool2d(2), nn.MaxPool2d(2)


class UsesSigmoid(Configurable):
    def early(self, x):
        return torch.sigmoid(x)

    late = early


class ScalesTheTanh(Configurable):
    def early(self, x):
        return 1.7159 * torch.tanh(2 / 3 * x)

    late = early


class ForgetsTheEarlyTanh(Configurable):
    def early(self, x):
        return x


class ForgetsTheLateTanh(Configurable):
    def late(self, x):
        return x


class EndsInASoftmax(Configurable):
    def last(self, x):
        return x.softmax(1)


class EndsInATanh(Configurable):
    def last(self, x):
        return torch.tanh(x)


class AddsUpTheWindows(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def forward(self, x):
        return 4 * self.pool(x)


def without_bias(layer: nn.Conv2d) -> nn.Conv2d:
    sizes = (layer.in_channels, layer.out_channels, layer.kernel_size)
    return nn.Conv2d(*sizes, padding=layer.padding, bias=False)


UsesMaxPooling = changed(s2=lambda _: nn.MaxPool2d(2), s4=lambda _: nn.MaxPool2d(2))
UsesMaxPooling.__name__ = "UsesMaxPooling"
SumsInsteadOfAverages = changed(s2=AddsUpTheWindows, s4=AddsUpTheWindows)
SumsInsteadOfAverages.__name__ = "SumsInsteadOfAverages"
ForgetsTheBiases = changed(c1=without_bias, c3=without_bias)
ForgetsTheBiases.__name__ = "ForgetsTheBiases"


LENET5 = Exercise(
    reference=LeNet5,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=AllConvolutions,
    run=Module(),
    cases=(
        Case("there are ten classes", nothing_but_images, keeps="the network as it was meant"),
        Case("there are fewer classes", other_classes),
        Case("there is one image", one_image, keeps="a batch of one, which `squeeze` would lose"),
    ),
    misconceptions=(
        Misconception(
            ForgetsThePadding,
            "Your first convolution does not pad, so that 16 maps of 4 × 4 arrive at C5. The "
            "paper's images had 32 pixels; 28 pixels and a frame of 2 are as many.",
        ),
        Misconception(
            PadsEveryConvolution,
            "You pad the second convolution too. Only the first one does, to make up for the "
            "smaller image. 16 maps of 5 × 5 arrive at C5.",
        ),
        Misconception(
            UsesSmallKernels, "Your kernels are 3 × 3. Those of LeNet-5 are 5 × 5; VGG came later."
        ),
        Misconception(
            UsesMaxPooling,
            "You pool with the maximum. LeNet-5 takes the average of each window.",
        ),
        Misconception(
            SumsInsteadOfAverages,
            "Your pooling adds up its windows. So did the paper's, but with a learned factor. "
            "Today's form takes the average.",
        ),
        Misconception(
            PoolsBeforeTheTanh,
            "You pool first and apply tanh then. The tanh stands between convolution and pooling, "
            "and the tanh of an average is not the average of tanhs.",
        ),
        Misconception(UsesRelu, "You use ReLU. That came with AlexNet; LeNet-5 uses tanh."),
        Misconception(
            BuildsWhatIsUsualToday,
            "You use ReLU and maxima, as one would today. LeNet-5 has tanh and averages.",
        ),
        Misconception(UsesSigmoid, "You use a sigmoid, from 0 to 1. LeNet-5's tanh goes from −1."),
        Misconception(
            ScalesTheTanh,
            "You scale the tanh by 1.7159, as in the paper. Today's form has a plain tanh.",
        ),
        Misconception(
            ForgetsTheEarlyTanh,
            "There is no tanh behind your convolutions. Then each is one weighted sum with the "
            "next layer.",
        ),
        Misconception(
            ForgetsTheLateTanh,
            "There is no tanh between your last three layers. In a row like that they are no more "
            "than one layer.",
        ),
        Misconception(
            EndsInASoftmax,
            "You end in a softmax. Return the scores: the loss takes the softmax itself.",
        ),
        Misconception(
            EndsInATanh,
            "You apply tanh to the scores as well, so that none can be larger than 1.",
        ),
        Misconception(
            ForgetsTheBiases,
            "Your convolutions have no biases. In LeNet-5 each filter has one.",
        ),
        Misconception(
            SwapsTheDenseLayers,
            "Your dense layers have 84 values first and 120 then. It is 120 first.",
        ),
        Misconception(
            LeavesOutF6,
            "You go from 120 values to the classes. A layer with 84 values stands between them.",
        ),
        Misconception(
            AlwaysTenClasses, "You always return ten scores. `classes` says how many there are."
        ),
    ),
    hints=(
        "Write down the shape behind each layer. What arrives at the layer with 120 values?",
        "28 × 28 stays 28 × 28 behind the first convolution, because it pads by 2. Pooling: 14. "
        "The second does not pad: 10. Pooling: 5.",
        "conv(1→6, 5×5, padding 2), tanh, average of 2×2; conv(6→16, 5×5), tanh, average; flatten "
        "to 400; 120, tanh; 84, tanh; classes.",
    ),
)

EXERCISES = (LENET5,)
