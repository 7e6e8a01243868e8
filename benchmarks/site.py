"""What a page of the built site costs its reader.

python benchmarks/site.py                 every page of _build/html
python benchmarks/site.py PAGE [PAGE...]  some, such as book/02-convolution

Each page is loaded with an empty cache from a local server that compresses text as GitHub Pages
does, and read to its end: once on a desk, and once as a middling phone on a slow line would. Times
are milliseconds. Blocking is the part above 50 ms of every task of the main thread, added up; LCP
is when the largest thing on the first screen was painted; shift is how much of the screen moved by
itself.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from shutil import which

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from site_server import SITE, served

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
WATCH = """
window.seen = { blocked: 0, shift: 0, painted: 0 };
const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
  .observe({ type, buffered: true });
watch("longtask", (task) => { seen.blocked += task.duration - 50; });
watch("layout-shift", (shift) => { if (!shift.hadRecentInput) seen.shift += shift.value; });
watch("largest-contentful-paint", (paint) => { seen.painted = paint.startTime; });
"""
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 412, "height": 823}
ON_A_DESK = ("kB", "requests", "outside", "blocking")
ON_A_PHONE = ("blocking", "LCP", "load", "shift")
READ_TO_THE_END = """
async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 600) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 60));
  }
}
"""


@dataclass
class Cost:
    """What one page costs: kilobytes, requests, milliseconds, and a share of the screen."""

    size: float
    requests: int
    outside: int
    blocked: float
    shift: float
    painted: float
    loaded: float


def cost(browser: Browser, base: str, name: str, *, slow: bool) -> Cost:
    """Load a page with an empty cache, on a desk or as a middling phone would, and read it."""
    context = browser.new_context(viewport=PHONE if slow else DESK)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    if slow:
        slow_down(session)
    sent: list[str] = []
    sizes: list[float] = []
    page.on("request", lambda request: sent.append(request.url))
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    seen = read(page, base + name)
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    context.close()
    sent = [url for url in sent if not url.startswith(("data:", "blob:"))]
    outside = sum(not url.startswith(base) for url in sent)
    return Cost(sum(sizes) / 1000, len(sent), outside, **seen, loaded=loaded)


def slow_down(session: CDPSession) -> None:
    """A processor four times slower, 1.6 megabits a second, 150 ms to the server and back."""
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    rate = 1_600_000 / 8
    line = {"offline": False, "latency": 150, "downloadThroughput": rate, "uploadThroughput": rate}
    session.send("Network.emulateNetworkConditions", line)


def read(page: Page, address: str) -> dict[str, float]:
    """Blocking and layout shift until the page was read, and when its largest part was painted."""
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle", timeout=120_000)
    painted = page.evaluate("window.seen.painted")
    page.evaluate(READ_TO_THE_END)
    page.wait_for_load_state("networkidle")
    return {**page.evaluate("window.seen"), "painted": painted}


def main(names: list[str]) -> None:
    pages = [f"{name}.html" for name in names] or sorted(
        path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")
    )
    chromium = which("chromium")
    if not pages or chromium is None:
        sys.exit("Build the site first (make course), and install chromium.")
    print(f"{'':44} {'desk':->41} {'slow phone':->41}")
    print(f"{'page':44}", *(f"{title:>10}" for title in (*ON_A_DESK, *ON_A_PHONE)))
    with sync_playwright() as playwright, served(SITE) as base:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in pages:
            desk = cost(browser, base, name, slow=False)
            phone = cost(browser, base, name, slow=True)
            print(
                f"{name:44} {desk.size:10.0f} {desk.requests:10} {desk.outside:10} "
                f"{desk.blocked:10.0f} {phone.blocked:10.0f} {phone.painted:10.0f} "
                f"{phone.loaded:10.0f} {phone.shift:10.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
