"""The editor of a window: when events have to have happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import streamlit as st

from pages.parts import commands
from pages.parts.operand import chosen_period, day_field, period_fields
from pages.parts.queries import Current
from pages.parts.session import forget, session, widget
from pages.parts.words import CALENDAR, clock, plain
from segmentation import editing
from segmentation.catalogue import Kind
from segmentation.definition import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    During,
    EventCondition,
    Ever,
    Last,
    Near,
    Period,
    RankCondition,
    RfmCondition,
    SequenceCondition,
    Span,
    Unit,
    Window,
)
from segmentation.windows import CalendarPeriod, Side

Windowed = EventCondition | SequenceCondition | RankCondition | RfmCondition

WINDOWS: dict[str, tuple[str, Window]] = {
    "ever": ("at any time", Ever()),
    "last": ("in the last …", Last(period=Period(amount=30))),
    "before": ("more than … ago", Before(period=Period(amount=30))),
    "between_ago": ("between … and … ago", BetweenAgo()),
    "during": ("today, this week, last month …", During()),
    "between_days": ("between two days", BetweenDays()),
    "between_times": ("between two times", BetweenTimes()),
    "near": ("before or after a date of the customer", Near()),
}
SIDES = {Side.AFTER: "after", Side.BEFORE: "before", Side.AROUND: "before or after"}
NEAR_UNITS = (Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.WEEKS)


def when(node: Windowed, current: Current) -> None:
    """One row: the kind of window and its inputs, with what it means today."""
    key = session().key(node.id, "window")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.selectbox(
            "When",
            list(WINDOWS),
            index=list(WINDOWS).index(node.window.type),
            format_func=lambda name: WINDOWS[name][0],
            key=key,
            label_visibility="collapsed",
            on_change=_store_kind,
            args=(node.id, key),
            width=210,
        )
        base = session().key(node.id, "window", node.window.type)
        match node.window:
            case Last(period=period) | Before(period=period):
                _ago(node, period, base, current)
            case BetweenAgo(span=span):
                span_fields(span, base, tuple(Unit), _store_span, (node.id, base))
                far = current.clock.shifted(Period(amount=span.farthest, unit=span.unit), -1)
                near = current.clock.shifted(Period(amount=span.nearest, unit=span.unit), -1)
                words = f"from {clock(current.local(far))} until {clock(current.local(near))}"
                st.caption(f"{words} ({plain(current.clock.zone)})", width="content")
            case During(calendar=calendar):
                calendar_field(calendar, f"{base}/calendar", current, _store_calendar, (node.id, f"{base}/calendar"))
            case BetweenDays(first=first, last=last):
                args = (node.id, f"{base}/first", f"{base}/last")
                day_field("First day", first, f"{base}/first", _store_days, args)
                st.markdown("and", width="content")
                day_field("Last day", last, f"{base}/last", _store_days, args)
                st.caption(f"both days whole ({plain(current.clock.zone)})", width="content")
            case BetweenTimes(start=start, end=end):
                time_field("From", start, f"{base}/start", current, _store_times, (node.id, base))
                st.markdown("until", width="content")
                time_field("Until", end, f"{base}/end", current, _store_times, (node.id, base))
                st.caption(f"the end not included ({plain(current.clock.zone)})", width="content")
            case Near():
                _near(node.id, node.window, base, current)


def _ago(node: Windowed, period: Period, base: str, current: Current) -> None:
    period_fields(period, base, tuple(Unit), _store_period, (node.id, base))
    since = current.clock.shifted(period, -1)
    word = "since" if isinstance(node.window, Last) else "before"
    st.caption(f"{word} {clock(current.local(since))} ({plain(current.clock.zone)})", width="content")


def _near(node_id: str, window: Near, base: str, current: Current) -> None:
    dates = {f.name: f for f in current.catalogue.fields if f.kind in (Kind.DATE, Kind.MOMENT) and not f.hidden}
    args = (node_id, base)
    limited = window.period is not None
    st.selectbox(
        "How close",
        [True, False],
        index=0 if limited else 1,
        format_func=lambda some: "within" if some else "any time",
        key=f"{base}/limited",
        label_visibility="collapsed",
        on_change=_store_near,
        args=args,
        width=110,
    )
    if window.period is not None:
        kind = dates[window.field].kind if window.field in dates else Kind.MOMENT
        units = (Unit.DAYS, Unit.WEEKS) if kind == Kind.DATE else NEAR_UNITS
        period_fields(window.period, base, units, _store_near, args)
    st.selectbox(
        "Before or after",
        list(SIDES),
        index=list(SIDES).index(window.side),
        format_func=lambda side: SIDES[side],
        key=f"{base}/side",
        label_visibility="collapsed",
        on_change=_store_near,
        args=args,
        width=150,
    )
    st.selectbox(
        "Date of the customer",
        list(dates),
        index=list(dates).index(window.field) if window.field in dates else None,
        format_func=lambda name: dates[name].label,
        key=f"{base}/field",
        label_visibility="collapsed",
        placeholder="Choose a date",
        on_change=_store_near,
        args=args,
        width=180,
    )


def span_fields(
    span: Span, base: str, units: tuple[Unit, ...], on_change: Callable[..., None], args: tuple[object, ...]
) -> None:
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


def calendar_field(
    value: object, key: str, current: Current | None, on_change: Callable[..., None], args: tuple[object, ...]
) -> None:
    """A calendar period by name, with the days it is today."""
    periods = list(CalendarPeriod)
    st.selectbox(
        "Day, week, month, quarter or year",
        periods,
        index=periods.index(CalendarPeriod(str(value))) if value in periods else None,
        format_func=lambda period: CALENDAR[period],
        key=key,
        label_visibility="collapsed",
        placeholder="Choose a period",
        on_change=on_change,
        args=args,
        width=160,
    )
    if current is not None and value in periods:
        first, last = current.clock.calendar(CalendarPeriod(str(value)))
        days = f"{first.day} {first:%b %Y}"
        if last != first:
            days += f" to {last.day} {last:%b %Y}"
        st.caption(f"{days} ({plain(current.clock.zone)})", width="content")


def time_field(
    label: str, value: str | None, key: str, current: Current, on_change: Callable[..., None], args: tuple[object, ...]
) -> None:
    """A day and a time side by side; keys are `key`/day and `key`/time."""
    moment = as_moment(value, current)
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


def as_moment(value: object, current: Current) -> datetime | None:
    """An ISO date and time as clocks of the workspace show it, None where it is none."""
    try:
        stored = current.clock.stored(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    return current.local(stored.replace(tzinfo=UTC)).replace(tzinfo=None) if stored is not None else None


def chosen_time(key: str) -> str | None:
    """What `time_field` holds, as ISO text; midnight where only the day is chosen."""
    day, hour = widget(f"{key}/day"), widget(f"{key}/time")
    if not isinstance(day, date):
        return None
    return datetime.combine(day, hour if isinstance(hour, time) else time.min).isoformat(timespec="minutes")


def _window(node_id: str) -> Window:
    node = editing.find(session().definition, node_id)
    return node.window if isinstance(node, Windowed) else Ever()


def _store_kind(node_id: str, key: str) -> None:
    commands.update(node_id, window=WINDOWS[widget(key)][1])
    forget(f"{node_id}/window/", but=key)


def _store_period(node_id: str, base: str) -> None:
    window, period = _window(node_id), chosen_period(base)
    if isinstance(window, Last | Before) and period is not None:
        commands.update(node_id, window=window.model_copy(update={"period": period}))


def _store_span(node_id: str, base: str) -> None:
    span = chosen_span(base)
    if span is not None:
        commands.update(node_id, window=BetweenAgo(span=span))


def _store_calendar(node_id: str, key: str) -> None:
    commands.update(node_id, window=During(calendar=widget(key)))


def _store_days(node_id: str, first: str, last: str) -> None:
    commands.update(node_id, window=BetweenDays(first=widget(first), last=widget(last)))


def _store_times(node_id: str, base: str) -> None:
    commands.update(node_id, window=BetweenTimes(start=chosen_time(f"{base}/start"), end=chosen_time(f"{base}/end")))


def _store_near(node_id: str, base: str) -> None:
    before = _window(node_id)
    period = chosen_period(base) or (before.period if isinstance(before, Near) else None) or Period(amount=7)
    commands.update(
        node_id,
        window=Near(
            field=widget(f"{base}/field"),
            side=widget(f"{base}/side"),
            period=period if widget(f"{base}/limited") else None,
        ),
    )
