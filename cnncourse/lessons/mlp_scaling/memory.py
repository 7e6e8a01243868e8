"""training_bytes: the memory that training ties up."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Make, Misconception
from cnncourse.lessons.mlp_scaling.params import whole
from cnncourse.reference.mlp_scaling import STATE, training_bytes


def add_up_the_copies(params: int, bytes_per_value: int = 4, optimizer: str = "adam") -> int:
    """The oracle: let PyTorch train one value, and see how many numbers of its size it keeps."""
    if params < 0 or bytes_per_value < 1:
        raise ValueError("that cannot be")
    weight = torch.ones(2, requires_grad=True)
    if optimizer == "adam":
        trainer = torch.optim.Adam([weight])
    elif optimizer in ("sgd", "momentum"):
        trainer = torch.optim.SGD([weight], momentum=0.9 if optimizer == "momentum" else 0)
    else:
        raise ValueError("no such optimizer")
    weight.sum().backward()
    trainer.step()
    kept = [weight, weight.grad, *trainer.state[weight].values()]
    # Adam also counts its steps: one number a layer, not one a parameter.
    copies = sum(isinstance(one, torch.Tensor) and one.shape == weight.shape for one in kept)
    return copies * params * bytes_per_value


def by_default(generator: Generator) -> Arguments:
    return {"params": whole(generator, 1000, 9_000_000)}


def with_optimizer(name: str) -> Make:
    def make(generator: Generator) -> Arguments:
        return {**by_default(generator), "optimizer": name}

    return make


def in_half_precision(generator: Generator) -> Arguments:
    return {**by_default(generator), "bytes_per_value": 2}


def a_large_network(generator: Generator) -> Arguments:
    return {"params": whole(generator, 600_000_000, 900_000_000), "optimizer": "momentum"}


def an_unknown_optimizer(generator: Generator) -> Arguments:
    return {**by_default(generator), "optimizer": "sdg"}


def fewer_than_none(generator: Generator) -> Arguments:
    return {"params": -10}


def copies(optimizer):
    return training_bytes(1, 1, optimizer)


def counts_the_weights_only(params, bytes_per_value=4, optimizer="adam"):
    copies(optimizer)
    return params * bytes_per_value


def forgets_the_gradients(params, bytes_per_value=4, optimizer="adam"):
    return (copies(optimizer) - 1) * params * bytes_per_value


def forgets_the_state(params, bytes_per_value=4, optimizer="adam"):
    copies(optimizer)
    return 2 * params * bytes_per_value


def gives_adam_one_mean(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, bytes_per_value, "momentum" if optimizer == "adam" else optimizer)


def takes_momentum_for_free(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, bytes_per_value, "sgd" if optimizer == "momentum" else optimizer)


def takes_momentum_for_adam(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, bytes_per_value, "adam" if optimizer == "momentum" else optimizer)


def gives_sgd_a_state(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, bytes_per_value, "momentum" if optimizer == "sgd" else optimizer)


def counts_values_not_bytes(params, bytes_per_value=4, optimizer="adam"):
    return copies(optimizer) * params


def always_takes_four_bytes(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, 4, optimizer)


def keeps_the_state_in_float32(params, bytes_per_value=4, optimizer="adam"):
    return 2 * params * bytes_per_value + (copies(optimizer) - 2) * params * 4


def counts_bits(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, 8 * bytes_per_value, optimizer)


def returns_megabytes(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, bytes_per_value, optimizer) / 1_000_000


def returns_mebibytes(params, bytes_per_value=4, optimizer="adam"):
    return training_bytes(params, bytes_per_value, optimizer) / 2**20


def returns_bytes_as_a_float(params, bytes_per_value=4, optimizer="adam"):
    return float(training_bytes(params, bytes_per_value, optimizer))


def wraps_at_32_bits(params, bytes_per_value=4, optimizer="adam"):
    return int(np.array(training_bytes(params, bytes_per_value, optimizer)).astype(np.int32))


def takes_any_other_name_for_adam(params, bytes_per_value=4, optimizer="adam"):
    known = optimizer if optimizer in STATE else "adam"
    return training_bytes(params, bytes_per_value, known)


def takes_any_other_name_for_sgd(params, bytes_per_value=4, optimizer="adam"):
    known = optimizer if optimizer in STATE else "sgd"
    return training_bytes(params, bytes_per_value, known)


def looks_names_up_in_a_dictionary(params, bytes_per_value=4, optimizer="adam"):
    return (2 + STATE[optimizer]) * params * bytes_per_value


TRAINING_BYTES = Exercise(
    reference=training_bytes,
    points=2,
    minutes=10,
    difficulty="warm-up",
    oracle=add_up_the_copies,
    cases=(
        Case("nothing is said but the number of parameters", by_default, keeps="the defaults"),
        Case("the optimizer is SGD", with_optimizer("sgd")),
        Case(
            "the optimizer has momentum", with_optimizer("momentum"), keeps="a small network, too"
        ),
        Case("the values have half precision", in_half_precision),
        Case("the network is large", a_large_network),
        Case("nobody knows an optimizer of that name", an_unknown_optimizer),
    ),
    asides=(Case("there are fewer parameters than none", fewer_than_none),),
    misconceptions=(
        Misconception(
            counts_the_weights_only,
            "You count the weights alone. That is enough to use a network, but training also "
            "keeps a gradient for each of them, and what the optimizer remembers.",
        ),
        Misconception(
            forgets_the_gradients,
            "You leave out the gradients. The backward pass writes one number for each weight, "
            "and it stays there until the optimizer has used it.",
        ),
        Misconception(
            forgets_the_state,
            "You count weights and gradients whatever the optimizer is. Momentum and Adam "
            "remember something about each weight from step to step.",
        ),
        Misconception(
            gives_adam_one_mean,
            "You let Adam keep one number for each weight. It keeps two running means: of the "
            "gradient, and of its square.",
        ),
        Misconception(
            takes_momentum_for_free,
            "You let momentum cost nothing. It remembers which way each weight was moving.",
        ),
        Misconception(
            takes_momentum_for_adam,
            "You give momentum the two numbers that Adam keeps. Momentum needs one.",
        ),
        Misconception(
            gives_sgd_a_state,
            "You let plain SGD remember something. It takes its step and forgets everything.",
        ),
        Misconception(
            counts_values_not_bytes,
            "You count the numbers that are kept. Each of them takes up bytes_per_value bytes.",
        ),
        Misconception(
            always_takes_four_bytes,
            "You always count four bytes for a number. bytes_per_value says how many there are.",
        ),
        Misconception(
            keeps_the_state_in_float32,
            "You keep what the optimizer remembers in four bytes a number. Many programs do so, "
            "but here every number has bytes_per_value bytes.",
        ),
        Misconception(counts_bits, "You count bits. Bytes are asked for, and one has eight bits."),
        Misconception(
            returns_megabytes, "You return megabytes. Bytes are asked for, as a whole number."
        ),
        Misconception(
            returns_mebibytes,
            "You divide by 2 ** 20 or by 1024 twice. Bytes are asked for, as a whole number.",
        ),
        Misconception(
            returns_bytes_as_a_float,
            "The number is right but it is a float. Bytes are counted in integers.",
        ),
        Misconception(
            wraps_at_32_bits,
            "Your number wraps around where 32 bits end, at two gigabytes. Python's own integers "
            "have no end.",
        ),
        Misconception(
            takes_any_other_name_for_adam,
            "You take every name that you do not know for Adam, so a typing mistake gives a wrong "
            "number. Raise ValueError there.",
        ),
        Misconception(
            takes_any_other_name_for_sgd,
            "You take every name that you do not know for plain SGD, so a typing mistake gives a "
            "wrong number. Raise ValueError there.",
        ),
        Misconception(
            looks_names_up_in_a_dictionary,
            "Where nobody knows the optimizer you stop with KeyError. That tells of your "
            "dictionary and not of the argument: raise ValueError with a message.",
        ),
    ),
    hints=(
        "Imagine one single weight. Which numbers have to be kept between one step of training "
        "and the next, and which one does the backward pass add?",
        "Plain SGD needs the weight and its gradient. Momentum remembers one number more, Adam "
        "two: the running means of the gradient and of its square.",
        "Make a small table from the optimizer's name to the copies that it needs, multiply by "
        "params and by bytes_per_value, and refuse names that are not in the table.",
    ),
)

EXERCISES = (TRAINING_BYTES,)
