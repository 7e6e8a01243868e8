"""Residual blocks and networks; gradients from end to end; BatchNorm folded; a count."""

from cnncourse.lessons.resnet import basic, bottleneck, counting, flow, folding, network

EXERCISES = (
    *basic.EXERCISES,
    *bottleneck.EXERCISES,
    *network.EXERCISES,
    *flow.EXERCISES,
    *folding.EXERCISES,
    *counting.EXERCISES,
)
