"""The people and events of an audience, written into its file from staged tables; every row loaded or set aside.

Rules that a reader of the numbers needs:
- A person's id is compared as exact text. Of rows with the same id the last wins.
- Event tables share one events table. Properties of the same name (in any case of letters) become one; if their kinds
  differ, all of them become text.
- Without a people table the people are those of the events, with the properties that describe the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC

import duckdb

from segmentation import casting, naming
from segmentation.audience import quoted
from segmentation.catalogue import Kind, Role, Theme
from segmentation.errors import LoadError
from segmentation.measuring import Measured, Size, exact, measure
from segmentation.plan import ColumnPlan, Format, LoadReport, TablePlan
from segmentation.staged import Staged

NO_ID = "no customer id"
SAME_ID = "same customer id as a later row"
UNKNOWN = "belongs to a customer who is not in the people table"
NO_TIME = "no time"
UNIDENTIFIED = "of a visitor whom nobody has identified yet"
UNREAD = "could not be read"
LEFT_OUT = "table left out"
UNNAMED = "(unnamed)"
MOST_ROWS = 10**12  # of one table; tells the places of several apart
NO_NUMBERS = Size()
SQL_TYPES = {
    Kind.TEXT: "VARCHAR", Kind.YES_NO: "BOOLEAN", Kind.DATE: "DATE", Kind.MOMENT: "TIMESTAMP", Kind.LIST: "VARCHAR[]",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A staged table with its plan and what was measured in it."""

    index: int
    plan: TablePlan
    staged: Staged
    measured: dict[str, Measured]

    @property
    def zone(self) -> str:
        """SQL: the zone of moments written without one."""
        return "'UTC'" if self.plan.zone == "UTC" else f"getvariable('zone{self.index}')"

    def column(self, name: str) -> ColumnPlan:
        """The plan of a column of the source."""
        for column in self.plan.columns:
            if column.column == name:
                return column
        raise LoadError(
            f"The plan for {self.plan.table.name} has no column “{name}”. Read its source again on the Data page."
        )

    @property
    def key(self) -> str:
        """SQL: the person's id as exact text, NULL if blank."""
        if self.plan.key is None and self.plan.visitor is not None:
            return "NULL::VARCHAR"
        return self._id(self.plan.key or "")

    @property
    def visitor(self) -> str:
        """SQL: the visitor's id as exact text, NULL if blank or if the table has none."""
        return "NULL::VARCHAR" if self.plan.visitor is None else self._id(self.plan.visitor)

    def _id(self, name: str) -> str:
        column = self.staged[name]
        whole = self.column(name).format is Format.WHOLE or column.type in ("FLOAT", "DOUBLE")
        return casting.identifier(column) if whole else casting.trimmed(column)

    @property
    def time(self) -> str:
        """SQL: when the event happened, in UTC."""
        column = self.column(self.plan.time or "")
        return casting.value(self.staged[column.column], Kind.MOMENT, column.format, self.zone)

    def cell(self, column: ColumnPlan, kind: Kind, size: Size) -> str:
        """SQL: a cell as it is stored."""
        staged = self.staged[column.column]
        if column.column == self.plan.key:
            return self.key
        if kind is Kind.NUMBER:
            return exact(staged, column.format, size)
        return casting.value(staged, kind, column.format if kind is column.kind else Format.PLAIN, self.zone)

    def report(self, loaded: int, set_aside: Iterable[tuple[str, int]]) -> LoadReport:
        """What became of the table's rows."""
        table = self.plan.table
        aside = tuple((reason, n) for reason, n in (*set_aside, (UNREAD, table.rejected_rows)) if n)
        names = {c.column: c.label for c in self.plan.columns if c.include or c.column == self.plan.time}
        misfits = (
            (names[name], m.misfits, m.examples) for name, m in self.measured.items() if name in names and m.misfits
        )
        return LoadReport(
            table=table.name,
            rows=loaded + sum(n for _, n in aside),
            loaded=loaded,
            set_aside=aside,
            misfits=tuple(misfits),
            notes=(*table.notes, *self.plan.notes),
        )


