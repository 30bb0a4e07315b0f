"""Chains of events answered without SQL: the events of each step gathered, then each person's looked through in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segmentation import machine
from segmentation.adding import Filter
from segmentation.coding import Dictionary
from segmentation.happened import Detail, Happened, in_order
from segmentation.membership import Membership
from segmentation.plan import Progress
from segmentation.ranges import LEAST, MOST, edge
from segmentation.shapes import ChainShape, StepShape

SPARSE = 20  # people for an event
MOST_LOOKS = 2_000_000_000
MOST_EVENTS = 8_000_000  # of a step at a time


@dataclass(frozen=True)
class Source:
    """The events of one name for a step, and the details that have to be the same."""

    happened: Happened
    where: Filter | None
    details: dict[str, Detail]


Sources = Callable[[StepShape, frozenset[str]], list[Source] | None]
"""What a step is gathered from, with these details; None where something is not there."""


@dataclass(frozen=True)
class _Events:
    """The events of a step by row and time; `values` are places in the dictionaries of details, name by name."""

    rows: NDArray[np.uint32]
    times: NDArray[np.int64]
    codes: dict[str, NDArray[np.int64]]


def chain(shape: ChainShape, sources: Sources, people: int, progress: Progress) -> Membership | None:
    """Who has such a chain; None where SQL has to tell. Raises `Cancelled` where `progress` does."""
    before = _before(shape.steps)
    wanted = [set(step.same) for step in shape.steps]
    for step, previous in zip(shape.steps, before, strict=True):
        wanted[previous] |= set(step.same)
    found: list[list[Source]] = []
    for step, names in zip(shape.steps, wanted, strict=True):
        of = sources(step, frozenset(names))
        if of is None:
            return None
        found.append(of)
    dictionaries = {name: _values(name, found) for name in frozenset().union(*wanted)}
    if any(values is None for values in dictionaries.values()):
        return None
    bits = np.zeros((people + 7) // 8, dtype=np.uint8)
    looking = _Looking(shape, before, found, dictionaries, people, progress)
    return Membership(bits, people) if looking.mark(bits, 0, people) else None


@dataclass(frozen=True)
class _Looking:
    """Everything that is looked through."""

    shape: ChainShape
    before: list[int]
    sources: list[list[Source]]
    dictionaries: dict[str, pa.Array]
    people: int
    progress: Progress

    def mark(self, found: NDArray[np.uint8], low: int, high: int) -> bool:
        """Set the bits of those from row `low` (in) to `high` (out) who have a chain; False where SQL has to tell.

        Of too many events half the people are looked at at a time, so that they fit in memory.
        """
        self.progress("Counting")
        here: NDArray[np.bool_] | None = None
        gathered: list[_Events] = []
        for step, sources in zip(self.shape.steps, self.sources, strict=True):
            start, end = edge(self.shape.start, LEAST), edge(self.shape.now if step.absent else self.shape.end, MOST)
            events = _gathered(sources, start, end, self.dictionaries, here, (low, high))
            if events is None:
                middle = (low + high) // 2
                return middle > low and self.mark(found, low, middle) and self.mark(found, middle, high)
            gathered.append(events)
            if here is None:
                here = np.zeros(self.people, dtype=np.bool_)
                here[events.rows] = True
        return _looked(self.shape.steps, self.before, gathered, self.dictionaries, found)


def _before(steps: tuple[StepShape, ...]) -> list[int]:
    """For each step the one that it follows; the first follows itself."""
    found, last = [], 0
    for place, step in enumerate(steps):
        found.append(last)
        if not step.absent:
            last = place
    return found


def _values(name: str, found: list[list[Source]]) -> pa.Array | None:
    """All known values of a detail in all steps; None where they are not comparable as they are."""
    import pyarrow.compute as pc  # the app's start does without

    codings = [source.details[name].coding for of in found for source in of if name in source.details]
    values = []
    for coding in codings:
        if not isinstance(coding, Dictionary) or pa.types.is_floating(coding.values.type):
            return None
        values.append(coding.values.drop_null())
    return pc.unique(pa.concat_arrays(values)) if values else pa.nulls(0)


def _gathered(
    sources: list[Source],
    start: int,
    end: int,
    dictionaries: dict[str, pa.Array],
    here: NDArray[np.bool_] | None,
    limits: tuple[int, int],
) -> _Events | None:
    """The events of a step between two instants, of the people in `here` and of some rows; None where there are too many."""
    import pyarrow.compute as pc  # the app's start does without

    rows: list[NDArray[np.uint32]] = []
    times: list[NDArray[np.int64]] = []
    codes: dict[str, list[NDArray[np.int64]]] = {}
    every = slice(None)
    for source in sources:
        places = {
            name: pc.fill_null(pc.index_in(detail.coding.values, value_set=dictionaries[name]), -1).to_numpy()
            for name, detail in source.details.items()
            if isinstance(detail.coding, Dictionary)
        }
        for number, block in enumerate(source.happened.blocks):
            if block.last < start or block.first >= end:
                continue
            of = np.cumsum(block.steps, dtype=np.uint32)
            of += np.uint32(block.rows[0])
            among = slice(*(int(place) for place in np.searchsorted(of, limits)))
            mask = block.within(start, end, among)
            if source.where is not None:
                np.logical_and(mask, source.where.test(number, among), out=mask)
            chosen = np.flatnonzero(mask) + among.start
            of = of[chosen]
            if here is not None:
                kept = here[of]
                chosen, of = chosen[kept], of[kept]
            rows.append(of)
            times.append(block.times[chosen].astype(np.int64) * block.unit + block.first)
            for name, places_of in places.items():
                codes.setdefault(name, []).append(places_of[source.details[name].blocks[number][chosen]])
            if sum(map(len, rows)) > MOST_EVENTS:
                return None
    if not rows:
        empty = np.zeros(0, dtype=np.int64)
        return _Events(empty.astype(np.uint32), empty, dict.fromkeys(dictionaries, empty))
    together, when = np.concatenate(rows), np.concatenate(times)
    by_time = np.argsort(when, kind="stable") if len(sources) > 1 else every
    together = together[by_time]
    places_in = _places(together, limits)
    return _Events(
        together[places_in],
        when[by_time][places_in],
        {name: np.concatenate(of)[by_time][places_in].astype(np.int64) for name, of in codes.items()},
    )


def _places(rows: NDArray[np.uint32], limits: tuple[int, int]) -> NDArray[np.integer[Any]]:
    """The places of rows in ascending order, equal ones as they come: by counting, where they are not few among many people."""
    low, high = limits
    if len(rows) < (high - low) // SPARSE:
        return in_order(rows)[1]
    starts = np.zeros(high - low + 1, dtype=np.uint32)
    np.cumsum(np.bincount(rows - np.uint32(low), minlength=high - low), out=starts[1:])
    found = np.empty(len(rows), dtype=np.uint32)
    machine.fetch().placed(rows, low, starts, found)
    return found


def _keys(events: _Events, names: tuple[str, ...], dictionaries: dict[str, pa.Array]) -> NDArray[np.int64] | None:
    """One number for the values of some details together, negative where one is missing; None where it could run over."""
    found = np.zeros(len(events.rows), dtype=np.int64)
    missing = np.zeros(len(events.rows), dtype=np.bool_)
    most = 1
    for name in names:
        codes = events.codes[name]
        most *= len(dictionaries[name]) + 1
        if most > MOST:
            return None
        found = found * (len(dictionaries[name]) + 1) + codes
        missing |= codes < 0
    found[missing] = -1
    return found


def _looked(
    steps: tuple[StepShape, ...],
    before: list[int],
    gathered: list[_Events],
    dictionaries: dict[str, pa.Array],
    found: NDArray[np.uint8],
) -> bool:
    """Set the bits of those who have a chain; False where it would take too long."""
    own, theirs, places, length = [], [], [], 0
    for step, previous, events in zip(steps, before, gathered, strict=True):
        mine = _keys(events, step.same, dictionaries)
        other = _keys(gathered[previous], step.same, dictionaries) if step.same else np.zeros(0, dtype=np.int64)
        if mine is None or other is None:
            return False
        own.append(mine)
        theirs.append(other)
        places.append(length)
        length += len(other)
    lengths = [len(events.rows) for events in gathered]
    done: bool = machine.fetch().chained(
        np.concatenate([events.rows for events in gathered]),
        np.concatenate([events.times for events in gathered]),
        np.cumsum([0, *lengths], dtype=np.int64),
        np.array([step.absent for step in steps]),
        np.array(before, dtype=np.int64),
        np.array([-1 if step.within is None else step.within for step in steps], dtype=np.int64),
        np.array([bool(step.same) for step in steps]),
        np.concatenate(own),
        np.concatenate(theirs),
        np.array(places, dtype=np.int64),
        np.zeros(sum(lengths), dtype=np.bool_),
        MOST_LOOKS,
        found,
    )
    return done
