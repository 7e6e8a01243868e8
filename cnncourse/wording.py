"""How points and sentences are set, wherever people read them."""

from __future__ import annotations

import re
from html import escape


def number(value: float) -> str:
    """Points without needless digits: 2, 1.5, 1.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def prose(text: str) -> str:
    """Escaped, with `code` set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
