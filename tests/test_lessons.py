"""The zoo contract: right answers pass, every wrong answer is caught and named."""

from __future__ import annotations

import dataclasses
import itertools
import re

import pytest
import torch

from cnncourse.course import LESSONS
from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.diagnosis import alike
from cnncourse.grading.engine import Examination, grade
from cnncourse.grading.run_network import Network
from cnncourse.grading.run_training import Training

EXERCISES = [exercise for lesson in LESSONS for exercise in lesson.exercises]
MISCONCEPTIONS = [
    pytest.param(exercise, misconception, id=f"{exercise.name}-{misconception.name}")
    for exercise in EXERCISES
    for misconception in exercise.misconceptions
]
CASES = [
    pytest.param(exercise, index, id=f"{exercise.name}-{index}")
    for exercise in EXERCISES
    for index in range(len(exercise.cases))
]
# Each answer to a training exercise is trained, which takes seconds.
REFERENCES = [
    pytest.param(exercise, seed, id=f"{exercise.name}-{seed}")
    for exercise in EXERCISES
    for seed in ((0,) if isinstance(exercise.run, Training) else (0, 1, 12345))
]
FEW = 400
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


def quickly(exercise: Exercise) -> Exercise:
    """An exercise with few examples to train on, where there are any.

    A wrong network gets no better by that, and shows the same sign.
    """
    run = exercise.run
    if not isinstance(run, Training):
        return exercise

    def fewer(case: Case) -> Case:
        def make(generator: torch.Generator) -> Arguments:
            arguments = case.make(generator)
            return {**arguments, **{name: arguments[name][:FEW] for name in run.data[:2]}}

        return dataclasses.replace(case, make=make)

    return dataclasses.replace(exercise, cases=tuple(map(fewer, exercise.cases)))


@pytest.mark.parametrize(("exercise", "seed"), REFERENCES)
def test_reference_is_right_and_the_oracle_agrees(exercise: Exercise, seed: int):
    for answer in (exercise.oracle, exercise.reference):
        # The oracle may be the very operation that learners must not use.
        result = grade(dataclasses.replace(exercise, forbids=()), answer, seed=seed)
        assert (result.verdict, result.score) == ("right", 1.0), str(result)
    if exercise.forbids:
        result = grade(exercise, exercise.reference, seed=seed)
    assert not result.remarks


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize(("exercise", "misconception"), MISCONCEPTIONS)
def test_misconception_is_caught_and_named(
    exercise: Exercise, misconception: Misconception, seed: int
):
    # Once with all examples that there are.
    asked = quickly(exercise) if seed else exercise
    result = grade(asked, misconception.answer, seed=seed)
    assert result.verdict in ("wrong", "crashed")
    assert result.score < 1
    assert (result.misconception, result.say) == (misconception.name, misconception.say)
    # Then the slip would be ours.
    assert not {"NameError", "UnboundLocalError"} & set(re.findall(r"\w+", result.traceback))


# A class is graded with a seed that nobody knows before, so no seed may be a lucky one.
@each_exercise
def test_every_seed_tells_right_from_wrong(exercise: Exercise):
    # Each answer to a training exercise is trained, and a whole network fills much memory.
    counts = {Training: 1, Network: 2}
    count = next((few for kind, few in counts.items() if isinstance(exercise.run, kind)), 4)
    for seed in torch.randint(2**31, (count,), generator=torch.Generator().manual_seed(5)).tolist():
        examination = Examination(exercise, seed, "cpu")
        assert examination.grade(exercise.reference).score == 1
        if isinstance(exercise.run, Training):
            examination = Examination(quickly(exercise), seed, "cpu")
        for misconception in exercise.misconceptions:
            result = examination.grade(misconception.answer)
            assert (result.misconception, result.score < 1) == (misconception.name, True), seed


@each_exercise
def test_zoo_is_large_and_every_sentence_its_own(exercise: Exercise):
    sentences = [misconception.say for misconception in exercise.misconceptions]
    assert len(sentences) >= 8
    assert len(set(sentences)) == len(sentences)


@each_exercise
def test_any_two_misconceptions_can_be_told_apart(exercise: Exercise):
    asked = Examination(quickly(exercise), 0, "cpu").questions
    attempts = {
        misconception.name: [question.twin(misconception) for question in asked]
        for misconception in exercise.misconceptions
    }
    for one, other in itertools.combinations(attempts, 2):
        triples = zip(asked, attempts[one], attempts[other], strict=True)
        assert not all(alike(*triple) for triple in triples), f"{one} looks like {other}"


@pytest.mark.parametrize(("exercise", "index"), CASES)
def test_every_case_is_needed_or_says_why_it_stays(exercise: Exercise, index: int):
    cases = (*exercise.cases[:index], *exercise.cases[index + 1 :])
    fewer = dataclasses.replace(exercise, cases=cases)
    assert exercise.cases[index].keeps or any(
        grade(fewer, misconception.answer).misconception != misconception.name
        for misconception in exercise.misconceptions
    ), "the other cases catch and name all that this one does: say what it keeps"


@each_exercise
def test_released_stub_is_not_attempted(exercise: Exercise):
    def stub(*arguments, **options):
        # YOUR CODE HERE
        raise NotImplementedError()

    stub.__name__ = exercise.name
    stub.__code__ = stub.__code__.replace(co_name=exercise.name)
    result = grade(exercise, stub)
    assert (result.verdict, result.score) == ("not attempted", 0.0)


@each_exercise
def test_hints_lead_on(exercise: Exercise):
    assert len(exercise.hints) >= 2
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert exercise.minutes > 0
    assert exercise.points > 0


def test_names_are_unique_in_the_course():
    names = [exercise.name for exercise in EXERCISES]
    assert len(set(names)) == len(names)
