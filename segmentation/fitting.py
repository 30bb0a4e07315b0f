"""A load plan fitted to the definitions that are to be answered, where nobody confirms it on a screen.

The rules, in their order (../docs/headless.md tells them to people):
1. A kind or format that was said holds.
2. A source that has types of its own (JSON, Parquet, Excel) keeps them: a text of digits is a text, 0 and 1 are numbers. Days and
   moments, which JSON writes as texts, are recognised.
3. A guess that the definitions' operators allow stays.
4. Else the first kind stays that the operators allow and that every filled cell fits: digits compared as a number are numbers.
A moment is never read as a day because all clocks happen to show midnight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from segmentation.casting import SEPARATORS
from segmentation.catalogue import Kind
from segmentation.cells import Column, text
from segmentation.demands import ANY, Demands
from segmentation.guessing import checked
from segmentation.jobs import Quiet
from segmentation.operators import TIME
from segmentation.plan import ColumnPlan, Format, LoadPlan, TablePlan, TableRole
from segmentation.replanning import change_column
from segmentation.staged import Staged, workbench

ORDER = (Kind.NUMBER, Kind.YES_NO, Kind.DATE, Kind.MOMENT, Kind.LIST, Kind.TEXT)
SURE = {"BOOLEAN": Kind.YES_NO, "DATE": Kind.DATE}
RECOGNISED = (Kind.TEXT, Kind.DATE, Kind.MOMENT)  # what a text of a typed source may be without being asked


@dataclass(frozen=True)
class Said:
    """What somebody said about columns, by their names."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)
    separator: Format | None = None  # of lists in texts


@dataclass(frozen=True)
class Looked:
    """A column with its type in the source, and whether its texts have clocks."""

    type: Column
    clocks: bool


def fitted(plan: LoadPlan, wanted: Demands, said: Said, typed: frozenset[str]) -> LoadPlan:
    """The plan with kinds that fit; `typed` names the staged files whose sources have types."""
    timely = {name for asked in (wanted.fields, wanted.details) for name, kinds in asked.items() if kinds <= TIME}
    looked = {
        index: _look(table, timely) for index, table in enumerate(plan.tables) if table.role is not TableRole.LEAVE_OUT
    }
    keys = [(i, column) for i, table in enumerate(plan.tables) if i in looked and (column := _key(table)) is not None]
    alike = all(column.format is Format.WHOLE for i, column in keys if looked[i][column.column].type.is_text)
    found = plan
    tried: list[tuple[int, str, tuple[Kind, ...]]] = []
    for index, columns in looked.items():
        table = plan.tables[index]
        asked = wanted.fields if table.role is TableRole.PEOPLE else wanted.details
        for column in table.columns:
            here = columns[column.column]
            if column.column == table.key:
                if alike and here.type.is_text:  # 17850.0 is cut to 17850 only to find it in another file
                    found = _changed(found, index, column, Kind.TEXT, Format.PLAIN)
                continue
            name = spoken_name(table, column)
            usual = _usual(column, here, str(table.table.path) in typed, said.separator)
            if name in said.kinds or name in said.formats:
                kind = said.kinds.get(name, usual.kind)
                format = said.formats.get(name, _format(kind, column, here, said.separator))
                found = _changed(found, index, column, kind, format)
                continue
            found = _changed(found, index, column, usual.kind, usual.format)
            allowed = asked.get(name, asked.get(column.name, ANY)) if column.column != table.time else ANY
            if usual.kind not in allowed:
                tried.append((index, column.column, _candidates(here, allowed)))
    return checked(_tried(found, tried, looked, said.separator), Quiet(), since=plan)


def _key(table: TablePlan) -> ColumnPlan | None:
    return next((column for column in table.columns if column.column == table.key), None)


def spoken_name(table: TablePlan, column: ColumnPlan) -> str:
    """A column's name exactly as its source has it."""
    if not table.table.headers:
        return column.column
    return table.table.headers[table.table.columns.index(column.column)]


def _look(table: TablePlan, timely: set[str]) -> dict[str, Looked]:
    with workbench(Quiet()) as connection:
        staged = Staged(connection, table.table)
        texts = [c for c in table.columns if staged[c.column].is_text]
        days = [c.column for c in texts if c.kind is Kind.DATE or {c.name, spoken_name(table, c)} & timely]
        clocks = dict(zip(days, _clocks(connection, staged, days), strict=True))
        return {c.column: Looked(staged[c.column], clocks.get(c.column, False)) for c in table.columns}


