"""Ids that two tables of people share although they are of different people, as two programs both count from 1."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from segmentation import casting, naming
from segmentation.catalogue import Role
from segmentation.joining import joined_by, people_tables, tells
from segmentation.plan import LoadPlan, Strangers, TablePlan
from segmentation.staged import Staged

FEWEST = 5  # ids that both have
MOSTLY = 0.5  # of these with another e-mail address
Ids = tuple[int, str]  # the place of a table and its column


def not_joined_by_strangers(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, before: LoadPlan | None) -> LoadPlan:
    """The plan in which ids that mostly have another e-mail address in a table before theirs are a field of their own.

    Only tables that are not in `before` are compared with those before them, and what joined people there still does. Raises
    `LoadError`.
    """
    since = 0 if before is None else len(before.tables)
    kept = [] if before is None else [field for field in joined_by(before) if tells(field) is Role.NONE]
    fields = {field.name: field for field in (*joined_by(plan), *kept) if tells(field) is Role.NONE}
    lost = fields.keys() - {field.name for field in joined_by(plan)}
    known = list(plan.joining.strangers)
    taken = {c.name.casefold() for place in people_tables(plan) for c in plan.tables[place].columns}
    for field in fields:
        joined: list[Ids] = []
        for ids in _having(plan, field):
            found = _crowd(plan, ids) if field in lost and joined and ids[0] >= since else None
            if found is None and ids[0] >= since:
                found = _stranger(connection, plan, ids, joined)
            if found is None:
                joined.append(ids)
                continue
            alike = (s for s in known if naming.words(s.column) == naming.words(ids[1]))
            name = next((s.name for s in alike if _are_the_same(connection, plan, (s.table, s.column), ids)), "")
            if not name:
                name = naming.free_name(f"{field}_{len(joined) + 1}", taken)
                taken.add(name.casefold())
            known.append(found.model_copy(update={"name": name}))
    plan = _joining(plan, strangers=tuple(known))
    by = tuple(field.name for field in joined_by(plan))
    gone = tuple(field.name for field in kept if field.name not in by)  # a new table may be looked up by them
    return _joining(plan, by=(*gone, *by)) if gone else plan


def _joining(plan: LoadPlan, **update: object) -> LoadPlan:
    return plan.model_copy(update={"joining": plan.joining.model_copy(update=update)})


def _crowd(plan: LoadPlan, ids: Ids) -> Strangers | None:
    """The ids, without a name yet, where each of them is that of several rows."""
    place, name = ids
    crowded = any(c.column == name and c.crowded for c in plan.tables[place].columns)
    return Strangers(table=place, column=name, name="", other=place, both=0, differing=0) if crowded else None


def _having(plan: LoadPlan, field: str) -> list[Ids]:
    """The columns of people tables that are a field, by the places of their tables."""
    places = sorted(people_tables(plan))
    return [(place, c.column) for place in places for c in plan.tables[place].columns if c.include and c.name == field]


def _stranger(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, ids: Ids, others: Iterable[Ids]
) -> Strangers | None:
    """The first of some other ids of whose people these are not, without a name yet."""
    for other in others:
        both, differing = _compared(connection, plan, other, ids)
        if both >= FEWEST and differing > MOSTLY * both:
            return Strangers(table=ids[0], column=ids[1], name="", other=other[0], both=both, differing=differing)
    return None


def _are_the_same(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, one: Ids, other: Ids) -> bool:
    both, differing = _compared(connection, plan, one, other)
    return both >= FEWEST and differing <= MOSTLY * both


def _compared(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, one: Ids, other: Ids) -> tuple[int, int]:
    """How many ids both tables have with an e-mail address, and for how many of them that is another one."""
    cells = []
    staged = [Staged(connection, plan.tables[place].table, place) for place, _ in (one, other)]
    for (place, column), table in zip((one, other), staged, strict=True):
        address = _address(plan.tables[place])
        if address is None:
            return 0, 0
        cells.append((casting.identifier(table[column]), f"lower({casting.identifier(table[address])})"))
    (mine, my_address), (theirs, their_address) = cells
    found = connection.execute(
        f"SELECT count(*), count(*) FILTER (here.address <> there.address) FROM "
        f"(SELECT {mine} AS id, any_value({my_address}) AS address FROM {staged[0].source} GROUP BY 1) AS here JOIN "
        f"(SELECT {theirs} AS id, any_value({their_address}) AS address FROM {staged[1].source} GROUP BY 1) AS there "
        "USING (id) WHERE here.address IS NOT NULL AND there.address IS NOT NULL",
        {**staged[0].parameters, **staged[1].parameters},
    ).fetchone()
    return found or (0, 0)


def _address(table: TablePlan) -> str | None:
    return next((c.column for c in table.columns if c.include and tells(c) is Role.EMAIL), None)
