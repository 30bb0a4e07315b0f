"""Frequent conditions answered without SQL, over columns and events held as dense arrays; the answer is always the database's.

What has no shape, or does not fit in memory, or cannot be compared exactly, is left to SQL: then `answer` gives None. Large
columns are loaded beside, and conditions on them are left to SQL until they are there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
from sqlglot import exp

from segmentation import machine
from segmentation.adding import Filter, Part, added, compared, difference, events_in, moved, reach
from segmentation.audience import Audience
from segmentation.background import Background
from segmentation.chaining import Source, chain
from segmentation.columns import Column, Dictionaries, load_column
from segmentation.happened import Detail, Happened, load_detail, load_events
from segmentation.jobs import QUIET
from segmentation.keeping import Kept
from segmentation.measures import MeasureFunction
from segmentation.membership import Membership
from segmentation.packing import Numbers, bits_inside
from segmentation.plan import Progress
from segmentation.ranges import earliest, latest, microseconds, moment, range_of
from segmentation.saved import Saved
from segmentation.shapes import Bound, ChainShape, EventShape, FieldShape, Shape, StepShape

COLUMN_BUDGET = 900 * 1024 * 1024
MEASURE_BUDGET = 192 * 1024 * 1024
AT_ONCE = 200_000  # rows: so many are loaded while the question waits
MANY_LINKED = 1_000_000  # events in the steps of a chain
MOST_TEXTS = 1 << 16
MOST_MEASURES = 1000  # whose windows are remembered
MOST_WINDOWS = 8  # of one measure, that others are reckoned from
PATIENCE = 3.0  # seconds for which loading waits at most, as there may always be somebody who asks
MOST_LOADS = 3  # of one column, each after it had to go


class Nothing:
    """What could not be loaded."""

    nbytes = 1000


Loaded = Column | Happened | Detail | Nothing
Thing = TypeVar("Thing", Column, Happened, Detail)


class Kernels:
    """Answers shapes over one audience version; safe to share between threads."""

    def __init__(self, audience: Audience, *, wait: bool = False) -> None:
        """With `wait` a question waits until what it needs is loaded."""
        self.audience = audience
        self.wait = wait
        self.loaded: Kept[tuple[str, ...], Loaded] = Kept(COLUMN_BUDGET, lambda found: found.nbytes)
        self.measures: Kept[tuple[Any, ...], Numbers] = Kept(MEASURE_BUDGET, lambda found: int(found.nbytes))
        self._working = threading.Lock()
        self._windows: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
        self._loader = Background("columns")
        self._loading: set[tuple[str, ...]] = set()
        self._loads = Counter[tuple[str, ...]]()
        self._lock = threading.Lock()
        self._quiet = threading.Condition()
        self._asking = 0
        self._dictionaries = Dictionaries(audience)
        self._saved = Saved(audience)
        if wait:
            machine.fetch()

    @cached_property
    def _types(self) -> dict[tuple[str, str], str]:
        cursor = self.audience.cursor()
        try:
            return {
                (table, row[0]): row[1]
                for table in ("people", "events")
                for row in cursor.execute(f"DESCRIBE {table}").fetchall()
            }
        finally:
            cursor.close()

    def answer(self, shape: Shape, progress: Progress = QUIET) -> Membership | None:
        """Who is found, as SQL finds them; None where SQL has to be asked.

        A chain of many events waits until they are loaded, as SQL would take longer still; `progress` may cancel that.
        """
        try:
            if isinstance(shape, FieldShape):
                return self._by_field(shape)
            if isinstance(shape, ChainShape) and not self.wait and self._many(shape):
                self._wait_for(shape, progress)
            if machine.loops() is None:
                self.prepare(shape)
                return None
            if isinstance(shape, ChainShape):
                with self._working:
                    return chain(shape, self._sources, self.audience.people, progress)
            return self._by_events(shape)
        except (duckdb.Error, pa.ArrowException, MemoryError):
            return None

    @contextmanager
    def first(self) -> Iterator[None]:
        """Inside it loading waits, so that the numbers of a screen come first."""
        with self._quiet:
            self._asking += 1
        try:
            yield
        finally:
            with self._quiet:
                self._asking -= 1
                self._quiet.notify_all()

    def _many(self, shape: ChainShape) -> bool:
        return sum(self._number(name) for step in shape.steps for name in step.events) > MANY_LINKED

    def _wait_for(self, shape: ChainShape, progress: Progress) -> None:
        if machine.loops() is not None and None not in [self._sources(s, frozenset(s.same)) for s in shape.steps]:
            return
        self.prepare(shape)
        with self._quiet:
            self._asking -= 1
            self._quiet.notify_all()
        try:
            settled = self._loader.settled()
            while not settled.wait(0.1):
                progress("Getting the events ready")
        finally:
            with self._quiet:
                self._asking += 1

    def prepare(self, shape: Shape) -> None:
        """Have what a question needs loaded beside, whatever its size."""
        if machine.loops() is None:
            self._load_beside(("machine",), machine.fetch)
        if isinstance(shape, FieldShape):
            self._column(shape.field)
        elif isinstance(shape, ChainShape):
            for step in shape.steps:
                self._sources(step, frozenset(step.same))
        else:
            for name in dict.fromkeys(shape.events):
                self._part(name, shape)

    def settle(self) -> None:
        """Wait until all that was asked for is loaded."""
        self._loader.settled().wait()

    def _by_field(self, shape: FieldShape) -> Membership | None:
        column = self._column(shape.field)
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
        where = shape.where.key if shape.where is not None else None
        key = (frozenset(shape.events), where, shape.function, shape.detail)
        numbers = self.measures.get((*key, reach(shape)))
        if numbers is None:
            with self._working:
                numbers = self._measured(key, shape, parts)
        if numbers is None:
            return None
        found = Membership(bits_inside(numbers, wanted & known), self.audience.people)
        return ~found if shape.complement else found

    def _measured(self, key: tuple[Any, ...], shape: EventShape, parts: list[Part]) -> Numbers | None:
        """The number of each person; counts from those of the nearest window, where less has to be counted then."""
        window = reach(shape)
        numbers = self.measures.get((*key, window))
        if numbers is not None:
            return numbers
        if len(self._windows) > MOST_MEASURES:
            self._windows.clear()
        windows = self._windows.setdefault(key, [])
        least, nearest = events_in(parts, [window]), None
        for other in windows if shape.function == MeasureFunction.COUNT else ():
            between = difference(other, window)
            events = events_in(parts, [*between[0], *between[1]]) if between is not None else least
            if between is not None and events < least and (kept := self.measures.get((*key, other))) is not None:
                least, nearest = events, (kept, *between)
        if nearest is None:
            numbers = added(shape, parts, self.audience.people)
        else:
            kept, more, less = nearest
            numbers = moved(kept, parts, more, less)
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
            happened, detail_of = self._happened(name), partial(self._detail, name)
            where = Filter.of(step.where, detail_of) if step.where is not None else None
            there = {detail: coded for detail in details if (coded := detail_of(detail)) is not None}
            complete = complete and len(there) == len(details) and (where is not None or step.where is None)
            if happened is not None:
                found.append(Source(happened, where, there))
            complete = complete and happened is not None
        return found if complete else None

    def _part(self, name: str, shape: EventShape) -> Part | None:
        happened = self._happened(name)
        where: Filter | None = None
        if shape.where is not None:
            where = Filter.of(shape.where, lambda detail: self._detail(name, detail))
            if where is None:
                return None
        weights = self._detail(name, shape.detail) if shape.detail is not None else None
        if happened is None or (shape.detail is not None and weights is None):
            return None

        return Part(happened, where, weights)

    def _column(self, name: str) -> Column | None:
        sql_type = self._types.get(("people", name), "")
        for field in self.audience.catalogue.fields:
            if field.name == name and field.distinct > MOST_TEXTS and sql_type.startswith("VARCHAR"):
                return None
        key, unpack = ("people", name), self._dictionaries.unpacked("people", name, sql_type)
        return self._have(
            key,
            self.audience.people,
            lambda: Column.restored(self._saved, key, unpack),
            lambda: load_column(self.audience, self._dictionaries, name, sql_type),
            Column,
        )

    def _happened(self, name: str) -> Happened | None:
        key = ("events", name)
        return self._have(
            key,
            self._number(name),
            lambda: Happened.restored(self._saved, key),
            lambda: load_events(self.audience, name),
            Happened,
        )

    def _detail(self, name: str, detail: str) -> Detail | None:
        sql_type = self._types.get(("events", detail), "")
        key, unpack = ("events", name, detail), self._dictionaries.unpacked("events", detail, sql_type)
        return self._have(
            key,
            self._number(name),
            lambda: Detail.restored(self._saved, key, unpack),
            lambda: load_detail(self.audience, self._dictionaries, name, detail, sql_type),
            Detail,
        )

    def _number(self, name: str) -> int:
        return next((event.count for event in self.audience.catalogue.events if event.name == name), 0)

    def _have(
        self,
        key: tuple[str, ...],
        rows: int,
        restore: Callable[[], Thing | None],
        load: Callable[[], Thing | None],
        kind: type[Thing],
    ) -> Thing | None:
        """What is loaded: from its file, else anew, at once or beside, and then from its file as well."""
        found = self.loaded.get(key)
        if found is None:

            def make() -> Loaded:
                made = load()
                if made is None or rows <= AT_ONCE:
                    return made or Nothing()
                made.save(self._saved, key)
                return restore() or made

            if self.wait or rows <= AT_ONCE:
                found = self.loaded.once(key, make)
            elif (restored := restore()) is not None:
                found = self.loaded.once(key, lambda: restored)
            else:
                self._load_beside(key, lambda: self.loaded.once(key, make))
        return found if isinstance(found, kind) else None

    def _load_beside(self, key: tuple[str, ...], load: Callable[[], object]) -> None:
        """Have something loaded, but not over and over again where there is no room for all that is asked for."""
        with self._lock:
            if key in self._loading or self._loads[key] >= MOST_LOADS:
                return
            self._loading.add(key)
            self._loads[key] += 1

        def work() -> None:
            with self._quiet:
                self._quiet.wait_for(lambda: not self._asking, PATIENCE)
            try:
                load()
            except (duckdb.Error, pa.ArrowException, MemoryError):  # it is left to SQL, which says what is wrong
                self.loaded.keep(key, Nothing())
            finally:
                with self._lock:
                    self._loading.discard(key)

        self._loader.submit(work)
