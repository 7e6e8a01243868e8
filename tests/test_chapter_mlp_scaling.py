"""Is everything that the chapter on MLPs and pixels says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it. What the
chapter prints is computed anyway; test_chapter_mlp_scaling_outputs.py checks what its prose says
about that.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from chapter_text import Chapter, choices
from torch import nn

from cnncourse.course import find_lesson
from cnncourse.data.digits import digits
from cnncourse.experiments.run import failing_claims, results_of
from cnncourse.experiments.seeded import seeded
from cnncourse.models.mlp import mlp
from cnncourse.reference.mlp_scaling import training_bytes
from cnncourse.training import accuracy, train
from cnncourse.widgets.mlp_scaling import MlpScaling, layer_params

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("01-mlp-scaling")
CHAPTER = Chapter(ROOT / LESSON.chapter)


def parameters(inputs: int, units: int, bias: bool = True) -> int:
    """PyTorch's own count; on meta, a layer takes no memory."""
    layer = nn.Linear(inputs, units, bias=bias, device="meta")
    return sum(p.numel() for p in layer.parameters())


colour = 3 * 224 * 224
grey = 10 * 20
pixels = digits().inputs[0].numel()
CLAIMS = [
    f"A layer of 1000 neurons on a 224 × 224 image has {parameters(colour, 1000) // 10**6} million"
    " parameters.”",
    f"{parameters(colour, 1000, bias=False):,} weights, and with the biases"
    f" {parameters(colour, 1000):,} parameters",
    f"has more than {parameters(colour, 1000) // 10**6} million parameters",
    "A grey picture of 10 × 20 pixels goes into a dense layer of 30 units with biases",
    f"[ ] {parameters(grey, 30, bias=False):,} These are the weights, {grey} for each of 30 units."
    " The 30 biases are missing",
    f"[x] {parameters(grey, 30):,} Each unit has {grey} weights and one bias, which makes"
    f" {grey + 1}. There are 30 units",
    f"[ ] {parameters(grey, 30, bias=False) + grey:,} You gave each pixel a bias",
    f"[ ] {parameters(10 + 20, 30)} You added the two sides, 10 + 20, to get the number of pixels."
    f" A grid of 10 × 20 has {grey}",
    "a small square of 3 × 3 pixels only",
    "Between 256 and 448 pixels",
    "One hidden layer of 32 units",
    "Forwards, a 3 becomes 3 and −3. ReLU turns that into 3 and 0. The output is ten times 3.",
    "This 2 is the gradient from above",
    "multiplied by 3 and by 0. So their gradients are 2 · 3 = 6 and 2 · 0 = 0",
    "so its gradient is the 2 itself",
    "multiplied by 10 and by 1, so they are told 20 and 2",
    "its 20 passes",
    "so it is told 0, not 2",
    "multiplied by the input, 3. So their gradients are 60 and 0",
    "a hidden unit's sum is −0.7, so ReLU turns it into 0",
    f"one random order of the {pixels} pixels",
    "So pixel 17 may end up at place 3",
    "On the left, the pixels come in the order 0, 1, 2. On the right they come in the order 2, 0,"
    " 1, *and the weights with them*",
    "Cybenko 1989",
    "A network has 10 million parameters of four bytes each. You train it with momentum.",
    *(
        f"{mark} {training_bytes(10_000_000, optimizer=name) // 10**6} megabytes"
        for mark, name in (("[ ]", "sgd"), ("[x]", "momentum"), ("[ ]", "adam"))
    ),
    f"[ ] {4 * 10_000_000 // 10**6} megabytes",
    "Place 3 now means something else",
]
# Not numbers that could be wrong: the steps of a list, and the name of a data set.
NAMES = re.compile(r"(?<= )\d\. |MNIST-1D")


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    exercises = re.findall(r"Exercises? (\d)(?: and (\d))?", prose)
    assert exercises == [("1", "2"), ("3", ""), ("4", ""), ("5", "6")]
    prose = re.sub(r"Exercises? \d( and \d)?", "", prose)
    assert re.findall(r".{20}\d.{20}", NAMES.sub("", prose)) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == 6


