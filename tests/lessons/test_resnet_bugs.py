"""Bugs that public courses let through in blocks, each caught by value, and named.

Checks that look at shapes and at the number of parameters find hardly any of them.
"""

from __future__ import annotations

import pytest
import torch

from cnncourse.course import find_exercise
from cnncourse.grading.engine import Examination, grade
from cnncourse.lessons.resnet import norms, variants

# What is wrong with the block -> how the sentence begins that its student reads.
RESIDUAL = {
    "forgets_the_shortcut": "There is no shortcut in your block",
    "adds_behind_the_relu": "You add the shortcut behind the last ReLU",
    "forgets_the_last_relu": "Your sum leaves the block as it is",
    "forgets_the_inner_relu": "There is no ReLU between your convolutions",
    "multiplies_the_two_ways": "You multiply the two ways",
    "subtracts_the_shortcut": "You subtract the shortcut",
    "takes_the_mean_of_both": "You halve the sum",
    "detaches_the_shortcut": "The outputs are right, but no gradient goes back",
    "rectifies_before_the_norm": "Your ReLU stands before the BatchNorm",
    "strides_in_the_last_layer": "Your stride is in the",
    "never_projects": "You add x as it is, always",
    "projects_only_for_a_stride": "You project only where there is a stride",
    "always_projects": "You project in every block",
    "forgets_the_norm_of_the_projection": "Your projection has no BatchNorm",
    "adds_the_shortcut_to_itself": "You add the shortcut to itself",
    "returns_zeros": "Your block returns nothing but zeros",
}
BATCH_NORM = {
    "leaves_out_factor_and_summand": "Your BatchNorm has no parameters",
    "leaves_out_the_summand": "Your BatchNorm has a factor for each channel, but no summand",
    "looks_at_the_batch_in_eval_mode": "Your BatchNorm uses the mean and variance of the batch",
    "never_updates_the_variance": "Your BatchNorm remembers the mean of the batches, but its",
    "never_updates_the_mean": "Your BatchNorm remembers the variance of the batches, but its",
    "adds_epsilon_outside_the_root": "Your BatchNorm adds epsilon to the standard deviation",
    "divides_by_the_variance": "Your BatchNorm divides by the variance",
    "turns_the_momentum_round": "Your BatchNorm's momentum is the wrong way round",
    "remembers_the_biased_variance": "Your BatchNorm remembers the variance that it divides",
    "normalises_each_example_alone": "Your BatchNorm gives every image a mean",
    "takes_mean_and_variance_for_constants": "The outputs are right, but your BatchNorm hides",
    "uses_the_memory_in_train_mode": "Your BatchNorm uses its running mean and variance in train",
    "goes_on_remembering_in_eval_mode": "Your BatchNorm goes on changing",
}
# These have the right shape in all cases, and as many parameters as they should.
UNSEEN = {
    *RESIDUAL,
    *BATCH_NORM,
} - {
    "forgets_the_shortcut",
    "never_projects",
    "projects_only_for_a_stride",
    "always_projects",
    "forgets_the_norm_of_the_projection",
    "leaves_out_factor_and_summand",
    "leaves_out_the_summand",
}
each_block = pytest.mark.parametrize("block", ["BasicBlock", "Bottleneck"])


def answer_of(block: str, bug: str):
    found = {one.name: one.answer for one in find_exercise(block).misconceptions}
    return found[bug]


@each_block
@pytest.mark.parametrize(("bug", "begins"), [*RESIDUAL.items(), *BATCH_NORM.items()])
def test_bug_is_caught_and_named(block, bug, begins):
    result = grade(find_exercise(block), answer_of(block, bug), seed=11)
    assert result.verdict in ("wrong", "crashed")
    assert result.say.startswith(begins)
    assert result.misconception == bug


@each_block
@pytest.mark.parametrize("bug", sorted(UNSEEN))
def test_a_check_of_shapes_and_counts_would_not_see_it(block, bug):
    wrong, right = answer_of(block, bug), find_exercise(block).reference
    for sizes in ((8, 2, 1), (3, 2, 2)):
        theirs, ours = wrong(*sizes), right(*sizes)
        x = torch.randn(2, sizes[0], 6, 8, generator=torch.Generator().manual_seed(0))
        assert theirs(x).shape == ours(x).shape
        counts = [sum(one.numel() for one in block.parameters()) for block in (theirs, ours)]
        assert counts[0] == counts[1]


@each_block
def test_normalisation_that_the_bugs_are_made_from_is_right(block):
    exercise = find_exercise(block)
    answer = variants.has_other_norms(exercise.reference, norms.OwnNorm)
    for seed in range(3):
        result = Examination(exercise, seed, "cpu").grade(answer)
        assert (result.verdict, result.score) == ("right", 1.0), str(result)


def test_the_lists_are_as_long_as_those_that_public_checks_let_through():
    assert len(RESIDUAL) >= 12
    assert len(BATCH_NORM) >= 11
