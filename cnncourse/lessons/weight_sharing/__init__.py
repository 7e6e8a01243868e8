"""One filter for all places: the matrix, the counts, the layer without sharing, two errors."""

from cnncourse.lessons.weight_sharing import counts, equivariance, invariance, local, matrix

EXERCISES = (
    *matrix.EXERCISES,
    *counts.EXERCISES,
    *local.EXERCISES,
    *equivariance.EXERCISES,
    *invariance.EXERCISES,
)
