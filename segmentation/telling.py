"""What look-ups tell, added to people and events that are in their order already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from segmentation.audience import numbered
from segmentation.plan import Progress

AT_ONCE = 1_000_000  # rows


@dataclass(frozen=True)
class Joins:
    """The look-ups of a table by the names that they have beside it: each a table, and SQL for the value that is looked up."""

    tables: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """SQL that joins them to the rows of the table."""
        joins = (
            f"LEFT JOIN {table} AS {name} ON {self.values[name]} = {name}._key" for name, table in self.tables.items()
        )
        return " ".join(joins)


NO_JOINS = Joins()


def tell(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    picks: Sequence[str],
    tables: Mapping[str, str],
    by: str,
    progress: Progress,
    message: str,
) -> None:
    """Create the table `name` from `arranged`, which is in its order and narrow, some rows at a time.

    For each look-up it has a column named like it, with what stands there in the column `by`. Sorted or written with what
    is told, rows would need several times the memory.
    """
    joins = " ".join(
        f"LEFT JOIN {table} AS {alias} ON arranged._{alias} = {alias}.{by}" for alias, table in tables.items()
    )
    columns = [row[0] for row in connection.execute("DESCRIBE arranged").fetchall()]
    arranged, place = numbered("arranged", columns)
    query = f"SELECT {', '.join(picks)} FROM {arranged} AS arranged {joins}"
    (rows,) = connection.execute("SELECT count(*) FROM arranged").fetchone() or (0,)
    connection.execute(f"CREATE TABLE {name} AS {query} LIMIT 0")
    for start in range(0, rows, AT_ONCE):
        progress(message, start / rows)
        among = f"arranged.{place} >= {start} AND arranged.{place} < {start + AT_ONCE}"
        connection.execute(f"INSERT INTO {name} {query} WHERE {among} ORDER BY arranged.{place}")
    connection.execute("DROP TABLE arranged")
