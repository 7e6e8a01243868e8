"""The sliding filter: its sizes, its two readings, edges, the layer, its gradient."""

from cnncourse.lessons.convolution import backward, edges, layer, sizes, sliding

EXERCISES = (
    *sizes.EXERCISES,
    *sliding.EXERCISES,
    *edges.EXERCISES,
    *layer.EXERCISES,
    *backward.EXERCISES,
)
