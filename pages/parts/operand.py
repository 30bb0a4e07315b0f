"""The input for an operator's operand; the operator's shape picks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from pages.parts import commands
from pages.parts.compared import MORE, pair
from pages.parts.inputs import as_day, chosen_period, day_field, number_field, period_fields
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import number, spoken
from segmentation.catalogue import EventProperty, Field, Kind, Role, Value
from segmentation.clock import CALENDAR_UNITS
from segmentation.definition import FieldCondition, Period, Unit
from segmentation.operators import Operator, Shape
from segmentation.recognition import personal_role, tells_of_person

SEARCH_FROM = 50
ValuesOf = Callable[[str], tuple[Value, ...]]


def operand(
    node: FieldCondition, named: Field | EventProperty, operator: Operator, values_of: ValuesOf, current: Current
) -> None:
    """Draw the input that fits and write what is entered into the node."""
    base = session().key(node.id, named.name, operator.shape)
    if operator.shape in _INPUTS:
        _INPUTS[operator.shape](node, named, base, values_of)
    elif operator.shape in MORE:
        MORE[operator.shape](node, named, base, current)


def _store(node_id: str, key: str) -> None:
    value = widget(key)
    commands.update(node_id, value=tuple(value) if isinstance(value, list) else value or None)


def _text(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    st.text_input(
        f"Text to compare {spoken(named.label)} with",
        value=node.value if isinstance(node.value, str) else "",
        key=base,
        label_visibility="collapsed",
        placeholder="Type a text",
        live="300ms",
        on_change=_store,
        args=(node.id, base),
    )


def _search(base: str) -> None:
    session().searches[base] = widget(f"{base}/search") or ""


def _shown(named: Field | EventProperty, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values that are offered: of a detail, none that is masked where it is seen."""
    if isinstance(named, Field) or session().revealed:
        return values
    return tuple(value for value in values if not tells_of_person(value.value))


def _texts(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    chosen = [item for item in node.value if isinstance(item, str)] if isinstance(node.value, tuple) else []
    search = session().searches.get(base, "")
    covered = not session().revealed and personal_role(named) is not Role.NONE
    found = () if covered else _shown(named, values_of(search))
    counts = {value.value: value.count for value in found}
    many = (isinstance(named, Field) and named.distinct > SEARCH_FROM) or len(found) >= SEARCH_FROM or bool(search)
    if many:
        st.text_input(
            f"Search the values of {spoken(named.label)}",
            value=search,
            key=f"{base}/search",
            type="search",
            live="300ms",
            label_visibility="collapsed",
            placeholder="Search all values",
            on_change=_search,
            args=(base,),
        )
    counted = {value.value: value.count for value in (() if covered else _shown(named, values_of("")))} | counts
    st.multiselect(
        f"Values of {spoken(named.label)}",
        [*counts, *(value for value in chosen if value not in counts)],
        default=chosen,
        format_func=lambda value: f"{value} · {number(counted[value])}" if value in counted else value,
        key=f"{base}/{search}",
        label_visibility="collapsed",
        accept_new_options=True,
        placeholder="Pick or type values",
        on_change=_store,
        args=(node.id, f"{base}/{search}"),
    )


def _whole(named: Field | EventProperty, values: tuple[object, ...]) -> bool:
    ends = (named.low or "0", named.high or "0")
    return all("." not in end and "e" not in end for end in ends) and not any(isinstance(v, float) for v in values)


def _number(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    whole = _whole(named, (node.value,))
    key = f"{base}/{'whole' if whole else 'decimal'}"
    number_field(f"Number to compare {spoken(named.label)} with", node.value, base, whole, _store_exact, (node.id, key))


def _store_exact(node_id: str, key: str) -> None:
    commands.update(node_id, value=widget(key))


def _store_pair(node_id: str, low: str, high: str) -> None:
    ends = tuple(end.isoformat() if isinstance(end, date) else end for end in (widget(low), widget(high)))
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _numbers(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    ends = pair(node.value)
    whole = _whole(named, ends)
    suffix = "whole" if whole else "decimal"
    args = (node.id, f"{base}/low/{suffix}", f"{base}/high/{suffix}")
    with st.container(horizontal=True, vertical_alignment="center"):
        number_field(f"Lowest {spoken(named.label)}", ends[0], f"{base}/low", whole, _store_pair, args)
        st.markdown("and", width="content")
        number_field(f"Highest {spoken(named.label)}", ends[1], f"{base}/high", whole, _store_pair, args)


def _count(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    number_field("Number of items", node.value, base, True, _store_exact, (node.id, f"{base}/whole"))


def _store_day(node_id: str, key: str) -> None:
    day = widget(key)
    commands.update(node_id, value=day.isoformat() if isinstance(day, date) else None)


def _day(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    day_field(f"Day to compare {spoken(named.label)} with", as_day(node.value), base, _store_day, (node.id, base))


def _days(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    first, last = pair(node.value)
    args = (node.id, f"{base}/first", f"{base}/last")
    with st.container(horizontal=True, vertical_alignment="center"):
        day_field("First day", as_day(first), f"{base}/first", _store_pair, args)
        st.markdown("and", width="content")
        day_field("Last day", as_day(last), f"{base}/last", _store_pair, args)


def _store_period(node_id: str, base: str) -> None:
    commands.update(node_id, value=chosen_period(base))


def _period(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    period = node.value if isinstance(node.value, Period) else Period(amount=30)
    units = CALENDAR_UNITS if named.kind == Kind.DATE else tuple(Unit)
    period_fields(period, base, units, _store_period, (node.id, base))


_INPUTS: dict[Shape, Callable[[FieldCondition, Field | EventProperty, str, ValuesOf], None]] = {
    Shape.TEXT: _text,
    Shape.PATTERN: _text,
    Shape.TEXTS: _texts,
    Shape.NUMBER: _number,
    Shape.NUMBERS: _numbers,
    Shape.WHOLE: _count,
    Shape.DAY: _day,
    Shape.DAYS: _days,
    Shape.PERIOD: _period,
}
