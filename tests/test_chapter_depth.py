"""Is everything that the chapter on depth says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it. What the
chapter prints is computed anyway; test_chapter_depth_outputs.py checks what its prose says
about that.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from chapter_text import Chapter
from torch import nn

from cnncourse.course import find_lesson
from cnncourse.experiments.gradient_ratios import DEPTH, EXAMPLES, claims, middle
from cnncourse.experiments.run import results_of
from cnncourse.recipes.depth import EPOCHS
from cnncourse.reference.depth import receptive_field, relu_backward
from cnncourse.widgets.depth import SIDES, STACKS

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("05-depth")
CHAPTER = Chapter(ROOT / LESSON.chapter)

THREE = [(3, 1, 1)] * 3
QUIZ = [(3, 2, 1), (3, 1, 1), (3, 2, 1), (3, 1, 1)]
passed = relu_backward(torch.tensor([4.0, -3, 5]), torch.tensor([-1.0, 2, 0])).int().tolist()
dilated = receptive_field(STACKS["with dilations"])[0]


def jumps_too_early(layers) -> int:
    size, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        jump *= stride
        size += (kernel_size - 1) * dilation * jump
    return size


CLAIMS = [
    "Slide a 3 × 3 kernel over an image",
    "there is *one* kernel of 5 × 5 that does the same",
    "Since about 2012",
    "PyTorch chooses 0, and so does this course",
    "by a factor of 0.8",
    "each with 256 inputs, 256 outputs and a ReLU",
    "Where the 2 comes from",
    "It stays what it was if this is 1:",
    "near 1 in every line",
    "A healthy network has something near 1",
    "the slope of ReLU is 1 where it is not 0",
    # How far a value sees.
    f"One value of the first layer sees {receptive_field(THREE[:1])[0]} pixels, because its kernel"
    f" is 3 wide. One of the second sees {receptive_field(THREE[:2])[0]}, and one of the third"
    f" {receptive_field(THREE)[0]}.",
    "Now let the first layer have stride 2",
    "which starts at 1: a pixel sees itself",
    "It starts at 1 as well",
    "Take *three 3 × 3*, and give the first layer stride 2. Then give it stride 1 and the last"
    " layer stride 2 instead",
    "Take *VGG-16*, a famous network",
    f"{dilated} pixels, instead of {receptive_field([(3, 1, 1)] * 4)[0]}",
    f"the field is {receptive_field(STACKS['VGG-16'])[0]} pixels wide, and the photograph"
    f" {SIDES[1]}",
    "on a network of 2012, AlexNet",
    "Here are stacks of 3 × 3 layers",
    # What it costs.
    f"Three 3 × 3 layers see {receptive_field(THREE)[0]} pixels. So does one 7 × 7 layer",
    "A 3 × 3 layer has weights",
    "in 2014, were built from 3 × 3 layers alone",
    "“Three 3 × 3 layers do the same as a 7 × 7 layer.”",
    f"a stack has {3 * 9} numbers to choose and a 7 × 7 kernel has {7 * 7}, so most 7 × 7 kernels",
    "differ by a factor of 2 are no contradiction",
    "handwritten digits of 8 × 8 pixels",
    "The digits have 8 pixels",
    # The quizzes: question, answers and replies.
    "The inputs of a ReLU were −1, 2 and 0. The gradients 4, −3 and 5 arrive",
    "[ ] 4, 0 and 5 You looked at the sign of the gradients",
    "[ ] 0, 2 and 0 That is the output of the forward pass",
    f"[x] {passed[0]}, −{-passed[1]} and {passed[2]} Only the second input was positive",
    "[ ] 0, −3 and 5 Almost. At exactly zero, PyTorch and this course take the slope 0",
    "A convolution takes 16 channels and has 32 filters of 3 × 3",
    "[ ] 16 That counts the channels",
    f"[x] {nn.Conv2d(16, 32, 3).weight[0].numel()} One output adds up 16 channels of 3 · 3 pixels",
    f"[ ] {32 * 9} That is the fan-out, 32 · 9:",
    f"[ ] {nn.Conv2d(16, 32, 3).weight.numel()} These are all weights",
    "Four 3 × 3 layers. The first and the third have stride 2, the others stride 1",
    f"[ ] {receptive_field([(3, 1, 1)] * 4)[0]} You ignored the strides",
    f"[x] {receptive_field(QUIZ)[0]} The layers add 2 steps each: of 1 pixel, then of 2, of 2, and"
    f" of 4. With the pixel itself that makes 1 + 2 + 4 + 4 + 8.",
    f"[ ] {jumps_too_early(QUIZ)} You let the strides",
    f"[ ] {3**4} You multiplied the kernels",
]
# Not numbers that could be wrong: the steps of a list, powers that the text explains, a glossary.
NAMES = re.compile(r"(?<= )\d\. |variance 2 / fan-in")


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
    prose = re.sub(r"\[[^\]]*\d{4}\]", "", prose)  # a paper and its year
    assert re.findall(r".{20}\d.{20}", NAMES.sub("", prose)) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == len(re.findall(r"- [A-Z]", sources))


def test_formulas_and_words_that_hold_numbers():
    assert r"3 \cdot 9 \, C^2 = 27 \, C^2" in CHAPTER.text
    assert sum(k * k for k, _, _ in STACKS["three 3 × 3"]) == 27
    assert sum(k * k for k, _, _ in STACKS["one 7 × 7"]) == 49
    assert receptive_field(QUIZ)[0] == 1 + 2 + 4 + 4 + 8
    assert "Six functions and a network" in CHAPTER.prose
    assert "Seven graded exercises" in CHAPTER.prose
    assert len(LESSON.exercises) == 7
    assert "for 20 epochs" in CHAPTER.text
    assert EPOCHS == 20


def test_the_claims_about_the_gradients_hold():
    results = results_of("gradient_ratios")
    assert all(claims(results).values())
    assert (DEPTH, len(results["networks"])) == (50, 8)
    assert "Fifty layers with ReLU, eight ways to build them" in CHAPTER.prose
    # "Vanished, by more than seventeen powers of ten", in each of the runs.
    first = results["networks"][0]
    assert (first["start"], first["batch_norm"], first["skip"]) == (
        "PyTorch's default",
        False,
        False,
    )
    assert max(first["ratios"]) < 1e-17
    # "It grows a thousandfold and more."
    for start in ("PyTorch's default", "He"):
        assert middle(results, start, True, False) > 1000
        # "Shortcuts keep the gradient near 1 in every line."
        for batch_norm in (False, True):
            assert 0.1 < middle(results, start, batch_norm, True) < 10
    assert EXAMPLES > 1


def test_default_start_has_a_sixth_of_hes_variance():
    for layer in (nn.Linear(400, 900), nn.Conv2d(40, 90, 3)):
        share = layer.weight.var().item() * layer.weight[0].numel()
        assert share == pytest.approx(1 / 3, rel=0.03)
    assert "about a third over the fan-in, one sixth of He's" in CHAPTER.prose


def test_strides_first_and_last_do_what_the_answer_says():
    first = receptive_field([(3, 2, 1), (3, 1, 1), (3, 1, 1)])
    last = receptive_field([(3, 1, 1), (3, 1, 1), (3, 2, 1)])
    assert first[0] > receptive_field(THREE)[0] == last[0]
    assert last[1] == 2


def test_a_stack_without_relu_is_one_layer_and_cannot_be_every_layer():
    chance = torch.Generator().manual_seed(5)
    x, *kernels = (
        torch.randn(1, 1, n, n, generator=chance, dtype=torch.float64) for n in (20, 3, 3, 3)
    )
    stacked, one = x, torch.ones(1, 1, 1, 1, dtype=torch.float64)
    for kernel in kernels:
        stacked = F.conv2d(stacked, kernel)
        one = F.conv2d(F.pad(one, (2,) * 4), kernel.flip(2, 3))
    assert one.shape[2:] == (7, 7)
    torch.testing.assert_close(stacked, F.conv2d(x, one))


def test_mean_square_goes_as_the_three_steps_say():
    chance = torch.Generator().manual_seed(5)
    n, variance = 400, 0.01
    x = torch.rand(50, n, generator=chance)
    weight = math.sqrt(variance) * torch.randn(4000, n, generator=chance)
    before = x @ weight.T
    square = x.square().mean()
    assert before.square().mean() / square == pytest.approx(n * variance, rel=0.05)
    assert before.relu().square().mean() / square == pytest.approx(n * variance / 2, rel=0.05)
