"""Is everything that the convolution chapter says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it. What the
chapter prints is computed anyway; test_chapter_convolution_outputs.py checks what its prose says
about that.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from chapter_text import Chapter, choices

from cnncourse.course import find_lesson
from cnncourse.experiments.convolution_timing import FAST, WAYS
from cnncourse.experiments.records import read_record
from cnncourse.reference.convolution import output_size

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("02-convolution")
CHAPTER = Chapter(ROOT / LESSON.chapter)


def parameters(channels: int, filters: int, k: int) -> int:
    return sum(p.numel() for p in torch.nn.Conv2d(channels, filters, k).parameters())


def maps(filters: int) -> int:
    return F.conv2d(torch.zeros(1, 3, 32, 32), torch.zeros(filters, 3, 3, 3)).shape[1]


uint8 = np.iinfo(np.uint8)
impulse_answer = F.conv2d(
    F.pad(torch.ones(1, 1, 1, 1), (2, 2, 2, 2)), torch.arange(1.0, 10).reshape(1, 1, 3, 3)
)[0, 0]
padded = 32 + 2 * 2
readers = [start for start in range(0, 9 - 3 + 1, 2) if start <= 4 < start + 3]
CLAIMS = [
    f"the line that starts with 27. Half of 27 is not a whole number, and the output has"
    f" {output_size(27, 3, stride=2, padding=1)} pixels",
    "A convolution with stride 2 halves",
    "With kernel 3 and padding 1 the output is half the size, *rounded up*",
    "Here are 8 pixels with kernel 3 and stride 3",
    "With stride 1 and an odd kernel",
    "Without dilation, a kernel of width 4 needs three extra pixels",
    "The image is 1 everywhere. An average of ones is 1, so every output ought to be 1",
    "An image with a single 1",
    "*turned by 180 degrees*",
    f"*bottom right* weight, the {impulse_answer[0, 0]:.0f}. So the 9 is written at the top left",
    f"whole numbers from {uint8.min} to {uint8.max}",
    "falls below 0",
    "The weight for red is 1, for green 0, and for blue −1",
    f"“64 filters on three channels give {64 * 3} pictures.”",
    f"they give {maps(64)}.",
    "here with stride 2, padding 1 and",
    "for a 3 × 3 kernel",
    "Eight filters of 5 × 5 slide",
    # The quizzes: question, answers and replies.
    "A row of 32 pixels, a kernel of width 5, stride 3, padding 2",
    f"[x] {output_size(32, 5, stride=3, padding=2)}"
    f" The padded row has {padded} pixels. The fraction is {padded - 5} / 3, rounded down to"
    f" {(padded - 5) // 3} steps. With the first window that makes {(padded - 5) // 3 + 1}.",
    f"[ ] {output_size(32, 5, stride=3, padding=2) - 1} You counted the steps",
    f"[ ] {-(-(padded - 5) // 3) + 1} You rounded up",
    f"[ ] {output_size(32, 5, padding=2)} That would be *same* padding, which needs stride 1",
    "A layer takes 8 channels and has 16 filters of size 5 × 5, with bias",
    f"[x] {parameters(8, 16, 5)} Each filter has 8 · {5 * 5} weights and one bias,"
    f" which makes {8 * 25 + 1}. There are 16 filters",
    f"[ ] {parameters(8, 16, 5) - 16} These are the weights. The 16 biases are missing",
    f"[ ] {parameters(1, 16, 5)} You gave each filter a single kernel. It needs one for each of"
    f" the 8 channels",
    f"[ ] {8 * parameters(1, 16, 5)} You gave each kernel a bias",
    "A row of 9 pixels, a kernel of width 3, stride 2, no padding. How many windows hand a"
    " gradient back to pixel 4 (counting from 0)?",
    f"[x] {len(readers)} The windows start at 0, 2, 4 and 6. Pixel 4 is the last of the window"
    f" that starts at {readers[0]} and the first of the one that starts at {readers[1]}",
    "[ ] 3 That is the answer for stride 1",
    "[ ] 1 One window *starts* there",
    f"[ ] {output_size(9, 3, stride=2)} There are four windows in all. Two of them do not reach"
    " pixel 4",
]
# Not numbers that could be wrong: the steps of a list, and the name of a technique.
NAMES = re.compile(r"(?<= )\d\. |im2col")


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    exercises = [int(n) for n in re.findall(r"Exercises? (\d)", prose)]
    assert exercises == [1, 3, 4, 5, 6]  # 2 stands beside 1
    prose = re.sub(r"Exercises? \d( and 2)? of the", "", prose)
    prose = re.sub(r"\[[^\]]*\d{4}\]", "", prose)  # a paper and its year
    assert re.findall(r".{20}\d.{20}", NAMES.sub("", prose)) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == 9


def test_formulas_and_words_that_hold_numbers():
    assert r"3 \cdot 1 + 0 \cdot 2 + 2 \cdot 0 + 6 \cdot (-1) = -3" in CHAPTER.text
    assert 3 * 1 + 0 * 2 + 2 * 0 + 6 * (-1) == -3
    assert "There are six places" in CHAPTER.prose
    assert output_size(3, 2) * output_size(4, 2) == 6
    assert "nearly nine times for a 3 × 3 kernel on a large image" in CHAPTER.prose
    assert 8.5 < 9 * output_size(224, 3) ** 2 / 224**2 < 9
    assert "Six functions" in CHAPTER.prose
    assert "Six graded exercises" in CHAPTER.prose
    assert len(LESSON.exercises) == 6


def test_half_a_turn_quiz_marks_the_right_kernels():
    (quiz,) = [quiz for quiz in CHAPTER.quizzes if "quiz-half-turn" in quiz]
    for right, words, _ in choices(quiz):
        kernel = np.array(eval(words.strip("`")))
        assert right == np.array_equal(kernel, np.rot90(kernel, 2)), words


def test_same_padding_of_an_even_kernel_is_not_even():
    with pytest.warns(UserWarning, match="even kernel"):
        averages = F.conv1d(torch.ones(1, 1, 5), torch.full((1, 1, 4), 0.25), padding="same")
    # One zero was added on the left, two on the right; for odd kernels both ends are alike.
    assert averages.flatten().tolist() == [0.75, 1, 1, 0.75, 0.5]


def test_the_claims_about_the_timing_hold():
    record = read_record("convolution_timing")
    small, large = record["results"]["measurements"][:2]
    assert set(small["ways"]) == set(WAYS)
    assert set(large["ways"]) == set(FAST)
    ratios = [way["ratio"] for way in small["ways"].values()]
    # "The library is faster still", and each way is much faster than the one before it.
    assert ratios == sorted(ratios, reverse=True)
    assert small["ways"]["one matrix product"]["ratio_lowest"] > 1
    assert large["ways"]["one matrix product"]["ratio_lowest"] > 1
