"""The grading core: it knows how to grade, and no lesson."""

from cnncourse.grading.contract import Case, Exercise, Growth, Misconception, Result
from cnncourse.grading.engine import grade
from cnncourse.grading.run_function import call
from cnncourse.grading.run_module import Module
from cnncourse.grading.run_training import Training

__all__ = [
    "Case",
    "Exercise",
    "Growth",
    "Misconception",
    "Module",
    "Result",
    "Training",
    "call",
    "grade",
]
