"""Details of further tables that are called like those that were there: one with them if both are of one kind, else of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segmentation import naming
from segmentation.catalogue import Kind
from segmentation.joining import SAID
from segmentation.plan import ColumnPlan, LoadPlan, TablePlan, TableRole


@dataclass(frozen=True)
class Known:
    """A detail that was there first: how it is called, its kind over all tables that have it, and the first of these."""

    label: str
    kind: Kind
    table: str


def details(table: TablePlan) -> Iterator[ColumnPlan]:
    """What the rows of a table tell of events."""
    used = (table.key, table.time, table.event_column, table.visitor)
    if table.role is TableRole.EVENTS:
        yield from (column for column in table.columns if column.include and column.column not in used)


def with_namesakes(plan: LoadPlan, before: LoadPlan) -> LoadPlan:
    """The plan, whose tables begin with those of `before`, in which columns of the others know what is called like them there."""
    there = {column.name.casefold(): column.name for table in before.tables for column in details(table)}
    tables = list(plan.tables)
    for place in range(len(before.tables), len(tables)):
        columns = (c.model_copy(update={"beside": there.get(c.name.casefold())}) for c in tables[place].columns)
        tables[place] = tables[place].model_copy(update={"columns": tuple(columns)})
    return plan.model_copy(update={"tables": tuple(tables)})


def apart(plan: LoadPlan) -> LoadPlan:
    """The plan in which details have a name of their own as long as they are of another kind than the known ones of their name."""
    known = _known(plan)
    taken = {column.name.casefold() for table in plan.tables for column in details(table)}
    tables = []
    for table in plan.tables:
        columns = {column.column: column for column in table.columns}
        within = {column.name.casefold() for column in table.columns}
        for column in details(table):
            if column.beside is None:
                continue
            other = known.get(column.beside.casefold())
            is_apart = column.name.casefold() != column.beside.casefold()
            differs = other is not None and other.kind is not column.kind
            if differs and not is_apart:
                name = naming.free_name(column.beside, taken | within)
                taken.add(name.casefold())
                label = naming.label_in(column.label, table.table.name)
                columns[column.column] = column.model_copy(update={"name": name, "label": label})
            elif is_apart and not differs:
                label = other.label if other else naming.label(column.column)
                columns[column.column] = column.model_copy(update={"name": column.beside, "label": label})
        tables.append(table.model_copy(update={"columns": tuple(columns.values())}))
    return plan.model_copy(update={"tables": tuple(tables)})


def _known(plan: LoadPlan) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for table in plan.tables:
        for column in details(table):
            name = column.name.casefold()
            if column.beside is None or column.beside.casefold() != name:
                first = found.get(name, Known(column.label, column.kind, table.table.name))
                found[name] = Known(first.label, column.kind if column.kind is first.kind else Kind.TEXT, first.table)
    return found


def notes(plan: LoadPlan, index: int) -> list[str]:
    """For each detail of the table at `index` that is kept apart why it is, in a sentence."""
    known = _known(plan)
    found = []
    for column in details(plan.tables[index]):
        other = known.get((column.beside or "").casefold())
        if other is not None and other.kind is not column.kind:
            found.append(
                f"Kept apart: “{column.column}” is {SAID[column.kind]} here and {SAID[other.kind]} in {other.table}, so that it is "
                f"a detail of its own, “{column.label}”."
            )
    return found
