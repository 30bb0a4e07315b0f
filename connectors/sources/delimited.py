"""Delimited text (CSV, TSV, TXT) becomes Parquet, every cell as text: rows in the file = loaded + rejected.

A regular file goes through DuckDB's reader, and its rows are checked against a count of the file's own bytes. Wherever
the two differ, or DuckDB refuses, the file is read again record by record, and each damaged row is mended or set aside.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.sources.counting import Tally, count_records
from connectors.sources.dialect import guess_dialect
from connectors.sources.encoding import as_utf8
from connectors.sources.header import Header, find_header
from connectors.sources.records import LONGEST_TEXT, NO_DELIMITER, Dialect, Record, Records, read_sample
from connectors.sources.staging import Rejects, TableWriter, count_of, opened_duckdb, run, table_path
from segmentation.audience import quoted
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable

HEAD = 1 << 20
BATCH_CELLS = 500_000

ABOVE = "above the table's header"


@dataclass(frozen=True)
class Layout:
    """How a text is to be read: its dialect, its header, and the records that stand before the first row."""

    dialect: Dialect
    header: Header
    before: tuple[Record, ...]  # titles, blank lines and the header itself
    titles: tuple[Record, ...]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.header.columns)


def stage_delimited(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage one text file; raises `SourceError` where it is no text, empty, or has no rows."""
    if not path.stat().st_size:
        raise SourceError(f"{name} is empty.")
    text, notes = as_utf8(path, name, into, progress)
    try:
        return [_stage_text(text, name, into, progress, notes)]
    finally:
        if text != path:
            text.unlink(missing_ok=True)


def _stage_text(path: Path, name: str, into: Path, progress: Progress, notes: tuple[str, ...]) -> StagedTable:
    layout = read_layout(path, name)
    tally = count_records(
        path, layout.dialect.delimiter, layout.dialect.quote, lambda share: progress(f"Counting {name}", share)
    )
    if tally.padded_quotes and not layout.dialect.skip_blanks:
        layout = read_layout(path, name, skip_blanks=True)
    target = table_path(into, name)
    rejects = Rejects()
    for record in layout.titles:
        rejects.add(record.line, ABOVE, record.text.rstrip("\r\n"))
    rows = _stage_regular(path, target, name, layout, tally, progress)
    if rows is None:
        rows, found = _stage_damaged(path, target, name, layout, rejects, progress)
    else:
        found = (_blank_lines(tally.blank_lines),)
    if not rows:
        target.unlink(missing_ok=True)
        raise _without_rows(name, layout, rejects)
    if layout.dialect.delimiter == NO_DELIMITER:
        notes += ("No separator was found: the file was read as one column.",)
    if layout.dialect.skip_blanks:
        notes += ("The blanks after each separator were left out.",)
    return StagedTable(
        name=name,
        path=target,
        columns=layout.header.columns,
        rows=rows,
        rejected_rows=rejects.count,
        rejected=tuple(rejects.kept),
        notes=tuple(note for note in (*notes, *layout.header.notes, *found) if note),
    )


