"""People merged while an audience is loaded: who stays, with whose values, and an account of every merge.

Tables of the audience's file, only where somebody was merged:
- `handpick_merges`: `place` INTEGER, `row` UINTEGER (the person who stays), `kept` BOOLEAN (the row that stays), `why` VARCHAR,
  `source` INTEGER (place of the row's table in the plan), `key` VARCHAR (its id there).
- `handpick_originals`: the rows of people as they were before they were merged, `_row` being the `place`.
And only where somebody is kept apart: `handpick_apart` (`one` UINTEGER, `other` UINTEGER), pairs of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from segmentation.audience import Audience, quoted
from segmentation.catalogue import Field, Kind, Role
from segmentation.filling import Stored
from segmentation.preview import mask
from segmentation.repairs import Keep, KeepApart, Known, Step
from segmentation.values import asked, asked_once, rows_of

if TYPE_CHECKING:
    from segmentation.duplicates import Apart  # brings the rules of addresses, which a start does without

MERGED = "the same person as another row (merged)"
_CONSENTS = (Role.EMAIL_CONSENT, Role.SMS_CONSENT, Role.ADS_CONSENT)


def number_rows(connection: duckdb.DuckDBPyConnection, key: str, source: int) -> None:
    """Keep in `handpick_keys` which row of `people` each id (field `key`) of the table `source` is; merges bring it up to date."""
    connection.execute(
        f"CREATE TEMP TABLE handpick_keys AS SELECT {quoted(key)} AS key, _row, {source} AS source, true AS whole FROM people"
    )


def keys_of(source: int) -> str:
    """SQL for a relation of key and _row: which row of `people` each id of a table is, by its place in the plan."""
    return f"SELECT key, _row FROM handpick_keys WHERE source = {source}"


def people_by_table(connection: duckdb.DuckDBPyConnection, turns: Sequence[int]) -> dict[int, int]:
    """How many people stand for a row of each table (by place in the plan), each for that of the first of `turns` that has him."""
    rows = connection.execute(
        "SELECT turn, count(*) FROM (SELECT min(list_position(?::INTEGER[], source)) AS turn FROM handpick_keys GROUP BY _row) "
        "GROUP BY turn",
        [list(turns)],
    ).fetchall()
    return dict.fromkeys(turns, 0) | {turns[turn - 1]: people for turn, people in rows}


def kept_apart(connection: duckdb.DuckDBPyConnection, steps: Iterable[Step]) -> list[tuple[int, int]]:
    """The rows of `people`, in pairs, that are to stay two people."""
    pairs = []
    for step in steps:
        if step.on and isinstance(step.repair, KeepApart):
            one, other = step.repair.people
            pairs += connection.execute(
                "SELECT DISTINCT one._row, other._row FROM handpick_keys AS one, handpick_keys AS other "
                "WHERE one.source = ? AND one.key = ? AND other.source = ? AND other.key = ? AND one._row <> other._row",
                [one.table, one.id, other.table, other.id],
            ).fetchall()
    return pairs


def note_apart(connection: duckdb.DuckDBPyConnection, apart: Apart) -> None:
    """Write down which people are kept apart."""
    connection.execute("CREATE TABLE handpick_apart (one UINTEGER, other UINTEGER)")
    connection.executemany("INSERT INTO handpick_apart VALUES (?, ?)", [list(pair) for pair in apart])


def noted_apart(connection: duckdb.DuckDBPyConnection) -> Apart:
    """The people of an audience who are kept apart."""
    known = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'handpick_apart'"
    if connection.execute(known).fetchall() == [(0,)]:
        return []
    return connection.execute("SELECT one, other FROM handpick_apart").fetchall()


def merge_people(connection: duckdb.DuckDBPyConnection, found: pa.Table, keep: Keep, fields: Sequence[Stored]) -> int:
    """Make one person of those who are found to be one, in `people` and `handpick_keys`; returns how many rows went.

    `found` is as of `duplicates.groups`. A value that the row that stays lacks comes from the next. Who declined stays declined.
    """
    if not len(found):
        return 0
    connection.register("handpick_found", found)
    filled = " + ".join(f"({quoted(stored.name)} IS NOT NULL)::INTEGER" for stored in fields)
    order = {Keep.LATEST: "_row DESC", Keep.FIRST: "_row", Keep.FULLEST: f"{filled} DESC, _row DESC"}[keep]
    connection.execute(
        "CREATE TEMP TABLE handpick_groups AS SELECT people._row, found.same, found.why, "
        f"row_number() OVER (PARTITION BY found.same ORDER BY {order.replace('_row', 'people._row')}) AS rank "
        "FROM handpick_found AS found JOIN people USING (_row)"
    )
    connection.unregister("handpick_found")
    connection.execute(
        "CREATE TEMP TABLE handpick_stays AS SELECT row AS was, (row_number() OVER (ORDER BY row) - 1)::UINTEGER AS now FROM ("
        "SELECT _row AS row FROM people ANTI JOIN handpick_groups USING (_row) "
        "UNION ALL SELECT _row FROM handpick_groups WHERE rank = 1)"
    )
    connection.execute(
        "CREATE TEMP TABLE handpick_moves AS SELECT was, now FROM handpick_stays UNION ALL "
        "SELECT gone._row, now FROM handpick_groups AS gone JOIN handpick_groups AS stays ON gone.same = stays.same "
        "AND stays.rank = 1 AND gone.rank > 1 JOIN handpick_stays ON was = stays._row"
    )
    _account(connection)
    names = ", ".join(quoted(stored.name) for stored in fields)
    values = ", ".join(f"{_value(stored)} AS {quoted(stored.name)}" for stored in fields)
    connection.execute(
        f"CREATE TABLE handpick_people AS SELECT now AS _row, {names} FROM people JOIN handpick_stays ON was = _row "
        f"ANTI JOIN handpick_groups USING (_row) UNION ALL SELECT any_value(now), {values} FROM people "
        "JOIN handpick_groups USING (_row) JOIN handpick_moves ON was = _row GROUP BY same"
    )
    connection.execute("DROP TABLE people")
    connection.execute("CREATE TABLE people AS SELECT * FROM handpick_people ORDER BY _row")
    connection.execute(
        "UPDATE handpick_keys SET _row = now, whole = whole AND was NOT IN (SELECT _row FROM handpick_groups) "
        "FROM handpick_moves WHERE was = _row"
    )
    ((gone,),) = connection.execute("SELECT count(*) FROM handpick_groups WHERE rank > 1").fetchall()
    for table in ("handpick_people", "handpick_groups", "handpick_stays", "handpick_moves"):
        connection.execute(f"DROP TABLE {table}")
    return int(gone)


def _value(stored: Stored) -> str:
    """SQL: what a merged person has."""
    field = quoted(stored.name)
    if stored.kind is Kind.YES_NO and stored.plan.role in _CONSENTS:
        return f"bool_and({field})"
    return f"arg_min({field}, rank) FILTER ({field} IS NOT NULL)"


def _account(connection: duckdb.DuckDBPyConnection) -> None:
    """Note which rows are merged and why, with their values; what was noted before moves along."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS handpick_merges "
        "(place INTEGER, row UINTEGER, kept BOOLEAN, why VARCHAR, source INTEGER, key VARCHAR)"
    )
    connection.execute("CREATE TABLE IF NOT EXISTS handpick_originals AS SELECT * FROM people LIMIT 0")
    connection.execute("UPDATE handpick_merges SET row = now FROM handpick_moves WHERE was = row")
    ((last,),) = connection.execute("SELECT count(*) FROM handpick_merges").fetchall()
    connection.execute(
        "CREATE TEMP TABLE handpick_places AS SELECT _row AS was, "
        f"({int(last)} + row_number() OVER (ORDER BY same, rank))::INTEGER AS place, rank = 1 AS kept, why FROM handpick_groups"
    )
    connection.execute(
        "INSERT INTO handpick_merges SELECT place, now, kept, why, source, key FROM handpick_places "
        "JOIN handpick_moves USING (was) LEFT JOIN handpick_keys ON _row = was AND whole"
    )
    connection.execute(
        "INSERT INTO handpick_originals SELECT people.* REPLACE (place::UINTEGER AS _row) FROM people "
        "JOIN handpick_places ON was = _row"
    )
    connection.execute("DROP TABLE handpick_places")


