"""What several filters ask: which events, and what is taken of them."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import number
from segmentation import editing
from segmentation.catalogue import Catalogue, Kind
from segmentation.definition import Doing, EventCondition, Measure, MeasureFunction, RankCondition
from segmentation.reckoning import NEEDS_PROPERTY

MEASURES = {
    MeasureFunction.COUNT: "times",
    MeasureFunction.SUM: "total of",
    MeasureFunction.AVERAGE: "average of",
    MeasureFunction.MINIMUM: "lowest",
    MeasureFunction.MAXIMUM: "highest",
    MeasureFunction.DISTINCT: "different",
    MeasureFunction.SHARE: "share in % where …",
    MeasureFunction.DAYS_SINCE_LAST: "days since the last",
    MeasureFunction.DAYS_SINCE_FIRST: "days since the first",
}


def events_box(node: Doing, current: Current, label: str = "What they did (any of)", width: int = 250) -> None:
    """The events that count, with how many people did each."""
    labels = {event.name: event for event in current.catalogue.events}
    key = session().key(node.id, "events")
    st.multiselect(
        label,
        [*labels, *(name for name in node.events if name not in labels)],
        default=list(node.events),
        format_func=lambda name: (
            f"{labels[name].label} · {number(labels[name].people)} people" if name in labels else name
        ),
        key=key,
        label_visibility="collapsed",
        placeholder="Choose what they did",
        on_change=_store_events,
        args=(node.id, key),
        width=width,
    )


def _store_events(node_id: str, key: str) -> None:
    commands.update(node_id, events=tuple(widget(key)))


def measure_box(node: EventCondition | RankCondition, catalogue: Catalogue) -> None:
    """What is taken of the events, and of which detail."""
    function = node.measure.function
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
        width=130 if function in NEEDS_PROPERTY or function == MeasureFunction.COUNT else 190,
    )
    if function in NEEDS_PROPERTY:
        options = [
            p.name
            for p in catalogue.properties
            if function == MeasureFunction.DISTINCT or p.kind == Kind.NUMBER
            if not node.events or set(p.events) & set(node.events)
        ]
        property_box(
            options, node.measure.property, "Of which detail", session().key(node.id, "property", function), catalogue,
            _store_property, (node.id,),
        )  # fmt: skip


def property_box(options, chosen, label, key, catalogue, on_change, args) -> None:  # type: ignore[no-untyped-def]
    """One detail of events; `on_change` gets `args` and the key."""
    st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen in options else None,
        format_func=lambda name: catalogue.event_property(name).label,
        key=key,
        label_visibility="collapsed",
        placeholder="Choose a detail",
        on_change=on_change,
        args=(*args, key),
        width=170,
    )


def _store_function(node_id: str, key: str) -> None:
    function = MeasureFunction(widget(key))
    node = editing.find(session().definition, node_id)
    changes: dict[str, object] = {"measure": Measure(function=function)}
    if isinstance(node, EventCondition):
        changes |= {"comparison": "at_least", "value": 1 if function == MeasureFunction.COUNT else None}
    commands.update(node_id, **changes)


def _store_property(node_id: str, key: str) -> None:
    node = editing.find(session().definition, node_id)
    if isinstance(node, EventCondition | RankCondition):
        commands.update(node_id, measure=Measure(function=node.measure.function, property=widget(key)))
