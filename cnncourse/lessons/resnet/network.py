"""resnet: blocks in four stages, between a first look and a last word."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Generator, nn

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.grading.question import Judged
from cnncourse.grading.run_module import Module
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.resnet import stand_in
from cnncourse.reference.resnet import ResNet, resnet

WIDTHS = (64, 128, 256, 512)


def in_one_row(block, layers, classes=1000):
    """The oracle: everything in one row of modules."""
    row = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    row.append(nn.MaxPool2d(3, 2, 1))
    channels = 64
    for place in range(4):
        for count in range(layers[place]):
            width = 64 * 2**place
            row.append(block(channels, width, 2 if place and not count else 1))
            channels = width * block.expansion
    return nn.Sequential(*row, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def network(expansion, layers, size, classes: int | None = None) -> Make:
    def make(generator: Generator) -> Arguments:
        height, width = (one + whole(generator, 0, 4) for one in size)
        options = {} if classes is None else {"classes": classes + whole(generator, 0, 2)}
        return {
            "x": normal(generator, 2, 3, height, width),
            "block": Recipe(stand_in, {"expansion": expansion}),
            "layers": list(layers),
            **options,
        }

    return make


def smallest(generator: Generator) -> Arguments:
    return network(1, (1, 1, 1, 1), (32, 32))(generator) | {"x": normal(generator, 2, 3, 32, 32)}


def changed(name_of, **replaced):
    """The network with other modules in some places; each is made from the block and the sizes."""

    def build(block, layers, classes=1000):
        model = ResNet(block, layers, classes)
        for name, made in replaced.items():
            setattr(model, name, made(block, layers, classes))
        return model

    build.__name__ = name_of
    return build


def otherwise(forward):
    """The network with another forward pass."""
    other = type("OtherResNet", (ResNet,), {"forward": forward})

    def build(block, layers, classes=1000):
        return other(block, layers, classes)

    build.__name__ = forward.__name__
    return build


def stages(model, x):
    return model.layer4(model.layer3(model.layer2(model.layer1(x))))


def forgets_the_first_relu(self, x):
    x = stages(self, self.maxpool(self.bn1(self.conv1(x))))
    return self.fc(self.avgpool(x).flatten(1))


def forgets_the_max_pooling(self, x):
    x = stages(self, F.relu(self.bn1(self.conv1(x))))
    return self.fc(self.avgpool(x).flatten(1))


def ends_in_a_softmax(self, x):
    return ResNet.forward(self, x).softmax(1)


def takes_the_maximum_at_the_end(self, x):
    x = stages(self, self.maxpool(F.relu(self.bn1(self.conv1(x)))))
    return self.fc(x.amax((2, 3)))


def flattens_without_averaging(self, x):
    x = stages(self, self.maxpool(F.relu(self.bn1(self.conv1(x)))))
    return self.fc(x.flatten(1))


def averages_seven_by_seven(self, x):
    x = stages(self, self.maxpool(F.relu(self.bn1(self.conv1(x)))))
    return self.fc(F.avg_pool2d(x, 7).flatten(1))


def row(strides, keep=lambda count: count, channels_in=None, every=False):
    """Stages that are built in a way of their own."""

    def build(block, layers, classes=1000):
        model = ResNet(block, layers, classes)
        channels = 64
        for place, (width, count, stride) in enumerate(zip(WIDTHS, layers, strides, strict=True)):
            blocks = []
            for number in range(keep(count)):
                step = stride if every or not number else 1
                blocks.append(block(channels, width, step))
                channels = channels_in(width) if channels_in else width * block.expansion
            setattr(model, f"layer{place + 1}", nn.Sequential(*blocks))
        last = channels_in(WIDTHS[-1]) if channels_in else WIDTHS[-1] * block.expansion
        model.fc = nn.Linear(last, classes)
        return model

    return build


def named(name, build):
    build.__name__ = name
    return build


def repeats_one_block(block, layers, classes=1000):
    model = ResNet(block, layers, classes)
    for place in range(1, 5):
        blocks = getattr(model, f"layer{place}")
        again = [blocks[1]] * (len(blocks) - 1) if len(blocks) > 1 else []
        setattr(model, f"layer{place}", nn.Sequential(blocks[0], *again))
    return model


def puts_the_stride_in_the_last_block(block, layers, classes=1000):
    model = ResNet(block, layers, classes)
    channels = 64
    for place, (width, count) in enumerate(zip(WIDTHS, layers, strict=True)):
        blocks = []
        for number in range(count):
            last = number == count - 1
            blocks.append(block(channels, width, 2 if place and last else 1))
            channels = width * block.expansion
        setattr(model, f"layer{place + 1}", nn.Sequential(*blocks))
    return model


def reads_the_layers_backwards(block, layers, classes=1000):
    return ResNet(block, layers[::-1], classes)


def ignores_the_classes(block, layers, classes=1000):
    return ResNet(block, layers, 1000)


def empties_the_list(block, layers, classes=1000):
    counts = [layers.pop(0) for _ in range(4)]
    return ResNet(block, counts, classes)


class Hiding(nn.Module):
    """A network whose blocks are in plain lists."""

    def __init__(self, model: ResNet) -> None:
        super().__init__()
        self.conv1, self.bn1, self.fc = model.conv1, model.bn1, model.fc
        self.blocks = [*model.layer1, *model.layer2, *model.layer3, *model.layer4]

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for block in self.blocks:
            x = block.to(x)(x)
        return self.fc(x.mean((2, 3)))


def hides_the_blocks(block, layers, classes=1000):
    return Hiding(ResNet(block, layers, classes))


def windows_do_not_fit(judged: Sequence[Judged]) -> bool:
    errors = [one.made.error for one in judged if one.crashed]
    return bool(errors) and all("Output size is too small" in one.message for one in errors)


def lacks_all_blocks(judged: Sequence[Judged]) -> bool:
    """A first layer and a last one are all that was found."""
    counts = [one.made.parts["number of parameters"] for one in judged]
    return all(
        count == 64 * 147 + 2 * 64 + (512 * expansion + 1) * classes
        for count, (expansion, classes) in zip(counts, map(head_of, judged), strict=True)
    )


def head_of(one: Judged) -> tuple[int, int]:
    arguments = one.question.arguments()
    return arguments["block"].arguments["expansion"], arguments.get("classes", 1000)


def stem(kernel, stride, padding, bias=False):
    return lambda *sizes: nn.Conv2d(3, 64, kernel, stride, padding, bias=bias)


RESNET = Exercise(
    reference=resnet,
    points=4,
    minutes=50,
    difficulty="challenge",
    oracle=in_one_row,
    run=Module(),
    cases=(
        Case(
            "there is one block in each stage",
            network(1, (1, 1, 1, 1), (35, 41), 7),
            keeps="the case to think about first",
        ),
        Case(
            "the stages have different numbers of blocks",
            network(1, (2, 1, 3, 2), (34, 43), 6),
            keeps="stages of several blocks, and of one",
        ),
        Case(
            "the blocks make four times their width",
            network(4, (1, 2, 1, 2), (33, 38), 8),
            keeps="an expansion, which bottlenecks have",
        ),
        Case(
            "the image has 32 pixels only, and the number of classes is not given",
            smallest,
            keeps="the smallest image, and the usual number of classes",
        ),
    ),
    misconceptions=(
        Misconception(
            changed("begins_with_a_small_kernel", conv1=stem(3, 2, 1)),
            "Your network begins with a 3 × 3 convolution. For photographs it takes a wide first "
            "look: 7 × 7.",
        ),
        Misconception(
            changed("begins_without_a_stride", conv1=stem(7, 1, 3)),
            "Your first convolution has no stride. It is the first of five halvings, and the one "
            "that saves most.",
        ),
        Misconception(
            changed("begins_without_padding", conv1=stem(7, 2, 0)),
            "Your first convolution has no padding, so the rim is cut off. How much keeps a 7 × 7 "
            "kernel's output at exactly half the size?",
        ),
        Misconception(
            changed("begins_with_a_bias", conv1=stem(7, 2, 3, bias=True)),
            "Your first convolution has a bias, which the BatchNorm behind it takes away again.",
        ),
        Misconception(
            changed("begins_without_a_norm", bn1=lambda *sizes: nn.Identity()),
            "There is no BatchNorm behind your first convolution.",
        ),
        Misconception(
            otherwise(forgets_the_first_relu), "There is no ReLU behind your first BatchNorm."
        ),
        Misconception(
            otherwise(forgets_the_max_pooling),
            "There is no max pooling before your first stage. All stages then work on maps that "
            "are twice as high and wide, which costs four times as much.",
        ),
        Misconception(
            changed("pools_two_by_two", maxpool=lambda *sizes: nn.MaxPool2d(2)),
            "You pool windows of 2 × 2. Here they are 3 × 3 with stride 2: they overlap.",
        ),
        Misconception(
            named("strides_in_every_stage", row((2, 2, 2, 2))),
            "Your first stage has a stride, too. The max pooling before it has halved the maps "
            "already: only the other three stages begin with stride 2.",
        ),
        Misconception(
            named("never_strides", row((1, 1, 1, 1))),
            "Your stages never halve their maps. The second, third and fourth begin with stride 2.",
        ),
        Misconception(
            named("strides_in_every_block", row((1, 2, 2, 2), every=True)),
            "You hand the stride to every block of a stage. Only its first block halves the maps.",
        ),
        Misconception(
            puts_the_stride_in_the_last_block,
            "You hand the stride to the last block of a stage. The first one halves the maps, so "
            "that all others have less to do.",
        ),
        Misconception(
            named("builds_one_block_each", row((1, 2, 2, 2), keep=lambda count: 1)),
            "Every stage of yours has one block. `layers` says how many there are in each.",
        ),
        Misconception(
            repeats_one_block,
            "You build one block and put it into the row several times (`[block] * n`). Then all "
            "of them share one set of weights: build each anew.",
        ),
        Misconception(
            reads_the_layers_backwards,
            "You read `layers` from the end. Its first number is for the stage of width 64.",
        ),
        Misconception(
            named("forgets_the_expansion", row((1, 2, 2, 2), channels_in=lambda width: width)),
            "You forget that a block may make more channels than its width. What comes out of it "
            "is `width * block.expansion`, and that goes into the next block and the last layer.",
        ),
        Misconception(
            otherwise(ends_in_a_softmax),
            "Your network ends in a softmax. It returns scores: the loss does the rest.",
        ),
        Misconception(
            otherwise(takes_the_maximum_at_the_end),
            "You take the largest value of each map at the end. It is to be the average.",
        ),
        Misconception(
            otherwise(flattens_without_averaging),
            "You flatten the last maps without an average. That fits only where they have one "
            "pixel each.",
        ),
        Misconception(
            otherwise(averages_seven_by_seven),
            "You pool windows of a fixed size at the end, such as 7 × 7. That fits images of 224 "
            "pixels: average whatever is there.",
            sign=windows_do_not_fit,
        ),
        Misconception(
            ignores_the_classes, "You ignore `classes`: your last layer always has 1000 outputs."
        ),
        Misconception(
            hides_the_blocks,
            "Your blocks are in a plain Python list, where PyTorch does not find their parameters: "
            "they would never learn. Put them into `nn.Sequential` or `nn.ModuleList`.",
            sign=lacks_all_blocks,
        ),
        Misconception(
            empties_the_list,
            "The network is right, but the list `layers` is empty afterwards. Loop over it, do not "
            "`pop`.",
        ),
    ),
    hints=(
        "Five parts: a first convolution with BatchNorm, ReLU and max pooling; four stages; an "
        "average; one linear layer. How many channels leave a stage?",
        "Keep a number `channels`: 64 before the first stage. A block is `block(channels, width, "
        "stride)`, and after it `channels` is `width * block.expansion`. Widths are 64, 128, 256, "
        "512; which blocks have stride 2?",
        "7 × 7, stride 2, padding 3, no bias; max pooling 3 × 3, stride 2, padding 1. Stride 2 in "
        "the first block of the second, third and fourth stage. `nn.AdaptiveAvgPool2d(1)` takes "
        "maps of any size.",
    ),
)

EXERCISES = (RESNET,)