@dataclass(frozen=True)
class MergedRow:
    """A row that was merged: whether it stays, why it was taken for the same person, its values by field, and where it is from.

    `known`: None of a row that was made of several itself, and where it was not noted.
    """

    kept: bool
    why: str
    values: dict[str, Any]
    known: Known | None


def merged_people(audience: Audience) -> int:
    """How many people were made of several rows."""
    if not _accounted(audience):
        return 0
    return int(asked(audience, "SELECT count(DISTINCT row) AS n FROM handpick_merges")["n"][0].as_py())


def merged_rows(audience: Audience, fields: Sequence[Field], start: int, count: int) -> list[list[MergedRow]]:
    """The rows of `count` merged people from `start` on, the one that stays first."""
    if not _accounted(audience):
        return []
    picks = "".join(f", {quoted(field.name)}" for field in fields)
    origin = "source, key" if _origin_noted(audience) else "NULL, NULL"
    table = asked(
        audience,
        f"SELECT row, kept, why, {origin}{picks} FROM handpick_merges JOIN handpick_originals ON _row = place "
        "WHERE row IN (SELECT DISTINCT row FROM handpick_merges ORDER BY row LIMIT $count OFFSET $start) "
        "ORDER BY row, kept DESC, place",
        {"count": count, "start": start},
    )
    people: dict[int, list[MergedRow]] = {}
    for row, kept, why, source, key, *values in zip(*(column.to_pylist() for column in table.columns), strict=True):
        named = {field.name: value for field, value in zip(fields, values, strict=True)}
        known = None if key is None else Known(table=source, id=key)
        people.setdefault(row, []).append(MergedRow(kept, why, named, known))
    return list(people.values())


def explained(audience: Audience, row: int) -> str:
    """Of which rows a person was made and why, in a sentence with masked addresses; "" of whom nobody was merged with."""
    if not _accounted(audience) or not _origin_noted(audience):
        return ""
    parts = rows_of(
        asked(
            audience,
            "SELECT source, key, kept, why FROM handpick_merges WHERE row = $row AND key IS NOT NULL ORDER BY kept DESC, place",
            {"row": row},
        )
    )
    tables = audience.about.plan.tables
    said = [
        f"{mask(key, Role.PERSON_ID)} in {tables[source].table.name}{'' if place == 0 else f' ({why})'}"
        for place, (source, key, _, why) in enumerate(parts)
    ]
    return f"Made of {', '.join(said)}." if len(said) > 1 else ""


def _origin_noted(audience: Audience) -> bool:
    """Whether it was loaded by a Handpick that noted where merged rows are from."""
    columns = "SELECT column_name FROM duckdb_columns() WHERE table_name = 'handpick_merges'"
    return ("key",) in asked_once(audience, columns)


def _accounted(audience: Audience) -> bool:
    statement = "SELECT count(*) AS n FROM duckdb_tables() WHERE table_name = 'handpick_merges'"
    return bool(asked(audience, statement)["n"][0].as_py())
