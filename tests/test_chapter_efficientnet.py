"""Is everything that the chapter on EfficientNet says true, and does it print what its prose says?

Every number that stands in its prose is found by one of CLAIMS, which computes it.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path

import pytest
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson
from cnncourse.experiments.run import results_of
from cnncourse.models.efficientnet import RESOLUTIONS, SCALES, STAGES
from cnncourse.reference.efficientnet import compound_scale, separable_ratio
from cnncourse.widgets.efficientnet import EfficientNet

LESSON = find_lesson("09-efficientnet")
CHAPTER = Chapter(Path(__file__).parents[1] / LESSON.chapter)
QUIZ = separable_ratio(5, 25)
DEEPEST = SCALES[-1][1]

CLAIMS = [
    "EfficientNet, of 2019, answers in two parts",
    "Take three input channels and four filters with kernels of 3 × 3",
    "**pointwise convolution**, which is 1 × 1: it mixes the channels",
    f"for kernels of 3 × 3 and many filters the factor comes close to {3 * 3}, and never reaches",
    "And for 1 × 1 kernels it costs *more*",
    "a *sigmoid*, a curve that rises from 0 to 1, makes it a weight",
    "widest block of EfficientNet-B0",
    "Where it widens by a factor of 1, the widening is left out",
    "Take one from the middle of EfficientNet-B0",
    "Put seven stages of such blocks together, and you have EfficientNet-B0",
    "The paper's numbers are 1.2, 1.1 and 1.15. How many times as much does one step cost?",
    "You would expect B1 to be",
    ", B2 to be",
    "“B1 to B7 are B0, scaled with φ = 1 to 7.”",
    "B1 is no wider than B0 at all",
    f"B7 is {DEEPEST} times as deep, where the formula gives {compound_scale(7)[0]:.2f}",
    "and most of all for B1",
    "From B4 on the two are close",
    "Make B0 twice as deep",
    "ResNet-50 rises from 76 % to 80 % without a change in the network",
    "EfficientNet-B0 needs less than a tenth of ResNet-50's products",
    "in a whole EfficientNet-B0",
    # The quizzes: question, answers and replies.
    "A convolution with kernels of 5 × 5 and 25 filters is replaced by a separable one",
    f"[ ] 1/{25} That is one of the two steps. Here both happen to cost the same",
    f"[x] {QUIZ} The depthwise step costs {Fraction(1, 25)} of the full one, because there are 25"
    f" filters. The pointwise step costs {Fraction(1, 5 * 5)} as well, because the kernel has"
    f" {5 * 5} weights",
    f"[ ] 1/{25 * 25} You multiplied the two steps",
    "With a softmax the weights would add up to 1",
    "They lie between 0 and 1: closed and open",
    "A network has a width multiplier of 3",
    "[ ] 3 There are 3 times as many filters, but each of them also looks at 3 times as many",
    f"[x] {3**2} Three times the filters, each with three times the channels",
    f"[ ] {3**3} Width counts twice",
    "Network A needs 0.4 G products, network B 1.8 G",
    f"[ ] A is {1.8 / 0.4:.1f} times as fast",
]
STEPS = re.compile(r"(?<= )\d\. ")


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    assert re.findall(r"Exercises? (\d)", prose) == ["1", "2", "3", "4"]
    prose = re.sub(r"Exercises? \d(, 5 and 6)? of the", "", prose)
    prose = re.sub(r"\[[^\]]*\d{4}\]", "", prose)  # a paper and its year
    assert re.findall(r".{20}\d.{20}", STEPS.sub("", prose)) == []
    assert len(re.findall(r"\b20\d\d\b", sources)) == len(re.findall(r"- [A-Z]", sources))


def test_formulas_and_words_that_hold_numbers():
    assert r"\frac{1}{F} + \frac{1}{k^2}" in CHAPTER.text
    assert Fraction(1, 7) + Fraction(1, 3**2) == separable_ratio(3, 7)
    assert r"\text{depth} \cdot \text{width}^2 \cdot \text{resolution}^2" in CHAPTER.text
    assert len(STAGES) == 7
    assert compound_scale.__defaults__ == (1.2, 1.1, 1.15)
    assert "Six graded exercises" in CHAPTER.prose
    assert "Four functions and two layers" in CHAPTER.prose
    assert len(LESSON.exercises) == 6


def test_released_networks_are_as_the_box_says():
    assert SCALES[1][0] == SCALES[0][0] == 1.0
    by_formula = [(compound_scale(phi)[1], compound_scale(phi)[0]) for phi in range(8)]
    assert all(
        (round(width, 2), round(depth, 2)) != (ours[0], ours[1])
        for (width, depth), ours in zip(by_formula[1:], SCALES[1:], strict=True)
    )


def test_what_is_said_of_the_measured_costs_holds():
    networks = results_of("architecture_costs")["networks"]
    b0, r50 = networks["efficientnet_b0"], networks["resnet50"]
    assert b0["macs"] < 0.1 * r50["macs"]
    times = r50["latency"]["median"] / b0["latency"]["median"]
    assert times < 0.6 * r50["macs"] / b0["macs"]
    # "For the same number of products an EfficientNet takes longer": than any CNN of the others.
    pace = {name: n["latency"]["median"] / n["macs"] for name, n in networks.items()}
    ours = min(value for name, value in pace.items() if name.startswith("efficientnet"))
    assert ours > max(pace[name] for name in pace if name.startswith(("resnet", "vgg", "alexnet")))
    assert round(r50["top1"]) == 76
    predicted = [
        w**2 * d * (p / 224) ** 2 for (w, d, _), p in zip(SCALES, RESOLUTIONS, strict=True)
    ]
    found = [networks[f"efficientnet_b{i}"]["macs"] / b0["macs"] for i in range(8)]
    short = [one / other for one, other in zip(predicted, found, strict=True)]
    assert min(range(8), key=lambda i: short[i]) == 1
    assert all(0.85 < value < 1 for value in short[4:])
    assert all(value < 1 for value in short[1:])


def test_the_front_is_made_of_efficientnets():
    for axis in ("macs", "parameters", "latency"):
        assert EfficientNet(axis=axis).front() == [f"efficientnet_b{i}" for i in range(8)]


def test_what_is_said_of_the_small_networks_holds():
    networks = results_of("compound_scaling")["networks"]
    mean = {name: sum(n["accuracy"]) / len(n["accuracy"]) for name, n in networks.items()}
    grown = {name: value for name, value in mean.items() if name != "base"}
    # "Depth alone brought least ... larger pictures alone did as well as all three together."
    assert min(grown, key=grown.get) == "depth"
    assert abs(mean["resolution"] - mean["all three"]) < 0.01
    assert all(3.8 < n["macs"] / networks["base"]["macs"] < 4.5 for n in networks.values()
               if n is not networks["base"])  # fmt: skip


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER, plain=False)


def test_counts_and_formula_agree_wherever_both_are_printed(printed: str):
    assert re.search(r"ratio: +13/36", printed)
    assert Fraction(13, 36) == separable_ratio(3, 4)
    counted, formula = re.findall(r"^(?:counted|formula): ([\d/]+)$", printed, re.MULTILINE)
    assert counted == formula
    whole, parts = re.search(r"has ([\d,]+) parameters, the sum is ([\d,]+)", printed).groups()
    assert whole == parts


def test_the_block_is_spent_on_mixing_channels(printed: str):
    """ "The step that looks at the picture is the cheapest of the three convolutions." """
    shares = dict(re.findall(r"^(widen|filter|weigh|narrow) .* ([\d.]+)%$", printed, re.MULTILINE))
    of_all = {name: float(share) for name, share in shares.items()}
    assert of_all["filter"] < min(of_all["widen"], of_all["narrow"]) / 5
    assert of_all["widen"] + of_all["narrow"] > 90


def test_factors_are_as_the_box_says(printed: str):
    rows = re.findall(r"^(\d) × \d +(\d+) +([\d.]+) +([\d.]+)$", printed, re.MULTILINE)
    factors = {(int(k), int(filters)): float(factor) for k, filters, _, factor in rows}
    assert factors[3, 4] < factors[3, 32] < factors[3, 512] < 9
    assert factors[3, 512] > 8.5
    assert factors[5, 512] > 9
    assert separable_ratio(1, 512) > 1


def test_one_step_costs_not_quite_twice(printed: str):
    flops = [float(value) for value in re.findall(r"flops +([\d.]+)", printed)]
    assert flops == pytest.approx([compound_scale(phi)[3] for phi in (1, 2, 7)], abs=0.01)
    assert 1.9 < flops[0] < 2
    assert math.isclose(flops[0] ** 7, flops[2], rel_tol=0.02)
