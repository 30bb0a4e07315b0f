"""The catalogue of loaded tables: for each field and event property exact counts, usual values and range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from segmentation import naming
from segmentation.audience import quoted
from segmentation.catalogue import EventType, Kind, Value
from segmentation.plan import Progress
from segmentation.staged import Part
from segmentation.watching import watched

TOP = 50
FEW_NUMBERS = 200  # a number with no more different values has usual ones
SHORT = 50_000  # rows; in a table with no more, columns are stacked …
STACK = 200  # … this many


@dataclass(frozen=True)
class Summary:
    """What one column holds."""

    filled: int = 0
    distinct: int = 0
    top: tuple[Value, ...] = ()
    low: str | None = None
    high: str | None = None
    events: tuple[str, ...] = field(default=())


def summaries(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[tuple[str, Kind, str]], progress: Progress
) -> dict[str, Summary]:
    """A summary of each of these columns (name, kind, DuckDB's type) of a loaded table.

    Different values are held in memory, for a few columns at once. In a table of few rows the columns of one type are
    stacked into one, as preparing a query for each of thousands takes longer than counting.
    """
    alike: dict[tuple[Kind, str], list[str]] = {}
    for name, kind, type in columns:
        alike.setdefault((kind, type), []).append(name)
    if not alike:
        return {}
    ((length,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    size = STACK if length <= SHORT else 1
    total = sum(map(len, alike.values()))
    found: dict[str, Summary] = {}
    for (kind, _), names in alike.items():
        for start in range(0, len(names), size):
            chunk = names[start : start + size]
            part = Part.nth(progress, len(found), total, len(chunk))
            rows = watched(connection, _query(table, chunk, kind), {}, part, f"Counting values of {table}")
            for place, cells, distinct, top, low, high in rows:
                shown = short if kind is Kind.NUMBER else str
                values = tuple(Value(value=shown(entry["v"]), count=entry["n"]) for entry in top or ())
                found[chunk[place]] = Summary(cells, distinct, values, low and shown(low), high and shown(high))
    return found


def short(number: str) -> str:
    """A number without the zeros that its column's scale puts behind it."""
    return number.rstrip("0").rstrip(".") if "." in number and "e" not in number else number


def _query(table: str, names: Sequence[str], kind: Kind) -> str:
    cells = f"{quoted(names[0])} AS v, 0 AS place"
    if len(names) > 1:
        stacked, places = ", ".join(map(quoted, names)), ", ".join(map(str, range(len(names))))
        cells = f"unnest([{stacked}]) AS v, unnest([{places}]) AS place"
    stack = f"SELECT {cells} FROM {table}"
    total = "sum(n) FILTER (v IS NOT NULL)"
    if kind is Kind.LIST:
        # A row per item, and one without an item that stands for the person.
        stack = f"SELECT place, unnest(list_append(v, NULL)) AS v FROM ({stack}) WHERE v IS NOT NULL"
        total = "sum(n) FILTER (v IS NULL)"
    groups = f"SELECT place, v, count(*) AS n FROM ({stack}) GROUP BY place, v"
    shown = "CASE WHEN item.v THEN 'yes' ELSE 'no' END" if kind is Kind.YES_NO else "item.v::VARCHAR"
    least = f"min({{'n': -n, 'v': v}}, {TOP}) FILTER (v IS NOT NULL)"
    top = f"list_transform({least}, lambda item: {{'v': {shown}, 'n': -item.n}})"
    if kind is Kind.NUMBER:
        top = f"CASE WHEN count(v) <= {FEW_NUMBERS} THEN {top} END"
    elif kind in (Kind.DATE, Kind.MOMENT):
        top = "NULL"
    ranged = kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT)
    low, high = ("min(v)::VARCHAR", "max(v)::VARCHAR") if ranged else ("NULL", "NULL")
    return f"SELECT place, coalesce({total}, 0)::BIGINT, count(v), {top}, {low}, {high} FROM ({groups}) GROUP BY place"


def event_types(connection: duckdb.DuckDBPyConnection) -> tuple[EventType, ...]:
    """All events of the loaded table, the most frequent first."""
    rows = connection.execute(
        "SELECT _name, count(*), count(DISTINCT _row), min(_time), max(_time) FROM events GROUP BY _name ORDER BY 2 DESC, 1"
    ).fetchall()
    return tuple(
        EventType(name=name, label=naming.label(name), count=n, people=people, first=_utc(first), last=_utc(last))
        for name, n, people, first, last in rows
    )


def filled_by_event(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each property the events where it is filled."""
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(columns), 200):
        some = columns[start : start + 200]
        counts = ", ".join(f"count({quoted(name)})" for name in some)
        rows = connection.execute(
            f"SELECT _name, {counts} FROM events GROUP BY _name ORDER BY count(*) DESC, 1"
        ).fetchall()
        found |= {name: tuple(row[0] for row in rows if row[place + 1]) for place, name in enumerate(some)}
    return found


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
