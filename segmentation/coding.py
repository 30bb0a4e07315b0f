"""Codes for the values of a column: places in a sorted dictionary of the different values, or whole numbers in their order.

A condition on the column is asked of the dictionary, by the same SQL, and then looked up; a comparison of numbers, days or
moments is a range. So every answer is the database's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segmentation.packing import Bits, Numbers, bits_chosen, bits_inside, chosen, clipped, inside, runs
from segmentation.ranges import LEAST, MOST, Range, Scale, day_number, microseconds, ordered_double, range_of, scaled
from segmentation.shapes import Bound

MOST_DIFFERENT = 1 << 16


@dataclass(frozen=True)
class Reading:
    """How values of one SQL type become whole numbers in the same order, and bounds with them."""

    scale: Scale
    wholes: Callable[[pa.Array], NDArray[np.int64]]  # anything where the value is missing
    sums: int | None = None  # decimals of numbers whose sums are exact


def _as_int64(values: pa.Array) -> NDArray[np.int64]:
    import pyarrow.compute as pc  # the app's start does without

    return np.asarray(pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), dtype=np.int64)


def _decimals(values: pa.Array) -> NDArray[np.int64]:
    """The low halves of 128-bit numbers, which are all of those with up to 18 digits."""
    halves = np.frombuffer(values.buffers()[1], dtype=np.int64)
    return halves[2 * values.offset : 2 * (values.offset + len(values)) : 2]


def _days(values: pa.Array) -> NDArray[np.int64]:
    return _as_int64(values.cast(pa.int32()))


def _doubles(values: pa.Array) -> NDArray[np.int64]:
    import pyarrow.compute as pc  # the app's start does without

    numbers = pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False) + 0.0
    bits = numbers.view(np.int64)
    ordered = np.where(bits >= 0, bits, bits ^ MOST)
    return np.where(np.isnan(numbers), MOST, ordered)


_WHOLE = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT")


def reading_of(sql_type: str) -> Reading | None:
    """How a column of this type is read as whole numbers; None where it cannot be."""
    if sql_type in _WHOLE:
        return Reading(scaled(0), _as_int64, 0)
    if sql_type.startswith("DECIMAL("):
        width, decimals = map(int, sql_type[len("DECIMAL(") : -1].split(","))
        return Reading(scaled(decimals), _decimals, decimals) if width <= 18 else None
    return {
        "DATE": Reading(day_number, _days),
        "TIMESTAMP": Reading(microseconds, _as_int64),
        "DOUBLE": Reading(ordered_double, _doubles),
    }.get(sql_type)


@dataclass(frozen=True)
class Passing:
    """Which codes pass."""

    found: Range | None = None
    table: NDArray[np.bool_] | None = None  # for each place in the dictionary

    @cached_property
    def _runs(self) -> list[Range]:
        return [] if self.table is None else runs(self.table)

    def bits(self, codes: Numbers) -> Bits:
        """The rows whose code passes, packed."""
        if self.table is not None:
            return bits_chosen(codes, self.table)
        return bits_inside(codes, self.found or Range(1, 0))

    def mask(self, codes: Numbers) -> NDArray[np.bool_]:
        """Which of these codes pass."""
        if self.table is not None:
            return chosen(codes, self.table, self._runs)
        limited = clipped(codes, self.found or Range(1, 0))
        return np.zeros(len(codes), dtype=np.bool_) if limited is None else inside(codes, limited)


Look = Callable[[Bound], NDArray[np.bool_]]
"""Asks the database which places of a dictionary pass a condition."""


@dataclass(frozen=True)
class Dictionary:
    """The different values of a column, sorted, a missing one last; a row's code is its value's place."""

    values: pa.Array
    look: Look
    entries: pa.Array  # as wholes where there is a reading
    reading: Reading | None

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """Memory."""
        return 2 * int(self.entries.nbytes)  # here and in the database

    @property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The type of codes."""
        return np.uint8 if self.size <= 1 << 8 else np.uint16 if self.size <= 1 << 16 else np.uint32

    def codes(self, values: pa.Array) -> Numbers:
        """The codes of values, all of which stand in the dictionary."""
        import pyarrow.compute as pc  # the app's start does without

        found = pc.index_in(_read(self.reading, values), value_set=self.entries, skip_nulls=False)
        return np.asarray(found.to_numpy(zero_copy_only=False)).astype(self.dtype)

    def passing(self, bound: Bound) -> Passing | None:
        """What passes a condition on this column."""
        if self.reading is not None and (found := range_of(bound, self.reading.scale)) is not None:
            found = found & Range()
            if found.low > found.high:
                return Passing()
            known = self.entries.drop_null().to_numpy()
            first, end = np.searchsorted(known, found.low, "left"), np.searchsorted(known, found.high, "right")
            return Passing(Range(int(first), int(end) - 1))
        return Passing(table=self.look(bound))

    @cached_property
    def positive(self) -> bool:
        """Whether no number is below 0."""
        return not len(self.wholes) or int(self.wholes.min()) >= 0

    @property
    def gaps(self) -> bool:
        """Whether some values are missing."""
        return self.known < self.size

    @property
    def known(self) -> int:
        """How many codes stand for a value; the one behind them is that of a missing one."""
        return self.size - int(self.entries.null_count)

    @cached_property
    def wholes(self) -> NDArray[np.int64]:
        """The number of each code, 0 where it is missing."""
        import pyarrow.compute as pc  # the app's start does without

        return np.asarray(pc.fill_null(self.entries, 0).to_numpy(zero_copy_only=False), dtype=np.int64)


