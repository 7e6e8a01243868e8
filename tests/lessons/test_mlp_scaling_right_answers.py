"""Answers that are right in a style of their own. Refusing one is the worst bug there is."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


# dense_params -----------------------------------------------------------------------------------
def multiplies_in_numpy(in_shape, hidden, bias=True):
    return np.prod(in_shape, dtype=np.int64) * hidden + (hidden if bias else 0)


def multiplies_with_reduce(shape, units, bias=True):
    sides = shape if isinstance(shape, tuple) else (shape,)
    assert min(sides) > 0, "no such image"
    return units * (reduce(int.__mul__, sides, 1) + int(bias))


def asks_a_tensor(in_shape, hidden, bias=True):
    inputs = torch.tensor(in_shape).prod()
    return inputs * hidden + hidden * bias


def builds_a_layer_without_memory(in_shape, hidden, bias=True):
    inputs = in_shape if isinstance(in_shape, int) else math.prod(in_shape)
    layer = nn.Linear(inputs, hidden, bias, device="meta")
    return sum(parameter.numel() for parameter in layer.parameters())


def counts_by_units(in_shape, hidden, bias=True):
    try:
        inputs = math.prod(in_shape)
    except TypeError:
        inputs = in_shape
    if inputs < 0:
        raise ValueError("negative")
    return sum(inputs + (1 if bias else 0) for _ in range(hidden))


# training_bytes ---------------------------------------------------------------------------------
class UnknownOptimizer(ValueError):
    """An error of the learner's own is a ValueError too."""


def matches_names(params, bytes_per_value=4, optimizer="adam"):
    match optimizer:
        case "sgd":
            copies = 2
        case "momentum":
            copies = 3
        case "adam":
            copies = 4
        case _:
            raise UnknownOptimizer(optimizer)
    return copies * bytes_per_value * params


def finds_the_name_in_a_list(params, bytes_per_value=4, optimizer="adam"):
    # list.index raises ValueError by itself.
    return np.int64(params) * bytes_per_value * (2 + ["sgd", "momentum", "adam"].index(optimizer))


def adds_up_arrays(params, bytes_per_value=4, optimizer="adam"):
    kept = {"sgd": ["weight", "grad"]}
    kept["momentum"] = [*kept["sgd"], "velocity"]
    kept["adam"] = [*kept["sgd"], "mean", "square"]
    if optimizer not in kept:
        raise ValueError
    return sum(params * bytes_per_value for _ in kept[optimizer])


# mlp_forward ------------------------------------------------------------------------------------
def with_addmm(x, weights, biases):
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        x = torch.addmm(bias, x, weight.t()).clamp_min(0)
    return torch.addmm(biases[-1], x, weights[-1].t())


def with_einsum_and_where(inputs, matrices, shifts):
    values = inputs
    for i in range(len(matrices)):
        values = torch.einsum("ni,oi->no", values, matrices[i]) + shifts[i][None]
        if i + 1 != len(matrices):
            values = torch.where(values > 0, values, torch.zeros_like(values))
    return values


def recursively(x, weights, biases):
    out = torch.matmul(x, weights[0].transpose(0, 1)).add(biases[0])
    if len(weights) == 1:
        return out
    return recursively(F.relu(out), weights[1:], biases[1:])


def with_a_one_for_the_bias(x, weights, biases):
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        whole = torch.cat((weight, bias[:, None]), 1)
        x = torch.cat((x if i == 0 else x * (x > 0), x.new_ones(len(x), 1)), 1) @ whole.mT
    return x


def example_by_example(x, weights, biases):
    def one(row):
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            row = (weight @ row + bias).maximum(torch.zeros_like(bias))
        return weights[-1] @ row + biases[-1]

    return torch.stack([one(row) for row in x])


def in_columns(x, weights, biases):
    columns = x.T
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if i:
            columns = columns.clip(0)
        columns = weight @ columns + bias[:, None]
    return columns.T


def in_double_precision(x, weights, biases):
    wide = recursively(x.double(), [w.double() for w in weights], [b.double() for b in biases])
    return wide.to(x.dtype)


def under_vmap(x, weights, biases):
    return torch.vmap(lambda row: recursively(row[None], weights, biases)[0])(x)


# mlp_backward -----------------------------------------------------------------------------------
def keeps_masks(x, weights, biases, grad_out):
    values, masks = [x], []
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        sums = values[-1] @ weight.T + bias
        masks.append((sums > 0).to(x.dtype))
        values.append(sums * masks[-1])
    grads = []
    for i in range(len(weights) - 1, -1, -1):
        grads.append((torch.einsum("no,ni->oi", grad_out, values[i]), grad_out.sum(0)))
        if i > 0:
            grad_out = grad_out @ weights[i] * masks[i - 1]
    return tuple(zip(*reversed(grads), strict=True))


def goes_down_recursively(x, weights, biases, grad_out):
    def layer(given, number):
        """Gradients from this layer on, and of what it was given."""
        out = given @ weights[number].T + biases[number]
        if number == len(weights) - 1:
            from_above, later = grad_out, ([], [])
        else:
            from_above, *later = layer(out.relu(), number + 1)
            from_above = from_above.masked_fill(out <= 0, 0)
        mine = from_above.mT @ given, from_above.sum(0)
        return (
            from_above @ weights[number],
            [mine[0], *later[0]],
            [mine[1], *later[1]],
        )

    return list(layer(x, 0)[1:])


