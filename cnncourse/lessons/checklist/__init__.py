"""The five questions as predictions, explanations in words, a network of the learner's own."""

from cnncourse.lessons.checklist import backbone, dense, depth, moving, network, sharing
from cnncourse.lessons.checklist.explanations import EXPLANATIONS as EXPLANATIONS

EXERCISES = (
    *dense.EXERCISES,
    *sharing.EXERCISES,
    *moving.EXERCISES,
    *depth.EXERCISES,
    *backbone.EXERCISES,
    *network.EXERCISES,
)
