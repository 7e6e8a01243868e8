"""A training exercise earns points by what the network learned, the best seed counting."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnncourse.grading.contract import Case, Exercise, Misconception
from cnncourse.grading.engine import grade
from cnncourse.grading.run_training import Measure, Training


def fit(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, seed: int) -> None:
    """A few steps of gradient descent."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()


def two_clouds(generator: torch.Generator) -> dict:
    """Points of two kinds, half of them held out."""
    labels = torch.randint(2, (400,), generator=generator)
    points = torch.randn(400, 2, generator=generator)
    points[:, 0] += 4 * labels - 2
    return {
        "inputs": points[:200],
        "targets": labels[:200],
        "held_out": points[200:],
        "held_out_targets": labels[200:],
    }


def Separator():
    return nn.Linear(2, 2)


RUN = Training(fit, floor=0.5, full=0.9, most_parameters=10)
EXERCISE = Exercise(
    reference=Separator,
    points=4,
    minutes=10,
    difficulty="core",
    cases=(Case("it is trained", two_clouds),),
    misconceptions=(),
    hints=("a", "b"),
    run=RUN,
)


def test_network_that_learns_earns_all():
    assert repr(grade(EXERCISE, Separator)) == "4.0"


def test_network_that_cannot_learn_earns_nothing():
    def blind():
        model = nn.Linear(2, 2)
        model.forward = lambda x: model.bias + 0 * x
        return model

    result = grade(EXERCISE, blind)
    assert result.verdict == "wrong"
    assert result.score < 0.2
    assert "all" in result.say


@pytest.mark.parametrize(
    ("answer", "words"),
    [(lambda: nn.Linear(2, 200), "600 parameters"), (lambda: 3, "nn.Module was expected")],
)
def test_network_that_is_none_or_too_large_is_said(answer, words):
    result = grade(EXERCISE, answer)
    assert (result.verdict, result.score) == ("crashed", 0.0)
    assert words in result.say


def test_answer_never_sees_the_targets_that_are_held_out():
    seen = []

    def learned(model, inputs, targets, seed):
        seen.append((inputs, targets))
        fit(model, inputs, targets, seed)

    assert "held_out_targets" not in RUN.without_secrets(two_clouds(torch.Generator()))
    exercise = Exercise(
        Separator,
        4,
        1,
        EXERCISE.cases,
        (),
        ("a", "b"),
        difficulty="core",
        run=Training(learned, 0.5, 0.9),
    )
    assert grade(exercise, Separator).score == 1.0
    assert [len(targets) for _, targets in seen] == [200, 200]


@pytest.mark.parametrize(("value", "share"), [(0.4, 0.0), (0.5, 0.0), (0.7, 0.5), (0.95, 1.0)])
def test_points_grow_between_floor_and_full(value, share):
    assert Measure(value, floor=0.5, full=0.9).share == pytest.approx(share)


@pytest.mark.parametrize(
    "outputs", [torch.zeros(3), torch.zeros(2, 5, 1), torch.zeros(4, 2), None, "all"]
)
def test_outputs_of_another_shape_have_nothing_right(outputs):
    targets = {"held_out_targets": torch.zeros(5, dtype=torch.int64)}
    measure = RUN.measured({"outputs of run 0": outputs}, targets)[RUN.what]
    assert measure.value == 0.0


def test_better_run_counts():
    targets = {"held_out_targets": torch.tensor([0, 1])}
    parts = {"outputs of run 0": torch.eye(2).flip(0), "outputs of run 1": torch.eye(2)}
    assert RUN.measured(parts, targets)[RUN.what].value == 1.0


def test_training_leaves_the_global_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    grade(EXERCISE, Separator)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_a_network_does_is_noted_beside_its_accuracy():
    hidden = nn.Linear(2, 2)

    def partly_hidden():
        model = nn.Linear(2, 2)
        model.forward = lambda x: nn.Linear.forward(model, hidden(x))
        return model

    parts = {}

    def sign(judged):
        parts.update(judged[0].made.parts[RUN.what].seen)
        return True

    exercise = Exercise(
        Separator,
        4,
        1,
        EXERCISE.cases,
        (Misconception(partly_hidden, "hidden", sign),),
        ("a", "b"),
        difficulty="core",
        run=Training(fit, 0.5, 1.1),
    )
    assert grade(exercise, partly_hidden).say == "hidden"
    assert parts["never learn"] == 2
    torch.testing.assert_close(parts["once"], parts["once more"])
    middle = (parts["once"][:100] + parts["once"][100:]) / 2
    torch.testing.assert_close(parts["midway"], middle)


def test_sign_that_fails_on_what_came_back_names_nothing():
    def fails(judged):
        raise KeyError("not there")

    wrong = Misconception(lambda: None, "says so", fails)
    exercise = Exercise(
        Separator,
        4,
        1,
        EXERCISE.cases,
        (wrong,),
        ("a", "b"),
        difficulty="core",
        run=Training(fit, 0.5, 1.1),
    )
    result = grade(exercise, Separator)
    assert (result.verdict, result.misconception) == ("wrong", "")


@pytest.mark.parametrize(
    "answer", [lambda: nn.Unflatten(1, (2, 1)), lambda: nn.Flatten(0), lambda: nn.Linear(2, 1)]
)
def test_network_that_returns_no_row_of_scores_is_told_so(answer):
    result = grade(EXERCISE, answer)
    assert (result.verdict, result.score) == ("crashed", 0.0)
    assert "one row of scores for each" in result.say
