"""One statement that takes long, with how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import duckdb

from segmentation.plan import Progress

TOLD = 0.1  # seconds
AGAIN = 0.05  # seconds

# Kept, as starting and ending a thread takes 0.8 ms; idle ones are used again.
_AT_WORK = ThreadPoolExecutor(max_workers=64)
_TELLING: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()  # asked once each: a setting takes half a millisecond


def watched(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Sequence[Any] | Mapping[str, Any],
    progress: Progress,
    message: str,
) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows; `progress` is told which share is done, at the start and ten times a second, and can end it by raising.

    Raises `duckdb.Error`, and what `progress` raises.
    """
    progress(message, 0.0)
    if connection not in _TELLING:
        # The bar itself is never drawn: it is what makes query_progress() tell.
        with suppress(duckdb.InvalidInputException):  # an open audience tells no share, as its settings are locked
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")
        _TELLING.add(connection)
    share = 0.0
    query = _AT_WORK.submit(lambda: connection.execute(sql, parameters).fetchall())
    try:
        while not wait([query], timeout=TOLD).done:
            share = max(share, connection.query_progress() / 100)  # -1 where it is not known, such as at the end
            progress(message, share)
        return query.result()
    except BaseException:
        while not wait([query], timeout=AGAIN).done:
            connection.interrupt()  # again and again, as one before the query began would be lost
        raise
