"""Chromium prints a page of the built site, and says where its headings are."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Browser
from pypdf import PdfReader

from .contents import Chapter, Heading

# Links inside the course go here until the pages are bound, and nobody ever asks for it.
INSIDE = "https://course.invalid/"
SHEET = {"width": 672, "height": 980}  # A4 without its margins, at 96 pixels an inch
# What comes late on the screen is wanted at once.
LOAD = """async () => {
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode()));
  await document.fonts.ready;
}"""
# Chromium notes where an anchor is only if a link on the page leads there.
PREPARE = """([site, inside, pages]) => {
  const article = document.querySelector("article");
  const published = document.querySelector("link[rel=canonical]").href;
  const here = location.href.slice(site.length).replace(/\\.html.*$/, "");
  const base = published.slice(0, published.length - `${here}.html`.length);
  for (const link of article.querySelectorAll("a[href]")) {
    // In a picture, an address is no text: so it is read and written as what stands there.
    const address = new URL(link.getAttribute("href"), location.href).href;
    if (!address.startsWith(site)) continue;
    const path = address.slice(site.length);
    const [, page, anchor] = path.match(/^(.*?)(?:\\.html)?(#.*)?$/);
    const target = pages.includes(page) ? `${inside}${page}${anchor ?? ""}` : base + path;
    link.setAttribute("href", target);
  }
  const words = (heading) => {
    const copy = heading.cloneNode(true);
    copy.querySelectorAll(".headerlink, .katex-mathml").forEach((it) => it.remove());
    return copy.textContent.trim();
  };
  const headings = [...article.querySelectorAll("section > h1, section > h2")];
  for (const { id } of article.querySelectorAll("[id]")) {
    const link = article.appendChild(document.createElement("a"));
    link.href = `#${id}`;
    link.hidden = true;
  }
  return headings.map((it) => [it.localName, words(it), it.parentElement.id]);
}"""


def print_chapter(browser: Browser, site: Path, chapter: Chapter, pages: Collection[str]) -> None:
    """Fill in the chapter's title, sections, sheets and places. It asks no network."""
    address = f"{site.resolve().as_uri()}/"
    context = browser.new_context(viewport=SHEET, color_scheme="light", offline=True)
    page = context.new_page()
    page.goto(f"{address}{chapter.page}.html")
    page.evaluate(LOAD)
    headings = page.evaluate(PREPARE, [address, INSIDE, list(pages)])
    chapter.pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    context.close()
    (chapter.title,) = (words for level, words, _ in headings if level == "h1")
    chapter.places = places(chapter.pdf)
    chapter.sections = [
        Heading(words, anchor, *chapter.places[anchor])
        for level, words, anchor in headings
        if level == "h2"
    ]
    chapter.sheets = len(PdfReader(io.BytesIO(chapter.pdf)).pages)


def print_html(browser: Browser, text: str) -> bytes:
    """The PDF of a page that is no file."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_content(text)
    pdf = page.pdf(prefer_css_page_size=True)
    context.close()
    return pdf


def places(pdf: bytes) -> dict[str, tuple[int, float]]:
    """Sheet and height of every anchor."""
    reader = PdfReader(io.BytesIO(pdf))
    return {
        unquote(name.removeprefix("/")): (reader.get_destination_page_number(found), found.top)
        for name, found in reader.named_destinations.items()
    }
