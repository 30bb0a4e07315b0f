"""How every source writes its tables: Parquet files in a folder, by DuckDB or batch by batch, with progress and cancel."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.errors import Cancelled
from segmentation.plan import Progress, Rejected
from segmentation.watching import watched

KEPT_REJECTS = 1_000
KEPT_TEXT = 500
REJECTS_BATCH = 10_000
GROUP_ROWS = 122_880  # DuckDB's own size of a row group
GROUP_BYTES = 64 << 20
# Measured on Online Retail: as fast as no compression and a third smaller; zstd is a fifth smaller still, and a fifth slower.
COMPRESSION = "snappy"


def count_of(number: int, noun: str) -> str:
    """“1 row was”, “2,000 rows were”: the start of a sentence about a count."""
    return f"1 {noun} was" if number == 1 else f"{number:,} {noun}s were"


def table_path(into: Path, name: str) -> Path:
    """A new Parquet path in `into` that still tells the table's name."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40] or "table"
    return into / f"{slug}-{uuid4().hex[:8]}.parquet"


def temporary(into: Path) -> Path:
    """A new path in `into` for a working copy; whoever stages removes it."""
    return into / f"working-{uuid4().hex[:8]}.tmp"


def literal(path: Path) -> str:
    """A path as an SQL string, for COPY … TO takes no parameter."""
    return "'" + str(path).replace("'", "''") + "'"


class Paced:
    """Progress of reading a file of `size` bytes, with how much is read and how fast in its message."""

    def __init__(self, whole: Progress, size: int) -> None:
        self.whole, self.size = whole, size
        self._began = time.monotonic()

    def __call__(self, message: str, share: float | None = None) -> None:
        """Say what is being done."""
        seconds = time.monotonic() - self._began
        if share and seconds > 1:
            done = share * self.size / 1e6
            message = f"{message}: {done:,.0f} of {self.size / 1e6:,.0f} MB, {done / seconds:,.0f} MB a second"
        self.whole(message, share)

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        """Register what ends the running query."""
        self.whole.on_cancel(interrupt)


def run(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Sequence[str] | Mapping[str, str],
    progress: Progress,
    message: str,
) -> int:
    """Run one COPY and return its number of rows; `progress` is told ten times a second and can cancel it."""
    progress.on_cancel(connection.interrupt)
    try:
        ((rows,),) = watched(connection, sql, parameters, progress, message)
        return int(rows)
    except duckdb.InterruptException as error:
        raise Cancelled from error
    finally:
        progress.on_cancel(None)


class TableWriter:
    """Writes Arrow batches as one Parquet file in row groups of good size; a failed one leaves no file."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open `path` for tables of this schema."""
        self.path = path
        self.rows = 0
        self.schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._file = pq.ParquetWriter(path, schema, compression=COMPRESSION)

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._file.close()
        if kind is not None:
            self.path.unlink(missing_ok=True)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; memory is bounded."""
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        self.rows += batch.num_rows
        if self._waiting_rows >= GROUP_ROWS or self._waiting_bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting_rows:
            table = pa.Table.from_batches(self._waiting, self.schema)
            self._file.write_table(table, row_group_size=self._waiting_rows)
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


class Rejects:
    """The rows that could not be read: all are written to a file beside their table's, the first 1,000 kept."""

    SCHEMA = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())])

    def __init__(self, table: Path) -> None:
        """Start with none; `table` is the table's own file."""
        self.count = 0
        self.kept: list[Rejected] = []
        self.path: Path | None = None
        self._beside = table.with_suffix(".rejected.parquet")
        self._writer: TableWriter | None = None
        self._waiting: list[tuple[int, str, str]] = []
        self._waiting_text = 0

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write()
        if self._writer is not None:
            self._writer.__exit__(kind, error, trace)

    def add(self, line: int, reason: str, text: str) -> None:
        """Set one row aside."""
        self.count += 1
        if len(self.kept) < KEPT_REJECTS:
            self.kept.append(Rejected(line=line, reason=reason, text=text[:KEPT_TEXT]))
        self._waiting.append((line, reason, text))
        self._waiting_text += len(text)
        if len(self._waiting) >= REJECTS_BATCH or self._waiting_text >= GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self.path = self._beside
            self._writer = TableWriter(self._beside, self.SCHEMA)
        arrays = [
            pa.array(values, kind.type)
            for values, kind in zip(zip(*self._waiting, strict=True), self.SCHEMA, strict=True)
        ]
        self._writer.write(pa.record_batch(arrays, schema=self.SCHEMA))
        self._waiting, self._waiting_text = [], 0
