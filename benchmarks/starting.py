"""App start to first page drawn, in Chromium: Handpick, empty and with an audience, against a page with one number.

    uv run python benchmarks/starting.py [--runs 5] [--uncompiled]

The three are started in turn in the same run, each with a browser window of its own; the time runs from starting the process
until the first page's content is visible and the script has ended. `--uncompiled` hides all bytecode from Python, as after an
installation that has compiled none (with PYTHONDONTWRITEBYTECODE set, as in many containers, it is then compiled at every start).
Prints medians in seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.clicking import floor  # noqa: E402
from connectors.importing import load_sample  # noqa: E402
from run import find_chromium  # noqa: E402
from segmentation.jobs import Quiet  # noqa: E402
from segmentation.workspace import Workspace  # noqa: E402
from tests.e2e.driver import ARGUMENTS, App, _free_port  # noqa: E402


def drawn(page: Page) -> None:
    """Wait until the script has ended and its page stands."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def empty(browser: Browser, home: Path) -> float:
    """Seconds to the Data page of an empty workspace."""
    return handpick(browser, home, lambda page: page.get_by_role("button", name="Try with sample data").wait_for())


def audience(browser: Browser, home: Path) -> float:
    """Seconds to the Data page with a loaded audience's card."""
    return handpick(browser, home, lambda page: page.get_by_role("link", name="Build a segment").wait_for())


def handpick(browser: Browser, home: Path, ready: Callable[[Page], None]) -> float:
    """Seconds to the first page."""
    began = time.perf_counter()
    app = App(home)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(app.url)
        ready(page)
        drawn(page)
        return time.perf_counter() - began
    finally:
        page.close()
        app.stop()


def one_number(browser: Browser, home: Path) -> float:
    """Seconds to a page with one select box and one number."""
    port = _free_port()
    began = time.perf_counter()
    process = floor(home, port)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(f"http://127.0.0.1:{port}")
        page.get_by_test_id("stMetricValue").wait_for()
        drawn(page)
        return time.perf_counter() - began
    finally:
        page.close()
        process.kill()
        process.wait()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--uncompiled", action="store_true")
    options = parser.parse_args()
    chromium = find_chromium(sys.executable)
    measured: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        if options.uncompiled:
            os.environ.update(PYTHONPYCACHEPREFIX=f"{folder}/none", PYTHONDONTWRITEBYTECODE="1")
        homes = {measure: Path(folder, measure.__name__) for measure in (empty, audience, one_number)}
        for home in homes.values():
            home.mkdir()
        load_sample(datetime.now(UTC).date(), Workspace(homes[audience]), Quiet())
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for _ in range(options.runs):
            for measure, home in homes.items():
                measured.setdefault(measure.__name__, []).append(measure(browser, home))
        browser.close()
    for name, seconds in measured.items():
        print(f"{name}: median {statistics.median(seconds):.2f} s of {[round(s, 2) for s in sorted(seconds)]}")


if __name__ == "__main__":
    main()
