"""Pooling: the maximum, the average, the way back, and the average of everything."""

from cnncourse.lessons.pooling import average, backward, global_average, heads, maximum

EXERCISES = (
    *maximum.EXERCISES,
    *average.EXERCISES,
    *backward.EXERCISES,
    *global_average.EXERCISES,
    *heads.EXERCISES,
)
