"""Several people tables in a load plan: which of their columns are one field, and which fields tell who is who."""

from __future__ import annotations

from segmentation import naming
from segmentation.catalogue import Kind, Role
from segmentation.links import owner
from segmentation.plan import ColumnPlan, Joining, LoadPlan, Strangers, TablePlan, TableRole

NAMED_LIKE_AN_ID = 30  # a name's score
NAMED_LIKE_A_PERSONS_ID = 50
WITH_PERSONS = (TableRole.PEOPLE, TableRole.EVENTS, TableRole.VISITORS)  # tables whose key is a person's
SAID = {
    Kind.TEXT: "text", Kind.NUMBER: "a number", Kind.YES_NO: "yes or no", Kind.DATE: "a date",
    Kind.MOMENT: "a date with time", Kind.LIST: "a list",
}  # fmt: skip


def people_tables(plan: LoadPlan) -> list[int]:
    """The places of the tables of people: the first one's id is the customer id; those known by an address or number come last."""
    places = [index for index, table in enumerate(plan.tables) if table.role is TableRole.PEOPLE]
    return sorted(places, key=lambda index: addressed(plan.tables[index].key) is not Role.NONE)


def addressed(column: str | None) -> Role:
    """Whether a column's name speaks of e-mail addresses or phone numbers."""
    meant = naming.meaning(column or "", Kind.TEXT)
    return meant.role if meant and meant.role in (Role.EMAIL, Role.PHONE) else Role.NONE


def tells(column: ColumnPlan) -> Role:
    """As what a field tells who somebody is: an e-mail address, a phone number, or an id."""
    return column.role if column.role in (Role.EMAIL, Role.PHONE) else addressed(column.column)


def in_turn(plan: LoadPlan) -> list[int]:
    """The places of the tables of people, the one whose values win first."""
    return sorted(people_tables(plan), key=lambda index: index != plan.joining.first)


def whose(plan: LoadPlan, index: int) -> int:
    """The place of the people table whose ids stand in an event table; of a people table its own."""
    places = people_tables(plan)
    if index in places:
        return index
    whole = owner(plan.tables[index], plan) if plan.tables[index].key is None else None
    chosen = plan.tables[whole.table if whole is not None else index].people
    return chosen if chosen in places else places[0]


def aligned(plan: LoadPlan) -> LoadPlan:
    """The plan with one name for the columns of several people tables that are one field: by what they are used as, else by name.

    Ids that are of others have the name that was found for them.
    """
    places = people_tables(plan)
    if len(places) < 2:
        return plan
    tables = list(plan.tables)
    fields: dict[str, ColumnPlan] = {}
    of_others = {(s.table, s.column): s for s in plan.joining.strangers}
    apart = {s.name.casefold() for s in of_others.values() if not s.joined}
    for number, index in enumerate(places, 1):
        columns, taken = [], set(apart)
        for column in tables[index].columns:
            is_key = number > 1 and column.column == tables[index].key
            if is_key:
                column = column.model_copy(update={"role": addressed(column.column)})
            others = of_others.get((index, column.column))
            if others is not None:
                column = _told_apart(column, others, tables[index].table.name)
            if number > 1 and (others is None or others.joined):
                column = _aligned(column, is_key, number, fields, taken, plan.joining)
            columns.append(column)
            taken.add(column.name.casefold())
        tables[index] = tables[index].model_copy(update={"columns": tuple(columns)})
        fields = {c.name.casefold(): c for c in columns if c.include and c.name.casefold() not in apart} | fields
    return plan.model_copy(update={"tables": tuple(tables)})


def _told_apart(column: ColumnPlan, strangers: Strangers, table: str) -> ColumnPlan:
    """A column of ids that are of others under its own name, or under its first one where they are said to be the same."""
    if (column.name == strangers.name) is not strangers.joined:
        return column
    label = naming.label(column.column)
    if strangers.joined:
        return column.model_copy(update={"name": naming.free_name(column.column, ()), "label": label})
    return column.model_copy(update={"name": strangers.name, "label": naming.label_in(label, table)})


def _aligned(
    column: ColumnPlan, is_key: bool, number: int, fields: dict[str, ColumnPlan], taken: set[str], joining: Joining
) -> ColumnPlan:
    """A column of the people table `number` (from 2 on), named like the field of the tables before it that it is."""
    own = naming.free_name(column.column, taken)
    same = next(
        (f for f in fields.values() if f.role is column.role is not Role.NONE and f.kind is column.kind),
        fields.get(own.casefold()),
    )
    if same is None or same.name.casefold() in taken:
        return column.model_copy(update={"name": own})
    if is_key and same.role is Role.PERSON_ID and joining.by is not None and same.name not in joining.by:
        name = naming.free_name(f"{own}_{number}", {*fields, *taken})
        return column.model_copy(update={"name": name, "label": f"{same.label} {number}"})
    return column.model_copy(update={"name": same.name, "label": same.label})


