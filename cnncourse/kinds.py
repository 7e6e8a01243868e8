"""What kind of thing an exercise asks for: a function, a layer, a whole network, ..."""

from __future__ import annotations

import inspect
from typing import Literal, get_args

from cnncourse.grading.contract import Exercise, Explanation
from cnncourse.grading.run_layer import Layer
from cnncourse.grading.run_module import Module
from cnncourse.grading.run_network import Network
from cnncourse.grading.run_training import Training

Kind = Literal["function", "layer", "network", "prediction", "explanation"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def kind_of(one: Exercise | Explanation) -> Kind:
    """What the answer is.

    >>> from cnncourse.course import find_exercise
    >>> [kind_of(find_exercise(name)) for name in ("relu", "BasicBlock", "SmallCNN")]
    ['function', 'layer', 'network']
    """
    if isinstance(one, Explanation):
        return "explanation"
    if one.predicts:
        return "prediction"
    if isinstance(one.run, Network | Training) or gives_scores(one):
        return "network"
    return "layer" if isinstance(one.run, Module | Layer) else "function"


def gives_scores(exercise: Exercise) -> bool:
    """Whether the answer is a module with a score for each class, so a network from end to end."""
    arguments = inspect.signature(exercise.reference).parameters
    return isinstance(exercise.run, Module) and "classes" in arguments
