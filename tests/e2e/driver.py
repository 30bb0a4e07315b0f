"""Handpick as a marketer uses it: verbs on a real page. Every verb waits for what it shows, never for time."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

import duckdb
from playwright.sync_api import Error, Locator, Page, expect

from tests.warm import Warm

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000

_ROLES = "button|checkbox|combobox|link|menuitem|option|radio|searchbox|slider|spinbutton|switch|tab|textbox"
_NAMELESS = re.compile(rf"^ *- (?:{_ROLES})(?: \[[^\]]*\])*(?::.*)?$", re.MULTILINE)
_ESCAPED = re.compile(rf"^ *- '?(?:{_ROLES}|radiogroup|group|region) \".*(?:\\\\|&#).*$", re.MULTILINE)
"""Controls without a name, or with the signs that markdown is escaped by."""

_LISTEN = """(() => {
  if (window.askedAt !== undefined) return;  // a window of several stories is told once for each
  window.askedAt = window.answeredAt = 0;
  const finished = bytes => {  // whether the message's field 6, the run's end, is there
    let at = 0;
    const number = () => {
      let value = 0, scale = 1, byte;
      do { byte = bytes[at++]; value += (byte & 127) * scale; scale *= 128; } while (byte & 128);
      return value;
    };
    while (at < bytes.length) {
      const tag = number();
      if (tag >> 3 === 6) return true;
      const value = number();
      if ((tag & 7) === 2) at += value;
    }
    return false;
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', event => {
        if (event.data instanceof ArrayBuffer && finished(new Uint8Array(event.data))) window.answeredAt = performance.now();
      });
    }
    send(data) {
      if (data[0] === 90) window.askedAt = performance.now();  // field 11, a run; a file's address is asked by another
      super.send(data);
    }
  };
})();"""
"""When the page last asked the server for something, and when it was last told that a run has ended."""
MOST_ANSWERED = 3_000
"""Milliseconds after which what the page has asked for is no run."""

_QUIET = """([quiet, most]) => new Promise(done => {
  const app = document.querySelector('[data-testid=stApp]');
  let since = performance.now(), looks = 0;
  const look = () => {
    const asked = window.askedAt > window.answeredAt && performance.now() - window.askedAt < most;
    const state = app ? app.getAttribute('data-test-script-state') : 'running';
    const waits = asked || state !== 'notRunning' || document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
      || [...document.querySelectorAll('button')].some(button => button.textContent === 'Stop');
    looks = waits ? 0 : looks + 1;
    if (waits) since = performance.now();
    performance.now() - since > quiet && looks > 3 ? done(true) : setTimeout(look, 25);
  };
  look();
})"""
"""The script has not been running for a moment, in which the page had its turns, and nothing can be stopped: a click's rerun has begun and ended."""
_IN_VIEW = """box => {
  const { top, bottom } = box.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  box.scrollIntoView({ block: 'center', behavior: 'instant' });
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
"""The page has been scrolled to a select box, and its list will stay open: it closes when the page is scrolled."""
_OPTION = "[role=option]"
_REACHED = "option => document.activeElement.getAttribute('aria-activedescendant') === option.id"
"""The option is the one that Enter takes."""


Begun = subprocess.Popen[bytes] | Warm
Begin = Callable[[list[str], dict[str, str], Path], Begun]
"""Start the app with these options and variables, what it says at the end of this file."""


def anew(options: list[str], environment: dict[str, str], log: Path) -> Begun:
    """Start it as a person does: a new Python, which loads everything first."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), *options],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def warm(options: list[str], environment: dict[str, str], log: Path) -> Begun:
    """Start it with its code loaded already."""
    return Warm(options, environment, out=log, err=log)


class App:
    """One running app with a workspace folder of its own; `restart` keeps the folder."""

    def __init__(self, home: Path, begin: Begin = anew) -> None:
        self.home = home
        self.begin = begin
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.port = _free_port()
        environment = {**os.environ, "HANDPICK_HOME": str(self.home)}
        self.process = self.begin(["--port", str(self.port)], environment, self.home / "app.log")
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"The app did not start:\n{(self.home / 'app.log').read_text()}") from None
                time.sleep(0.05)

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)

    def restart(self) -> None:
        """A new process over the same workspace."""
        self.stop()
        self.start()


