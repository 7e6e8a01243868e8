"""Question 5: a CNN or a ViT?"""

from __future__ import annotations

from functools import partial
from statistics import median

import torch
from torch import Generator

from cnncourse.grading.contract import Exercise
from cnncourse.lessons.checklist.prediction import asked, belief
from cnncourse.reference.checklist import predict_backbone
from cnncourse.reference.vit import patchify

# Dosovitskiy et al. 2021, top-1 on ImageNet in percent: table 2 (best ViT and BiT-L), and table 5.
AFTER_JFT = {"ViT": 88.55, "CNN": 87.54}
ON_IMAGENET = {"base": 77.91, "large": 76.53}


def measured(question: str) -> int | str:
    """The oracle: cuts a picture up, mixes its tokens, and reads the tables."""
    small, large = (patchify(torch.zeros(1, 1, side, side), 16).shape[1] for side in (224, 448))
    return {
        "few pictures": "CNN" if convolution_leads() else "ViT",
        "many pictures": max(AFTER_JFT, key=AFTER_JFT.__getitem__),
        "large on ImageNet": "worse" if ON_IMAGENET["large"] < ON_IMAGENET["base"] else "better",
        "patches": small,
        "mixing": large**2 // small**2,
        "first step": 224 // round(small**0.5),
        "order": "stay" if order_is_lost() else "change",
        # No count in `architecture_costs` puts all networks in the order of their times.
        "faster": "measuring",
    }[question]


def convolution_leads() -> bool:
    """Whether the CNN is ahead with the fewest examples of the experiment."""
    from cnncourse.experiments.run import results_of

    networks = results_of("data_size")["networks"]
    accuracy = {name: median(one["accuracy"]["500"]) for name, one in networks.items()}
    return accuracy["CNN, pooled globally"] > accuracy["transformer"]


def order_is_lost() -> bool:
    """Whether the mean of all tokens stays when they come in another order."""
    tokens = torch.randn(7, 4, generator=Generator().manual_seed(0), dtype=torch.float64)

    def scores(tokens: torch.Tensor) -> torch.Tensor:
        return ((tokens @ tokens.T).softmax(1) @ tokens).mean(0)

    return torch.allclose(scores(tokens), scores(tokens.flip(0)))


believes = partial(belief, predict_backbone)
PREDICT_BACKBONE = Exercise(
    reference=predict_backbone,
    points=2,
    minutes=15,
    difficulty="core",
    oracle=measured,
    predicts=True,
    cases=(
        asked("few pictures", "there are few pictures, and nothing is pre-trained"),
        asked("many pictures", "there are very many pictures to pre-train on"),
        asked("large on ImageNet", "a larger ViT learns from ImageNet alone"),
        asked("patches", "the patches are counted"),
        asked("mixing", "the sides of the picture double"),
        asked("first step", "the first step is written as a convolution"),
        asked("order", "the patches come in another order"),
        asked("faster", "the faster of two networks is asked for"),
    ),
    misconceptions=(
        believes(
            "takes_the_newest",
            "few pictures",
            "ViT",
            "You take the ViT because it is newer. With few pictures, it has to learn from them "
            "what a CNN is born with: that near pixels belong together.",
        ),
        believes(
            "stays_with_convolution",
            "many pictures",
            "CNN",
            "You stay with the CNN. What it is born with helps less, the more pictures there are "
            "to learn it from. Table 2 of the ViT paper has both.",
        ),
        believes(
            "thinks_larger_is_better",
            "large on ImageNet",
            "better",
            "You take the larger network for the better one. On ImageNet alone, a million pictures "
            "were too few for it: the order turned round only with more data.",
        ),
        believes(
            "thinks_size_does_not_matter",
            "large on ImageNet",
            "the same",
            "You expect no difference. There was one, and it was not the one that the larger size "
            "suggests.",
        ),
        believes(
            "counts_one_row",
            "patches",
            14,
            "You count the patches of one row. How many rows are there?",
        ),
        believes(
            "counts_the_class_token",
            "patches",
            197,
            "You count the class token. It is one token more, and no part of the picture.",
        ),
        believes(
            "counts_pixels_of_a_patch",
            "patches",
            256,
            "You count the pixels of one patch. How many such patches are there?",
        ),
        believes(
            "grows_with_the_tokens",
            "mixing",
            4,
            "You let mixing grow as the tokens do. There are four times as many, and each of them "
            "looks at all of them.",
        ),
        believes(
            "grows_with_the_side_of_the_picture",
            "mixing",
            2,
            "You let mixing grow as the side does. The tokens grow with the area, and the pairs of "
            "tokens with its square.",
        ),
        believes(
            "thinks_mixing_squares_the_side",
            "mixing",
            8,
            "You multiply 2 by 4. Twice the side is four times the tokens; how many times the "
            "pairs?",
        ),
        believes(
            "slides_by_one_pixel",
            "first step",
            1,
            "You slide the kernel by one pixel. Patches do not overlap: where does the next begin?",
        ),
        believes(
            "slides_by_half_a_patch",
            "first step",
            8,
            "You let patches overlap by half. In a ViT, each pixel is in one patch alone.",
        ),
        believes(
            "thinks_attention_sees_places",
            "order",
            "change",
            "You let attention see the order of its tokens. It compares what they hold. Without "
            "positions, nothing says where a token is from.",
        ),
        believes(
            "takes_parameters_for_time",
            "faster",
            "parameters",
            "You take parameters for time. VGG-16 and ViT-B/32 have both more than 80 million, "
            "and AlexNet has five times those of ResNet-18: look at the milliseconds.",
        ),
        believes(
            "takes_products_for_time",
            "faster",
            "products",
            "You take products for time. EfficientNet-B0 needs a tenth of ResNet-50's products and "
            "much more than a tenth of its time: memory is moved, too.",
        ),
    ),
    hints=(
        "Count first: pixels, patches, pairs of patches. For the rest, think of who is born "
        "knowing what, and who has to learn it from pictures.",
        "A ViT knows next to nothing of pictures at its start. So the fewer there are, the worse "
        "for it; and the larger it is, the more it needs.",
        "With patches of 16, a side of 224 has 14 of them. Each token looks at all tokens, so the "
        "pairs count. The tables of chapter 11 say who won on which data.",
    ),
)

EXERCISES = (PREDICT_BACKBONE,)
