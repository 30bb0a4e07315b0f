"""From an operand as it is saved to the values an operator's SQL takes, or a sentence that says what to enter."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb

from segmentation.catalogue import Kind
from segmentation.clock import CALENDAR_UNITS, Clock
from segmentation.definition import Operand, Period, Span
from segmentation.errors import HandpickError
from segmentation.operators import Comparison, Operator, Shape
from segmentation.scratch import scratch
from segmentation.windows import CalendarPeriod

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
EXACT, FINEST = 10**22, 9
"""Whole numbers below `EXACT` and fractions of so many decimals are bound exactly, the others as floating point.

With these a sum or count of ten thousand million values still fits DuckDB's widest type, so that no comparison can fail.
"""


def number(value: object) -> int | float | Decimal:
    """A JSON number as it is bound: decimal fractions exactly as written; raises HandpickError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise HandpickError("Enter a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise HandpickError("Enter a number.")
    if isinstance(value, int) or value.is_integer():
        if abs(value) >= 10**37:
            raise HandpickError("This number is too large.")
        return int(value) if abs(value) < EXACT else float(value)
    exact = Decimal(repr(value))
    exponent = exact.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -FINEST and abs(value) < 1e18
    return exact if fits else value


def pair(value: object) -> tuple[object, object]:
    if not isinstance(value, tuple) or len(value) != 2 or value[0] is None or value[1] is None:
        raise HandpickError("Enter both ends.")
    return value[0], value[1]


def _day(value: object) -> date:
    if not isinstance(value, str) or not value:
        raise HandpickError("Choose a day.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise HandpickError(f"“{value}” is not a day; write it like 2026-03-31.") from None


def _texts(value: Operand) -> tuple[str, ...]:
    if not isinstance(value, tuple) or not value:
        raise HandpickError("Choose at least one value.")
    texts = tuple(item for item in value if isinstance(item, str))
    if len(texts) != len(value):
        raise HandpickError("Every value must be a text.")
    return texts


def _text(value: Operand) -> str:
    if not isinstance(value, str) or not value:
        raise HandpickError("Enter a text.")
    return value


@lru_cache(maxsize=1000)
def _pattern_fault(pattern: str) -> str:
    """What DuckDB has against a regular expression, "" for nothing."""
    try:
        with scratch() as connection:
            connection.execute("SELECT regexp_matches('', $pattern)", {"pattern": pattern})
    except duckdb.Error as error:
        return str(error).splitlines()[0].split(": ", 1)[-1]
    return ""


def _pattern(value: Operand) -> str:
    pattern = _text(value)
    if fault := _pattern_fault(pattern):
        raise HandpickError(f"The pattern “{pattern}” cannot be read ({fault}).")
    return pattern


def _period(value: Operand, kind: Kind) -> Period:
    if not isinstance(value, Period):
        raise HandpickError("Enter a length of time.")
    if kind == Kind.DATE and value.unit not in CALENDAR_UNITS:
        raise HandpickError("This date has no clock: use days, weeks, months or years.")
    return value


def _days(first: date, last: date, kind: Kind, clock: Clock) -> tuple[Any, Any]:
    """Whole days as the column stores them: dates both in, moments half-open."""
    return (first, last) if kind == Kind.DATE else (clock.start_of(first), clock.end_of(last))


def _periods(operator: str, period: Period, kind: Kind, clock: Clock) -> tuple[Any, ...]:
    past: date | datetime
    if kind == Kind.DATE:
        now: date | datetime = clock.today
        past, future = clock.day_shifted(period, -1), clock.day_shifted(period, 1)
    else:
        now = clock.instant
        past, future = clock.shifted(period, -1), clock.shifted(period, 1)
    return {"in_last": (past, now), "in_next": (now, future), "more_than_ahead": (future,)}.get(operator, (past,))


def span(value: Operand, kind: Kind) -> Span:
    """Two times ago, checked."""
    if not isinstance(value, Span):
        raise HandpickError("Enter two lengths of time.")
    if kind == Kind.DATE and value.unit not in CALENDAR_UNITS:
        raise HandpickError("This date has no clock: use days, weeks, months or years.")
    if value.nearest >= value.farthest:
        raise HandpickError(
            f"“Between {value.nearest} and {value.farthest} {value.unit} ago” is empty: the second number has to be larger."
        )
    return value


def _span(value: Operand, kind: Kind, clock: Clock) -> tuple[Any, Any]:
    found = span(value, kind)
    shift = clock.day_shifted if kind == Kind.DATE else clock.shifted
    return shift(Period(amount=found.farthest, unit=found.unit), -1), shift(
        Period(amount=found.nearest, unit=found.unit), -1
    )


def _calendar(value: Operand) -> CalendarPeriod:
    try:
        return CalendarPeriod(str(value))
    except ValueError:
        known = ", ".join(period.value for period in CalendarPeriod)
        raise HandpickError(
            "Choose a day, week, month, quarter or year."
            if value is None
            else f"There is no period “{value}”. Possible: {known}."
        ) from None


def times(start: object, end: object, clock: Clock) -> tuple[datetime | None, datetime | None]:
    """Two instants, `None` where one is left out; raises HandpickError."""
    found: list[datetime | None] = []
    for text in (start, end):
        try:
            found.append(None if text is None or text == "" else clock.stored(str(text)))
        except ValueError:
            raise HandpickError(f"“{text}” is not a date and time; write it like 2026-03-31T14:30.") from None
    first, last = found
    if first is not None and last is not None and first >= last:
        raise HandpickError("The first time is not before the second; swap them.")
    return first, last


def _names(value: Operand, known: list[str], what: str) -> tuple[int, ...]:
    """Names as their numbers from 1."""
    chosen = _texts(value)
    for name in chosen:
        if name.lower() not in known:
            raise HandpickError(f"“{name}” is not a {what}. Possible: {', '.join(known)}.")
    return tuple(sorted({known.index(name.lower()) + 1 for name in chosen}))


def _hours(value: Operand) -> tuple[int, int]:
    """The first hour, and how many hours follow it."""
    ends = []
    for end in pair(value):
        if isinstance(end, bool) or not isinstance(end, int) or not 0 <= end <= 23:
            raise HandpickError("Hours are whole numbers from 0 to 23.")
        ends.append(end)
    return ends[0], (ends[1] - ends[0]) % 24


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise HandpickError("Enter a whole number.")
    return min(value, 10**18)


def _ages(youngest: int, oldest: int | None, kind: Kind, clock: Clock) -> tuple[Any, Any]:
    """From (in) and to (out) of the births of those whose age in full years lies between two, both in."""
    edge = (
        (lambda day: min(day, date.max - timedelta(days=1)) + timedelta(days=1)) if kind == Kind.DATE else clock.end_of
    )
    beginning: Any = date.min if kind == Kind.DATE else clock.start_of(date.min)
    last = clock.born(min(youngest, 10_000))
    before = clock.born(min(oldest, 10_000) + 1) if oldest is not None else None
    return beginning if before is None else edge(before), beginning if last is None else edge(last)


def _wholes(operator: str, value: int, kind: Kind, clock: Clock) -> tuple[Any, ...]:
    if operator in ("anniversary_in_next", "anniversary_in_last"):
        days = clock.anniversaries(value, 1 if operator == "anniversary_in_next" else -1)
        return (days, clock.zone) if kind == Kind.MOMENT else (days,)
    if operator == "age_at_least":
        return _ages(value, None, kind, clock)
    if operator == "age_at_most":
        return _ages(0, value, kind, clock)
    return (value,)


def _languages(value: Operand) -> tuple[str, ...]:
    codes = _texts(value)
    for code in codes:
        if not (code.isalpha() and code.isascii() and 2 <= len(code) <= 3):
            raise HandpickError(f"“{code}” is not the code of a language; write it like de or en.")
    return codes


def operands(operator: Operator, value: Operand, kind: Kind, clock: Clock) -> tuple[Any, ...]:
    """The values an operator's SQL takes, from the operand as saved; raises HandpickError with what to do."""
    positive = operator.negates or operator.name
    zone = (clock.zone,) if kind == Kind.MOMENT else ()  # for what is read off a clock on the wall
    match operator.shape:
        case Shape.NOTHING:
            return ()
        case Shape.TEXT:
            return (_text(value),)
        case Shape.TEXTS:
            return (_texts(value),)
        case Shape.PATTERN:
            return (_pattern(value),)
        case Shape.NUMBER:
            return (number(value),)
        case Shape.WHOLE:
            return _wholes(positive, _whole(value), kind, clock)
        case Shape.YEARS:
            youngest, oldest = (_whole(end) for end in pair(value))
            if youngest > oldest:
                raise HandpickError(f"The first number ({youngest}) is above the second ({oldest}); swap them.")
            return _ages(youngest, oldest, kind, clock)
        case Shape.SPAN:
            return _span(value, kind, clock)
        case Shape.CALENDAR:
            return _days(*clock.calendar(_calendar(value)), kind, clock)
        case Shape.TIMES:
            return pair(times(*pair(value), clock))
        case Shape.WEEKDAYS:
            return (_names(value, WEEKDAYS, "day of the week"), *zone)
        case Shape.MONTHS:
            return (_names(value, MONTHS, "month"), *zone)
        case Shape.HOURS:
            return (*_hours(value), *zone)
        case Shape.LANGUAGES:
            return (_languages(value),)
        case Shape.FIELD:
            raise AssertionError("another field is no value")
        case Shape.NUMBERS:
            low, high = (number(end) for end in pair(value))
            if low > high:
                raise HandpickError(f"The first number ({low}) is above the second ({high}); swap them.")
            return (low, high)
        case Shape.DAY:
            day = _day(value)
            first, last = _days(day, day, kind, clock)
            return {"on": (first, last), "after": (last,)}.get(positive, (first,))
        case Shape.DAYS:
            first_day, last_day = (_day(end) for end in pair(value))
            if first_day > last_day:
                raise HandpickError("The first day is after the second; swap them.")
            return _days(first_day, last_day, kind, clock)
        case Shape.PERIOD:
            return _periods(positive, _period(value, kind), kind, clock)


def bounds(comparison: Comparison, value: Operand) -> tuple[Any, ...]:
    """The numbers an event measure is compared with; raises HandpickError with what to do."""
    if comparison.shape == Shape.NOTHING:
        return (0,)
    if comparison.shape == Shape.NUMBER:
        return (number(value),)
    low, high = (number(end) for end in pair(value))
    if low > high:
        raise HandpickError(f"The first number ({low}) is above the second ({high}); swap them.")
    return (low, high)
