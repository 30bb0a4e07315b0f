"""Click to painted number, in Chromium: the builder with N conditions against a page with one select box and one number.

    uv run python benchmarks/clicking.py [--conditions 15] [--clicks 40] [--rounds 3]
    uv run python benchmarks/clicking.py --millions 10      # over the audience of benchmarks/crowd.py instead of the sample shop

Both pages are clicked in turn in the same run; a click picks the other option of a select box, and the time runs from the
pointer event until the frame after the number's text has changed. Prints median and 95th percentile in ms and the ratios of each
round, and the medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import FOLDER, crowd  # noqa: E402
from connectors.importing import load_sample  # noqa: E402
from run import find_chromium  # noqa: E402
from segmentation.definition import (  # noqa: E402
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Match,
    Node,
    Period,
)
from segmentation.jobs import Quiet  # noqa: E402
from segmentation.library import Library  # noqa: E402
from segmentation.workspace import Workspace  # noqa: E402
from tests.e2e.driver import ARGUMENTS, App, Handpick  # noqa: E402

FLOOR = """import streamlit as st
choice = st.selectbox("How often", ["at least", "more than"])
st.metric("People", {"at least": 1, "more than": 2}[choice])
"""
WATCH = """() => {
  const number = document.querySelector('[data-testid=stMetricValue]');
  window.painted = new Promise(done => {
    let start = null;
    document.addEventListener('pointerup', event => { start = start ?? performance.now(); }, {capture: true, once: true});
    const before = number.innerText;
    const observer = new MutationObserver(() => {
      const now = document.querySelector('[data-testid=stMetricValue]');
      if (start !== null && now && now.innerText !== before) {
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0));
      }
    });
    observer.observe(document.body, {childList: true, subtree: true, characterData: true});
  });
}"""


def tree(conditions: int) -> Definition:
    """A nested tree with this many conditions, fields and events mixed; its first is the one that is edited."""
    edited = EventCondition(id="edited", events=("page_view",), comparison="at_least", value=4)
    others: list[Node] = []
    for i in range(conditions - 1):
        shape = i % 5
        if shape == 0:
            others.append(FieldCondition(field="age", operator="between", value=(18 + i, 80)))
        elif shape == 1:
            others.append(
                FieldCondition(field="country", operator="is_none_of", value=("France",), exact_case=bool(i % 2))
            )
        elif shape == 2:
            others.append(
                EventCondition(events=("email_opened",), value=1 + i // 5, window=Last(period=Period(amount=700 - i)))
            )
        elif shape == 3:
            others.append(FieldCondition(field="interests", operator="has_any_of", value=("running", "cooking")))
        else:
            others.append(FieldCondition(field="income", operator="at_least", value=10_000 + 100 * i))
    third = max(len(others) // 3, 1)
    return Definition(
        root=Group(
            id="n1",
            match=Match.ALL,
            children=(
                edited,
                Group(id="g1", match=Match.ANY, children=tuple(others[:third])),
                Group(id="g2", match=Match.ANY, children=tuple(others[third : 2 * third])),
                Group(id="g3", match=Match.ANY, children=tuple(others[2 * third :])),
            ),
        )
    )


def linked(millions: float, space: Workspace) -> str:
    """The crowd as an audience of the workspace, without a copy; returns its id."""
    path = crowd(millions)
    folder = space.audience_folder("crowd")
    os.link(path, folder / path.name)
    return folder.name


def click(page: Page, option: str) -> float:
    """Pick an option of “How often”; milliseconds from the click to the painted number."""
    page.get_by_role("combobox", name="How often").click()
    choice = page.get_by_role("option", name=option, exact=True)
    choice.wait_for()
    page.evaluate(WATCH)
    choice.click()
    return float(page.evaluate("() => window.painted"))


def floor(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the page with one select box and one number."""
    script = folder / "one_number.py"
    script.write_text(FLOOR)
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)],
        cwd=ROOT,  # the same settings and theme
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
            return process
        except OSError:
            time.sleep(0.1)


def quantiles(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conditions", type=int, default=15)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--millions", type=float, default=0)
    parser.add_argument(
        "--settle", type=int, default=40, help="seconds of loading before the first click, with --millions"
    )
    options = parser.parse_args()
    chromium = find_chromium(sys.executable)
    with (
        tempfile.TemporaryDirectory(dir=FOLDER if options.millions else None) as folder,
        sync_playwright() as playwright,
    ):
        home = Path(folder)
        space = Workspace(home)
        audience = (
            linked(options.millions, space)
            if options.millions
            else load_sample(datetime.now(UTC).date(), space, Quiet())
        )
        Library(space).save_new(audience, "Benchmark", tree(options.conditions))
        app = App(home)
        simple = floor(home, app.port + 1 if app.port < 65_000 else app.port - 1)
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            marketer = Handpick(page, app, None)
            marketer.open("segments")
            marketer.click("Open", exact=True)
            page.get_by_role("button", name=re.compile("(Viewed a page|Page view)")).first.click()
            marketer.settled()
            if options.millions:  # everything in use is loaded beside the page
                page.wait_for_timeout(1_000 * options.settle)
            bare = browser.new_page(viewport={"width": 1280, "height": 1000})
            bare.goto(f"http://127.0.0.1:{simple.args[-1]}")  # type: ignore[index]
            bare.get_by_test_id("stMetricValue").wait_for()
            ours: list[float] = []
            theirs: list[float] = []
            for i in range(options.rounds * options.clicks + 4):
                option = ("more than", "at least")[i % 2]
                page.bring_to_front()
                one = click(page, option)
                bare.bring_to_front()
                two = click(bare, option)
                if i >= 4:
                    ours.append(one)
                    theirs.append(two)
        finally:
            browser.close()
            app.stop()
            simple.terminate()
    ratios: list[tuple[float, float]] = []
    for begin in range(0, len(ours), options.clicks):
        (p50, p95), (f50, f95) = (quantiles(times[begin : begin + options.clicks]) for times in (ours, theirs))
        ratios.append((p50 / f50, p95 / f95))
        print(
            f"{options.conditions} conditions: p50 {p50:.0f} ms, p95 {p95:.0f} ms; one select box and one number: "
            f"p50 {f50:.0f} ms, p95 {f95:.0f} ms; ratios: p50 {p50 / f50:.2f}, p95 {p95 / f95:.2f}"
        )
    middle, late = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(
        f"median ratios of {options.rounds} rounds of {options.clicks} clicks: p50 {middle:.2f}, p95 {late:.2f} (bars: 1.6 and 2.2 with 15 conditions, 2.3 and 3 with 45)"
    )


if __name__ == "__main__":
    main()
