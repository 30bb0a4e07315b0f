"""Parquet files, with nested columns opened one level and what is no table data turned into text."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import duckdb
from duckdb.sqltypes import DuckDBPyType

from connectors.sources.names import headers_of, mend_names
from connectors.sources.staging import COMPRESSION, literal, run, table_path
from segmentation.audience import quoted
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable
from segmentation.scratch import scratch
from segmentation.staged import exactly

AS_TEXT = frozenset(
    {"uuid", "enum", "interval", "time", "time with time zone", "time_ns", "bit", "hugeint", "uhugeint"}
)
MOMENTS = frozenset({"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"})
NESTED = frozenset({"struct", "map", "list", "array", "union", "variant"})


def stage_parquet(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage one Parquet file; raises `SourceError` where it is damaged or has no rows."""
    target = table_path(into, name)
    try:
        with scratch() as connection:
            relation = connection.sql("SELECT * FROM read_parquet(?)", params=[exactly(path)])
            picked, notes = picked_columns(relation)
            if not picked:
                raise SourceError(f"{name} has no columns that can be shown as a table.")
            names, mended = mend_names([column for column, _ in picked])
            select = ", ".join(f"{expression} AS {quoted(n)}" for n, (_, expression) in zip(names, picked, strict=True))
            sql = f"COPY (SELECT {select} FROM read_parquet(?)) TO {literal(target)} (FORMAT parquet, COMPRESSION {COMPRESSION})"
            rows = run(connection, sql, [exactly(path)], progress, f"Reading {name}")
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, duckdb.Error):
            raise SourceError(
                f"{name} cannot be read as Parquet: it is damaged or not whole. Export it again."
            ) from error
        raise
    if not rows:
        target.unlink(missing_ok=True)
        raise SourceError(f"{name} has columns but no rows; export it again with its rows.")
    headers = headers_of([column for column, _ in picked], names)
    return [StagedTable(name=name, path=target, columns=names, headers=headers, rows=rows, notes=(*notes, *mended))]


def picked_columns(relation: duckdb.DuckDBPyRelation) -> tuple[list[tuple[str, str]], list[str]]:
    """The columns that can be shown as a table, each with its SQL, and a sentence for each that is left out."""
    picked: list[tuple[str, str]] = []
    notes: list[str] = []
    for column, kind in zip(relation.columns, relation.types, strict=True):
        for opened, expression in _opened(column, quoted(column), kind):
            if expression:
                picked.append((opened, expression))
            else:
                notes.append(f"The column “{opened}” holds neither text nor numbers (e.g. pictures) and was left out.")
    return picked, notes


def _opened(name: str, expression: str, kind: DuckDBPyType) -> list[tuple[str, str]]:
    """A column's name and SQL, or those of its parts; "" stands for SQL where it is left out."""
    if kind.id == "struct":
        parts = [(part, f"struct_extract({expression}, '{_escaped(part)}')") for part, _ in kind.children]
        return [(f"{name}.{part}", _plain(sql, _child(kind, place))) for place, (part, sql) in enumerate(parts)]
    return [(name, _plain(expression, kind))]


def _plain(expression: str, kind: DuckDBPyType) -> str:
    """SQL for a value that the profiler knows: scalars as they are, lists of scalars as texts, the rest as JSON text."""
    if kind.id == "blob":
        return ""
    if kind.id == "timestamp with time zone":
        return expression  # an instant, whatever the zone of the workspace
    if kind.id in MOMENTS:
        return f"CAST({expression} AS TIMESTAMP)"
    if kind.id in {"list", "array"}:
        inner = _child(kind, 0).id
        return f"CAST({expression} AS VARCHAR[])" if inner not in NESTED | {"blob"} else _json(expression)
    if kind.id in NESTED:
        return _json(expression)
    if kind.id in AS_TEXT:
        return f"CAST({expression} AS VARCHAR)"
    return expression


def _child(kind: DuckDBPyType, place: int) -> DuckDBPyType:
    return cast(DuckDBPyType, kind.children[place][1])  # of lists and structs it is always a type


def _json(expression: str) -> str:
    return f"CASE WHEN {expression} IS NOT NULL THEN CAST(to_json({expression}) AS VARCHAR) END"


def _escaped(text: str) -> str:
    return text.replace("'", "''")
