"""Further tables beside those of a plan: fields and details that were there keep their names and kinds, and new ones give way."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.catalogue import Role
from segmentation.errors import SourceError
from segmentation.joining import addressed, people_tables, whose
from segmentation.merging import all_known, known_rows
from segmentation.namesakes import details, with_namesakes
from segmentation.plan import ColumnPlan, LoadPlan, Progress, StagedTable, TableRole
from segmentation.replanning import SINCE, with_problems

NOW_PEOPLE = f"{SINCE} the customers are those of this table; until now they were made from their events, and events of others are set aside."
RATHER = "For newer rows of what is there, choose “Bring in what is new” instead."


def new_among(tables: Sequence[StagedTable], before: LoadPlan, progress: Progress) -> list[StagedTable]:
    """The tables whose rows are not all in a plan already; a note says which are not, and which have some that would count twice.

    Raises `SourceError` where all of them are, and `Cancelled`.
    """
    found: list[StagedTable] = []
    double: list[str] = []
    for table in tables:
        notes = list(table.notes)
        used = (plan for plan in before.tables if plan.role is not TableRole.LEAVE_OUT)
        for plan in (plan for plan in used if _columns(plan.table) == _columns(table)):
            progress(f"Comparing {table.name} with {plan.table.name}")
            known = known_rows(plan, table, progress)
            if known and all_known(plan, table, progress):
                double.append(f"Every row of {table.name} is in {plan.table.name} already.")
                break
            if known and plan.role is TableRole.EVENTS:
                rows = "1 row is" if known == 1 else f"{known:,} rows are"
                notes.append(f"{rows} in {plan.table.name} already and would count twice. {RATHER}")
        else:
            found.append(table.model_copy(update={"notes": tuple(notes)}))
    if double and not found:
        raise SourceError(f"{' '.join(double)} {RATHER}")
    for sentence in double:
        found[0] = found[0].model_copy(update={"notes": (*found[0].notes, f"{sentence} It was left out.")})
    return found


def _columns(table: StagedTable) -> set[str]:
    return {column.casefold() for column in table.columns}


def as_before(plan: LoadPlan, before: LoadPlan) -> LoadPlan:
    """The plan, whose tables begin with those of `before`, in which all that these tell is called and counted as it was."""
    tables, joining, places = list(plan.tables), plan.joining, people_tables(before)
    # Customers who are known by an address come after those with an id, who may be new: whose was not said meant the first.
    movable = bool(places) and addressed(before.tables[places[0]].key) is not Role.NONE
    if movable and joining.first is None:
        joining = joining.model_copy(update={"first": places[0]})
    for place, table in enumerate(before.tables):
        notes = tuple(note for note in table.notes if not note.startswith(SINCE))
        update: dict[str, object] = {"notes": notes}
        if movable and table.role in (TableRole.EVENTS, TableRole.VISITORS):
            update["people"] = whose(before, place)
        tables[place] = tables[place].model_copy(update=update)
    plan = plan.model_copy(update={"tables": tuple(tables), "joining": joining})
    return with_problems(with_namesakes(_fields_named(plan, before), before))


def _fields_named(plan: LoadPlan, before: LoadPlan) -> LoadPlan:
    """New people, who may come first and so name the fields, call them as they were called; the first ones say that they are new."""
    called = {
        after.name: column
        for place in people_tables(before)
        for column, after in zip(before.tables[place].columns, plan.tables[place].columns, strict=True)
        if after.name != column.name
    }
    made = {} if people_tables(before) else {c.name.casefold(): c for t in before.tables for c in details(t)}

    def renamed(column: ColumnPlan) -> ColumnPlan:
        known = called.get(column.name) or made.get(column.name.casefold())
        return column.model_copy(update={"name": known.name, "label": known.label}) if known else column

    tables = list(plan.tables)
    for place in people_tables(plan):
        if place >= len(before.tables):
            table = tables[place]
            notes = table.notes if people_tables(before) else (*table.notes, NOW_PEOPLE)
            columns = tuple(map(renamed, table.columns))
            tables[place] = table.model_copy(update={"columns": columns, "notes": notes})
    return plan.model_copy(update={"tables": tuple(tables)})
