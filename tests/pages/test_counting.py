"""A count that takes long does not hold the page up."""

import threading
from typing import Any

import pytest
import streamlit as st

from pages.parts import counting, queries
from segmentation.engine import Engine
from segmentation.jobs import State
from tests.pages.driver import Open, button, opened, total, words


def test_the_page_is_there_while_it_counts_and_a_change_ends_the_count(
    app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(app)
    whole = total(at)
    monkeypatch.setattr(queries, "BESIDE", 0)
    monkeypatch.setattr(counting, "PATIENCE", 0.05)
    look, counts = Engine._look, threading.Event()

    def slowly(self: Engine, *asked: Any) -> Any:
        counts.wait(20)
        return look(self, *asked)

    monkeypatch.setattr(Engine, "_look", slowly)
    st.cache_resource.clear()  # a new engine, which knows nothing yet
    at.run()
    assert not at.exception, at.exception
    assert at.metric[0].value == "…", words(at)
    assert "Counting for" in words(at)
    assert "not counted" not in words(at)
    first = at.session_state["handpick"].counting.job
    assert first.state is State.RUNNING
    button(at, "Add a group")
    second = at.session_state["handpick"].counting.job
    assert second is not first, "another definition is another count"
    counts.set()
    first.wait(20)
    second.wait(20)
    assert first.state is State.CANCELLED
    at.run()
    assert (total(at), at.session_state["handpick"].counting.job.state) == (whole, State.DONE)
