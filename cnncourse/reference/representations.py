"""Look inside a trained network, and use what it has learned.

Record what its layers say, find the input that excites a unit, freeze all of
it but a new head, or fit a linear layer on its features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def record_activations(
    model: nn.Module, names: Sequence[str], x: Tensor
) -> dict[str, Tensor]:
    """What the named modules give out while the model looks at x.

    names are those of `model.named_modules()`. Where a module runs more than
    once, its last output counts. Copies, cut off from the graph. No hook stays
    behind, even if the forward pass fails. ValueError for an unknown name.

    >>> model = nn.Sequential(nn.Flatten(), nn.ReLU(inplace=True))
    >>> x = torch.tensor([[[-1.0, 2.0]]])
    >>> record_activations(model, ["1"], x)
    {'1': tensor([[0., 2.]])}
    """
    modules = dict(model.named_modules())
    if not set(names) <= set(modules):
        raise ValueError(f"unknown names: {set(names) - set(modules)}")
    found: dict[str, Tensor] = {}
    hooks = [
        modules[name].register_forward_hook(recorder(found, name))
        for name in names
    ]
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def recorder(found: dict[str, Tensor], name: str) -> Callable[..., None]:
    """A hook that stores a module's output under a name."""

    def store(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        # A copy, because the next layer may write into this very tensor.
        found[name] = output.detach().clone()

    return store


def maximise_activation(
    score: Callable[[Tensor], Tensor],
    x0: Tensor,
    steps: int,
    lr: float,
    radius: float,
) -> Tensor:
    """Climb to an input with a high score, and never leave the ball.

    x0 (N, ...) is projected first; then `steps` times one step of lr times the
    gradient, and a projection. -> (N, ...), each sample with a norm <= radius.
    No parameter is touched, and none of their gradients. (Erhan, Bengio,
    Courville and Vincent, 2009.)

    >>> up = torch.tensor([3.0, 4.0])
    >>> x0 = torch.zeros(1, 2)
    >>> maximise_activation(lambda x: (x * up).sum(), x0, 2, lr=0.1, radius=5)
    tensor([[0.6000, 0.8000]])
    >>> maximise_activation(lambda x: (x * up).sum(), x0, 2, lr=1, radius=5)
    tensor([[3., 4.]])
    """
    x = project(x0.detach(), radius)
    for _ in range(steps):
        x.requires_grad_(True)
        (gradient,) = torch.autograd.grad(score(x), x)
        x = project(x.detach() + lr * gradient, radius)
    return x


def project(x: Tensor, radius: float) -> Tensor:
    """The nearest point of the ball for each sample. (N, ...) -> (N, ...)

    >>> project(torch.tensor([[3.0, 4.0], [0.0, 1.0]]), radius=2.5)
    tensor([[1.5000, 2.0000],
            [0.0000, 1.0000]])
    """
    length = x.flatten(1).norm(dim=1)
    shrink = (radius / length.clamp(min=1e-30)).clamp(max=1)
    return x * shrink.reshape(-1, *[1] * (x.dim() - 1))


def freeze_backbone(
    model: nn.Module, head_name: str, classes: int
) -> list[nn.Parameter]:
    """Give a model a new head, and freeze everything else, in place.

    head_name is the name of a linear layer, perhaps with dots. The running
    statistics of BatchNorm stay still, too, also in train mode. -> what an
    optimizer should train. ValueError if there is no linear layer of that name.

    >>> model = nn.Sequential(nn.Conv2d(1, 4, 8), nn.Flatten(), nn.Linear(4, 9))
    >>> [tuple(p.shape) for p in freeze_backbone(model, "2", classes=5)]
    [(5, 4), (5,)]
    """
    old = dict(model.named_modules()).get(head_name)
    if not isinstance(old, nn.Linear):
        raise ValueError(f"there is no linear layer {head_name!r}")
    model.requires_grad_(False)
    model.apply(hold_still)
    head = nn.Linear(old.in_features, classes).to(old.weight)
    parent, _, name = head_name.rpartition(".")
    setattr(model.get_submodule(parent), name, head)
    return list(head.parameters())


def hold_still(module: nn.Module) -> None:
    """Keep a BatchNorm layer in eval mode, whatever is called later.

    Other layers are left as they are.
    """

    def stay(norm: nn.Module, inputs: tuple) -> None:
        norm.eval()

    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        module.eval()
        module.register_forward_pre_hook(stay)


def linear_probe(
    features: Tensor, labels: Tensor, classes: int, l2: float = 1e-3
) -> tuple[Tensor, Tensor]:
    """The best linear layer on features that stay as they are.

    features (N, D), labels (N,) -> weight (classes, D) and bias (classes,).
    They minimise the summed squared error to one-hot targets plus l2 times the
    summed squares of the weight. The bias costs nothing. ValueError for labels
    that do not fit. (Hoerl and Kennard, 1970; Alain and Bengio, 2016.)

    >>> x, y = torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1])
    >>> weight, bias = linear_probe(x, y, classes=2, l2=0)
    >>> weight.tolist(), bias.tolist()
    ([[-0.5], [0.5]], [0.5, 0.5])
    """
    if labels.shape != features.shape[:1]:
        raise ValueError(f"{len(features)} samples, labels {labels.shape}")
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError(f"labels must be 0 to {classes - 1}")
    targets = torch.eye(classes).to(features)[labels]
    centre, average = features.mean(0), targets.mean(0)
    x, y = features - centre, targets - average
    penalty = l2 * torch.eye(x.shape[1]).to(x)
    weight = torch.linalg.solve(x.T @ x + penalty, x.T @ y).T
    return weight, average - weight @ centre
