"""ReLU and its gradient, a good start, receptive fields twice, cost, a whole small network."""

from cnncourse.lessons.depth import cost, fields, network, probing, rectifier, start

EXERCISES = (
    *rectifier.EXERCISES,
    *start.EXERCISES,
    *fields.EXERCISES,
    *probing.EXERCISES,
    *cost.EXERCISES,
    *network.EXERCISES,
)
