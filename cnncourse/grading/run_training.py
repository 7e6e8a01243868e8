"""Put a network to a case: train it, and let what it learned count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from cnncourse.grading import messages
from cnncourse.grading.run_function import Answer, Parts, Setting, invoke

# What each run says to the held-out inputs is a part of this name and the run's seed.
OUTPUTS = "outputs of run"


@dataclass(frozen=True)
class Measure:
    """A figure that earns nothing up to `floor`, full points from `full` on.

    seen: everything that came back from the runs, to tell by what kept the figure low.
    """

    value: float
    floor: float
    full: float
    seen: Parts = field(default_factory=dict, repr=False, compare=False)

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
                model = model.to(inputs.device)
                require_scores(model, inputs[:2].clone(), int(targets.max()) + 1)
                count = sum(parameter.numel() for parameter in model.parameters())
                if self.most_parameters is not None and count > self.most_parameters:
                    raise ValueError(messages.too_many_parameters(count, self.most_parameters))
                self.fit(model, inputs.clone(), targets.clone(), seed)
                model.eval()
                with torch.no_grad():
                    parts[f"{OUTPUTS} {seed}"] = model(held_out.clone())
        return parts | looked_at(model, held_out[: len(held_out) // 2 * 2])

    def without_secrets(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments that may be sent to an answer."""
        return {name: value for name, value in arguments.items() if name != self.data[3]}

    def measured(self, parts: Parts, arguments: dict[str, Any]) -> Parts:
        """The best accuracy among what the runs said."""
        targets = arguments[self.data[3]].cpu()
        runs = [outputs for name, outputs in parts.items() if name.startswith(OUTPUTS)]
        best = max((accuracy(outputs, targets) for outputs in runs), default=0.0)
        return {self.what: Measure(best, self.floor, self.full, parts)}

    def target(self) -> Parts:
        """What a right answer reaches."""
        return {self.what: Measure(self.full, self.floor, self.full)}


def require_scores(model: nn.Module, inputs: Tensor, classes: int) -> None:
    """ValueError where a network does not answer (N, ...) with (N, classes) or more scores."""
    with torch.no_grad():
        outputs = model.eval()(inputs)
    good = isinstance(outputs, Tensor) and outputs.dim() == 2 and len(outputs) == len(inputs)
    if not good or outputs.shape[1] < classes:
        raise ValueError(messages.no_scores(outputs, len(inputs), classes))


def looked_at(model: nn.Module, inputs: Tensor) -> Parts:
    """What a network does that its accuracy does not show; nothing is graded by it.

    inputs (N, ...), N even.
    """
    half = len(inputs) // 2
    with torch.no_grad():
        return {
            "once": model(inputs.clone()),
            "once more": model(inputs.clone()),
            "midway": model((inputs[:half] + inputs[half:]) / 2),
            "half hidden": model(half_hidden(inputs)),
            "never learn": left_out(model, inputs[:2].clone()),
        }


def half_hidden(inputs: Tensor) -> Tensor:
    """Zeros in the first half of the last axis: is that the same to a network?

    >>> half_hidden(torch.ones(1, 5))
    tensor([[0., 0., 1., 1., 1.]])
    """
    hidden = inputs.clone()
    hidden[..., : inputs.shape[-1] // 2] = 0
    return hidden


@torch.enable_grad()
def left_out(model: nn.Module, inputs: Tensor) -> int:
    """How many tensors could learn, but are no parameters of the network."""
    known = {id(parameter) for parameter in model.parameters()}
    output = model(inputs)
    waiting, met = [output.grad_fn] if isinstance(output, Tensor) else [], set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in met:
            met.add(node)
            waiting.extend(one for one, _ in node.next_functions)
    leaves = {id(node.variable) for node in met if hasattr(node, "variable")}
    return len(leaves - known)


def accuracy(outputs: Any, targets: Tensor) -> float:
    """The share of examples whose largest output is at the target.

    outputs (N, classes), targets (N,); anything else has nothing right.

    >>> accuracy(torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]))
    0.5
    """
    if not isinstance(outputs, Tensor) or outputs.dim() != 2 or len(outputs) != len(targets):
        return 0.0
    return float((outputs.detach().cpu().argmax(1) == targets).double().mean())
