"""One filter for all places: the counts, the layer without sharing, the matrix, two errors."""

from cnncourse.lessons.weight_sharing import counts, equivariance, invariance, local, matrix

EXERCISES = (
    *counts.EXERCISES,
    *local.EXERCISES,
    *matrix.EXERCISES,
    *equivariance.EXERCISES,
    *invariance.EXERCISES,
)
