"""A load plan from staged tables, for the marketer to confirm: kinds, names, who is a person, what is an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from segmentation import casting, naming
from segmentation.catalogue import PERSONAL, Kind, Role, Theme
from segmentation.joining import tells
from segmentation.matching import Matching, counted, likeness
from segmentation.plan import ColumnPlan, LoadPlan, Progress, StagedTable, TablePlan, TableRole
from segmentation.profiling import Profile, profile, recount
from segmentation.recognition import theme_and_role
from segmentation.replanning import LEFT_OUT, TIMES, completed, event_time, line_total, with_problems
from segmentation.staged import Part, Staged, workbench
from segmentation.watching import watched

UNIQUE = 0.98  # of the filled keys of a people table are different
MOSTLY = 0.9  # the same where there is no time, so that rows cannot be events
PROBED = 2_000  # keys of one table that are looked up in another
CANDIDATES = 8
LIKELY = 50  # a name's score from which on a key may be a person's
SURELY = 100
AFTER_TABLE = (65, 90)  # scores of names that begin like their table's
FEW_NAMES = 200  # events have no more names than this


@dataclass(frozen=True)
class Key:
    """A column that may hold the person's id: how its name looks, its filled and its different values."""

    column: str
    score: int
    filled: int
    distinct: int
    own: bool  # named after its table or just "id": numbers the table's own rows

    @property
    def is_unique(self) -> bool:
        """Hardly a value comes twice."""
        return self.distinct >= UNIQUE * self.filled


@dataclass(frozen=True, eq=False)
class Draft:
    """A table that was looked at, before it is known what its rows are."""

    staged: Staged
    columns: tuple[ColumnPlan, ...]
    keys: tuple[Key, ...]
    event_column: str | None
    rows: int

    @property
    def name(self) -> str:
        """As shown."""
        return self.staged.table.name

    @property
    def time(self) -> str | None:
        """The column with the moment of an event."""
        return event_time(self.columns)

    @property
    def visitor(self) -> str | None:
        """The column with the ids of visitors who may be identified later."""
        return naming.visitor_column(c.column for c in self.columns if c.kind in (Kind.TEXT, Kind.NUMBER))

    @property
    def sells(self) -> bool:
        """It has quantities and prices."""
        return line_total(self.columns) is not None


def guess_plan(tables: Sequence[StagedTable], *, zone: str, progress: Progress) -> LoadPlan:
    """A plan for all tables with exact misfits; its problems say what only the marketer can know.

    `zone` is the IANA zone of moments written without one. Raises `LoadError` and `Cancelled`.
    """
    with workbench(progress) as connection:
        drafts = []
        for place, table in enumerate(tables):
            drafts.append(_draft(connection, Staged(connection, table, place), Part.nth(progress, place, len(tables))))
        chosen = _roles(connection, drafts)
        plans = tuple(
            _table_plan(draft, role, key, zone, notes) for draft, (role, key, notes) in zip(drafts, chosen, strict=True)
        )
        plans = _with_owners(connection, drafts, plans)
        progress("Looking for what refers to what")
        return with_problems(Matching(connection, LoadPlan(tables=plans)).suggest())


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


def _draft(connection: duckdb.DuckDBPyConnection, staged: Staged, progress: Progress) -> Draft:
    profiles = profile(connection, staged, Part(progress, 0.0, 0.6))
    keys = _keys(connection, staged, profiles, Part(progress, 0.6, 1.0))
    few = [p.column for p in profiles if p.reading.kind is Kind.TEXT and len(p.values) <= FEW_NAMES]
    return Draft(staged, tuple(_column_plans(profiles)), keys, naming.event_column(few, staged.table.name), staged.rows)


def _column_plans(profiles: Iterable[Profile]) -> Iterable[ColumnPlan]:
    taken: set[str] = set()
    for found in profiles:
        name = naming.free_name(found.column, taken)
        taken.add(name.casefold())
        theme, role = theme_and_role(found.column, found.reading.kind, found.values)
        yield ColumnPlan(
            column=found.column,
            name=name,
            label=naming.label(found.column),
            kind=found.reading.kind,
            format=found.reading.format,
            theme=theme,
            role=role,
            misfits=found.misfits,
            examples=found.examples,
            misfit_examples=found.misfit_examples,
        )


