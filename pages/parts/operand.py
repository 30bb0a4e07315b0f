"""The input for an operator's operand; the operator's shape picks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from pages.parts import commands
from pages.parts.choices import known_by, together
from pages.parts.compared import MORE, pair, store_pair, value_of
from pages.parts.inputs import as_day, chosen_day, chosen_number, chosen_period, day_field, number_field, period_fields
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import number, spoken
from segmentation.catalogue import EventProperty, Field, Kind, Role
from segmentation.clock import CALENDAR_UNITS
from segmentation.definition import FieldCondition, Period, Unit
from segmentation.operators import OPERATORS, Operator, Shape
from segmentation.recognition import personal_role, tells_of_person
from segmentation.values import Offered

SEARCH_FROM = 50
ValuesOf = Callable[[str], tuple[Offered, ...]]


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


def _shown(named: Field | EventProperty, values: tuple[Offered, ...]) -> tuple[Offered, ...]:
    """The values that are offered: of a detail, none that is masked where it is seen."""
    if isinstance(named, Field) or session().revealed:
        return values
    return tuple(value for value in values if not tells_of_person(value.value))


def _often(value: Offered) -> str:
    """How often it occurs: of everybody, or among those whom the other filters leave and of everybody."""
    return number(value.count) if value.beside is None else f"{number(value.beside)} of {number(value.count)}"


def _texts(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    chosen = [item for item in node.value if isinstance(item, str)] if isinstance(node.value, tuple) else []
    search = session().searches.get(base, "")
    covered = not session().revealed and personal_role(named) is not Role.NONE
    found = () if covered else _shown(named, values_of(search))
    counts = {value.value: _often(value) for value in found}
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
    usual = found if covered or not search else _shown(named, values_of(""))
    counted = {value.value: _often(value) for value in usual} | counts
    key = known_by(f"{base}/{search}", counted)
    st.multiselect(
        f"Values of {spoken(named.label)}",
        [*counts, *(value for value in dict.fromkeys(chosen) if value not in counts)],
        default=list(dict.fromkeys(chosen)),
        format_func=lambda value: f"{value} · {counted[value]}" if value in counted else value,
        key=key,
        label_visibility="collapsed",
        accept_new_options=True,
        placeholder="Pick or type values",
        on_change=_store,
        args=(node.id, key),
    )


def _whole(named: Field | EventProperty, values: tuple[object, ...]) -> bool:
    ends = (named.low or "0", named.high or "0")
    return all("." not in end and "e" not in end for end in ends) and not any(isinstance(v, float) for v in values)


def _number(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    label = f"Number to compare {spoken(named.label)} with"
    number_field(label, node.value, base, _store_number, (node.id, base), whole=_whole(named, (node.value,)))


def _store_number(node_id: str, base: str) -> None:
    value = value_of(node_id)
    commands.update(node_id, value=chosen_number(base, value))


def _numbers(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    low, high = pair(node.value)
    whole = _whole(named, (low, high))
    with together():
        number_field(f"Lowest {spoken(named.label)}", low, f"{base}/low", store_pair, (node.id, base), whole=whole)
        st.markdown("and", width="content")
        number_field(f"Highest {spoken(named.label)}", high, f"{base}/high", store_pair, (node.id, base), whole=whole)


def _count(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    counted = OPERATORS[node.operator or ""].counted
    with together():
        number_field("How many", node.value, base, _store_number, (node.id, base), whole=True, least=0)
        st.markdown(f"{counted}s", width="content")


def _store_day(node_id: str, key: str) -> None:
    day = widget(key)
    commands.update(node_id, value=day.isoformat() if isinstance(day, date) else None)


def _day(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    day_field(f"Day to compare {spoken(named.label)} with", as_day(node.value), base, _store_day, (node.id, base))


def _days(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    first, last = (as_day(end) for end in pair(node.value))
    with together():
        day_field("First day", first, f"{base}/first", _store_days, (node.id, base))
        st.markdown("and", width="content")
        day_field("Last day", last, f"{base}/last", _store_days, (node.id, base))


def _store_days(node_id: str, base: str) -> None:
    first, last = (as_day(end) for end in pair(value_of(node_id)))
    days = (chosen_day(f"{base}/first", first), chosen_day(f"{base}/last", last))
    ends = tuple(None if day is None else day.isoformat() for day in days)
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _store_period(node_id: str, base: str) -> None:
    period = chosen_period(base)
    if period is not None:
        commands.update(node_id, value=period)


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
