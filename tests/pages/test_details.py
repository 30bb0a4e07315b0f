"""Groups inside an event's details: added, matched, nested and removed on the page."""

from __future__ import annotations

from html import unescape

from streamlit.testing.v1 import AppTest

from pages.parts.session import Session
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Match
from segmentation.library import Library
from segmentation.workspace import Workspace
from tests.pages.driver import Open, button, go, opened, total, words


def where(at: AppTest) -> Group:
    session: Session = at.session_state["handpick"]
    event = next(node for node in session.definition.root.children if isinstance(node, EventCondition))
    assert event.where is not None
    return event.where


def shape(group: Group) -> list[object]:
    """The group's match and what is in it: names of details, and groups likewise."""
    inside = [
        shape(c) if isinstance(c, Group) else c.field for c in group.children if not isinstance(c, EventCondition)
    ]
    return [group.match.value, *inside]


def pick(at: AppTest, label: str, option: object) -> AppTest:
    next(s for s in at.selectbox if s.label == label).set_value(option).run()
    assert not at.exception
    return at


def values(at: AppTest, label: str, *chosen: str) -> AppTest:
    """Choose values in the last open list of this name."""
    [m for m in at.multiselect if m.label == label][-1].set_value(list(chosen)).run()
    assert not at.exception
    return at


def bought(app: Open) -> AppTest:
    """The event of the saved segment, open, with one detail."""
    at = button(opened(app), "Purchased")
    pick(at, "Narrow down by a detail", "category")
    return values(at, "Values of Category", "Shoes")


def test_groups_of_details_nest_and_say_so_in_words(app: Open) -> None:
    at = bought(app)
    alone = total(at)
    button(at, "A group of details")
    assert shape(where(at)) == ["all", "category", ["any"]]
    assert "Empty. Not counted yet." in words(at)
    assert total(at) == alone  # an empty group lets nobody in or out
    pick(at, "Add a detail to group 2", "product")
    pick(at, "Add a detail to group 2", "amount")
    assert shape(where(at)) == ["all", "category", ["any", "product", "amount"]]
    button(at, "A group of details")
    assert shape(where(at)) == ["all", "category", ["any", "product", "amount", ["all"]]]
    pick(at, "Add a detail to group 2.3", "quantity")
    pick(at, "How the details of group 2.3 combine", Match.NONE)
    pick(at, "How the details combine", Match.ANY)
    assert shape(where(at)) == ["any", "category", ["any", "product", "amount", ["none", "quantity"]]]


def test_a_group_of_details_counts(app: Open) -> None:
    at = bought(app)
    shoes = total(at)
    button(at, "A group of details")
    pick(at, "Add a detail to group 2", "category")
    values(at, "Values of Category", "Shoes")
    assert total(at) == shoes
    pick(at, "How the details of group 2 combine", Match.NONE)
    assert total(at) == 0
    pick(at, "How the details combine", Match.ANY)
    everything = total(at)
    button(at, "Done")
    said = unescape(" ".join(b.label for b in at.button))
    assert "Purchased where (category is “Shoes” or not (category is “Shoes”))" in said
    button(at, "Purchased")
    button(at, "Remove group 2 of details")
    assert shape(where(at)) == ["any", "category"]
    assert total(at) == shoes
    assert everything >= shoes


def test_a_detail_deep_inside_is_removed_and_comes_back_with_undo(app: Open) -> None:
    at = bought(app)
    button(at, "A group of details")
    pick(at, "Add a detail to group 2", "amount")
    rows = [b for b in at.button if b.label == "Remove this detail"]
    rows[-1].click().run()
    assert shape(where(at)) == ["all", "category", ["any"]]
    button(at, "Undo")
    assert shape(where(at)) == ["all", "category", ["any", "amount"]]


def test_an_empty_group_of_details_holds_up_saving(app: Open) -> None:
    at = button(bought(app), "A group of details")
    button(at, "Save")
    assert "Filter 3, group of details 2: It is empty" in words(at)


def test_what_a_file_says_inside_an_event_is_shown_to_be_changed(app: Open) -> None:
    at = app()
    space = Workspace.default()
    (entry,) = space.audiences()
    inner = Group(match=Match.NONE, children=(FieldCondition(field="category", operator="is", value="Shoes"),))
    nested = Group(
        match=Match.ANY, children=(inner, FieldCondition(field="amount", operator="at_least", value=9, enabled=False))
    )
    event = EventCondition(events=("purchase",), where=Group(children=(nested, EventCondition(events=("purchase",)))))
    Library(space).save_new(entry.id, "From a file", Definition(root=Group(children=(event,))))
    go(button(go(at, "segments"), "Open"), "build")
    next(b for b in at.button if b.key and b.key.startswith("sentence/")).click().run()
    assert not at.exception
    labels = {s.label for s in at.selectbox}
    assert {
        "How the details combine",
        "How the details of group 1 combine",
        "How the details of group 1.1 combine",
    } <= labels
    assert "An event cannot stand inside another event: remove it." in words(at)
    assert "turned off" in words(at)
    button(at, "Turn on")
    assert "turned off" not in words(at)
    assert not at.exception


def test_details_twelve_groups_deep_are_drawn(app: Open) -> None:
    at = app()
    space = Workspace.default()
    (entry,) = space.audiences()
    deep = Group(children=(FieldCondition(field="amount", operator="at_least", value=9),))
    for _ in range(11):
        deep = Group(match=Match.ANY, children=(deep,))
    event = EventCondition(events=("purchase",), where=deep)
    Library(space).save_new(entry.id, "Deep", Definition(root=Group(children=(event,))))
    go(button(go(at, "segments"), "Open"), "build")
    next(b for b in at.button if b.key and b.key.startswith("sentence/")).click().run()
    assert f"How the details of group {'.'.join('1' * 11)} combine" in {s.label for s in at.selectbox}
