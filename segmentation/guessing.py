"""A load plan from staged tables, for the marketer to confirm: kinds, names, who is a person, what is an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from segmentation import casting, links, naming
from segmentation.additions import as_before
from segmentation.catalogue import PERSONAL, Role, Theme
from segmentation.counting import counted
from segmentation.drafts import LIKELY, SURELY, Draft, Key, drafted, redrafted
from segmentation.joining import tells
from segmentation.matching import Matching
from segmentation.plan import LoadPlan, Progress, StagedTable, TablePlan, TableRole
from segmentation.profiling import recount
from segmentation.replanning import LEFT_OUT, TIMES, completed, with_problems
from segmentation.staged import UNIQUE, Part, Staged, probed, workbench
from segmentation.strangers import not_joined_by_strangers
from segmentation.subjects import likeness

MOSTLY = 0.9  # of the keys are different where there is no time, so that rows cannot be events
AFTER_TABLE = (65, 90)  # scores of names that begin like their table's


def guess_plan(
    tables: Sequence[StagedTable], *, zone: str, progress: Progress, before: LoadPlan | None = None
) -> LoadPlan:
    """A plan for all tables with exact misfits; its problems say what only the marketer can know.

    `zone` is the IANA zone of moments written without one. With a plan `before` the tables come beside those that it has, which
    stay as they are, but for what they look up in the new ones, and the visitor's id by which they tell who visitors of the new
    ones are, where nothing was to be told until now. Raises `LoadError` and `Cancelled`.
    """
    confirmed = before.tables if before is not None else ()
    everything = [*(plan.table for plan in confirmed), *tables]
    with workbench(progress) as connection:
        drafts = []
        for place, table in enumerate(everything):
            part = Part.nth(progress, place, len(everything))
            staged, declared = Staged(connection, table, place), links.declared(everything, place)
            if place < len(confirmed):
                drafts.append(redrafted(connection, staged, place, declared, confirmed[place], part))
            else:
                drafts.append(drafted(connection, staged, place, declared, part))
        chosen = _roles(connection, drafts)
        plans = _with_owners(connection, drafts, _with_visitors(connection, drafts, chosen, zone))
        plan = (before or LoadPlan(tables=())).model_copy(update={"tables": plans})
        progress("Looking for what refers to what")
        plan = with_problems(Matching(connection, plan, len(confirmed)).suggest())
        if before is not None:
            plan = as_before(plan, before)
        return with_problems(not_joined_by_strangers(connection, plan, before))


def checked(plan: LoadPlan, progress: Progress, since: LoadPlan | None = None) -> LoadPlan:
    """The plan with misfits and links counted over every cell, and dates and numbers that asked decided where cells tell.

    Columns and links that are as they were in `since`, a plan checked before, are not counted again.
    """
    known = {(t.table.path, c.column, c.kind, c.format) for t in (since.tables if since else ()) for c in t.columns}
    tables = []
    with workbench(progress) as connection:
        for table in plan.tables:
            changed = [c for c in table.columns if (table.table.path, c.column, c.kind, c.format) not in known]
            found = recount(connection, Staged(connection, table.table), changed, progress) if changed else {}
            tables.append(table.model_copy(update={"columns": tuple(found.get(c.column, c) for c in table.columns)}))
        return with_problems(counted(connection, plan.model_copy(update={"tables": tuple(tables)}), since))


Choice = tuple[TableRole, str | None, tuple[str, ...]]


def _roles(connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft]) -> list[Choice]:
    """For each table its role, its key and notes; what was confirmed stays."""
    if len(drafts) == 1 and not any(key.score >= LIKELY or key.is_unique for key in drafts[0].keys):
        return [(TableRole.PEOPLE, None, ())]
    known = _people(connection, drafts)
    return [_role(connection, draft, drafts, known) for draft in drafts]


def _people(connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft]) -> dict[Draft, Key]:
    """The tables of people with their keys."""
    new = [draft for draft in drafts if draft.confirmed is None]
    happenings = [draft for draft in drafts if _event_key(draft)]
    candidates = [
        draft for draft in new if draft not in happenings and _may_be_people(draft) and not _is_told_by(draft, drafts)
    ]
    if any(key.score == SURELY for draft in happenings if (key := _event_key(draft))):  # else products would be people
        candidates = [draft for draft in candidates if _speaks_of_persons(draft)]
    known = {draft: key for draft in drafts if (key := draft.confirmed_as(TableRole.PEOPLE))}
    there = any(draft.confirmed and draft.confirmed.role is TableRole.PEOPLE for draft in drafts)
    first = None if there else max(candidates, key=_people_rank, default=None)
    if first and (first_key := _people_key(first, _shared(connection, first, drafts))):
        known[first] = first_key
    more = {draft: key for draft in candidates if draft is not first and (key := _more_people(draft))}
    while found := [d for d in more if d not in known and any(_share_people(connection, d, k) for k in known)]:
        known |= {draft: more[draft] for draft in found}
    return known


def _role(
    connection: duckdb.DuckDBPyConnection, draft: Draft, drafts: Sequence[Draft], known: Mapping[Draft, Key]
) -> Choice:
    if draft.confirmed is not None:
        return draft.confirmed.role, draft.confirmed.key, draft.confirmed.notes
    if own := known.get(draft):
        return TableRole.PEOPLE, own.column, ()
    key = _event_key(draft) or _other_key(draft)
    if known:
        surely = key if key and (key.score == SURELY or key.column in {k.column for k in known.values()}) else None
        matching = (_matching(connection, draft, other, theirs) for other, theirs in known.items())
        key = next((found for found in matching if found), surely)
    if key and _is_told_by(draft, drafts):
        return TableRole.VISITORS, key.column, ()
    if (key and draft.time) or len(drafts) == 1:
        return TableRole.EVENTS, key.column if key else None, ()
    if draft.time and draft.visitor and any(_identifies(connection, other, draft) for other in drafts):
        return TableRole.EVENTS, None, ()
    lacks = "no customer id" if not key else "no date or time"
    note = f"{LEFT_OUT}: it has {lacks}, so that it tells of no event, and nothing was found that refers to it."
    return TableRole.LEAVE_OUT, None, (note,)


def _identifies(connection: duckdb.DuckDBPyConnection, draft: Draft, other: Draft) -> bool:
    """Whether a table tells of visitors of another one which customers they are."""
    key = draft.confirmed_as(TableRole.PEOPLE) or _other_key(draft) or _people_key(draft, {})
    if draft is other or key is None or not draft.visitor or draft.visitor == key.column or not other.visitor:
        return False
    return _known(connection, other, other.visitor, draft, draft.visitor) > 0


def _other_key(draft: Draft) -> Key | None:
    """The likeliest key of whoever did something: not the number of the table's own rows."""
    if draft.confirmed is not None:
        return draft.confirmed_as(TableRole.EVENTS) or draft.confirmed_as(TableRole.VISITORS)
    fitting = [key for key in draft.keys if key.score >= LIKELY and not (key.own and key.is_unique)]
    return max(fitting, key=lambda key: key.score, default=None)


