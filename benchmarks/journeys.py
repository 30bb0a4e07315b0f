"""What a marketer waits for: the app's start to its first page, and from dropping a file to its first count.

    uv run python benchmarks/journeys.py FILE [--runs 3]

FILE is any table of events or customers, e.g. the Online Retail CSV (541,909 rows). Prints medians in seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from run import find_chromium  # noqa: E402
from tests.e2e.driver import ARGUMENTS, App, Handpick  # noqa: E402


def journey(browser: Browser, file: Path) -> tuple[float, float, int]:
    """Seconds to the first page, seconds from drop to first count, and the count; in an empty workspace."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        app = App(Path(home))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        try:
            marketer = Handpick(page, app, None)
            page.goto(app.url)
            page.get_by_role("button", name="Try with sample data").wait_for()
            started = time.perf_counter() - began
            marketer.settled()
            dropped = time.perf_counter()
            page.locator("input[type=file]").first.set_input_files(file)
            read = page.get_by_role("button", name="Read 1 file")
            read.wait_for()
            read.click()
            load = page.get_by_role("button", name="Load", exact=True)
            load.wait_for()
            load.click()
            page.get_by_role("link", name="Build a segment").click()
            number = page.get_by_test_id("stMetricValue").first
            number.wait_for()
            counted = time.perf_counter() - dropped
            return started, counted, int(number.inner_text().replace(",", ""))
        finally:
            page.close()
            app.stop()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    chromium = find_chromium(sys.executable)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        runs = [journey(browser, options.file) for _ in range(options.runs)]
        browser.close()
    started, counted, people = zip(*runs, strict=True)
    print(f"start to first page: median {statistics.median(started):.1f} s of {[round(s, 1) for s in started]}")
    print(
        f"drop to first count ({people[0]:,} people): median {statistics.median(counted):.1f} s of {[round(s, 1) for s in counted]}"
    )


if __name__ == "__main__":
    main()
