"""A running app and a browser for every story."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.driver import ARGUMENTS, App, Handpick


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, once for all stories of a worker."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def marketer(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Handpick]:
    """A marketer with an empty workspace in front of the app; HANDPICK_SHOTS names a folder for screenshots."""
    home = tmp_path / "home"
    home.mkdir()
    app = App(home)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    shots = os.environ.get("HANDPICK_SHOTS")
    try:
        yield Handpick(page, app, Path(shots) / request.node.name if shots else None)
    finally:
        context.close()
        app.stop()
