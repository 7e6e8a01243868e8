"""Is everything that the pooling chapter says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it. What the
chapter prints is computed anyway; test_chapter_pooling_outputs.py checks what its prose says about
that.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from chapter_text import Chapter

from cnncourse.course import find_lesson
from cnncourse.experiments.run import results_of
from cnncourse.reference.convolution import output_size
from cnncourse.reference.pooling import head_params, max_pool2d, max_pool2d_backward
from cnncourse.widgets.pooling import Pooling, sample_images, shift

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("04-pooling")
CHAPTER = Chapter(ROOT / LESSON.chapter)

vgg_maps = 512, 7, 7
quiz_row = torch.tensor([[[[5.0, 9.0, 4.0]]]])
quiz_gradient = max_pool2d_backward(torch.ones(1, 1, 1, 2), quiz_row, (1, 2), 1)
starts = list(range(0, 13 - 3 + 1, 3))
CLAIMS = [
    "the window 1, 0, 4, 3. Let the 4 grow to 4.1. The output grows to 4.1 as well. Let the 3 grow"
    " to 3.1. Nothing happens",
    "The window at the top right holds two 2s",
    "start it at 0. Then no result is ever negative",
    "We use simple shapes on a black ground, 300 of them",
    "if the stride is 4, or 1?",
    "With stride 2, the even shifts. With stride 4, the multiples of 4. With stride 1, all of them",
    "A convolution with stride 2 does the same",
    "It is best at shifts of 0, 4 and 8 pixels",
    f"two strides of 2 make {2 * 2}, and only multiples of {2 * 2} are whole steps",
    "Max pooling with stride 2 can be taken apart",
    "This blur weighs even and odd places alike, with 1 + 1 and with 2",
    "VGG-16 is a network of 2014",
    "Its last maps have {} channels of {} × {} pixels".format(*vgg_maps),
    "Both learn their 500 examples",
    "The data are [MNIST-1D]",
    "the authors of MNIST-1D",
    "To make maps smaller, a convolution with stride 2 does it as well",
    # The quizzes: question, answers and replies.
    "A row of 13 pixels, max pooling with a window of 3",
    f"[x] {output_size(13, 3, stride=3)} The stride is 3 as well. The windows start at"
    f" {starts[0]}, {starts[1]}, {starts[2]} and {starts[3]}, and the last pixel is left over",
    f"[ ] {output_size(13, 3, stride=3) + 1} The fifth window",
    f"[ ] {output_size(13, 3)} That is stride 1",
    f"[ ] {13 // 2} You halved. The window is 3 wide",
    "Max pooling with a window of 2 and stride 1 on the row 5, 9, 4. Both outputs have gradient 1",
    "[x] {:.0f}, {:.0f}, {:.0f}".format(*quiz_gradient.flatten().tolist())
    + " The 9 wins both windows, and what",
    "[ ] 0, 1, 0 The 9 wins both windows, so it",
    "[ ] 1, 2, 1 That is every pixel for every window that saw it. The 5 and the 4 never won",
    "[ ] 0.5, 1, 0.5 That is the way back of the average",
    "A network has three pooling layers with stride 2",
    f"[x] multiples of {2**3} Each layer halves",
    "[ ] multiples of 6 The strides multiply, they do not add up: 2 · 2 · 2",
    "Maps of 64 channels and 10 × 10 pixels, 5 classes",
    f"[ ] {64 * 5} These are the weights",
    f"[x] {head_params('gap', 64, 10, 10, 5)} The layer sees 64 numbers: 64 · 5 weights and 5"
    " biases",
    f"[ ] {head_params('flatten', 64, 10, 10, 5)} That is the flattened head, which sees all"
    f" {64 * 10 * 10} pixels",
    f"[ ] {head_params('flatten', 1, 10, 10, 5)} You averaged over the channels",
]
# Not numbers that could be wrong: the steps of a list.
NAMES = re.compile(r"(?<= )\d\. ")


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    exercises = [int(n) for n in re.findall(r"Exercises? (\d)", prose)]
    assert exercises == [1, 3, 4, 5]  # 2 stands beside 1
    prose = re.sub(r"Exercises? \d( and 2)? of the", "", prose)
    prose = re.sub(r"\[[^\]]*\(\d{4}\)\]", "", prose)  # a paper and its year
    assert re.findall(r".{20}\d.{20}", NAMES.sub("", prose)) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == 8


def test_words_that_hold_numbers():
    prose = CHAPTER.prose
    for words in ("Five graded exercises", "Five functions"):
        assert words in prose
    assert len(LESSON.exercises) == 5
    assert "four rows and six columns. " in prose
    assert "a quarter of the numbers is left" in prose
    assert output_size(112, 2, stride=2) ** 2 * 4 == 112**2
    assert "which leave sixteen numbers of the whole picture" in prose
    assert output_size(32, 8, stride=8) ** 2 == 16
    assert "small signals of forty values, in which one of ten patterns" in prose
    assert "Most of the network is its head!" in prose


def test_the_example_window_is_in_the_example():
    cell = next(cell.source for cell in CHAPTER.cells if cell.source.startswith("answers"))
    answers = eval(cell.split("=", 1)[1], {"np": np})
    assert answers.shape == (4, 6)
    assert answers[:2, :2].flatten().tolist() == [1, 0, 4, 3]
    assert sorted(answers[:2, 4:].flatten().tolist())[-2:] == [2, 2]  # the draw


def test_a_wrong_padding_is_hidden_by_a_relu_as_the_quiz_says():
    x = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0)).relu()
    assert torch.equal(max_pool2d(F.pad(x, (1, 1, 1, 1)), 2), max_pool2d(x, 2, padding=1))


def test_the_demo_shows_what_the_experiments_say():
    images = sample_images()
    assert Pooling().layer == "max"
    assert not shift(images["dot"], "max", 2, 2, 0, 1).changed.any()
    assert shift(images["dot"], "max", 2, 2, 0, 2).changed.sum() == 2
    assert (shift(images["stripes"], "max", 2, 2, 0, 1).after == 255).all()
    for stride in (1, 2, 4):
        marked = [
            shift(images["digit"], "max", 2, stride, 0, s).unexplained.any() for s in range(9)
        ]
        assert marked == [bool(s % stride) for s in range(9)]
    assert not any(shift(images["digit"], "global", 2, 2, s, s).changed.any() for s in range(9))


def test_the_claims_about_trained_networks_hold():
    networks = results_of("equivariance")["networks"]

    def right(head: str) -> np.ndarray:
        return np.median(networks[f"{head}, in the middle"]["accuracy"], axis=0)

    flat, pooled = right("flattened"), right("pooled globally")
    assert len(flat) == len(pooled) == 9
    assert flat[0] > 0.97
    assert flat[5] < 0.2 < 1 / 4  # "worse than a guess among the four shapes"
    assert 0.35 < flat[8] < 0.65  # "it recovers a little"
    assert pooled.min() > 0.9
    whole = pooled[[0, 4, 8]]
    assert whole.min() > np.delete(pooled, [0, 4, 8]).max()


def test_the_claims_about_more_data_hold():
    found = results_of("data_size")
    assert found["sizes"] == [500, 2000, 8000]
    pooled, flat = (
        [np.median(runs) for runs in found["networks"][name]["accuracy"].values()]
        for name in ("CNN, pooled globally", "CNN, flattened")
    )
    distances = np.subtract(pooled, flat)
    assert distances[0] > 0.2
    assert (np.diff(distances) < 0).all()  # "With more it shrinks"
    # What the picture shows, in words.
    assert pooled[0] == pytest.approx(0.94, abs=0.02)
    assert pooled[2] == pytest.approx(0.99, abs=0.015)
    assert flat[0] < 0.5
    assert flat[2] == pytest.approx(0.85, abs=0.03)
