"""From an operand as it is saved to the values an operator's SQL takes, or a sentence that says what to enter."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb

from segmentation.catalogue import Kind
from segmentation.clock import CALENDAR_UNITS, Clock
from segmentation.definition import Operand, Period
from segmentation.errors import HandpickError
from segmentation.operators import Comparison, Operator, Shape

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


def pair(value: Operand) -> tuple[object, object]:
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
        with duckdb.connect() as connection:
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
    return {"in_last": (past, now), "in_next": (now, future)}.get(operator, (past,))


def operands(operator: Operator, value: Operand, kind: Kind, clock: Clock) -> tuple[Any, ...]:
    """The values an operator's SQL takes, from the operand as saved; raises HandpickError with what to do."""
    positive = operator.negates or operator.name
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
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise HandpickError("Enter a whole number.")
            return (value,)
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