def adds_up_outer_products(x, weights, biases, grad_out):
    grad_weights = [torch.zeros_like(weight) for weight in weights]
    grad_biases = [torch.zeros_like(bias) for bias in biases]
    for row, upstream in zip(x, grad_out, strict=True):
        given = [row]
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            given.append((weight @ given[-1] + bias).clamp(min=0))
        for i in reversed(range(len(weights))):
            grad_weights[i] += torch.outer(upstream, given[i])
            grad_biases[i] += upstream
            upstream = (weights[i].T @ upstream) * given[i].sign()
    return grad_weights, grad_biases


def in_numpy(x, weights, biases, grad_out):
    grads = keeps_masks(x, weights, biases, grad_out)
    return [[torch.from_numpy(grad.numpy().copy()) for grad in some] for some in grads]


def without_recording(x, weights, biases, grad_out):
    with torch.no_grad():
        return adds_up_outer_products(x, weights, biases, grad_out)


# permute_pixels ---------------------------------------------------------------------------------
def image_by_image(images, generator):
    perm = torch.randperm(images[0].numel(), generator=generator)
    return torch.stack([image.flatten()[perm].view(image.shape) for image in images]), perm


def multiplies_with_a_matrix_of_indices(images, generator):
    count = images[0].numel()
    perm = torch.multinomial(torch.ones(count), count, generator=generator)
    return torch.take_along_dim(images.flatten(1), perm[None], 1).unflatten(
        1, images.shape[1:]
    ), perm


def shuffles_like_fisher_and_yates(images, generator):
    perm = torch.arange(images[0].numel())
    for last in range(len(perm) - 1, 0, -1):
        other = int(torch.randint(last + 1, (), generator=generator))
        perm[[last, other]] = perm[[other, last]]
    return images.reshape(len(images), -1)[..., perm].reshape(*images.shape), perm


def draws_the_way_back(images, generator):
    back = torch.randperm(images[0].numel(), generator=generator)
    flat = images.flatten(1)
    return torch.zeros_like(flat).index_copy(1, back, flat).view_as(images), back.argsort()


# rewire -----------------------------------------------------------------------------------------
def scatters_the_way_back(weight, perm):
    where_to = torch.empty_like(perm)
    where_to[perm] = torch.arange(len(perm), device=perm.device)
    return torch.zeros_like(weight).index_copy(1, where_to, weight)


def stacks_columns(weight, perm):
    return torch.stack([weight[:, source] for source in perm], dim=1)


def gathers(weight, perm):
    return torch.gather(weight, 1, perm.expand(weight.shape[0], -1))


def multiplies_with_a_permutation(weight, perm):
    return weight @ torch.eye(len(perm), dtype=weight.dtype)[perm].T


def indexes_the_transpose(weight, perm):
    return weight.T[perm.tolist()].T.contiguous()


RIGHT = {
    "dense_params": [
        multiplies_in_numpy,
        multiplies_with_reduce,
        asks_a_tensor,
        builds_a_layer_without_memory,
        counts_by_units,
    ],
    "training_bytes": [matches_names, finds_the_name_in_a_list, adds_up_arrays],
    "mlp_forward": [
        with_addmm,
        with_einsum_and_where,
        recursively,
        with_a_one_for_the_bias,
        example_by_example,
        in_columns,
        in_double_precision,
        under_vmap,
    ],
    "mlp_backward": [
        keeps_masks,
        goes_down_recursively,
        adds_up_outer_products,
        in_numpy,
        without_recording,
    ],
    "permute_pixels": [
        image_by_image,
        multiplies_with_a_matrix_of_indices,
        shuffles_like_fisher_and_yates,
        draws_the_way_back,
    ],
    "rewire": [
        scatters_the_way_back,
        stacks_columns,
        gathers,
        multiplies_with_a_permutation,
        indexes_the_transpose,
    ],
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param(name, answer, id=f"{name}-{answer.__name__}")
        for name, answers in RIGHT.items()
        for answer in answers
    ],
)
def test_unusual_right_answer_passes(name, answer, seed):
    result = grade(find_exercise(name), answer, seed=seed, device="cpu")
    assert (result.verdict, result.score) == ("right", 1.0), str(result)


@pytest.mark.parametrize(
    ("name", "answer", "remark"),
    [
        ("dense_params", multiplies_in_numpy, "plain `int`"),
        ("dense_params", asks_a_tensor, "plain `int`"),
        ("dense_params", multiplies_with_reduce, "AssertionError"),
        ("training_bytes", finds_the_name_in_a_list, "plain `int`"),
        ("training_bytes", adds_up_arrays, "has no message"),
        ("mlp_forward", recursively, "one bias too few"),
        ("mlp_backward", keeps_masks, "wider than the output"),
        ("rewire", gathers, "a pixel comes twice"),
    ],
)
def test_what_is_right_but_odd_gets_a_remark(name, answer, remark):
    result = grade(find_exercise(name), answer, device="cpu")
    assert result.verdict == "right"
    assert remark in " ".join(result.remarks)


def test_the_library_s_layer_is_not_allowed_under_any_name():
    def mlp_forward(x, weights, biases):
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            layer = nn.Linear(*weight.shape[::-1], dtype=x.dtype)
            with torch.no_grad():
                layer.weight.copy_(weight), layer.bias.copy_(bias)
            x = layer(x if i == 0 else x.relu())
        return x

    result = grade(find_exercise("mlp_forward"), mlp_forward)
    assert (result.verdict, result.score) == ("not allowed", 0.0)
    assert "dense layer" in result.say


def test_autograd_is_not_allowed_backwards():
    exercise = find_exercise("mlp_backward")
    assert grade(exercise, exercise.oracle).verdict == "not allowed"
