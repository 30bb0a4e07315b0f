"""What look-ups tell, added to events that are sorted already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

AT_ONCE = 1_000_000  # events


@dataclass(frozen=True)
class Joins:
    """SQL that joins a table's look-ups to its rows, and these look-ups by the names that they have there."""

    sql: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)


NO_JOINS = Joins()


def tell(connection: duckdb.DuckDBPyConnection, events: str, tables: Mapping[str, str]) -> None:
    """Create `events` from `arranged`, which is sorted and narrow: what look-ups tell is added some rows at a time.

    Sorted with it, events would need several times the memory.
    """
    joins = " ".join(f"LEFT JOIN {table} AS {name} ON _{name} = {name}._code" for name, table in tables.items())
    query = f"{events} arranged {joins}"
    (rows,) = connection.execute("SELECT count(*) FROM arranged").fetchone() or (0,)
    connection.execute(f"CREATE TABLE events AS {query} LIMIT 0")
    for start in range(0, rows, AT_ONCE):
        among = f"arranged.rowid >= {start} AND arranged.rowid < {start + AT_ONCE}"
        connection.execute(f"INSERT INTO events {query} WHERE {among} ORDER BY arranged.rowid")
    connection.execute("DROP TABLE arranged")