def test_formulas_and_words_that_hold_numbers():
    formula = (
        r"2 \cdot 1 + 0 \cdot 5 + 1 \cdot (-1) + 3 \cdot 2 + 1 \cdot (-4) + 0 \cdot 3 + (-1) = 2"
    )
    assert formula in CHAPTER.text
    assert 2 * 1 + 0 * 5 + 1 * (-1) + 3 * 2 + 1 * (-4) + 0 * 3 + (-1) == 2
    assert "Twice the side, four times the cost" in CHAPTER.prose
    assert parameters(3 * 448**2, 1000, bias=False) == 4 * parameters(colour, 1000, bias=False)
    assert "in grey it is a third of that" in CHAPTER.prose
    assert parameters(colour, 1000, bias=False) == 3 * parameters(224**2, 1000, bias=False)
    assert "right for one digit in ten" in CHAPTER.prose
    assert digits().targets.unique().numel() == 10
    assert "eight by eight pixels" in CHAPTER.prose
    assert digits().inputs.shape[2:] == (8, 8)
    assert "It took three times the examples" in CHAPTER.prose
    assert "Six functions" in CHAPTER.prose
    assert "Six graded exercises" in CHAPTER.prose
    assert len(LESSON.exercises) == 6


def test_the_growth_quiz_is_answered_right():
    # Half the side in both directions, twice the units.
    before, after = parameters(40 * 60, 10, bias=False), parameters(20 * 30, 20, bias=False)
    (quiz,) = [quiz for quiz in CHAPTER.quizzes if "quiz-growth" in quiz]
    assert [words for right, words, _ in choices(quiz) if right] == ["It is halved."]
    assert after * 2 == before


def test_an_order_for_each_picture_leaves_next_to_nothing_to_learn():
    split, random = digits(), torch.Generator().manual_seed(0)

    def each_in_its_own_order(images: torch.Tensor) -> torch.Tensor:
        orders = torch.rand(len(images), 64, generator=random).argsort(1)
        return images.flatten(1).gather(1, orders)

    model = seeded(lambda: mlp([64, 32, 10]), seed=0)
    inputs = each_in_its_own_order(split.inputs)
    losses = train(
        model, inputs, split.targets, epochs=20, generator=random, lr=1e-3, progress=False
    )
    assert losses[-1] < losses[0]  # "the loss falls a little"
    test = each_in_its_own_order(split.held_out)
    assert accuracy(model, test, split.held_out_targets) < 0.25  # "hardly better than guessing"


def test_what_the_demo_should_have_shown():
    costs = {side: layer_params(side, 1000) for side in (256, 448)}
    ratios = {side: dense / filters for side, (dense, filters) in costs.items()}
    assert ratios[256] < 10_000 < ratios[448]
    assert layer_params(256, 7)[0] / layer_params(256, 7)[1] == ratios[256]
    sums = {name: MlpScaling(name).sum() for name in ("a three", "a one", "a seven")}
    assert sums["a three"] > 5000
    assert sums["a one"] < 0
    assert sums["a seven"] < 0
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0)).tolist()
    demo = MlpScaling(order=order)
    assert demo.sum() != sums["a three"]
    demo.rewired = True
    assert demo.sum() == sums["a three"]


def test_the_claims_about_the_shuffle_hold():
    results = results_of("pixel_shuffle")
    assert failing_claims("pixel_shuffle", results) == []
    networks, paper = results["networks"], results["paper"]
    # "The CNNs fall to its level, or below."
    worst = min(networks["MLP"]["shuffled"])
    for name in ("CNN, strided", "CNN, pooled globally"):
        assert max(networks[name]["shuffled"]) < worst
    # "People lose most of what they could": what they had above guessing.
    assert paper["human"]["shuffled"] - 10 < (paper["human"]["plain"] - 10) / 2


def test_the_chapter_presupposes_no_later_lesson():
    before, _ = CHAPTER.text.split("So there are two faults")
    assert "02-convolution" not in before
    assert not re.search(r"convolution", re.sub(r"`[^`]*`", "", before))
