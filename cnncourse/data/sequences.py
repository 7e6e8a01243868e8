"""Two tasks of pure memory, on which networks for sequences are compared.

As in Bai, Kolter & Koltun 2018, "An empirical evaluation of generic convolutional and recurrent
networks for sequence modeling", section 4; adding is from Hochreiter & Schmidhuber 1997, "Long
short-term memory", section 5.4. What can be reached without any memory is known exactly.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# The symbol that stands for nothing, eight to be remembered, and "repeat them now".
BLANK, SYMBOLS, REPEAT = 0, 8, 9
KINDS = 10
REMEMBERED = 10


def adding_problem(count: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Numbers in a row, two of them marked: what is their sum?

    -> inputs (N, 2, T), targets (N,). Channel 0 has numbers from 0 to 1, all equally likely;
    channel 1 is 1 at two places, which are any two, and 0 elsewhere. ValueError when length is
    less than 2. See `adding_chance` for what is easy to reach.

    >>> inputs, targets = adding_problem(1, 4, torch.Generator().manual_seed(0))
    >>> inputs
    tensor([[[0.4963, 0.7682, 0.0885, 0.1320],
             [0.0000, 1.0000, 0.0000, 1.0000]]])
    >>> targets
    tensor([0.9003])
    """
    if length < 2:
        raise ValueError(f"length={length}: two of them are to be marked")
    numbers = torch.rand(count, length, generator=generator)
    # The places of the two largest of independent numbers are any two places.
    places = torch.rand(count, length, generator=generator).topk(2).indices
    marks = torch.zeros(count, length).scatter_(1, places, 1.0)
    return torch.stack([numbers, marks], 1), (numbers * marks).sum(1)


def adding_chance() -> float:
    """The mean squared error of the best constant answer to the adding problem, 1 / 6.

    The best constant is the mean, 1, and its error is the variance of the sum of two numbers. They
    are independent, so their variances add up; that of one is 1/3 - (1/2)^2 = 1/12, the mean of
    the squares less the square of the mean.

    >>> adding_chance()
    0.16666666666666666
    """
    return 1 / 6


def copy_memory(count: int, delay: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Ten symbols, a long silence, then a sign: repeat the symbols.

    -> inputs (N, 10, T), one channel for each kind of symbol and 1 at what comes, and targets
    (N, T), the number of the symbol to say. T = delay + 20: ten symbols from 1 to 8, delay - 1
    blanks (0), then 9 eleven times, the first of which is the sign. To be said: blanks, and in the
    last ten steps the symbols, in order. ValueError when delay is not positive.

    >>> inputs, targets = copy_memory(1, 3, torch.Generator().manual_seed(0))
    >>> inputs.shape
    torch.Size([1, 10, 23])
    >>> inputs.argmax(1)
    tensor([[5, 8, 6, 1, 4, 4, 4, 8, 2, 4, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]])
    >>> targets
    tensor([[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 8, 6, 1, 4, 4, 4, 8, 2, 4]])
    """
    if delay < 1:
        raise ValueError(f"delay={delay}: it must be 1 or more")
    symbols = torch.randint(1, 1 + SYMBOLS, (count, REMEMBERED), generator=generator)
    blanks = symbols.new_full((count, delay - 1), BLANK)
    signs = symbols.new_full((count, REMEMBERED + 1), REPEAT)
    inputs = F.one_hot(torch.cat([symbols, blanks, signs], 1), KINDS)
    silence = symbols.new_full((count, delay + REMEMBERED), BLANK)
    return inputs.transpose(1, 2).float(), torch.cat([silence, symbols], 1)


def copy_chance(delay: int) -> float:
    """The cross-entropy of copying without memory: 10 ln 8 / (delay + 20).

    When to be silent can be seen; that costs nothing. In the last ten of delay + 20 steps, each of
    eight symbols is as likely as the others.

    >>> round(copy_chance(1000), 4)
    0.0204
    """
    return REMEMBERED * math.log(SYMBOLS) / (delay + 2 * REMEMBERED)
