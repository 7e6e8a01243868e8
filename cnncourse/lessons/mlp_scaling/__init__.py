"""What an MLP on pixels costs, how it works, and that it knows nothing of space."""

from cnncourse.lessons.mlp_scaling import backward, forward, memory, params, permute, rewiring

EXERCISES = (
    *params.EXERCISES,
    *memory.EXERCISES,
    *forward.EXERCISES,
    *backward.EXERCISES,
    *permute.EXERCISES,
    *rewiring.EXERCISES,
)
