"""The events of one name as dense arrays: blocks in the order of time, in each the people's rows in ascending order.

Adding up a block that is sorted by row runs through memory from front to back, which is ten times as fast as jumping.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.audience import Audience, quoted
from segmentation.coding import Coding
from segmentation.columns import BATCH, Dictionaries
from segmentation.packing import Numbers, fitting

BLOCK = 1 << 18
_SECOND = 1_000_000


class Unordered(Exception):
    """The events are not stored in the order that the kernels need."""


@dataclass(frozen=True)
class Block:
    """Up to `BLOCK` events; times are microseconds since 1970, kept as `base` + `unit` × a narrow number."""

    rows: NDArray[np.uint32]
    first: int
    last: int
    unit: int
    since: Numbers

    @property
    def nbytes(self) -> int:
        """Memory."""
        return int(self.rows.nbytes + self.since.nbytes)

    def within(self, start: int, end: int) -> NDArray[np.bool_] | None:
        """Which events lie from `start` (in) to `end` (out); None where all do."""
        if start <= self.first and self.last < end:
            return None
        low = -((self.first - start) // self.unit) if start > self.first else 0
        high = -((self.first - end) // self.unit)  # the first number that is not before the end
        found: NDArray[np.bool_] = self.since >= low
        found &= self.since < high
        return found


@dataclass(frozen=True)
class Happened:
    """All events of one name."""

    blocks: tuple[Block, ...]
    most: int  # of one person

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(block.nbytes for block in self.blocks)


@dataclass(frozen=True)
class Detail:
    """The codes of one detail, block by block as the events stand in them."""

    coding: Coding
    blocks: tuple[Numbers, ...]

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(int(codes.nbytes) for codes in self.blocks) + self.coding.nbytes


def _order(rows: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Rows in ascending order, and the places they come from; those of one person stay in the order of time."""
    keys = (rows.astype(np.uint64) << np.uint64(18)) | np.arange(len(rows), dtype=np.uint64)
    keys.sort()
    return (keys >> np.uint64(18)).astype(np.uint32), (keys & np.uint64(BLOCK - 1)).astype(np.int64)


def _blocks(audience: Audience, name: str, column: str) -> Iterator[tuple[NDArray[np.uint32], Any]]:
    """Rows and a column of the events of one name, in the order of the file, `BLOCK` at a time."""
    cursor = audience.cursor()
    rows: list[NDArray[np.uint32]] = []
    values: list[Any] = []
    waiting, place = 0, None
    try:
        statement = f"SELECT rowid, _row, {column} FROM events WHERE _name = $name"
        for batch in cursor.sql(statement, params={"name": name}).to_arrow_reader(BATCH):
            places = batch.column(0).to_numpy()
            if not len(places):
                continue
            if (place is not None and places[0] != place + 1) or places[-1] - places[0] != len(places) - 1:
                raise Unordered
            place = int(places[-1])
            if not np.array_equal(places, np.arange(places[0], place + 1)):
                raise Unordered
            start = 0
            while start < len(places):
                taken = min(BLOCK - waiting, len(places) - start)
                rows.append(batch.column(1).to_numpy()[start : start + taken])
                values.append(batch.column(2).slice(start, taken))
                waiting += taken
                start += taken
                if waiting == BLOCK:
                    yield np.concatenate(rows), values
                    rows, values, waiting = [], [], 0
    finally:
        cursor.close()
    if rows:
        yield np.concatenate(rows), values


def _narrow(since: NDArray[np.int64]) -> tuple[int, Numbers]:
    """A unit of time and the times in it, exactly."""
    for unit in (_SECOND, 1000):
        if not (since % unit).any():
            return unit, fitting(since // unit)
    return 1, fitting(since)


def load_events(audience: Audience, name: str) -> Happened | None:
    """All events of a name; None where they are not in the order of time."""
    blocks: list[Block] = []
    counts = np.zeros(audience.people, dtype=np.uint32)
    ones = np.ones(BLOCK, dtype=np.uint32)
    try:
        for rows, values in _blocks(audience, name, "_time"):
            times = np.concatenate([part.cast("int64").to_numpy(zero_copy_only=False) for part in values])
            if (np.diff(times) < 0).any() or (blocks and times[0] < blocks[-1].last):
                return None
            first, last = int(times[0]), int(times[-1])
            if last - first < 0 or abs(first) > 2**62 or abs(last) > 2**62:
                return None
            ordered, places = _order(rows)
            unit, since = _narrow(times - first)
            blocks.append(Block(ordered, first, last, unit, since[places]))
            np.add.at(counts, ordered.astype(np.intp), ones[: len(ordered)])
    except Unordered:
        return None
    return Happened(tuple(blocks), int(counts.max(initial=0)))


def load_detail(audience: Audience, dictionaries: Dictionaries, name: str, detail: str, sql_type: str) -> Detail | None:
    """A detail of all events of a name; None where it has no codes."""
    if sql_type.endswith("[]"):
        return None
    coding = dictionaries.coding("events", "_name = $name", detail, sql_type, {"name": name})
    if coding is None:
        return None
    blocks: list[Numbers] = []
    try:
        for rows, values in _blocks(audience, name, quoted(detail)):
            codes = np.concatenate([coding.codes(part) for part in values])
            blocks.append(codes[_order(rows)[1]])
    except Unordered:
        return None
    return Detail(coding, tuple(blocks))
