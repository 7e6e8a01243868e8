"""What may be kept of what a cell shows: plain text and pictures, never anything that can act.

The page with it is opened by students and instructors, in a browser that may be logged in.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from cnncourse.grading.wire import clean

MOST_TEXT = 20_000
# Of all pictures of a notebook together, in letters of base64.
MOST_PICTURES = 1_500_000
MOST_OUTPUTS = 40
CUT = "\n[the rest was left out]"
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class Room:
    """What is left for the pictures of a notebook."""

    def __init__(self, letters: int = MOST_PICTURES) -> None:
        self.letters = letters

    def takes(self, text: str) -> bool:
        """Whether there is room for it; if so, it is taken."""
        if len(text) > self.letters:
            return False
        self.letters -= len(text)
        return True


class Shown:
    """Collects the outputs of one cell from the messages of a kernel."""

    def __init__(self, room: Room | None = None) -> None:
        self.room = room or Room()
        self.outputs: list[NotebookNode] = []
        self.written: dict[str, int] = {}

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Keep what is harmless in a message; leave out what is not, or too much."""
        if kind == "clear_output":
            self.outputs.clear()
        elif kind == "stream":
            name = "stderr" if content.get("name") == "stderr" else "stdout"
            self.write(name, str(content.get("text", "")))
        elif kind == "error":
            lines = content.get("traceback")
            lines = lines if isinstance(lines, list) else []
            text = "\n".join(str(line) for line in lines[:200])
            self.add(
                new_output(
                    "error",
                    ename=plain(str(content.get("ename")))[:80],
                    evalue=plain(str(content.get("evalue")))[:500],
                    traceback=plain(text).split("\n"),
                )
            )
        elif kind in ("display_data", "execute_result"):
            data = harmless(content.get("data"), self.room)
            if data:
                self.add(new_output("display_data", data=data))

    def add(self, output: NotebookNode) -> None:
        if len(self.outputs) < MOST_OUTPUTS:
            self.outputs.append(output)

    def write(self, name: str, text: str) -> None:
        """Add to a stream, up to its cap."""
        room = MOST_TEXT - self.written.get(name, 0)
        if room <= 0:
            return
        self.written[name] = self.written.get(name, 0) + len(text)
        text = plain(text[:room]) + (CUT if len(text) > room else "")
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.add(new_output("stream", name=name, text=text))


def plain(text: str) -> str:
    """Text without colours and control characters; of a line that was overwritten, its last state.

    >>> plain("\\x1b[31m10 %\\r20 %\\x1b[0m")
    '20 %'
    """
    text = COLOURS.sub("", text[:MOST_TEXT])
    return clean("\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")))


def harmless(data: Any, room: Room) -> dict[str, str]:
    """The plain text and the pictures among what is displayed."""
    if not isinstance(data, dict):
        return {}
    kept = {}
    if isinstance(data.get("text/plain"), str):
        kept["text/plain"] = plain(data["text/plain"])
    for kind, start in PICTURES.items():
        picture = data.get(kind)
        if isinstance(picture, str) and is_picture(picture, start) and room.takes(picture):
            kept[kind] = "".join(picture.split())
    return kept


def is_picture(text: str, start: bytes) -> bool:
    """Whether it is base64 of a file that begins as pictures of that kind do."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).startswith(start)
    except (binascii.Error, ValueError):
        return False
