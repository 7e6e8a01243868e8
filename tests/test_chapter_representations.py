"""Is everything that the chapter on representations says true?

Every number that stands in its prose is found by one of CLAIMS.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean

import pytest
import torch
from chapter_text import Chapter
from torch import nn

from cnncourse import models
from cnncourse.course import find_lesson
from cnncourse.data.shapes import SHAPES
from cnncourse.data.textures import TEXTURES
from cnncourse.experiments.feature_network import CLASSES, STAGES
from cnncourse.experiments.few_shot_pairs import FIRST_NEW_DIGIT
from cnncourse.experiments.few_shot_transfer import DIGITS, OUTLINES, SCRATCH, TUNED
from cnncourse.experiments.run import failing_claims, results_of

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("06-representations")
CHAPTER = Chapter(ROOT / LESSON.chapter)

CLAIMS = [
    f"the old ones 0 to {FIRST_NEW_DIGIT - 1} and the new ones {FIRST_NEW_DIGIT} to 9",
    "Yosinski and others measured in 2014",
    "as He, Girshick and Dollár found in 2018",
    "pixels from 0 to 16, where the network was trained with 0 to 1",
    "to 0. The running numbers stand still",
    "its gradient vanishes when it is near 1.",
    "Scores far apart give a probability near 1",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in CLAIMS:
        prose = prose.replace(claim, "")
    prose = re.sub(r"from cnncourse import models .*?classes=5\)", "", prose)
    prose = re.sub(r"Exercises? \d of the", "", prose)
    prose = re.sub(r"(?<= )\d\. ", "", prose)  # the steps of a list
    assert re.findall(r".{20}\d.{20}", prose) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == 11


def test_words_that_hold_numbers():
    assert "Four graded exercises" in CHAPTER.prose
    assert "Four functions" in CHAPTER.prose
    assert len(LESSON.exercises) == 4
    assert "ten kinds of pictures. Four are shapes" in CHAPTER.prose
    assert "Six are textures" in CHAPTER.prose
    assert (len(CLASSES), len(SHAPES), len(TEXTURES), STAGES) == (10, 4, 6, 3)


@pytest.mark.parametrize("name", ["feature_hierarchy", "few_shot_transfer"])
def test_the_measured_claims_hold(name: str):
    assert failing_claims(name, results_of(name)) == []


def test_what_is_said_of_the_tables():
    networks = results_of("feature_hierarchy")["networks"]

    def average(when: str, what: str) -> list[float]:
        return [mean(column) for column in zip(*(one[what] for one in networks[when]), strict=True)]

    trained, random = average("after training", "probe"), average("before training", "probe")
    assert trained == sorted(trained)  # "more and more"
    assert random[-1] <= random[0]  # "no more behind three stages than behind one"
    for after, begin in zip(
        average("after training", "orientation"),
        average("before training", "orientation"),
        strict=True,
    ):
        assert after > 1.5 * begin  # "much stronger"
    # "most of what is in small filters is still something else"
    assert mean(one["gabor_share"] for one in networks["after training"]) < 0.5

    results = results_of("few_shot_transfer")
    outlines, digits = (results["pairs"][name]["ways"] for name in (OUTLINES, DIGITS))
    for shots in map(str, results["shots"]):
        tuned = mean(outlines[TUNED][shots])  # "lies on top everywhere"
        assert all(tuned >= mean(scores[shots]) for scores in outlines.values())
        # "learning from scratch is as good as fine-tuning"
        assert abs(mean(digits[TUNED][shots]) - mean(digits[SCRATCH][shots])) < 0.05
    drift = results["drift"]
    # "When the new pictures are like the old ones, little happens"
    assert mean(one["before"] - one["as before"]["accuracy"] for one in drift) < 0.02


def test_names_in_the_code_that_is_not_run():
    with torch.device("meta"):
        known = dict(models.resnet18().named_modules())
    assert {"layer1", "layer4", "fc", "conv1"} <= set(known)
    assert isinstance(known["fc"], nn.Linear)


def test_replies_about_momentum():
    for momentum, stays in ((0, True), (None, False), (1, False)):
        norm = nn.BatchNorm1d(1, momentum=momentum)
        norm(torch.tensor([[3.0], [5.0]]))
        assert (norm.running_mean.item() == 0) is stays
        assert momentum != 1 or norm.running_mean.item() == 4
