"""Delimited text (CSV, TSV, TXT) becomes Parquet, every cell as text: rows in the file = loaded + rejected.

A regular file goes through DuckDB's reader, and its rows are checked against a count of the file's own bytes. Wherever
the two differ, or DuckDB refuses, the file is read again record by record, and each damaged row is mended or set aside.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from connectors.sources.counting import Tally, count_records
from connectors.sources.dialect import guess_dialect
from connectors.sources.encoding import as_utf8
from connectors.sources.header import find_header
from connectors.sources.names import headers_of, mend_names
from connectors.sources.records import NO_DELIMITER, Dialect, Record, Records, read_sample, split_lines
from connectors.sources.staging import (
    COMPRESSION,
    Rejects,
    TableWriter,
    count_of,
    exactly,
    literal,
    run,
    table_path,
)
from segmentation.audience import quoted
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable
from segmentation.scratch import scratch

HEAD = 1 << 20
BATCH_CELLS = 100_000  # measured: five times as many take 40 % longer, as they leave the processor's cache
BATCH_BYTES = 64 << 20
BLOCK = 500  # lines that are tried at once
LONGEST_LINE = 64 << 20

ABOVE = "above the table's header"


@dataclass(frozen=True)
class Layout:
    """How a text is to be read: its dialect, its columns, and the records that stand before the first row."""

    dialect: Dialect
    columns: tuple[str, ...]
    headers: tuple[str, ...] = ()  # as written, where a name was mended
    titles: tuple[Record, ...] = ()  # above the header
    before: tuple[Record, ...] = ()  # titles, blank lines and the header itself
    notes: tuple[str, ...] = ()


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
        path, layout.dialect.delimiter, layout.dialect.quote, lambda: progress(f"Counting the rows of {name}")
    )
    if tally.longest_line > LONGEST_LINE:
        raise SourceError(f"{name} is not a text table: it has a line of more than {LONGEST_LINE >> 20} MB.")
    if tally.padded_quotes and not layout.dialect.skip_blanks:
        layout = read_layout(path, name, skip_blanks=True)
    target = table_path(into, name)
    rejects = Rejects()
    for record in layout.titles:
        rejects.add(record.line, ABOVE, record.text.rstrip("\r\n"))
    rows = _stage_regular(path, target, name, layout, tally, progress)
    if rows is None:
        rows, found = _stage_damaged(path, target, name, layout, tally, rejects, progress)
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
        columns=layout.columns,
        headers=layout.headers,
        rows=rows,
        rejected_rows=rejects.count,
        rejected=tuple(rejects.kept),
        notes=tuple(note for note in (*notes, *layout.notes, *found) if note),
    )


def read_layout(path: Path, name: str, skip_blanks: bool = False) -> Layout:
    """Find dialect and header in the first records of a text in UTF-8."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        whole = len(head) < HEAD
    lines = split_lines(head.decode("utf-8-sig", errors="ignore"))
    if not whole and len(lines) > 1:
        lines.pop()  # it may go on beyond the head
    dialect = guess_dialect(lines)
    if skip_blanks:
        dialect = replace(dialect, skip_blanks=True)
    sample = read_sample(lines, dialect)
    records = [record for record in sample if not _is_blank(record)]
    if not records:
        if whole:
            raise SourceError(f"{name} is empty: it has only blank lines.")
        raise SourceError(f"{name} is not a text table: its first lines are blank or longer than {HEAD >> 20} MB.")
    header = find_header([record.cells for record in records])
    titles = records[: header.above]
    last = records[header.taken - 1].line if header.taken else 0
    before = [record for record in sample if record.line <= last]
    columns, mended = mend_names(header.names)
    headers = headers_of(header.names, columns)
    return Layout(dialect, columns, headers, tuple(titles), tuple(before), header.notes + mended)


def _is_blank(record: Record) -> bool:
    """Whether a line is no row; a line of blanks could be a row only where it has separators or quotes."""
    return record.blank or (len(record.cells) == 1 and not record.text.strip())


def _stage_regular(path: Path, target: Path, name: str, layout: Layout, tally: Tally, progress: Progress) -> int | None:
    """Stage with DuckDB; None, and no file, where its rows are not exactly those that were counted."""
    dialect = layout.dialect
    if dialect.backslash or tally.mixed_breaks or tally.long_quoted or tally.stray_quotes:
        return None
    if (dialect.skip_blanks and tally.quotes) or any(record.damaged for record in layout.before):
        return None
    expected = tally.records - sum(not record.blank for record in layout.before)
    if not expected:
        return 0
    cell = "nullif(ltrim(c{0}, ' '), '')" if dialect.skip_blanks else "c{0}"
    select = ", ".join(f"{cell.format(place)} AS {quoted(name)}" for place, name in enumerate(layout.columns))
    columns = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(layout.columns)))
    sql = f"""
        COPY (
            SELECT {select}
            FROM read_csv(?, columns = {{{columns}}}, delim = ?, quote = ?, escape = ?, skip = {len(layout.before)},
                auto_detect = false, header = false, strict_mode = true, null_padding = false,
                parallel = {"false" if tally.breaks_in_quotes else "true"})
        ) TO {literal(target)} (FORMAT parquet, COMPRESSION {COMPRESSION})"""
    parameters = [exactly(path), dialect.delimiter, dialect.quote, dialect.quote]
    rows = None
    try:
        with scratch() as connection:
            rows = run(connection, sql, parameters, progress, f"Reading {name}")
    except duckdb.Error:  # not regular after all: the careful reader will tell each row
        pass
    finally:
        if rows != expected:
            target.unlink(missing_ok=True)
    return rows if rows == expected else None


def _stage_damaged(
    path: Path, target: Path, name: str, layout: Layout, tally: Tally, rejects: Rejects, progress: Progress
) -> tuple[int, tuple[str, ...]]:
    """Stage record by record; gives the number of rows and what was mended."""
    width = len(layout.columns)
    schema = pa.schema([(column, pa.string()) for column in layout.columns])
    batch_rows = min(max(BATCH_CELLS // width, 200), max(BATCH_BYTES // max(tally.longest_line, 1), 1))
    block = min(batch_rows, BLOCK)
    size = path.stat().st_size
    padded = mended = blank = 0
    rows: list[list[str]] = []
    with path.open(encoding="utf-8-sig", newline="") as text, TableWriter(target, schema) as writer:

        def write() -> None:
            if rows:
                texts = (pa.array(column, pa.string()) for column in zip(*rows, strict=True))
                arrays = [pc.if_else(pc.equal(cells, ""), None, cells) for cells in texts]
                writer.write(pa.record_batch(arrays, schema=schema))
                rows.clear()
            progress(f"Reading {name} row by row", os.lseek(text.fileno(), 0, os.SEEK_CUR) / size)

        records = Records(iter(text.readline, ""), layout.dialect, width)
        for record in islice(records, len(layout.before)):
            blank += _is_blank(record)
        at_end = False
        while not at_end:
            if len(rows) >= batch_rows:
                write()
            if regular := records.regular(block):
                rows += regular
                continue
            at_end = True
            for record in islice(records, block):
                at_end = False
                cells = record.cells
                if _is_blank(record) and (width > 1 or not any(cells)):
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
        write()
    notes = [_blank_lines(blank)]
    if padded:
        many = "1 row" if padded == 1 else f"{padded:,} rows"
        notes.append(f"{many} had fewer cells than the header; the rest is empty.")
    if mended:
        many = "1 row has quotes" if mended == 1 else f"{mended:,} rows have quotes"
        notes.append(f"{many} in unusual places; they were taken as they stand.")
    return writer.rows, tuple(notes)


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
