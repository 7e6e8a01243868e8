"""Is everything that the weight-sharing chapter says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it; what its
prose says about the outputs of its cells is held against them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from chapter_outputs import printed_by
from chapter_text import Chapter

from cnncourse.course import find_lesson
from cnncourse.data.shapes import SHAPES
from cnncourse.experiments.run import failing_claims, results_of
from cnncourse.reference.convolution import output_size
from cnncourse.reference.weight_sharing import conv_matrix, shared_params, untied_params

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("03-weight-sharing")
CHAPTER = Chapter(ROOT / LESSON.chapter)

places = output_size(224, 11, stride=4, padding=2)
untied = untied_params(1, 2, 3, 10, 10)
matrix_rows = len(conv_matrix(torch.ones(3, 3), 100, 100))
CLAIMS = [
    "AlexNet, of 2012: a colour picture of 224 × 224 pixels, and 96 filters of 11 × 11 that move by"
    f" 4 pixels. The output has {places} × {places} places",
    f"there are {places} · {places} = {places**2} places",
    "read zip codes in 1989, each of the 12 maps of the first layer had one kernel of 5 × 5"
    f" weights, but a bias of its own at each of its {16 // 2} × {16 // 2} places",
    "for a row of five pixels and the kernel (1, 2, 3)",
    "for a picture of 5 × 6 pixels and windows of 3 × 3",
    "pictures of 8 × 8 pixels with a secret kernel of 3 × 3",
    f"each output number has {8 * 8} unknown weights. If you know that it looks nearby, it has"
    " nine",
    f"it has {output_size(8, 3) ** 2} windows, and nine are needed",
    "DeepFace, of 2014",
    "with windows of 3 × 3",
    "Now its largest difference is 0",
    "Choose stride 2,",
    "A layer with stride 2 has a place at every second pixel",
    "Each further layer of 3 × 3 windows",
    f"five halvings is equivariant, at best, to moves by whole multiples of {2**5} pixels",
    # The quizzes: question, answers and replies.
    "has 2 filters of 3 × 3 and an output of 10 × 10 places",
    f"[ ] {shared_params(1, 2, 3)} That is a convolution: 2 filters with 9 weights",
    f"[ ] {untied_params(1, 2, 3, 10, 10, bias=False) + 2} You untied the weights",
    f"[x] {untied} The output has 2 · {10 * 10} numbers. Each has 9 weights",
    f"[ ] {untied // 2} You counted one filter for each place",
    "A kernel of 3 × 3 different weights, none of them 0, slides over a picture of 100 × 100"
    " pixels. How many *different* numbers stand in its matrix, 0 not counted",
    f"[x] {3 * 3} A larger picture",
    f"[ ] {matrix_rows} That is the number of its rows: {output_size(100, 3)} ·"
    f" {output_size(100, 3)} places",
    f"[ ] {9 * matrix_rows} That is how many entries are not 0: nine in each of the {matrix_rows}"
    " rows",
    f"[ ] {100 * 100} That is the number of its columns",
    "two layers with stride 2, one after the other",
    "[ ] 1 Then the output would have to move by a quarter of a place",
    "[ ] 2 That is right for one of the layers. The second one gets a map that has moved by 1, and"
    " has stride 2 itself",
    f"[x] {2 * 2} The first layer makes 4 pixels into 2 places, and the second makes 2 places"
    " into 1.",
    "zeros at the border and strides of 1 ends",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    prose = re.sub(r"Exercises? \d( to 3| and 6)? of the", "", prose)
    prose = re.sub(r"\[[^\]]*\d{4}\]", "", prose)  # a paper and its year
    prose = re.sub(r"(?<= )\d\. ", "", prose)  # the steps of a list
    assert re.findall(r".{20}\d.{20}", prose.replace("im2col", "")) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == 8


def test_words_that_hold_numbers():
    assert "Six graded exercises" in CHAPTER.prose
    assert "Six functions" in CHAPTER.prose
    assert "tell four kinds of shapes apart" in CHAPTER.prose
    assert len(SHAPES) == 4
    assert len(LESSON.exercises) == 6


def test_the_measured_claims_hold():
    results = results_of("equivariance")
    assert failing_claims("equivariance", results) == []
    networks = results["networks"]
    middle = [networks[f"{head}, in the middle"] for head in ("flattened", "pooled globally")]
    # "falls apart", "its answers hold"
    flat, pooled = ([min(run[5:]) for run in network["stays"]] for network in middle)
    assert max(flat) < 0.5
    assert min(pooled) > 0.8
    # "The three other lines stay above 90 percent all the way", in the words for the chart
    for name in (
        "flattened, anywhere",
        "pooled globally, in the middle",
        "pooled globally, anywhere",
    ):
        assert np.median(networks[name]["accuracy"], axis=0).min() > 0.9
    falls = np.median(networks["flattened, in the middle"]["accuracy"], axis=0)
    assert falls[0] > 0.99
    assert falls.argmin() == 5
    assert 0.05 < falls[5] < 0.15
    assert 0.4 < falls[8] < 0.6
    assert set(results["networks"]) == {
        f"{head}, {place}"
        for head in ("flattened", "pooled globally")
        for place in ("in the middle", "anywhere")
    }
    assert results["layers"]["zeros, then global average"]["invariance"]["1"] > 1e-3


# What the cells print ---------------------------------------------------------------------------
@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER)


def test_counts_are_those_of_the_first_layer_of_alexnet(printed: str):
    assert "105 705 600 numbers" in printed
    assert "34 944 numbers" in printed
    assert re.search(r"sharing saves a factor of +3,025\.0", printed)
    # "It saves not one multiplication"
    local, shared = re.findall(r"(?:local, not shared|a convolution) +([\d ]+) products", printed)
    assert local == shared
    assert "as it was: 300 + 768 = 1068" in printed


def test_everything_that_has_to_agree_does(printed: str):
    assert "False" not in printed
    assert "gradient of the shared kernel: True" in printed
    assert len(re.findall(r" others: 9,  M @ image is right: True", printed)) == 3
    assert "transposed matrix times G: True" in printed


def test_pictures_that_are_needed(printed: str):
    needed = re.findall(r"(\w+) +exact from +(\d+) pictures on", printed)
    assert needed == [("dense", "64"), ("local", "9"), ("shared", "1")]


def test_layers_move_along_or_stay_as_the_prose_says(printed: str):
    found = {
        name.strip(): (float(moves), float(stays))
        for name, moves, stays in re.findall(
            r"^(.+?)  +moves along: +([\d.]+)  stays: +([\d.]+)$", printed, re.MULTILINE
        )
    }
    assert found["average of all pixels"] == (0, 0)
    assert found["ReLU"][0] == found["difference to the left neighbour"][0] == 0
    assert min(found["sum of all pixels so far"]) > 0
    assert min(found["times 0, 1, 2, 3, 4, 5"]) > 0


def test_an_average_over_all_moves_is_a_convolution(printed: str):
    assert re.search(r"any matrix +equivariance error [1-9]\S*, different weights: 36", printed)
    assert "averaged    equivariance error 0.00, different weights: 6" in printed


def test_exceptions_are_those_of_border_and_stride(printed: str):
    errors = dict(re.findall(r"^(\w[\w ,]*?) {2,}(\d\.\d{6})$", printed, re.MULTILINE))
    assert float(errors.pop("zeros at the border")) > 0.5
    assert len(errors) == 4
    assert set(errors.values()) == {"0.000000"}
    margins = re.findall(r"^(\d) layers: margin (\d)$", printed, re.MULTILINE)
    assert [int(margin) - int(depth) for depth, margin in margins] == [1, 1, 1, 1]
    steps = re.findall(r"moved by (\d): at best off by (\S+)", printed)
    assert [float(error) > 0.5 for _, error in steps] == [True, False, True, False]
    assert re.search(r"^moved +0\.000$", printed, re.MULTILINE)
    for way in ("turned by a quarter", "mirrored"):
        assert float(re.search(rf"{way} +(\S+)", printed)[1]) > 0.5


def test_an_average_stays_exactly_or_nearly(printed: str):
    errors = re.findall(r"then the average: an error of (\S+)", printed)
    assert float(errors[0]) < 1e-12
    assert 1e-3 < float(errors[1]) < 0.2


def test_what_is_printed_fits_the_column(printed: str):
    assert [line for line in printed.splitlines() if len(line) > 70 and "<" not in line] == []
