"""The rows of the sources that are not in the audience: where each stands, why it was left over, and what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq

from segmentation.cells import literal, raw
from segmentation.filling import NO_ID, NO_TIME, SAME_ID, UNIDENTIFIED, UNKNOWN, Source
from segmentation.joining import people_tables, whose
from segmentation.plan import LoadPlan, Progress, StagedTable, TableRole
from segmentation.staged import Staged, workbench
from segmentation.visitors import CROWD, NO_VISITOR

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
        by_index = {source.index: source for source in sources}
        has_people = bool(people_tables(plan))
        owners = {s.index: by_index[whose(plan, s.index)] if has_people else None for s in sources}
        _identify(connection, sources, owners)
        for source in sources:
            aside = _set_aside(connection, source, owners[source.index])
            for number, row in enumerate(chain(unread(source.plan.table), aside)):
                if number % BATCH == 0:
                    progress(f"Collecting rows of {source.plan.table.name} that are not loaded")
                yield row


def _known(people: Source | None) -> str:
    """SQL: what an id has to fulfil to be that of a customer."""
    return (
        "IS NOT NULL"
        if people is None
        else f"IN (SELECT {people.key} FROM {people.staged.source} WHERE {people.key} IS NOT NULL)"
    )


def _identify(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], owners: Mapping[int, Source | None]
) -> None:
    """Create `handpick_identified` with the visitors who are somebody, by the rules of `visitors`."""
    connection.execute("CREATE TEMP TABLE handpick_told (visitor VARCHAR, key VARCHAR, people INTEGER)")
    for source in sources:
        if source.plan.visitor is not None and source.plan.key is not None:
            people = owners[source.index]
            connection.execute(
                f"INSERT INTO handpick_told SELECT DISTINCT {source.visitor}, {source.key}, {people.index if people else -1} "
                f"FROM {source.staged.source} WHERE {source.visitor} IS NOT NULL AND {source.key} {_known(people)}",
                source.staged.parameters | (people.staged.parameters if people else {}),
            )
    connection.execute(
        "CREATE TEMP TABLE handpick_identified AS SELECT visitor FROM handpick_told GROUP BY visitor "
        f"HAVING count(DISTINCT (key, people)) <= {CROWD}"
    )


def _set_aside(connection: duckdb.DuckDBPyConnection, source: Source, people: Source | None) -> Iterator[Leftover]:
    """The rows that were read and not loaded, by the rules of `filling` and `visitors`."""
    role = source.plan.role
    if source.plan.key is None and source.plan.visitor is None:
        return
    staged, parameters = source.staged, source.staged.parameters
    connection.execute(f"SET VARIABLE zone{source.index} = ?", [source.plan.zone])
    nobody = f"{source.key} IS NULL"
    if role is TableRole.PEOPLE:
        last = f"SELECT max({staged.row}) FROM {staged.source} WHERE {source.key} IS NOT NULL GROUP BY {source.key}"
        reasons = [(nobody, NO_ID), (f"{staged.row} NOT IN ({last})", SAME_ID)]
    else:
        anonymous = f"{source.visitor} NOT IN (SELECT visitor FROM handpick_identified)"
        if source.plan.keep_visitors:
            anonymous += f" AND {source.time} IS NULL"
        reasons = [(f"{nobody} AND {source.visitor} IS NULL", NO_ID), (f"{nobody} AND {anonymous}", UNIDENTIFIED)]
        if role is TableRole.VISITORS:
            reasons = [(f"{source.visitor} IS NULL", NO_VISITOR), (nobody, NO_ID)]
        if people is not None:
            reasons.append((f"{source.key} IS NOT NULL AND NOT {source.key} {_known(people)}", UNKNOWN))
            parameters = {**parameters, **people.staged.parameters}
        if role is TableRole.EVENTS:
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