_PORTS: list[int] = []
"""Taken before, so that a browser finds what it has kept of the app."""


def _free_port() -> int:
    """A port below those that systems give to outgoing connections, which may take one between the look and the start."""
    candidates = chain(_PORTS, iter(lambda: random.randrange(10_000, 32_000), None))
    port = next(port for port in candidates if not _answers(port))
    if port not in _PORTS:
        _PORTS.append(port)
    return port


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def ask(home: Path, question: str) -> int:
    """A number asked of the audience loaded last in plain SQL, past all of Handpick: tables `people` and `events`, key `_row`."""
    newest = max((home / "audiences").glob("*/v*.duckdb"), key=lambda path: path.stat().st_mtime)
    with duckdb.connect(str(newest), read_only=True) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


class Handpick:
    """The marketer at the page; screenshots go to `shots` when it is given."""

    def __init__(self, page: Page, app: App, shots: Path | None) -> None:
        self.page = page
        self.app = app
        self.shots = shots
        page.add_init_script(_LISTEN)
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)

    def open(self, path: str = "") -> None:
        """Open the app's page of this address."""
        self.page.goto(f"{self.app.url}/{path}")
        self.settled()

    def settled(self, quiet: int = 100) -> None:
        """Wait until the script has run and everything is found and drawn: nothing happens for `quiet` ms."""
        self.page.wait_for_function(_QUIET, arg=[quiet, MOST_ANSWERED])

    def go(self, title: str) -> None:
        """Go to a page by the menu."""
        links = self.page.get_by_test_id("stTopNavLink").filter(has_text=title)
        links.first.click()
        self.settled()

    def look(self, name: str) -> None:
        """Look at what is on screen: every control has a name that a screen reader can say. A picture is taken where wanted."""
        self.settled()
        tree = self.page.locator("body").aria_snapshot()
        wrong = [*_NAMELESS.findall(tree), *_ESCAPED.findall(tree)]
        assert not wrong, f"{name}: {wrong}\n{tree}"
        self.picture(name)

    def picture(self, name: str) -> None:
        """Pictures of the whole page, 1280 and 800 pixels wide, where they are wanted."""
        if self.shots is None:
            return
        self.shots.mkdir(parents=True, exist_ok=True)
        for width in (1280, 800):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_timeout(400)
            height = self.page.evaluate(
                "() => Math.max(900, ...[...document.querySelectorAll('[data-testid=stMain]')].map(e => e.scrollHeight)) + 60"
            )
            self.page.set_viewport_size({"width": width, "height": min(int(height), 3000)})
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=self.shots / f"{name}-{width}.png")
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def click(self, name: str | re.Pattern[str], exact: bool = False) -> None:
        """Click the button of this name."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settled()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """This text is on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def does_not_see(self, text: str | re.Pattern[str]) -> None:
        """This text is not on the page."""
        expect(self.page.get_by_text(text)).to_have_count(0)

    def field(self, label: str | re.Pattern[str]) -> Locator:
        """The input with this label."""
        labelled = self.page.get_by_label(label, exact=isinstance(label, str))
        return labelled.and_(self.page.locator("input, textarea")).first

    def choose(self, label: str | re.Pattern[str], option: str) -> None:
        """Pick an option of a select box by typing and clicking; an exact name goes before one that begins so."""
        options = self.page.locator(_OPTION)
        exact = options.filter(has_text=re.compile(rf"^\s*{re.escape(option)}( ·.*)?\s*$"))
        box = self.page.get_by_role("combobox", name=label).first
        self._pick(box, option, options.filter(has_text=option), exact)

    def _pick(self, box: Locator, text: str, options: Locator, better: Locator) -> None:
        """Type into a select box and take an option; once more where the box was drawn anew in that moment, which closes its list.

        Typing opens the list as a click does, but a click draws all options first, an eighth of what a choice costs. Enter takes
        the option that the box has come to; the mouse draws what it passes over, a fifth more of a choice.
        """
        # In a dialog it is clicked, for where no list is left open, Escape closes the dialog.
        clicks = self.page.get_by_role("dialog").count() > 0
        for _ in range(6):
            box.evaluate(_IN_VIEW)
            if clicks:
                box.click()
            clicks = True
            box.fill(text)
            with suppress(AssertionError, Error):
                expect(options.first).to_be_visible(timeout=PATIENCE / 6)
                best = (better if better.count() else options).first
                if best.evaluate(_REACHED, timeout=PATIENCE / 6):
                    self.page.keyboard.press("Enter")
                else:
                    best.click(timeout=PATIENCE / 6)
                self.settled()
                return
            self.page.keyboard.press("Escape")
            self.settled()
        raise AssertionError(f"“{text}” is not offered.")

    def pick(self, label: str | re.Pattern[str], options: Sequence[str]) -> None:
        """Pick several options of a multiselect."""
        for option in options:
            self.choose(label, option)
        self.page.keyboard.press("Escape")
        self.settled()

    def enter(self, label: str | re.Pattern[str], value: str) -> None:
        """Type into an input and leave it."""
        box = self.field(label)
        box.fill(value)
        box.press("Enter")
        self.settled()

    def enter_day(self, label: str, day: str) -> None:
        """Type a day, given as 2024-04-03, into a day input and leave it."""
        year = self.page.get_by_role("spinbutton", name=re.compile(f"^year, {label}")).first
        year.click()
        self.page.keyboard.type(day.replace("-", ""), delay=20)
        self.page.keyboard.press("Escape")  # the calendar closes
        self.settled()

    def switch(self, label: str | re.Pattern[str]) -> None:
        """Turn a switch or a check box the other way."""
        self.page.get_by_role("switch", name=label).or_(self.page.get_by_role("checkbox", name=label)).first.press(
            "Space"
        )
        self.settled()

    def menu(self, button: str | re.Pattern[str], choice: str) -> None:
        """Open a menu and choose from it."""
        self.page.get_by_role("button", name=button, exact=isinstance(button, str)).first.click()
        self.page.get_by_role("menuitem", name=choice, exact=True).click()
        self.settled()

    def expand(self, title: str | re.Pattern[str]) -> None:
        """Open what is folded away."""
        self.page.get_by_test_id("stExpander").get_by_text(title).first.click()
        self.settled()

    # The builder

    def add(self, field: str, to: str = "the segment") -> None:
        """Add a filter, which opens."""
        self.choose(f"Add a filter to {to}", field)

    def add_event_detail(self, detail: str) -> None:
        """Narrow the open event down by one of its details."""
        self.choose("Narrow down by a detail", detail)

    def compare(self, comparison: str) -> None:
        """Choose the last comparison on the page: that of the open filter or of its last detail."""
        option = self.page.locator(_OPTION).filter(has_text=re.compile(rf"^\s*{re.escape(comparison)}\s*$"))
        self._pick(self.page.get_by_role("combobox", name="Comparison").last, comparison, option, option)

    def match(self, group: str, how: str) -> None:
        """Say how the filters of a group combine."""
        self.page.get_by_role("radiogroup", name=f"of {group} combine").get_by_text(how, exact=True).click()
        self.settled()

    def row(self, sentence: str | re.Pattern[str]) -> Locator:
        """The closed filter that reads so."""
        return self.page.get_by_role("button", name=sentence).first

    def total(self) -> int:
        """The big number."""
        self.settled()
        return int(self.page.get_by_test_id("stMetricValue").first.inner_text().replace(",", ""))

    def expect_total(self, count: int) -> None:
        """The big number is this."""
        expect(self.page.get_by_test_id("stMetricValue").first).to_have_text(f"{count:,}")

    def save(self, name: str, description: str = "", tags: Sequence[str] = ()) -> None:
        """Save the segment on the Build page under a name."""
        self.click("Save", exact=True)
        dialog = self.page.get_by_role("dialog")
        self.enter("Name", name)
        for tag in tags:
            box = dialog.get_by_role("combobox", name="Tags")
            box.fill(tag)
            box.press("Enter")
            self.settled()
            self.page.keyboard.press("Tab")
        if description:
            self.enter_text("Description", description)
        self.look("saving")
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog).to_have_count(0)
        message = self.page.get_by_test_id("stToast").filter(has_text=f"Saved “{name}”.").first
        assert message.evaluate("shown => shown.getBoundingClientRect().top > innerHeight / 2"), (
            "It lies on what is clicked."
        )
        self.settled()

    def enter_text(self, label: str, value: str) -> None:
        """Type into an input of several lines and leave it."""
        self.field(label).fill(value)
        self.page.keyboard.press("Tab")
        self.settled()

    def card(self, name: str) -> Locator:
        """The card of a saved segment, on the Segments page."""
        blocks = self.page.locator("[data-testid=stVerticalBlock], [data-testid=stHorizontalBlock]")
        named = blocks.filter(has=self.page.get_by_text(name, exact=True))
        return named.filter(has=self.page.get_by_text(re.compile(r"saved (just now|\d+ \w+ ago)$"))).last

    def press(self, card: Locator, button: str) -> None:
        """Click a button of a card."""
        card.get_by_role("button", name=button, exact=True).click()
        self.settled()

    # Tables, files

    def cells(self, table: str | re.Pattern[str], until: Callable[[list[list[str]]], bool] = bool) -> list[list[str]]:
        """The cells of a table that are in view, once `until` holds for them; a table is drawn a moment after its data came."""
        found = self.page.get_by_test_id("stDataFrame").filter(has=self.page.get_by_role("region", name=table)).first
        found.scroll_into_view_if_needed()
        end = time.monotonic() + PATIENCE / 1000
        while True:
            rows: list[list[str]] = found.evaluate(
                "table => [...table.querySelectorAll('canvas tbody tr')]"
                ".map(row => [...row.querySelectorAll('td')].map(cell => cell.innerText))"
            )
            if until(rows):
                return rows
            assert time.monotonic() < end, f"The table “{table}” stays like this: {rows[:5]}"
            self.page.wait_for_timeout(50)

    def edit(self, table: str | re.Pattern[str], row: str, column: str, value: str) -> None:
        """Change a cell of a table by keyboard: in the row that has the text `row` in a cell, under the header `column`."""
        found = self.page.get_by_test_id("stDataFrame").filter(has=self.page.get_by_role("region", name=table)).first
        rows = self.cells(table, until=lambda rows: any(row in cells for cells in rows))
        headers = found.locator("canvas thead th").all_inner_texts()
        found.get_by_test_id("data-grid-canvas").focus()
        keys = self.page.keyboard
        keys.press("Control+Home")
        for _ in range(headers.index(column)):
            keys.press("ArrowRight")
        for _ in range(next(place for place, cells in enumerate(rows) if row in cells)):
            keys.press("ArrowDown")
        keys.press("Enter")
        expect(self.page.locator("#portal input, #portal textarea").first).to_be_focused()
        keys.press("Control+A")
        keys.type(value)
        self.page.wait_for_timeout(100)  # an Enter sooner than any hand's shows the edit, but does not send it
        keys.press("Enter")
        self.settled(quiet=400)  # a table tells what was changed in it only after a while

    def upload(self, *files: Path) -> None:
        """Drop files on the Data page and read them: either the plan to confirm or a problem is on the page afterwards."""
        self.choose_files(*files)
        self.read_files()

    def choose_files(self, *files: Path) -> None:
        """Put files into the box."""
        box = self.page.locator("input[type=file]").first
        box.set_input_files([str(file) for file in files])
        expect(self.page.get_by_role("button", name=re.compile(r"^Read \d+ file"))).to_be_enabled()
        self.settled()

    def read_files(self) -> None:
        """Have the chosen files read."""
        self.click(re.compile(r"^Read \d+ file"))
        expect(
            self.page.get_by_role("button", name="Load", exact=True).or_(self.page.get_by_role("alert")).first
        ).to_be_visible()
        self.settled()

    def load(self, name: str | None = None) -> None:
        """Load what was recognised; its card is on the page afterwards."""
        if name is not None:
            self.enter("Name of this audience", name)
        self.click("Load", exact=True)
        self.sees("Your audiences")
        self.settled()

    def download(self, name: str | re.Pattern[str], into: Path) -> Path:
        """Click a download button and keep the file."""
        with self.page.expect_download() as waited:
            self.page.get_by_role("button", name=name).first.click()
        path = into / waited.value.suggested_filename
        waited.value.save_as(path)
        return path
