"""DuckDB in memory, for questions to files and values: one for the whole process, as starting one takes 15 ms and joining it 0.3."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import duckdb

from segmentation.audience import LOCKED, MEMORY_LIMIT

_STARTING = threading.Lock()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": tempfile.gettempdir(),
            "enable_external_file_cache": "false",  # a file that has been read is not read again
            **LOCKED,
        }
    )


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, in UTC; its temporary tables and its interrupts are nobody else's. Raises `duckdb.Error`."""
    with _STARTING:
        connection = _database().cursor()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
