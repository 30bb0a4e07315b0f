"""The columns and events of an audience that questions need, as dense arrays: loaded beside, kept in files, least used gone first."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from typing import TypeVar

import duckdb
import pyarrow as pa

from segmentation.audience import Audience
from segmentation.background import Background
from segmentation.columns import Column, Dictionaries, load_column
from segmentation.happened import Detail, Happened, load_detail, load_events
from segmentation.keeping import Kept
from segmentation.plan import Progress
from segmentation.saved import Saved

COLUMN_BUDGET = 900 * 1024 * 1024
READY = 0.8  # of the budget is filled before anything is asked for
AT_ONCE = 200_000  # rows: so many are loaded while the question waits
MOST_TEXTS = 1 << 16
PATIENCE = 3.0  # seconds for which loading waits at most, as there may always be somebody who asks
MOST_LOADS = 3  # of one column, each after it had to go
UNLOADABLE = (duckdb.Error, pa.ArrowException, MemoryError)  # then it is left to SQL, which says what is wrong


class Nothing:
    """What could not be loaded."""

    nbytes = 1000


Loaded = Column | Happened | Detail | Nothing
Thing = TypeVar("Thing", Column, Happened, Detail)


class Stock:
    """What is loaded of one audience version; safe to share between threads."""

    def __init__(self, audience: Audience, *, wait: bool) -> None:
        """With `wait` who asks waits until it is loaded; else what is large is loaded beside, and is not there yet."""
        self.audience = audience
        self.wait = wait
        self.loaded: Kept[tuple[str, ...], Loaded] = Kept(COLUMN_BUDGET, lambda found: found.nbytes)
        self._loader = Background("columns")
        self._loading: set[tuple[str, ...]] = set()
        self._loads = Counter[tuple[str, ...]]()
        self._lock = threading.Lock()
        self._quiet = threading.Condition()
        self._asking: dict[int, int] = {}  # by thread: how often it has come in
        self._waiting = 0
        self._dictionaries = Dictionaries(audience)
        self._saved = Saved(audience)

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

    @contextmanager
    def first(self) -> Iterator[None]:
        """Inside it loading waits, so that the numbers of a screen come first; nobody waits to come in."""
        me = threading.get_ident()
        depth = self._asking.get(me, 0)
        self._asking[me] = depth + 1
        try:
            yield
        finally:
            if depth:
                self._asking[me] = depth
            else:
                self._go(me)

    def _go(self, thread: int) -> int:
        """Leave, and tell those who wait for quiet."""
        depth = self._asking.pop(thread)
        if self._waiting and not self._asking:
            with self._quiet:
                self._quiet.notify_all()
        return depth

    def wait_for_quiet(self) -> None:
        """Wait until nobody asks, but not for ever."""
        if not self._asking:
            return
        with self._quiet:
            self._waiting += 1  # before looking once more: who leaves later sees it
            try:
                self._quiet.wait_for(lambda: not self._asking, PATIENCE)
            finally:
                self._waiting -= 1

    def settle(self, progress: Progress) -> None:
        """Wait until all that was asked for is loaded; for who is inside `first`. Raises `Cancelled` where `progress` does."""
        settled = self._loader.settled()
        me = threading.get_ident()
        depth = self._go(me)
        try:
            while not settled.wait(0.1):
                progress("Getting the events ready")
        finally:
            self._asking[me] = depth

    def make_ready(self) -> None:
        """Have what frequent questions need loaded beside, one thing after another and each after what is asked for, up to the budget."""
        known = self.audience.catalogue
        events = sorted(known.events, key=lambda event: -event.count)
        wanted: deque[Callable[[], object]] = deque(partial(self.happened, event.name) for event in events)
        wanted += [partial(self.column, field.name) for field in known.fields if not field.hidden]
        wanted += [
            partial(self.detail, event.name, detail.name)
            for event in events
            for detail in known.properties
            if event.name in detail.events
        ]

        def next_one() -> None:
            if wanted and self.loaded.nbytes < READY * self.loaded.budget:
                try:
                    with suppress(*UNLOADABLE):
                        wanted.popleft()()
                finally:
                    self._loader.submit(next_one)

        self._loader.submit(next_one)

    def column(self, name: str) -> Column | None:
        """A field of people; None where it is not there (yet)."""
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

    def happened(self, name: str) -> Happened | None:
        """The events of a name; None where they are not there (yet)."""
        key = ("events", name)
        return self._have(
            key,
            self.number(name),
            lambda: Happened.restored(self._saved, key),
            lambda: load_events(self.audience, name),
            Happened,
        )

    def detail(self, name: str, detail: str) -> Detail | None:
        """A detail of the events of a name; None where it is not there (yet)."""
        sql_type = self._types.get(("events", detail), "")
        key, unpack = ("events", name, detail), self._dictionaries.unpacked("events", detail, sql_type)
        return self._have(
            key,
            self.number(name),
            lambda: Detail.restored(self._saved, key, unpack),
            lambda: load_detail(self.audience, self._dictionaries, name, detail, sql_type),
            Detail,
        )

    def number(self, name: str) -> int:
        """How many events of a name there are."""
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
                self.load_beside(key, lambda: self.loaded.once(key, make))
        return found if isinstance(found, kind) else None

    def load_beside(self, key: tuple[str, ...], load: Callable[[], object]) -> None:
        """Have something loaded, but not over and over again where there is no room for all that is asked for."""
        with self._lock:
            if key in self._loading or self._loads[key] >= MOST_LOADS:
                return
            self._loading.add(key)
            self._loads[key] += 1

        def work() -> None:
            self.wait_for_quiet()
            try:
                load()
            except UNLOADABLE:
                self.loaded.keep(key, Nothing())
            finally:
                with self._lock:
                    self._loading.discard(key)

        self._loader.submit(work)
