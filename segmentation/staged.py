"""Staged tables in DuckDB: a connection to work in, and each table's Parquet file as something to select from."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from segmentation import casting
from segmentation.audience import LOCKED, MEMORY_LIMIT
from segmentation.cells import Column, text
from segmentation.errors import Cancelled, LoadError
from segmentation.lending import attached
from segmentation.plan import Progress, StagedTable
from segmentation.scratch import scratch

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
LITTLE = 8_000_000  # bytes that are read: what is made of them is far below the limit of memory
WIDE = 300  # expressions in one query
PROBED = 2_000  # values of one table that are looked up in another
UNIQUE = 0.98  # of a column's values are different, where they tell its table's rows apart


@contextmanager
def workbench(
    progress: Progress, database: Path | None = None, temporary: Path | None = None, read: Iterable[Path] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads staged tables (into the file `database`, or in memory) and that Cancel ends at once.

    `read`: all files that are read for it, so that little is written by a DuckDB that is there already; what needs more room than
    the memory has goes to `temporary`. Raises `Cancelled`, and `LoadError` for whatever DuckDB refuses.
    """
    opened = ExitStack()
    try:
        connection = opened.enter_context(_written(database, temporary, read) if database else scratch())
    except duckdb.Error as error:
        raise LoadError(
            f"The data cannot be written here: {_first_line(error)} Check the folder and the disk."
        ) from error
    try:
        with opened:
            progress.on_cancel(connection.interrupt)
            try:
                yield connection
            finally:
                progress.on_cancel(None)
    except duckdb.InterruptException as error:
        raise Cancelled from error
    except duckdb.OutOfMemoryException as error:
        raise LoadError(
            "There is not enough memory or disk space for this data. Make room on the disk, leave out columns, or have "
            "HANDPICK_MEMORY raised by whoever runs Handpick."
        ) from error
    except duckdb.Error as error:
        if no_room(error):
            raise LoadError("There is no room on the disk for this data. Make room, then load it again.") from error
        raise LoadError(
            f"The data cannot be loaded: {_first_line(error)} Read its source again on the Data page."
        ) from error


