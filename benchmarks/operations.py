"""How long the course's readable operations take, as a multiple of PyTorch's own, side by side.

Run it with `python benchmarks/operations.py`. In each round all take turns; the table has the
median ratio of two times of the same round, and its range. On the processor with one thread, and
on a GPU if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncourse.experiments.turns import in_turns, spread
from cnncourse.reference.convolution import conv2d, conv2d_backward
from cnncourse.reference.pooling import avg_pool2d, max_pool2d
from cnncourse.reference.tcn import causal_conv1d
from cnncourse.reference.vit import FusedAttention, SelfAttention

ROUNDS = 15
# x and weight; kernels of 3 with padding 1 keep the size.
LAYERS = {
    "conv2d, 3 -> 16, 64 x 64": ((8, 3, 64, 64), (16, 3, 3, 3)),
    "conv2d, 64 -> 64, 32 x 32": ((8, 64, 32, 32), (64, 64, 3, 3)),
}
Run = Callable[[], object]
Pair = tuple[str, str, Run, Run]


def convolutions(device: torch.device) -> Iterator[Pair]:
    """The sliding filter, forwards, backwards by hand, and both with automatic gradients."""
    for name, shapes in LAYERS.items():
        x, weight = (noise(shape, device).requires_grad_() for shape in shapes)
        out = F.conv2d(x, weight, padding=1)
        upstream = torch.ones_like(out)

        def ours(x: Tensor = x, weight: Tensor = weight) -> Tensor:
            return conv2d(x, weight, padding=1)

        def theirs(x: Tensor = x, weight: Tensor = weight) -> Tensor:
            return F.conv2d(x, weight, padding=1)

        def by_hand(x: Tensor = x, weight: Tensor = weight, up: Tensor = upstream) -> object:
            return conv2d_backward(up, x.detach(), weight.detach(), padding=1)

        def library(
            x: Tensor = x, weight: Tensor = weight, out: Tensor = out, up: Tensor = upstream
        ) -> object:
            return torch.autograd.grad(out, (x, weight), up, retain_graph=True)

        yield from forward_and_both(name, ours, theirs, (x, weight))
        yield name, "backward by hand", by_hand, library


def causal_convolutions(device: torch.device) -> Iterator[Pair]:
    """A filter in time, 64 -> 64 channels, dilation 4."""
    x = noise((8, 64, 400), device).requires_grad_()
    weight = noise((64, 64, 5), device).requires_grad_()

    def ours() -> Tensor:
        return causal_conv1d(x, weight, dilation=4)

    def theirs() -> Tensor:
        return F.conv1d(F.pad(x, (16, 0)), weight, dilation=4)

    yield from forward_and_both("causal_conv1d, 400 steps", ours, theirs, (x, weight))


def poolings(device: torch.device) -> Iterator[Pair]:
    """The largest and the mean of windows of 2 x 2, 64 channels."""
    x = noise((8, 64, 64, 64), device).requires_grad_()
    for name, ours, theirs in (
        ("max_pool2d, 64 x 64", max_pool2d, F.max_pool2d),
        ("avg_pool2d, 64 x 64", avg_pool2d, F.avg_pool2d),
    ):
        yield from forward_and_both(name, partial(ours, x, 2), partial(theirs, x, 2), (x,))


def attentions(device: torch.device) -> Iterator[Pair]:
    """Attention of ViT-B/16: 197 tokens, 12 heads; PyTorch's with scaled_dot_product_attention."""
    x = noise((4, 197, 768), device).requires_grad_()
    ours, theirs = SelfAttention(768, 12).to(device), FusedAttention(768, 12).to(device)
    theirs.load_state_dict(ours.state_dict())
    yield from forward_and_both("attention, 197 tokens", lambda: ours(x), lambda: theirs(x), (x,))


def forward_and_both(
    name: str, ours: Callable[[], Tensor], theirs: Callable[[], Tensor], inputs: tuple[Tensor, ...]
) -> Iterator[Pair]:
    """The way there alone, then there and back; they have to agree before they are timed."""
    torch.testing.assert_close(ours(), theirs(), rtol=1e-3, atol=1e-3)

    def forward(run: Callable[[], Tensor]) -> Tensor:
        with torch.no_grad():
            return run()

    def both(run: Callable[[], Tensor]) -> object:
        return torch.autograd.grad(run().sum(), inputs)

    yield name, "forward", lambda: forward(ours), lambda: forward(theirs)
    yield name, "forward, backward", lambda: both(ours), lambda: both(theirs)


def noise(shape: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(device)


def measure(device: torch.device) -> None:
    where = torch.cuda.get_device_name() if device.type == "cuda" else "one thread of the processor"
    print(f"{where}, torch {torch.__version__}, {ROUNDS} rounds")
    print(f"{'operation':<28}{'':20}{'ours':>10}{'PyTorch':>10}{'ratio':>8}{'range':>14}")
    for make in (convolutions, poolings, causal_convolutions, attentions):
        for name, what, ours, theirs in make(device):
            times = in_turns({"ours": ours, "theirs": theirs}, ROUNDS, device)
            ratio = spread([own / other for own, other in zip(*times.values(), strict=True)])
            own, other = (f"{1000 * spread(found)['median']:.3g} ms" for found in times.values())
            span = f"{ratio['lowest']:.2f}-{ratio['highest']:.2f}"
            print(f"{name:<28}{what:<20}{own:>10}{other:>10}{ratio['median']:>8.2f}{span:>14}")


def main() -> None:
    # The same precision for both, whatever a GPU would rather do.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    measure(torch.device("cpu"))
    if torch.cuda.is_available():
        measure(torch.device("cuda"))


if __name__ == "__main__":
    main()
