"""maximise_activation: the input in a ball that excites a unit most."""

from __future__ import annotations

import copy

import torch
from torch import Generator

from cnncourse.grading.contract import Arguments, Case, Exercise, Misconception
from cnncourse.grading.order import Recipe
from cnncourse.grading.run_climb import Climb
from cnncourse.lessons.convolution.sizes import whole
from cnncourse.lessons.inputs import normal
from cnncourse.recipes.representations import linear_unit, smooth_unit
from cnncourse.reference.representations import maximise_activation, project


def start(generator: Generator, *shape: int) -> torch.Tensor:
    """Samples of different lengths; the first is the shortest. About 1, 2, 3, ..."""
    drawn = normal(generator, *shape, dtype=torch.float32)
    lengths = torch.arange(1.0, len(drawn) + 1).reshape(-1, *[1] * (drawn.dim() - 1))
    return drawn / drawn.flatten(1).norm(dim=1).reshape(lengths.shape) * lengths


def linear(generator: Generator) -> Arguments:
    shape = (2, whole(generator, 3, 4), 5)
    recipe = Recipe(linear_unit, {"seed": whole(generator, 0, 2**30), "shape": shape})
    return {
        "score": recipe,
        "x0": start(generator, 2, *shape),
        "steps": 3,
        "lr": 0.1,
        "radius": 50.0,
    }


def linear_far(generator: Generator) -> Arguments:
    return {**linear(generator), "steps": 4, "lr": 1.0, "radius": 1.5}


def smooth(generator: Generator, **options: bool) -> Arguments:
    recipe = Recipe(smooth_unit, {"seed": whole(generator, 0, 2**30), "channels": 2, **options})
    x0 = start(generator, 3, 2, 4, whole(generator, 5, 6))
    return {"score": recipe, "x0": x0, "steps": 3, "lr": 0.2, "radius": 2.5}


def smooth_free(generator: Generator) -> Arguments:
    return {**smooth(generator), "radius": 100.0}


def learned(generator: Generator) -> Arguments:
    return smooth(generator, learned=True)


def no_steps(generator: Generator) -> Arguments:
    return {**smooth(generator), "steps": 0, "radius": 1.5}


def by_hand(score, x0, steps, lr, radius):
    """The oracle: a copy of the network, and each sample projected by itself."""
    score = copy.deepcopy(score)

    def shortened(x):
        rows = [one * min(1.0, radius / max(float(one.norm()), 1e-30)) for one in x.detach()]
        return torch.stack(rows).requires_grad_()

    x = shortened(x0)
    for _ in range(steps):
        score(x).backward()
        x = shortened(x.detach() + lr * x.grad)
    return x.detach()


def slope(score, x):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(score(x), x)[0]


def descends(score, x0, steps, lr, radius):
    return maximise_activation(score, x0, steps, -lr, radius)


def never_projects(score, x0, steps, lr, radius):
    return maximise_activation(score, x0, steps, lr, 1e9)


def projects_before_the_step(score, x0, steps, lr, radius):
    x = x0
    for _ in range(steps):
        x = project(x, radius)
        x = x + lr * slope(score, x)
    return x


def projects_at_the_end_only(score, x0, steps, lr, radius):
    x = project(x0, radius)
    for _ in range(steps):
        x = x + lr * slope(score, x)
    return project(x, radius)


def starts_outside_the_ball(score, x0, steps, lr, radius):
    x = x0
    for _ in range(steps):
        x = project(x + lr * slope(score, x), radius)
    return x.clone()


def scaled(x, radius):
    length = x.flatten(1).norm(dim=1).reshape(-1, *[1] * (x.dim() - 1))
    return x * radius / length


def always_stretches_to_the_radius(score, x0, steps, lr, radius):
    x = scaled(x0, radius)
    for _ in range(steps):
        x = scaled(x + lr * slope(score, x), radius)
    return x


def one_norm_for_the_batch(score, x0, steps, lr, radius):
    x = project(x0[None], radius)[0]
    for _ in range(steps):
        x = project((x + lr * slope(score, x))[None], radius)[0]
    return x


def a_norm_for_each_channel(score, x0, steps, lr, radius):
    def shortened(x):
        return project(x.flatten(0, 1), radius).reshape(x.shape)

    x = shortened(x0)
    for _ in range(steps):
        x = shortened(x + lr * slope(score, x))
    return x


def clips_each_number(score, x0, steps, lr, radius):
    x = x0.clamp(-radius, radius)
    for _ in range(steps):
        x = (x + lr * slope(score, x)).clamp(-radius, radius)
    return x


def forgets_the_square_root(score, x0, steps, lr, radius):
    def shortened(x):
        length = x.flatten(1).square().sum(1).reshape(-1, *[1] * (x.dim() - 1))
        return x * (radius / length).clamp(max=1)

    x = shortened(x0)
    for _ in range(steps):
        x = shortened(x + lr * slope(score, x))
    return x


def lets_gradients_add_up(score, x0, steps, lr, radius):
    x, total = project(x0, radius), 0
    for _ in range(steps):
        total = total + slope(score, x)
        x = project(x + lr * total, radius)
    return x


def steps_of_one_length(score, x0, steps, lr, radius):
    x = project(x0, radius)
    for _ in range(steps):
        gradient = slope(score, x)
        x = project(x + lr * gradient / gradient.norm(), radius)
    return x


