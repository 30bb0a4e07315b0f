"""Inputs for what a field is compared with where it is no plain value: calendar and clock, another field, a language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import streamlit as st
from babel import Locale

from pages.parts import commands
from pages.parts.choices import choose_one, choose_some, together
from pages.parts.fields import field_labels
from pages.parts.inputs import (
    calendar_field,
    chosen_number,
    chosen_span,
    chosen_time,
    number_field,
    span_fields,
    time_field,
)
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import plain, spoken
from segmentation import editing
from segmentation.catalogue import EventProperty, Field, Kind
from segmentation.clock import CALENDAR_UNITS, Clock
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
    span = chosen_span(base)
    if span is not None:
        commands.update(node_id, value=span)


def _calendar(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    calendar_field(node.value, f"{base}/calendar", current.clock, _store_one, node.id)


def _store_one(node_id: str, key: str) -> None:
    commands.update(node_id, value=widget(key))


def _times(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    args = (node.id, base, current.clock)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        for label, value, key in zip(("From", "Until"), pair(node.value), ("start", "end"), strict=True):
            with together():
                if key == "end":
                    st.markdown("until", width="content")
                text = value if isinstance(value, str) else None
                time_field(label, text, f"{base}/{key}", current.clock, _store_times, args)
        st.caption(f"the end not included ({plain(current.clock.zone)})", width="content")


def value_of(node_id: str) -> Operand:
    """What a filter's field is compared with at the moment."""
    node = editing.find(session().definition, node_id)
    return node.value if isinstance(node, FieldCondition) else None


def _store_times(node_id: str, base: str, now: Clock) -> None:
    start, end = pair(value_of(node_id))
    ends = (chosen_time(f"{base}/start", start, now), chosen_time(f"{base}/end", end, now))
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _many(node: FieldCondition, named: Named, key: str, options: dict[str, str], what: str) -> None:
    """Several words of a fixed list, whatever their case; others that a file has stay in view."""
    chosen = [item for item in node.value if isinstance(item, str)] if isinstance(node.value, tuple) else []
    choose_some(
        f"{what} of {spoken(named.label)}",
        options,
        [item.lower() if item.lower() in options else item for item in chosen],
        key,
        _store_many,
        node.id,
        placeholder=f"Choose {what.lower()}",
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
    _many(node, named, base, {code: f"{name} ({code})" for code, name in languages().items()}, "Languages")


def _hours(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    with together():
        for label, value, end in zip(("First hour", "Last hour"), pair(node.value), (0, 1), strict=True):
            if end:
                st.markdown("to", width="content")
            hours = {hour: f"{hour}:{59 if end else 0:02}" for hour in range(24)}
            hour = value if isinstance(value, int) and not isinstance(value, bool) else None
            choose_one(label, hours, hour, f"{base}/{end}", _store_hour, node.id, end, placeholder="Hour", width=110)
        st.caption(f"({plain(current.clock.zone)})", width="content")


def _store_hour(node_id: str, end: int, key: str) -> None:
    ends = list(pair(value_of(node_id)))
    ends[end] = widget(key)
    commands.update(node_id, value=tuple(ends))


def _years(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    low, high = pair(node.value)
    with together():
        number_field("Lowest number of years", low, f"{base}/low", store_pair, (node.id, base), whole=True, least=0)
        st.markdown("and", width="content")
        number_field("Highest number of years", high, f"{base}/high", store_pair, (node.id, base), whole=True, least=0)
        st.markdown("years", width="content")


def store_pair(node_id: str, base: str) -> None:
    """Both ends of a range of numbers."""
    low, high = pair(value_of(node_id))
    ends = (chosen_number(f"{base}/low", low), chosen_number(f"{base}/high", high))
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _field(node: FieldCondition, named: Named, base: str, current: Current) -> None:
    """The other fields (inside an event: details of the same events) that can be compared with this one."""
    kinds = TIME if named.kind in TIME else {named.kind}
    chosen = node.value.field if isinstance(node.value, OtherField) else None
    if isinstance(named, Field):
        options = field_labels(current.catalogue, kinds, chosen)
    else:
        options = {
            one.name: one.label
            for one in current.catalogue.properties
            if one.name == chosen
            or (one.kind in kinds and (not one.events or not named.events or set(one.events) & set(named.events)))
        }
    if named.name != chosen:
        options.pop(named.name, None)
    choose_one(
        f"Field to compare {spoken(named.label)} with",
        options,
        chosen,
        base,
        _store_field,
        node.id,
        placeholder="Choose a field" if options else "There is no other of this kind",
    )


def _store_field(node_id: str, key: str) -> None:
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