def _read(reading: Reading | None, values: pa.Array) -> pa.Array:
    if reading is None:
        return values
    missing = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(reading.wholes(values), pa.int64(), mask=missing)


@dataclass(frozen=True)
class Wholes:
    """Too many different values for a dictionary: a row's code is its value as a whole number of `unit`, `low` - 1 where it is missing.

    `low` and `high` are in this unit, too.
    """

    low: int
    high: int
    reading: Reading
    unit: int = 1
    gaps: bool = True
    nbytes: int = 0

    @property
    def positive(self) -> bool:
        """Whether no number is below 0."""
        return self.low >= 0

    @property
    def possible(self) -> bool:
        """Whether there is a code for a missing value."""
        return self.low > LEAST

    @property
    def dtype(self) -> type[np.integer[Any]]:
        """The narrowest type of codes."""
        for kind in (np.int8, np.int16, np.int32):
            if np.iinfo(kind).min < self.low and self.high <= np.iinfo(kind).max:
                return kind
        return np.int64

    def codes(self, values: pa.Array) -> Numbers:
        """The codes of values between `low` and `high`."""
        missing = values.is_null().to_numpy(zero_copy_only=False)
        return np.where(missing, self.low - 1, self.reading.wholes(values) // self.unit).astype(self.dtype)

    def passing(self, bound: Bound) -> Passing | None:
        """What passes a comparison with bound values; None where the condition is another."""
        found = range_of(bound, self.reading.scale)
        if found is None:
            return None
        return Passing(Range(-(-found.low // self.unit), found.high // self.unit) & Range(self.low, self.high))


Coding = Dictionary | Wholes


def dictionary_of(values: pa.Array, reading: Reading | None, look: Look) -> Dictionary:
    """The dictionary of different values as the database sorts them, a missing one last."""
    return Dictionary(values, look, _read(reading, values), reading)


def packed(coding: Coding) -> tuple[dict[str, Any], list[Numbers]]:
    """A coding as facts and arrays for a file, from which `Dictionaries.unpacked` makes it anew."""
    if isinstance(coding, Wholes):
        return {"low": coding.low, "high": coding.high, "unit": coding.unit, "arrays": 0}, []
    stream = pa.BufferOutputStream()
    table = pa.table({"value": coding.values})
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return {"arrays": 1}, [np.frombuffer(stream.getvalue(), dtype=np.uint8)]
