"""Tables of a plan that look others up: whose events are part of what, what is wrong with a link, and its changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segmentation.catalogue import Kind
from segmentation.plan import Link, LoadPlan, Origin, StagedTable, TablePlan, TableRole

LISTED = (Kind.TEXT, Kind.LIST)
"""What several rows can tell as a list."""
MOST_REPEATED = (
    0.02  # of the values that rows are looked up by may come again; with more, nobody knows which row is meant
)
TARGETS = {
    TableRole.PEOPLE: (TableRole.LOOKUP,),
    TableRole.EVENTS: (TableRole.LOOKUP, TableRole.EVENTS),
    TableRole.LOOKUP: (TableRole.LOOKUP,),
    TableRole.VISITORS: (),
    TableRole.LEAVE_OUT: (),
}
"""What rows of a table may refer to."""


def owner(table: TablePlan, plan: LoadPlan) -> Link | None:
    """The link to the events that a row is a part of, where these tell whose it is or when it was: a line's order; else None."""
    if table.role is not TableRole.EVENTS or (table.key and table.time):
        return None
    return next((link for link in table.links if _tells(plan.tables[link.table])), None)


def _tells(table: TablePlan) -> bool:
    return table.role is TableRole.EVENTS and bool(table.key and table.time)


def targets(plan: LoadPlan, index: int) -> tuple[int, ...]:
    """The places of the tables that the table at `index` may look up; nothing ever leads back to where it began."""
    roles = TARGETS[plan.tables[index].role]
    return tuple(p for p, other in enumerate(plan.tables) if other.role in roles and index not in reach(plan, p))


def reach(plan: LoadPlan, index: int) -> frozenset[int]:
    """The places of the tables to which links lead from the one at `index`, with its own."""
    seen: set[int] = set()
    ring = {index}
    while ring:
        seen |= ring
        ring = {link.table for place in ring for link in plan.tables[place].links} - seen
    return frozenset(seen)


def declared(tables: Sequence[StagedTable], index: int) -> dict[str, tuple[int, str] | None]:
    """To what the columns of the table at `index` refer as its database declares: the place and column of another of these tables.

    None for a column whose other table was not read.
    """
    origin = tables[index].origin
    if origin is None:
        return {}
    places = {_in_source(t.origin): place for place, t in enumerate(tables) if t.origin is not None}
    found: dict[str, tuple[int, str] | None] = {}
    for reference in tables[index].references:
        named = {"schema_name": reference.schema_name, "table": reference.table}
        place = places.get(_in_source(origin.model_copy(update=named)))
        keys = {column.casefold(): column for column in tables[place].columns} if place is not None else {}
        key = keys.get(reference.key.casefold())
        found[reference.column] = found.get(reference.column) or (
            None if place is None or key is None else (place, key)
        )
    return found


def is_declared(plan: LoadPlan, index: int, link: Link) -> bool:
    """Whether the database itself says what a link of the table at `index` says."""
    return declared([table.table for table in plan.tables], index).get(link.column) == (link.table, link.key)


def _in_source(origin: Origin) -> tuple[object, ...]:
    """What tells a table of a database from all others, in any case of letters."""
    return origin.source, *sorted(origin.settings.items()), origin.schema_name.casefold(), origin.table.casefold()


def referred(plan: LoadPlan, index: int) -> frozenset[str]:
    """The columns by which other tables look up the table at `index`."""
    return frozenset(link.key for table in plan.tables for link in table.links if link.table == index)


def allowed(plan: LoadPlan) -> LoadPlan:
    """The plan without links that the roles of its tables do not allow."""
    tables = []
    for index, table in enumerate(plan.tables):
        fitting = targets(plan, index)
        tables.append(table.model_copy(update={"links": tuple(k for k in table.links if k.table in fitting)}))
    return plan.model_copy(update={"tables": tuple(tables)})


def with_links(plan: LoadPlan, index: int, changed: tuple[Link, ...]) -> LoadPlan:
    """The plan with other links of one table; `guessing.checked` counts them."""
    table = plan.tables[index].model_copy(update={"links": changed})
    tables = tuple(table if place == index else other for place, other in enumerate(plan.tables))
    return plan.model_copy(update={"tables": tables})


def settled(plan: LoadPlan) -> LoadPlan:
    """The plan in which only what is told can be a list: a row is a part of one event, whose customer and time are its own."""
    tables = []
    for table in plan.tables:
        whole = owner(table, plan)
        own = (link.model_copy(update={"several": link.several and link != whole}) for link in table.links)
        tables.append(table.model_copy(update={"links": tuple(own)}))
    return plan.model_copy(update={"tables": tuple(tables)})


def changed(link: Link, **update: Any) -> Link:
    """The link with another column, table or key; that several rows with one key count was said of the key before."""
    several = link.several and not {"table", "key"} & update.keys()
    return link.model_copy(update={"several": several, **update})


def is_unsure(link: Link) -> bool:
    """Whether so many values come again in the other table that nobody knows which row is meant."""
    return not link.several and link.repeated > MOST_REPEATED * link.keyed


def is_listed(plan: LoadPlan, index: int) -> bool:
    """Whether several rows with the same key count in the look-up at `index`."""
    return any(
        link.several and (link.table, link.key) == (index, plan.tables[index].key)
        for table in plan.tables
        for link in table.links
    )


def problems(table: TablePlan, plan: LoadPlan) -> list[str]:
    """What must be mended about the links of a table before loading, in sentences."""
    found = []
    for link in table.links:
        other = plan.tables[link.table].table.name
        if is_unsure(link):
            listed = "" if link == owner(table, plan) else ", or take all of them as a list"
            found.append(
                f"“{link.key}” cannot tell which row of {other} is meant: {link.repeated:,} of {link.keyed:,} rows have a value "
                f"that comes again. Choose a column that is different on every row{listed}."
            )
    return found


def notes(plan: LoadPlan, index: int) -> list[str]:
    """What is worth knowing about the links of the table at `index`, in sentences."""
    found = []
    table = plan.tables[index]
    if table.role is TableRole.LOOKUP and not any(link.table == index for t in plan.tables for link in t.links):
        found.append("Nothing refers to this table yet: say below which table does, and by which column.")
    for link in table.links:
        if link.repeated and not link.several and not is_unsure(link):
            rows = "1 row has" if link.repeated == 1 else f"{link.repeated:,} rows have"
            found.append(
                f"In {plan.tables[link.table].table.name}, {rows} a “{link.key}” that comes again further down: the last "
                "of them counts."
            )
    return found


def missing(table: TablePlan, plan: LoadPlan) -> list[str]:
    """For each link how many rows find nothing, in sentences for the report of a load; parts of nothing are set aside there."""
    whole = owner(table, plan)
    return [
        f"For {count:,} {'row' if count == 1 else 'rows'} nothing is found in {plan.tables[link.table].table.name} by "
        f"“{link.column}”: what is told there is missing."
        for link in table.links
        if link != whole and (count := link.filled - link.found)
    ]
