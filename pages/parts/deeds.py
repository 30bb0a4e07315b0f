"""The editor of an event filter: what was done, how often, when, and which of its details count."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.details import details
from pages.parts.events import events_box, measure_box
from pages.parts.inputs import number_field
from pages.parts.queries import Current
from pages.parts.session import forget, session, widget
from pages.parts.when import when
from segmentation import editing
from segmentation.definition import EventCondition, MeasureFunction, Which
from segmentation.operators import COMPARISONS, Comparison, Shape

WHICH = {Which.ALL: "all of them", Which.FIRST: "only the first ever", Which.LAST: "only the latest"}


def event_editor(node: EventCondition, current: Current) -> None:
    """What was done, how often, when, and which of its details count."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        events_box(node, current)
        _which(node)
        measure_box(node, current.catalogue)
        _comparison(node)
    when(node, current)
    details(node, current)


def _which(node: EventCondition) -> None:
    key = session().key(node.id, "which")
    st.selectbox(
        "Which of them",
        list(WHICH),
        index=list(WHICH).index(node.which),
        format_func=lambda which: WHICH[which],
        key=key,
        label_visibility="collapsed",
        on_change=commands.take,
        args=(node.id, "which", key),
        width=170,
    )


def _comparison_label(comparison: Comparison) -> str:
    return {"never": "never (did not)"}.get(comparison.name, comparison.label)


def _comparison(node: EventCondition) -> None:
    function = node.measure.function
    rows = [row for row in COMPARISONS.values() if function == MeasureFunction.COUNT or not row.only_count]
    key = session().key(node.id, "comparison", function)
    st.selectbox(
        "How often",
        [row.name for row in rows],
        index=next((i for i, row in enumerate(rows) if row.name == node.comparison), None),
        format_func=lambda name: _comparison_label(COMPARISONS[name]),
        key=key,
        label_visibility="collapsed",
        on_change=_store_comparison,
        args=(node.id, key),
        width=140,
    )
    comparison = COMPARISONS.get(node.comparison)
    counting = function in (MeasureFunction.COUNT, MeasureFunction.DISTINCT)
    suffix = "whole" if counting else "decimal"
    base = session().key(node.id, "value", node.comparison, function)
    if comparison is not None and comparison.shape == Shape.NUMBER:
        number_field("Number", node.value, base, counting, _store_value, (node.id, f"{base}/{suffix}"))
    elif comparison is not None and comparison.shape == Shape.NUMBERS:
        low, high = node.value if isinstance(node.value, tuple) and len(node.value) == 2 else (None, None)
        args = (node.id, f"{base}/low/{suffix}", f"{base}/high/{suffix}")
        number_field("From", low, f"{base}/low", counting, _store_values, args)
        st.markdown("and", width="content")
        number_field("To", high, f"{base}/high", counting, _store_values, args)


def _store_comparison(node_id: str, key: str) -> None:
    comparison = COMPARISONS[widget(key)]
    node = editing.find(session().definition, node_id)
    value = node.value if isinstance(node, EventCondition) else None
    if comparison.shape == Shape.NUMBERS:
        value = (value if isinstance(value, int | float) else None, None)
    elif comparison.shape == Shape.NUMBER:
        value = value if isinstance(value, int | float) else 1
    commands.update(node_id, comparison=comparison.name, value=value)
    forget(f"{node_id}/value/", but=key)


def _store_value(node_id: str, key: str) -> None:
    commands.update(node_id, value=widget(key))


def _store_values(node_id: str, low: str, high: str) -> None:
    commands.update(node_id, value=(widget(low), widget(high)))
