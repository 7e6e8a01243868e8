"""Answers of lesson 06-representations that are right in a style of their own."""

from __future__ import annotations

import contextlib
import copy
import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


# record_activations -----------------------------------------------------------------------------
def with_an_exit_stack(model, names, x):
    modules, found = dict(model.named_modules()), {}
    if missing := set(names) - set(modules):
        raise ValueError(f"unknown: {missing}")
    with contextlib.ExitStack() as stack, torch.no_grad():
        for name in names:

            def hook(module, inputs, output, name=name):
                found[name] = output.clone()

            stack.callback(modules[name].register_forward_hook(hook).remove)
        model(x)
    return found


def with_partial(network, layers, image):
    found = {}

    def keep(name, module, inputs, output):
        found.update({name: torch.tensor(output.detach().numpy())})

    handles = []
    try:
        for name in layers:
            try:
                module = network.get_submodule(name)
            except AttributeError:
                raise ValueError(f"no module {name}") from None
            handles.append(module.register_forward_hook(functools.partial(keep, name)))
        network(image)
    finally:
        for handle in handles:
            handle.remove()
    return found


class Recorder:
    def __init__(self):
        self.outputs = {}

    def __call__(self, module, inputs, output):
        self.outputs[module] = output.detach().clone()


def by_module(model, names, x):
    modules = dict(model.named_modules())
    for name in names:
        if name not in modules:
            raise ValueError(name)
    recorder = Recorder()
    handles = [modules[name].register_forward_hook(recorder) for name in names]
    try:
        model(x)
    finally:
        [handle.remove() for handle in handles]
    return {name: recorder.outputs[modules[name]] for name in names}


def on_a_copy(model, names, x):
    twin = copy.deepcopy(model)
    modules, found = dict(twin.named_modules()), {}
    if any(name not in modules for name in names):
        raise ValueError("unknown name")
    for name in names:
        modules[name].register_forward_hook(
            lambda module, inputs, output, name=name: found.__setitem__(
                name, output.detach().clone()
            )
        )
    twin(x)
    return found


def with_a_global_hook(model, names, x):
    modules, found = dict(model.named_modules()), {}
    wanted = {modules[name]: name for name in names if name in modules}
    if len(wanted) < len(names):
        raise ValueError("there is a name that is not known")

    def hook(module, inputs, output):
        if module in wanted:
            found[wanted[module]] = output.detach().clone()

    handle = nn.modules.module.register_module_forward_hook(hook)
    try:
        model(x)
    finally:
        handle.remove()
    return found


def swallowing_the_error(model, names, x):
    try:
        return with_partial(model, names, x)
    except RuntimeError:
        return {}


# maximise_activation ----------------------------------------------------------------------------
def by_renorm(score, x0, steps, lr, radius):
    x = x0.renorm(2, 0, radius)
    for _ in range(steps):
        x = x.detach().requires_grad_()
        gradient = torch.autograd.grad(score(x), x)[0]
        x = (x + lr * gradient).detach().renorm(2, 0, radius)
    return x


def by_backward_into_x_alone(score, x0, steps, lr, radius):
    def project(x):
        norm = torch.linalg.vector_norm(x, dim=tuple(range(1, x.dim())), keepdim=True)
        return x / torch.clamp(norm / radius, min=1)

    x = project(x0).requires_grad_()
    for _ in range(steps):
        x.grad = None
        score(x).backward(inputs=[x])
        with torch.no_grad():
            x.copy_(project(x + lr * x.grad))
    return x.detach()


def with_an_optimizer(score, x0, steps, lr, radius):
    x = nn.Parameter(x0.clone())
    optimizer = torch.optim.SGD([x], lr=lr, maximize=True)

    @torch.no_grad()
    def project():
        for one in x:
            if one.norm() > radius:
                one.mul_(radius / one.norm())

    project()
    twin = copy.deepcopy(score)
    for _ in range(steps):
        optimizer.zero_grad()
        twin(x).backward()
        optimizer.step()
        project()
    return x.data


def with_flags_off_for_a_while(score, x0, steps, lr, radius):
    parameters = list(score.parameters())
    for one in parameters:
        one.requires_grad_(False)

    def project(x):
        norm = x.flatten(1).square().sum(1).sqrt()
        return torch.stack(
            [one if n <= radius else radius * one / n for one, n in zip(x, norm, strict=True)]
        )

    x = project(x0)
    for _ in range(steps):
        x = x.detach().clone().requires_grad_()
        score(x).backward()
        x = project(x.detach() + lr * x.grad)
    for one in parameters:
        one.requires_grad_(True)
    return x


# freeze_backbone --------------------------------------------------------------------------------
def swap(model, head_name, classes):
    *path, name = head_name.split(".")
    owner = functools.reduce(getattr, path, model)
    old = getattr(owner, name, None)
    if old is None:
        raise ValueError(f"no {head_name}")
    new = nn.Linear(old.in_features, classes, bias=True).to(old.weight.device, old.weight.dtype)
    setattr(owner, name, new)
    return new


def is_norm(module):
    return isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))


def with_momentum_zero(model, head_name, classes):
    for parameter in model.parameters():
        parameter.requires_grad = False
    for module in model.modules():
        if is_norm(module):
            module.momentum = 0
    return swap(model, head_name, classes).parameters()


def with_a_patched_model(model, head_name, classes):
    head = swap(model, head_name, classes)
    for name, parameter in model.named_parameters():
        if not name.startswith(head_name):
            parameter.requires_grad_(False)
    usual = model.train

    def train(mode=True):
        usual(mode)
        for module in model.modules():
            if is_norm(module):
                module.eval()
        return model

    model.train = train
    model.train()
    return [head.weight, head.bias]


