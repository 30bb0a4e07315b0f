"""Sets of people kept in files beside an audience version, so that what took long to find is there at once after a restart."""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections.abc import Callable, Sequence

import duckdb
import numpy as np

from segmentation.audience import Audience
from segmentation.binding import Compiled
from segmentation.membership import Membership
from segmentation.saved import Saved

SLOW = 0.05  # seconds
BUDGET = 256 * 1024 * 1024  # bytes of files for one version
REMEMBERED = 10_000  # questions that took long


class SetFiles:
    """The sets of one audience version by the question that finds them; safe to share between threads."""

    def __init__(self, audience: Audience) -> None:
        self._people = audience.people
        self._saved = Saved(audience, "sets")
        self._slow: set[Compiled] = set()
        self._lock = threading.Lock()

    def found(self, question: Compiled, ask: Callable[[], Membership]) -> Membership:
        """Whom a question finds: from its file, else by asking, which is remembered where it takes long."""
        members = self.read(question)
        if members is None:
            began = time.perf_counter()
            members = ask()
            if time.perf_counter() - began >= SLOW:
                with self._lock:
                    if len(self._slow) >= REMEMBERED:
                        self._slow.clear()
                    self._slow.add(question)
        return members

    def slow(self, question: Compiled) -> bool:
        """Whether a question took long."""
        return question in self._slow

    def read(self, question: Compiled) -> Membership | None:
        """The set of a file; None where there is none that is whole."""
        if not self._saved.any():
            return None
        key = _key(question)
        facts, arrays = self._saved.read(key) or ({}, [])
        if (
            len(arrays) != 1
            or len(arrays[0]) != (self._people + 7) // 8
            or zlib.crc32(arrays[0].data) != facts.get("sum")
        ):
            return None
        self._saved.touch(key)
        return Membership(np.array(arrays[0], dtype=np.uint8), self._people)

    def keep(self, question: Compiled, members: Membership) -> None:
        """Keep a set in a file, and let go of those that have not been used for longest."""
        self._saved.write(_key(question), {"sum": zlib.crc32(members.bits.data)}, [members.bits])
        self._saved.trim(BUDGET)


def _key(question: Compiled) -> Sequence[str]:
    """Equal for equal questions to the same database only; without their values, which may be addresses."""
    asked = repr((duckdb.__version__, question.sql, question.parameters))
    return ("set", hashlib.sha256(asked.encode()).hexdigest())