def joinable(plan: LoadPlan) -> tuple[ColumnPlan, ...]:
    """The fields that two people tables share and that can tell who is who: ids first, then e-mail addresses and phone numbers.

    Not those by which stores and the like are looked up, or of which many rows have the same, but for ids that by their name are
    a person's or were chosen.
    """
    shared: dict[str, list[ColumnPlan]] = {}
    others = set()
    said = {(ids.table, ids.column) for ids in plan.joining.strangers if ids.joined}
    chosen = plan.joining.by or ()
    joining = Joining(strangers=plan.joining.strangers)
    plan = aligned(plan.model_copy(update={"joining": joining}))  # an id that is not chosen has two names
    for index in people_tables(plan):
        for column in plan.tables[index].columns:
            if column.include and column.kind is Kind.TEXT:
                shared.setdefault(column.name, []).append(column)
        links = {link.column for link in plan.tables[index].links}
        others |= {
            column.name
            for column in plan.tables[index].columns
            if column.column in links or (column.crowded and (index, column.column) not in said)
        }
    others -= {*chosen}
    found = [columns[0] for name, columns in shared.items() if len(columns) > 1 and _tells(columns[0], name in others)]
    order = {Role.EMAIL: 1, Role.PHONE: 2}
    return tuple(sorted(found, key=lambda column: order.get(tells(column), 0)))


def _tells(column: ColumnPlan, of_others: bool) -> bool:
    known = column.role is Role.PERSON_ID or tells(column) is not Role.NONE
    least = NAMED_LIKE_A_PERSONS_ID if of_others else NAMED_LIKE_AN_ID
    return known or (column.role is Role.NONE and naming.key_score(column.column, "") >= least)


def joined_by(plan: LoadPlan) -> tuple[ColumnPlan, ...]:
    """The fields by which people are joined: those that were chosen, else all that can, but for ids that only number rows (“id”)."""
    chosen = plan.joining.by
    if chosen is None:
        return tuple(c for c in joinable(plan) if not naming.numbers_rows(c.column, ""))
    return tuple(column for column in joinable(plan) if column.name in chosen)


def differing(table: TablePlan, plan: LoadPlan) -> list[str]:
    """Problems of a people table beside the others: a field that is of another kind there."""
    found = []
    before = [other for other in plan.tables if other.role is TableRole.PEOPLE]
    for other in before[: before.index(table)] if table in before else ():
        kinds = {c.name.casefold(): c.kind for c in other.columns if c.include}
        for column in table.columns:
            kind = kinds.get(column.name.casefold(), column.kind)
            if column.include and kind is not column.kind:
                found.append(
                    f"“{column.label}” is {SAID[column.kind]} here and {SAID[kind]} in {other.table.name}: give both one kind, "
                    "or leave one of them out."
                )
    return found


def knows_visitors(table: TablePlan, plan: LoadPlan) -> bool:
    """Whether a table of events can do without a customer id: it has its visitors', and there are customers whom they may be."""
    known = any(other.key for other in plan.tables if other.role in WITH_PERSONS)
    return table.role is TableRole.EVENTS and table.visitor is not None and known


def told_by(plan: LoadPlan, index: int) -> list[str]:
    """Which tables tell who the visitors of the table at `index` are, where it does not know its customers, in a sentence."""
    table = plan.tables[index]
    if table.role is not TableRole.EVENTS or table.visitor is None or table.key is not None:
        return []
    tellers = [
        t.table.name for t in plan.tables if t.role in WITH_PERSONS and t.visitor is not None and t.key is not None
    ]
    names = " and ".join([*filter(None, [", ".join(tellers[:-1])]), *tellers[-1:]])
    return [f"Which customers its visitors are is told by {names}."] if names else []


def not_joined(plan: LoadPlan, index: int) -> list[str]:
    """For each column of the table at `index` whose ids are of others why they join nobody, in a sentence."""
    found = []
    for ids in (ids for ids in strangers(plan) if ids.table == index and not ids.joined):
        why = (
            f"of {ids.both:,} that {plan.tables[ids.other].table.name} has too, {ids.differing:,} belong to another e-mail address "
            "there, so these ids seem to belong to different people"
            if ids.both
            else "each of these ids is that of several rows here"
        )
        found.append(f"Not joined by “{ids.column}”: {why}. Say so below if they are the same people.")
    return found


def strangers(plan: LoadPlan) -> list[Strangers]:
    """The ids of tables of people, as far as they are used, that mostly are of others than those of another table."""
    places = people_tables(plan)
    used = {(place, c.column) for place in places for c in plan.tables[place].columns if c.include}
    return [s for s in plan.joining.strangers if len(places) > 1 and (s.table, s.column) in used]
