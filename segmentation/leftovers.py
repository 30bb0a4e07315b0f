"""The rows of the sources that are not in the audience: where each stands, why it was left over, and what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq

from segmentation.cells import literal, raw
from segmentation.filling import NO_ID, NO_TIME, SAME_ID, UNKNOWN, Source
from segmentation.plan import LoadPlan, Progress, StagedTable, TableRole
from segmentation.staged import Staged, workbench

BATCH = 1_000


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
        sources = [
            Source(index, table, Staged(connection, table.table, index), {})
            for index, table in enumerate(plan.tables)
            if table.role is not TableRole.LEAVE_OUT
        ]
        people = next((source for source in sources if source.plan.role is TableRole.PEOPLE), None)
        for source in sources:
            for number, row in enumerate(chain(unread(source.plan.table), _set_aside(connection, source, people))):
                if number % BATCH == 0:
                    progress(f"Collecting rows of {source.plan.table.name} that are not loaded")
                yield row


def _set_aside(connection: duckdb.DuckDBPyConnection, source: Source, people: Source | None) -> Iterator[Leftover]:
    """The rows that were read and not loaded, by the rules of `filling`."""
    if source.plan.key is None:
        return
    staged, parameters = source.staged, source.staged.parameters
    connection.execute(f"SET VARIABLE zone{source.index} = ?", [source.plan.zone])
    reasons = [(f"{source.key} IS NULL", NO_ID)]
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
    cells = ", ".join(f"coalesce({raw(staged[name])}, '')" for name in staged.table.columns)
    found = connection.execute(
        f"SELECT * FROM (SELECT {staged.row} + 1, CASE {case} END AS reason, [{cells}] FROM {staged.source}) "
        "WHERE reason IS NOT NULL",
        parameters,
    )
    while rows := found.fetchmany(BATCH):
        yield from (Leftover(staged.table.name, None, row, reason, _line(cells)) for row, reason, cells in rows)


def _line(cells: Iterable[str]) -> str:
    """The cells as a line of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
