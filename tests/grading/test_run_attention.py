"""A block with attention is told wrong, and its mistake named, however it splits q, k and v."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

from cnncourse.course import find_exercise
from cnncourse.grading.engine import grade


class Separate(nn.Module):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__()
        self.heads = heads
        self.k, self.q, self.v, self.o = (nn.Linear(dim, dim) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp_dim), nn.GELU("tanh"), nn.Linear(mlp_dim, dim))

    def split(self, x):
        made = self.k(x), self.q(x), self.v(x)
        k, q, v = (one.unflatten(2, (self.heads, -1)).transpose(1, 2) for one in made)
        return q, k, v

    def weights(self, q, k):
        return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)

    def mix(self, x):
        q, k, v = self.split(x)
        return self.o((self.weights(q, k) @ v).transpose(1, 2).flatten(2))

    def forward(self, x):
        x = x + self.mix(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class NormsAfterwards(Separate):
    def forward(self, x):
        x = self.norm1(x + self.mix(x))
        return self.norm2(x + self.mlp(x))


class DoesNotScale(Separate):
    def weights(self, q, k):
        return (q @ k.mT).softmax(-1)


class LetsTheQueriesCompete(Separate):
    def weights(self, q, k):
        return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-2)


class LooksForQueries(Separate):
    def split(self, x):
        q, k, v = super().split(x)
        return q, q + 0 * k, v


class TakesRelu(Separate):
    def __init__(self, dim, heads, mlp_dim):
        super().__init__(dim, heads, mlp_dim)
        self.mlp[1] = nn.ReLU()


class ValuesFromQueries(Separate):
    def split(self, x):
        q, k, _ = super().split(x)
        return q, k, q


class KeysFromValues(Separate):
    def split(self, x):
        q, _, v = super().split(x)
        return q, v, v


class OneHeadLooksForAll(Separate):
    def weights(self, q, k):
        return super().weights(q, k)[:, :1]


class OneHeadTellsForAll(Separate):
    def split(self, x):
        q, k, v = super().split(x)
        return q, k, v[:, :1].expand_as(v)


class ForgetsTheKeysBias(Separate):
    def split(self, x):
        q, k, v = super().split(x)
        return q, k - self.k.bias.unflatten(0, (self.heads, 1, -1)), v


class ReshapesIntoHeads(Separate):
    def split(self, x):
        n, length, dim = x.shape
        made = self.q(x), self.k(x), self.v(x)
        return [one.reshape(n, self.heads, length, dim // self.heads) for one in made]


class ReshapesOutOfHeads(Separate):
    def mix(self, x):
        q, k, v = self.split(x)
        return self.o((self.weights(q, k) @ v).reshape(x.shape))


class MixesHeadsUp(Separate):
    """Each head's weights are used for the values of the next one: q and k meet another v.

    That is right, because the order of the heads is nobody's business.
    """

    def weights(self, q, k):
        return super().weights(q, k).roll(1, 1)


class DropsSome(Separate):
    def weights(self, q, k):
        weights = super().weights(q, k)
        return weights * (torch.rand_like(weights) > 0.1) if self.training else weights


NAMED = (NormsAfterwards, DoesNotScale, LetsTheQueriesCompete, LooksForQueries, TakesRelu)
CAUGHT = (
    ValuesFromQueries,
    KeysFromValues,
    OneHeadLooksForAll,
    OneHeadTellsForAll,
    ReshapesIntoHeads,
    ReshapesOutOfHeads,
    DropsSome,
)


@pytest.mark.parametrize("answer", NAMED, ids=lambda answer: answer.__name__)
def test_mistakes_are_named_in_another_layout(answer):
    belief = re.sub("(?<!^)(?=[A-Z])", "_", answer.__name__).lower()
    result = grade(find_exercise("EncoderBlock"), answer)
    assert (result.verdict, result.misconception) == ("wrong", belief), str(result)


@pytest.mark.parametrize("answer", CAUGHT, ids=lambda answer: answer.__name__)
@pytest.mark.parametrize("seed", [0, 3])
def test_mistakes_that_equal_rows_could_hide_are_caught(answer, seed):
    result = grade(find_exercise("EncoderBlock"), answer, seed=seed)
    assert result.verdict == "wrong", str(result)


def test_the_order_of_heads_is_nobodys_business():
    assert grade(find_exercise("EncoderBlock"), MixesHeadsUp).verdict == "right"


def test_taking_off_a_bias_that_changes_nothing_is_no_mistake():
    """Softmax takes off what all keys have in common, so a bias of the keys does nothing."""
    assert grade(find_exercise("EncoderBlock"), ForgetsTheKeysBias).verdict == "right"