@dataclass(frozen=True)
class Stored:
    """A column of the loaded people or events: its plan, and how numbers of it are stored."""

    name: str
    plan: ColumnPlan
    kind: Kind
    size: Size = NO_NUMBERS
    parts: dict[int, ColumnPlan] = field(default_factory=dict)  # by the table's index
    total: bool = False  # quantity × unit price

    @property
    def type(self) -> str:
        """DuckDB's type."""
        return self.size.type if self.kind is Kind.NUMBER else SQL_TYPES[self.kind]


def open_source(connection: duckdb.DuckDBPyConnection, index: int, plan: TablePlan) -> Source:
    """Look at a staged table and measure the columns that are to be loaded."""
    staged = Staged(connection, plan.table, index)
    connection.execute(f"SET VARIABLE zone{index} = ?", [plan.zone])
    wanted = {*(plan.line_total or ()), plan.time}
    columns = [c for c in plan.columns if (c.include or c.column in wanted) and c.column != plan.key]
    if not {*(plan.line_total or ())} <= {c.column for c in columns if c.kind is Kind.NUMBER}:
        raise LoadError(f"The line total of {plan.table.name} needs a quantity and a unit price that are numbers.")
    return Source(index, plan, staged, measure(connection, staged, columns))


def fill_people(connection: duckdb.DuckDBPyConnection, source: Source) -> tuple[list[Stored], LoadReport]:
    """Create `people` from a people table."""
    columns = [c for c in source.plan.columns if c.include or c.column == source.plan.key]
    stored = [Stored(c.name, c, c.kind, source.measured.get(c.column, Measured()).size) for c in columns]
    picks = [f"{source.cell(s.plan, s.kind, s.size)} AS {quoted(s.name)}" for s in stored]
    row, where = f"{source.staged.row}::UINTEGER", ""
    rows = keyed = people = source.staged.rows
    if source.plan.key is None:
        name = naming.free_name("row_number", {c.name.casefold() for c in columns})
        column = ColumnPlan(
            column=name, name=name, label="Row number", kind=Kind.TEXT, theme=Theme.IDENTITY, role=Role.PERSON_ID
        )
        stored.insert(0, Stored(name, column, Kind.TEXT))
        picks.insert(0, f"({source.staged.row} + 1)::VARCHAR AS {quoted(name)}")
    else:
        keyed, people = _count(connection, source, f"count({source.key}), count(DISTINCT {source.key})")
        if people < rows:
            connection.execute(
                f"CREATE TEMP TABLE kept AS SELECT max({source.staged.row}) AS kept_row FROM {source.staged.source} "
                f"WHERE {source.key} IS NOT NULL GROUP BY {source.key}",
                source.staged.parameters,
            )
            row, where = "(row_number() OVER () - 1)::UINTEGER", f"SEMI JOIN kept ON {source.staged.row} = kept_row"
    query, parameters = source.staged.select(connection, [f"{row} AS _row", *picks], where)
    connection.execute(f"CREATE TABLE people AS {query}", parameters)
    return stored, source.report(people, [(NO_ID, rows - keyed), (SAME_ID, keyed - people)])


def _count(connection: duckdb.DuckDBPyConnection, source: Source, what: str) -> tuple[int, ...]:
    found = connection.execute(f"SELECT {what} FROM {source.staged.source}", source.staged.parameters).fetchone()
    return found or (0, 0)


