"""The five questions of the course, answered: what to expect, and why.

Each function takes a question by its name, and returns a number or a word.
What can be counted is counted; what was measured says where.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.reference.depth import receptive_field
from cnncourse.reference.mlp_scaling import dense_params, training_bytes
from cnncourse.reference.weight_sharing import shared_params, untied_params

Value = int | str
PICTURE = (3, 224, 224)
ALEXNET = {"in_channels": 3, "out_channels": 96, "kernel_size": 11}


def require_known(question: str, answers: dict[str, Value]) -> None:
    """ValueError where nobody asks that."""
    if question not in answers:
        raise ValueError(f"no question {question!r}: {', '.join(answers)}")


def predict_dense(question: str) -> Value:
    """Question 1: why does an MLP on pixels not scale?

    One dense layer of 1000 units with biases on 3 x 224 x 224 numbers. The
    shuffle: Greydanus & Kobak 2024, and the experiment `pixel_shuffle`.

    >>> predict_dense("parameters")
    150529000
    """
    parameters = dense_params(PICTURE, 1000)
    doubled = dense_params((3, 448, 448), 1000, bias=False)
    answers = {
        "parameters": parameters,
        "growth": doubled // dense_params(PICTURE, 1000, bias=False),
        "bytes": training_bytes(parameters),
        "shuffled MLP": "stays",
        "shuffled CNN": "falls",
        "another place": "nothing",
    }
    require_known(question, answers)
    return answers[question]


def predict_sharing(question: str) -> Value:
    """Question 2: what do local fields and shared weights save?

    96 filters of 11 x 11 on three channels, at 55 x 55 places, with biases:
    the first layer of AlexNet (Krizhevsky et al. 2012).

    >>> predict_sharing("local"), predict_sharing("shared")
    (105705600, 34944)
    """
    local = untied_params(**ALEXNET, out_height=55, out_width=55)
    shared = shared_params(**ALEXNET)
    answers = {
        "local": local,
        "shared": shared,
        "factor": local // shared,
        "products": "the same",
        "larger picture, local": "four times",
        "larger picture, shared": "the same",
        "dense": "always",
    }
    require_known(question, answers)
    return answers[question]


def predict_moving(question: str) -> Value:
    """Question 3: the picture moves. What does the output do?

    What leaves the picture comes back in at the other side. "moves along" is
    equivariance, "stays" is invariance. (Experiment `equivariance`.)

    >>> predict_moving("global average")
    'stays'
    """
    answers = {
        "convolution, around the border": "moves along",
        "convolution, zeros at the border": "neither",
        "ReLU": "moves along",
        "max pooling, one pixel": "neither",
        "max pooling, two pixels": "moves along",
        "global average": "stays",
        "flatten and dense": "neither",
        "quarter turn": "neither",
    }
    require_known(question, answers)
    return answers[question]


def predict_depth(question: str) -> Value:
    """Question 4: what does depth bring, and what do shortcuts mend?

    He et al. 2016, section 1 and 4.1; Simonyan & Zisserman 2015, section 2.3;
    and the experiment `degradation`.

    >>> predict_depth("sees"), predict_depth("weights")
    (7, 110592)
    """
    three = [(3, 1, 1)] * 3
    answers = {
        "sees": receptive_field(three)[0],
        "weights": 3 * shared_params(64, 64, 3, bias=False),
        "without ReLU": 1,
        "training error": "higher",
        "reason": "hard to train",
        "could copy": "yes",
        "shortcut": 0,
        "sleeping branch": "all",
    }
    require_known(question, answers)
    return answers[question]


def predict_backbone(question: str) -> Value:
    """Question 5: a CNN or a ViT?

    Dosovitskiy et al. 2021, tables 2 and 5; the experiments `data_size` and
    `architecture_costs`.

    >>> predict_backbone("patches"), predict_backbone("mixing")
    (196, 16)
    """
    patches = (224 // 16) ** 2
    answers = {
        "few pictures": "CNN",
        "many pictures": "ViT",
        "large on ImageNet": "worse",
        "patches": patches,
        "mixing": ((448 // 16) ** 2 // patches) ** 2,
        "first step": 16,
        "order": "stay",
        "faster": "measuring",
    }
    require_known(question, answers)
    return answers[question]


class ChosenNet(nn.Module):
    """A network for shapes at places where it has never seen any.

    x (N, in_channels, H, W) -> (N, classes). Shared filters know a shape at
    every place, and the largest value of a map does not say where it was.

    >>> sum(p.numel() for p in ChosenNet().parameters())
    2448
    """

    def __init__(self, in_channels: int = 1, classes: int = 4) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 12, 3, padding=1),
            nn.BatchNorm2d(12),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 20, 3, padding=1),
            nn.BatchNorm2d(20),
            nn.ReLU(),
        )
        self.scores = nn.Linear(20, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.features(x).amax((2, 3)))
