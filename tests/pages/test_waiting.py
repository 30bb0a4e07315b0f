"""A receipt that takes long shows how far it is, can be stopped, and is asked again only where something else is asked."""

import threading
from typing import Any

import pytest
import streamlit as st

from connectors.destinations import files, gate
from pages.parts import queries, waiting
from segmentation.jobs import State
from tests.pages.driver import Open, button, go, opened, words


def test_a_receipt_that_takes_long_can_be_stopped_and_asked_again(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(app)
    monkeypatch.setattr(queries, "BESIDE", 0)
    monkeypatch.setattr(waiting, "PATIENCE", 0.05)
    goes_on = threading.Event()

    def slowly(*asked: Any) -> gate.Admission:
        *_, progress, _ = asked
        while not goes_on.wait(0.01):
            progress("Checking addresses and consent", 0.3)
        return gate.admit(*asked)

    monkeypatch.setattr(files, "admit", slowly)
    st.cache_resource.clear()  # a new engine, which takes the audience for a large one
    go(at, "export")
    _, job_id = at.session_state["handpick"].asked["receipt"]
    assert "In the segment" not in words(at)
    button(at, "Stop")
    job = waiting.jobs().get(job_id)
    assert job is not None
    job.wait(20)
    at.run()
    assert job.state is State.CANCELLED
    assert "Checking addresses and consent was stopped." in words(at)
    goes_on.set()
    monkeypatch.setattr(waiting, "PATIENCE", 20)
    button(at, "Try again")
    assert "In the segment" in words(at)
    _, known = at.session_state["handpick"].asked["receipt"]
    at.run()
    assert at.session_state["handpick"].asked["receipt"][1] == known
    at.toggle(key="export-address").set_value(False).run()
    assert at.session_state["handpick"].asked["receipt"][1] != known
    assert waiting.jobs().get(known) is None, "what nobody asks any more is not kept"


def test_values_that_take_long_are_looked_up_beside_the_page(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(app)
    monkeypatch.setattr(queries, "BESIDE", 0)
    monkeypatch.setattr(waiting, "PATIENCE", 0.05)
    goes_on = threading.Event()
    quick = queries.field_values

    def slowly(*asked: Any, progress: Any, **more: Any) -> Any:
        while not goes_on.wait(0.01):
            progress("Looking")
        return quick(*asked, progress=progress, **more)

    monkeypatch.setattr(queries, "field_values", slowly)
    st.cache_resource.clear()
    button(at, "Country")
    place, (_, job_id) = next(
        item for item in at.session_state["handpick"].asked.items() if item[0].startswith("values-")
    )
    [box] = [box for box in at.multiselect if box.label == "Values of Country"]
    assert set(box.options) <= {"France"}, "what is chosen stays"
    button(at, "Stop")
    job = waiting.jobs().get(job_id)
    assert job is not None
    job.wait(20)
    at.run()
    assert job.state is State.CANCELLED
    assert "Looking up the values of Country was stopped." in words(at)
    goes_on.set()
    monkeypatch.setattr(waiting, "PATIENCE", 20)
    button(at, "Try again")
    [box] = [box for box in at.multiselect if box.label == "Values of Country"]
    assert len(box.options) > 3
    assert at.session_state["handpick"].asked[place][1] != job_id
