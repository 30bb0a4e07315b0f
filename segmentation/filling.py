"""The people and events of an audience, written into its file from staged tables; every row loaded or set aside.

Rules that a reader of the numbers needs:
- A person's id is compared as exact text. Of rows with the same id the last wins.
- Event tables share one events table. Properties of the same name (in any case of letters) become one; if their kinds
  differ, all of them become text.
- Without a people table the people are those of the events, with the properties that describe the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from segmentation import casting, naming
from segmentation.audience import quoted
from segmentation.catalogue import Kind, Role, Theme
from segmentation.errors import LoadError
from segmentation.measuring import Measured, Size, exact, measure
from segmentation.plan import ColumnPlan, Format, LoadReport, Progress, TablePlan
from segmentation.staged import Part, Staged
from segmentation.telling import NO_JOINS, Joins, tell
from segmentation.watching import watched

NO_ID = "no customer id"
SAME_ID = "same customer id as a later row"
UNKNOWN = "belongs to a customer who is not in the people table"
NO_TIME = "no time"
NO_OWNER = "no customer in the table that it is a part of"
NO_KEY = "nothing to look it up by"
SAME_KEY = "looked up by the same as a later row"
UNIDENTIFIED = "of a visitor whom nobody has identified yet"
LOADING = "Loading the customers"
UNREAD = "could not be read"
LEFT_OUT = "table left out"
UNNAMED = "(unnamed)"
MOST_ROWS = 10**12  # of one table; tells the places of several apart
NO_NUMBERS = Size()
SQL_TYPES = {
    Kind.TEXT: "VARCHAR", Kind.YES_NO: "BOOLEAN", Kind.DATE: "DATE", Kind.MOMENT: "TIMESTAMP", Kind.LIST: "VARCHAR[]",
}  # fmt: skip


@dataclass(frozen=True)
class Owner:
    """SQL for what events are a part of: the join to it, whose it is, and when it was (UTC)."""

    join: str
    person: str
    time: str


@dataclass(frozen=True)
class Source:
    """A staged table with its plan and what was measured in it."""

    index: int
    plan: TablePlan
    staged: Staged
    measured: dict[str, Measured]
    owner: Owner | None = None

    @property
    def rows(self) -> str:
        """SQL: what goes after FROM to reach the columns, the key and the time."""
        return f"{self.staged.source} {self.owner.join if self.owner else ''}"

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
        if self.plan.key is None and self.owner:
            return self.owner.person
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
    def event(self) -> str:
        """SQL: what happened, as text."""
        if self.plan.event_column is None:
            return f"getvariable('event{self.index}')"
        return f"coalesce({casting.trimmed(self.staged[self.plan.event_column])}, '{UNNAMED}')"

    @property
    def no_id(self) -> str:
        """Why a row without a person is set aside."""
        return NO_OWNER if self.plan.key is None and self.owner else NO_ID

    @property
    def time(self) -> str:
        """SQL: when the event happened, in UTC."""
        if self.plan.time is None and self.owner:
            return self.owner.time
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
    told: dict[int, str] = field(default_factory=dict)  # of a look-up: SQL, by the index of the table that refers to it

    @property
    def type(self) -> str:
        """DuckDB's type."""
        return self.size.type if self.kind is Kind.NUMBER else SQL_TYPES[self.kind]


def open_source(connection: duckdb.DuckDBPyConnection, index: int, plan: TablePlan, progress: Progress) -> Source:
    """Look at a staged table and measure the columns that are to be loaded."""
    staged = Staged(connection, plan.table, index)
    if plan.time is not None:
        staged.name_text(plan.time)
    connection.execute(f"SET VARIABLE zone{index} = ?", [plan.zone])
    connection.execute(f"SET VARIABLE event{index} = ?", [plan.event_name or UNNAMED])
    wanted = {*(plan.line_total or ()), plan.time}
    columns = [c for c in plan.columns if (c.include or c.column in wanted) and c.column != plan.key]
    if not {*(plan.line_total or ())} <= {c.column for c in columns if c.kind is Kind.NUMBER}:
        raise LoadError(f"The line total of {plan.table.name} needs a quantity and a unit price that are numbers.")
    return Source(index, plan, staged, measure(connection, staged, columns, progress))


def fill_people(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    told: Sequence[Stored] = (),
    joins: Joins = NO_JOINS,
    *,
    progress: Progress,
) -> tuple[list[Stored], LoadReport]:
    """Create `people` from a people table, with what look-ups tell, which are joined by `joins`."""
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
        keyed, people = _count_keys(connection, source)
        if people < rows:
            connection.execute(
                f"CREATE TEMP TABLE kept AS SELECT max({source.staged.row}) AS kept_row FROM {source.staged.source} "
                f"WHERE {source.key} IS NOT NULL GROUP BY {source.key}",
                source.staged.parameters,
            )
            row, where = "(row_number() OVER () - 1)::UINTEGER", f"SEMI JOIN kept ON {source.staged.row} = kept_row"
    picks += [f"{value} AS _{name}" for name, value in joins.values.items()]
    query, parameters = source.staged.select(connection, [f"{row} AS _row", *picks], where)
    statement = f"CREATE {'TEMP TABLE arranged' if joins.tables else 'TABLE people'} AS {query}"
    watched(connection, statement, parameters, Part(progress, 0.0, 0.5 if joins.tables else 1.0), LOADING)
    if joins.tables:
        known = ["_row", *(f"arranged.{quoted(s.name)}" for s in stored)]
        further = [f"{s.told[source.index]} AS {quoted(s.name)}" for s in told]
        tell(connection, "people", [*known, *further], joins.tables, "_key", Part(progress, 0.5, 1.0), LOADING)
    return [*stored, *told], source.report(people, [(NO_ID, rows - keyed), (SAME_ID, keyed - people)])


def _count_keys(connection: duckdb.DuckDBPyConnection, source: Source) -> tuple[int, int]:
    """How many rows have a key, and how many different keys there are."""
    keys = f"(SELECT {source.key} AS key FROM {source.staged.source})"
    found = connection.execute(f"SELECT count(key), count(DISTINCT key) FROM {keys}", source.staged.parameters)
    return found.fetchone() or (0, 0)


def number_people(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], progress: Progress) -> None:
    """Create `keys` (key, _row) from the ids in events, in the order in which they come first."""
    parts = (
        f"SELECT {s.key} AS key, {s.index}::BIGINT * {MOST_ROWS} + {s.staged.row} AS place FROM {s.rows}"
        for s in sources
    )
    statement = (
        "CREATE TEMP TABLE keys AS SELECT key, (row_number() OVER (ORDER BY min(place)) - 1)::UINTEGER AS _row "
        f"FROM ({' UNION ALL '.join(parts)}) WHERE key IS NOT NULL GROUP BY key"
    )
    watched(connection, statement, _parameters(sources), progress, "Finding the customers")


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


def report_left_out(plan: TablePlan) -> LoadReport:
    """All rows of a table that the marketer left out."""
    rows = plan.table.rows + plan.table.rejected_rows
    return LoadReport(
        table=plan.table.name, rows=rows, loaded=0, set_aside=((LEFT_OUT, rows),) if rows else (), notes=plan.notes
    )


def _parameters(sources: Iterable[Source]) -> dict[str, str]:
    return {name: value for source in sources for name, value in source.staged.parameters.items()}
