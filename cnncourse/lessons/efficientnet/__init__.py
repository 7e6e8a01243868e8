"""Depthwise separable convolution, squeeze-excite, MBConv, and scaling a whole network."""

from cnncourse.lessons.efficientnet import mbconv, rounding, scaling, separable, squeeze

EXERCISES = (
    *separable.EXERCISES,
    *squeeze.EXERCISES,
    *mbconv.EXERCISES,
    *rounding.EXERCISES,
    *scaling.EXERCISES,
)
