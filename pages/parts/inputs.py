"""Inputs without a label on screen (they have one for screen readers): numbers, days, times, lengths of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, together
from pages.parts.session import session, widget
from pages.parts.words import plain
from segmentation.clock import Clock
from segmentation.definition import Group, Period, Span, Unit
from segmentation.windows import CalendarPeriod

LARGEST = 2**53 - 1  # what a browser counts exactly
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
Changed = Callable[..., None]


def number_field(
    label: str,
    value: object,
    base: str,
    on_change: Changed,
    args: tuple[object, ...],
    *,
    whole: bool,
    least: int | None = None,
    most: int | None = None,
    short: bool = False,
) -> None:
    """A number without a label on screen, read with `chosen_number(base, …)`; `short` shows no more decimals than there are."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if known and not abs(value) <= LARGEST:  # type: ignore[operator]
        st.markdown(f"{plain(str(value))} (a number this large is changed in the definition file)")
        return
    kind = int if whole and not (known and value != int(value)) else float  # type: ignore[call-overload]
    given = kind(value) if known else None  # type: ignore[call-overload]
    ends = [None if end is None else kind(end) for end in (least, most)]
    low = ends[0] if given is None or ends[0] is None else min(ends[0], given)
    high = ends[1] if given is None or ends[1] is None else max(ends[1], given)
    decimals = 0 if given is None else max(-int(Decimal(str(given)).normalize().as_tuple().exponent), 0)
    st.number_input(
        label,
        value=given,
        min_value=low,
        max_value=high,
        step=kind(1) if short or kind is int else 0.01,
        format=None if kind is int else f"%.{decimals if short else max(decimals, 2)}f",
        key=f"{base}/{kind.__name__}",
        label_visibility="collapsed",
        placeholder="Number",
        on_change=on_change,
        args=args,
        width=110 if short or kind is int else 140,
    )


def chosen_number(base: str, before: object) -> int | float | None:
    """What `number_field` holds, `before` where it only shows a number too large to change; whole numbers as such."""
    value = widget(f"{base}/int", widget(f"{base}/float", before))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def least_box(group: Group, label: str) -> None:
    """At least how many of a group's filters."""
    base = session().key(group.id, "least")
    number_field(label, group.least, base, _store_least, (group.id, base), whole=True, least=1)


def _store_least(group_id: str, base: str) -> None:
    least = chosen_number(base, None)
    if least is not None:
        commands.update(group_id, least=least)


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
    units = units if period.unit in units else (*units, period.unit)
    with together():
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
            width=100,
        )
        st.selectbox(
            "Unit of time",
            units,
            index=units.index(period.unit),
            format_func=lambda unit: unit.value,
            key=f"{base}/unit",
            label_visibility="collapsed",
            on_change=on_change,
            args=args,
            width=125,
        )


def chosen_period(base: str) -> Period | None:
    """What `period_fields` holds."""
    amount, unit = widget(f"{base}/amount"), widget(f"{base}/unit")
    return None if amount is None or unit is None else Period(amount=amount, unit=unit)


def span_fields(span: Span, base: str, units: tuple[Unit, ...], on_change: Changed, args: tuple[object, ...]) -> None:
    """Two numbers and a unit: between 30 and 60 days ago."""
    units = units if span.unit in units else (*units, span.unit)
    with together():
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
                width=100,
            )
        st.selectbox(
            "Unit of time",
            units,
            index=units.index(span.unit),
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


PERIODS = {period.value: period.value.replace("_", " ") for period in CalendarPeriod}


def calendar_field(value: object, key: str, clock: Clock, on_change: Changed, *args: object) -> None:
    """A calendar period by name, with the days it is today; `on_change` gets `args` and the widget's key."""
    chosen = str(value) if isinstance(value, str) else None
    choose_one(
        "Day, week, month, quarter or year", PERIODS, chosen, key, on_change, *args, placeholder="Choose a period"
    )
    if chosen in PERIODS:
        first, last = clock.calendar(CalendarPeriod(chosen))
        days = f"{first.day} {first:%b %Y}"
        if last != first:
            days += f" to {last.day} {last:%b %Y}"
        st.caption(f"{days} ({plain(clock.zone)})", width="content")


def time_field(
    label: str, value: str | None, key: str, clock: Clock, on_change: Changed, args: tuple[object, ...]
) -> None:
    """A day and a time side by side; keys are `key`/day and `key`/time."""
    moment = as_moment(value, clock)
    with together():
        if moment is not None and not EARLIEST <= moment.date() <= LATEST:
            st.markdown(f"{plain(str(value))} (a day this far off is changed in the definition file)")
            return
        day_field(f"{label}, day", moment.date() if moment else None, f"{key}/day", on_change, args)
        st.time_input(
            f"{label}, time",
            value=moment.time().replace(second=0, microsecond=0) if moment else None,
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


def chosen_time(key: str, before: object, clock: Clock) -> str | None:
    """What `time_field` holds, as ISO text; midnight where only the day is chosen; `before` as it is where it still says so."""
    as_was = before if isinstance(before, str) else None
    day, hour = widget(f"{key}/day", otherwise=as_was), widget(f"{key}/time")
    if isinstance(day, str):
        return as_was
    if not isinstance(day, date):
        return None
    chosen = datetime.combine(day, hour if isinstance(hour, time) else time.min)
    moment = as_moment(before, clock)
    if moment is not None and moment.replace(second=0, microsecond=0) == chosen:
        return as_was
    return chosen.isoformat(timespec="minutes")


def chosen_day(key: str, before: date | None) -> date | None:
    """What `day_field` holds, `before` where it only shows a day too far off to change."""
    day = widget(key, otherwise=before)
    return day if isinstance(day, date) else None
