"""Columns of values that came with types (Excel, JSON): each gets the one type that keeps all its values, or text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pyarrow as pa

HALF = re.compile("[\ud800-\udfff]")
EXACT = 1 << 53  # whole numbers up to here are exact as floating point

TYPES: tuple[tuple[frozenset[str], pa.DataType], ...] = (
    (frozenset({"whole"}), pa.int64()),
    (frozenset({"whole", "big"}), pa.int64()),
    (frozenset({"big"}), pa.int64()),
    (frozenset({"fraction"}), pa.float64()),
    (frozenset({"whole", "fraction"}), pa.float64()),
    (frozenset({"yes_no"}), pa.bool_()),
    (frozenset({"day"}), pa.date32()),
    (frozenset({"moment"}), pa.timestamp("us")),
    (frozenset({"day", "moment"}), pa.timestamp("us")),
    (frozenset({"list"}), pa.list_(pa.string())),
)
"""Which kinds of values fit together in one type; any other mixture is text."""


class Column:
    """Learns from a column's values which type fits, then converts them."""

    def __init__(self) -> None:
        """Start without any value."""
        self.kinds: set[str] = set()

    @property
    def type(self) -> pa.DataType:
        """The narrowest type that keeps every value as it is."""
        return next((fitting for kinds, fitting in TYPES if self.kinds == kinds), pa.string())

    def learn(self, values: Sequence[object]) -> None:
        """Take values into account."""
        for given in set(map(type, values)) - {type(None)}:
            if given is str:
                if "text" not in self.kinds and any(value for value in values if type(value) is str):
                    self.kinds.add("text")
            elif given is not float or "fraction" not in self.kinds:
                self.kinds.update(_kind(value) for value in values if type(value) is given)

    def array(self, values: Sequence[object]) -> pa.Array:
        """Values, all of which were learnt, as an Arrow array of the column's type."""
        try:
            return self._array(values)
        except UnicodeEncodeError:
            return self._array([_without_halves(value) for value in values])

    def _array(self, values: Sequence[object]) -> pa.Array:
        fitting, given = self.type, set(map(type, values))
        if fitting == pa.string():
            if given <= {str, type(None)}:
                return pa.array([value or None for value in values], fitting)
            return pa.array([text_of(value) for value in values], fitting)
        filled = [None if value == "" else value for value in values] if str in given else values
        if pa.types.is_integer(fitting) and float in given:
            return pa.array([int(value) if isinstance(value, int | float) else None for value in filled], fitting)
        if pa.types.is_list(fitting):
            return pa.array([_texts(value) for value in filled], fitting)
        if pa.types.is_timestamp(fitting) and date in given:
            return pa.array([_moment(value) for value in filled], fitting)
        return pa.array(filled, fitting)


def writable(text: str) -> str:
    """A text in which halves of characters, as a cut emoji leaves them in JSON, are marked as lost."""
    return HALF.sub("\ufffd", text)


def text_of(value: object) -> str | None:
    """A value as people write it: 12 for 12.0, 2024-04-03 for a day; None for an empty one."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, list | dict):
        return writable(json.dumps(value, ensure_ascii=False))
    return str(value)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, int):
        return "whole" if abs(value) <= EXACT else "big" if -(1 << 63) <= value < 1 << 63 else "text"
    if isinstance(value, float):
        return "whole" if value.is_integer() and abs(value) < EXACT else "fraction"
    if isinstance(value, datetime):
        return "moment"
    if isinstance(value, date):
        return "day"
    if isinstance(value, list):
        return "text" if any(isinstance(item, list | dict) for item in value) else "list"
    return "text"


def _without_halves(value: object) -> object:
    if isinstance(value, str):
        return writable(value)
    return [_without_halves(item) for item in value] if isinstance(value, list) else value


def _texts(value: object) -> list[str | None] | None:
    return [text_of(item) for item in value] if isinstance(value, list) else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None  # noqa: DTZ001 - as Excel has it
