"""Is everything that the chapter on residual networks says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it where it can be
computed. What the chapter prints is computed anyway; test_chapter_resnet_outputs.py checks what its
prose says about that.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

import pytest
import torch
from chapter_text import Chapter
from torch import nn

from cnncourse.course import find_lesson
from cnncourse.experiments import degradation, gradient_ratios
from cnncourse.experiments.run import results_of
from cnncourse.reference.resnet import BasicBlock, Bottleneck, cifar_resnet_params
from cnncourse.widgets.gradient_flow import gradient_sizes
from cnncourse.widgets.resnet import MOST_DEPTH

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("08-resnet")
CHAPTER = Chapter(ROOT / LESSON.chapter)


def parameters(module: nn.Module) -> int:
    return sum(one.numel() for one in module.parameters())


wide = Bottleneck(256, 128, stride=2)
returned = wide.conv3.out_channels
blocks = [3, 4, 6, 3]

CLAIMS = [
    "In 2015 it did not.",
    # The paper's networks and ours.
    "With 18 layers it makes no difference. With 34, the plain network is *worse*",
    "A plain network with 56 layers has a higher error on new images than one with 20 layers",
    "A 3 × 3 convolution from 256 channels to 256 has more than half a million weights",
    "So it goes through a 1 × 1 convolution with the same stride",
    "with factors, gates and 1 × 1 convolutions on the shortcuts",
    "A factor of 0.9 looks harmless",
    "A basic block takes 64 channels and returns 128, with stride 1",
    "With stride 1 the size stays. Height and width stay. But 64 maps cannot be added to 128.",
    "A 1 × 1 convolution and a BatchNorm. The number of channels changes",
    "A 3 × 3 convolution, so that it sees as much",
    # Bottlenecks.
    "A 1 × 1 convolution mixes channels at a ninth of the price",
    "1. 1 × 1: from many channels to few",
    "2. 3 × 3: looks around",
    "3. 1 × 1: to four times the width",
    "Both take 256 channels and return 256",
    "a network can have 50 layers and be hardly more expensive than one with 34",
    "“In a bottleneck the first 1 × 1 convolution has the stride.”",
    "But a 1 × 1 convolution with stride 2 looks at one pixel of four",
    "Today's libraries have the stride in the 3 × 3 convolution",
    "A bottleneck has width 128. It takes 256 channels and has stride 2.",
    "[ ] 128 channels, and a projection",
    "[ ] 256 channels, and nothing",
    f"[x] {returned} channels, and a projection",
    f"[ ] {returned} channels, and nothing. 256 maps cannot be added to {returned}",
    # Whole networks.
    "## From 18 layers to 152",
    "a 7 × 7 convolution with stride 2, BatchNorm, ReLU",
    "Follow the shape of one photograph through ResNet-18",
    f"Count the layers of ResNet-50: {sum(blocks)} blocks of three convolutions",
    "has 152 layers, and the deepest VGG has 19. That is *eight* times",
    "The *top-1* accuracy on ImageNet",
    "“ResNet-50 has an accuracy",
    "there are published weights with 76.1 % and others with 80.9 %",
    "has a network of bottlenecks with 3, 4, 6 and 3 blocks",
    f"[ ] {sum(blocks)} These are the blocks",
    f"[ ] {3 * sum(blocks)} These are the layers inside the blocks",
    f"[x] {3 * sum(blocks) + 2} Three in each of {sum(blocks)} blocks",
    f"[ ] {3 * sum(blocks) + 2 + len(blocks)} You counted the four projections",
    # The gradient.
    "That small 1 changes everything. Say that every layer has the slope 0.1:",
    "One of these terms is 1.",
    f"By how many powers of ten has the gradient faded at {MOST_DEPTH} layers?",
    "switch the shortcuts on, at 60 layers",
    "The line is level at about 1, which is He's start",
    "In a plain network of 50 layers with BatchNorm",
    # Thin networks.
    "For images of 32 × 32 pixels the paper has a second family",
    "A first 3 × 3 convolution makes 16 channels",
    "basic blocks have 16, 32 and 64",
    "The network with 1202 layers trains without trouble",
    "worse on new images than the one with 110",
    # The glossary.
]
# Not numbers that could be wrong: the steps of a list.
STEPS = re.compile(r"(?<= )[123]\. ")


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    exercises = [int(n) for n in re.findall(r"Exercise (\d) of the", prose)]
    assert exercises == list(range(1, len(LESSON.exercises) + 1))
    prose = re.sub(r"Exercise \d of the", "", prose)
    assert re.findall(r".{20}\d.{20}", STEPS.sub("", prose)) == []
    assert len(re.findall(r"\b20\d\d\b", sources)) == len(re.findall(r"- [A-Z]", sources))


def test_words_that_hold_numbers():
    assert "Six graded exercises" in CHAPTER.prose
    assert len(LESSON.exercises) == 6
    assert "Two blocks, a network, and three functions" in CHAPTER.prose
    assert 152 == 8 * 19
    ratio = parameters(BasicBlock(256, 256)) / parameters(Bottleneck(256, 64))
    assert round(ratio) == 17
    assert "one layer more and is about seventeen times as small" in CHAPTER.prose
    assert BasicBlock(256, 256).conv1.weight.numel() > 500_000
    assert nn.Conv2d(9, 9, 3).weight.numel() == 9 * nn.Conv2d(9, 9, 1).weight.numel()
    assert "A hundred and ten layers, and fewer than two million numbers" in CHAPTER.prose
    assert cifar_resnet_params(110) < 2e6
    assert "nineteen million numbers for fifty thousand small images" in CHAPTER.prose
    assert cifar_resnet_params(1202) // 1_000_000 == 19


def test_shapes_are_those_of_the_quizzes():
    assert isinstance(BasicBlock(64, 128).downsample, nn.Sequential)
    assert isinstance(wide.downsample, nn.Sequential)
    assert wide(torch.zeros(2, 256, 4, 4)).shape[1] == returned == 512


def test_degradation_is_what_was_measured():
    results = results_of("degradation")
    assert all(degradation.claims(results).values())
    assert results["depths"] == [20, 56]
    plain, residual = (results["kinds"][kind] for kind in ("plain", "residual"))
    # "About 0.25", "stays above 2", "the deeper one falls lower": the figure's description.
    last = {
        (kind, depth): [run["losses"][-1] for run in runs]
        for kind, depths in results["kinds"].items()
        for depth, runs in depths.items()
    }
    assert median(last["plain", "20"]) == pytest.approx(0.25, abs=0.03)
    assert min(last["plain", "56"]) > 2
    assert max(last["residual", "56"]) < min(last["residual", "20"]) < 0.1
    # "The deep plain network hardly learns": nine digits of ten are wrong by guessing.
    assert min(run["training_error"] for run in plain["56"]) > 0.8
    assert max(run["training_error"] for run in residual["56"]) == 0


def test_the_papers_comparison_is_what_the_text_says():
    cell = next(cell.source for cell in CHAPTER.cells if "He et al. 2015, table 2" in cell.source)
    scope: dict = {}
    exec(cell, scope)
    plain, shortcuts = scope["paper"]["plain"], scope["paper"]["with shortcuts"]
    assert abs(plain[18] - shortcuts[18]) < 0.1
    assert plain[34] > plain[18]
    assert shortcuts[34] < plain[34] - 3


def test_the_claims_about_the_gradients_hold():
    results = results_of("gradient_ratios")
    assert all(gradient_ratios.claims(results).values())
    runs = {len(found["ratios"]) for found in results["networks"]}
    assert (gradient_ratios.DEPTH, runs) == (50, {5})
    assert "fifty layers and five starts each" in CHAPTER.prose
    for found in results["networks"]:
        # "More than a thousandfold", "within a factor of ten".
        if found["batch_norm"] and not found["skip"]:
            assert min(found["ratios"]) > 1000
        if found["skip"]:
            assert 0.1 < min(found["ratios"]) <= max(found["ratios"]) < 10


def test_experiments_with_the_demo_come_out_as_the_answers_say():
    assert gradient_sizes(MOST_DEPTH, 0.41, False, False)[0] < 1e-20
    for spread in (1.0, 1.3, 1.6):
        assert 0.2 < gradient_sizes(MOST_DEPTH, spread, False, False)[0] < 5
    assert gradient_sizes(MOST_DEPTH, 0.8, False, False)[0] < 1e-3
    # BatchNorm takes the size of the weights out; some is left by epsilon and the biases.
    lines = [gradient_sizes(30, spread, True, False)[0] for spread in (0.4, 1.0, 1.6)]
    assert max(lines) / min(lines) < 3
    assert min(lines) > 100
    for spread in (0.4, 1.0, 1.6):
        assert 0.1 < gradient_sizes(MOST_DEPTH, spread, True, True)[0] < 10
