"""Cuts the finished site down to what its pages use: icons, fonts, style rules, files.

The theme ships two thousand icons, as fonts and once more as a script. The script is not loaded
(see templates/static/webpack-macros.html); of the fonts only the icons in use stay.
"""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from sphinx.errors import ExtensionError

from . import fonts, styles
from .formulas import VENDOR

# From the theme itself: what lies in the site may have been cut by an earlier build.
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
ICON_FONTS = "vendor/fontawesome/webfonts"
SHEET = "styles/pydata-sphinx-theme.css"
UNUSED = ("*macros.html", "scripts/fontawesome.js*", "**/*.map", "vendor/**/*.ttf")
ICON = re.compile(r'(?P<names>(?:\.fa-[a-z0-9-]+:before,?)+)\{content:"[^"]+"\}')
TRUETYPE = re.compile(r',url\([^)]+\.ttf\) format\("truetype"\)')
PRIVATE = re.compile(r"\\([ef][0-9a-f]{3})|([\ue000-\uf8ff])")


def trim(site: Path) -> None:
    """Drop what no page uses. ExtensionError if the theme's files are not as expected."""
    static = site / "_static"
    for pattern in UNUSED:
        for path in static.glob(pattern):
            path.unlink()
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    text = "".join(pages)
    for image in (site / "_images").glob("*"):
        if image.name not in text:  # from an earlier build
            image.unlink()
    scripts = [path.read_text(encoding="utf-8") for path in static.rglob("*.js")]
    _trim_icons(static, text + "".join(scripts))
    signs = set[int]().union(*map(fonts.signs_of_formulas, pages))
    for font in (VENDOR / "static").rglob("*.woff2"):
        fonts.cut(font, signs, static / font.relative_to(VENDOR / "static"))
    classes = styles.classes(pages, scripts)
    for sheet in static.rglob("*.css"):
        sheet.write_text(styles.cut(sheet.read_text(encoding="utf-8"), classes), encoding="utf-8")


def _trim_icons(static: Path, text: str) -> None:
    used = set(re.findall(r"fa-[a-z0-9-]+", text))

    def keep(found: re.Match[str]) -> str:
        return found[0] if used.intersection(re.findall(r"fa-[a-z0-9-]+", found["names"])) else ""

    sheet, icons = ICON.subn(keep, (THEME / SHEET).read_text(encoding="utf-8"))
    sheet, sources = TRUETYPE.subn("", sheet)
    glyphs = {int(code, 16) if code else ord(sign) for code, sign in PRIVATE.findall(sheet)}
    if icons < 1000 or sources != 3 or not glyphs:
        raise ExtensionError(
            f"The theme's style sheet has changed: it has {icons} icons from {sources} fonts, and "
            f"{len(glyphs)} of them are in use."
        )
    (static / SHEET).write_text(sheet, encoding="utf-8")
    for font in (THEME / ICON_FONTS).glob("*.woff2"):
        fonts.cut(font, glyphs, static / ICON_FONTS / font.name)
