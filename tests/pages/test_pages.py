"""Whole pages without a browser: what they say with and without data, and that all of them show one number."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from segmentation.catalogue import FieldEdit
from segmentation.definition import Match
from segmentation.settings import Settings
from segmentation.workspace import Workspace
from tests.pages.driver import NASTY, Open, button, go, opened, total, words


@pytest.mark.parametrize("page", ["fields", "segments", "build", "people", "insights", "export"])
def test_without_customers_a_page_says_how_to_get_them(app: Open, page: str) -> None:
    at = go(app(empty=True), page)
    assert at.subheader[0].value == "No customers yet"


def test_the_first_page_offers_every_way_in(app: Open) -> None:
    at = app(empty=True)
    assert at.title[0].value == "Pick customers by hand"
    labels = [b.label for b in at.button]
    assert labels == ["Try with sample data", "Read the files", "Read it", "Connect …", "Begin a live audience"]


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