def _keys(
    connection: duckdb.DuckDBPyConnection, staged: Staged, profiles: Iterable[Profile], progress: Progress
) -> tuple[Key, ...]:
    """The columns whose names look like an id of a person, the likeliest first."""
    scored = [
        (naming.key_score(found.column, staged.table.name), found)
        for found in profiles
        if found.reading.kind in (Kind.TEXT, Kind.NUMBER)
    ]
    likely = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:CANDIDATES]
    keys = []
    for place, (score, column) in enumerate((score, found.column) for score, found in likely):
        id = casting.identifier(staged[column])
        # One after the other and by hashes: the different texts of several columns would not fit into memory.
        query = (
            f"SELECT count({id}), count(DISTINCT CASE WHEN {id} IS NOT NULL THEN hash({id}) END) FROM {staged.source}"
        )
        part = Part.nth(progress, place, len(likely))
        ((filled, different),) = watched(connection, query, staged.parameters, part, f"Looking at {staged.table.name}")
        keys.append(Key(column, score, filled, different, naming.numbers_rows(column, staged.table.name)))
    found = tuple(key for key in keys if (key.distinct >= 20 or key.filled <= 200 or key.score == 100))
    visitor = naming.visitor_column(key.column for key in found)
    known = any(key.score >= LIKELY for key in found if key.column != visitor)
    return tuple(key for key in found if not (known and key.column == visitor))


Choice = tuple[TableRole, str | None, tuple[str, ...]]


def _roles(connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft]) -> list[Choice]:
    """For each table its role, its key and notes."""
    if len(drafts) == 1 and not any(key.score >= LIKELY or key.is_unique for key in drafts[0].keys):
        return [(TableRole.PEOPLE, None, ())]
    happenings = [draft for draft in drafts if _event_key(draft)]
    candidates = [draft for draft in drafts if draft not in happenings and _people_key(draft, {})]
    if any(key.score == SURELY for draft in happenings if (key := _event_key(draft))):  # else products would be people
        candidates = [draft for draft in candidates if _speaks_of_persons(draft)]
    people = max(candidates, key=_people_rank, default=None)
    people_key = _people_key(people, _shared(connection, people, drafts)) if people else None
    known = {people: people_key} if people and people_key else {}
    more = {draft: key for draft in candidates if draft is not people and (key := _more_people(draft))}
    while found := [d for d in more if d not in known and any(_share_people(connection, d, k) for k in known)]:
        known |= {draft: more[draft] for draft in found}
    choices: list[Choice] = []
    for draft in drafts:
        if own := known.get(draft):
            choices.append((TableRole.PEOPLE, own.column, ()))
            continue
        key = _event_key(draft) or _other_key(draft)
        if people and people_key:
            surely = key if key and (key.score == SURELY or key.column == people_key.column) else None
            matching = (_matching(connection, draft, other, theirs) for other, theirs in known.items())
            key = next((found for found in matching if found), surely)
        if key and _tells_visitors(draft, key) and any(other.visitor for other in drafts if other is not draft):
            choices.append((TableRole.VISITORS, key.column, ()))
        elif (key and draft.time) or len(drafts) == 1:
            choices.append((TableRole.EVENTS, key.column if key else None, ()))
        else:
            lacks = "no customer id" if not key else "no date or time"
            choices.append(
                (
                    TableRole.LEAVE_OUT,
                    None,
                    (
                        f"{LEFT_OUT}: it has {lacks}, so that it tells of no event, and nothing was found that refers to it.",
                    ),
                )
            )
    return choices


def _other_key(draft: Draft) -> Key | None:
    """The likeliest key of whoever did something: not the number of the table's own rows."""
    fitting = [key for key in draft.keys if key.score >= LIKELY and not (key.own and key.is_unique)]
    return max(fitting, key=lambda key: key.score, default=None)


def _event_key(draft: Draft) -> Key | None:
    """The key of a table that surely holds events: it repeats, or the table's name speaks of events; and there is a time."""
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


def _speaks_of_persons(draft: Draft) -> bool:
    """Whether a table is about people by its name, its key or what it tells."""
    personal = sum(column.role in PERSONAL for column in draft.columns)
    return naming.speaks_of_people(draft.name) or draft.keys[0].score == SURELY or personal >= 2


