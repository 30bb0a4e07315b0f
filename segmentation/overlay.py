"""A version that lies over a base: a small file with all that is of the people whom something new is known of.

Tables of the file, beside those of every version (see `audience`), which here are views:
- `touched.people`: each of these people as a whole row; `people` is the base without them, and them.
- `touched.before`: their events in the base; `touched.added`: their new events; `touched.events` is both, so that a question about
  a person can be asked of the schema `touched` alone. `events` is the base's and the new ones.
- `touched.bound` and `touched.waiting`, see `identities`; `touched.told`, see `remending`.

A person is a row of `people` in the base or of `touched.people`, never of both; new people come behind those of the base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

import duckdb
import pyarrow as pa

from segmentation import naming
from segmentation.arriving import Column, Columns
from segmentation.audience import BASE, INTERNAL, ROW_NUMBER, AudienceAbout, quoted
from segmentation.catalogue import EventProperty, EventType, Field, Kind, Role
from segmentation.errors import LoadError
from segmentation.folding import Happened
from segmentation.identities import Identities, with_arrived
from segmentation.joining import people_tables
from segmentation.messages import Cell
from segmentation.plan import ColumnPlan, TableRole
from segmentation.recognition import EMAIL, theme_and_role
from segmentation.remending import Remending

MERGES = ("handpick_merges", "handpick_originals")  # see `survivors`
NOTED = (*MERGES, "handpick_apart")
DERIVED = {"First seen": "min(_time)", "Last seen": "max(_time)", "Events": "count(*)"}


def key_of(about: AudienceAbout) -> Field:
    """The field that says who a person is; raises `LoadError` where there is none."""
    column = _key_column(about)
    return about.catalogue.fields[0] if column is None else about.catalogue.field(column.name)


def known_by_email(about: AudienceAbout) -> bool:
    """Whether the ids of people are e-mail addresses, as the file says that was loaded: what comes in later changes nothing of that."""
    column = _key_column(about)
    if column is None:
        return key_of(about).role is Role.EMAIL
    _, role = theme_and_role(column.column, Kind.TEXT, Counter(column.examples))
    addresses = [bool(EMAIL.fullmatch(example.strip())) for example in column.examples]
    return role is Role.EMAIL or (len(addresses) > 0 and all(addresses))


def _key_column(about: AudienceAbout) -> ColumnPlan | None:
    """The column with the ids of people, None where the audience began with nobody."""
    tables = [t for t in about.plan.tables if t.role is not TableRole.LEAVE_OUT]
    people = [about.plan.tables[place] for place in people_tables(about.plan)]
    table = next(iter(people or tables), None)
    if table is None:
        return None
    column = next((c for c in table.columns if table.key is not None and c.column == table.key), None)
    if column is None:
        raise LoadError(
            f"{table.table.name} has no customer id, so what comes in live cannot find its customers. "
            "Choose one with “Change how it was read”."
        )
    return column


class Overlay:
    """The tables of a version over a base while they are written; the base is attached as `base`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, about: AudienceAbout, *, new: bool) -> None:
        """Over a base, which `about` is of if the file is `new`; else over what the file holds."""
        self.connection = connection
        self.key = key_of(about)
        self.by_email = known_by_email(about)
        self.size = about.people
        self.added = 0
        self.unjoined = 0
        self.renewed: set[str] = set()  # fields whose values have changed
        self.happened = {event.name: event for event in about.catalogue.events}
        self.brought: dict[str, set[str]] = {}  # details that have come, with their events
        tables = self._of_base()
        if new:
            self._create(tables)
        live = about.live
        self.people = Columns(self._columns("people", about.catalogue.fields))
        self.events = Columns(self._columns("added", about.catalogue.properties))
        if live is not None:
            self.people.misfits.update(dict(live.misfits))
            self.people.left_out.update(live.left_out)
        derives = not any(t.role is TableRole.PEOPLE for t in about.plan.tables)
        self.derived = {f.name: DERIVED[f.label] for f in about.catalogue.fields if derives and f.label in DERIVED}
        fixed = {self.key.name, *self.derived}
        self.remending = Remending(connection, about.repairs, self.people.known, fixed, tables)
        ((self.before,),) = connection.execute(f"SELECT count(*) FROM {BASE}.main.events").fetchall()
        ((self.first,),) = connection.execute("SELECT count(*) FROM touched.added").fetchall()  # row of what comes now
        self.types = {name: column.type for name, column in self.events.known.items()}
        if new:
            self.show()

    def _of_base(self) -> set[str]:
        query = "SELECT table_name FROM duckdb_tables() WHERE database_name = ?"
        return {name for (name,) in self.connection.execute(query, [BASE]).fetchall()}

    def _create(self, tables: set[str]) -> None:
        run = self.connection.execute
        run("CREATE SCHEMA touched")
        run(f"CREATE TABLE touched.people AS SELECT * FROM {BASE}.main.people LIMIT 0")
        for table in ("before", "added"):
            run(f"CREATE TABLE touched.{table} AS SELECT * FROM {BASE}.main.events LIMIT 0")
        Identities.create(self.connection, tables)
        for name in tables & {*NOTED}:
            run(f"CREATE VIEW {name} AS SELECT * FROM {BASE}.main.{name}")

    def _columns(self, table: str, named: Iterable[Field | EventProperty]) -> dict[str, Column]:
        types = {row[0]: row[1] for row in self.connection.execute(f"DESCRIBE touched.{table}").fetchall()}
        return {one.name: Column(one, types[one.name]) for one in named}

    # Messages

    def take(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Take messages of the log in."""
        identities = Identities(self.connection)
        folded = identities.folded(messages, self.by_email, lambda persons: self._known(persons).keys())
        rows = self._rows(list(folded.traits))
        both = self._known([person for pair in folded.unjoined for person in pair]) if folded.unjoined else {}
        self.unjoined += sum(both[one] != both[other] for one, other in folded.unjoined)
        identities.keep(folded)
        self._describe(folded.traits, rows)
        self._add(folded.events, rows)

    def _with(self, arrived: pa.Table, statement: str) -> list[tuple[Any, ...]]:
        return with_arrived(self.connection, arrived, statement)

    # People

    def _rows(self, persons: Sequence[str]) -> dict[str, int]:
        """The row of each person, new ones behind the others; all of them are touched from here on."""
        if not persons:
            return {}
        rows = self._known(persons)
        self._touch(list(rows.values()))
        new = [person for person in persons if person not in rows]
        rows |= {person: self.size + place for place, person in enumerate(new)}
        if new:
            numbers = pa.array(range(self.size, self.size + len(new)), pa.uint32())
            arrived = pa.table({"_row": numbers, "person": pa.array(new, pa.string())})
            key = quoted(self.key.name)
            self._with(arrived, f"INSERT INTO touched.people (_row, {key}) SELECT _row, person FROM arrived")
            self.size += len(new)
            self.renewed.add(self.key.name)
        return rows

    def _known(self, persons: Sequence[str]) -> dict[str, int]:
        """The rows of those who are in the audience."""
        key = quoted(self.key.name)
        said = f"lower(trim({key}))" if self.by_email else key
        found = self._with(
            pa.table({"person": pa.array(persons, pa.string())}),
            f"SELECT person, min(_row) FROM people JOIN arrived ON {said} = person GROUP BY person",
        )
        rows = {person: int(row) for person, row in found}
        return self._merged([person for person in persons if person not in rows], said) | rows

    def _merged(self, persons: Sequence[str], said: str) -> dict[str, int]:
        """The rows of those who were merged into somebody when the audience was loaded."""
        there = self.connection.execute(
            "SELECT count(*) FROM duckdb_views() WHERE view_name IN (?, ?)", [*MERGES]
        ).fetchall()
        if not persons or there != [(len(MERGES),)]:
            return {}
        found = self._with(
            pa.table({"person": pa.array(persons, pa.string())}),
            f"SELECT person, min(row) FROM handpick_originals JOIN handpick_merges ON _row = place JOIN arrived ON {said} = person "
            "GROUP BY person",
        )
        return {person: int(row) for person, row in found}

    def _touch(self, rows: Sequence[int]) -> None:
        arrived = pa.table({"_row": pa.array(rows, pa.uint32())})
        self._with(arrived, "CREATE TEMP TABLE news AS SELECT _row FROM arrived ANTI JOIN touched.people USING (_row)")
        for table, source in (("people", "people"), ("before", "events")):
            self.connection.execute(
                f"INSERT INTO touched.{table} BY NAME SELECT * FROM {BASE}.main.{source} SEMI JOIN news USING (_row)"
            )
        self.connection.execute("DROP TABLE news")

    def _describe(self, traits: Mapping[str, Mapping[str, Cell]], rows: Mapping[str, int]) -> None:
        told: dict[str, tuple[list[int], list[Cell]]] = {}
        mended = set[int]()
        for person, fields in traits.items():
            for name, value in fields.items():
                numbers, values = told.setdefault(name, ([], []))
                numbers.append(rows[person])
                values.append(value)
        for name, (numbers, values) in told.items():
            place = self.people.place(name, values, of_people=True)
            if place is None or place == self.key.name or place in self.derived:
                continue
            cells = self.people.fit(place, values)
            self._widen(self.people, ("people",))
            column = self.people.known[place]
            arrived = pa.table({"_row": pa.array(numbers, pa.uint32()), "value": _texts(cells, column)})
            self._with(
                arrived,
                f"UPDATE touched.people SET {quoted(place)} = arrived.value::{column.type} FROM arrived "
                "WHERE touched.people._row = arrived._row",
            )
            self.renewed.add(place)
            if place in self.remending.fields:
                self.remending.note(place, numbers, cells)
                mended.update(numbers)
        if mended:
            self.renewed |= self.remending.mend(mended)

    # Events

    def _add(self, events: Sequence[Happened], rows: Mapping[str, int]) -> None:
        if not events:
            return
        columns = {
            "_row": pa.array([rows[event.person] for event in events], pa.uint32()),
            "_name": pa.array([event.name for event in events], pa.string()),
            "_time": pa.array([event.time for event in events], pa.timestamp("us")),
        }
        picks = list(columns)
        for place, values in self._details(events).items():
            cells = self.events.fit(place, values)
            names = {event.name for event, cell in zip(events, cells, strict=True) if cell is not None}
            self.brought.setdefault(place, set()).update(names)
            columns[place] = _texts(cells, self.events.known[place])
            picks.append(f"{quoted(place)}::{self.events.known[place].type}")
        self._widen(self.events, ("before", "added"))
        arrived = pa.table(columns)
        self._count(arrived)
        into = ", ".join(map(quoted, columns))
        self._with(arrived, f"INSERT INTO touched.added ({into}) SELECT {', '.join(picks)} FROM arrived")
        self.added += len(events)

    def _details(self, events: Sequence[Happened]) -> dict[str, list[Cell]]:
        """For each detail a value of every event; several names may be one detail (orderId, order_id)."""
        values: dict[str, list[Cell]] = {}
        for number, event in enumerate(events):
            for name, value in event.details.items():
                if name not in values:
                    values[name] = [None] * len(events)
                values[name][number] = value
        found: dict[str, list[Cell]] = {}
        for name, told in values.items():
            place = self.events.place(name, told, of_people=False)
            if place is not None:
                known = found.setdefault(place, told)
                known[:] = [one if one is not None else other for one, other in zip(known, told, strict=True)]
        return found

    def _count(self, arrived: pa.Table) -> None:
        """What the catalogue says of these events, before they are added: who has not done one before is touched all the same."""
        found = self._with(
            arrived,
            "SELECT _name, count(*), count(DISTINCT _row) FILTER (known._row IS NULL), min(_time), max(_time) FROM arrived LEFT JOIN "
            "(SELECT _row, _name FROM touched.before SEMI JOIN arrived USING (_row) UNION "
            "SELECT _row, _name FROM touched.added SEMI JOIN arrived USING (_row)) AS known USING (_row, _name) "
            "GROUP BY _name",
        )
        for name, count, people, first, last in found:
            event = self.happened.get(name) or EventType(name=name, label=naming.label(name))
            times = [time.replace(tzinfo=UTC) for time in (event.first, event.last, first, last) if time is not None]
            told = {
                "count": event.count + count,
                "people": event.people + people,
                "first": min(times),
                "last": max(times),
            }
            self.happened[name] = event.model_copy(update=told)

    def _widen(self, columns: Columns, tables: Sequence[str]) -> None:
        """Give the tables what columns are new or hold larger numbers."""
        for name, column in columns.known.items():
            for table in tables if column.changed else ():
                alter = f"ALTER TABLE touched.{table}"
                self.connection.execute(f"{alter} ADD COLUMN IF NOT EXISTS {quoted(name)} {column.type}")
                self.connection.execute(f"{alter} ALTER COLUMN {quoted(name)} TYPE {column.type}")
            column.changed = False

    def finish(self) -> None:
        """Bring up to date what follows from the events, and what is read of it all."""
        if self.derived and self.added:
            sets = ", ".join(f"{quoted(name)} = seen.{quoted(name)}" for name in self.derived)
            counts = ", ".join(f"{of} AS {quoted(name)}" for name, of in self.derived.items())
            self.show()
            self.connection.execute(
                f"UPDATE touched.people SET {sets} FROM (SELECT _row, {counts} FROM touched.events GROUP BY _row) AS seen "
                "WHERE touched.people._row = seen._row"
            )
            self.renewed.update(self.derived)
        self.show()

    def show(self) -> None:
        """The views over the base and this."""
        there = {
            table: {row[0] for row in self.connection.execute(f"DESCRIBE {BASE}.main.{table}").fetchall()}
            for table in ("people", "events")
        }

        def base(table: str, columns: Columns) -> str:
            return "".join(
                f", {quoted(name)}::{column.type} AS {quoted(name)}"
                if name in there[table]
                else f", NULL::{column.type} AS {quoted(name)}"
                for name, column in columns.known.items()
            )

        people = "".join(f", {quoted(name)}" for name in self.people.known)
        events = ", ".join(map(quoted, (*INTERNAL, *self.events.known)))
        happened = f"_row, _name, _time{base('events', self.events)}"
        # An own number of each event, as a table has one, unless the data has a column of this name.
        hidden = ROW_NUMBER in {name.casefold() for name in self.events.known}
        own = "" if hidden else f", {ROW_NUMBER} AS {ROW_NUMBER}"
        behind = "" if hidden else f", {self.before} + {ROW_NUMBER}"
        for statement in (
            f"people AS SELECT _row{base('people', self.people)} FROM {BASE}.main.people ANTI JOIN touched.people USING (_row) "
            f"UNION ALL SELECT _row{people} FROM touched.people",
            f"events AS SELECT {happened}{own} FROM {BASE}.main.events "
            f"UNION ALL SELECT {events}{behind} FROM touched.added",
            f"touched.events AS SELECT {events} FROM touched.before UNION ALL SELECT {events} FROM touched.added",
        ):
            self.connection.execute(f"CREATE OR REPLACE VIEW {statement}")


def _texts(cells: Sequence[str | list[str] | None], column: Column) -> pa.Array:
    return pa.array(cells, pa.list_(pa.string()) if column.named.kind is Kind.LIST else pa.string())
