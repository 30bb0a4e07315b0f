"""Settings and fixtures that every test folder shares."""

import gc
import importlib
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none

from run import find_chromium

ROOT = Path(__file__).resolve().parent.parent
NO_BROWSER = os.environ.get("HANDPICK_NO_BROWSER") == "1"

# A shared machine makes single examples slow by chance: pytest's own timeout guards the whole test instead.
settings.register_profile("default", deadline=None, max_examples=40, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.register_profile("steady", deadline=None, max_examples=25, derandomize=True)  # always the same ones
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# While modules are imported next to nothing becomes garbage, and looking for it took a third of the time.
gc.disable()

# What pytest makes of a test's asserts takes four seconds of each worker, unless it is kept, whatever the environment says.
sys.dont_write_bytecode = False


LONGEST = ("tests/e2e", "tests/oracle", "tests/agreement", "tests/test_reference_counts.py", "tests/pages")


def pytest_collection(session: pytest.Session) -> None:
    """Let each worker begin with other files when all are to run, so that it finds what the others made of theirs."""
    if session.config.args_source is pytest.Config.ArgsSource.TESTPATHS and (
        workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    ):
        own = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))[own :: int(workers)]:
            with suppress(Exception, pytest.skip.Exception):  # collecting imports it again, and tells
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests, and leave them out where HANDPICK_NO_BROWSER=1 says so; the longest files go first."""
    for item in items:
        if _turn(item.path) == LONGEST.index("tests/e2e"):
            item.add_marker("e2e")
        if NO_BROWSER and item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.skip(reason="HANDPICK_NO_BROWSER=1 leaves out the browser tests"))
    items.sort(key=lambda item: _turn(item.path))


@cache
def _turn(path: Path) -> int:
    """When a file's tests have their turn, so that all workers end at the same time."""
    return next((turn for turn, long in enumerate(LONGEST) if path.is_relative_to(ROOT / long)), len(LONGEST))


def pytest_collection_finish() -> None:
    """What is imported and collected stays: looking through it for garbage took a tenth of all processor time."""
    _first_property()  # at its first one Hypothesis looks for garbage, which takes a second when more is there
    gc.freeze()
    gc.set_threshold(1_000_000, 10, 50)
    gc.enable()


@settings(max_examples=1, database=None)
@given(none())
def _first_property(_: None) -> None:
    pass


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the project; a test that needs it is skipped where it is not."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not here: the real data sets are not part of the project")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is Handpick's home for one test."""
    monkeypatch.setenv("HANDPICK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of the browser, for Playwright's `executable_path`; without one the test fails, and says why."""
    found = find_chromium(sys.executable)
    if not found:
        pytest.fail(
            "There is no Chromium: run 'python run.py test', set CHROMIUM to its program, or HANDPICK_NO_BROWSER=1"
        )
    return found
