"""What all workers share: imported once, in the process that they are forked from."""

from __future__ import annotations

# Before anything imports nbformat.
from cnncourse.classroom.quick_start import skip_slow_imports

skip_slow_imports()

import torch  # noqa: E402

from cnncourse.judge.resident import RESIDENT  # noqa: E402
from cnncourse.kernels.fork_server import Zygote  # noqa: E402


def get_ready(zygote: Zygote | None) -> None:
    """Make this process one that grades, with kernels from a zygote that others use too."""
    # The kernels do the work; a worker's own threads would only keep them from it.
    torch.set_num_threads(1)
    RESIDENT.lent = zygote
