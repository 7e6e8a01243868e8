"""Sounds that a page plays by itself: small, and inside of the page."""

from __future__ import annotations

import base64
import html
import io
import wave

import numpy as np
from IPython.display import HTML
from numpy.typing import ArrayLike


def wav(samples: ArrayLike, rate: int) -> bytes:
    """Samples (T,) as a WAV file of 16 bits, as loud as fits.

    >>> wav([0.0, 0.5, -0.25], rate=8000)[-6:] == np.array([0, 32767, -16384], "<i2").tobytes()
    True
    """
    values = np.asarray(samples, dtype=np.float64)
    loud = values / (np.abs(values).max(initial=0.0) or 1.0)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(np.round(32767 * loud).astype("<i2").tobytes())
    return file.getvalue()


def player(samples: ArrayLike, rate: int, words: str) -> HTML:
    """Samples (T,) with buttons to play them; `words` say what one hears."""
    data = base64.b64encode(wav(samples, rate)).decode()
    text = html.escape(words)
    return HTML(
        f'<figure style="margin: 0"><figcaption style="color: inherit">{text}</figcaption>'
        f'<audio controls preload="metadata" aria-label="{text}" '
        f'src="data:audio/wav;base64,{data}"></audio></figure>'
    )
