"""Is everything that the chapter on signals in time says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it. What the
chapter prints is computed anyway; test_chapter_tcn_outputs.py checks what its prose says about
that.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from statistics import median

import pytest
import torch
from chapter_text import Chapter
from torch import nn

from cnncourse.course import find_lesson
from cnncourse.data.mnist1d import CLASSES, LENGTH
from cnncourse.data.sequences import adding_chance, copy_chance
from cnncourse.experiments.mnist1d_tcn import PAPER as MNIST1D_PAPER
from cnncourse.experiments.mnist1d_tcn import claims as mnist1d_claims
from cnncourse.experiments.run import results_of
from cnncourse.experiments.sequence_tasks import claims as sequence_claims
from cnncourse.recipes.tcn import EPOCHS
from cnncourse.reference.tcn import TemporalBlock, is_causal, tcn_receptive_field
from cnncourse.widgets.tcn import Tcn

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("10-tcn")
CHAPTER = Chapter(ROOT / LESSON.chapter)

shuffled = results_of("pixel_shuffle")["networks"]
strided = 100 * median(shuffled["CNN, strided"]["plain"])


def sees(**traits) -> int:
    """How many steps the demo lights up below its last output."""
    return len(Tcn(**traits, now=31).seen()[-1])


def paper() -> list[tuple]:
    """The table of the paper, as the chapter has it."""
    (cell,) = [cell.source for cell in CHAPTER.cells if cell.source.startswith("# Bai")]
    names: dict = {}
    exec(cell.split("lines = ")[0], names)
    return names["PAPER"]


TABLE = {task: (higher, *scores) for task, higher, *scores in paper()}
best = [
    (max if higher else min)(one for one in scores if one is not None) == scores[-1]
    for higher, *scores in TABLE.values()
]

CLAIMS = [
    "one for each letter of the alphabet: 1 at the letter that stands there, 0 in all others",
    "That is enough for dilation 1",
    "The output at step t may use x at t and before",
    "the one before it for what was played a fifth of a second ago",
    # How far a stack sees.
    "A kernel of 4 taps with dilation 3 is to be causal",
    "[ ] 3 in front That is enough for dilation 1. The taps lie 3 steps apart",
    f"[ ] {3 * 4} in front You multiplied by the number of taps. Between 4 taps there are 3 gaps",
    f"[x] {3 * (4 - 1)} in front Between 4 taps there are 3 gaps of 3 steps, so the oldest tap lies"
    f" {3 * (4 - 1)} steps back",
    f"[ ] {3 * (4 - 1)} in front and {3 * (4 - 1)} behind",
    f"Four levels of kernel 2 see {sees(levels=4)} steps. How many do they see if all dilations"
    " are 1?",
    "Take kernel 3 with two levels and one convolution a level",
    f"The field grows from {sees(kernel_size=3, levels=2)} steps to"
    f" {sees(kernel_size=3, levels=2, convs=2)}",
    "with a dilation of 3 at the second level, a kernel of 2 would leave gaps",
    "Level , counted from 0, has dilation",
    "The 1 in front is the present",
    "“The receptive field of a TCN is 1 + (k − 1)(2ⁿ − 1).”",
    "Three levels of blocks with two convolutions of 2 taps each",
    f"[ ] {tcn_receptive_field(2, 3, 1)} That is one convolution a block",
    f"[ ] {tcn_receptive_field(2, 3) - 1} You forgot the present",
    f"[x] {tcn_receptive_field(2, 3)} Each level reaches back twice: 1 + 1, then 2 + 2, then 4 + 4."
    f" With the present that makes {1 + 2 + 4 + 8}",
    f"[ ] {tcn_receptive_field(3, 3)} You multiplied by the number of taps. A convolution of 2"
    " taps takes one step back",
    "In 2018 three researchers asked",
    "Only where the channels differ is it a convolution of size 1",
    "(taps − 1). When does it fail?",
    "Then is 0, and means : nothing is left",
    "the output at t uses x at t + 1",
    "It moves the output at t, which is changed by step t + 1",
    # The table of the paper.
    f"This is what the paper found in 2018, on {'eleven' if len(TABLE) == 11 else ''} tasks",
    f"A loss of {TABLE['copying, 1000 steps: loss'][1]:.4f} at copying: is that good?",
    "who always answers 1 has an error of one sixth",
    f"A network for the adding problem has a mean squared error of {adding_chance():.2f} after",
    "What does a constant answer of 1 get?",
    f"A constant answer gets one sixth, {adding_chance():.3f}",
    # MNIST-1D.
    "MNIST-1D is made for experiments on small computers",
    f"a signal of {LENGTH} steps, and hidden in noise",
    f"trained in our way it gets {strided:.0f} %, not {MNIST1D_PAPER['CNN']} %",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    prose = re.sub(r"Exercises? \d( and \d)? of the", "", prose)
    prose = re.sub(r"(?<= )\d\. ", "", prose)  # the steps of a list
    assert re.findall(r".{20}\d.{20}", prose.replace("MNIST-1D", "")) == []
    assert len(re.findall(r", (?:19|20)\d\d[,:]", sources)) == len(re.findall(r"- [A-ZÄ]", sources))


def test_words_that_hold_numbers():
    said = CHAPTER.prose
    assert "Four functions, a block and a network" in said
    assert "Six graded exercises" in said
    assert len(LESSON.exercises) == 6
    assert "Five: each layer adds a single step" in said
    assert sees(levels=4, dilations="all 1") == 5
    assert "a kernel of a thousand taps, or five hundred layers of three" in said
    assert 1 + 500 * 2 >= 1000
    assert "from zero to ninety-nine in words" in said
    assert "The first one sees five letters" in said
    assert tcn_receptive_field(3, 1) == 5
    assert "Each of ten digits" in said
    assert CLASSES == 10
    assert f"epochs={EPOCHS}, generator=random" in CHAPTER.text


def test_a_dilation_that_grows_too_fast_leaves_gaps():
    def seen(second: int) -> set[int]:
        return {a + b for a in (0, -1) for b in (0, -second)}

    assert seen(2) == {0, -1, -2, -3}
    assert seen(3) == {0, -1, -3, -4}
    # "Each level fills the gaps of the one above it."
    steps = Tcn(kernel_size=2, levels=4, now=31).seen()[-1]
    assert steps == list(range(16, 32))


def test_the_future_comes_mostly_through_the_upper_levels():
    def leak(levels: int) -> int:
        return max(Tcn(kernel_size=3, levels=levels, padding="both ends", now=8).seen()[-1]) - 8

    added = [leak(n) - leak(n - 1) for n in (2, 3, 4)]
    assert added == [2, 4, 8]
    assert leak(1) == 1


def test_what_the_chapter_says_of_the_table_holds():
    assert "best in nine of eleven" in CHAPTER.prose
    assert best.count(True) == 9
    _, lstm, gru, rnn, tcn = TABLE["adding, 600 steps: loss"]
    # "It is not best at adding, where a GRU does as well and a little better."
    assert tcn == pytest.approx(gru, rel=0.15)
    assert gru < tcn
    # "And the LSTM stood there, too." A sixth, within three percent.
    assert lstm == pytest.approx(adding_chance(), rel=0.03)
    _, lstm, gru, rnn, tcn = TABLE["copying, 1000 steps: loss"]
    # "It had learned nothing at all, and the other two next to nothing."
    assert lstm == round(copy_chance(1000), 4)
    assert min(gru, rnn) > 0.95 * copy_chance(1000)
    assert tcn < 0.01 * copy_chance(1000)
    _, lstm, *others = TABLE["words, small (PTB): perplexity"]
    assert lstm < 0.9 * min(others)
    assert r"\frac{10 \cdot \ln 8}{1020}" in CHAPTER.text
    assert copy_chance(1000) == 10 * math.log(8) / 1020


def test_what_the_chapter_says_of_the_experiments_holds():
    results = results_of("sequence_tasks")
    assert all(sequence_claims(results).values())
    # "In copying it stands exactly at what needs no memory."
    copying = results["copying"]
    assert copying["shallow"]["loss"][0] == pytest.approx(copying["chance"], rel=0.01)
    for task in results.values():
        assert task["shallow"]["sees"] < task["length"] <= task["deep"]["sees"]
    results = results_of("mnist1d_tcn")
    assert all(mnist1d_claims(results).values())
    reached = {name: median(one["accuracy"]) for name, one in results["networks"].items()}
    assert reached["GRU, last step"] >= reached["TCN, mean of all steps"]
    assert MNIST1D_PAPER["GRU"] < MNIST1D_PAPER["CNN"]
    counts = [one["parameters"] for name, one in results["networks"].items() if "TCN" in name]
    assert counts[0] == counts[1]
    # "A network that knows nothing of neighbours does not notice."
    for name in ("logistic regression", "MLP"):
        plain, other = (median(shuffled[name][kind]) for kind in ("plain", "shuffled"))
        assert other == pytest.approx(plain, abs=0.02)
    assert median(shuffled["CNN, pooled globally"]["shuffled"]) < 0.7


def test_batch_norm_leaks_in_train_mode_alone():
    x = torch.randn(2, 3, 12, generator=torch.Generator().manual_seed(0))
    model = nn.Sequential(TemporalBlock(3, 3, 2, 2), nn.BatchNorm1d(3))
    assert not is_causal(model, x)
    assert is_causal(model.eval(), x)
    assert is_causal(model[0], x)


def test_cutting_with_minus_zero_leaves_nothing():
    x = torch.zeros(1, 1, 5)
    assert x[:, :, :-0].shape == (1, 1, 0)
    assert x[:, :, : x.shape[2]].shape == (1, 1, 5)
