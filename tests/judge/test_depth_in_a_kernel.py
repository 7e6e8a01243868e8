"""Lesson 05-depth in a confined kernel: networks as arguments, random draws and a training run."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from cnncourse.course import find_lesson
from cnncourse.judge.judge import Judge
from cnncourse.judge.settings import JudgeSettings

LESSON = find_lesson("05-depth")
ROOT = Path(__file__).parents[2]
WRONG = {
    "relu": "def relu(x):\n    return F.relu(x)",
    "he_init": (
        "def he_init(shape, generator):\n"
        "    return torch.randn(shape, generator=generator) * 2 / math.prod(shape[1:])"
    ),
    "gradient_receptive_field": (
        "def gradient_receptive_field(model, in_shape):\n"
        "    model.eval()\n"
        "    x = noise_for(model, 100, in_shape)\n"
        "    out = model(x)\n"
        "    middle = out[:, :, out.shape[2] // 2, out.shape[3] // 2].sum()\n"
        "    seen = (torch.autograd.grad(middle, x)[0] != 0).any(0).any(0)\n"
        "    rows, columns = torch.where(seen)\n"
        "    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)"
    ),
    "SmallCNN": (
        "def SmallCNN(in_channels=1, classes=10):\n"
        "    return nn.Sequential(nn.Conv2d(in_channels, 4, 3), nn.Flatten(),\n"
        "                         nn.Linear(144, classes), nn.Softmax(1))"
    ),
}
BELIEFS = {
    "he_init": "forgets_the_root",
    "gradient_receptive_field": "leaves_eval_mode_on",
    "SmallCNN": "ends_in_a_softmax",
}


@pytest.fixture(scope="module")
def records():
    """What the judge writes down of the instructor's notebook, and of one with wrong answers."""
    found = {}
    with Judge(JudgeSettings(seed=77)) as judge:
        for student, answers in (("right", {}), ("wrong", WRONG)):
            path = ROOT / LESSON.solution.with_suffix(".ipynb")
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
                cell.source = answers.get(name.removesuffix("-answer"), cell.source)
                if name in answers:
                    cell.source = f"check({name})"
            found[student] = judge.judge(notebook, LESSON.id, student)
    return found


def test_instructors_answers_earn_all_points(records):
    got = {name: mark["points"] for name, mark in records["right"]["exercises"].items()}
    assert got == {exercise.name: exercise.points for exercise in LESSON.exercises}


def test_wrong_answers_are_named_as_at_home(records):
    exercises = records["wrong"]["exercises"]
    assert exercises["relu"]["verdict"] == "not allowed"
    assert {name: exercises[name]["misconception"] for name in BELIEFS} == BELIEFS
    assert exercises["receptive_field"]["verdict"] == "right"
