"""Delimited text (CSV, TSV, TXT) becomes Parquet, every cell as text: rows in the file = loaded + rejected.

A regular file goes through DuckDB's reader, and its rows are checked against a count of the file's own bytes. Wherever
the two differ, or DuckDB refuses, the file is read again record by record, and each damaged row is mended or set aside.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.sources.careful import ABOVE, CarefulReader
from connectors.sources.counting import Tally, count_records
from connectors.sources.encoding import as_utf8
from connectors.sources.layout import Layout, read_layout
from connectors.sources.records import NO_DELIMITER, TELLING
from connectors.sources.separators import with_one_separator
from connectors.sources.staging import (
    COMPRESSION,
    Paced,
    Rejects,
    TableWriter,
    count_of,
    literal,
    run,
    table_path,
)
from connectors.sources.wrapping import NOTE, unwrapped
from segmentation.audience import quoted
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable
from segmentation.scratch import scratch
from segmentation.staged import Part, exactly

LONGEST_LINE = 64 << 20


def stage_delimited(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage one text file; raises `SourceError` where it is no text, empty, or has no rows."""
    if not path.stat().st_size:
        raise SourceError(f"{name} is empty.")
    text, notes = as_utf8(path, name, into, progress)
    copies = {text}
    try:
        bare = unwrapped(text, name, into, progress)
        copies.add(bare)
        if bare != text:
            notes += (NOTE,)
        single, separator = with_one_separator(bare, name, into, progress)
        copies.add(single)
        if separator:
            shown = separator if separator.isprintable() else "a character that cannot be seen"
            notes += (f"The cells are separated by {shown}.",)
        return [_stage_text(single, name, into, progress, notes)]
    finally:
        for copy in copies - {path}:
            copy.unlink(missing_ok=True)


def _stage_text(path: Path, name: str, into: Path, progress: Progress, notes: tuple[str, ...]) -> StagedTable:
    layout = read_layout(path, name)
    size = path.stat().st_size
    counting, reading = Paced(Part(progress, 0.0, 0.1), size), Part(progress, 0.1, 1.0)
    tally = count_records(
        path,
        layout.dialect.delimiter,
        layout.dialect.quote,
        lambda done: counting(f"Counting the rows of {name}", done / size),
    )
    if tally.longest_line > LONGEST_LINE:
        raise SourceError(f"{name} is not a text table: it has a line of more than {LONGEST_LINE >> 20} MB.")
    if tally.padded_quotes and not layout.dialect.skip_blanks:
        layout = read_layout(path, name, skip_blanks=True)
    target = table_path(into, name)
    found: tuple[str, ...] = (f"{count_of(tally.blank_lines, 'blank line')} left out.",) if tally.blank_lines else ()
    with Rejects(target) as rejects:
        for record in layout.titles:
            rejects.add(record.line, ABOVE, record.text.rstrip("\r\n"))
        rows = _stage_regular(path, target, name, layout, tally, Paced(reading, size))
        if rows is None:
            schema = pa.schema([(column, pa.string()) for column in layout.columns])
            with TableWriter(target, schema) as writer:
                careful = CarefulReader(layout, rejects, writer)
                careful.read(path, name, tally, Paced(reading, size))
            rows, found = writer.rows, careful.notes
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
        rejects=rejects.path,
        notes=(*notes, *layout.notes, *found),
    )


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
            if rows == expected and _repeats_header(connection, target, layout):
                rows = None
            if rows == expected and tally.breaks_in_quotes and _may_swallow(connection, target, layout):
                rows = None
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
    except duckdb.Error:  # not regular after all: the careful reader will tell each row
        pass
    finally:
        if rows != expected:
            target.unlink(missing_ok=True)
    return rows if rows == expected else None


def _repeats_header(connection: duckdb.DuckDBPyConnection, table: Path, layout: Layout) -> bool:
    """Whether rows are the header once more, as in exports that were joined."""
    if len(layout.header) != len(layout.columns):
        return False
    same = " AND ".join(f"{quoted(column)} IS NOT DISTINCT FROM nullif(?, '')" for column in layout.columns)
    found = connection.execute(f"SELECT count(*) FROM read_parquet(?) WHERE {same}", [exactly(table), *layout.header])
    return found.fetchone() != (0,)


def _may_swallow(connection: duckdb.DuckDBPyConnection, table: Path, layout: Layout) -> bool:
    """Whether all further lines of a cell have as many separators as a row: two stray quotes may have made a cell of rows."""
    lines = "string_split({0}, chr(10))[2:]"
    others = "list_bool_and(list_transform({1}, lambda line: length(line) - length(replace(line, $delimiter, '')) = $others))"
    swallows = f"contains({{0}}, chr(10)) AND len({lines}) * $others >= {TELLING} AND {others}"
    rows = " OR ".join(
        f"({swallows.format(quoted(column), lines.format(quoted(column)))})" for column in layout.columns
    )
    parameters = {"table": exactly(table), "delimiter": layout.dialect.delimiter, "others": len(layout.columns) - 1}
    found = connection.execute(f"SELECT count(*) FROM read_parquet($table) WHERE {rows}", parameters)
    return found.fetchone() != (0,)


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
