"""Round bins of numbers and calendar periods of days and moments, the same for a segment and its base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from segmentation.audience import Audience, quoted
from segmentation.catalogue import Field, Kind
from segmentation.clock import Clock
from segmentation.jobs import QUIET
from segmentation.membership import Membership
from segmentation.plan import Progress
from segmentation.values import COUNTED, JOINED, asked, asked_once, rows_of


@dataclass(frozen=True)
class Bins:
    """Consecutive bins of a field that has an order; one more than the ascending `edges` between them, as stored.

    A bin holds its lower edge and not its upper one. `ticks` are the short forms of `labels`.
    """

    edges: tuple[Any, ...]
    labels: tuple[str, ...]
    ticks: tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """From where to where a field's values are worth drawing; some lie `below` or `above`."""

    low: Any
    high: Any
    below: bool
    above: bool
    whole: bool  # numbers: none has a fraction


def place_in(column: str, edges: Sequence[Any], below: str = "<", name: str = "edge") -> tuple[str, dict[str, Any]]:
    """SQL: how many of the ascending `edges` a value is not `below`, found by halving; with its parameters."""

    def halved(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return (
            f"CASE WHEN {column} {below} ${name}{middle} THEN {halved(low, middle)} ELSE {halved(middle + 1, high)} END"
        )

    place = f"CASE WHEN {column} IS NOT NULL THEN {halved(0, len(edges))} END"
    return place, {f"{name}{number}": edge for number, edge in enumerate(edges)}


def binned(
    audience: Audience, field: Field, members: Membership, edges: Sequence[Any], progress: Progress = QUIET
) -> dict[int | None, tuple[int, int]]:
    """How many people are in each bin between ascending edges, None for no value."""
    place, parameters = place_in("value", edges)
    statement = f"""
        SELECT {place} AS place, {COUNTED}
        FROM (SELECT {quoted(field.name)} AS value FROM people) {JOINED} GROUP BY ALL
    """
    return {place: (n, k) for place, n, k in rows_of(asked(audience, statement, parameters, members, progress))}


def span_of(audience: Audience, field: Field, progress: Progress = QUIET) -> Span | None:
    """Where the values of a number, date or moment lie; None without any.

    The outermost 0.5 % at either side are left out where they would stretch the span by more than half: a slip of the
    pen (age 999, born 1900) must not squeeze everybody else into one bin.
    """
    value = quoted(field.name)
    if field.kind == Kind.NUMBER:
        near, whole, drawn = f"isfinite({value})", f"bool_and({value} = floor({value}))", "true"
    else:  # the years that Python can shift between zones
        near, whole, drawn = "true", "false", f"{value} BETWEEN DATE '0002-01-01' AND DATE '9998-12-31'"
    inner = f"quantile_disc({value}, [0.005, 0.995]) FILTER ({near})"
    statement = f"SELECT min({value}), {inner}, max({value}), {whole} FROM people WHERE {drawn}"
    ((lowest, ends, highest, is_whole),) = asked_once(audience, statement, progress)
    if ends is None:
        return None
    low, high = ends
    reach = (high - low) / 2
    below, above = not low - lowest <= reach, not highest - high <= reach  # so that infinity and NaN are far
    return Span(low if below else lowest, high if above else highest, below, above, bool(is_whole))


def bins_of(audience: Audience, field: Field, most: int, zone: str, progress: Progress = QUIET) -> Bins | None:
    """About `most` bins: round ones of a number, calendar periods of a date or moment (in `zone`); None where there is no value.

    Values far outside (see `span_of`) go into an open bin at the side.
    """
    span = span_of(audience, field, progress)
    if span is None:
        return None
    if field.kind == Kind.NUMBER:
        return _number_bins(span, max(2, most))
    return _time_bins(field.kind, span, max(2, most), zone)


def _floor(value: Decimal, step: Decimal) -> int:
    return int((value / step).to_integral_value(ROUND_FLOOR))


def _number_bins(span: Span, most: int) -> Bins:
    """Steps of 1, 2 or 5 times a power of ten, the smallest that need no more than `most` bins.

    P. Heckbert, “Nice numbers for graph labels”, Graphics Gems (1990), pp. 61–63.
    """
    with localcontext() as context:
        context.prec = 80
        low, high = Decimal(str(span.low)), Decimal(str(span.high))
        smallest = ((high - low) / most).adjusted() if high > low else 0
        steps = (Decimal(digit).scaleb(exponent) for exponent in count(smallest) for digit in (1, 2, 5))
        step = next(
            step for step in steps if _floor(high, step) - _floor(low, step) < most and (step >= 1 or not span.whole)
        )
        marks = [step * place for place in range(_floor(low, step), _floor(high, step) + 2)]
        labels = [_interval(start, end, span.whole) for start, end in pairwise(marks)]
    stored = [
        float(mark) if isinstance(span.low, float) else int(mark) if mark == int(mark) else mark for mark in marks
    ]
    below = (f"under {number_words(marks[0])}", "")
    above = (f"{number_words(marks[-1])} or more", short_number(marks[-1]))
    return _opened(span, stored, [*zip(labels, map(short_number, marks), strict=False)], below, above)


def _interval(start: Decimal, end: Decimal, whole: bool) -> str:
    if whole and end - start == 1:
        return number_words(start)
    if whole:
        return f"{number_words(start)} to {number_words(end - 1)}"
    return f"{number_words(start)} to under {number_words(end)}"


def _opened(
    span: Span, marks: list[Any], names: list[tuple[str, str]], below: tuple[str, str], above: tuple[str, str]
) -> Bins:
    """Bins from all their edges and (label, tick), with an open one at each side where values lie outside."""
    named = [*([below] if span.below else []), *names, *([above] if span.above else [])]
    edges = marks[0 if span.below else 1 : len(marks) if span.above else -1]
    return Bins(tuple(edges), tuple(label for label, _ in named), tuple(tick for _, tick in named))


def number_words(value: float | Decimal) -> str:
    """A number as it is read: 1985, 12.5, 48,000."""
    exact = Decimal(str(value))
    text = f"{exact:,f}" if abs(exact) >= 10_000 else f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short_number(value: float | Decimal) -> str:
    """A number for an axis: 1985, 12.5, 48k, 2.5M."""
    exact = Decimal(str(value))
    for size, letter in ((12, "T"), (9, "B"), (6, "M"), (3, "k")):
        if abs(exact) >= max(10_000, 10**size):
            return number_words(exact.scaleb(-size)) + letter
    return number_words(exact)


MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"day": 1, "week": 7}


