"""Look inside a network, find what excites a unit, freeze all but a head, read with a line."""

from cnncourse.lessons.representations import climbing, freezing, probing, recording

EXERCISES = (
    *recording.EXERCISES,
    *climbing.EXERCISES,
    *freezing.EXERCISES,
    *probing.EXERCISES,
)
