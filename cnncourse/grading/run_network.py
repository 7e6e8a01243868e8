"""Put a whole network to a case, without waiting for its millions of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnncourse.grading import messages
from cnncourse.grading.forbidden import DispatchMode
from cnncourse.grading.run_function import (
    Answer,
    Parts,
    Setting,
    gradients,
    invoke,
    random_like,
    tensors_in,
)
from cnncourse.grading.run_module import fill, known_by_use, recorded, shape_key

# Gradients of larger parameters are not looked at: a network's are hundreds of megabytes.
LARGE = 100_000
# A prime, so that no two rows of a weight are filled alike.
PERIOD = 10_007
EFFECT = "effect of dropout in train mode"


@dataclass(frozen=True)
class Network:
    """Build a network, fill its parameters, run it in train and in eval mode.

    input: the argument that goes to `forward`; the others go to whatever builds the network.

    Where that argument is a shape, nothing is computed: parameters are counted, and the output
    has a shape but no values. Where it is a tensor, parameters are filled as those of a `Module`
    are, and values are compared. In train mode a network may drop values out. Then it runs
    twice, and what one run drops the other one keeps.
    """

    input: str = "x"

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        x = setting.arguments[self.input]
        sizes = {name: value for name, value in setting.arguments.items() if name != self.input}

        def build() -> nn.Module:
            with setting.watch.during():
                model = invoke(answer, sizes, setting.options)
            if not isinstance(model, nn.Module):
                raise TypeError(messages.not_a_module(model))
            return model

        return with_values(build, x, setting) if isinstance(x, Tensor) else in_shapes(build, x)


def in_shapes(build: Callable[[], nn.Module], shape: tuple[int, ...]) -> Parts:
    """What a network is without any numbers in it."""
    try:
        with torch.device("meta"):
            return counted(build().to("meta"), torch.empty(shape))
    except (RuntimeError, NotImplementedError) as error:
        if "meta" not in str(error) and prod(shape) > LARGE:
            raise
    # It looks at numbers on its way, or stops; with numbers, errors say more.
    with Unstarted():
        model = build()
    return counted(model, torch.zeros(shape))


def counted(model: nn.Module, x: Tensor) -> Parts:
    model.eval()
    with torch.no_grad():
        output = model(x)
    count = sum(parameter.numel() for parameter in model.parameters())
    return {"number of parameters": count, "output": shape_or_value(output)}


def shape_or_value(output: Any) -> Any:
    return f"of shape {tuple(output.shape)}" if isinstance(output, Tensor) else output


def with_values(build: Callable[[], nn.Module], x: Tensor, setting: Setting) -> Parts:
    """A network's outputs and its smaller gradients."""
    with Unstarted():
        model = build().to(x)
    parameters = known_by_use(recorded(model, [x]))
    fill(parameters, setting.generator, start=start_repeating)
    parts: Parts = {"number of parameters": sum(p.numel() for p in parameters.values())}
    parts |= in_training(model.train(), x, setting)
    model.eval()
    given = x.detach().clone().requires_grad_()
    with setting.watch.during(), Chance(setting.generator.initial_seed()):
        output = parts["output in eval mode"] = model(given)
    small = {name: p for name, p in parameters.items() if p.numel() <= LARGE}
    grad, *grads = gradients(tensors_in(output), [given, *small.values()], setting)
    parts["gradient of the input"] = grad
    for (name, parameter), grad in zip(small.items(), grads, strict=True):
        known = isinstance(grad, Tensor)
        parts[f"gradient of {name}"] = grad.reshape(shape_key(parameter)) if known else grad
    return parts


def in_training(model: nn.Module, x: Tensor, setting: Setting) -> Parts:
    """Two outputs in train mode that complement each other: their mean, and how they differ."""
    seed = setting.generator.initial_seed()
    outputs = []
    for flipped in (False, True):
        with setting.watch.during(), torch.no_grad(), Chance(seed, flipped) as chance:
            outputs.append(model(x.detach().clone()))
        if not isinstance(outputs[0], Tensor):
            return {"output in train mode": outputs[0]}
        if not chance.asked:
            outputs.append(outputs[0])
            break
    one, other = outputs
    return {"output in train mode": (one + other) / 2, EFFECT: (one - other).abs()}


def start_repeating(parameter: Tensor, generator: torch.Generator, divisor: float) -> None:
    """Write normal numbers that begin again after a while: millions of fresh ones take long."""
    count = parameter.numel()
    few = random_like(parameter.new_empty(min(PERIOD, count)), generator) / divisor
    flat, whole = parameter.view(-1), count // len(few) * len(few)
    flat[:whole].view(-1, len(few)).copy_(few)
    flat[whole:].copy_(few[: count - whole])


class Unstarted(DispatchMode):
    """Leaves large parameters as they are found in memory: they will be filled anyway."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        starts = func._schema.name in ("aten::uniform_", "aten::normal_")
        if starts and args[0].numel() > LARGE:
            return args[0]
        return func(*args, **(kwargs or {}))


class Chance(TorchFunctionMode):
    """Dropout and other random numbers come from here, the same for every answer and device.

    flipped: every number u is 1 - u. Who keeps a value where u < 1/2, and who keeps it where
    u > 1/2, then have the same mean over both. asked: whether chance played a part.
    """

    def __init__(self, seed: int, flipped: bool = False) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)
        self.flipped, self.asked = flipped, False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in DROPOUTS:
            return self.drop(DROPOUTS[func], *args, **kwargs)
        out = func(*args, **kwargs)
        if func in UNIFORM:
            out.copy_(self.uniform(out.shape))
        elif func is torch.bernoulli:
            out = (self.uniform(out.shape).to(args[0]) < args[0]).to(out)
        elif func is Tensor.bernoulli_:
            share = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
            out.copy_(self.uniform(out.shape).to(out.device) < share)
        return out

    def uniform(self, shape: torch.Size) -> Tensor:
        self.asked = True
        numbers = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return 1 - numbers if self.flipped else numbers

    def drop(
        self,
        whole_maps: bool,
        input: Tensor,
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        """Dropout; `whole_maps` as in `F.dropout2d`."""
        if not training or p == 0:
            return input
        shape = input.shape[:2] + (1,) * (input.dim() - 2) if whole_maps else input.shape
        kept = (self.uniform(shape) >= p).to(input) / (1 - p)
        return input.mul_(kept) if inplace else input * kept


# Which of them drop whole maps.
DROPOUTS = {
    F.dropout: False,
    torch.dropout: False,
    torch.dropout_: False,
    F.dropout1d: True,
    F.dropout2d: True,
    F.dropout3d: True,
    torch.feature_dropout: True,
}
UNIFORM = {torch.rand, torch.rand_like}
