"""The picture that stands for a page where somebody shares it.

The same page gives the same bytes, and a picture is drawn again only when its page has changed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import matplotlib
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

WIDTH, HEIGHT = 1200, 630  # what those who show previews ask for
MARGIN = 64
TEXT_WIDTH = 540
PICTURE = (670, 75, 1140, 555)  # left, top, right, bottom
EDGE = 20  # of white around it
PAPER, INK, MUTED, TEAL, LINE = "#f4f6f5", "#1f2a30", "#52606a", "#14616b", "#d5dcda"
# They come with matplotlib, so that every machine draws the same.
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
SOURCE = re.compile(r'<img [^>]*?src="(data:image/png;base64,[^"]+|[^":]+\.png)"')
COLOURS = 128


@dataclass(frozen=True)
class Card:
    """The words on a preview: a title, and a line above and below it."""

    title: str
    above: str
    below: str


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{name}.ttf", size)


def first_picture(page: Path) -> bytes | None:
    """The first figure or demo in the article of a built page; None if it has none."""
    article = page.read_text(encoding="utf-8").partition('<article class="bd-article">')[2]
    found = SOURCE.search(article)
    if found is None:
        return None
    if found[1].startswith("data:"):
        return base64.b64decode(found[1].partition(",")[2])
    return (page.parent / unquote(found[1])).read_bytes()


def wrapped(text: str, letters: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in lines of at most this many pixels, one word at least in each.

    >>> wrapped("one two three", font("DejaVuSans", 20), 100)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and letters.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw(card: Card, picture: bytes | None) -> Image.Image:
    """The words at the left, the picture on a white ground at the right."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 18, HEIGHT), fill=TEAL)
    pen.text((MARGIN, 64), card.above, font=font("DejaVuSans-Bold", 27), fill=TEAL)
    pen.text((MARGIN, HEIGHT - 90), card.below, font=font("DejaVuSans", 24), fill=MUTED)
    for size in (60, 52, 46, 40):
        letters = font("DejaVuSerif-Bold", size)
        lines = wrapped(card.title, letters, TEXT_WIDTH)
        if len(lines) * size * 1.25 < 380:
            break
    top = (HEIGHT - len(lines) * size * 1.25) / 2
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + number * size * 1.25), line, font=letters, fill=INK)
    if picture is not None:
        _place(image, picture)
    return image


def _place(image: Image.Image, picture: bytes) -> None:
    left, top, right, bottom = PICTURE
    figure = Image.open(io.BytesIO(picture)).convert("RGBA")
    scale = min((right - left) / figure.width, (bottom - top) / figure.height)
    width, height = round(figure.width * scale), round(figure.height * scale)
    figure = figure.resize((width, height), Image.Resampling.LANCZOS)
    x, y = (left + right - width) // 2, (top + bottom - height) // 2
    ground = (x - EDGE, y - EDGE, x + width + EDGE, y + height + EDGE)
    ImageDraw.Draw(image).rounded_rectangle(ground, radius=14, fill="white", outline=LINE)
    image.paste(figure, (x, y), figure)


def write(path: Path, card: Card, picture: bytes | None) -> None:
    """Write the preview, unless it is there already, made of the same things."""
    made_of = hashlib.sha256(Path(__file__).read_bytes() + (picture or b""))
    made_of.update("\n".join(astuple(card)).encode())
    digest = made_of.hexdigest()
    if path.exists():
        with Image.open(path) as image:
            if image.info.get("made-of") == digest:
                return
    path.parent.mkdir(parents=True, exist_ok=True)
    note = PngImagePlugin.PngInfo()
    note.add_text("made-of", digest)
    few = draw(card, picture).quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True, pnginfo=note)
