"""The events of one name as dense arrays: blocks in the order of time, in each the people's rows in ascending order.

Adding up a block that is sorted by row runs through memory from front to back, which is ten times as fast as jumping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.audience import Audience, numbered, quoted
from segmentation.background import STOPPED
from segmentation.coding import Coding, packed
from segmentation.columns import BATCH, SECOND, Dictionaries, Unpack
from segmentation.packing import Numbers, clipped, fitting, inside
from segmentation.ranges import Range
from segmentation.saved import Saved

LARGEST_BLOCK, SMALLEST_BLOCK = 1 << 20, 1 << 16
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_800_000_000
"""The years 1 to 9999 in microseconds since 1970, which is as far as a window reaches."""


class Unordered(Exception):
    """The events are not stored in the order that the kernels need."""


@dataclass(frozen=True)
class Block:
    """Events that follow one another in the file: the rows of their people, each as the step from the one before.

    The first `middle` of them are those of the first half of all people; `rows` are where the steps of each half start from.
    `first` and `last` are microseconds since 1970; a time is `first` and so many `unit`s of microseconds.
    """

    rows: tuple[int, int]
    middle: int
    steps: Numbers
    first: int
    last: int
    unit: int
    times: Numbers

    def half(self, number: int) -> slice:
        """The events of the people's first (0) or second (1) half."""
        return slice(self.middle) if number == 0 else slice(self.middle, len(self.steps))

    def within(self, start: int, end: int, among: slice) -> NDArray[np.bool_]:
        """Which of some events happened from `start` (in) to `end` (out), microseconds since 1970."""
        times = self.times[among]
        low, high = (-(-(edge - self.first) // self.unit) for edge in (start, end))
        limited = clipped(times, Range(low, high - 1)) if low < high else None
        return np.zeros(len(times), dtype=np.bool_) if limited is None else inside(times, limited)

    @property
    def facts(self) -> list[int]:
        """What is not an array."""
        return [*self.rows, self.middle, self.first, self.last, self.unit]


@dataclass(frozen=True)
class Happened:
    """All events of one name."""

    blocks: tuple[Block, ...]
    most: int  # of one person

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(int(block.steps.nbytes + block.times.nbytes) + 200 for block in self.blocks)

    def save(self, saved: Saved, key: Sequence[str]) -> None:
        """Keep them in a file."""
        facts = [block.facts for block in self.blocks]
        arrays = [array for block in self.blocks for array in (block.steps, block.times)]
        saved.write(key, {"blocks": facts, "most": self.most}, arrays)

    @staticmethod
    def restored(saved: Saved, key: Sequence[str]) -> Happened | None:
        """Those of a file."""
        found = saved.read(key)
        if found is None:
            return None
        facts, arrays = found
        pairs = zip(facts["blocks"], arrays[::2], arrays[1::2], strict=True)
        blocks = (
            Block((one, two), middle, steps, first, last, unit, times)
            for (one, two, middle, first, last, unit), steps, times in pairs
        )
        return Happened(tuple(blocks), facts["most"])


@dataclass(frozen=True)
class Detail:
    """The codes of one detail, block by block as the events stand in them."""

    coding: Coding
    blocks: tuple[Numbers, ...]

    @property
    def nbytes(self) -> int:
        """Memory."""
        return sum(int(codes.nbytes) for codes in self.blocks) + self.coding.nbytes

    def save(self, saved: Saved, key: Sequence[str]) -> None:
        """Keep it in a file."""
        facts, arrays = packed(self.coding)
        saved.write(key, facts, [*arrays, *self.blocks])

    @staticmethod
    def restored(saved: Saved, key: Sequence[str], unpack: Unpack) -> Detail | None:
        """That of a file."""
        found = saved.read(key)
        return None if found is None else Detail(*unpack(*found))


def in_order(rows: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Rows in ascending order, and the places they come from; by halves, for which NumPy has a sort in linear time."""
    lower = np.argsort((rows & 0xFFFF).astype(np.uint16), kind="stable")
    upper = np.argsort((rows >> 16).astype(np.uint16)[lower], kind="stable")
    places = lower[upper]
    return rows[places], places


def _length(people: int) -> int:
    """Events of a block: the more people, the more, so that adding it up goes through neighbouring rows."""
    return max(SMALLEST_BLOCK, min(LARGEST_BLOCK, 1 << (people // 8).bit_length()))


def _blocks(audience: Audience, name: str, column: str) -> Iterator[tuple[NDArray[np.uint32], Any]]:
    """The rows and a column of the events of one name, in the order of the file, block by block."""
    length = _length(audience.people)
    cursor = audience.cursor()
    rows: list[NDArray[np.uint32]] = []
    values: list[Any] = []
    waiting, place = 0, None
    try:
        events, place_of = numbered("events", [known.name for known in audience.catalogue.properties], "_name = $name")
        statement = f"SELECT {place_of}, _row, {column} FROM {events}"
        for batch in cursor.sql(statement, params={"name": name}).to_arrow_reader(BATCH):
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
                taken = min(length - waiting, len(places) - start)
                rows.append(batch.column(1).to_numpy()[start : start + taken])
                values.append(batch.column(2).slice(start, taken))
                waiting += taken
                start += taken
                if waiting == length:
                    yield np.concatenate(rows), values
                    rows, values, waiting = [], [], 0
    finally:
        cursor.close()
    if rows:
        yield np.concatenate(rows), values


def load_events(audience: Audience, name: str) -> Happened | None:
    """All events of a name; None where they are not in the order of time."""
    blocks: list[Block] = []
    counts = np.zeros(audience.people, dtype=np.uint32)
    half = audience.people // 2
    try:
        for rows, values in _blocks(audience, name, "_time"):
            times = _microseconds(values)
            first, last = int(times[0]), int(times[-1])
            if (np.diff(times) < 0).any() or (blocks and first < blocks[-1].last):
                return None
            if first < EARLIEST or last >= LATEST:
                return None
            ordered, places = in_order(rows)
            np.add.at(counts, ordered, np.uint32(1))
            middle = int(np.searchsorted(ordered, half))
            since = times[places] - first
            unit = SECOND if not (since % SECOND).any() else 1
            starts = int(ordered[0]), int(ordered[max(middle - 1, 0)])
            steps = fitting(np.diff(ordered, prepend=ordered[:1]))
            blocks.append(Block(starts, middle, steps, first, last, unit, fitting(since // unit)))
    except Unordered:
        return None
    return Happened(tuple(blocks), int(counts.max(initial=0)))


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
        for rows, values in _blocks(audience, name, quoted(detail)):
            codes = np.concatenate([coding.codes(part) for part in values])
            blocks.append(codes[in_order(rows)[1]])
    except Unordered:
        return None
    return Detail(coding, tuple(blocks))
