"""“Why they are in”: each filter of the segment with whether it holds for the person looked at."""

from __future__ import annotations

from html import unescape

from streamlit.testing.v1 import AppTest

from pages.parts.session import Session
from segmentation import editing
from segmentation.definition import FieldCondition
from tests.pages.driver import Open, go, opened

SPACE = "&nbsp;" * 6


def reasons(at: AppTest) -> list[str]:
    """The lines about the first person of the People page."""
    go(at, "people")
    at.session_state["people-one"] = True
    at.run()
    assert not at.exception
    found = [m.value for m in at.markdown if "material/check:" in m.value]
    return [unescape(line.replace(SPACE, "> ")) for line in found[0].split("  \n")] if found else []


def test_each_filter_has_a_check_or_a_cross(app: Open) -> None:
    lines = reasons(opened(app))
    assert len(lines) == 5
    assert "check" in lines[0]
    assert "All of these hold" in lines[0]
    assert lines[1].startswith("> ")
    assert "check" in lines[1]
    assert "Age is at least 30" in lines[1]
    assert "check" in lines[2]
    assert "None of these holds" in lines[2]
    assert lines[3].startswith("> > ")
    assert "close" in lines[3]
    assert "Country is “France”" in lines[3]
    assert "check" in lines[4]
    assert "Purchased" in lines[4]


def test_a_filter_that_does_not_count_says_so(app: Open) -> None:
    at = opened(app)
    state: Session = at.session_state["handpick"]
    changed = editing.update(state.definition, "n2", enabled=False)
    state.change(editing.add(changed, "n1", FieldCondition(field="city"))[0])
    lines = reasons(at)
    assert "turned off" in lines[1]
    assert "remove" in lines[1]
    assert "not counted" in lines[5]


def test_without_a_filter_there_is_nothing_to_say(app: Open) -> None:
    assert reasons(app()) == []
