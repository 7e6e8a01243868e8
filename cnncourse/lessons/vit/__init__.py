"""Patches and back, attention by hand, a whole encoder block, its price, and a choice."""

from cnncourse.lessons.vit import attending, block, choosing, macs, params, patches, together

EXERCISES = (
    *patches.EXERCISES,
    *together.EXERCISES,
    *attending.EXERCISES,
    *block.EXERCISES,
    *params.EXERCISES,
    *macs.EXERCISES,
    *choosing.EXERCISES,
)
