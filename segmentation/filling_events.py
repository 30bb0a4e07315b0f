"""Event tables of a plan as the table `events`: read, found out whose they are, sorted, and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC

import duckdb

from segmentation import casting
from segmentation.audience import quoted
from segmentation.filling import (
    MOST_ROWS,
    NO_TIME,
    UNIDENTIFIED,
    UNKNOWN,
    UNNAMED,
    Source,
    Stored,
)
from segmentation.measuring import Size
from segmentation.plan import LoadReport
from segmentation.staged import WIDE
from segmentation.telling import NO_JOINS, Joins, tell


def fill_events(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    stored: Sequence[Stored],
    keys: Mapping[int, str],
    joins: Mapping[int, Joins],
    identify: Callable[[], None],
) -> dict[int, LoadReport]:
    """Create `events`, sorted, from event tables; reports by table index.

    `keys` is SQL for a relation of key and _row, and `joins` the look-ups of a table, both by its index. `identify` tells the rows
    of `happened…` that have only a visitor whose they are.
    """
    for source in sources:
        _happened(connection, source, stored, keys[source.index], joins.get(source.index, NO_JOINS))
    identify()
    reports = {source.index: _reported(connection, source) for source in sources}
    tables = {name: table for own in joins.values() for name, table in own.tables.items()}
    parts = (
        f"SELECT * EXCLUDE (_key, _visitor) FROM happened{source.index} WHERE _row IS NOT NULL AND _time IS NOT NULL"
        for source in sources
    )
    happened = f"({' UNION ALL BY NAME '.join(parts)}) ORDER BY _name, _time, _place"
    cells = (f"coalesce({', '.join(s.told.values())})" if s.told else f"p{place}" for place, s in enumerate(stored))
    picks = [f"{cell} AS {quoted(s.name)}" for cell, s in zip(cells, stored, strict=True)]
    picks = ["_row", "_name", "_time", *picks]
    if tables:
        connection.execute(f"CREATE TEMP TABLE arranged AS SELECT * FROM {happened}")
    else:
        connection.execute(f"CREATE TABLE events AS SELECT {', '.join(picks)} FROM {happened}")
    for source in sources:
        connection.execute(f"DROP TABLE happened{source.index}")
    if tables:
        tell(connection, "events", picks, tables, "_code")
    return reports


def _happened(
    connection: duckdb.DuckDBPyConnection, source: Source, stored: Sequence[Stored], keys: str, joins: Joins
) -> None:
    """Read a table's events into a temporary table, whether they can be loaded or not."""
    event = source.plan.event_column
    name = f"coalesce({casting.trimmed(source.staged[event])}, '{UNNAMED}')" if event else "''"
    place = f"{source.index}::BIGINT * {MOST_ROWS} + {source.staged.row}"
    cells = [
        f"NULL::{s.type} AS p{place}"
        if source.index not in s.parts
        else f"{_total(source, s)} AS p{place}"
        if s.total
        else f"{source.cell(s.parts[source.index], s.kind, s.size)} AS p{place}"
        for place, s in enumerate(stored)
        if not s.told
    ]
    cells += [f"{name}._code AS _{name}" for name in joins.tables]
    person = [f"{source.key} AS _key", f"{source.visitor} AS _visitor"]
    picks = [*person, f"{name} AS _name", f"{source.time} AS _time", f"{place} AS _place", *cells]
    where = f"{source.owner.join if source.owner else ''} {joins.sql}"
    if len(picks) > WIDE and where.strip():  # parts are put side by side, and a join may change the order of rows
        where = f"{where} ORDER BY {source.staged.row}"
    query, parameters = source.staged.select(connection, picks, where)
    if not event:
        query = f"SELECT * REPLACE ($name::VARCHAR AS _name) FROM ({query})"
        parameters = {**parameters, "name": source.plan.event_name or UNNAMED}
    connection.execute(
        f"CREATE TEMP TABLE happened{source.index} AS SELECT keys._row, read.* FROM ({query}) AS read "
        f"LEFT JOIN ({keys}) AS keys ON read._key = keys.key",
        parameters,
    )


def _reported(connection: duckdb.DuckDBPyConnection, source: Source) -> LoadReport:
    """Count the reasons why events are set aside."""
    loaded, blank, unidentified, visitors, unknown, timeless, newest = connection.execute(
        "SELECT count(*) FILTER (_row IS NOT NULL AND _time IS NOT NULL), "
        "count(*) FILTER (_row IS NULL AND _key IS NULL AND _visitor IS NULL), "
        "count(*) FILTER (_row IS NULL AND _key IS NULL AND _visitor IS NOT NULL), "
        "count(DISTINCT _visitor) FILTER (_row IS NULL AND _key IS NULL), "
        "count(*) FILTER (_key IS NOT NULL AND _row IS NULL), count(*) FILTER (_row IS NOT NULL AND _time IS NULL), "
        f"max(_time) FILTER (_row IS NOT NULL AND _time <= timezone('UTC', now())) FROM happened{source.index}"
    ).fetchone() or (0, 0, 0, 0, 0, 0, None)
    report = source.report(
        loaded, [(source.no_id, blank), (UNIDENTIFIED, unidentified), (UNKNOWN, unknown), (NO_TIME, timeless)]
    )
    notes = report.notes
    if unidentified:
        of = f"{unidentified:,} event{'s' if unidentified > 1 else ''} of {visitors:,} visitor{'s' if visitors > 1 else ''}"
        notes = (*notes, f"{of} nobody has identified yet.")
    return report.model_copy(update={"notes": notes, "newest": newest.replace(tzinfo=UTC) if newest else None})


def no_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `events` without rows."""
    connection.execute("CREATE TABLE events (_row UINTEGER, _name VARCHAR, _time TIMESTAMP)")


def _total(source: Source, stored: Stored) -> str:
    columns = [source.column(name) for name in source.plan.line_total or ()]
    sizes = [source.measured[column.column].size for column in columns]
    if stored.type == "DOUBLE" or "DOUBLE" in [size.type for size in sizes]:
        sizes = [Size(inexact=True)] * 2
    types = [f"DECIMAL(18,{size.scale})" if size.type != "DOUBLE" else "DOUBLE" for size in sizes]
    factors = [
        casting.number(source.staged[column.column], column.format, type)
        for column, type in zip(columns, types, strict=True)
    ]
    return f"CAST({' * '.join(factors)} AS {stored.type})"
