"""What has been worked out and is kept: up to a number of bytes, the least recently used goes first; each thing is made once."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from segmentation.errors import Cancelled

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


USES_KEPT = 2_000  # of those since something came in


class Kept(Generic[Key, Thing]):
    """Things by key; safe to share between threads."""

    def __init__(self, budget: int, size: Callable[[Thing], int]) -> None:
        """`budget` is in bytes, of which `size` tells those of one thing; the newest is kept whatever its size."""
        self.budget = budget
        self.nbytes = 0
        self._size = size
        self._things: OrderedDict[Key, Thing] = OrderedDict()
        self._used: deque[Key] = deque(maxlen=USES_KEPT)
        self._making: dict[Key, Future[Thing]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._things)

    def get(self, key: Key) -> Thing | None:
        """The thing, None where it is not kept; never waits, as many users' screens ask for many things at once."""
        found = self._things.get(key)
        if found is not None:
            self._used.append(key)
        return found

    def keep(self, key: Key, thing: Thing) -> None:
        """Keep it, and let go of what has not been used for longest."""
        with self._lock:
            self._put(key, thing)

    def once(self, key: Key, make: Callable[[], Thing]) -> Thing:
        """The thing, made by the first who asks while others wait for it; what `make` raises, all of them get.

        Where the maker is cancelled, the next of those who wait makes it.
        """
        while True:
            with self._lock:
                found = self.get(key)
                if found is not None:
                    return found
                waited = self._making.get(key)
                if waited is None:
                    mine = self._making[key] = Future[Thing]()
            if waited is None:
                return self._make(key, mine, make)
            try:
                return waited.result()
            except Cancelled:
                continue

    def _make(self, key: Key, mine: Future[Thing], make: Callable[[], Thing]) -> Thing:
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self._put(key, made)
            del self._making[key]
        mine.set_result(made)
        return made

    def _put(self, key: Key, thing: Thing) -> None:
        before = self._things.pop(key, None)
        if before is not None:
            self.nbytes -= self._size(before)
        self._things[key] = thing
        self.nbytes += self._size(thing)
        while self._used:
            used = self._used.popleft()
            if used in self._things:
                self._things.move_to_end(used)
        self._things.move_to_end(key)
        while self.nbytes > self.budget and len(self._things) > 1:
            _, gone = self._things.popitem(last=False)
            self.nbytes -= self._size(gone)