def _written(
    database: Path, temporary: Path | None, read: Iterable[Path] | None
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    if read is not None and sum(path.stat().st_size for path in read if path.exists()) <= LITTLE:
        return attached(database)
    return _started(database, temporary)


@contextmanager
def _started(database: Path, temporary: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a file by a DuckDB of its own, in UTC."""
    config = {**LOCKED, "memory_limit": MEMORY_LIMIT}
    if temporary is not None:
        config["temp_directory"] = str(temporary)
    with duckdb.connect(str(database), config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


class Part:
    """Progress of a part of the work: its shares from 0 to 1 lie between `start` and `end` of the whole."""

    def __init__(self, whole: Progress, start: float, end: float) -> None:
        self.whole, self.start, self.end = whole, start, end

    @classmethod
    def nth(cls, whole: Progress, place: int, number: int, length: int = 1) -> Part:
        """Of so many equal parts the one at `place`, or that and some after it."""
        return cls(whole, place / number, (place + length) / number)

    def __call__(self, message: str, share: float | None = None) -> None:
        """Say what is being done."""
        self.whole(message, None if share is None else self.start + share * (self.end - self.start))

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        """Register what ends the running query."""
        self.whole.on_cancel(interrupt)


def no_room(error: Exception) -> bool:
    """Whether a disk is full, or a file larger than it may be; Arrow and DuckDB say so in their message only."""
    return getattr(error, "errno", None) in FULL or any(os.strerror(code) in str(error) for code in FULL)


def _first_line(error: Exception) -> str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
    return line if line.endswith((".", "!", "?")) else f"{line}."


class Staged:
    """A staged table to select from. Columns are reached by place, so that no name of the source stands in SQL.

    `source` goes after FROM and needs `parameters`; `file_row_number` numbers its rows from 0 in file order.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: StagedTable, index: int = 0) -> None:
        """Look at the file's columns; `index` tells the tables of one query apart."""
        self.table = table
        self.alias = f"staged{index}"
        self.parameters = {f"path{index}": exactly(table.path)}
        if not table.path.is_file():
            raise LoadError(f"The read data of {table.name} is gone. Read its source again on the Data page.")
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [*self.parameters.values()]).fetchall()
        if len(described) != len(table.columns):
            raise LoadError(
                f"{table.name} was read with {len(table.columns)} columns and now has {len(described)}. "
                "Read its source again on the Data page."
            )
        names = [f"c{place}" for place in range(len(described))]
        self.source = f"read_parquet($path{index}) AS {self.alias} ({', '.join(names)})"
        self.row = f"{self.alias}.file_row_number"
        (self.rows,) = connection.execute(f"SELECT count(*) FROM {self.source}", self.parameters).fetchone() or (0,)
        self._columns = {
            column: Column(f"{self.alias}.{name}", row[1])
            for column, name, row in zip(table.columns, names, described, strict=True)
        }

    def name_text(self, name: str) -> None:
        """Give a column's text without blanks a name, as the reading of a moment would hold it forty times, which DuckDB takes long to prepare."""
        column = self[name]
        if column.is_text:
            self.source = f"(SELECT *, file_row_number, {text(column)} AS named FROM {self.source}) AS {self.alias}"
            self._columns[name] = replace(column, trimmed=f"{self.alias}.named")

    def ids(self, name: str) -> str:
        """SQL to select from: a column's cells as ids, each an `id`; where a query holds the reading itself, DuckDB takes four times as long to prepare it."""
        column, cells = self[name], self.source
        if column.is_text:
            cells = f"(SELECT {text(column)} AS named FROM {self.source})"
            column = replace(column, trimmed="named")
        return f"(SELECT {casting.identifier(column)} AS id FROM {cells})"

    def select(
        self, connection: duckdb.DuckDBPyConnection, picks: Sequence[str], where: str = ""
    ) -> tuple[str, dict[str, str]]:
        """SQL for a query of these expressions in file order, and its parameters.

        Each expression needs memory of its own, so many of them are computed some at a time, into temporary tables.
        """
        if len(picks) <= WIDE:
            return f"SELECT {', '.join(picks)} FROM {self.source} {where}", self.parameters
        parts = []
        for start in range(0, len(picks), WIDE):
            parts.append(f"{self.alias}_{start}")
            connection.execute(
                f"CREATE TEMP TABLE {parts[-1]} AS "
                f"SELECT {', '.join(picks[start : start + WIDE])} FROM {self.source} {where}",
                self.parameters,
            )
        return f"SELECT * FROM {' POSITIONAL JOIN '.join(parts)}", {}

    def __getitem__(self, name: str) -> Column:
        """The column of this name, or a `LoadError`."""
        try:
            return self._columns[name]
        except KeyError:
            raise LoadError(
                f"{self.table.name} has no column “{name}”. Read its source again on the Data page."
            ) from None


def probed(
    connection: duckdb.DuckDBPyConnection, one: Staged, column: str, other: Staged, key: str
) -> tuple[int, float]:
    """How many different values of a column were looked up in that of another table, and which share of them is there (0–1)."""
    values, known = connection.execute(
        f"SELECT count(*), count(*) FILTER (probe IN (SELECT id FROM {other.ids(key)} WHERE id IS NOT NULL)) FROM "
        f"(SELECT DISTINCT id AS probe FROM {one.ids(column)} WHERE id IS NOT NULL LIMIT {PROBED})",
        {**one.parameters, **other.parameters},
    ).fetchone() or (0, 0)
    return values, known / values if values else 0.0


def exactly(path: Path) -> str:
    """A path that DuckDB's readers take as it is written, though * ? and [ stand in it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))
