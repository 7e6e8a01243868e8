"""What the tests of the gate share."""

from __future__ import annotations

from pathlib import Path

from cnncourse.course import find_lesson

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("02-convolution")
