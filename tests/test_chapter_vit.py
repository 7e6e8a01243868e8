"""Is everything that the chapter on Vision Transformers says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it or takes it from
a record. What the chapter prints is computed anyway; the last tests check what its prose says
about that.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
import torch
from chapter_outputs import printed_by
from chapter_text import Chapter
from torch import nn

from cnncourse.course import find_lesson
from cnncourse.experiments.run import results_of
from cnncourse.models.vit import VisionTransformer
from cnncourse.reference.vit import attention_macs, choose_backbone, patchify, vit_params
from cnncourse.widgets.chooser import front

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("11-vit")
CHAPTER = Chapter(ROOT / LESSON.chapter)
COSTS = results_of("architecture_costs")["networks"]
ACCURACY = json.loads((ROOT / "cnncourse/measured/imagenet_accuracy.json").read_text())["models"]
DATA = results_of("data_size")
TABLE = [
    {
        "name": name,
        "latency_ms": 1000 * one["latency"]["median"],
        "params": one["parameters"],
        "top1": one["top1"],
    }
    for name, one in COSTS.items()
]
# Dosovitskiy et al. 2020, table 5: top-1 on ImageNet, and the numbers of pictures in section 4.1.
PRETRAINED = {
    "ImageNet": ("1.3 million", "77.91", "73.38", "76.53", "71.16", ""),
    "ImageNet-21k": ("14 million", "83.97", "81.28", "85.15", "80.99", "85.13"),
    "JFT-300M": ("303 million", "84.15", "80.73", "87.12", "84.37", "88.04"),
}
# Torchvision's second weights of ResNet-50, and the SWAG weights of ViT-B/16 with their products.
RESNET50_AGAIN, B16_SWAG, B16_SWAG_GMACS, B16_SWAG_PIXELS = 80.858, 85.304, 55.484, 384

length, values = patchify(torch.zeros(1, 3, 32, 32), 8).shape[1:]
width = 768 // 12
mixing = 12 * attention_macs(197, 768)[1] / COSTS["vit_b_16"]["macs"]
twice = attention_macs(400, 768)[1] // attention_macs(100, 768)[1]


def row(name: str) -> str:
    cells = " | ".join(PRETRAINED[name]).strip()
    return f"| {name} | {cells} |"


CLAIMS = [
    # Patches.
    "A picture of 32 × 32 pixels in three channels is cut into patches of 8 × 8",
    f"[ ] {32 // 8} patches of {values} numbers There are {32 // 8} patches along *one* side",
    f"[x] {length} patches of {values} numbers A grid of 4 × 4 patches, and 8 · 8 · 3 numbers",
    f"[ ] {length} patches of {values // 3} numbers A patch has {8 * 8} pixels",
    f"[ ] {3 * length} patches of {values // 3} numbers That would be a patch for each channel",
    # Attention.
    "and they add up to 1. For all tokens",
    "Set *Sharpness* to 0. All scores are zero",
    "How many layers of 3 × 3 convolutions would that take",
    "Choose *16×16*, and then *4×4*",
    "random numbers of size 1, the sum has a standard deviation",
    f"With a width of 12 and 3 heads, each head has queries, keys and values of {12 // 3} numbers",
    "Tokens have 768 numbers and there are 12 heads",
    "By the square root of 768",
    f"[x] By {round(width**0.5)} One head has 768 / 12 = {width} numbers, and"
    f" {round(width**0.5)} is the square root of {width}",
    f"[ ] By {width} Close: that is the width of a head. The sum of {width} random products",
    "The softmax sees to it that the weights add up to 1, however",
    "a convolution with a 1 × 1 kernel",
    # The whole network, and what size does to it.
    "the network called B/16 holds. *B* stands for *base*, and 16 is the side of a patch",
    f"For a width of 768 that is {6 * 768} tokens",
    f"at 224 pixels it is {mixing:.0%} of the work".replace("%", " %"),
    "[ ] They grow by 4 So do the tokens",
    "[ ] They grow by 8 There are 4 times as many tokens, and each of them looks at 4 times as"
    " many",
    f"[x] They grow by {twice} 4 times as many tokens, each looking at 4 times as many",
    # Priors.
    "| B/16 | B/32 | L/16 | L/32 | H/14 |",
    *map(row, PRETRAINED),
    "the *large* network L/16 is **worse** than the base B/16",
    "With 9 million pictures the ViTs were behind ResNets of a similar cost. From 90 million on",
    "so it was with the training of 2020",
    "The B/16 whose weights torchvision publishes was trained on ImageNet alone and reaches"
    f" {ACCURACY['vit_b_16']['top1']:.1f} %, where the paper's reached"
    f" {float(PRETRAINED['ImageNet'][1]):.1f} %",
    f"ResNet-50 went from {ACCURACY['resnet50']['top1']:.1f} % to {RESNET50_AGAIN:.1f} %",
    "You have 2000 labelled pictures",
    "because with 2000 examples all networks are alike",
    # Costs, and the choice.
    "EfficientNet-B0 has half the products",
    "ResNet-50, ViT-B/32 and EfficientNet-B4 have nearly the same number of products",
    "A phone has 20 million parameters to spare",
    "You need at least 80 % and have 50 ms",
    f"B/16 reaches {B16_SWAG:.1f} %, more than any network in this table, though at"
    f" {B16_SWAG_PIXELS} pixels",
    "A camera at a factory has 30 ms for a picture. Network A is right in 79 % and takes 28 ms,"
    " network B is right in 81 % and takes 45 ms, and network C is right in 79 % and takes 20 ms",
    "[ ] None: 79 % is too little",
    "CLIP, of 2021, has two networks",
    "ViLT, also of 2021,",
]
# Not numbers that could be wrong: the steps of a list.
STEPS = re.compile(r"(?<= )[1-5]\. ")


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    exercises = [int(n) for n in re.findall(r"Exercises? (\d)", prose)]
    assert exercises == [1, 3, 4, 5, 6, 7]  # 2 stands beside 1
    prose = re.sub(r"Exercises? \d( and 2)? of the", "", prose)
    assert re.findall(r".{20}\d.{20}", STEPS.sub("", prose)) == []
    assert len(re.findall(r"\b20\d\d\b", sources)) >= len(re.findall(r"- [A-Z]", sources))
    assert "Seven graded exercises" in CHAPTER.prose
    assert len(LESSON.exercises) == 7


def test_what_the_table_of_the_paper_is_read_for():
    top1 = {name: [float(x) if x else None for x in row[1:]] for name, row in PRETRAINED.items()}
    base, large = ([top1[name][i] for name in PRETRAINED] for i in (0, 2))
    assert large[0] < base[0]
    assert 0 < large[1] - base[1] < large[2] - base[2]
    pictures = [float(row[0].split()[0]) for row in PRETRAINED.values()]
    assert 8 < pictures[1] / pictures[0] < 13  # "ten times as many"
    assert 180 < pictures[2] / pictures[0] < 260  # "two hundred times as many"


def test_the_formulas_hold():
    dim, mlp_dim = 10, 33
    two, three = (vit_params(dim, layers, mlp_dim, 16) for layers in (2, 3))
    attention, mlp = 4 * (dim + 1) * dim, (dim + 1) * mlp_dim + (mlp_dim + 1) * dim
    assert three - two == attention + mlp + 2 * 2 * dim
    # Projections, and the MLP that is four times as wide, and where mixing is as much.
    projections, mixed = attention_macs(6 * dim, dim)
    assert projections + 8 * (6 * dim) * dim**2 == 12 * (6 * dim) * dim**2 == mixed
    with torch.device("meta"):
        heads = [VisionTransformer(16, 4, 1, n, 12, 20, 3) for n in (1, 3)]
    assert len({sum(p.numel() for p in model.parameters()) for model in heads}) == 1


def middle(network: str, size: int) -> float:
    return median(DATA["networks"][network]["accuracy"][str(size)])


def test_what_is_read_from_the_experiment_on_data():
    pooled, flat, patches, mlp = "CNN, pooled globally", "CNN, flattened", "transformer", "MLP"
    gaps = [middle(pooled, size) - middle(patches, size) for size in DATA["sizes"]]
    assert gaps == sorted(gaps, reverse=True)
    spreads = []
    for size in DATA["sizes"]:
        assert middle(pooled, size) > middle(patches, size) > middle(flat, size) > middle(mlp, size)
        # Not by chance: the runs do not overlap.
        runs = {name: DATA["networks"][name]["accuracy"][str(size)] for name in DATA["networks"]}
        assert min(runs[pooled]) > max(runs[patches])
        assert min(runs[patches]) > max(runs[flat])
        spreads.append(middle(pooled, size) - middle(mlp, size))
    assert spreads == sorted(spreads, reverse=True)
    assert 2000 in DATA["sizes"]
    assert "worst and the best of three runs" in CHAPTER.prose
    assert len(runs[mlp]) == 3


def test_what_is_read_from_the_costs():
    def of(name: str, what: str) -> float:
        one = COSTS[name]
        return one["latency"]["median"] if what == "time" else one[what]

    assert of("efficientnet_b0", "macs") / of("alexnet", "macs") == pytest.approx(0.5, abs=0.06)
    assert of("efficientnet_b0", "time") / of("alexnet", "time") == pytest.approx(1, abs=0.1)
    assert of("efficientnet_b0", "activations") > 10 * of("alexnet", "activations")
    alike = ("resnet50", "vit_b_32", "efficientnet_b4")
    macs, times = ([of(name, what) for name in alike] for what in ("macs", "time"))
    assert max(macs) / min(macs) < 1.1
    assert all(b / a > 1.2 for a, b in pairwise(sorted(times)))
    gains = {
        name: one["images_per_second"] * one["latency"]["median"] for name, one in COSTS.items()
    }
    assert 0.5 < min(gains.values()) < 0.6
    assert 1.3 < max(gains.values()) < 1.5
    assert max(gains, key=gains.get) == "alexnet"
    assert sorted(gains, key=gains.get)[:3] == [f"efficientnet_b{i}" for i in (6, 5, 7)]
    assert results_of("architecture_costs")["batch"] == 4
    assert "Nothing on this page was run on a GPU" in CHAPTER.prose
    assert results_of("architecture_costs")["device"] == "cpu"
    assert all(one["peak_megabytes"] is None for one in COSTS.values())


def test_the_choice_is_as_the_chapter_says():
    assert all(name.startswith("efficientnet") for name in front(TABLE))
    assert max(row["top1"] for row in TABLE) < B16_SWAG
    assert 2.8 < B16_SWAG_GMACS * 1e9 / COSTS["vit_b_16"]["macs"] < 3.4
    fast = choose_backbone({"max_latency_ms": 50, "min_top1": 80}, TABLE)
    slower = choose_backbone({"max_latency_ms": 150, "min_top1": 80}, TABLE)
    top1 = {row["name"]: row["top1"] for row in TABLE}
    assert top1[slower] > top1[fast]
    assert choose_backbone({"max_params": 20_000_000}, TABLE) in top1


# What the chapter prints ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER, plain=False)


def test_layers_agree_and_order_does_not_matter(printed: str):
    assert "strided convolution and linear layer on patches agree: True" in printed
    assert "the same, in another order: True" in printed


def test_first_and_third_key_fit_equally_well(printed: str):
    weights = json.loads(re.search(r"weights: (\[.*\])", printed)[1])
    assert weights[0] == weights[2] > weights[1] > 0


def test_the_root_makes_the_width_not_matter(printed: str):
    lines = re.findall(r"width +\d+: the largest weight is +(\d+)%, with the root +(\d+)%", printed)
    plain, scaled = zip(*[map(int, line) for line in lines], strict=True)
    assert list(plain) == sorted(plain)
    assert plain[-1] > 90
    assert max(scaled) - min(scaled) <= 2


def test_parts_add_up_to_the_whole(printed: str):
    lines = re.findall(r"^([a-z][\w ]+?|12 blocks) +([\d,]{3,})$", printed, re.MULTILINE)
    counts = {name: int(count.replace(",", "")) for name, count in lines}
    whole = counts.pop("all")
    assert sum(counts.values()) == whole == vit_params(768, 12, 3072, 16)


def test_mixing_grows_with_the_fourth_power(printed: str):
    lines = re.findall(r"^ *(\d+) +\d+ +([\d.]+) G +([\d.]+) G +(\d+)%$", printed, re.MULTILINE)
    mixed = [float(line[2]) for line in lines]
    shares = [int(line[3]) for line in lines]
    assert len(lines) == 4
    assert shares == sorted(shares)
    assert shares[0] == 4
    assert mixed[3] / mixed[2] == pytest.approx(16, rel=0.01)


def test_pictures_find_their_captions(printed: str):
    assert float(re.search(r"loss of pictures against captions: ([\d.]+)", printed)[1]) < 0.5


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70] == []


def test_a_uniform_softmax_is_the_mean():
    x = torch.randn(1, 5, 4)
    zeros = torch.zeros(1, 5, 4)
    out = nn.functional.scaled_dot_product_attention(zeros, zeros, x)
    torch.testing.assert_close(out, x.mean(1, keepdim=True).expand_as(x))
