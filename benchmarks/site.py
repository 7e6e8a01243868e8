"""What a page of the built site costs its reader.

python benchmarks/site.py                 every page of _build/html
python benchmarks/site.py PAGE [PAGE...]  some, such as book/02-convolution

Each page is loaded once with an empty cache from a local server that compresses text as
GitHub Pages does, and read to its end. Blocking is the part above 50 ms of every task of the main
thread, added up; the last column is the same with the processor slowed down four times.
"""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, Page, sync_playwright

SITE = Path(__file__).parents[1] / "_build" / "html"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".ipynb")
WATCH = """
window.blocked = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.blocked += task.duration - 50;
}).observe({ type: "longtask", buffered: true });
"""
READ_TO_THE_END = """
async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 600) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 60));
  }
}
"""


class Compressing(SimpleHTTPRequestHandler):
    """Serves the site, text compressed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix in COMPRESSED:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the table clean."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The site's address while it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressing, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def blocking(page: Page, address: str) -> float:
    """Milliseconds for which the main thread was blocked while the page was loaded and read."""
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle")
    page.evaluate(READ_TO_THE_END)
    page.wait_for_load_state("networkidle")
    return page.evaluate("window.blocked")


def measure(browser: Browser, base: str, name: str) -> tuple[float, int, int, float, float]:
    """Kilobytes, requests, requests to other servers, and blocking at full and at quarter speed."""
    results = []
    for slower in (1, 4):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        sent: list[str] = []
        sizes: list[float] = []
        page.on("request", lambda request, sent=sent: sent.append(request.url))
        session.on(
            "Network.loadingFinished",
            lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]),
        )
        blocked = blocking(page, base + name)
        sent = [url for url in sent if not url.startswith(("data:", "blob:"))]
        outside = sum(not url.startswith(base) for url in sent)
        results.append((sum(sizes) / 1000, len(sent), outside, blocked))
        context.close()
    return *results[0], results[1][3]


def main(names: list[str]) -> None:
    pages = [f"{name}.html" for name in names] or sorted(
        path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")
    )
    chromium = which("chromium")
    if not pages or chromium is None:
        sys.exit("Build the site first (make course), and install chromium.")
    print(f"{'page':44} {'kB':>7} {'requests':>9} {'outside':>8} {'ms':>6} {'ms at 1/4':>10}")
    with sync_playwright() as playwright, served(SITE) as base:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in pages:
            size, requests, outside, blocked, slow = measure(browser, base, name)
            print(f"{name:44} {size:7.0f} {requests:9} {outside:8} {blocked:6.0f} {slow:10.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
