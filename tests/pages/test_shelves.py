"""The table of fields in two tabs: what each of them keeps, and what it shows then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from pages.parts import shelves
from pages.parts.queries import Current
from pages.parts.queries import workspace as opened_workspace
from pages.parts.session import Session
from segmentation.catalogue import FieldEdit, Kind
from segmentation.clock import Clock
from segmentation.engine import Engine
from tests.segmentation.audiences import write_audience


class Tab:
    """One browser tab at the table of fields, without a browser: its session and the cells its table holds."""

    def __init__(self, current: Current) -> None:
        self.current, self.session, self.held, self.key = current, Session(), {}, ""

    def _here(self) -> None:
        st.session_state.clear()
        st.session_state["handpick"] = self.session
        if self.key:
            st.session_state[self.key] = {"edited_rows": self.held}

    def draw(self) -> list[str]:
        """Draw the table; the labels as they are seen."""
        self._here()
        edits = opened_workspace().field_edits("shop")
        catalogue = self.current.engine.audience.catalogue.edited(edits)
        rows: list[dict[str, Any]] = [{"label": f.label, "hidden": f.hidden} for f in catalogue.fields]
        key = shelves._key_of_table(rows)
        self.key, self.held = key, self.held if key == self.key else {}
        return [self.held.get(place, {}).get("label", row["label"]) for place, row in enumerate(rows)]

    def edit(self, row: int, **cells: Any) -> None:
        """Change cells of a row."""
        self.held = self.held | {row: self.held.get(row, {}) | cells}
        self._here()
        shelves._store(self.key, self.current, ("age", "city"))


@pytest.fixture
def tabs(workspace: Path, tmp_path: Path) -> Iterator[tuple[Tab, Tab]]:
    st.cache_resource.clear()
    audience = write_audience(tmp_path / "v000001.duckdb", {"age": Kind.NUMBER, "city": Kind.TEXT}, [{"age": 1}])
    current = Current("shop", Engine(audience), audience.catalogue, Clock(datetime(2026, 1, 1, tzinfo=UTC), "UTC"))
    found = Tab(current), Tab(current)
    for tab in found:
        tab.draw()
    yield found
    st.session_state.clear()
    st.cache_resource.clear()


def kept() -> dict[str, FieldEdit]:
    return opened_workspace().field_edits("shop")


def test_two_tabs_that_change_different_things_both_keep_them(tabs: tuple[Tab, Tab]) -> None:
    one, other = tabs
    one.edit(0, label="Years")
    other.edit(1, label="Town")
    other.edit(0, hidden=True)
    assert kept() == {"age": FieldEdit(label="Years", hidden=True), "city": FieldEdit(label="Town")}
    assert one.draw() == other.draw() == ["Years", "Town"]


def test_of_one_thing_the_last_change_counts_and_every_table_shows_it(tabs: tuple[Tab, Tab]) -> None:
    one, other = tabs
    one.edit(0, label="Years")
    assert one.draw() == ["Years", "City"]
    other.edit(0, label="Age in years")
    one.edit(1, label="Town")  # says nothing of the age any more
    assert kept()["age"].label == "Age in years"
    assert one.draw() == ["Age in years", "Town"]
    one.edit(0, label="Years")  # again, and now it is the last
    assert one.draw() == other.draw() == ["Years", "Town"]


def test_a_change_that_is_taken_back_is_kept_too(tabs: tuple[Tab, Tab]) -> None:
    one, _ = tabs
    one.edit(0, hidden=True)
    one.draw()
    one.edit(0, hidden=False)
    assert kept() == {"age": FieldEdit(hidden=False)}
