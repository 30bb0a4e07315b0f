"""A number for each person over blocks of events: how many, their total, the smallest, the largest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from segmentation import machine
from segmentation.coding import Dictionary
from segmentation.happened import Detail, Happened
from segmentation.measures import MeasureFunction
from segmentation.packing import Numbers
from segmentation.ranges import LEAST, MOST, Range, Scale, edge, scaled
from segmentation.shapes import Bound, EventShape

Mask = NDArray[np.bool_]
Test = Callable[[int, slice], Mask]
"""Which of some events of a block, by its number, pass."""
_MOST_SUM = 2**62


@dataclass(frozen=True)
class Filter:
    """What an event has to be like."""

    test: Test

    @staticmethod
    def of(where: Bound, detail: Callable[[str], Detail | None]) -> Filter | None:
        """A filter from an SQL condition that is true or false, never unknown; None where only SQL can tell."""
        test = _test(where.found, where, detail)
        return None if test is None else Filter(test)


def _test(found: exp.Expr, where: Bound, detail: Callable[[str], Detail | None]) -> Test | None:
    names = {column.name for column in found.find_all(exp.Column) if column.table == "events"}
    if len(names) == 1:
        looked_at = detail(names.pop())
        passing = looked_at.coding.passing(where.part(found)) if looked_at is not None else None
        if looked_at is None or passing is None:
            return None
        blocks = looked_at.blocks
        return lambda number, among: passing.mask(blocks[number][among])
    if isinstance(found, exp.Paren):
        return _test(found.this, where, detail)
    if isinstance(found, exp.Not):
        test = _test(found.this, where, detail)
        return None if test is None else lambda number, among: ~test(number, among)
    if isinstance(found, exp.And | exp.Or):
        left, right = _test(found.left, where, detail), _test(found.right, where, detail)
        if left is None or right is None:
            return None
        join: Any = np.logical_and if isinstance(found, exp.And) else np.logical_or
        return lambda number, among: join(left(number, among), right(number, among))
    return None


@dataclass(frozen=True)
class Some:
    """Events of one block and of one half of the people; `mask` tells those that match (None: all)."""

    number: int
    among: slice
    row: int
    steps: Numbers
    mask: Mask | None


@dataclass(frozen=True)
class Part:
    """The events of one name, how they are filtered, and the detail that is measured."""

    happened: Happened
    where: Filter | None
    weights: Detail | None

    def matching(self, start: int, end: int, half: int) -> Iterator[Some]:
        """The events of one half of the people, 0 or 1, in the blocks that reach into a window."""
        for number, block in enumerate(self.happened.blocks):
            if block.last < start or block.first >= end:
                continue
            among = block.half(half)
            whole = start <= block.first and block.last < end
            mask = None if whole else block.within(start, end, among)
            if self.where is not None:
                passing = self.where.test(number, among)
                mask = passing if mask is None else np.logical_and(mask, passing)
            yield Some(number, among, block.rows[half], block.steps[among], mask)


def compared(shape: EventShape, parts: list[Part]) -> tuple[Scale | None, Range]:
    """The scale of the number that is compared, and the range of those who have one."""
    match shape.function:
        case MeasureFunction.COUNT:
            return scaled(0), Range()
    readings = [part.weights.coding.reading for part in parts if part.weights is not None]
    if not readings or any(reading is None for reading in readings) or readings[0] is None:
        return None, Range()
    if shape.function == MeasureFunction.SUM:
        decimals = readings[0].sums
        return (scaled(decimals), Range()) if decimals is not None else (None, Range())
    if shape.function in (MeasureFunction.MINIMUM, MeasureFunction.MAXIMUM):
        return readings[0].scale, Range(LEAST + 1, MOST - 1)
    return None, Range()


def added(shape: EventShape, parts: list[Part], people: int) -> Numbers | None:
    """The number of each person, 0 without an event (for the smallest `MOST`, for the largest `LEAST`).

    None where it could not be exact.
    """
    start, end = reach(shape)
    match shape.function:
        case MeasureFunction.COUNT:
            return _counts(parts, start, end, people)
        case MeasureFunction.SUM:
            return _sums(parts, start, end, people)
        case MeasureFunction.MINIMUM:
            return _extremes(parts, start, end, np.full(people, MOST), np.minimum)
        case MeasureFunction.MAXIMUM:
            return _extremes(parts, start, end, np.full(people, LEAST), np.maximum)
    return None


def reach(shape: EventShape) -> tuple[int, int]:
    """A window's first instant (in) and last (out) in microseconds since 1970."""
    return edge(shape.start, LEAST), edge(shape.end, MOST)


Pieces = list[tuple[int, int]]


