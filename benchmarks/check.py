"""How long one check takes: right answers, and wrong ones that are recognised.

Run it with `python benchmarks/check.py`; it prints one table. What the book shows is measured by
the same code: `cnncourse experiment check_times` records it.
"""

from __future__ import annotations

from cnncourse.experiments.check_times import run, table
from cnncourse.training import best_device


def main() -> None:
    device = best_device()
    print(f"On {device}.\n\n{table(run(device, quick=False))}")


if __name__ == "__main__":
    main()