def _event_key(draft: Draft) -> Key | None:
    """The key of a table that surely holds events: it repeats, or the table's name speaks of events; and there is a time."""
    if draft.confirmed is not None:
        return draft.confirmed_as(TableRole.EVENTS)
    key = _other_key(draft)
    if key is None or draft.time is None:
        return None
    if naming.speaks_of_people(draft.name) and key.distinct >= 0.5 * key.filled:
        return None
    own = any(other.own and other.is_unique for other in draft.keys) or draft.sells or len(draft.keys) == 1
    return key if not key.is_unique or (naming.known_event(draft.name) and own) else None


def _people_key(draft: Draft, shared: Mapping[str, float]) -> Key | None:
    """The key of a table of people; the one that other tables use, if `shared` tells which share of their keys it knows."""
    least = UNIQUE if draft.time or naming.known_event(draft.name) else MOSTLY
    least = 0.5 if naming.speaks_of_people(draft.name) else least
    fitting = [k for k in draft.keys if k.distinct >= (least if k.score >= LIKELY else UNIQUE) * k.filled]
    return max(fitting, key=lambda k: (round(shared.get(k.column, 0) * 4), k.is_unique, k.score), default=None)


def _may_be_people(draft: Draft) -> bool:
    """Whether there is a key of people, and not merely that of visitors who were somewhere at some time."""
    key = _people_key(draft, {})
    return key is not None and not (draft.time and key.column == draft.visitor)


