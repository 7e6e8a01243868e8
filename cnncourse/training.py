"""The course's training loop: short enough to print, and careful.

Printed in the book, so the column is narrow.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from tqdm.auto import trange

Loss = Callable[[Tensor, Tensor], Tensor]


class Diverged(Exception):
    """The loss is no longer a number; says when, and what to try."""


def train(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    *,
    epochs: int,
    generator: torch.Generator,
    batch_size: int = 64,
    lr: float = 3e-3,
    loss: Loss = F.cross_entropy,
    device: torch.device | None = None,
    progress: bool = True,
) -> list[float]:
    """Train a model in place with AdamW; the mean loss of each epoch.

    inputs (N, ...), targets (N, ...). The learning rate rises to lr for a
    tenth of the time, then falls to zero. The generator decides on the order
    of examples and on all other chance, so that the same seed gives the same
    model on the same machine. Diverged where the loss is not finite.

    >>> model = nn.Linear(1, 1)
    >>> x = torch.linspace(-1, 1, 64)[:, None]
    >>> seed = torch.Generator().manual_seed(0)
    >>> losses = train(model, x, 2 * x, epochs=99, generator=seed, lr=0.1,
    ...                loss=F.mse_loss, progress=False)
    >>> round(model.weight.item(), 1)
    2.0
    """
    device = device or best_device()
    model.to(device).train()
    schedule = adamw(model, lr, epochs * math.ceil(len(inputs) / batch_size))
    history: list[float] = []
    with chance_from(generator, device):
        for _ in trange(epochs, desc="epochs", disable=not progress):
            order = batches(inputs, targets, batch_size, generator)
            history.append(one_epoch(model, order, loss, schedule))
            stop_if_diverged(history, lr)
    return history


def adamw(model: nn.Module, lr: float, steps: int) -> LambdaLR:
    """AdamW, and a learning rate that rises and falls while it works."""
    optimizer = AdamW(model.parameters(), lr=lr, weight_decay=0.01)
    return LambdaLR(optimizer, lambda step: rise_and_fall(step, steps))


def one_epoch(
    model: nn.Module,
    order: Iterator[tuple[Tensor, Tensor]],
    loss: Loss,
    schedule: LambdaLR,
) -> float:
    """Look at every example once, and learn; the mean loss on the way."""
    device = next(model.parameters()).device
    total, count = 0.0, 0
    for inputs, targets in order:
        with half_precision(device):
            value = loss(model(inputs.to(device)), targets.to(device))
        learn_from(value, schedule)
        total += value.detach() * len(inputs)
        count += len(inputs)
    return float(total) / count


def learn_from(value: Tensor, schedule: LambdaLR) -> None:
    """One step down from where the loss is."""
    schedule.optimizer.zero_grad()
    value.backward()
    schedule.optimizer.step()
    schedule.step()


def rise_and_fall(step: int, steps: int) -> float:
    """A tenth of the way up in a line, the rest down in half a cosine wave.

    -> the share of the full learning rate at a step from 0 to steps

    >>> [round(rise_and_fall(step, 20), 2) for step in (0, 1, 2, 11, 20)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    rise = max(1, steps // 10)
    if step < rise:
        return (step + 1) / rise
    return 0.5 + 0.5 * math.cos(math.pi * (step - rise) / max(1, steps - rise))


def batches(
    inputs: Tensor,
    targets: Tensor,
    batch_size: int,
    generator: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """All examples in a random order, some at a time.

    >>> x, order = torch.arange(5), torch.Generator().manual_seed(0)
    >>> [len(batch) for batch, _ in batches(x, x, 2, order)]
    [2, 2, 1]
    """
    order = torch.randperm(len(inputs), generator=generator)
    for batch in order.split(batch_size):
        yield inputs[batch], targets[batch]


@torch.no_grad()
def predict(model: nn.Module, inputs: Tensor, batch_size: int = 500) -> Tensor:
    """What a model says to many inputs, in eval mode. (N, ...) -> (N, ...)

    The result is on the processor; the model's mode stays as it was.

    >>> predict(nn.Flatten(), torch.ones(3, 2, 2)).shape
    torch.Size([3, 4])
    """
    training = model.training
    device = next(model.parameters(), inputs).device
    model.eval()
    parts = inputs.split(batch_size)
    outputs = torch.cat([model(part.to(device)).cpu() for part in parts])
    model.train(training)
    return outputs


def accuracy(model: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    """The share of inputs whose largest output is at the target.

    >>> accuracy(nn.Flatten(), torch.eye(4), torch.tensor([0, 1, 2, 0]))
    0.75
    """
    right = predict(model, inputs).argmax(1) == targets.cpu()
    return right.double().mean().item()


def best_device() -> torch.device:
    """A GPU where there is one (CUDA, then Apple's MPS), else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def half_precision(device: torch.device) -> AbstractContextManager[None]:
    """Half the bits where that is faster: on GPUs that know bfloat16."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", torch.bfloat16)
    return contextlib.nullcontext()


@contextlib.contextmanager
def chance_from(
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[None]:
    """Have dropout and its like draw what the generator says, for a while."""
    seed = torch.randint(2**31, (), generator=generator).item()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield


def stop_if_diverged(history: list[float], lr: float) -> None:
    """Diverged where the last loss is not finite.

    >>> stop_if_diverged([2.3, float("nan")], lr=1.0)
    Traceback (most recent call last):
    cnncourse.training.Diverged: The loss is nan after epoch 2. ...
    """
    if not math.isfinite(history[-1]):
        raise Diverged(
            f"The loss is {history[-1]} after epoch {len(history)}. Try a "
            f"smaller lr than {lr:g}, and look for values in the inputs that "
            "are not finite."
        )
