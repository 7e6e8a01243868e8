"""Sounds on a page: what is in the file, and what the player says."""

from __future__ import annotations

import io
import wave

import numpy as np

from cnncourse.sounds import player, wav


def test_file_holds_the_samples_as_loud_as_fits():
    samples = [0.0, 0.1, -0.2, 0.05]
    with wave.open(io.BytesIO(wav(samples, 8000))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8000, 1, 4)
        values = np.frombuffer(file.readframes(4), "<i2")
    np.testing.assert_allclose(values / 32767, np.array(samples) / 0.2, atol=1e-4)


def test_silence_stays_silent():
    with wave.open(io.BytesIO(wav([0.0, 0.0], 8000))) as file:
        assert not any(file.readframes(2))


def test_player_loads_nothing_and_has_a_name():
    page = player([0.0, 1.0], 8000, 'A "click" & nothing else').data
    assert 'src="data:audio/wav;base64,' in page
    assert "http" not in page
    assert page.count("A &quot;click&quot; &amp; nothing else") == 2
