"""The input for an operator's operand; the operator's shape picks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from pages.parts import commands
from pages.parts.session import session, widget
from pages.parts.words import number, plain, spoken
from segmentation.catalogue import EventProperty, Field, Kind, Role, Value
from segmentation.clock import CALENDAR_UNITS
from segmentation.definition import FieldCondition, Operand, Period, Unit
from segmentation.operators import Operator, Shape
from segmentation.recognition import personal_role, tells_of_person

SEARCH_FROM = 50
LARGEST = 2**53 - 1  # what a browser counts exactly
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
ValuesOf = Callable[[str], tuple[Value, ...]]


def operand(node: FieldCondition, named: Field | EventProperty, operator: Operator, values_of: ValuesOf) -> None:
    """Draw the input that fits and write what is entered into the node."""
    base = session().key(node.id, named.name, operator.shape)
    draw = _INPUTS.get(operator.shape)
    if draw is not None:
        draw(node, named, base, values_of)


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


def number_field(
    label: str, value: object, key: str, whole: bool, on_change: Callable[..., None], args: tuple[object, ...]
) -> None:
    """A number input without a label on screen, for whole or decimal numbers."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if known and abs(value) > LARGEST:  # type: ignore[operator]
        st.markdown(f"{plain(str(value))} (a number this large is changed in the definition file)")
        return
    st.number_input(
        label,
        value=(int(value) if whole else float(value)) if known else None,  # type: ignore[call-overload]
        step=1 if whole else 0.01,
        format=None if whole else "%.2f",
        key=f"{key}/{'whole' if whole else 'decimal'}",
        label_visibility="collapsed",
        placeholder="Number",
        on_change=on_change,
        args=args,
        width=110 if whole else 140,
    )


def _number(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    whole = _whole(named, (node.value,))
    key = f"{base}/{'whole' if whole else 'decimal'}"
    number_field(f"Number to compare {spoken(named.label)} with", node.value, base, whole, _store_exact, (node.id, key))


def _store_exact(node_id: str, key: str) -> None:
    commands.update(node_id, value=widget(key))


def _store_pair(node_id: str, low: str, high: str) -> None:
    ends = tuple(end.isoformat() if isinstance(end, date) else end for end in (widget(low), widget(high)))
    commands.update(node_id, value=None if ends == (None, None) else ends)


def _pair(value: Operand) -> tuple[object, object]:
    return (value[0], value[1]) if isinstance(value, tuple) and len(value) == 2 else (None, None)


def _numbers(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    ends = _pair(node.value)
    whole = _whole(named, ends)
    suffix = "whole" if whole else "decimal"
    args = (node.id, f"{base}/low/{suffix}", f"{base}/high/{suffix}")
    with st.container(horizontal=True, vertical_alignment="center"):
        number_field(f"Lowest {spoken(named.label)}", ends[0], f"{base}/low", whole, _store_pair, args)
        st.markdown("and", width="content")
        number_field(f"Highest {spoken(named.label)}", ends[1], f"{base}/high", whole, _store_pair, args)


def _count(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    number_field("Number of items", node.value, base, True, _store_exact, (node.id, f"{base}/whole"))


def as_day(value: object) -> date | None:
    """An ISO day as saved, None where it is not one."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def day_field(
    label: str, value: date | None, key: str, on_change: Callable[..., None], args: tuple[object, ...]
) -> None:
    """A day input without a label on screen."""
    if value is not None and not EARLIEST <= value <= LATEST:
        st.markdown(f"{plain(value.isoformat())} (a day this far off is changed in the definition file)")
        return
    st.date_input(
        label,
        value=value,
        key=key,
        min_value=EARLIEST,
        max_value=LATEST,
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        on_change=on_change,
        args=args,
        width=170,
    )


def _store_day(node_id: str, key: str) -> None:
    day = widget(key)
    commands.update(node_id, value=day.isoformat() if isinstance(day, date) else None)


def _day(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    day_field(f"Day to compare {spoken(named.label)} with", as_day(node.value), base, _store_day, (node.id, base))


def _days(node: FieldCondition, named: Field | EventProperty, base: str, values_of: ValuesOf) -> None:
    first, last = _pair(node.value)
    args = (node.id, f"{base}/first", f"{base}/last")
    with st.container(horizontal=True, vertical_alignment="center"):
        day_field("First day", as_day(first), f"{base}/first", _store_pair, args)
        st.markdown("and", width="content")
        day_field("Last day", as_day(last), f"{base}/last", _store_pair, args)


def period_fields(
    period: Period, base: str, units: tuple[Unit, ...], on_change: Callable[..., None], args: tuple[object, ...]
) -> None:
    """A number and a unit side by side; keys are `base`/amount and `base`/unit."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.number_input(
            "How many",
            value=period.amount,
            min_value=0,
            max_value=100_000,
            step=1,
            key=f"{base}/amount",
            label_visibility="collapsed",
            on_change=on_change,
            args=args,
            width=120,
        )
        st.selectbox(
            "Unit of time",
            units,
            index=units.index(period.unit) if period.unit in units else 0,
            format_func=lambda unit: unit.value,
            key=f"{base}/unit",
            label_visibility="collapsed",
            on_change=on_change,
            args=args,
            width=130,
        )


def chosen_period(base: str) -> Period | None:
    """What `period_fields` holds."""
    amount, unit = widget(f"{base}/amount"), widget(f"{base}/unit")
    return None if amount is None or unit is None else Period(amount=amount, unit=unit)


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
