"""A small shop that pages are opened on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.importing import load, plan_files
from connectors.sources.sample import write_sample
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Match
from segmentation.jobs import Quiet
from segmentation.library import Library
from segmentation.settings import Settings
from segmentation.workspace import Workspace
from tests.pages.driver import NASTY, Open
from tests.pages.lighter import lighten

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True, scope="session")
def _lighter() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        lighten(patch)
        yield


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a small sample and one saved segment."""
    home = tmp_path_factory.mktemp("home")
    space = Workspace(home)
    space.set_settings(Settings(zone="Europe/Berlin"))
    files = write_sample(space.staging_folder(), anchor=date(2026, 6, 30), people=600, events=6000)
    plan, _ = plan_files([(path.name, path) for path in files], space, Quiet())
    audience = load(plan, "Small shop", space, Quiet())
    Library(space).save_new(
        audience,
        "Grown-ups who bought",
        Definition(
            root=Group(
                id="n1",
                children=(
                    FieldCondition(id="n2", field="age", operator="at_least", value=30),
                    Group(
                        id="n3",
                        match=Match.NONE,
                        children=(FieldCondition(id="n4", field="country", operator="is_any_of", value=("France",)),),
                    ),
                    EventCondition(id="n5", events=("purchase",)),
                ),
            )
        ),
        description=NASTY,
    )
    return home


@pytest.fixture
def app(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the app on a copy of the workspace, or on an empty one."""

    def start(empty: bool = False) -> AppTest:
        home = tmp_path / "home"
        if not empty:
            shutil.copytree(loaded, home)
        monkeypatch.setenv("HANDPICK_HOME", str(home))
        monkeypatch.chdir(ROOT)
        st.cache_resource.clear()
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        at.session_state["place"] = True  # “A folder, or a very large file” is open, as after a click
        return at.run()

    return start
