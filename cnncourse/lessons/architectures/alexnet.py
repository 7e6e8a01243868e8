"""alexnet_features: the convolutions of the network of 2012."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.run_network import Network
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.reference.architectures import alexnet_features
from cnncourse.reference.convolution import output_size


class WithAPoolThatDoesNothing(nn.Module):
    """The oracle: layers in a list, functions between them, and the adaptive pooling behind."""

    def __init__(self, in_channels=3):
        super().__init__()
        widths = (in_channels, 64, 192, 384, 256, 256)
        sizes = zip(widths, widths[1:], (11, 5, 3, 3, 3), (4, 1, 1, 1, 1), strict=False)
        self.layers = nn.ModuleList(
            nn.Conv2d(here, there, k, stride, (k - 1) // 2 if stride == 1 else 2)
            for here, there, k, stride in sizes
        )

    def forward(self, x):
        for place, layer in enumerate(self.layers):
            x = layer(x).clamp(min=0)
            if place in (0, 1, 4):
                x = F.max_pool2d(x, 3, 2)
        return F.adaptive_avg_pool2d(x, (6, 6))


# The smallest images behind which six by six values are left, and not square.
def a_picture(generator: Generator) -> Arguments:
    return {"in_channels": 2, "x": normal(generator, 1, 2, 223, 227, dtype=torch.float32)}


def shape_of_a_photograph(generator: Generator) -> Arguments:
    return {"x": (whole(generator, 2, 4), 3, 224, 224)}


def shape_of_one_channel(generator: Generator) -> Arguments:
    return {"in_channels": 1, "x": (1, 1, 224, 224)}


def explain_shape(x, in_channels=3):
    """The size behind each layer that changes it."""
    sizes = [x.shape[-1]]
    for step in ((11, 4, 2), (3, 2), (3, 2), (3, 2)):
        sizes.append(output_size(sizes[-1], *step))
    return f"Across, it is {' → '.join(map(str, sizes))} values."


def replaced(change: Callable[[nn.Module], nn.Module | None]) -> Callable[..., nn.Sequential]:
    """AlexNet's layers, each changed or, for None, left out."""

    def build(in_channels=3):
        layers = [change(layer) for layer in alexnet_features(in_channels)]
        return nn.Sequential(*(layer for layer in layers if layer is not None))

    return build


def convolution_like(layer: nn.Conv2d, **options) -> nn.Conv2d:
    sizes = {"stride": layer.stride, "padding": layer.padding, **options}
    return nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, **sizes)


def is_relu(layer: nn.Module) -> bool:
    return isinstance(layer, nn.ReLU)


def leaves_out_the_relus(in_channels=3):
    return replaced(lambda layer: None if is_relu(layer) else layer)(in_channels)


def uses_tanh(in_channels=3):
    return replaced(lambda layer: nn.Tanh() if is_relu(layer) else layer)(in_channels)


def leaves_out_relus_without_a_pool(in_channels=3):
    layers = list(alexnet_features(in_channels))
    kept = [one for place, one in enumerate(layers) if place not in (7, 9)]
    return nn.Sequential(*kept)


def leaves_out_the_last_relu(in_channels=3):
    layers = list(alexnet_features(in_channels))
    return nn.Sequential(*layers[:11], layers[12])


def pools_side_by_side(in_channels=3):
    def change(layer):
        return nn.MaxPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer

    return replaced(change)(in_channels)


def pools_with_the_average(in_channels=3):
    def change(layer):
        return nn.AvgPool2d(3, 2) if isinstance(layer, nn.MaxPool2d) else layer

    return replaced(change)(in_channels)


def leaves_out_the_last_pool(in_channels=3):
    return alexnet_features(in_channels)[:-1]


def pads_no_first_layer(in_channels=3):
    layers = list(alexnet_features(in_channels))
    return nn.Sequential(convolution_like(layers[0], padding=0), *layers[1:])


def pads_no_second_layer(in_channels=3):
    layers = list(alexnet_features(in_channels))
    layers[3] = convolution_like(layers[3], padding=0)
    return nn.Sequential(*layers)


def has_the_filters_of_2012(in_channels=3):
    layers = list(alexnet_features(in_channels))
    layers[0] = nn.Conv2d(in_channels, 96, 11, stride=4, padding=2)
    layers[3] = nn.Conv2d(96, 256, 5, padding=2)
    layers[6] = nn.Conv2d(256, 384, 3, padding=1)
    layers[8] = nn.Conv2d(384, 384, 3, padding=1)
    layers[10] = nn.Conv2d(384, 256, 3, padding=1)
    return nn.Sequential(*layers)


