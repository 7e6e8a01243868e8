"""What Lighthouse says of every page of the built site, as a phone gets it.

python benchmarks/lighthouse.py                   every page of _build/html, once
python benchmarks/lighthouse.py --runs 5 PAGE...  some, such as book/02-convolution, five times

The table shows the median of each score, from 0 to 100, and names each audit that was not passed in
a run. Scores for performance depend on what else the machine does; compare them only within one
table. Lighthouse comes from the npm registry, so this asks the network, and wants npx and chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from typing import Any

from site_server import SITE, served

LIGHTHOUSE = "lighthouse@12.2.3"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def report(address: str) -> dict[str, Any]:
    """One run of Lighthouse; CalledProcessError carries what it said if it failed."""
    done = subprocess.run(
        [
            *("npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json"),
            f"--only-categories={','.join(CATEGORIES)}",
            "--chrome-flags=--headless --no-sandbox --disable-gpu",
        ],
        env={**os.environ, "CHROME_PATH": shutil.which("chromium") or ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def scores(found: dict[str, Any]) -> list[float]:
    """From 0 to 100, in the order of CATEGORIES."""
    return [100 * (found["categories"][name]["score"] or 0) for name in CATEGORIES]


def failures(found: dict[str, Any]) -> list[str]:
    """Audits that count for a score other than performance, and were not passed."""
    counted = {
        audit["id"]
        for name in CATEGORIES[1:]
        for audit in found["categories"][name]["auditRefs"]
        if audit["weight"]
    }
    audits = (found["audits"][name] for name in sorted(counted))
    return [audit["id"] for audit in audits if audit["score"] not in (None, 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args()
    if not (shutil.which("npx") and shutil.which("chromium") and SITE.exists()):
        sys.exit("Install npx (Node.js) and chromium, and build the site first (make course).")
    pages = [f"{name}.html" for name in chosen.pages] or sorted(
        path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")
    )
    print(f"{'page':44}", *(f"{name:>15}" for name in CATEGORIES))
    with served(SITE) as base:
        for page in pages:
            reports = [report(base + page) for _ in range(chosen.runs)]
            medians = map(statistics.median, zip(*map(scores, reports), strict=True))
            failed = Counter(name for found in reports for name in failures(found))
            print(f"{page:44}", *(f"{score:15.0f}" for score in medians), *failed, flush=True)


if __name__ == "__main__":
    main()
