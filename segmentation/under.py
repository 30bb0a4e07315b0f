"""Questions to a large version that lies over a base: the base has answered for nearly everybody, and its answers last.

A new version may come every second, and each changes few people. So the engine of the base, with its arrays and all it has found,
is shared by the versions over it; only the touched people are asked anew, of the schema `touched` alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import duckdb
import numpy as np

from segmentation.audience import Audience
from segmentation.binding import Compiled
from segmentation.errors import Cancelled, HandpickError
from segmentation.membership import Membership
from segmentation.plan import Progress

if TYPE_CHECKING:
    from segmentation.engine import Engine

_ENGINES: WeakValueDictionary[tuple[Path, bool | None], Engine] = WeakValueDictionary()
_LOCK = threading.Lock()


class Under:
    """What lies under a version: the engine of its base, and whom the version has touched."""

    def __init__(self, audience: Audience, engine: Engine) -> None:
        self.engine = engine
        self._audience = audience

    @staticmethod
    def of(audience: Audience, kernels: bool | None, engine: Callable[[Audience], Engine]) -> Under | None:
        """What lies under a version, shared with its neighbours; None where there is no base whose kernels would pay."""
        if audience.base is None:
            return None
        key = (audience.base, kernels)
        with _LOCK:
            found = _ENGINES.get(key)
            if found is None:
                found = _ENGINES[key] = engine(Audience(audience.base))
        return Under(audience, found) if found.kernels is not None else None

    @cached_property
    def _untouched(self) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        cursor = self._audience.cursor()
        try:
            rows = cursor.execute("SELECT _row FROM touched.people").fetchnumpy()["_row"]
        finally:
            cursor.close()
        return (~Membership.of(np.asarray(rows), self._audience.people)).bits

    def found(self, question: Compiled, progress: Progress) -> Membership | None:
        """Whom a question finds; None where people are compared with each other, or the base lacks what is asked about."""
        if not question.alone:
            return None
        try:
            below = self.engine.found(question, progress)
        except duckdb.BinderException:  # a field or detail that came in live
            return None
        cursor = self._audience.cursor()
        try:
            cursor.execute("USE touched")
            rows = asked(cursor, question, progress)
        finally:
            cursor.close()
        bits = np.zeros_like(self._untouched)
        bits[: len(below.bits)] = below.bits
        bits &= self._untouched
        bits |= Membership.of(rows, self._audience.people).bits
        return Membership(bits, self._audience.people)


def asked(
    cursor: duckdb.DuckDBPyConnection, question: Compiled, progress: Progress
) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """The row numbers that a question finds; raises `Cancelled`, and HandpickError where numbers are too large or memory is short."""
    try:
        progress.on_cancel(cursor.interrupt)
        parameters = {name: list(v) if isinstance(v, tuple) else v for name, v in question.parameters}
        return np.asarray(cursor.execute(question.sql, parameters).fetchnumpy()["_row"])
    except duckdb.InterruptException as error:
        raise Cancelled from error
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise HandpickError("The numbers are too large to be compared.") from error
    except duckdb.OutOfMemoryException as error:
        raise HandpickError(
            "There is not enough memory to find these people. Have HANDPICK_MEMORY raised by whoever runs Handpick."
        ) from error
    finally:
        progress.on_cancel(None)
