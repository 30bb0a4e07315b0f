"""The same aggregates of many columns of a staged table, in as few and as small queries as the table's shape allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from segmentation.cells import Column, text
from segmentation.plan import Progress
from segmentation.staged import Part, Staged
from segmentation.watching import watched

CHUNK = 100  # columns in one query
MANY = 40  # columns from which on stacking pays …
SHORT = 50_000  # … in a table with no more rows
STACK = 250  # columns in one stack


Picks = Callable[[Column, str], Sequence[str]]
"""Writes the aggregates of a column as SQL; the second argument counts cells (`count(*)`, or a sum that may be NULL)."""

Numeral = Callable[[Column], str]
"""Writes as SQL the text of a column's number, which then has a name in the picks."""


def aggregate(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Sequence[str],
    picks: Picks,
    progress: Progress,
    message: str,
    numeral: Numeral | None = None,
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each column's name with its aggregates; `progress` is told the share of these columns that is done.

    DuckDB takes about a millisecond to prepare an expression, which is long for thousands of columns of few rows:
    there, columns of text are stacked into one, each expression is prepared once and each different value read once.
    """
    if len(columns) >= MANY and 0 < staged.rows <= SHORT and all(staged[name].is_text for name in columns):
        yield from _stacked(connection, staged, columns, picks, numeral)
        return
    for start, chunk in zip(range(0, len(columns), CHUNK), _chunks(columns, CHUNK), strict=True):
        part = Part.nth(progress, start, len(columns), len(chunk))
        named, cells = _named([staged[name] for name in chunk], staged.source, staged.alias, numeral)
        written = [picks(column, "count(*)") for column in named]
        query = f"SELECT {', '.join(pick for each in written for pick in each)} FROM {cells}"
        (row,) = watched(connection, query, staged.parameters, part, message)
        values = iter(row)
        for name, each in zip(chunk, written, strict=True):
            yield name, tuple(next(values) for _ in each)


def _named(columns: Sequence[Column], source: str, alias: str, numeral: Numeral | None) -> tuple[list[Column], str]:
    """The columns with their trimmed texts and numerals named, and what to select from; an expression that holds each anew takes two to three times as long to prepare."""
    named = [replace(each, trimmed=f"{alias}.t{i}") if each.is_text else each for i, each in enumerate(columns)]
    texts = [f"{text(each)} AS t{i}" for i, each in enumerate(columns) if each.is_text]
    cells = f"(SELECT {', '.join(['*', *texts])} FROM {source}) AS {alias}"
    if numeral:
        numerals = [f"{numeral(each)} AS n{i}" for i, each in enumerate(named)]
        named = [replace(each, numeral=f"{alias}.n{i}") for i, each in enumerate(named)]
        cells = f"(SELECT {', '.join(['*', *numerals])} FROM {cells}) AS {alias}"
    return named, cells


def _stacked(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Sequence[str],
    picks: Picks,
    numeral: Numeral | None,
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for chunk in _chunks(columns, STACK):
        halves = []  # so that two threads have work even in a file of one row group
        for start in (0, 1):
            places = range(start, len(chunk), 2)
            cells = ", ".join(staged[chunk[place]].sql for place in places)
            halves.append(
                f"SELECT unnest([{cells}]) AS cell, unnest([{', '.join(map(str, places))}]) AS place FROM {staged.source}"
            )
        stack = (
            f"(SELECT place, cell, count(*) AS cells FROM ({' UNION ALL '.join(halves)}) GROUP BY place, cell) AS stack"
        )
        (column,), stack = _named([Column("stack.cell", "VARCHAR")], stack, "stack", numeral)
        rows = connection.execute(
            f"SELECT place, {', '.join(picks(column, 'sum(cells)'))} FROM {stack} GROUP BY place ORDER BY place",
            staged.parameters,
        ).fetchall()
        for place, *values in rows:
            yield chunk[place], tuple(values)


def _chunks(columns: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (columns[start : start + size] for start in range(0, len(columns), size))
