"""Real kernels, confined by all layers of this machine or by fewer of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from nbformat import NotebookNode

from cnncourse.judge.client import Client
from cnncourse.kernels.host import KernelHost
from cnncourse.kernels.running import RunningKernel
from cnncourse.sandbox.layers import Layers, Limits

SECONDS = 60
LIMITS = Limits(memory=700 << 20, processes=64, file=8 << 20, folder=32 << 20)


@dataclass
class Session:
    """A kernel with a client that talks to it."""

    kernel: RunningKernel
    client: Client

    def run(self, source: str, seconds: float = SECONDS) -> list[NotebookNode]:
        """The outputs of a cell."""
        return self.client.run(source, seconds)[0].outputs

    def value(self, source: str) -> str:
        """What an expression shows, or the error's name."""
        # Libraries may warn that they have to do without something.
        [output] = [one for one in self.run(source) if one.get("name") != "stderr"]
        if output.output_type == "error":
            return output.ename
        return output.data["text/plain"] if "data" in output else output.text


def full_layers() -> Layers:
    with KernelHost(sandbox="none", warm=False) as host:
        return host.zygote().layers


@pytest.fixture(scope="session")
def layers() -> Layers:
    """Everything that this machine has."""
    return full_layers()


WAYS: dict[str, Callable[[Layers], Layers]] = {
    "everything": lambda layers: layers,
    # As in a plain container: no namespaces, no control groups, no other user.
    "plain container": lambda layers: replace(
        layers, namespaces=False, user=False, own_user=False, cgroup=""
    ),
}


@pytest.fixture(scope="module", params=WAYS)
def host(request: pytest.FixtureRequest, layers: Layers) -> Iterator[KernelHost]:
    """Starts kernels, with all layers or with those that every container has."""
    with KernelHost(limits=LIMITS, layers=WAYS[request.param](layers)) as running:
        yield running


@pytest.fixture
def session(host: KernelHost) -> Iterator[Session]:
    """A kernel of its own for each test."""
    kernel = host.start()
    with Client(kernel) as client:
        client.wait_until_heard()
        yield Session(kernel, client)
    kernel.kill()