def _clocks(connection: duckdb.DuckDBPyConnection, staged: Staged, columns: list[str]) -> list[bool]:
    """Whether texts of these columns have a clock."""
    if not columns:
        return []
    picks = ", ".join(f"coalesce(bool_or(contains({text(staged[column])}, ':')), false)" for column in columns)
    row = connection.execute(f"SELECT {picks} FROM {staged.source}", staged.parameters).fetchone() or ()
    return [bool(cell) for cell in row]


def _usual(column: ColumnPlan, here: Looked, typed: bool, separator: Format | None) -> ColumnPlan:
    """The guess without what only a marketer could confirm."""
    kind, format = column.kind, column.format
    if here.type.is_numeric:
        kind, format = Kind.NUMBER, Format.PLAIN
    elif here.type.is_list:  # also where all of them are empty
        kind, format = Kind.LIST, Format.PLAIN
    elif here.type.type in SURE:
        kind, format = SURE[here.type.type], Format.PLAIN
    elif here.type.is_stamp or (kind is Kind.DATE and here.clocks):
        kind = Kind.MOMENT
    elif here.type.is_text and typed and kind not in RECOGNISED:
        kind, format = Kind.TEXT, Format.PLAIN
    elif kind is Kind.LIST and here.type.is_text and separator is not None and format is not Format.JSON:
        format = separator
    if kind is Kind.TEXT and here.type.is_text:
        format = Format.PLAIN  # 17850.0 is kept as it is written
    return column.model_copy(update={"kind": kind, "format": format})


def _format(kind: Kind, column: ColumnPlan, here: Looked, separator: Format | None) -> Format | None:
    """The format for a kind that was chosen; None for the one that examples suggest."""
    if kind is Kind.TEXT:
        return Format.WHOLE if here.type.type in ("FLOAT", "DOUBLE") else Format.PLAIN
    if kind is Kind.LIST and here.type.is_text:
        examples = [example.strip() for example in column.examples]
        if examples and all(example.startswith("[") for example in examples):
            return Format.JSON
        return separator
    return column.format if kind is column.kind else None


def _candidates(here: Looked, allowed: frozenset[Kind]) -> tuple[Kind, ...]:
    """The kinds that a column may be turned into, the likeliest first."""
    if here.type.is_stamp or here.type.is_list:
        possible: frozenset[Kind] = frozenset()
    elif here.type.type == "DATE":
        possible = frozenset({Kind.MOMENT})
    elif here.type.type == "BOOLEAN":
        possible = frozenset({Kind.TEXT})
    elif here.type.is_numeric:
        possible = ANY - {Kind.LIST}
    else:
        possible = ANY
    if here.clocks and Kind.MOMENT in allowed:
        possible -= {Kind.DATE}
    return tuple(kind for kind in ORDER if kind in possible & allowed)


def _tried(
    plan: LoadPlan,
    tried: list[tuple[int, str, tuple[Kind, ...]]],
    looked: Mapping[int, Mapping[str, Looked]],
    separator: Format | None,
) -> LoadPlan:
    """The plan with the first kind of each column that all its filled cells fit; others stay."""
    place = 0
    while waiting := [(index, name, kinds[place]) for index, name, kinds in tried if place < len(kinds)]:
        attempt = plan
        for index, name, kind in waiting:
            column = _column(plan, index, name)
            format = _format(kind, column, looked[index][name], separator)
            attempt = _changed(attempt, index, column, kind, format)
        attempt = checked(attempt, Quiet(), since=plan)
        settled = set()
        for index, name, _ in waiting:
            column = _column(attempt, index, name)
            if not column.misfits:
                plan = _changed(plan, index, _column(plan, index, name), column.kind, column.format)
                settled.add((index, name))
        tried = [(index, name, kinds) for index, name, kinds in tried if (index, name) not in settled]
        place += 1
    return plan


def _column(plan: LoadPlan, index: int, name: str) -> ColumnPlan:
    return next(column for column in plan.tables[index].columns if column.column == name)


def _changed(plan: LoadPlan, index: int, column: ColumnPlan, kind: Kind, format: Format | None) -> LoadPlan:
    """The plan with another kind and format of one column, if they are others."""
    now = _column(plan, index, column.column)
    if now.kind is kind and format in (None, now.format):
        return plan
    return change_column(plan, index, column.column, kind=kind, format=format)


def separator_named(sign: str) -> Format | None:
    """The format of lists separated by this sign; None where there is none."""
    return next((format for format, known in SEPARATORS.items() if known == sign), None)