def number_people(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> None:
    """Create `keys` (key, _row) from the ids in events, in the order in which they come first."""
    parts = (
        f"SELECT {s.key} AS key, {s.index}::BIGINT * {MOST_ROWS} + {s.staged.row} AS place FROM {s.staged.source}"
        for s in sources
    )
    connection.execute(
        "CREATE TEMP TABLE keys AS SELECT key, (row_number() OVER (ORDER BY min(place)) - 1)::UINTEGER AS _row "
        f"FROM ({' UNION ALL '.join(parts)}) WHERE key IS NOT NULL GROUP BY key",
        _parameters(sources),
    )


def properties(sources: Sequence[Source]) -> list[Stored]:
    """The event properties of all tables, with one kind and one size for each name."""
    found: dict[str, Stored] = {}
    for source in sources:
        used = {source.plan.key, source.plan.time, source.plan.event_column, source.plan.visitor}
        for column in source.plan.columns:
            if not column.include or column.column in used:
                continue
            size = source.measured.get(column.column, Measured()).size
            known = found.get(column.name.casefold())
            if known is None:
                found[column.name.casefold()] = Stored(column.name, column, column.kind, size, {source.index: column})
            else:
                kind = column.kind if column.kind is known.kind else Kind.TEXT
                parts = {**known.parts, source.index: column}
                found[column.name.casefold()] = replace(known, kind=kind, size=known.size | size, parts=parts)
    totals = [source for source in sources if source.plan.line_total]
    if totals:
        name = naming.free_name("line_total", found)
        size = Size()
        for source in totals:
            quantity, price = (source.measured[column].size for column in source.plan.line_total or ())
            size = size | quantity * price
        column = ColumnPlan(column=name, name=name, label="Line total", kind=Kind.NUMBER)
        found[name] = Stored(name, column, Kind.NUMBER, size, {s.index: column for s in totals}, total=True)
    return list(found.values())


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


def fill_events(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    stored: Sequence[Stored],
    keys: Mapping[int, str],
    identify: Callable[[], None],
) -> dict[int, LoadReport]:
    """Create `events`, sorted, from event tables; `keys` is SQL for each one's relation of key and _row. Reports by table index.

    `identify` tells the rows of `happened…` that have only a visitor whose they are.
    """
    for source in sources:
        _happened(connection, source, stored, keys[source.index])
    identify()
    reports = {source.index: _reported(connection, source) for source in sources}
    columns = ", ".join(
        ["_row", "_name", "_time", *(f"p{place} AS {quoted(s.name)}" for place, s in enumerate(stored))]
    )
    parts = (f"SELECT * FROM happened{source.index} WHERE _row IS NOT NULL AND _time IS NOT NULL" for source in sources)
    connection.execute(
        f"CREATE TABLE events AS SELECT {columns} FROM ({' UNION ALL '.join(parts)}) ORDER BY _name, _time, _place"
    )
    for source in sources:
        connection.execute(f"DROP TABLE happened{source.index}")
    return reports


def _happened(connection: duckdb.DuckDBPyConnection, source: Source, stored: Sequence[Stored], keys: str) -> None:
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
    ]
    person = [f"{source.key} AS _key", f"{source.visitor} AS _visitor"]
    picks = [*person, f"{name} AS _name", f"{source.time} AS _time", f"{place} AS _place", *cells]
    query, parameters = source.staged.select(connection, picks)
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
        loaded, [(NO_ID, blank), (UNIDENTIFIED, unidentified), (UNKNOWN, unknown), (NO_TIME, timeless)]
    )
    notes = report.notes
    if unidentified:
        of = f"{unidentified:,} event{'s' if unidentified > 1 else ''} of {visitors:,} visitor{'s' if visitors > 1 else ''}"
        notes = (*notes, f"{of} nobody has identified yet.")
    return report.model_copy(update={"notes": notes, "newest": newest.replace(tzinfo=UTC) if newest else None})


def no_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `events` without rows."""
    connection.execute("CREATE TABLE events (_row UINTEGER, _name VARCHAR, _time TIMESTAMP)")


def report_left_out(plan: TablePlan) -> LoadReport:
    """All rows of a table that the marketer left out."""
    rows = plan.table.rows + plan.table.rejected_rows
    return LoadReport(
        table=plan.table.name, rows=rows, loaded=0, set_aside=((LEFT_OUT, rows),) if rows else (), notes=plan.notes
    )


def _parameters(sources: Iterable[Source]) -> dict[str, str]:
    return {name: value for source in sources for name, value in source.staged.parameters.items()}
