"""The course's networks beside torchvision's: inference and a step of training, side by side.

python benchmarks/models.py                  ResNet-50, EfficientNet-B0 and ViT-B/16
python benchmarks/models.py NAME [NAME...]   others, named as in torchvision

In each round both take their turn; the ratio compares two times of the same round. On a GPU, if
there is one, also with bfloat16 and compiled; on a processor with few and small images and with
one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from cnncourse import models
from cnncourse.experiments.turns import in_turns, spread
from cnncourse.training import best_device

# The tests know how torchvision's models can be had beside any PyTorch.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from torchvision_oracle import torchvision_models

NAMES = ("resnet50", "efficientnet_b0", "vit_b_16")


@dataclass(frozen=True)
class Case:
    """What the two are asked to do, and in which way."""

    training: bool
    channels_last: bool
    bfloat16: bool = False
    compiled: bool = False

    def __str__(self) -> str:
        words = ["training step" if self.training else "inference"]
        words += ["channels last"] * self.channels_last
        words += ["bfloat16"] * self.bfloat16
        words += ["compiled"] * self.compiled
        return ", ".join(words)

    def precision(self) -> AbstractContextManager:
        return torch.autocast("cuda", torch.bfloat16) if self.bfloat16 else nullcontext()


def cases(device: torch.device) -> list[Case]:
    """Compiling takes minutes, so it is done in the fastest way only."""
    if device.type != "cuda":
        return [Case(*choice) for choice in product((False, True), repeat=2)]
    plain = [Case(*choice) for choice in product((False, True), repeat=3)]
    return plain + [Case(training, True, True, compiled=True) for training in (False, True)]


def work(model: nn.Module, case: Case, x: torch.Tensor) -> Callable[[], object]:
    """One inference, or one step of training, as a function to be timed."""
    memory = torch.channels_last if case.channels_last else torch.contiguous_format
    model.to(memory_format=memory).train(case.training)
    x = x.to(memory_format=memory)
    targets = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)
    call = torch.compile(model) if case.compiled else model

    def infer() -> None:
        with torch.inference_mode(), case.precision():
            call(x)

    def step() -> None:
        with case.precision():
            loss = F.cross_entropy(call(x), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step if case.training else infer


def images(name: str, device: torch.device) -> torch.Tensor:
    """Noise, of a size that fits the device."""
    if device.type == "cuda":
        count, pixels = 32, 224
    else:
        # A vision transformer has one size.
        count, pixels = (1, 224) if name.startswith("vit") else (2, 96)
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 3, pixels, pixels, generator=generator).to(device)


def same_network(name: str, x: torch.Tensor) -> tuple[nn.Module, nn.Module]:
    """Ours and torchvision's with the same weights; they have to agree before they are timed."""
    ours = getattr(models, name)().to(x.device).eval()
    theirs = getattr(torchvision_models(), name)(weights=None).to(x.device).eval()
    ours.load_state_dict(theirs.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-2, atol=1e-3)
    return ours, theirs


def main(names: list[str]) -> None:
    device = best_device()
    rounds = 20 if device.type == "cuda" else 3
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"{device.type}, one thread"
    print(f"{where}, torch {torch.__version__}, {rounds} rounds")
    print(f"{'network':<52}{'ours':>10}{'torchvision':>13}{'ratio':>8}{'range':>14}")
    for name in names or NAMES:
        x = images(name, device)
        ours, theirs = same_network(name, x)
        print(f"{name}, {len(x)} images of {x.shape[2]} pixels")
        for case in cases(device):
            runs = {"ours": work(ours, case, x), "theirs": work(theirs, case, x)}
            times = in_turns(runs, rounds, device)
            ratio = spread([own / other for own, other in zip(*times.values(), strict=True)])
            own, other = (f"{1000 * spread(found)['median']:.3g} ms" for found in times.values())
            span = f"{ratio['lowest']:.2f}-{ratio['highest']:.2f}"
            print(f"  {case!s:<50}{own:>10}{other:>13}{ratio['median']:>8.2f}{span:>14}")


if __name__ == "__main__":
    main(sys.argv[1:])
