"""Tables that were looked at before it is known what their rows are: how columns are read, and which may hold a person's id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from segmentation import naming
from segmentation.catalogue import Kind
from segmentation.plan import ColumnPlan, Progress, TablePlan, TableRole
from segmentation.profiling import Profile, profile
from segmentation.recognition import theme_and_role
from segmentation.replanning import event_time, line_total
from segmentation.staged import UNIQUE, Part, Staged
from segmentation.watching import watched

CANDIDATES = 8
LIKELY = 50  # a name's score from which on a key may be a person's
SURELY = 100
FEW_NAMES = 200  # events have no more names than this
CROWDED = 2  # rows that share a value on average, from which on it tells no person
Declared = Mapping[
    str, tuple[int, str] | None
]  # column → place and key of the table that it refers to, see `links.declared`


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
    """A table that was looked at: what may be its key, and its plan where the marketer has confirmed that before."""

    staged: Staged
    place: int
    columns: tuple[ColumnPlan, ...]
    keys: tuple[Key, ...]  # by their names …
    referring: tuple[Key, ...]  # … and others of which the database declares to what they refer
    declared: Declared
    event_column: str | None
    confirmed: TablePlan | None = None

    @property
    def name(self) -> str:
        """As shown."""
        return self.staged.table.name

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.staged.table.rows

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

    def key(self, column: str | None) -> Key | None:
        """What is known of a column as a key."""
        return next((key for key in (*self.keys, *self.referring) if key.column == column), None)

    def confirmed_as(self, role: TableRole) -> Key | None:
        """The key of a table that the marketer has confirmed to be this."""
        if self.confirmed is None or self.confirmed.role is not role:
            return None
        return self.key(self.confirmed.key)


def drafted(
    connection: duckdb.DuckDBPyConnection, staged: Staged, place: int, declared: Declared, progress: Progress
) -> Draft:
    """Look at a table that is new."""
    profiles = profile(connection, staged, Part(progress, 0.0, 0.6))
    kinds = [(found.column, found.reading.kind) for found in profiles]
    referring_columns = {column for column, target in declared.items() if target}
    keys = _keys(connection, staged, kinds, referring_columns, Part(progress, 0.6, 1.0))
    crowded = {key.column for key in keys if key.filled >= CROWDED * key.distinct > 0}
    few = [p.column for p in profiles if p.reading.kind is Kind.TEXT and len(p.values) <= FEW_NAMES]
    columns = tuple(_column_plans(profiles, crowded))
    likely = _likely(keys, declared)
    referring = tuple(key for key in keys if key not in likely and declared.get(key.column))
    return Draft(staged, place, columns, likely, referring, declared, naming.event_column(few, staged.table.name))


def redrafted(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    place: int,
    declared: Declared,
    plan: TablePlan,
    progress: Progress,
) -> Draft:
    """Look again at a table that the marketer has confirmed: only its key may be one."""
    keys = _keys(connection, staged, [(plan.key, Kind.TEXT)], {plan.key}, progress) if plan.key else ()
    return Draft(staged, place, plan.columns, keys, (), declared, plan.event_column, plan)


def _column_plans(profiles: Iterable[Profile], crowded: set[str]) -> Iterable[ColumnPlan]:
    taken: set[str] = set()
    for found in profiles:
        name = naming.free_name(found.column, taken)
        taken.add(name.casefold())
        theme, role = theme_and_role(found.column, found.reading.kind, found.values)
        secret = naming.is_secret(found.column)
        yield ColumnPlan(
            column=found.column,
            name=name,
            label=naming.label(found.column),
            kind=found.reading.kind,
            format=found.reading.format,
            theme=theme,
            role=role,
            include=not secret,
            crowded=found.column in crowded,
            misfits=found.misfits,
            examples=() if secret else found.examples,
            misfit_examples=found.misfit_examples,
        )


def _keys(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Iterable[tuple[str, Kind]],
    besides: set[str],
    progress: Progress,
) -> tuple[Key, ...]:
    """The columns whose names look like an id of a person, the likeliest first, and some others `besides`."""
    table = staged.table.name
    scored = [(naming.key_score(column, table), column) for column, kind in columns if kind in (Kind.TEXT, Kind.NUMBER)]
    likely = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:CANDIDATES]
    likely += [pair for pair in scored if pair not in likely and pair[1] in besides]
    keys = []
    for place, (score, column) in enumerate(likely):
        # One after the other and by hashes: the different texts of several columns would not fit into memory.
        query = (
            f"SELECT count(id), count(DISTINCT CASE WHEN id IS NOT NULL THEN hash(id) END) FROM {staged.ids(column)}"
        )
        part = Part.nth(progress, place, len(likely))
        ((filled, different),) = watched(connection, query, staged.parameters, part, f"Looking at {table}")
        keys.append(Key(column, score, filled, different, naming.numbers_rows(column, table)))
    return tuple(keys)


def _likely(keys: tuple[Key, ...], declared: Declared) -> tuple[Key, ...]:
    """Those that may be a person's by their names; a visitor's id only where there is nothing better."""
    found = tuple(
        key
        for key in keys
        if key.score and (key.distinct >= 20 or key.filled <= 200 or key.score == SURELY or declared.get(key.column))
    )
    visitor = naming.visitor_column(key.column for key in found)
    known = any(key.score >= LIKELY for key in found if key.column != visitor)
    return tuple(key for key in found if not (known and key.column == visitor))
