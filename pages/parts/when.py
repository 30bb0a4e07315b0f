"""The editor of a window: when events have to have happened."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.inputs import (
    calendar_field,
    chosen_period,
    chosen_span,
    chosen_time,
    day_field,
    period_fields,
    span_fields,
    time_field,
)
from pages.parts.queries import Current
from pages.parts.session import forget, session, widget
from pages.parts.words import clock, plain
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
    Unit,
    Window,
)
from segmentation.windows import Side

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
                calendar_field(
                    calendar, f"{base}/calendar", current.clock, _store_calendar, (node.id, f"{base}/calendar")
                )
            case BetweenDays(first=first, last=last):
                args = (node.id, f"{base}/first", f"{base}/last")
                day_field("First day", first, f"{base}/first", _store_days, args)
                st.markdown("and", width="content")
                day_field("Last day", last, f"{base}/last", _store_days, args)
                st.caption(f"both days whole ({plain(current.clock.zone)})", width="content")
            case BetweenTimes(start=start, end=end):
                time_field("From", start, f"{base}/start", current.clock, _store_times, (node.id, base))
                st.markdown("until", width="content")
                time_field("Until", end, f"{base}/end", current.clock, _store_times, (node.id, base))
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