def _tells_visitors(draft: Draft, key: Key) -> bool:
    """Whether a table says no more than which visitor is which person, and since when."""
    more = [c for c in draft.columns if c.column not in (key.column, draft.visitor) and c.kind not in TIMES]
    told = draft.visitor not in (None, key.column) and not more
    return told and not (draft.time and naming.known_event(draft.name))


def _more_people(draft: Draft) -> Key | None:
    """The key of a table that holds people beside another one: it tells who they are, and nothing that they did."""
    key = _people_key(draft, {})
    about = naming.speaks_of_people(draft.name) or not {c.role for c in draft.columns}.isdisjoint(_NAMING)
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


def _people_rank(draft: Draft) -> tuple[bool, int, int, int]:
    about_people = sum(c.theme in (Theme.IDENTITY, Theme.DEMOGRAPHIC) or c.role is not Role.NONE for c in draft.columns)
    return naming.speaks_of_people(draft.name), draft.rows, len(draft.columns), about_people


def _shared(connection: duckdb.DuckDBPyConnection, people: Draft, drafts: Sequence[Draft]) -> dict[str, float]:
    """For each key of the people table, which share of the keys of another table it knows at best."""
    others = [(draft, key) for draft in drafts if draft is not people and draft.time and (key := _other_key(draft))]
    return {
        key.column: max((_known(connection, *other, people, key) for other in others), default=0) for key in people.keys
    }


def _matching(connection: duckdb.DuckDBPyConnection, draft: Draft, people: Draft, people_key: Key) -> Key | None:
    """The key of a table that best finds people there, among those whose names allow it."""
    allowed = [key for key in draft.keys if key.column == people_key.column or _may_be_of(people, people_key, key)]
    known = {key: _known(connection, draft, key, people, people_key) for key in allowed}
    best = max(known, key=lambda key: (round(known[key] * 4), key.score), default=None)
    return best if best and known[best] > 0 else None


def _may_be_of(people: Draft, people_key: Key, key: Key) -> bool:
    """Whether a key may be a person's by its name: the category of film_category is not, though people have such numbers too."""
    if key.score < LIKELY or (key.own and key.is_unique):
        return False
    return key.score not in AFTER_TABLE or likeness(key.column, people_key.column, people.name) > 0


def _known(connection: duckdb.DuckDBPyConnection, draft: Draft, key: Key, people: Draft, people_key: Key) -> float:
    """The share of some keys of `draft` that are in the people table."""
    own = casting.identifier(draft.staged[key.column])
    theirs = casting.identifier(people.staged[people_key.column])
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER (probe IN (SELECT {theirs} FROM {people.staged.source} WHERE {theirs} "
        f"IS NOT NULL)) FROM (SELECT DISTINCT {own} AS probe FROM {draft.staged.source} WHERE {own} IS NOT NULL "
        f"LIMIT {PROBED})",
        {**draft.staged.parameters, **people.staged.parameters},
    ).fetchone()
    return row[1] / row[0] if row and row[0] else 0.0


def _with_owners(
    connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft], plans: Sequence[TablePlan]
) -> tuple[TablePlan, ...]:
    """The plans with the people table whose ids each table of events has, where there are several."""
    people = [place for place, plan in enumerate(plans) if plan.role is TableRole.PEOPLE]

    def key(place: int) -> Key:
        return next(key for key in drafts[place].keys if key.column == plans[place].key)

    def owned(place: int, plan: TablePlan) -> TablePlan:
        if plan.role not in (TableRole.EVENTS, TableRole.VISITORS) or plan.key is None or len(people) < 2:
            return plan
        shares = {p: _known(connection, drafts[place], key(place), drafts[p], key(p)) for p in people}
        return plan.model_copy(update={"people": max(people, key=lambda p: shares[p])})

    return tuple(owned(place, plan) for place, plan in enumerate(plans))


def _table_plan(draft: Draft, role: TableRole, key: str | None, zone: str, notes: tuple[str, ...]) -> TablePlan:
    filled = next((known.filled for known in draft.keys if known.column == key), 0)
    unknown = role is TableRole.VISITORS or (role is TableRole.EVENTS and filled < draft.rows)
    visitor = draft.visitor if unknown and draft.visitor != key else None
    plan = TablePlan(
        table=draft.staged.table, role=role, key=key, visitor=visitor, zone=zone, columns=draft.columns, notes=notes
    )
    return completed(plan, draft.event_column)