def splits_into_two_halves(in_channels=3):
    layers = list(alexnet_features(in_channels))
    for place in (3, 8, 10):
        layers[place] = convolution_like(layers[place], groups=2)
    return nn.Sequential(*layers)


def normalises_as_in_2012(in_channels=3):
    layers = list(alexnet_features(in_channels))
    for place in (5, 2):
        layers.insert(place, nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0))
    return nn.Sequential(*layers)


def forgets_the_biases(in_channels=3):
    def change(layer):
        return convolution_like(layer, bias=False) if isinstance(layer, nn.Conv2d) else layer

    return replaced(change)(in_channels)


def flattens_the_maps(in_channels=3):
    return nn.Sequential(*alexnet_features(in_channels), nn.Flatten())


def averages_each_map(in_channels=3):
    return nn.Sequential(*alexnet_features(in_channels), nn.AdaptiveAvgPool2d(1))


def always_takes_three_channels(in_channels=3):
    return alexnet_features()


def drops_out_between_convolutions(in_channels=3):
    return nn.Sequential(*alexnet_features(in_channels), nn.Dropout())


ALEXNET = Exercise(
    reference=alexnet_features,
    points=2,
    minutes=25,
    difficulty="core",
    oracle=WithAPoolThatDoesNothing,
    run=Network(),
    explain_shape=explain_shape,
    cases=(
        Case(
            "it is built for colour photographs of 224 × 224",
            shape_of_a_photograph,
            keeps="the published network: its parameters are counted, and nothing is computed",
        ),
        Case("its images have one channel", shape_of_one_channel, keeps="channels, counted alone"),
        Case("its weights are filled and an image goes through", a_picture),
    ),
    misconceptions=(
        Misconception(
            has_the_filters_of_2012,
            "You have 96, 256, 384, 384 and 256 filters, as in the paper of 2012. The form for one "
            "GPU, which the course and torchvision use, has 64, 192, 384, 256 and 256.",
        ),
        Misconception(
            splits_into_two_halves,
            "Three of your convolutions are in two groups. That was for two GPUs. Here every "
            "filter sees all channels.",
        ),
        Misconception(
            normalises_as_in_2012,
            "You normalise behind the first two layers, as in 2012. The form of today leaves that "
            "out, because it hardly helps.",
        ),
        Misconception(
            leaves_out_the_relus,
            "There is no ReLU. Five convolutions with nothing but pooling between them: that is "
            "what AlexNet did away with.",
        ),
        Misconception(
            leaves_out_relus_without_a_pool,
            "A ReLU stands behind *every* convolution, also where no pooling follows.",
        ),
        Misconception(
            leaves_out_the_last_relu, "The last convolution is followed by a ReLU as well."
        ),
        Misconception(uses_tanh, "You use tanh, as LeNet-5 does. AlexNet's step was ReLU."),
        Misconception(
            pools_side_by_side,
            "Your pooling windows are 2 × 2. AlexNet's are 3 × 3 with stride 2: they overlap.",
        ),
        Misconception(
            pools_with_the_average, "You pool with the average. AlexNet takes the maximum."
        ),
        Misconception(
            leaves_out_the_last_pool,
            "Your output is 13 × 13. A third pooling follows the last convolution.",
        ),
        Misconception(
            pads_no_first_layer,
            "Your first convolution does not pad. On 224 pixels it then fits only 54 times, and "
            "the output is 5 × 5.",
        ),
        Misconception(
            pads_no_second_layer,
            "Your second convolution does not pad. With a kernel of 5 it needs 2 to keep its size.",
        ),
        Misconception(forgets_the_biases, "Your convolutions have no biases. AlexNet's do."),
        Misconception(
            flattens_the_maps,
            "You flatten the maps. That belongs to the classifier, which is not asked for.",
        ),
        Misconception(
            averages_each_map,
            "You average each map over all places. The classifier of AlexNet wants 6 × 6 of them.",
        ),
        Misconception(
            always_takes_three_channels,
            "You always take three channels. `in_channels` says how many there are.",
        ),
        Misconception(
            drops_out_between_convolutions,
            "You drop values out. AlexNet does so between its large dense layers, which are not "
            "part of the features.",
        ),
    ),
    hints=(
        "Make a list of five convolutions: filters 64, 192, 384, 256, 256, kernels 11, 5, 3, 3, 3. "
        "What stands behind each?",
        "A ReLU behind every one. Max pooling of 3 at stride 2 behind the first, the second and "
        "the last. Which paddings give 224 → 55 → 27 → 27 → 13 → 13 → 6?",
        "The first convolution has stride 4 and padding 2; the others keep the size: padding 2 for "
        "a kernel of 5, and 1 for a kernel of 3.",
    ),
)

EXERCISES = (ALEXNET,)