def _speaks_of_persons(draft: Draft) -> bool:
    """Whether a table is about people by its name, its key or what it tells."""
    personal = sum(column.role in PERSONAL for column in draft.columns)
    return naming.speaks_of_people(draft.name) or draft.keys[0].score == SURELY or personal >= 2


def _is_told_by(draft: Draft, drafts: Sequence[Draft]) -> bool:
    """Whether a table says no more than which visitor is which person, and since when, and another one has visitors."""
    key = _other_key(draft)
    if key is None or draft.visitor in (None, key.column):
        return False
    more = [c for c in draft.columns if c.column not in (key.column, draft.visitor) and c.kind not in TIMES]
    happened = draft.time and naming.known_event(draft.name)
    return not more and not happened and any(other.visitor for other in drafts if other is not draft)


def _more_people(draft: Draft) -> Key | None:
    """The key of a table that holds people beside another one: it tells who they are, and nothing that they did."""
    key = _people_key(draft, {})
    named = not {c.role for c in draft.columns}.isdisjoint(_NAMING)
    about = named or (naming.speaks_of_people(draft.name) and key is not None and key.is_unique)
    return key if key and key.score >= LIKELY and about and (draft.time is None or not _happens(draft)) else None


def _share_people(connection: duckdb.DuckDBPyConnection, draft: Draft, other: Draft) -> bool:
    """Whether two tables have an e-mail address, a phone number (its last digits) or an id of the same name in common."""
    for mine in draft.columns:
        for theirs in other.columns:
            role = tells(mine)
            same = role is not Role.NONE and tells(theirs) is role
            alike = mine.column.casefold() == theirs.column.casefold() and naming.key_score(mine.column, "") == SURELY
            if not (same or alike):
                continue
            form = "right(regexp_replace({}, '[^0-9]', '', 'g'), 7)" if role is Role.PHONE else "lower({})"
            own = form.format(casting.identifier(draft.staged[mine.column]))
            known = form.format(casting.identifier(other.staged[theirs.column]))
            found = connection.execute(
                f"SELECT 1 FROM {draft.staged.source} WHERE {own} <> '' AND {own} IN "
                f"(SELECT {known} FROM {other.staged.source} WHERE {known} IS NOT NULL) LIMIT 1",
                {**draft.staged.parameters, **other.staged.parameters},
            )
            if found.fetchone():
                return True
    return False


def _happens(draft: Draft) -> bool:
    """Whether its name speaks of events, or not of people."""
    return bool(naming.known_event(draft.name)) or not naming.speaks_of_people(draft.name)


_NAMING = {Role.EMAIL, Role.PHONE, Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME}


def _people_rank(draft: Draft) -> tuple[bool, bool, int, int, int]:
    key = _people_key(draft, {})
    one_each = key is not None and key.distinct >= MOSTLY * key.filled
    about_people = sum(c.theme in (Theme.IDENTITY, Theme.DEMOGRAPHIC) or c.role is not Role.NONE for c in draft.columns)
    return naming.speaks_of_people(draft.name), one_each, draft.rows, len(draft.columns), about_people


def _shared(connection: duckdb.DuckDBPyConnection, people: Draft, drafts: Sequence[Draft]) -> dict[str, float]:
    """For each key of the people table, which share of the keys of another table it knows at best."""
    others = [(draft, key) for draft in drafts if draft is not people and draft.time and (key := _other_key(draft))]
    shares = {
        key.column: [_known(connection, draft, other.column, people, key.column) for draft, other in others]
        for key in people.keys
    }
    declared = {
        target[1] for draft in drafts for target in draft.declared.values() if target and target[0] == people.place
    }
    return {column: 1.0 if column in declared else max(known, default=0) for column, known in shares.items()}


