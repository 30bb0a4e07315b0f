"""The events of one name as dense arrays: blocks in the order of time, in each the people's rows in ascending order.

Adding up a block that is sorted by row runs through memory from front to back, which is ten times as fast as jumping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.audience import Audience, quoted
from segmentation.background import STOPPED
from segmentation.coding import Coding
from segmentation.columns import BATCH, Dictionaries
from segmentation.packing import Numbers, fitting

BLOCK = 1 << 18
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_800_000_000
"""The years 1 to 9999 in microseconds since 1970, which is as far as a window reaches."""


class Unordered(Exception):
    """The events are not stored in the order that the kernels need."""


@dataclass(frozen=True)
class Block:
    """Up to `BLOCK` events that follow one another in the file: the rows of their people, each as the step from the one before.

    Times are microseconds since 1970.
    """

    place: int  # of the first event in the file
    row: int
    steps: Numbers
    first: int
    last: int

    def rows(self) -> NDArray[np.intp]:
        """The people's rows, ascending."""
        found = np.cumsum(self.steps, dtype=np.intp)
        found += self.row
        return found


@dataclass(frozen=True)
class Happened:
    """All events of one name."""

    blocks: tuple[Block, ...]
    most: int  # of one person

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(int(block.steps.nbytes) + 200 for block in self.blocks)


@dataclass(frozen=True)
class Times:
    """When the events of one block happened, as they stand in it."""

    times: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """Memory."""
        return int(self.times.nbytes)


@dataclass(frozen=True)
class Detail:
    """The codes of one detail, block by block as the events stand in them."""

    coding: Coding
    blocks: tuple[Numbers, ...]

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(int(codes.nbytes) for codes in self.blocks) + self.coding.nbytes


def _order(rows: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Rows in ascending order, and the places they come from; by halves, for which NumPy has a sort in linear time."""
    lower = np.argsort((rows & 0xFFFF).astype(np.uint16), kind="stable")
    upper = np.argsort((rows >> 16).astype(np.uint16)[lower], kind="stable")
    places = lower[upper]
    return rows[places], places


def _blocks(
    audience: Audience, name: str, column: str, where: str = "true", bounds: Mapping[str, int] | None = None
) -> Iterator[tuple[int, NDArray[np.uint32], Any]]:
    """The first place in the file, rows and a column of the events of one name, in the order of the file, `BLOCK` at a time."""
    cursor = audience.cursor()
    rows: list[NDArray[np.uint32]] = []
    values: list[Any] = []
    waiting, place = 0, None
    try:
        statement = f"SELECT rowid, _row, {column} FROM events WHERE _name = $name AND {where}"
        for batch in cursor.sql(statement, params={"name": name, **(bounds or {})}).to_arrow_reader(BATCH):
            if STOPPED.is_set():
                raise Unordered
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
                    yield int(places[0]) + start - BLOCK, np.concatenate(rows), values
                    rows, values, waiting = [], [], 0
    finally:
        cursor.close()
    if rows and place is not None:
        yield place + 1 - waiting, np.concatenate(rows), values


def load_events(audience: Audience, name: str) -> Happened | None:
    """All events of a name; None where they are not in the order of time."""
    blocks: list[Block] = []
    counts = np.zeros(audience.people, dtype=np.uint32)
    ones = np.ones(BLOCK, dtype=np.uint32)
    try:
        for place, rows, values in _blocks(audience, name, "_time"):
            times = _microseconds(values)
            if (np.diff(times) < 0).any() or (blocks and times[0] < blocks[-1].last):
                return None
            if times[0] < EARLIEST or times[-1] >= LATEST:
                return None
            ordered = _order(rows)[0]
            steps = fitting(np.diff(ordered, prepend=ordered[:1]))
            block = Block(place, int(ordered[0]), steps, int(times[0]), int(times[-1]))
            blocks.append(block)
            np.add.at(counts, block.rows(), ones[: len(steps)])
    except Unordered:
        return None
    return Happened(tuple(blocks), int(counts.max(initial=0)))


def load_times(audience: Audience, name: str, block: Block) -> Times | None:
    """The times of one block."""
    bounds = {"first": block.place, "end": block.place + len(block.steps)}
    try:
        for _, rows, values in _blocks(audience, name, "_time", "rowid >= $first AND rowid < $end", bounds):
            return Times(_microseconds(values)[_order(rows)[1]])
    except Unordered:
        pass
    return None


def _microseconds(values: list[Any]) -> NDArray[np.int64]:
    return np.concatenate([part.cast("int64").to_numpy(zero_copy_only=False) for part in values])


def load_detail(audience: Audience, dictionaries: Dictionaries, name: str, detail: str, sql_type: str) -> Detail | None:
    """A detail of all events of a name; None where it has no codes."""
    if sql_type.endswith("[]"):
        return None
    coding = dictionaries.coding("events", "_name = $name", detail, sql_type, {"name": name})
    if coding is None:
        return None
    blocks: list[Numbers] = []
    try:
        for _, rows, values in _blocks(audience, name, quoted(detail)):
            codes = np.concatenate([coding.codes(part) for part in values])
            blocks.append(codes[_order(rows)[1]])
    except Unordered:
        return None
    return Detail(coding, tuple(blocks))
