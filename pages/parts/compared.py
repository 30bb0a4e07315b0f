"""Inputs for what a field is compared with where it is no plain value: calendar and clock, another field, a language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import streamlit as st
from babel import Locale

from pages.parts import commands
from pages.parts.inputs import calendar_field, chosen_span, chosen_time, number_field, span_fields, time_field
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import plain, spoken
from segmentation import editing
from segmentation.catalogue import EventProperty, Field, Kind
from segmentation.clock import CALENDAR_UNITS
from segmentation.definition import FieldCondition, Operand, OtherField, Span, Unit
from segmentation.operands import MONTHS, WEEKDAYS
from segmentation.operators import TIME, Shape

Named = Field | EventProperty


def pair(value: Operand) -> tuple[object, object]:
    """Both ends of a range, None where they are not chosen."""
    return (value[0], value[1]) if isinstance(value, tuple) and len(value) == 2 else (None, None)


def _span(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    span = node.value if isinstance(node.value, Span) else Span(nearest=30, farthest=60)
    span_fields(span, base, CALENDAR_UNITS if named.kind == Kind.DATE else tuple(Unit), _store_span, (node.id, base))


def _store_span(node_id: str, base: str) -> None:
    commands.update(node_id, value=chosen_span(base))


def _calendar(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    calendar_field(node.value, f"{base}/calendar", current.clock, _store_one, (node.id, f"{base}/calendar"))


def _store_one(node_id: str, key: str) -> None:
    commands.update(node_id, value=widget(key))


def _times(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    start, end = pair(node.value)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, value, key in (("From", start, "start"), ("Until", end, "end")):
            if key == "end":
                st.markdown("until", width="content")
            text = value if isinstance(value, str) else None
            time_field(label, text, f"{base}/{key}", current.clock, _store_times, (node.id, base))
        st.caption(f"the end not included ({plain(current.clock.zone)})", width="content")


def _store_times(node_id: str, base: str) -> None:
    ends = (chosen_time(f"{base}/start"), chosen_time(f"{base}/end"))
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _many(node: FieldCondition, named: Named, key: str, options: dict[str, str], what: str) -> None:
    chosen = [item for item in node.value if item in options] if isinstance(node.value, tuple) else []
    st.multiselect(
        f"{what} of {spoken(named.label)}",
        list(options),
        default=chosen,
        format_func=options.__getitem__,
        key=key,
        label_visibility="collapsed",
        placeholder=f"Choose {what.lower()}",
        on_change=_store_many,
        args=(node.id, key),
    )


def _store_many(node_id: str, key: str) -> None:
    commands.update(node_id, value=tuple(widget(key)) or None)


def _weekdays(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    _many(node, named, base, {day: day.capitalize() for day in WEEKDAYS}, "Days of the week")


def _months(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    _many(node, named, base, {month: month.capitalize() for month in MONTHS}, "Months")


@cache
def languages() -> dict[str, str]:
    """Two-letter codes of languages with their English names, by name."""
    names = {code: str(name) for code, name in Locale("en").languages.items() if len(code) == 2}
    return dict(sorted(names.items(), key=lambda item: item[1]))


def _languages(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    own = {code: code for code in node.value if isinstance(code, str)} if isinstance(node.value, tuple) else {}
    _many(node, named, base, own | {code: f"{name} ({code})" for code, name in languages().items()}, "Languages")


def _hours(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, value, key in zip(("First hour", "Last hour"), pair(node.value), ("low", "high"), strict=True):
            if key == "high":
                st.markdown("to", width="content")
            st.selectbox(
                label,
                list(range(24)),
                index=value if isinstance(value, int) and 0 <= value < 24 else None,
                format_func=lambda hour, last=key == "high": f"{hour}:{59 if last else 0:02}",
                key=f"{base}/{key}",
                label_visibility="collapsed",
                placeholder="Hour",
                on_change=_store_hours,
                args=(node.id, f"{base}/low", f"{base}/high"),
                width=110,
            )
        st.caption(f"({plain(current.clock.zone)})", width="content")


def _store_hours(node_id: str, low: str, high: str) -> None:
    ends = (widget(low), widget(high))
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _years(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    low, high = pair(node.value)
    args = (node.id, f"{base}/low/whole", f"{base}/high/whole")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        number_field("Lowest number of years", low, f"{base}/low", True, _store_hours, args)
        st.markdown("and", width="content")
        number_field("Highest number of years", high, f"{base}/high", True, _store_hours, args)


def _field(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    """The other fields (inside an event: details) that can be compared with this one."""
    kinds = TIME if named.kind in TIME else {named.kind}
    known: tuple[Named, ...] = current.catalogue.fields if isinstance(named, Field) else current.catalogue.properties
    options = {one.name: one.label for one in known if one.kind in kinds and one.name != named.name}
    chosen = node.value.field if isinstance(node.value, OtherField) else None
    st.selectbox(
        f"Field to compare {spoken(named.label)} with",
        list(options),
        index=list(options).index(chosen) if chosen in options else None,
        format_func=options.__getitem__,
        key=base,
        label_visibility="collapsed",
        placeholder="Choose a field" if options else "There is no other of this kind",
        on_change=_store_field,
        args=(node.id, base),
        width=200,
    )


def _store_field(node_id: str, key: str) -> None:
    node = editing.find(session().definition, node_id)
    if isinstance(node, FieldCondition):
        commands.update(node_id, value=OtherField(field=widget(key)) if widget(key) else None)


MORE: dict[Shape, Callable[[FieldCondition, Named, str, Current], None]] = {
    Shape.SPAN: _span,
    Shape.CALENDAR: _calendar,
    Shape.TIMES: _times,
    Shape.WEEKDAYS: _weekdays,
    Shape.MONTHS: _months,
    Shape.HOURS: _hours,
    Shape.YEARS: _years,
    Shape.LANGUAGES: _languages,
    Shape.FIELD: _field,
}
