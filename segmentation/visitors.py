"""Events of visitors who are identified later: whose they are, told by every row that has both a visitor's and a customer's id.

Rules that a reader of the numbers needs:
- An event without a customer's id is of whoever its visitor is identified as next, else of the last before it.
- A visitor who is many people (more than `CROWD`) is a machine that many use: what it did without an id is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from segmentation import naming
from segmentation.audience import quoted
from segmentation.catalogue import Kind, Theme
from segmentation.filling import NO_ID, UNKNOWN, Source, Stored
from segmentation.plan import ColumnPlan, LoadReport

CROWD = 5  # people
NO_VISITOR = "no visitor’s id"


def note_visitors(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], keys: Mapping[int, str]
) -> dict[int, LoadReport]:
    """Create `handpick_seen` (_visitor, _row, _time) from tables of logins, and of customers whose visitor is known.

    Reports by table index.
    """
    connection.execute("CREATE TEMP TABLE handpick_seen (_visitor VARCHAR, _row UINTEGER, _time TIMESTAMP)")
    reports = {}
    for source in sources:
        time = source.time if source.plan.time else "NULL::TIMESTAMP"
        query, parameters = source.staged.select(
            connection, [f"{source.visitor} AS _visitor", f"{source.key} AS _key", f"{time} AS _time"]
        )
        connection.execute(
            f"CREATE TEMP TABLE handpick_told AS SELECT read.*, keys._row FROM ({query}) AS read "
            f"LEFT JOIN ({keys[source.index]}) AS keys ON read._key = keys.key",
            parameters,
        )
        loaded, no_visitor, no_id, unknown = connection.execute(
            "SELECT count(*) FILTER (_visitor IS NOT NULL AND _row IS NOT NULL), count(*) FILTER (_visitor IS NULL), "
            "count(*) FILTER (_visitor IS NOT NULL AND _key IS NULL), "
            "count(*) FILTER (_visitor IS NOT NULL AND _key IS NOT NULL AND _row IS NULL) FROM handpick_told"
        ).fetchone() or (0, 0, 0, 0)
        reports[source.index] = source.report(loaded, [(NO_VISITOR, no_visitor), (NO_ID, no_id), (UNKNOWN, unknown)])
        connection.execute(
            "INSERT INTO handpick_seen SELECT _visitor, _row, _time FROM handpick_told WHERE _row IS NOT NULL"
        )
        connection.execute("DROP TABLE handpick_told")
    return reports


def identify(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> None:
    """Tell the events in `happened…` that have only a visitor whose they are, by `handpick_seen` and one another."""
    several = [source for source in sources if source.plan.visitor is not None]
    if not several:
        return
    for source in several:
        connection.execute(
            f"INSERT INTO handpick_seen SELECT DISTINCT _visitor, _row, _time FROM happened{source.index} "
            "WHERE _visitor IS NOT NULL AND _row IS NOT NULL"
        )
    connection.execute(
        "CREATE TEMP TABLE handpick_visitors AS SELECT _visitor, min(_row) AS _row, count(DISTINCT _row) AS people "
        f"FROM handpick_seen WHERE _visitor IS NOT NULL GROUP BY _visitor HAVING people <= {CROWD}"
    )
    connection.execute(
        "CREATE TEMP TABLE handpick_turns AS SELECT _visitor, _row, coalesce(_time, '-infinity') AS _time FROM handpick_seen "
        "SEMI JOIN (SELECT _visitor FROM handpick_visitors WHERE people > 1) USING (_visitor)"
    )
    for source in several:
        name = f"happened{source.index}"
        connection.execute(
            f"UPDATE {name} SET _row = known._row FROM handpick_visitors AS known "
            f"WHERE {name}._visitor = known._visitor AND {name}._key IS NULL AND known.people = 1"
        )
        connection.execute(
            f"UPDATE {name} SET _row = found._row FROM (SELECT done._place, coalesce(later._row, before._row) AS _row FROM "
            f"(SELECT _place, _visitor, _time FROM {name} WHERE _key IS NULL AND _row IS NULL AND _time IS NOT NULL) AS done "
            "ASOF LEFT JOIN handpick_turns AS later ON done._visitor = later._visitor AND done._time <= later._time "
            "ASOF LEFT JOIN handpick_turns AS before ON done._visitor = before._visitor AND done._time >= before._time) AS found "
            f"WHERE {name}._place = found._place AND found._row IS NOT NULL"
        )
    connection.execute("DROP TABLE handpick_turns")


def keep_visitors(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], table: str, key: str) -> None:
    """Make people of the visitors who are not identified, where that is wanted: rows of `table` (people or keys), known by `key`.

    An id that a customer has too gets the word “visitor” before it. `handpick_anonymous` (_row, _visitor) tells who they are.
    """
    kept = [source for source in sources if source.plan.keep_visitors]
    if not kept:
        return
    unknown = " UNION ALL ".join(
        f"SELECT _visitor, _place FROM happened{source.index} WHERE _visitor IS NOT NULL AND _row IS NULL AND _key IS NULL "
        "AND _time IS NOT NULL"
        for source in kept
    )
    connection.execute(
        "CREATE TEMP TABLE handpick_anonymous AS SELECT _visitor, ((SELECT count(*) FROM "
        f"{table}) + row_number() OVER (ORDER BY min(_place)) - 1)::UINTEGER AS _row FROM ({unknown}) GROUP BY _visitor"
    )
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT _row, CASE WHEN _visitor IN (SELECT {quoted(key)} FROM {table}) "
        f"THEN 'visitor ' || _visitor ELSE _visitor END AS {quoted(key)} FROM handpick_anonymous"
    )
    for source in kept:
        name = f"happened{source.index}"
        connection.execute(
            f"UPDATE {name} SET _row = found._row FROM handpick_anonymous AS found "
            f"WHERE {name}._visitor = found._visitor AND {name}._row IS NULL AND {name}._key IS NULL"
        )


def anonymous_field(connection: duckdb.DuckDBPyConnection, fields: Sequence[Stored]) -> Stored:
    """Add to `people` whether somebody is a visitor who was kept by `keep_visitors`; returns the column."""
    name = naming.free_name("anonymous_visitor", {s.name.casefold() for s in fields})
    column = ColumnPlan(column=name, name=name, label="Anonymous visitor", kind=Kind.YES_NO, theme=Theme.IDENTITY)
    connection.execute(f"ALTER TABLE people ADD COLUMN {quoted(name)} BOOLEAN")
    connection.execute(f"UPDATE people SET {quoted(name)} = _row IN (SELECT _row FROM handpick_anonymous)")
    return Stored(name, column, Kind.YES_NO)