def difference(old: tuple[int, int], new: tuple[int, int]) -> tuple[Pieces, Pieces] | None:
    """What a window has that another does not have, and what it lacks; None where they have nothing in common."""
    (old_start, old_end), (start, end) = old, new
    if start >= old_end or end <= old_start:
        return None
    more = [piece for piece in ((start, old_start), (old_end, end)) if piece[0] < piece[1]]
    less = [piece for piece in ((old_start, start), (end, old_end)) if piece[0] < piece[1]]
    return more, less


def events_in(parts: list[Part], pieces: Pieces) -> int:
    """How many events stand in the blocks that reach into a window's pieces."""
    return sum(
        len(block.steps)
        for part in parts
        for block in part.happened.blocks
        for start, end in pieces
        if block.last >= start and block.first < end
    )


def moved(function: MeasureFunction, numbers: Numbers, parts: list[Part], more: Pieces, less: Pieces) -> Numbers | None:
    """Counts or totals of another window from those of one that overlaps it; None where it could not be exact."""
    found = numbers.copy()
    if function == MeasureFunction.COUNT:
        for sign, pieces in ((1, more), (-1, less)):
            for start, end in pieces:
                _count_into(found, parts, start, end, sign)
        return found
    if function != MeasureFunction.SUM or found.dtype != np.uint32:
        return None
    total = int(np.add.reduce(numbers, dtype=np.uint64))
    for sign, pieces in ((1, more), (-1, less)):
        for start, end in pieces:
            change = _summed(parts, start, end, found, sign)
            if change is None:
                return None
            total += sign * change
    return found if int(np.add.reduce(found, dtype=np.uint64)) == total else None


def _counts(parts: list[Part], start: int, end: int, people: int) -> Numbers:
    """In the narrowest type that holds all events of any one person."""
    found = np.zeros(people, dtype=np.min_scalar_type(sum(part.happened.most for part in parts)))
    _count_into(found, parts, start, end, 1)
    return found


def _count_into(found: Numbers, parts: list[Part], start: int, end: int, sign: int) -> None:
    loops = machine.fetch()

    def count(half: int) -> None:
        for part in parts:
            for some in part.matching(start, end, half):
                if some.mask is None:
                    loops.counted(found, some.row, some.steps, sign)
                else:
                    loops.counted_some(found, some.row, some.steps, some.mask, sign)

    machine.halves(count)


def _weights(detail: Detail, some: Some) -> NDArray[np.int64]:
    """What each event adds; 0 where it is missing."""
    codes, coding = detail.blocks[some.number][some.among], detail.coding
    if isinstance(coding, Dictionary):
        return coding.wholes[codes]
    weights = codes.astype(np.int64)
    if coding.gaps:
        weights[~_known(detail, some)] = 0
    return weights


def _known(detail: Detail, some: Some) -> Mask:
    codes, coding = detail.blocks[some.number][some.among], detail.coding
    known: Mask = codes < coding.known if isinstance(coding, Dictionary) else codes >= coding.low
    return known


def _sums(parts: list[Part], start: int, end: int, people: int) -> Numbers | None:
    """In 32 bits first: where no number is negative, a total that has run over its end shows in the total of all."""
    if all(part.weights is not None and part.weights.coding.positive for part in parts):
        found = np.zeros(people, dtype=np.uint32)
        total = _summed(parts, start, end, found)
        if total is None or int(np.add.reduce(found, dtype=np.uint64)) == total:
            return None if total is None else found
    large = np.zeros(people, dtype=np.int64)
    return None if _summed(parts, start, end, large) is None else large


def _summed(parts: list[Part], start: int, end: int, found: Numbers, sign: int = 1) -> int | None:
    """Add to the number of each person (or take from it), and return all together; None where it could run over its end."""
    loops = machine.fetch()

    def add(half: int) -> int | None:
        total = most = 0
        for part in parts:
            if part.weights is None:
                return None
            for some in part.matching(start, end, half):
                weights = _weights(part.weights, some)
                if some.mask is not None:
                    weights *= some.mask
                most += len(weights) * max(abs(int(weights.min(initial=0))), abs(int(weights.max(initial=0))))
                if most > _MOST_SUM:
                    return None
                total += int(weights.sum())
                weights *= sign
                loops.summed(found, some.row, some.steps, weights)
        return total

    one, two = machine.halves(add)
    return None if one is None or two is None else one + two


def _extremes(parts: list[Part], start: int, end: int, found: NDArray[np.int64], extreme: np.ufunc) -> Numbers | None:
    for part in parts:
        for some in (*part.matching(start, end, 0), *part.matching(start, end, 1)):
            if part.weights is None:
                return None
            known = _known(part.weights, some)
            mask = known if some.mask is None else np.logical_and(some.mask, known)
            values = _weights(part.weights, some)[mask]
            if len(values) and not LEAST < int(values.min()) <= int(values.max()) < MOST:
                return None
            places = np.cumsum(some.steps, dtype=np.intp)[mask]
            places += some.row
            extreme.at(found, places, values)
    return found
