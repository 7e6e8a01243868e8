"""What learners believe of VGG, and what to say to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from torch import nn

from cnncourse.grading.contract import Misconception
from cnncourse.reference.architectures import vgg, vgg_step

Step = Callable[[int, int, bool], Sequence[nn.Module]]
STAYS = {"kernel_size": 3, "padding": 1}


def last_width(config) -> int:
    return [step for step in config if step != "M"][-1]


def dense(width: int, classes: int) -> list[nn.Module]:
    """VGG's head as a list to change."""
    return [
        nn.AdaptiveAvgPool2d(7),
        nn.Flatten(),
        nn.Linear(width * 49, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, classes),
    ]


def built(
    config,
    batch_norm: bool,
    head: Sequence[nn.Module],
    step: Step = vgg_step,
    pool: Callable[[], nn.Module] = lambda: nn.MaxPool2d(2),
) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for one in config:
        layers += [pool()] if one == "M" else step(channels, one, batch_norm)
        channels = channels if one == "M" else one
    return nn.Sequential(*layers, *head)


def with_head(change: Callable[[list[nn.Module]], list[nn.Module]]) -> Callable[..., nn.Module]:
    def build(config, batch_norm=False, classes=1000):
        return built(config, batch_norm, change(dense(last_width(config), classes)))

    return build


def with_step(step: Step) -> Callable[..., nn.Module]:
    def build(config, batch_norm=False, classes=1000):
        return built(config, batch_norm, dense(last_width(config), classes), step)

    return build


def without(*kinds: type[nn.Module]) -> Callable[[list[nn.Module]], list[nn.Module]]:
    return lambda layers: [one for one in layers if not isinstance(one, kinds)]


# The features.
def without_relus(channels, width, batch_norm):
    return vgg_step(channels, width, batch_norm)[:-1]


def norm_behind_the_relu(channels, width, batch_norm):
    *norm, relu = vgg_step(channels, width, batch_norm)[1:]
    return [nn.Conv2d(channels, width, **STAYS), relu, *norm]


def never_a_norm(channels, width, batch_norm):
    return vgg_step(channels, width, False)


def always_a_norm(channels, width, batch_norm):
    return vgg_step(channels, width, True)


def no_bias_beside_a_norm(channels, width, batch_norm):
    step = vgg_step(channels, width, batch_norm)
    return [nn.Conv2d(channels, width, **STAYS, bias=not batch_norm), *step[1:]]


def no_bias(channels, width, batch_norm):
    step = vgg_step(channels, width, batch_norm)
    return [nn.Conv2d(channels, width, **STAYS, bias=False), *step[1:]]


def no_padding(channels, width, batch_norm):
    return [nn.Conv2d(channels, width, 3), *vgg_step(channels, width, batch_norm)[1:]]


leaves_out_the_relus = with_step(without_relus)
normalises_behind_the_relu = with_step(norm_behind_the_relu)
ignores_batch_norm = with_step(never_a_norm)
always_normalises = with_step(always_a_norm)
drops_the_bias_beside_batch_norm = with_step(no_bias_beside_a_norm)
forgets_the_biases = with_step(no_bias)
does_not_pad = with_step(no_padding)


def pools_with_the_average(config, batch_norm=False, classes=1000):
    head = dense(last_width(config), classes)
    return built(config, batch_norm, head, pool=lambda: nn.AvgPool2d(2))


def ignores_the_pools(config, batch_norm=False, classes=1000):
    return vgg([step for step in config if step != "M"], batch_norm, classes)


# The head.
def always_has_512_maps(config, batch_norm=False, classes=1000):
    return built(config, batch_norm, dense(512, classes))


def expects_a_pool_at_the_end(config, batch_norm=False, classes=1000):
    width = config[-2] if config[-1] == "M" else config[-3]
    return built(config, batch_norm, dense(width, classes))


def averages_all_places(config, batch_norm=False, classes=1000):
    _, flatten, _, *rest = dense(1, classes)
    head = [nn.AdaptiveAvgPool2d(1), flatten, nn.Linear(last_width(config), 4096), *rest]
    return built(config, batch_norm, head)


