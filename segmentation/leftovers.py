"""The rows of the sources that are not in the audience: where each stands, why it was left over, and what it says."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import duckdb
import pyarrow.parquet as pq

from segmentation import casting
from segmentation.cells import literal, raw
from segmentation.filling import (
    NO_ID,
    NO_KEY,
    NO_OWNER,
    NO_TIME,
    SAME_ID,
    SAME_KEY,
    UNIDENTIFIED,
    UNKNOWN,
    Source,
)
from segmentation.joining import people_tables, whose
from segmentation.links import is_listed
from segmentation.lookups import owned
from segmentation.naming import is_secret
from segmentation.plan import Link, LoadPlan, Progress, StagedTable, TableRole
from segmentation.preview import HIDDEN
from segmentation.staged import Staged, workbench
from segmentation.visitors import CROWD, NO_VISITOR

BATCH = 1_000
NO_VALUE = "nothing to look up"
NOT_THERE = "not in the other table"
NOBODYS = (NO_ID, NO_OWNER, UNIDENTIFIED, UNKNOWN)


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
    """The rows of a file that could not be read; without their text where it may hold passwords."""
    if table.rejects is None or not table.rejects.is_file():  # read before they were kept whole
        yield from first_unread(table)
        return
    hidden = any(map(is_secret, table.columns))
    with pq.ParquetFile(table.rejects) as file:
        for batch in file.iter_batches(BATCH):
            rows = zip(*(batch.column(name).to_pylist() for name in ("line", "reason", "text")), strict=True)
            yield from (
                Leftover(table.name, line, None, reason, HIDDEN if hidden else text) for line, reason, text in rows
            )


def first_unread(table: StagedTable) -> list[Leftover]:
    """The first of `unread`, their texts cut."""
    hidden = any(map(is_secret, table.columns))
    return [Leftover(table.name, r.line, None, r.reason, HIDDEN if hidden else r.text) for r in table.rejected]


def leftovers(plan: LoadPlan, progress: Progress) -> Iterator[Leftover]:
    """All rows of a loaded plan's tables that are not in its audience, but for tables that were left out as a whole.

    Raises `LoadError` where what was read is gone, and `Cancelled`.
    """
    with workbench(progress) as connection:
        sources, owners = _opened(connection, plan)
        for source in sources:
            if source.plan.role is TableRole.LOOKUP:
                aside = _untold(connection, source, is_listed(plan, source.index))
            else:
                aside = _set_aside(connection, source, owners[source.index])
            for number, row in enumerate(chain(unread(source.plan.table), aside)):
                if number % BATCH == 0:
                    progress(f"Collecting rows of {source.plan.table.name} that are not loaded")
                yield row


def strays(plan: LoadPlan, index: int, link: Link | None, progress: Progress) -> Iterator[Leftover]:
    """The rows of a table that find nothing through a link; None: that belong to no known customer.

    Raises `LoadError` where what was read is gone, and `Cancelled`.
    """
    with workbench(progress) as connection:
        sources, owners = _opened(connection, plan)
        source = next(source for source in sources if source.index == index)
        lost: Iterator[Leftover]
        if link is None:
            lost = (row for row in _set_aside(connection, source, owners[index]) if row.reason in NOBODYS)
        else:
            other = next(source for source in sources if source.index == link.table)
            lost = _unfound(connection, source, link, other)
        for number, row in enumerate(lost):
            if number % BATCH == 0:
                progress(f"Collecting rows of {source.plan.table.name} that belong to nothing")
            yield row


def _opened(connection: duckdb.DuckDBPyConnection, plan: LoadPlan) -> tuple[list[Source], dict[int, Source | None]]:
    """The sources of a plan that are used, and those of the people whose ids stand in them, by index."""
    sources = [
        Source(index, table, Staged(connection, table.table, index), {})
        for index, table in enumerate(plan.tables)
        if table.role is not TableRole.LEAVE_OUT
    ]
    for source in sources:
        connection.execute(f"SET VARIABLE zone{source.index} = ?", [source.plan.zone])
    sources = owned(connection, plan, sources)
    by_index = {source.index: source for source in sources}
    has_people = bool(people_tables(plan))
    owners = {s.index: by_index[whose(plan, s.index)] if has_people else None for s in sources}
    _identify(connection, sources, owners)
    return sources, owners


def _unfound(connection: duckdb.DuckDBPyConnection, source: Source, link: Link, other: Source) -> Iterator[Leftover]:
    """The rows whose value stands not in the other table, and those without one."""
    staged = source.staged
    mine, theirs = casting.identifier(staged[link.column]), casting.identifier(other.staged[link.key])
    known = f"SELECT {theirs} FROM {other.staged.source} WHERE {theirs} IS NOT NULL"
    reasons = (
        f"CASE WHEN {mine} IS NULL THEN {literal(NO_VALUE)} WHEN {mine} NOT IN ({known}) THEN {literal(NOT_THERE)} END"
    )
    return _given(connection, staged, staged.source, reasons, {**staged.parameters, **other.staged.parameters})


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
    if source.plan.key is None and source.plan.visitor is None and not source.owner:
        return
    staged, parameters = source.staged, source.staged.parameters
    nobody = f"{source.key} IS NULL"
    if role is TableRole.PEOPLE:
        last = f"SELECT max({staged.row}) FROM {staged.source} WHERE {source.key} IS NOT NULL GROUP BY {source.key}"
        reasons = [(nobody, NO_ID), (f"{staged.row} NOT IN ({last})", SAME_ID)]
    else:
        anonymous = f"{source.visitor} NOT IN (SELECT visitor FROM handpick_identified)"
        if source.plan.keep_visitors:
            anonymous += f" AND {source.time} IS NULL"
        reasons = [
            (f"{nobody} AND {source.visitor} IS NULL", source.no_id),
            (f"{nobody} AND {anonymous}", UNIDENTIFIED),
        ]
        if role is TableRole.VISITORS:
            reasons = [(f"{source.visitor} IS NULL", NO_VISITOR), (nobody, NO_ID)]
        if people is not None:
            reasons.append((f"{source.key} IS NOT NULL AND NOT {source.key} {_known(people)}", UNKNOWN))
            parameters = {**parameters, **people.staged.parameters}
        if role is TableRole.EVENTS:
            reasons.append((f"{source.time} IS NULL", NO_TIME))
    case = " ".join(f"WHEN {condition} THEN {literal(reason)}" for condition, reason in reasons)
    yield from _given(connection, staged, source.rows, f"CASE {case} END", parameters)


def _untold(connection: duckdb.DuckDBPyConnection, source: Source, several: bool) -> Iterator[Leftover]:
    """The rows of a look-up that nothing can be told by; `several` with the same value tell something."""
    if source.plan.key is None:
        return
    staged, value = source.staged, casting.identifier(source.staged[source.plan.key])
    last = f"SELECT max({staged.row}) FROM {staged.source} WHERE {value} IS NOT NULL GROUP BY {value}"
    doubled = "" if several else f"WHEN {staged.row} NOT IN ({last}) THEN {literal(SAME_KEY)}"
    case = f"CASE WHEN {value} IS NULL THEN {literal(NO_KEY)} {doubled} END"
    yield from _given(connection, staged, staged.source, case, staged.parameters)


def _given(
    connection: duckdb.DuckDBPyConnection, staged: Staged, rows: str, reason: str, parameters: dict[str, str]
) -> Iterator[Leftover]:
    """The rows for which there is a reason, in their order in the file, without passwords."""
    texts = {name: f"coalesce({raw(staged[name])}, '')" for name in staged.table.columns}
    hidden = f"CASE WHEN {{}} = '' THEN '' ELSE {literal(HIDDEN)} END"
    cells = ", ".join(hidden.format(text) if is_secret(name) else text for name, text in texts.items())
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
