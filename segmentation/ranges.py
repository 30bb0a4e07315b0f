"""Comparisons as ranges of whole numbers: what “at least 19.99” means for amounts kept in cents, exactly."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlglot import exp

from segmentation.shapes import Bound

LEAST, MOST = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 stored without zone
_MICROSECOND = timedelta(microseconds=1)
_WHOLE_DOUBLES = 2**53
_FINEST = 22  # decimals: 10 to this power is exact as floating point


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both in; empty where `low` is above `high`."""

    low: int = LEAST
    high: int = MOST

    def __and__(self, other: Range) -> Range:
        return Range(max(self.low, other.low), min(self.high, other.high))


Scale = Callable[[Any], Fraction | int | None]
"""A bound as a number on a column's scale; None where the database compares in another way."""


def scaled(decimals: int) -> Scale:
    """The scale of whole numbers (0) and decimal fractions, kept times 10 to the power of `decimals`."""

    def scale(value: Any) -> Fraction | int | None:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        number = Fraction(value)
        return number * int(10**decimals) if abs(number) <= MOST else None

    return scale


def day_number(value: Any) -> int | None:
    """A day as the number of days since 1970."""
    if isinstance(value, datetime) or not isinstance(value, date):
        return None
    return value.toordinal() - date(1970, 1, 1).toordinal()


def microseconds(value: Any) -> int | None:
    """A moment as microseconds since 1970."""
    if not isinstance(value, datetime) or value.tzinfo is not None:
        return None
    return (value - _EPOCH) // _MICROSECOND


def ordered_double(value: Any) -> int | None:
    """A number as the whole number that stands for its floating point in the same order."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        if abs(value) > _WHOLE_DOUBLES:
            return None
    elif isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        whole = int("".join(map(str, digits)))
        if not isinstance(exponent, int) or not -_FINEST <= exponent <= 0 or whole > _WHOLE_DOUBLES:
            return None
    elif not isinstance(value, float) or math.isnan(value):
        return None
    (bits,) = struct.unpack("<q", struct.pack("<d", float(value) + 0.0))
    return int(bits) if bits >= 0 else int(bits ^ MOST)


def range_of(bound: Bound, scale: Scale) -> Range | None:
    """The values that pass a comparison of one column with bound values; None where it is not such a comparison."""
    return _range(bound.found, bound, scale)


def _range(found: exp.Expr, bound: Bound, scale: Scale) -> Range | None:
    if isinstance(found, exp.Paren):
        return _range(found.this, bound, scale)
    if isinstance(found, exp.Coalesce) and _is_false(found.expressions):
        return _range(found.this, bound, scale)
    if isinstance(found, exp.And):
        left, right = _range(found.left, bound, scale), _range(found.right, bound, scale)
        return None if left is None or right is None else left & right
    if isinstance(found, exp.Not) and isinstance(found.this, exp.Is) and isinstance(found.this.this, exp.Column):
        return Range()  # is known
    if not isinstance(found.this, exp.Column):
        return None
    if isinstance(found, exp.Between):
        low, high = (_number(found.args[end], bound, scale) for end in ("low", "high"))
        return None if low is None or high is None else Range(math.ceil(low), math.floor(high))
    if not isinstance(found, exp.GTE | exp.GT | exp.LTE | exp.LT | exp.EQ):
        return None
    number = _number(found.expression, bound, scale)
    if number is None:
        return None
    if isinstance(found, exp.GTE):
        return Range(low=math.ceil(number))
    if isinstance(found, exp.GT):
        return Range(low=math.floor(number) + 1)
    if isinstance(found, exp.LTE):
        return Range(high=math.floor(number))
    if isinstance(found, exp.LT):
        return Range(high=math.ceil(number) - 1)
    return Range(math.ceil(number), math.floor(number))


def _is_false(expressions: list[exp.Expr]) -> bool:
    return len(expressions) == 1 and isinstance(expressions[0], exp.Boolean) and not expressions[0].this


def _number(found: exp.Expr, bound: Bound, scale: Scale) -> Fraction | int | None:
    if not isinstance(found, exp.Placeholder):
        return None
    return scale(bound.values[found.name])


def moment(since: int) -> datetime | None:
    """Microseconds since 1970 as a moment; None beyond the calendar, where nothing happens."""
    try:
        return datetime(1970, 1, 1) + timedelta(microseconds=since)  # noqa: DTZ001 stored without zone
    except OverflowError:
        return None


def edge(moment: datetime | None, otherwise: int) -> int:
    """An end of a window in microseconds since 1970; `otherwise` where it has none."""
    found = microseconds(moment) if moment is not None else None
    return otherwise if found is None else found


def latest(one: datetime | None, two: datetime | None) -> datetime | None:
    """The later of two moments, as far as there are any."""
    return max((end for end in (one, two) if end is not None), default=None)


def earliest(one: datetime | None, two: datetime | None) -> datetime | None:
    """The earlier of two moments, as far as there are any."""
    return min((end for end in (one, two) if end is not None), default=None)
