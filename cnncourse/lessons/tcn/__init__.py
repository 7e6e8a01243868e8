"""A causal layer, how far a stack sees, the block, a test for leaks, a network of one's own."""

from cnncourse.lessons.tcn import block, causality, filters, levels, network

EXERCISES = (
    *filters.EXERCISES,
    *levels.EXERCISES,
    *block.EXERCISES,
    *causality.EXERCISES,
    *network.EXERCISES,
)
