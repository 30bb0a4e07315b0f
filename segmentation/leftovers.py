"""The rows of the sources that are not in the audience: where each stands, why it was left over, and what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq

from segmentation import casting
from segmentation.cells import literal, raw
from segmentation.filling import NO_ID, NO_KEY, NO_OWNER, NO_TIME, SAME_ID, SAME_KEY, UNKNOWN, Source
from segmentation.lookups import owned
from segmentation.plan import Link, LoadPlan, Progress, StagedTable, TableRole
from segmentation.staged import Staged, workbench

BATCH = 1_000
NO_VALUE = "nothing to look up"
NOT_THERE = "not in the other table"


class Leftover(NamedTuple):
    """A row that is not in the audience, by its line in the file if it could not be read, else by its row in the table.

    Both are counted from 1; the other one is None.
    """

    table: str
    line: int | None
    row: int | None
    reason: str
    text: str


def unread(table: StagedTable) -> Iterator[Leftover]:
    """The rows of a file that could not be read."""
    if table.rejects is None or not table.rejects.is_file():  # read before they were kept whole
        yield from (Leftover(table.name, r.line, None, r.reason, r.text) for r in table.rejected)
        return
    with pq.ParquetFile(table.rejects) as file:
        for batch in file.iter_batches(BATCH):
            rows = zip(*(batch.column(name).to_pylist() for name in ("line", "reason", "text")), strict=True)
            yield from (Leftover(table.name, line, None, reason, text) for line, reason, text in rows)


def leftovers(plan: LoadPlan, progress: Progress) -> Iterator[Leftover]:
    """All rows of a loaded plan's tables that are not in its audience, but for tables that were left out as a whole.

    Raises `LoadError` where what was read is gone, and `Cancelled`.
    """
    with workbench(progress) as connection:
        sources, people = _opened(connection, plan)
        for source in sources:
            for number, row in enumerate(chain(unread(source.plan.table), _set_aside(connection, source, people))):
                if number % BATCH == 0:
                    progress(f"Collecting rows of {source.plan.table.name} that are not loaded")
                yield row


def strays(plan: LoadPlan, index: int, link: Link | None, progress: Progress) -> Iterator[Leftover]:
    """The rows of a table that find nothing through a link; None: that belong to no known customer.

    Raises `LoadError` where what was read is gone, and `Cancelled`.
    """
    with workbench(progress) as connection:
        sources, people = _opened(connection, plan)
        source = next(source for source in sources if source.index == index)
        lost: Iterator[Leftover]
        if link is None:
            lost = (row for row in _set_aside(connection, source, people) if row.reason in (NO_ID, NO_OWNER, UNKNOWN))
        else:
            other = next(source for source in sources if source.index == link.table)
            lost = _unfound(connection, source, link, other)
        for number, row in enumerate(lost):
            if number % BATCH == 0:
                progress(f"Collecting rows of {source.plan.table.name} that belong to nothing")
            yield row


def _opened(connection: duckdb.DuckDBPyConnection, plan: LoadPlan) -> tuple[list[Source], Source | None]:
    """The sources of a plan that are used, and that of its people."""
    sources = [
        Source(index, table, Staged(connection, table.table, index), {})
        for index, table in enumerate(plan.tables)
        if table.role is not TableRole.LEAVE_OUT
    ]
    for source in sources:
        connection.execute(f"SET VARIABLE zone{source.index} = ?", [source.plan.zone])
    sources = owned(connection, plan, sources)
    return sources, next((source for source in sources if source.plan.role is TableRole.PEOPLE), None)


def _unfound(connection: duckdb.DuckDBPyConnection, source: Source, link: Link, other: Source) -> Iterator[Leftover]:
    """The rows whose value stands not in the other table, and those without one."""
    staged = source.staged
    mine, theirs = casting.identifier(staged[link.column]), casting.identifier(other.staged[link.key])
    known = f"SELECT {theirs} FROM {other.staged.source} WHERE {theirs} IS NOT NULL"
    reasons = (
        f"CASE WHEN {mine} IS NULL THEN {literal(NO_VALUE)} WHEN {mine} NOT IN ({known}) THEN {literal(NOT_THERE)} END"
    )
    return _given(connection, staged, staged.source, reasons, {**staged.parameters, **other.staged.parameters})


def _set_aside(connection: duckdb.DuckDBPyConnection, source: Source, people: Source | None) -> Iterator[Leftover]:
    """The rows that were read and not loaded, by the rules of `filling`."""
    if source.plan.role is TableRole.LOOKUP:
        yield from _doubled(connection, source)
        return
    if source.plan.key is None and not source.owner:
        return
    staged, parameters = source.staged, source.staged.parameters
    reasons = [(f"{source.key} IS NULL", source.no_id)]
    if source is people:
        last = f"SELECT max({staged.row}) FROM {staged.source} WHERE {source.key} IS NOT NULL GROUP BY {source.key}"
        reasons.append((f"{staged.row} NOT IN ({last})", SAME_ID))
    else:
        if people is not None:
            known = f"SELECT {people.key} FROM {people.staged.source} WHERE {people.key} IS NOT NULL"
            reasons.append((f"{source.key} NOT IN ({known})", UNKNOWN))
            parameters = {**parameters, **people.staged.parameters}
        reasons.append((f"{source.time} IS NULL", NO_TIME))
    case = " ".join(f"WHEN {condition} THEN {literal(reason)}" for condition, reason in reasons)
    yield from _given(connection, staged, source.rows, f"CASE {case} END", parameters)


def _doubled(connection: duckdb.DuckDBPyConnection, source: Source) -> Iterator[Leftover]:
    """The rows of a look-up that nothing can be told by."""
    if source.plan.key is None:
        return
    staged, value = source.staged, casting.identifier(source.staged[source.plan.key])
    last = f"SELECT max({staged.row}) FROM {staged.source} WHERE {value} IS NOT NULL GROUP BY {value}"
    case = f"CASE WHEN {value} IS NULL THEN {literal(NO_KEY)} WHEN {staged.row} NOT IN ({last}) THEN {literal(SAME_KEY)} END"
    yield from _given(connection, staged, staged.source, case, staged.parameters)


def _given(
    connection: duckdb.DuckDBPyConnection, staged: Staged, rows: str, reason: str, parameters: dict[str, str]
) -> Iterator[Leftover]:
    """The rows for which there is a reason, in their order in the file."""
    cells = ", ".join(f"coalesce({raw(staged[name])}, '')" for name in staged.table.columns)
    found = connection.execute(
        f"SELECT * FROM (SELECT {staged.row} + 1 AS place, {reason} AS reason, [{cells}] FROM {rows}) "
        "WHERE reason IS NOT NULL ORDER BY place",
        parameters,
    )
    while batch := found.fetchmany(BATCH):
        yield from (Leftover(staged.table.name, None, row, reason, _line(cells)) for row, reason, cells in batch)


def _line(cells: Iterable[str]) -> str:
    """The cells as a line of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
