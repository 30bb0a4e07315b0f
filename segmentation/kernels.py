"""Frequent conditions answered without SQL, over columns and events held as dense arrays; the answer is always the database's.

What has no shape, or does not fit in memory, or cannot be compared exactly, is left to SQL: then `answer` gives None. Large
columns are loaded beside, and conditions on them are left to SQL until they are there.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import Any

from sqlglot import exp

from segmentation import machine
from segmentation.adding import Filter, Part, added, compared, difference, events_in, moved, reach
from segmentation.audience import Audience
from segmentation.background import Background
from segmentation.chaining import Source, chain
from segmentation.jobs import QUIET
from segmentation.keeping import Kept
from segmentation.measures import MeasureFunction
from segmentation.membership import Membership
from segmentation.packing import Numbers, bits_inside
from segmentation.plan import Progress
from segmentation.ranges import earliest, latest, microseconds, moment, range_of
from segmentation.shapes import Bound, ChainShape, EventShape, FieldShape, Shape, StepShape
from segmentation.stock import UNLOADABLE, Stock

MEASURE_BUDGET = 192 * 1024 * 1024
MANY = 1_000_000  # events, from which a question rather waits for what makes it fast than for SQL
MOST_MEASURES = 1000  # whose windows are remembered
MOST_WINDOWS = 8  # of one measure, that others are reckoned from


class Kernels:
    """Answers shapes over one audience version; safe to share between threads."""

    def __init__(self, audience: Audience, *, wait: bool = False) -> None:
        """With `wait` a question waits until what it needs is loaded."""
        self.audience = audience
        self.stock = Stock(audience, wait=wait)
        self.measures: Kept[tuple[Any, ...], Numbers] = Kept(MEASURE_BUDGET, lambda found: int(found.nbytes))
        self._working = threading.Lock()
        self._windows: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
        self._readied = False
        if wait:
            machine.fetch()

    def answer(self, shape: Shape, progress: Progress = QUIET) -> Membership | None:
        """Who is found, as SQL finds them; None where SQL has to be asked.

        A chain of many events waits until they are loaded, as SQL would take longer still; `progress` may cancel that.
        """
        try:
            if isinstance(shape, FieldShape):
                return self._by_field(shape)
            if isinstance(shape, ChainShape) and not self.stock.wait:
                self._wait_for(shape, progress)
            if machine.loops() is None and self._many(shape) and machine.compiled():
                machine.fetch()
            if machine.loops() is None:
                self.prepare(shape)
                return None
            if isinstance(shape, ChainShape):
                with self._working:
                    return chain(shape, self._sources, self.audience.people, progress)
            return self._by_events(shape)
        except UNLOADABLE:
            return None

    def keeps(self, shape: Shape) -> bool:
        """Whether the number of each person that a question compares is kept."""
        return isinstance(shape, EventShape) and self.measures.get((*_key(shape), reach(shape))) is not None

    def _many(self, shape: EventShape | ChainShape) -> bool:
        """Whether SQL would have many events to go through."""
        parts = shape.steps if isinstance(shape, ChainShape) else (shape,)
        return sum(self.stock.number(name) for part in parts for name in part.events) > MANY

    def _wait_for(self, shape: ChainShape, progress: Progress) -> None:
        """Wait until everything for a chain of many events is loaded."""
        if not self._many(shape):
            return
        if machine.loops() is not None and None not in [
            self._sources(step, frozenset(step.same)) for step in shape.steps
        ]:
            return
        self.prepare(shape)
        self.stock.settle(progress)

    def prepare(self, shape: Shape) -> None:
        """Have what a question needs loaded beside, whatever its size."""
        if machine.loops() is None:
            self.stock.load_beside(("machine",), machine.fetch)
        if isinstance(shape, FieldShape):
            self.stock.column(shape.field)
        elif isinstance(shape, ChainShape):
            for step in shape.steps:
                self._sources(step, frozenset(step.same))
        else:
            for name in dict.fromkeys(shape.events):
                self._part(name, shape)

    def make_ready(self) -> None:
        """Have what frequent questions need loaded beside before the first of them, where SQL would take long."""
        if not self._readied and max(self.audience.people, self.audience.about.events) >= MANY:
            self._readied = True
            Background("machine").submit(machine.fetch)
            self.stock.make_ready()

    def settle(self) -> None:
        """Wait until all that was asked for is loaded."""
        with self.stock.first():
            self.stock.settle(QUIET)

    def _by_field(self, shape: FieldShape) -> Membership | None:
        column = self.stock.column(shape.field)
        passing = column.coding.passing(shape.passes) if column is not None else None
        if column is None or passing is None:
            return None
        return Membership(passing.bits(column.codes), self.audience.people)

    def _by_events(self, shape: EventShape) -> Membership | None:
        if shape.function in (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST):
            return self._by_time(shape)
        parts = [part for name in dict.fromkeys(shape.events) if (part := self._part(name, shape)) is not None]
        if len(parts) < len(set(shape.events)):
            return None
        scale, known = compared(shape, parts)
        wanted = range_of(shape.holds, scale) if scale is not None else None
        if wanted is None:
            return None
        key = _key(shape)
        numbers = self.measures.get((*key, reach(shape)))
        if numbers is None:
            with self._working:
                numbers = self._measured(key, shape, parts)
        if numbers is None:
            return None
        found = Membership(bits_inside(numbers, wanted & known), self.audience.people)
        return ~found if shape.complement else found

    def _measured(self, key: tuple[Any, ...], shape: EventShape, parts: list[Part]) -> Numbers | None:
        """The number of each person; counts and totals from those of the nearest window, where less has to be added then."""
        window = reach(shape)
        numbers = self.measures.get((*key, window))
        if numbers is not None:
            return numbers
        if len(self._windows) > MOST_MEASURES:
            self._windows.clear()
        windows = self._windows.setdefault(key, [])
        least, nearest = events_in(parts, [window]), None
        for other in windows if shape.function in (MeasureFunction.COUNT, MeasureFunction.SUM) else ():
            between = difference(other, window)
            events = events_in(parts, [*between[0], *between[1]]) if between is not None else least
            if between is not None and events < least and (kept := self.measures.get((*key, other))) is not None:
                least, nearest = events, (kept, *between)
        if nearest is not None:
            kept, more, less = nearest
            numbers = moved(shape.function, kept, parts, more, less)
        if numbers is None:
            numbers = added(shape, parts, self.audience.people)
        if numbers is not None:
            self.measures.keep((*key, window), numbers)
            windows[:] = [window, *windows][:MOST_WINDOWS]
        return numbers

    def _by_time(self, shape: EventShape) -> Membership | None:
        """The last time lies from one moment to another: there are events since the one, and none after the other."""
        wanted = range_of(shape.holds, microseconds)
        low, high = (moment(end) for end in (wanted.low, wanted.high + 1)) if wanted is not None else (None, None)
        if wanted is None or (low is None and high is None):
            return None
        some = Bound(exp.GTE(this=exp.column("number"), expression=exp.Placeholder(this="p0")), (("p0", 1),))
        counted = replace(shape, function=MeasureFunction.COUNT, holds=some, complement=False)
        after = replace(counted, start=latest(shape.start, high))
        since = replace(counted, start=latest(shape.start, low))
        before, until = (
            replace(counted, end=earliest(shape.end, low)),
            replace(counted, end=earliest(shape.end, high)),
        )
        last = shape.function == MeasureFunction.DAYS_SINCE_LAST
        inside = self._by_events(since if last else until)
        beyond = high if last else low
        outside = self._by_events(after if last else before) if beyond is not None else None
        if inside is None or (beyond is not None and outside is None):
            return None
        return inside if outside is None else inside - outside

    def _sources(self, step: StepShape, details: frozenset[str]) -> list[Source] | None:
        """What a step of a chain is gathered from; None where something is not there."""
        found: list[Source] = []
        complete = True
        for name in dict.fromkeys(step.events):
            happened, detail_of = self.stock.happened(name), partial(self.stock.detail, name)
            where = Filter.of(step.where, detail_of) if step.where is not None else None
            there = {detail: coded for detail in details if (coded := detail_of(detail)) is not None}
            complete = complete and len(there) == len(details) and (where is not None or step.where is None)
            if happened is not None:
                found.append(Source(happened, where, there))
            complete = complete and happened is not None
        return found if complete else None

    def _part(self, name: str, shape: EventShape) -> Part | None:
        happened = self.stock.happened(name)
        where: Filter | None = None
        if shape.where is not None:
            where = Filter.of(shape.where, lambda detail: self.stock.detail(name, detail))
            if where is None:
                return None
        weights = self.stock.detail(name, shape.detail) if shape.detail is not None else None
        if happened is None or (shape.detail is not None and weights is None):
            return None
        return Part(happened, where, weights)


def _key(shape: EventShape) -> tuple[Any, ...]:
    """What is measured, apart from the window."""
    where = shape.where.key if shape.where is not None else None
    return frozenset(shape.events), where, shape.function, shape.detail
