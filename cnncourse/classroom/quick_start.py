"""What makes processes that only grade start faster."""

from __future__ import annotations

import sys

# A grammar of web addresses, built when nbformat is imported, for a check that no notebook's
# schema asks for. It takes most of a second, in every process.
UNNEEDED = ("rfc3987_syntax",)


def skip_slow_imports() -> None:
    """Have optional imports fail at once that cost much and are not used here."""
    for name in UNNEEDED:
        sys.modules.setdefault(name, None)