def has_a_thousand_classes(config, batch_norm=False, classes=1000):
    return vgg(config, batch_norm)


def one_hidden_layer(layers):
    return [*layers[:5], layers[-1]]


def as_in_alexnet(layers):
    plain = without(nn.Dropout)(layers)
    return [*plain[:2], nn.Dropout(), *plain[2:4], nn.Dropout(), *plain[4:]]


def one_dropout(layers):
    return [one for place, one in enumerate(layers) if place != 7]


def gentler(layers):
    return [nn.Dropout(0.2) if isinstance(one, nn.Dropout) else one for one in layers]


class AlwaysDrops(nn.Module):
    def forward(self, x):
        return F.dropout(x)


def drops_always(layers):
    return [AlwaysDrops() if isinstance(one, nn.Dropout) else one for one in layers]


def no_relu(layers):
    return without(nn.ReLU)(layers)


leaves_out_the_dropout = with_head(without(nn.Dropout))
has_one_hidden_layer = with_head(one_hidden_layer)
drops_out_as_alexnet_does = with_head(as_in_alexnet)
drops_out_once = with_head(one_dropout)
drops_out_a_fifth = with_head(gentler)
drops_out_in_eval_mode = with_head(drops_always)
forgets_relu_in_the_head = with_head(no_relu)
ends_in_a_softmax = with_head(lambda layers: [*layers, nn.Softmax(1)])


def belief(answer: Callable[..., nn.Module], name: str) -> Callable[..., nn.Module]:
    answer.__name__ = name
    return answer


SENTENCES = {
    "leaves_out_the_relus": "There is no ReLU behind your convolutions. In a row like that they "
    "are no more than one convolution.",
    "normalises_behind_the_relu": "Your BatchNorm comes behind the ReLU. It stands between the "
    "convolution and the ReLU.",
    "ignores_batch_norm": "You ignore `batch_norm`. If it is true, a BatchNorm follows every "
    "convolution.",
    "always_normalises": "You always normalise. BatchNorm came a year after VGG: only where "
    "`batch_norm` is true.",
    "drops_the_bias_beside_batch_norm": "Beside BatchNorm, your convolutions have no biases. That "
    "would do, and ResNets do so, but the published VGG keeps them.",
    "forgets_the_biases": "Your convolutions have no biases. Those of VGG do.",
    "does_not_pad": "Your convolutions do not pad, so each of them eats a frame of the image. With "
    "padding 1, a 3 × 3 kernel keeps the size.",
    "pools_with_the_average": "You pool with the average. VGG takes the maximum.",
    "ignores_the_pools": 'You skip the "M". There, a pooling of 2 × 2 halves the size.',
    "always_has_512_maps": "Your head always takes 512 maps. It takes as many as the list's last "
    "width says.",
    "expects_a_pool_at_the_end": 'You take the last width to stand before a last "M". A list may '
    "end in a width.",
    "averages_all_places": "You average every map over all its places. Networks do so today, but "
    "VGG's head sees 7 × 7 of them.",
    "has_a_thousand_classes": "You always return 1000 scores. `classes` says how many there are.",
    "has_one_hidden_layer": "Your head has one hidden layer. VGG's has two, of 4096 units each.",
    "leaves_out_the_dropout": "There is no dropout. In train mode, half of the values are dropped "
    "behind each hidden layer.",
    "drops_out_as_alexnet_does": "You drop values *before* the first two dense layers, as "
    "torchvision's AlexNet does. In VGG, dropout follows their ReLUs.",
    "drops_out_once": "You drop values out once. Dropout follows both hidden layers.",
    "drops_out_a_fifth": "You drop a fifth of the values. It is half of them in VGG.",
    "drops_out_in_eval_mode": "You drop values out in eval mode too. `F.dropout` has to be told "
    "(`training=self.training`); `nn.Dropout` knows by itself.",
    "forgets_relu_in_the_head": "There is no ReLU in your head. Three dense layers in a row are "
    "no more than one.",
    "ends_in_a_softmax": "You end in a softmax. Return the scores: the loss takes the softmax "
    "itself.",
}

MISCONCEPTIONS = tuple(
    Misconception(belief(globals()[name], name), say) for name, say in SENTENCES.items()
)
