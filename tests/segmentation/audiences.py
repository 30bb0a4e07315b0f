"""Tiny audience files written by hand, row by row, as `segmentation/audience.py` describes them."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from segmentation.audience import Audience, AudienceAbout, quoted
from segmentation.catalogue import Catalogue, EventProperty, EventType, Field, Kind, Role, Theme
from segmentation.cells import literal
from segmentation.clock import Clock
from segmentation.definition import Definition, Group, Node
from segmentation.engine import Engine
from segmentation.lending import about_of
from segmentation.plan import LoadPlan
from segmentation.references import NO_REFERENCES, References

Row = Mapping[str, Any]

TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.NUMBER: "DECIMAL(18,2)",
    Kind.YES_NO: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.MOMENT: "TIMESTAMP",
    Kind.LIST: "VARCHAR[]",
}


MANY = 50  # rows
_NUMBERS = count()


@cache
def _shared() -> duckdb.DuckDBPyConnection:
    """A database to attach files to: 1 ms each, where a connection to a file takes 25."""
    connection = duckdb.connect()
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


class Attached(Audience):
    """An audience in the database of all: nothing is locked, and that an audience is, is tested where files are opened."""

    def __init__(self, path: Path, about: AudienceAbout) -> None:
        self.path = path
        self.about = about
        self._lock = threading.Lock()
        self._connection = _shared()
        self._name = f"attached_{next(_NUMBERS)}"
        self._connection.cursor().execute(f"ATTACH {literal(str(path))} AS {self._name} (READ_ONLY)")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = super().cursor()
        cursor.execute(f"USE {self._name}")
        return cursor

    def close(self) -> None:
        self._connection.cursor().execute(f"DETACH DATABASE IF EXISTS {self._name}")


def attached(version: Path) -> Attached:
    """A version that lies over no other, opened in the database of all."""
    return Attached(version, about_of(version))


def labelled(name: str) -> str:
    """`sign_up_date` as `Sign up date`."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def catalogue_of(
    fields: Mapping[str, Kind],
    properties: Mapping[str, Kind] | None = None,
    events: Sequence[str] = (),
    roles: Mapping[str, Role] | None = None,
) -> Catalogue:
    """A catalogue of these names, each labelled after its name; `roles` are those of single fields."""
    playing = roles or {}
    return Catalogue(
        fields=tuple(
            Field(name=n, label=labelled(n), kind=k, theme=Theme.BEHAVIOURAL, role=playing.get(n, Role.NONE))
            for n, k in fields.items()
        ),
        events=tuple(EventType(name=n, label=labelled(n)) for n in events),
        properties=tuple(EventProperty(name=n, label=labelled(n), kind=k) for n, k in (properties or {}).items()),
    )


def write_audience(
    path: Path,
    fields: Mapping[str, Kind],
    people: Sequence[Row],
    properties: Mapping[str, Kind] | None = None,
    events: Sequence[Row] = (),
    *,
    names: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    zone: str = "Pacific/Auckland",
    roles: Mapping[str, Role] | None = None,
) -> Audience:
    """Write and open an audience of `people` (row n is person n) and `events` (`_row`, `_name`, `_time` and properties).

    What a row leaves out is missing. `names` are event names that stand in the catalogue beside those of `events`,
    `types` the SQL types of single columns, `roles` the roles of single fields. `zone` is where it was loaded, far from
    where tests look at it.
    """
    properties = properties or {}
    types = types or {}
    known = tuple(dict.fromkeys([*names, *(str(event["_name"]) for event in events)]))
    times = [event["_time"] for event in events]
    about = AudienceAbout(
        name=path.stem,
        people=len(people),
        events=len(events),
        loaded_at=datetime(2026, 1, 1, tzinfo=UTC),
        newest_event=max(times, default=None),
        zone=zone,
        catalogue=catalogue_of(fields, properties, known, roles),
        plan=LoadPlan(tables=()),
        reports=(),
    )

    def table(name: str, internal: Mapping[str, str], columns: Mapping[str, Kind], rows: Sequence[Row]) -> None:
        declared = dict(internal) | {column: types.get(column, TYPES[kind]) for column, kind in columns.items()}
        connection.execute(
            f"CREATE TABLE written.{name} ({', '.join(f'{quoted(column)} {kind}' for column, kind in declared.items())})"
        )
        if rows:
            values = {column: [row.get(column) for row in rows] for column in declared}
            if len(rows) > MANY and (given := _given(values)) is not None:
                cells = (f"given.c{place}::{kind}" for place, kind in enumerate(declared.values()))
                connection.register("given", given)
                connection.execute(f"INSERT INTO written.{name} SELECT {', '.join(cells)} FROM given")
                connection.unregister("given")
                return
            cells, bound = zip(*(_cells(values[column], kind) for column, kind in declared.items()), strict=True)
            connection.execute(f"INSERT INTO written.{name} SELECT {', '.join(cells)}", list(chain(*bound)))

    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _shared().cursor()
    connection.execute(f"ATTACH {literal(str(path))} AS written")
    try:
        numbered = [dict(person) | {"_row": row} for row, person in enumerate(people)]
        table("people", {"_row": "UINTEGER"}, fields, numbered)
        ordered = sorted(events, key=lambda event: (event["_name"], event["_time"]))
        table("events", {"_row": "UINTEGER", "_name": "VARCHAR", "_time": "TIMESTAMP"}, properties, ordered)
        connection.execute(
            "CREATE TABLE written.handpick_audience AS SELECT ?::VARCHAR AS about", [about.model_dump_json()]
        )
    finally:
        connection.execute("DETACH written")
        connection.close()
    return Attached(path, about)


def _given(columns: Mapping[str, list[Any]]) -> pa.Table | None:
    """Many rows for DuckDB to read, which takes a tenth of what it takes to bind them; None where a column is of several types."""
    if not all(_alike(values) for values in columns.values()):
        return None
    return pa.table({f"c{place}": pa.array(values) for place, values in enumerate(columns.values())})


def _alike(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return len(set(map(type, known))) <= 1 and (
        isinstance(next(iter(known), None), Decimal) or all(map(_keeps_its_type, known))
    )


def _cells(values: list[Any], kind: str) -> tuple[str, list[Any]]:
    """A column's cells as SQL and what it binds: one list where all are alike, as DuckDB takes five times as long for each by itself."""
    alike = _alike(values) and not any(isinstance(value, Decimal) for value in values)
    return (
        (f"unnest(?::{kind}[])", [values])
        if alike
        else (f"unnest([{', '.join([f'?::{kind}'] * len(values))}])", values)
    )


def _keeps_its_type(value: Any) -> bool:
    """Whether DuckDB reads a value in a list as it does by itself: decimals and large numbers become what fits all."""
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | bool | float | date) or (isinstance(value, int) and abs(value) < 2**31)


def matched(audience: Audience, clock: Clock, *conditions: Node, references: References = NO_REFERENCES) -> list[int]:
    """The row numbers of the people whom all of these conditions match, each of which has to be finished; with kernels the same."""
    definition = Definition(root=Group(children=conditions))
    plain, quick = (
        Engine(audience, kernels=kernels).answer(definition, clock, references=references) for kernels in (False, True)
    )
    assert plain.counted, plain.unfinished
    assert not plain.unfinished
    assert quick.members == plain.members, "by the kernels"
    return plain.members.rows().tolist()