def read_layout(path: Path, name: str, skip_blanks: bool = False) -> Layout:
    """Find dialect and header in the first records of a text in UTF-8."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        whole = len(head) < HEAD
    text = head.decode("utf-8-sig", errors="ignore")
    dialect = guess_dialect(text, whole)
    if skip_blanks:
        dialect = replace(dialect, skip_blanks=True)
    sample = read_sample(text, dialect, whole)
    records = [record for record in sample if not _is_blank(record)]
    if not records:
        if whole:
            raise SourceError(f"{name} is empty: it has only blank lines.")
        raise SourceError(f"{name} is not a text table: its first lines are blank or longer than {HEAD >> 20} MB.")
    header = find_header([record.cells for record in records])
    titles = records[: header.above]
    last = records[header.taken - 1].line if header.taken else 0
    return Layout(dialect, header, tuple(record for record in sample if record.line <= last), tuple(titles))


def _is_blank(record: Record) -> bool:
    """Whether a line is no row; a line of blanks could be a row only where it has separators or quotes."""
    return record.blank or (len(record.cells) == 1 and not record.text.strip())


def _stage_regular(
    path: Path, target: Path, name: str, layout: Layout, tally: Tally, progress: Progress
) -> int | None:
    """Stage with DuckDB; None, and no file, where its rows are not exactly those that were counted."""
    dialect = layout.dialect
    if dialect.backslash or tally.mixed_breaks or tally.long_quoted or not tally.balanced:
        return None
    if (dialect.skip_blanks and tally.quotes) or any(record.damaged for record in layout.before):
        return None
    expected = tally.records - sum(not record.blank for record in layout.before)
    if not expected:
        return 0
    places = range(layout.width)
    cell = "nullif(ltrim(c{0}, ' '), '')" if dialect.skip_blanks else "c{0}"
    select = ", ".join(f"{cell.format(place)} AS {quoted(layout.header.columns[place])}" for place in places)
    columns = ", ".join(f"c{place}: 'VARCHAR'" for place in places)
    sql = f"""
        COPY (
            SELECT {select}
            FROM read_csv(?, columns = {{{columns}}}, delim = ?, quote = ?, escape = ?, skip = {len(layout.before)},
                auto_detect = false, header = false, strict_mode = true, null_padding = false,
                parallel = {"false" if tally.breaks_in_quotes else "true"})
        ) TO {_literal(target)} (FORMAT parquet, COMPRESSION snappy)"""
    parameters = [str(path), dialect.delimiter, dialect.quote, dialect.quote]
    rows = None
    try:
        with opened_duckdb() as connection:
            rows = run(connection, sql, parameters, progress, f"Reading {name}")
    except duckdb.Error as e:  # not regular after all: the careful reader will tell each row
        import os; print("FAST", e) if os.environ.get("DBG") else None
    finally:
        if rows != expected:
            target.unlink(missing_ok=True)
    return rows if rows == expected else None


def _stage_damaged(
    path: Path, target: Path, name: str, layout: Layout, rejects: Rejects, progress: Progress
) -> tuple[int, tuple[str, ...]]:
    """Stage record by record; gives the number of rows and what was mended."""
    columns, width = layout.header.columns, layout.width
    schema = pa.schema([(column, pa.string()) for column in columns])
    batch_rows = max(BATCH_CELLS // width, 1)
    size = path.stat().st_size
    padded = mended = blank = 0
    rows: list[list[str]] = []
    with path.open(encoding="utf-8-sig", newline="") as text, TableWriter(target, schema) as writer:

        def write() -> None:
            if rows:
                arrays = [pa.array([cell or None for cell in column], pa.string()) for column in zip(*rows, strict=True)]
                writer.write(pa.record_batch(arrays, schema=schema))
                rows.clear()
            progress(f"Reading {name} row by row", text.buffer.tell() / size)

        records = iter(Records(limited_lines(text, name), layout.dialect, width))
        for record in islice(records, len(layout.before)):
            blank += _is_blank(record)
        for record in records:
            cells = record.cells
            if len(cells) == width and not record.damaged:
                if width > 1 or not _is_blank(record) or cells[0]:
                    rows.append(cells)
                else:
                    blank += 1
            elif _is_blank(record):
                blank += 1
            elif record.damaged and len(cells) != width:
                rejects.add(record.line, "a quote in it is out of place or not closed", record.text.rstrip("\r\n"))
            elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
                reason = f"it has {len(cells):,} cells, and the table has {width:,} columns"
                rejects.add(record.line, reason, record.text.rstrip("\r\n"))
            else:
                padded += len(cells) < width
                mended += record.damaged
                rows.append((cells + [""] * (width - len(cells)))[:width])
            if len(rows) >= batch_rows:
                write()
        write()
    notes = [_blank_lines(blank)]
    if padded:
        many = "1 row" if padded == 1 else f"{padded:,} rows"
        notes.append(f"{many} had fewer cells than the header; the rest is empty.")
    if mended:
        many = "1 row has quotes" if mended == 1 else f"{mended:,} rows have quotes"
        notes.append(f"{many} in unusual places; they were taken as they stand.")
    return writer.rows, tuple(notes)


def limited_lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """The lines of a text; one without end is refused rather than held in memory."""
    read: Callable[[], str] = lambda: text.readline(16 * LONGEST_TEXT)  # noqa: E731
    for line in iter(read, ""):
        if len(line) == 16 * LONGEST_TEXT:
            raise SourceError(f"{name} is not a text table: it has a line of more than {len(line) >> 20} MB.")
        yield line


def _without_rows(name: str, layout: Layout, rejects: Rejects) -> SourceError:
    """Why nothing was staged."""
    rows = rejects.kept[len(layout.titles) :]
    if rows:
        first = rows[0]
        return SourceError(
            f"None of the {rejects.count - len(layout.titles):,} rows of {name} could be read. "
            f"Line {first.line:,}: {first.reason}. Export it again as CSV."
        )
    return SourceError(f"{name} has a header but no rows; export it again with its rows.")


def _blank_lines(count: int) -> str:
    return f"{count_of(count, 'blank line')} left out." if count else ""


def _literal(path: Path) -> str:
    """A path as an SQL string, for COPY … TO takes no parameter."""
    return "'" + str(path).replace("'", "''") + "'"
