"""Further tables beside those of a plan: fields and details that were there keep their names and kinds, and new ones give way."""

from __future__ import annotations

from collections.abc import Iterator

from segmentation import naming
from segmentation.joining import SAID, people_tables, whose
from segmentation.plan import ColumnPlan, LoadPlan, TablePlan, TableRole
from segmentation.replanning import APART, with_problems


def as_before(plan: LoadPlan, before: LoadPlan) -> LoadPlan:
    """The plan, whose tables begin with those of `before`, in which all that these tell is called and counted as it was."""
    places = people_tables(before)
    joining = plan.joining
    if joining.first is None and places:
        joining = joining.model_copy(update={"first": places[0]})
    tables = list(plan.tables)
    for place, table in enumerate(before.tables):
        if places and table.role in (TableRole.EVENTS, TableRole.VISITORS):
            tables[place] = tables[place].model_copy(update={"people": whose(before, place)})
    plan = plan.model_copy(update={"tables": tuple(tables), "joining": joining})
    return with_problems(_details_apart(_fields_named(plan, before), before))


def _fields_named(plan: LoadPlan, before: LoadPlan) -> LoadPlan:
    """New people, who may come first and so name the fields, call them as they were called."""
    called = {
        after.name: column
        for place in people_tables(before)
        for column, after in zip(before.tables[place].columns, plan.tables[place].columns, strict=True)
        if after.name != column.name
    }

    def renamed(column: ColumnPlan) -> ColumnPlan:
        known = called.get(column.name)
        return column.model_copy(update={"name": known.name, "label": known.label}) if known else column

    tables = [
        table.model_copy(update={"columns": tuple(map(renamed, table.columns))})
        if place >= len(before.tables)
        else table
        for place, table in enumerate(plan.tables)
    ]
    return plan.model_copy(update={"tables": tuple(tables)})


def _details(table: TablePlan) -> Iterator[ColumnPlan]:
    """What the rows of a table tell of events."""
    used = (table.key, table.time, table.event_column, table.visitor)
    if table.role is TableRole.EVENTS:
        yield from (column for column in table.columns if column.include and column.column not in used)


def _details_apart(plan: LoadPlan, before: LoadPlan) -> LoadPlan:
    """New events whose detail is of another kind than the known one of its name have a detail of their own, and say so."""
    known = {c.name.casefold(): (c, table.table.name) for table in reversed(before.tables) for c in _details(table)}
    tables = list(plan.tables)
    for place in range(len(before.tables), len(tables)):
        table, notes = tables[place], list[str]()
        columns = {column.column: column for column in table.columns}
        taken = {*known, *(column.name.casefold() for column in table.columns)}
        for column in _details(table):
            other, where = known.get(column.name.casefold(), (column, ""))
            if other.kind is column.kind:
                continue
            name = naming.free_name(column.name, taken)
            taken.add(name.casefold())
            label = f"{column.label} ({' '.join(naming.table_nouns(table.table.name))})"
            columns[column.column] = column.model_copy(update={"name": name, "label": label})
            notes.append(
                f"{APART}: “{column.column}” is {SAID[column.kind]} here and {SAID[other.kind]} in {where}, so that it is a detail "
                f"of its own, “{label}”."
            )
        update = {"columns": tuple(columns.values()), "notes": (*table.notes, *notes)}
        tables[place] = table.model_copy(update=update)
    return plan.model_copy(update={"tables": tuple(tables)})
