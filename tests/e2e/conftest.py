"""A running app and a browser for every story."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fasteners import InterProcessLock
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from connectors.importing import SAMPLE_NAME, load, plan_files
from connectors.sources.sample import write_sample
from segmentation.jobs import Quiet
from segmentation.workspace import Workspace
from tests.e2e.driver import ARGUMENTS, App, Handpick, warm

FRUGAL = [
    "--js-flags=--single-threaded --no-opt --min-semi-space-size=64 --max-semi-space-size=128",
    "--num-raster-threads=1",
]
"""A story is too short for what JavaScript wins by being compiled again and again: without it the browser works a fifth less."""


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, once for all stories of a worker."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *FRUGAL])
        yield opened
        opened.close()


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a story failed, for a last picture of its page."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """What the browser keeps from story to story: Streamlit's scripts, which take a second to load and compile.

    Where nobody looks, it paints a sixteenth of the dots: the page is laid out as always, and drawing it costs next to nothing.
    """
    opened = browser.new_context(
        viewport={"width": 1280, "height": 900},
        device_scale_factor=1 if os.environ.get("HANDPICK_SHOTS") else 0.25,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    yield opened
    opened.close()


@contextmanager
def _at_the_page(profile: BrowserContext, app: App, story: pytest.Item) -> Iterator[Handpick]:
    """A browser window that remembers nothing of another story; HANDPICK_SHOTS names a folder for screenshots.

    It is that of the story before, emptied: a new one has a process of its own, which compiles all of Streamlit's scripts again.
    """
    shots = os.environ.get("HANDPICK_SHOTS")
    window = profile.pages[0] if profile.pages else profile.new_page()
    handpick = Handpick(window, app, Path(shots) / story.name if shots else None)
    try:
        yield handpick
        if story.stash.get(_FAILED, False):
            handpick.picture("failed")
            print((app.home / "app.log").read_text()[-5000:])
    finally:
        for page in profile.pages[0 if story.stash.get(_FAILED, False) else 1 :]:
            page.close()
        _forget(profile, app)


def _forget(profile: BrowserContext, app: App) -> None:
    """Leave the app and keep nothing of it but its scripts."""
    for window in profile.pages or [profile.new_page()]:
        window.evaluate("() => location.protocol === 'http:' && sessionStorage.clear()")
        window.goto("about:blank")
        window.mouse.move(0, 0)
        session = profile.new_cdp_session(window)
        session.send("Storage.clearDataForOrigin", {"origin": app.url, "storageTypes": "cookies,local_storage"})
        session.detach()


@pytest.fixture
def marketer(profile: BrowserContext, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Handpick]:
    """A marketer with an empty workspace in front of the app."""
    home = tmp_path / "home"
    home.mkdir()
    app = App(home, warm)
    try:
        with _at_the_page(profile, app, request.node) as handpick:
            yield handpick
    finally:
        app.stop()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace folder with a fifth of the sample data, loaded once for all workers; copy it, do not change it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home, whole = folder / "prepared", folder / "prepared-whole"
    with InterProcessLock(folder / "prepared-lock"):
        if not whole.exists():
            home.mkdir(exist_ok=True)
            yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
            files = write_sample(folder / "prepared-files", anchor=yesterday, people=4_000, events=60_000)
            plan, _ = plan_files([(path.name, path) for path in files], Workspace(home), Quiet())
            load(plan, SAMPLE_NAME, Workspace(home), Quiet())
            whole.touch()
    return home


@pytest.fixture(scope="module")
def shop(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app over the sample data, once for the stories of a file."""
    home = tmp_path_factory.mktemp("shop") / "home"
    shutil.copytree(prepared, home)
    app = App(home, warm)
    yield app
    app.stop()


@pytest.fixture
def shopkeeper(profile: BrowserContext, shop: App, request: pytest.FixtureRequest) -> Iterator[Handpick]:
    """A marketer with the sample data in a new window; what earlier stories of the file saved is there."""
    with _at_the_page(profile, shop, request.node) as handpick:
        yield handpick
