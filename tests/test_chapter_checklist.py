"""Is everything that the chapter on the checklist says true?

What it prints is computed anyway; here stands what its prose says about that.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

import pytest
import torch
from chapter_text import Chapter

from cnncourse.course import find_lesson
from cnncourse.experiments.run import failing_claims, results_of
from cnncourse.lessons.checklist.network import trusts_the_place
from cnncourse.recipes.checklist import RADIUS, fit, left_and_right
from cnncourse.reference.checklist import ChosenNet
from cnncourse.widgets.checklist import DESIGNS
from cnncourse.widgets.design import BUDGET, costs, verdicts

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("12-checklist")
CHAPTER = Chapter(ROOT / LESSON.chapter)
# Numbers of questions, steps and boxes, and the names of networks: nothing that could be wrong.
NAMES = re.compile(
    r"## Question \d:|Exercise \d of the|(?<= )\d\. |\[0, 1\]|MNIST-1D|ResNet-50|\b16x16\b"
)


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    assert re.findall(r".{20}\d.{20}", NAMES.sub("", prose)) == []
    assert len(re.findall(r"\b20\d\d\b", sources)) == len(re.findall(r"- [A-Z]", sources))


def test_words_that_count_are_right():
    assert "down to five questions" in CHAPTER.prose
    assert "Five predictions and a network" in CHAPTER.prose
    assert "five explanations and a defence" in CHAPTER.prose
    assert (len(LESSON.exercises), len(LESSON.explanations)) == (6, 6)
    assert "one layer of a thousand units" in CHAPTER.prose
    assert "Your network learns from a few hundred of them" in CHAPTER.prose
    assert 200 < len(left_and_right(torch.Generator().manual_seed(0)).inputs) < 900


@pytest.mark.parametrize("name", ["pixel_shuffle", "data_size", "degradation", "equivariance"])
def test_experiments_bear_out_what_they_are_cited_for(name: str):
    assert failing_claims(name, results_of(name)) == []


def test_flattened_cnn_is_behind_the_transformer_at_every_size():
    assert "behind the transformer at every size" in CHAPTER.prose
    networks = results_of("data_size")["networks"]
    flat, patches = (networks[name]["accuracy"] for name in ("CNN, flattened", "transformer"))
    assert all(median(flat[size]) < median(patches[size]) for size in flat)


def test_better_cnn_loses_more_by_the_shuffle():
    networks = results_of("pixel_shuffle")["networks"]
    lost = {name: median(one["plain"]) - median(one["shuffled"]) for name, one in networks.items()}
    assert lost["CNN, pooled globally"] > lost["CNN, strided"] > 0.2
    assert abs(lost["MLP"]) < 0.02


def test_a_product_is_dearer_in_efficientnet_than_in_resnet():
    networks = results_of("architecture_costs")["networks"]

    def per_product(name: str) -> float:
        return networks[name]["latency"]["median"] / networks[name]["macs"]

    assert per_product("efficientnet_b0") > 1.5 * per_product("resnet50") > 0


def test_answers_to_the_experiments_with_the_board_hold():
    layers, _ = DESIGNS["flattened"]
    total = [sum(row.parameters for row in costs(layers, end)) for end in ("flatten", "average")]
    assert total[1] < total[0]
    without = [layer for layer in DESIGNS["balanced"][0] if layer != ["pool"]]
    assert costs(without, "largest")[-2].sees == 5 < 2 * RADIUS[0]
    assert verdicts(without, "largest") == [True, True, True, False, True]
    small = [["conv", 3, 12], ["pool"], ["conv", 3, 8]]
    assert all(verdicts(small, "largest"))
    assert 2 * sum(row.parameters for row in costs(small, "largest")) < BUDGET


def test_end_that_forgets_places_finds_shapes_where_none_was():
    split = left_and_right(torch.Generator().manual_seed(0))
    names = {"flattened": trusts_the_place, "largest": ChosenNet}
    reached = {}
    for name, build in names.items():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = build()
            fit(model, split.inputs, split.targets, seed=0)
        right = model.eval()(split.held_out).argmax(1) == split.held_out_targets
        reached[name] = [right[side::2].double().mean().item() for side in (0, 1)]
    assert min(reached["largest"]) > 0.95
    assert reached["flattened"][0] > reached["flattened"][1] + 0.2
    assert "is good at the left, and far worse at the right" in CHAPTER.prose