def period_starts(first: date, last: date, by: str, times: int = 1) -> list[date]:
    """The first days of all calendar periods (`times` of MONTHS or DAYS) from that of `first` to that of `last`.

    The start of the period after them closes the list. Weeks begin on Monday.
    """
    if by in DAYS:
        days = DAYS[by] * times
        first -= timedelta(days=first.weekday() % days)
        return [first + timedelta(days=step) for step in range(0, (last - first).days + days + 1, days)]
    months = MONTHS[by] * times
    first_month, last_month = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    found = range(first_month - first_month % months, last_month + months + 1, months)
    return [date(min(max(1, month // 12), 9999), month % 12 + 1, 1) for month in found]


def period_name(start: date, by: str, times: int = 1) -> tuple[str, str]:
    """A calendar period in words, and short for an axis."""
    match by:
        case "year":
            return (f"{start.year}" if times == 1 else f"{start.year} to {start.year + times - 1}"), f"{start.year}"
        case "quarter":
            quarter = f"Q{start.month // 3 + 1} {start.year}"
            return quarter, quarter
        case "month":
            return f"{start:%B} {start.year}", f"{start:%b} {start.year}"
        case "week":
            return f"week of {start.day} {start:%B} {start.year}", f"{start.day} {start:%b}"
    return f"{start.day} {start:%B} {start.year}", f"{start.day} {start:%b}"


def stored_day(day: date, kind: Kind, zone: str) -> date | datetime:
    """A day as a column compares with it: its first instant in `zone` where the column holds moments."""
    if kind == Kind.DATE:
        return day
    return Clock(datetime.now(UTC), zone).start_of(day)


def day_of(stored: date | datetime, zone: str) -> date:
    """The calendar day of a stored date or moment, in `zone`."""
    if isinstance(stored, datetime):
        return stored.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    return stored


def _time_bins(kind: Kind, span: Span, most: int, zone: str) -> Bins:
    """Days, months, quarters or 1-2-5 steps of years: the shortest of which no more than `most` (or 24) are needed."""
    first, last = day_of(span.low, zone), day_of(span.high, zone)
    days = [("day", 1)] if (last - first).days < most else []
    years = [("year", digit * 10**exponent) for exponent in range(4) for digit in (1, 2, 5)]
    for by, times in (*days, ("month", 1), ("quarter", 1), *years):
        starts = period_starts(first, last, by, times)
        if len(starts) - 1 <= max(most, 24):
            break
    names = [period_name(start, by, times) for start in starts[:-1]]
    below = (f"before {period_name(starts[0], by)[0]}", "earlier")
    above = (f"{period_name(starts[-1], by)[0]} or later", "later")
    return _opened(span, [stored_day(start, kind, zone) for start in starts], names, below, above)