def _matching(connection: duckdb.DuckDBPyConnection, draft: Draft, people: Draft, people_key: Key) -> Key | None:
    """The key of a table that is declared to be a person's there, or best finds people, among those whose names allow it."""
    target = (people.place, people_key.column)
    declared = [key for key in (*draft.keys, *draft.referring) if draft.declared.get(key.column) == target]
    if declared:
        return max(declared, key=lambda key: key.score)
    elsewhere = {column for column, other in draft.declared.items() if other and other[0] != people.place}
    allowed = [
        key
        for key in draft.keys
        if key.column not in elsewhere and (key.column == people_key.column or _may_be_of(people, people_key, key))
    ]
    known = {key: _known(connection, draft, key.column, people, people_key.column) for key in allowed}
    best = max(known, key=lambda key: (round(known[key] * 4), key.score), default=None)
    return best if best and known[best] > 0 else None


def _may_be_of(people: Draft, people_key: Key, key: Key) -> bool:
    """Whether a key may be a person's by its name: the category of film_category is not, though people have such numbers too."""
    if key.score < LIKELY or (key.own and key.is_unique):
        return False
    return key.score not in AFTER_TABLE or likeness(key.column, people_key.column, people.name) > 0


def _known(connection: duckdb.DuckDBPyConnection, draft: Draft, column: str, other: Draft, key: str) -> float:
    """The share of some values of a column that are in another table."""
    _, known = probed(connection, draft.staged, column, other.staged, key)
    return known


def _with_owners(
    connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft], plans: Sequence[TablePlan]
) -> tuple[TablePlan, ...]:
    """The plans with the people table whose ids each new table of events has, where there are several."""
    people = {place: plan.key for place, plan in enumerate(plans) if plan.role is TableRole.PEOPLE and plan.key}

    def owned(place: int, plan: TablePlan) -> TablePlan:
        tells = plan.role in (TableRole.EVENTS, TableRole.VISITORS) and drafts[place].confirmed is None
        if not tells or plan.key is None or len(people) < 2:
            return plan
        shares = {p: _known(connection, drafts[place], plan.key, drafts[p], key) for p, key in people.items()}
        target = drafts[place].declared.get(plan.key)
        owner = target[0] if target and target[0] in people else max(people, key=lambda p: shares[p])
        return plan.model_copy(update={"people": owner})

    return tuple(owned(place, plan) for place, plan in enumerate(plans))


def _with_visitors(
    connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft], chosen: Sequence[Choice], zone: str
) -> list[TablePlan]:
    """The plans of all tables; those that tell who visitors are do so where another one has rows of which that is not known."""
    unknown = [
        draft
        for draft, (role, column, _) in zip(drafts, chosen, strict=True)
        if draft.visitor
        and role is TableRole.EVENTS
        and ((key := draft.key(column)) is None or key.filled < draft.rows)
    ]

    def planned(draft: Draft, role: TableRole, key: str | None, notes: tuple[str, ...]) -> TablePlan:
        asking = [d for d in unknown if draft.confirmed is None or d.confirmed is None]
        asked = draft in asking or role is TableRole.VISITORS
        if role in (TableRole.PEOPLE, TableRole.EVENTS) and not asked:
            asked = any(_identifies(connection, draft, other) for other in asking)
        visitor = draft.visitor if asked and draft.visitor != key else None
        if draft.confirmed is not None:
            before = [other for other in unknown if other.confirmed is not None]
            asked_before = draft in before or any(_identifies(connection, draft, other) for other in before)
            kept = asked_before or draft.confirmed.visitor is not None
            return draft.confirmed if kept else draft.confirmed.model_copy(update={"visitor": visitor})
        plan = TablePlan(
            table=draft.staged.table, role=role, key=key, visitor=visitor, zone=zone, columns=draft.columns, notes=notes
        )
        return completed(plan, draft.event_column)

    return [planned(draft, *choice) for draft, choice in zip(drafts, chosen, strict=True)]
