"""Whole pages without a browser: what they say with and without data, and that all of them show one number."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.importing import load, plan_files
from connectors.sources.sample import write_sample
from segmentation.catalogue import FieldEdit
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Match
from segmentation.jobs import Quiet
from segmentation.library import Library
from segmentation.settings import Settings
from segmentation.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]
NASTY = "**bold** $5-$10 :red[x] <b>y</b> [z](http://example.com)"


@pytest.fixture(scope="module")
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
        return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()

    return start


def go(at: AppTest, page: str) -> AppTest:
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    return at


def button(at: AppTest, label: str) -> AppTest:
    """Click the first button whose label begins so."""
    next(b for b in at.button if b.label.startswith(label)).click().run()
    assert not at.exception
    return at


def opened(app: Open) -> AppTest:
    return go(button(go(app(), "segments"), "Open"), "build")


def total(at: AppTest) -> int:
    return int(at.metric[0].value.replace(",", ""))


def words(at: AppTest) -> str:
    """All that is said, as it is read."""
    return unescape("\n".join(m.value for m in (*at.markdown, *at.caption, *at.warning, *at.info)))


@pytest.mark.parametrize("page", ["fields", "segments", "build", "people", "insights", "export"])
def test_without_customers_a_page_says_how_to_get_them(app: Open, page: str) -> None:
    at = go(app(empty=True), page)
    assert at.subheader[0].value == "No customers yet"


def test_the_first_page_offers_three_ways_in(app: Open) -> None:
    at = app(empty=True)
    assert at.title[0].value == "Pick customers by hand"
    labels = [b.label for b in at.button]
    assert labels == ["Try with sample data", "Read the files", "Connect …"]


@pytest.mark.parametrize("page", ["people", "insights", "export"])
def test_with_nothing_filtered_a_page_says_what_to_do(app: Open, page: str) -> None:
    assert "build a segment first" in words(go(app(), page))


def test_all_pages_show_the_same_number(app: Open) -> None:
    at = opened(app)
    count = total(at)
    assert 0 < count < 600
    for page in ("people", "insights", "export"):
        assert f"**{count:,}** people" in words(go(at, page))
    assert f"| In the segment | {count:,} |" in words(at)


def test_all_any_none_add_up(app: Open) -> None:
    at = opened(app)
    counts = {}
    for match in Match:
        at.segmented_control[0].set_value(match).run()
        counts[match] = total(at)
    assert counts[Match.ANY] + counts[Match.NONE] == 600
    assert counts[Match.ALL] <= counts[Match.ANY]


def test_turning_off_undo_and_redo(app: Open) -> None:
    at = opened(app)
    before = total(at)
    button(at, "Age is at least 30")
    next(m for m in at.menu_button if m.label == "Filter 1").click("toggle").run()
    without = total(at)
    assert without > before
    button(at, "Undo")
    assert total(at) == before
    button(at, "Redo")
    assert total(at) == without


def test_an_unfinished_filter_is_not_counted_and_holds_up_saving_and_export(app: Open) -> None:
    at = opened(app)
    before = total(at)
    next(s for s in at.selectbox if s.label == "Add a filter to the segment").set_value(("field", "city")).run()
    assert total(at) == before
    assert "Choose at least one value. Not counted yet." in words(at)
    button(at, "Save")
    assert "Filter 4: Choose at least one value." in words(at)
    assert "Exporting waits for these filters" in words(go(at, "export"))


def test_undo_brings_back_what_the_inputs_showed(app: Open) -> None:
    at = opened(app)
    button(at, "Age is at least 30")
    box = next(n for n in at.number_input if n.label.startswith("Number to compare"))
    box.set_value(50).run()
    button(at, "Undo")
    button(at, "Age is at least 30")
    assert next(n for n in at.number_input if n.label.startswith("Number to compare")).value == 30


def test_data_is_never_read_as_markdown(app: Open) -> None:
    at = go(app(), "segments")
    shown = next(m.value for m in at.markdown if "bold" in m.value)
    assert unescape(shown) == NASTY
    assert not set("*$[]<>`_:") & set(shown.replace("&#", ""))


def test_personal_data_is_masked_until_revealed_and_that_is_noted(app: Open) -> None:
    at = go(opened(app), "people")
    assert "•••" in at.dataframe[0].value.to_string()
    button(at, "Reveal personal data")
    assert "@example." in at.dataframe[0].value.to_string()


def test_people_export_and_charts_follow_the_zone_of_the_settings(app: Open) -> None:
    at = opened(app)
    space = Workspace.default()
    shown = {}
    for zone in ("UTC", "Asia/Tokyo"):
        space.set_settings(Settings(zone=zone))
        go(at, "people").multiselect(key="people-columns").set_value(["last_login"]).run()
        shown[zone] = at.dataframe[0].value["Last login"].dropna()
        go(at, "export")
        assert {text[-6:] for text in at.dataframe[0].value["Last login"]} == {"+00:00" if zone == "UTC" else "+09:00"}
        assert f"calendar of {zone}." in words(go(at, "insights"))
    assert set(shown["Asia/Tokyo"] - shown["UTC"]) == {timedelta(hours=9)}


def test_a_renamed_field_is_called_so_everywhere(app: Open) -> None:
    at = app()
    space = Workspace.default()
    (entry,) = space.audiences()
    space.set_field_edits(entry.id, {"age": FieldEdit(label="Years lived"), "city": FieldEdit(hidden=True)})
    go(button(go(at, "segments"), "Open"), "build")
    assert "whose years lived is at least 30" in words(at)
    offered = list(at.selectbox[0].options)
    assert "Years lived · demographic" in offered
    assert "City · geographic" not in offered
