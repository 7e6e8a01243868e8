"""Put a network to a case: train it, and let what it learned count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.grading import messages
from cnncourse.grading.run_function import Answer, Parts, Setting, invoke


@dataclass(frozen=True)
class Measure:
    """A figure that earns nothing up to `floor`, full points from `full` on."""

    value: float
    floor: float
    full: float

    @property
    def share(self) -> float:
        return min(1.0, max(0.0, (self.value - self.floor) / (self.full - self.floor)))


@dataclass(frozen=True)
class Training:
    """Train what the answer builds, once a seed; the best run counts.

    fit: trains a model in place, (model, inputs, targets, seed) -> None. A function that
        answers may see, because it runs where they do.
    floor, full: the share of held-out examples put right at which points start and end.
    data: the arguments of a case that are the examples: inputs and targets to learn from, then
        inputs and targets that are held out. The last never leave the grader.
    most_parameters: a larger network earns nothing.
    """

    fit: Callable[[nn.Module, Tensor, Tensor, int], None]
    floor: float
    full: float
    data: tuple[str, str, str, str] = ("inputs", "targets", "held_out", "held_out_targets")
    seeds: tuple[int, ...] = (0, 1)
    what: str = "accuracy on the held-out split"
    most_parameters: int | None = None

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        """What the trained networks say to the held-out inputs, one part for each seed."""
        arguments = setting.arguments
        inputs, targets, held_out = (arguments[name] for name in self.data[:3])
        given = {name: arguments[name] for name in arguments if name not in self.data}
        parts: Parts = {}
        for seed in self.seeds:
            # Default initialisation draws from the global generator: fork it, so that the
            # learner's own random numbers go on as if nothing had happened.
            with torch.random.fork_rng():
                torch.manual_seed(setting.generator.initial_seed() + seed)
                with setting.watch.during():
                    model = invoke(answer, given, setting.options)
                if not isinstance(model, nn.Module):
                    raise TypeError(messages.not_a_module(model))
                count = sum(parameter.numel() for parameter in model.parameters())
                if self.most_parameters is not None and count > self.most_parameters:
                    raise ValueError(messages.too_many_parameters(count, self.most_parameters))
                model = model.to(inputs.device)
                self.fit(model, inputs.clone(), targets.clone(), seed)
                model.eval()
                with torch.no_grad():
                    parts[f"outputs of run {seed}"] = model(held_out.clone())
        return parts

    def without_secrets(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments that may be sent to an answer."""
        return {name: value for name, value in arguments.items() if name != self.data[3]}

    def measured(self, parts: Parts, arguments: dict[str, Any]) -> Parts:
        """The best accuracy among what the runs said."""
        targets = arguments[self.data[3]].cpu()
        best = max((accuracy(outputs, targets) for outputs in parts.values()), default=0.0)
        return {self.what: Measure(best, self.floor, self.full)}

    def target(self) -> Parts:
        """What a right answer reaches."""
        return {self.what: Measure(self.full, self.floor, self.full)}


def accuracy(outputs: Any, targets: Tensor) -> float:
    """The share of examples whose largest output is at the target.

    outputs (N, classes), targets (N,); anything else has nothing right.

    >>> accuracy(torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]))
    0.5
    """
    if not isinstance(outputs, Tensor) or outputs.dim() != 2 or len(outputs) != len(targets):
        return 0.0
    return float((outputs.detach().cpu().argmax(1) == targets).double().mean())
