"""Event tables of a plan as the table `events`: read, found out whose they are, sorted, and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC

import duckdb

from segmentation import casting
from segmentation.aggregating import SHORT
from segmentation.audience import quoted
from segmentation.catalogue import Kind
from segmentation.filling import MOST_ROWS, NO_TIME, UNIDENTIFIED, UNKNOWN, Source, Stored
from segmentation.measuring import Size
from segmentation.narrowing import LOADING, narrow_types
from segmentation.plan import LoadReport, Progress
from segmentation.staged import WIDE, Part
from segmentation.telling import NO_JOINS, Joins, tell
from segmentation.watching import watched


def fill_events(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    stored: Sequence[Stored],
    keys: Mapping[int, str],
    joins: Mapping[int, Joins],
    identify: Callable[[], None],
    progress: Progress,
) -> dict[int, LoadReport]:
    """Create `events`, sorted, from event tables; reports by table index.

    `keys` is SQL for a relation of key and _row, and `joins` the look-ups of a table, both by its index. `identify` tells the rows
    of `happened…` that have only a visitor whose they are. Tables with visitors are written down so, and short ones,
    as they take longer to prepare a query of than to write.
    """
    types = narrow_types(connection, sources, {s.index: _texts(s, stored) for s in sources}, Part(progress, 0.0, 0.1))
    read: dict[int, tuple[str, dict[str, str]]] = {}
    for turn, source in enumerate(sources):
        query, parameters = _happened(
            connection, source, stored, types, keys[source.index], joins.get(source.index, NO_JOINS)
        )
        read[source.index] = f"({query})", parameters
        if source.plan.visitor is not None or source.plan.keep_visitors or source.staged.rows <= SHORT:
            name = f"happened{source.index}"
            part = Part.nth(Part(progress, 0.1, 0.3), turn, len(sources))
            watched(connection, f"CREATE TEMP TABLE {name} AS {query}", parameters, part, LOADING)
            read[source.index] = name, {}
    identify()
    reports = {}
    for turn, source in enumerate(sources):
        part = Part.nth(Part(progress, 0.3, 0.4), turn, len(sources))
        reports[source.index] = _reported(connection, source, *read[source.index], part)
    tables = {name: table for own in joins.values() for name, table in own.tables.items()}
    parts = (
        f"SELECT * EXCLUDE (_key, _visitor) FROM {rows} WHERE _row IS NOT NULL AND _time IS NOT NULL"
        for rows, _ in read.values()
    )
    happened = f"(SELECT * FROM ({' UNION ALL BY NAME '.join(parts)}) ORDER BY _name, _time, _place)"
    picks = ["_row", "_name::VARCHAR AS _name", "_time"]
    for place, s in enumerate(stored):
        cell = f"coalesce({', '.join(s.told.values())})" if s.told else f"p{place}::{s.type}"
        picks.append(f"{cell} AS {quoted(s.name)}")
    parameters = {key: path for _, own in read.values() for key, path in own.items()}
    if tables:
        statement = f"CREATE TEMP TABLE arranged AS SELECT * FROM {happened}"
    else:
        statement = f"CREATE TABLE events AS SELECT {', '.join(picks)} FROM {happened}"
    watched(connection, statement, parameters, Part(progress, 0.4, 0.8 if tables else 1.0), LOADING)
    for source in sources:
        connection.execute(f"DROP TABLE IF EXISTS happened{source.index}")
    if tables:
        tell(connection, "events", picks, tables, "_code", Part(progress, 0.8, 1.0), LOADING)
    return reports


def _texts(source: Source, stored: Sequence[Stored]) -> dict[str, str]:
    """The texts of a table's events, as SQL, by the names that they have while they are sorted."""
    texts = {
        f"p{place}": source.cell(s.parts[source.index], s.kind, s.size)
        for place, s in enumerate(stored)
        if s.kind is Kind.TEXT and source.index in s.parts
    }
    return texts | {"_name": source.event}


def _happened(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    stored: Sequence[Stored],
    types: Mapping[str, str],
    keys: str,
    joins: Joins,
) -> tuple[str, dict[str, str]]:
    """SQL for a table's events, whether they can be loaded or not, and its parameters; `types` are those of single columns."""
    place = f"{source.index}::BIGINT * {MOST_ROWS} + {source.staged.row}"
    cells = []
    for number, s in enumerate(stored):
        name = f"p{number}"
        type = types.get(name, s.size.narrow if s.kind is Kind.NUMBER else s.type)
        if source.index in s.parts:
            cell = _total(source, s) if s.total else source.cell(s.parts[source.index], s.kind, s.size)
            cells.append(f"CAST({cell} AS {type}) AS {name}")
        elif not s.told:
            cells.append(f"NULL::{type} AS {name}")
    cells += [f"{name}._code AS _{name}" for name in joins.tables]
    person = [f"{source.key} AS _key", f"{source.visitor} AS _visitor"]
    name = f"CAST({source.event} AS {types.get('_name', 'VARCHAR')}) AS _name"
    picks = [*person, name, f"{source.time} AS _time", f"{place} AS _place", *cells]
    where = f"{source.owner.join if source.owner else ''} {joins.sql}"
    if len(picks) > WIDE and where.strip():  # parts are put side by side, and a join may change the order of rows
        where = f"{where} ORDER BY {source.staged.row}"
    query, parameters = source.staged.select(connection, picks, where)
    query = f"SELECT keys._row, read.* FROM ({query}) AS read LEFT JOIN ({keys}) AS keys ON read._key = keys.key"
    return query, parameters


def _reported(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    happened: str,
    parameters: Mapping[str, str],
    progress: Progress,
) -> LoadReport:
    """Count the reasons why events are set aside."""
    statement = (
        "SELECT count(*) FILTER (_row IS NOT NULL AND _time IS NOT NULL), "
        "count(*) FILTER (_row IS NULL AND _key IS NULL AND _visitor IS NULL), "
        "count(*) FILTER (_row IS NULL AND _key IS NULL AND _visitor IS NOT NULL), "
        "count(DISTINCT _visitor) FILTER (_row IS NULL AND _key IS NULL), "
        "count(*) FILTER (_key IS NOT NULL AND _row IS NULL), count(*) FILTER (_row IS NOT NULL AND _time IS NULL), "
        f"max(_time) FILTER (_row IS NOT NULL AND _time <= timezone('UTC', now())) FROM {happened}"
    )
    ((loaded, blank, unidentified, visitors, unknown, timeless, newest),) = watched(
        connection, statement, parameters, progress, LOADING
    )
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
