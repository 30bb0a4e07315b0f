"""The editor of an event filter: what was done, how often, when, and which of its details count."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, line, together
from pages.parts.details import details
from pages.parts.events import events_box, measure_box
from pages.parts.inputs import chosen_number, number_field
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.when import when
from pages.parts.words import number
from segmentation import editing
from segmentation.definition import EventCondition, MeasureFunction, Which
from segmentation.errors import HandpickError
from segmentation.operators import COMPARISONS, Shape

WHICH = {
    Which.ALL: "any time they did it",
    Which.FIRST: "only the first time ever",
    Which.LAST: "only the latest time",
}
WHICH_HELP = (
    "“Only the first time ever” looks at the very first event of a customer, and then asks whether it fits "
    "what stands under When and Where; “only the latest time” looks at the last one."
)
THRESHOLDS = (1, 2, 3, 5, 10, 20)


def event_editor(node: EventCondition, current: Current) -> None:
    """What was done, how often, when, and which of its details count."""
    with line("What", WHICH_HELP):
        events_box(node, current)
        choose_one("Which of them", WHICH, node.which, session().key(node.id, "which"), commands.take, node.id, "which")
    with line("How much"):
        measure_box(node, current.catalogue)
        _comparison(node)
    _sizes(node, current)
    when(node, current)
    details(node, current)


def _sizes(node: EventCondition, current: Current) -> None:
    """How many people there are at other numbers, so that she need not try them one by one."""
    place = st.empty()  # always there, so that nothing below moves when the numbers come
    if node.measure.function != MeasureFunction.COUNT or node.comparison not in ("at_least", "exactly", "more_than"):
        return
    try:
        sizes = current.engine.sizes(node, THRESHOLDS, current.clock, current.catalogue, kept=current.large)
    except HandpickError:
        return
    if sizes:
        told = " · ".join(f"{times}+:\u00a0{number(count)}" for times, count in sizes.items() if count)
        with place.container(), line(""):
            st.caption(f"People by how often: {told}" if told else "Nobody did it.")


def _comparison(node: EventCondition) -> None:
    function = node.measure.function
    labels = {
        row.name: "never (did not)" if row.only_count else row.label
        for row in COMPARISONS.values()
        if function == MeasureFunction.COUNT or not row.only_count
    }
    key = session().key(node.id, "comparison", function)
    choose_one("How often", labels, node.comparison, key, _store_comparison, node.id)
    comparison = COMPARISONS.get(node.comparison)
    whole = function in (MeasureFunction.COUNT, MeasureFunction.DISTINCT)
    base = session().key(node.id, "value", node.comparison, function)
    if comparison is not None and comparison.shape == Shape.NUMBER:
        number_field("Number", node.value, base, _store_value, (node.id, base), whole=whole)
    elif comparison is not None and comparison.shape == Shape.NUMBERS:
        low, high = _ends(node)
        with together():
            number_field("From", low, f"{base}/low", _store_values, (node.id, base), whole=whole)
            st.markdown("and", width="content")
            number_field("To", high, f"{base}/high", _store_values, (node.id, base), whole=whole)


def _ends(node: EventCondition) -> tuple[int | float | None, int | float | None]:
    return (node.value[0], node.value[1]) if isinstance(node.value, tuple) and len(node.value) == 2 else (None, None)


def _find(node_id: str) -> EventCondition | None:
    node = editing.find(session().definition, node_id)
    return node if isinstance(node, EventCondition) else None


def _store_comparison(node_id: str, key: str) -> None:
    comparison, node = COMPARISONS[widget(key)], _find(node_id)
    if node is None:
        return
    value = node.value
    if comparison.shape == Shape.NUMBERS:
        value = value if isinstance(value, tuple) else (value, None)
    elif comparison.shape == Shape.NUMBER:
        value = _ends(node)[0] if isinstance(value, tuple) else value
        value = 1 if value is None and node.measure.function == MeasureFunction.COUNT else value
    commands.update(node_id, comparison=comparison.name, value=value)


def _store_value(node_id: str, base: str) -> None:
    if (node := _find(node_id)) is not None:
        commands.update(node_id, value=chosen_number(base, node.value))


def _store_values(node_id: str, base: str) -> None:
    if (node := _find(node_id)) is not None:
        low, high = _ends(node)
        commands.update(node_id, value=(chosen_number(f"{base}/low", low), chosen_number(f"{base}/high", high)))