def follows_the_signs(score, x0, steps, lr, radius):
    x = project(x0, radius)
    for _ in range(steps):
        x = project(x + lr * slope(score, x).sign(), radius)
    return x


def asks_for_the_gradient_once(score, x0, steps, lr, radius):
    x = project(x0, radius)
    gradient = slope(score, x)
    for _ in range(steps):
        x = project(x + lr * gradient, radius)
    return x


def one_step_too_few(score, x0, steps, lr, radius):
    return maximise_activation(score, x0, steps - 1, lr, radius)


def fills_the_parameters_gradients(score, x0, steps, lr, radius):
    x = project(x0, radius).clone()
    for _ in range(steps):
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(score(x), x)
        score(x.detach()).backward()
        x = project(x.detach() + lr * gradient, radius)
    return x


def wipes_the_parameters_gradients(score, x0, steps, lr, radius):
    x = maximise_activation(score, x0, steps, lr, radius)
    if steps:
        score.zero_grad()
    return x


def trains_the_network(score, x0, steps, lr, radius):
    optimizer = torch.optim.SGD(score.parameters(), lr=lr, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        score(project(x0, radius)).backward()
        optimizer.step()
    return project(x0, radius)


def writes_into_x0(score, x0, steps, lr, radius):
    return x0.copy_(maximise_activation(score, x0, steps, lr, radius))


MAXIMISE_ACTIVATION = Exercise(
    reference=maximise_activation,
    points=3,
    minutes=30,
    difficulty="core",
    oracle=by_hand,
    run=Climb(),
    cases=(
        Case(
            "the unit is linear and the ball is far away",
            linear,
            keeps="the case to think about first",
        ),
        Case(
            "the unit is linear and the ball is small",
            linear_far,
            keeps="the known answer: the pattern itself",
        ),
        Case(
            "the unit is bent and the ball is far away", smooth_free, keeps="the gradient by itself"
        ),
        Case("the unit is bent and some samples leave the ball", smooth, keeps="all of it at once"),
        Case("the network has gradients of an earlier step", learned),
        Case("there are no steps to go", no_steps, keeps="the start is projected, too"),
    ),
    misconceptions=(
        Misconception(
            descends,
            "You go *down*. Training lowers a loss, so its step has a minus. Here the score is to "
            "rise.",
        ),
        Misconception(
            never_projects,
            "You never come back into the ball. Without a bound the score of most units grows for "
            "ever.",
        ),
        Misconception(
            projects_before_the_step,
            "You project first and step then, so that the last step may end outside. What does the "
            "result have to keep to?",
        ),
        Misconception(
            projects_at_the_end_only,
            "You project once, at the end. On the way each step begins at a point of the ball.",
        ),
        Misconception(
            starts_outside_the_ball,
            "You take the first step from `x0` as it is. It may lie outside: the ball holds at "
            "the start too.",
        ),
        Misconception(
            always_stretches_to_the_radius,
            "You stretch what is inside out to the radius. A projection leaves alone what is "
            "inside.",
        ),
        Misconception(
            one_norm_for_the_batch,
            "You take one norm for the whole batch. Each sample has a ball of its own: sum over "
            "all axes but the first.",
        ),
        Misconception(
            a_norm_for_each_channel,
            "You take a norm for each channel. A sample is all of its channels together.",
        ),
        Misconception(
            clips_each_number,
            "You clip every number by itself. That is a box, not a ball: the norm of a sample can "
            "still be far above the radius.",
        ),
        Misconception(
            forgets_the_square_root,
            "You divide by the *squared* length. A norm has a square root.",
        ),
        Misconception(
            lets_gradients_add_up,
            "Your gradients add up from step to step. `backward()` adds to what is in `.grad`: "
            "who clears it?",
        ),
        Misconception(
            steps_of_one_length,
            "You scale the gradient to length 1. Others do so, but here a step is lr times the "
            "gradient as it is.",
        ),
        Misconception(
            follows_the_signs,
            "You go by the signs of the gradient. That is another method; how steep it is counts, "
            "too.",
        ),
        Misconception(
            asks_for_the_gradient_once,
            "You work the gradient out once, at the start. It changes on the way: ask anew at "
            "each step.",
        ),
        Misconception(one_step_too_few, "You take one step too few. Count them for `steps=1`."),
        Misconception(
            fills_the_parameters_gradients,
            "The picture is right, but the network's parameters have got gradients, and whoever "
            "trains it next adds to them. Ask for the gradient of x alone.",
        ),
        Misconception(
            wipes_the_parameters_gradients,
            "You clear the gradients of the network's parameters. They are not yours: somebody "
            "may be about to use them.",
        ),
        Misconception(
            trains_the_network,
            "You change the network, and the input stays. It is the other way round: the weights "
            "are fixed and x moves.",
        ),
        Misconception(
            writes_into_x0,
            "You write into `x0`. Whoever calls still needs the start, perhaps for another unit: "
            "work on a copy.",
        ),
    ),
    hints=(
        "Training asks how the loss depends on the weights. Ask instead how the score depends on "
        "x.",
        "`torch.autograd.grad(score(x), x)` gives that gradient and writes nowhere. x has to ask "
        "for gradients, and after each step it should be a fresh tensor without a past.",
        "Projection: the length of each sample over all axes but the first; where it is more than "
        "the radius, multiply by radius / length, and else by 1. Once before the loop, and after "
        "each step.",
    ),
)

EXERCISES = (MAXIMISE_ACTIVATION,)
