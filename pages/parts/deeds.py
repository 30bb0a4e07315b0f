"""The editor of an event condition: what was done, how often, when, and which of its details count."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.details import details
from pages.parts.operand import chosen_period, day_field, number_field, period_fields
from pages.parts.queries import Current
from pages.parts.session import forget, session, widget
from pages.parts.words import clock, number, plain
from segmentation import editing
from segmentation.catalogue import Catalogue
from segmentation.definition import (
    Before,
    BetweenDays,
    EventCondition,
    Ever,
    Last,
    Measure,
    MeasureFunction,
    Period,
    Unit,
    Window,
)
from segmentation.operators import COMPARISONS, Comparison, Shape

MEASURES = {
    MeasureFunction.COUNT: "times",
    MeasureFunction.SUM: "total of",
    MeasureFunction.AVERAGE: "average of",
    MeasureFunction.MINIMUM: "lowest",
    MeasureFunction.MAXIMUM: "highest",
    MeasureFunction.DISTINCT: "different",
}
WINDOWS: dict[str, tuple[str, Window]] = {
    "ever": ("at any time", Ever()),
    "last": ("in the last …", Last(period=Period(amount=30))),
    "before": ("more than … ago", Before(period=Period(amount=30))),
    "between_days": ("between two days", BetweenDays()),
}


def event_editor(node: EventCondition, current: Current) -> None:
    """What was done, how often, when, and which of its details count."""
    labels = {event.name: event for event in current.catalogue.events}
    key = session().key(node.id, "events")
    names = [*labels, *(name for name in node.events if name not in labels)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.multiselect(
            "What they did (any of)",
            names,
            default=list(node.events),
            format_func=lambda name: (
                f"{labels[name].label} · {number(labels[name].people)} people" if name in labels else name
            ),
            key=key,
            label_visibility="collapsed",
            placeholder="Choose what they did",
            on_change=_store_events,
            args=(node.id, key),
            width=250,
        )
        _measure(node, current.catalogue)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _window(node, current)
    details(node, current)


def _store_events(node_id: str, key: str) -> None:
    commands.update(node_id, events=tuple(widget(key)))


def _comparison_label(comparison: Comparison) -> str:
    return {"never": "never (did not)"}.get(comparison.name, comparison.label)


def _measure(node: EventCondition, catalogue: Catalogue) -> None:
    function = node.measure.function
    details = [
        p
        for p in catalogue.properties
        if function == MeasureFunction.DISTINCT or p.kind == "number"
        if not node.events or set(p.events) & set(node.events)
    ]
    key = session().key(node.id, "function")
    st.selectbox(
        "What is counted",
        list(MEASURES),
        index=list(MEASURES).index(function),
        format_func=lambda name: MEASURES[name],
        key=key,
        label_visibility="collapsed",
        on_change=_store_function,
        args=(node.id, key),
        width=110,
    )
    if function != MeasureFunction.COUNT:
        key = session().key(node.id, "property", function)
        options = [p.name for p in details]
        st.selectbox(
            "Of which detail",
            options,
            index=options.index(node.measure.property) if node.measure.property in options else None,
            format_func=lambda name: catalogue.event_property(name).label,
            key=key,
            label_visibility="collapsed",
            placeholder="Choose a detail",
            on_change=_store_property,
            args=(node.id, key),
            width=170,
        )
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


def _store_function(node_id: str, key: str) -> None:
    function = MeasureFunction(widget(key))
    counts = function == MeasureFunction.COUNT
    commands.update(node_id, measure=Measure(function=function), comparison="at_least", value=1 if counts else None)


def _store_property(node_id: str, key: str) -> None:
    node = editing.find(session().definition, node_id)
    if isinstance(node, EventCondition):
        commands.update(node_id, measure=Measure(function=node.measure.function, property=widget(key)))


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


def _window(node: EventCondition, current: Current) -> None:
    key = session().key(node.id, "window")
    st.selectbox(
        "When",
        list(WINDOWS),
        index=list(WINDOWS).index(node.window.type),
        format_func=lambda name: WINDOWS[name][0],
        key=key,
        label_visibility="collapsed",
        on_change=_store_window,
        args=(node.id, key),
        width=190,
    )
    base = session().key(node.id, "window", node.window.type)
    match node.window:
        case Last(period=period) | Before(period=period):
            period_fields(period, base, tuple(Unit), _store_period, (node.id, base))
            since = current.clock.shifted(period, -1)
            word = "since" if isinstance(node.window, Last) else "before"
            st.caption(f"{word} {clock(current.local(since))} ({plain(current.clock.zone)})", width="content")
        case BetweenDays(first=first, last=last):
            args = (node.id, f"{base}/first", f"{base}/last")
            day_field("First day", first, f"{base}/first", _store_days, args)
            st.markdown("and", width="content")
            day_field("Last day", last, f"{base}/last", _store_days, args)
            st.caption(f"both days whole ({plain(current.clock.zone)})", width="content")


def _store_window(node_id: str, key: str) -> None:
    commands.update(node_id, window=WINDOWS[widget(key)][1])
    forget(f"{node_id}/window/", but=key)


def _store_period(node_id: str, base: str) -> None:
    node = editing.find(session().definition, node_id)
    period = chosen_period(base)
    if isinstance(node, EventCondition) and isinstance(node.window, Last | Before) and period is not None:
        commands.update(node_id, window=node.window.model_copy(update={"period": period}))


def _store_days(node_id: str, first: str, last: str) -> None:
    commands.update(node_id, window=BetweenDays(first=widget(first), last=widget(last)))