class StillNorm1d(nn.BatchNorm1d):
    def train(self, mode=True):
        return super().train(False)


class StillNorm2d(nn.BatchNorm2d):
    def train(self, mode=True):
        return super().train(False)


def with_other_classes(model, head_name, classes):
    model.requires_grad_(False)
    for module in model.modules():
        if is_norm(module):
            module.__class__ = StillNorm1d if isinstance(module, nn.BatchNorm1d) else StillNorm2d
            module.eval()
    return tuple(swap(model, head_name, classes).parameters())


def with_hooks(model, head_name, classes):
    model.requires_grad_(False)
    for module in model.modules():
        if is_norm(module):
            module.register_forward_pre_hook(lambda norm, inputs: norm.eval() and None)
    return [{"params": list(swap(model, head_name, classes).parameters())}]


def without_tracking(model, head_name, classes):
    model.requires_grad_(False)
    for module in model.modules():
        if is_norm(module):
            module.track_running_stats = False
    return list(swap(model, head_name, classes).parameters())


def with_a_deeper_head(model, head_name, classes):
    model.requires_grad_(False)
    for module in model.modules():
        if is_norm(module):
            module.momentum = 0.0
    head = swap(model, head_name, classes)
    *path, name = head_name.split(".")
    setattr(functools.reduce(getattr, path, model), name, nn.Sequential(nn.Dropout(0.1), head))
    return filter(lambda parameter: parameter.requires_grad, model.parameters())


class Still(nn.Module):
    def __init__(self, norm):
        super().__init__()
        scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
        self.register_buffer("scale", scale)
        self.register_buffer("shift", norm.bias.detach() - norm.running_mean * scale)

    def forward(self, x):
        shape = (1, -1, *[1] * (x.dim() - 2))
        return x * self.scale.view(shape) + self.shift.view(shape)


def with_frozen_layers_in_their_place(model, head_name, classes):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if is_norm(child):
                setattr(parent, name, Still(child))
    model.requires_grad_(False)
    return list(swap(model, head_name, classes).parameters())


# linear_probe -----------------------------------------------------------------------------------
def with_a_free_column(features, labels, classes, l2=1e-3):
    n, d = features.shape
    x = torch.cat([features, features.new_ones(n, 1)], 1)
    y = F.one_hot(labels, classes).to(features)
    diagonal = torch.full((d + 1,), l2, dtype=x.dtype)
    diagonal[-1] = 0
    both = torch.linalg.solve(x.T @ x + torch.diag(diagonal), x.T @ y)
    return both[:d].T, both[d]


def from_the_samples_side(features, labels, classes, l2=1e-3):
    x = features - features.mean(0)
    y = torch.eye(classes, dtype=x.dtype)[labels]
    kernel = x @ x.T + l2 * torch.eye(len(x), dtype=x.dtype)
    weight = torch.linalg.solve(kernel, y - y.mean(0)).T @ x
    return [weight, y.mean(0) - weight @ features.mean(0)]


def by_singular_values(features, labels, classes, l2=1e-3):
    y = torch.zeros(len(labels), classes, dtype=features.dtype)
    y[torch.arange(len(labels)), labels] = 1
    mean = features.mean(0, keepdim=True)
    u, s, v = torch.linalg.svd(features - mean, full_matrices=False)
    weight = (v.T @ torch.diag(s / (s**2 + l2)) @ u.T @ (y - y.mean(0))).T
    return weight, y.mean(0) - (mean @ weight.T)[0]


def through_numpy(features, labels, classes, l2=1e-3):
    x, y = features.double().numpy(), np.eye(classes)[labels.numpy()]
    centre, average = x.mean(0), y.mean(0)
    gram = (x - centre).T @ (x - centre) + l2 * np.eye(x.shape[1])
    weight = np.linalg.inv(gram) @ (x - centre).T @ (y - average)
    bias = average - centre @ weight
    return tuple(torch.from_numpy(one).to(features) for one in (weight.T.copy(), bias))


def by_cholesky(x, y, k, l2=1e-3):
    onehot = (y[:, None] == torch.arange(k)).to(x.dtype)
    a = x - x.mean(0)
    factor = torch.linalg.cholesky(a.T @ a + l2 * torch.eye(a.shape[1], dtype=a.dtype))
    weight = torch.cholesky_solve(a.T @ onehot, factor).mT
    return weight, (onehot - x @ weight.mT).mean(0)


ANSWERS = {
    "record_activations": [
        with_an_exit_stack,
        with_partial,
        by_module,
        on_a_copy,
        with_a_global_hook,
        swallowing_the_error,
    ],
    "maximise_activation": [
        by_renorm,
        by_backward_into_x_alone,
        with_an_optimizer,
        with_flags_off_for_a_while,
    ],
    "freeze_backbone": [
        with_momentum_zero,
        with_a_patched_model,
        with_other_classes,
        with_hooks,
        without_tracking,
        with_a_deeper_head,
        with_frozen_layers_in_their_place,
    ],
    "linear_probe": [
        with_a_free_column,
        from_the_samples_side,
        by_singular_values,
        through_numpy,
        by_cholesky,
    ],
}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in ANSWERS.items()
        for answer in answers
    ],
)
@pytest.mark.parametrize("seed", [0, 9, 77])
def test_unusual_right_answers_pass(name, answer, seed):
    result = grade(find_exercise(name), answer, seed=seed)
    assert (result.verdict, result.score) == ("right", 1.0), str(result)
