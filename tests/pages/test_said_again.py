"""A browser that says a choice again, as its clock may while the page with the choice is on its way, chooses nothing twice."""

from streamlit.testing.v1 import AppTest

from tests.pages.driver import Open, button, go


def again(at: AppTest, label: str, value: object) -> AppTest:
    """Choose in a box, and say the same once more after the page was drawn anew."""
    next(box for box in at.selectbox if box.label.startswith(label)).set_value(value)
    said = at._tree.get_widget_states()
    return at._run(said)._run(said)


def test_a_filter_is_added_once(app: Open) -> None:
    at = again(go(app(), "build"), "Add a filter", ("event", "purchase"))
    [event] = at.session_state["handpick"].definition.root.children
    at = again(at, "Narrow down by a detail", "amount")
    [event] = at.session_state["handpick"].definition.root.children
    assert len(event.where.children) == 1


def test_what_was_removed_can_be_added_again(app: Open) -> None:
    at = go(app(), "build")
    for _ in range(2):
        at = button(again(at, "Add a filter", ("event", "purchase")), "Remove")
        assert not at.session_state["handpick"].definition.root.children
    at = again(at, "Add a filter", ("event", "purchase"))
    assert len(at.session_state["handpick"].definition.root.children) == 1
