"""Newly read rows laid over those that are there, as one staged table: in their place, behind them, or by a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from segmentation import casting
from segmentation.audience import quoted
from segmentation.catalogue import Kind
from segmentation.cells import Column, filled, literal, raw
from segmentation.errors import LoadError
from segmentation.plan import Format, Progress, StagedTable, TablePlan, TableRole
from segmentation.renewal import TableNews, TableRenewal, Way
from segmentation.staged import UNIQUE, Staged, exactly, workbench

COMPRESSION = "snappy"


@dataclass(frozen=True)
class Floor:
    """The newest value of a column that is known, as SQL, and as its source writes it."""

    sql: str
    text: str


@dataclass(frozen=True)
class Reread:
    """Of a folder only some files were read: the column that tells of which a row is, and those whose rows come anew.

    `only`: the file of all known rows, where they have no such column.
    """

    column: str
    again: tuple[str, ...]
    only: str = ""


def floor_of(plan: TablePlan, column: str, progress: Progress) -> Floor | None:
    """The newest known value of a column of times or numbers, None where there is none.

    Times later than tomorrow do not count: they mean “never”, and nothing would be newer. Raises `LoadError`.
    """
    with workbench(progress) as connection:
        staged = Staged(connection, plan.table)
        value = _ordered(plan, staged, column)
        known, parameters = f"{value} IS NOT NULL", dict(staged.parameters)
        if _is_time(plan, staged, column):
            known = f"{value} <= CAST($limit AS TIMESTAMPTZ)"
            parameters["limit"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        newest, kind, text = connection.execute(
            f"SELECT CAST(newest AS VARCHAR), typeof(newest), text FROM (SELECT max({value}) FILTER ({known}) AS newest, "
            f"arg_max({raw(staged[column])}, {value}) FILTER ({known}) AS text FROM {staged.source})",
            parameters,
        ).fetchone() or (None, "", "")
    return None if newest is None else Floor(f"CAST({literal(newest)} AS {kind})", text)


def _column(plan: TablePlan, name: str) -> tuple[Kind, Format]:
    found = next((c for c in plan.columns if c.column == name), None)
    return (Kind.TEXT, Format.PLAIN) if found is None else (found.kind, found.format)


def _is_time(plan: TablePlan, staged: Staged, name: str) -> bool:
    column = staged[name]
    return (
        column.is_stamp
        or column.type == "DATE"
        or (column.is_text and _column(plan, name)[0] in (Kind.DATE, Kind.MOMENT))
    )


def _ordered(plan: TablePlan, staged: Staged, name: str) -> str:
    """SQL: a cell as what can be compared with another as the source itself does."""
    column, (kind, format) = staged[name], _column(plan, name)
    if column.is_stamp or column.type == "DATE" or column.is_numeric:
        return column.sql
    if kind in (Kind.DATE, Kind.MOMENT) and format is Format.PLAIN:
        return casting.value(column, Kind.MOMENT, format)
    if kind in (Kind.NUMBER, Kind.TEXT):
        return f"TRY_CAST({column.sql} AS DECIMAL(38, 9))"
    raise LoadError(
        f"“{name}” of {plan.table.name} holds neither times nor numbers that grow, so it cannot tell what is new. "
        "Choose another column, or read the whole table."
    )


@contextmanager
def _both(
    plan: TablePlan, new: StagedTable, progress: Progress
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Staged, Staged]]:
    with workbench(progress) as connection:
        yield connection, Staged(connection, plan.table, 0), Staged(connection, new, 1)


def all_known(plan: TablePlan, new: StagedTable, progress: Progress) -> bool:
    """Whether every new row is there already, to the letter."""
    return not _different_rows(plan, new, "EXCEPT", progress)


def known_rows(plan: TablePlan, new: StagedTable, progress: Progress) -> int:
    """How many different rows are there already, to the letter."""
    return _different_rows(plan, new, "INTERSECT", progress)


def _different_rows(plan: TablePlan, new: StagedTable, but: str, progress: Progress) -> int:
    with _both(plan, new, progress) as (connection, old, fresh):
        called = {name.casefold(): name for name in new.columns} | {name: name for name in new.columns}
        shared = [(name, called.get(name) or called.get(name.casefold())) for name in plan.table.columns]
        cells = [_alike(old[before], fresh[after]) for before, after in shared if after]
        (rows,) = connection.execute(
            f"SELECT count(*) FROM (SELECT {', '.join(c for _, c in cells)} FROM {fresh.source} {but} "
            f"SELECT {', '.join(c for c, _ in cells)} FROM {old.source})",
            {**old.parameters, **fresh.parameters},
        ).fetchone() or (0,)
    return int(rows)


def merge(
    plan: TablePlan,
    new: StagedTable,
    renewal: TableRenewal,
    floor: Floor | None,
    reread: Reread | None,
    into: Path,
    progress: Progress,
) -> tuple[StagedTable, TableNews]:
    """One table of the rows that are there and the new ones, whose columns have the names that are kept; new columns come last.

    `floor`: only rows from there on were read; appended ones take the place of those that are there from there on, and so do those of
    files that were read again (`reread`). Raises `LoadError` and `Cancelled`.
    """
    before = plan.table
    names = (*before.columns, *(name for name in new.columns if name not in before.columns))
    if renewal.way is Way.REPLACE and names == new.columns:
        return new, TableNews(table=before.name, before=before.rows, read=new.rows, added=0, updated=0, after=new.rows)
    target = into / f"merged-{new.path.name}"
    progress(f"Putting {before.name} together")
    with _both(plan, new, progress) as (connection, old, fresh):
        cells = {name: _pair(old, fresh, name) for name in names}
        if reread is not None and reread.only and reread.column in cells:
            cells[reread.column] = ("$only::VARCHAR", cells[reread.column][1])
            old.parameters["only"] = reread.only
        olds = ", ".join(f"{a} AS {quoted(name)}" for name, (a, _) in cells.items())
        news = ", ".join(f"{b} AS {quoted(name)}" for name, (_, b) in cells.items())
        parameters: dict[str, Any] = {**old.parameters, **fresh.parameters}
        updated = 0
        if renewal.way is Way.UPSERT:
            sql, updated = _upsert(connection, plan, old, fresh, cells, renewal)
        elif renewal.way is Way.REPLACE:
            sql, parameters = f"SELECT {news} FROM {fresh.source}", dict(fresh.parameters)
        else:
            known = f" WHERE ({_ordered(plan, old, renewal.newer or '')} < {floor.sql}) IS NOT FALSE" if floor else ""
            if reread is not None and reread.only in reread.again:
                known = " WHERE false"
            elif reread is not None and reread.again:
                known = f" WHERE list_contains($again, {raw(old[reread.column])}) IS NOT TRUE"
                parameters["again"] = list(reread.again)
            sql = f"SELECT {olds} FROM {old.source}{known} UNION ALL SELECT {news} FROM {fresh.source}"
        copy = f"COPY ({sql}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION {COMPRESSION})"
        (rows,) = connection.execute(copy, parameters).fetchone() or (0,)
        aside = [new] if renewal.way is Way.REPLACE else [_unread(connection, before, reread, target), new]
        rejects = _rejects(connection, aside, target)
    table = new.model_copy(
        update={
            "path": target,
            "columns": names,
            "headers": (),
            "rows": rows,
            "rejected_rows": sum(table.rejected_rows for table in aside),
            "rejected": tuple(rejected for table in aside for rejected in table.rejected),
            "rejects": rejects,
        }
    )
    added = rows - before.rows if renewal.way is not Way.REPLACE else 0
    news_of = TableNews(table=before.name, before=before.rows, read=new.rows, added=added, updated=updated, after=rows)
    return table, news_of


def _unread(
    connection: duckdb.DuckDBPyConnection, table: StagedTable, reread: Reread | None, target: Path
) -> StagedTable:
    """The known table with those of its rows that could not be read, but for rows of files that are read again."""
    if reread is None or not reread.again or table.rejects is None or not table.rejects.is_file():
        return table
    if reread.only:
        return table.model_copy(update={"rejected_rows": 0, "rejected": (), "rejects": None})
    begins = [f"{name}: " for name in reread.again]
    left = target.with_suffix(".unread.parquet")
    (rows,) = connection.execute(
        "COPY (SELECT * FROM read_parquet($path) AS t WHERE NOT EXISTS (FROM unnest($begins) AS b (begin) WHERE "
        f"starts_with(t.reason, begin))) TO {literal(str(left))} (FORMAT parquet, COMPRESSION {COMPRESSION})",
        {"path": exactly(table.rejects), "begins": begins},
    ).fetchone() or (0,)
    rejected = tuple(row for row in table.rejected if not row.reason.startswith(tuple(begins)))
    return table.model_copy(update={"rejected_rows": rows, "rejected": rejected, "rejects": left})


def _rejects(connection: duckdb.DuckDBPyConnection, tables: Sequence[StagedTable], target: Path) -> Path | None:
    """One file of all rows of these tables that could not be read, none where there are none."""
    files = [exactly(table.rejects) for table in tables if table.rejects is not None and table.rejects.is_file()]
    if not files:
        return None
    path = target.with_suffix(".rejected.parquet")
    parts = " UNION ALL ".join("SELECT * FROM read_parquet(?)" for _ in files)
    connection.execute(f"COPY ({parts}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION {COMPRESSION})", files)
    return path


def _pair(old: Staged, new: Staged, name: str) -> tuple[str, str]:
    """SQL for a column on both sides; nothing where a side lacks it."""
    known, fresh = name in old.table.columns, name in new.table.columns
    if known and fresh:
        return _alike(old[name], new[name])
    if known:
        return old[name].sql, f"NULL::{old[name].type}"
    return f"NULL::{new[name].type}", new[name].sql


def _alike(old: Column, new: Column) -> tuple[str, str]:
    """SQL for two columns so that both have one type: their own, that of numbers, or text."""
    if old.type == new.type or (old.is_numeric and new.is_numeric):
        return old.sql, new.sql
    return raw(old), raw(new)


def key_of(plan: TablePlan, renewal: TableRenewal) -> str | None:
    """The column by which known rows are brought up to date; of events, of which a customer has many, it has to be said."""
    return renewal.key or (plan.key if plan.role in (TableRole.PEOPLE, TableRole.LOOKUP) else None)


def _upsert(
    connection: duckdb.DuckDBPyConnection,
    plan: TablePlan,
    old: Staged,
    new: Staged,
    cells: dict[str, tuple[str, str]],
    renewal: TableRenewal,
) -> tuple[str, int]:
    """The query that brings known rows up to date and adds others, and how many rows it brings up to date."""
    key = key_of(plan, renewal)
    if key is None:
        raise LoadError(f"Say by which column the rows of {plan.table.name} are known, such as the number of an order.")
    mine, theirs = casting.identifier(old[key]), casting.identifier(new[key])
    filled_keys, keys = connection.execute(
        f"SELECT count({mine}), count(DISTINCT {mine}) FROM {old.source}", dict(old.parameters)
    ).fetchone() or (0, 0)
    if plan.role is not TableRole.PEOPLE and keys < UNIQUE * filled_keys:
        raise LoadError(
            f"{plan.table.name} has several rows with the same “{key}”, so they cannot be told apart by it. Choose another "
            "column under “Known by”, or have new rows added."
        )
    latest = (
        f"(SELECT {theirs} AS _key, max({new.row}) AS _last FROM {new.source} WHERE {theirs} IS NOT NULL GROUP BY 1)"
    )
    connection.execute(f"CREATE TEMP TABLE latest AS {latest}", dict(new.parameters))
    (updated,) = connection.execute(
        f"SELECT count(*) FROM {old.source} JOIN latest ON {mine} = latest._key", dict(old.parameters)
    ).fetchone() or (0,)
    known = f"SELECT {mine} FROM {old.source} WHERE {mine} IS NOT NULL"
    merged, added = [], []
    for name, (a, b) in cells.items():
        if name in new.table.columns:
            keeps = "latest._last IS NULL"
            if not renewal.blanks_overwrite:
                keeps += f" OR NOT coalesce({filled(new[name])}, false)"
            merged.append(f"CASE WHEN {keeps} THEN {a} ELSE {b} END AS {quoted(name)}")
        else:
            merged.append(f"{a} AS {quoted(name)}")
        added.append(f"{b} AS {quoted(name)}")
    names = ", ".join(map(quoted, cells))
    sql = (
        f"SELECT {names} FROM (SELECT {', '.join(merged)}, 0 AS _part, {old.row} AS _place FROM {old.source} "
        f"LEFT JOIN latest ON {mine} = latest._key LEFT JOIN {new.source} ON {new.row} = latest._last "
        f"UNION ALL SELECT {', '.join(added)}, 1, {new.row} FROM {new.source} LEFT JOIN latest ON {new.row} = latest._last "
        f"WHERE {theirs} IS NULL OR (latest._last IS NOT NULL AND {theirs} NOT IN ({known}))) ORDER BY _part, _place"
    )
    return sql, int(updated)
