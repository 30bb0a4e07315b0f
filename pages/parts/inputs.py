"""Inputs without a label on screen (they have one for screen readers): numbers, days, times, lengths of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import streamlit as st

from pages.parts import commands
from pages.parts.session import session, widget
from pages.parts.words import plain
from segmentation.clock import Clock
from segmentation.definition import Group, Period, Span, Unit
from segmentation.windows import CalendarPeriod

LARGEST = 2**53 - 1  # what a browser counts exactly
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
Changed = Callable[..., None]


def number_field(
    label: str, value: object, key: str, whole: bool, on_change: Changed, args: tuple[object, ...]
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


def least_box(group: Group, label: str) -> None:
    """At least how many of a group's filters."""
    key = session().key(group.id, "least")
    st.number_input(
        label,
        value=group.least,
        min_value=1,
        step=1,
        key=key,
        label_visibility="collapsed",
        on_change=commands.take_number,
        args=(group.id, "least", key),
        width=110,
    )


def as_day(value: object) -> date | None:
    """An ISO day as saved, None where it is not one."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def day_field(label: str, value: date | None, key: str, on_change: Changed, args: tuple[object, ...]) -> None:
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


def period_fields(
    period: Period, base: str, units: tuple[Unit, ...], on_change: Changed, args: tuple[object, ...]
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


def span_fields(span: Span, base: str, units: tuple[Unit, ...], on_change: Changed, args: tuple[object, ...]) -> None:
    """Two numbers and a unit: between 30 and 60 days ago."""
    for label, value, key in (("Nearest", span.nearest, "nearest"), ("Farthest", span.farthest, "farthest")):
        if key == "farthest":
            st.markdown("and", width="content")
        st.number_input(
            label,
            value=value,
            min_value=0,
            max_value=100_000,
            step=1,
            key=f"{base}/{key}",
            label_visibility="collapsed",
            on_change=on_change,
            args=args,
            width=110,
        )
    st.selectbox(
        "Unit of time",
        units,
        index=units.index(span.unit) if span.unit in units else 0,
        format_func=lambda unit: f"{unit.value} ago",
        key=f"{base}/unit",
        label_visibility="collapsed",
        on_change=on_change,
        args=args,
        width=140,
    )


def chosen_span(base: str) -> Span | None:
    """What `span_fields` holds."""
    nearest, farthest, unit = (widget(f"{base}/{part}") for part in ("nearest", "farthest", "unit"))
    if nearest is None or farthest is None or unit is None:
        return None
    return Span(nearest=nearest, farthest=farthest, unit=unit)


def calendar_field(value: object, key: str, clock: Clock, on_change: Changed, args: tuple[object, ...]) -> None:
    """A calendar period by name, with the days it is today."""
    periods = [period.value for period in CalendarPeriod]
    st.selectbox(
        "Day, week, month, quarter or year",
        periods,
        index=periods.index(str(value)) if value in periods else None,
        format_func=lambda period: period.replace("_", " "),
        key=key,
        label_visibility="collapsed",
        placeholder="Choose a period",
        on_change=on_change,
        args=args,
        width=160,
    )
    if value in periods:
        first, last = clock.calendar(CalendarPeriod(str(value)))
        days = f"{first.day} {first:%b %Y}"
        if last != first:
            days += f" to {last.day} {last:%b %Y}"
        st.caption(f"{days} ({plain(clock.zone)})", width="content")


def time_field(
    label: str, value: str | None, key: str, clock: Clock, on_change: Changed, args: tuple[object, ...]
) -> None:
    """A day and a time side by side; keys are `key`/day and `key`/time."""
    moment = as_moment(value, clock)
    day_field(f"{label}, day", moment.date() if moment else None, f"{key}/day", on_change, args)
    st.time_input(
        f"{label}, time",
        value=moment.time() if moment else None,
        key=f"{key}/time",
        label_visibility="collapsed",
        on_change=on_change,
        args=args,
        width=110,
    )


def as_moment(value: object, clock: Clock) -> datetime | None:
    """An ISO date and time as clocks of the workspace show it, None where it is none."""
    try:
        stored = clock.stored(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    return None if stored is None else stored.replace(tzinfo=UTC).astimezone(ZoneInfo(clock.zone)).replace(tzinfo=None)


def chosen_time(key: str) -> str | None:
    """What `time_field` holds, as ISO text; midnight where only the day is chosen."""
    day, hour = widget(f"{key}/day"), widget(f"{key}/time")
    if not isinstance(day, date):
        return None
    return datetime.combine(day, hour if isinstance(hour, time) else time.min).isoformat(timespec="minutes")
