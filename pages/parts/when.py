"""The editor of a window: when events have to have happened."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, line, together
from pages.parts.conditions import field_labels
from pages.parts.inputs import (
    calendar_field,
    chosen_day,
    chosen_period,
    chosen_span,
    chosen_time,
    day_field,
    period_fields,
    span_fields,
    time_field,
)
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import clock, plain
from segmentation import editing
from segmentation.catalogue import Kind
from segmentation.clock import Clock
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
    "between_times": ("between two days and times", BetweenTimes()),
    "near": ("around a date of the customer", Near()),
}
SIDES = {Side.AFTER: "after", Side.BEFORE: "before", Side.AROUND: "before or after"}
NEAR_UNITS = (Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.WEEKS)


def when(node: Windowed, current: Current) -> None:
    """One line: the kind of window and its inputs, with what it means today."""
    kinds = {name: words for name, (words, _) in WINDOWS.items()}
    base = session().key(node.id, "window", node.window.type)
    args = (node.id, base)
    zone = plain(current.clock.zone)
    with line("When"):
        choose_one("When", kinds, node.window.type, session().key(node.id, "window"), _store_kind, node.id)
        match node.window:
            case Last(period=period) | Before(period=period):
                _ago(node, period, base, current)
            case BetweenAgo(span=span):
                span_fields(span, base, tuple(Unit), _store_span, args)
                far = current.clock.shifted(Period(amount=span.farthest, unit=span.unit), -1)
                near = current.clock.shifted(Period(amount=span.nearest, unit=span.unit), -1)
                words = f"from {clock(current.local(far))} until {clock(current.local(near))}"
                st.caption(f"{words} ({zone})", width="content")
            case During(calendar=calendar):
                calendar_field(calendar, f"{base}/calendar", current.clock, _store_calendar, node.id)
            case BetweenDays(first=first, last=last):
                with together():
                    day_field("First day", first, f"{base}/first", _store_days, args)
                    st.markdown("and", width="content")
                    day_field("Last day", last, f"{base}/last", _store_days, args)
                st.caption(f"both days whole ({zone})", width="content")
            case BetweenTimes(start=start, end=end):
                times = (*args, current.clock)
                time_field("From", start, f"{base}/start", current.clock, _store_times, times)
                with together():
                    st.markdown("until", width="content")
                    time_field("Until", end, f"{base}/end", current.clock, _store_times, times)
                st.caption(f"the end not included ({zone})", width="content")
            case Near():
                _near(node.id, node.window, base, current)


def _ago(node: Windowed, period: Period, base: str, current: Current) -> None:
    period_fields(period, base, tuple(Unit), _store_period, (node.id, base))
    since = current.clock.shifted(period, -1)
    word = "since" if isinstance(node.window, Last) else "before"
    st.caption(f"{word} {clock(current.local(since))} ({plain(current.clock.zone)})", width="content")


def _near(node_id: str, window: Near, base: str, current: Current) -> None:
    dates = field_labels(current.catalogue, (Kind.DATE, Kind.MOMENT), window.field)
    limits = {True: "within", False: "any time"}
    with together():
        choose_one("How close", limits, window.period is not None, f"{base}/limited", _store_limited, node_id)
        if window.period is not None:
            kind = next((f.kind for f in current.catalogue.fields if f.name == window.field), Kind.MOMENT)
            units = (Unit.DAYS, Unit.WEEKS) if kind == Kind.DATE else NEAR_UNITS
            period_fields(window.period, base, units, _store_nearness, (node_id, base))
    with together():
        choose_one("Before or after", SIDES, window.side, f"{base}/side", _store_near, node_id, "side")
        choose_one(
            "Date of the customer", dates, window.field, f"{base}/field", _store_near, node_id, "field",
            placeholder="Choose a date",
        )  # fmt: skip


def _window(node_id: str) -> Window:
    node = editing.find(session().definition, node_id)
    return node.window if isinstance(node, Windowed) else Ever()


def _store_kind(node_id: str, key: str) -> None:
    """Another kind of window; a length of time is kept where there is one before and after."""
    before, window = _window(node_id), WINDOWS[widget(key)][1]
    if isinstance(before, Last | Before) and isinstance(window, Last | Before):
        window = window.model_copy(update={"period": before.period})
    commands.update(node_id, window=window)


def _store_period(node_id: str, base: str) -> None:
    window, period = _window(node_id), chosen_period(base)
    if isinstance(window, Last | Before) and period is not None:
        commands.update(node_id, window=window.model_copy(update={"period": period}))


def _store_span(node_id: str, base: str) -> None:
    span = chosen_span(base)
    if span is not None:
        commands.update(node_id, window=BetweenAgo(span=span))


def _store_calendar(node_id: str, key: str) -> None:
    if widget(key) is not None:
        commands.update(node_id, window=During(calendar=widget(key)))


def _store_days(node_id: str, base: str) -> None:
    before = _window(node_id)
    if isinstance(before, BetweenDays):
        first, last = chosen_day(f"{base}/first", before.first), chosen_day(f"{base}/last", before.last)
        commands.update(node_id, window=BetweenDays(first=first, last=last))


def _store_times(node_id: str, base: str, now: Clock) -> None:
    before = _window(node_id)
    if isinstance(before, BetweenTimes):
        start = chosen_time(f"{base}/start", before.start, now)
        commands.update(node_id, window=BetweenTimes(start=start, end=chosen_time(f"{base}/end", before.end, now)))


def _store_near(node_id: str, attribute: str, key: str) -> None:
    before = _window(node_id)
    if isinstance(before, Near):
        commands.update(node_id, window=before.model_copy(update={attribute: widget(key)}))


def _store_limited(node_id: str, key: str) -> None:
    before = _window(node_id)
    if isinstance(before, Near):
        period = (before.period or Period(amount=7)) if widget(key) else None
        commands.update(node_id, window=before.model_copy(update={"period": period}))


def _store_nearness(node_id: str, base: str) -> None:
    before, period = _window(node_id), chosen_period(base)
    if isinstance(before, Near) and period is not None:
        commands.update(node_id, window=before.model_copy(update={"period": period}))
