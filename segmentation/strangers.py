"""Ids that two tables of people share although they are of different people, as two programs both count from 1."""

from __future__ import annotations

import duckdb

from segmentation import casting
from segmentation.catalogue import Role
from segmentation.joining import joined_by, people_tables, tells
from segmentation.plan import ColumnPlan, LoadPlan, TablePlan
from segmentation.replanning import NOT_JOINED
from segmentation.staged import Staged

FEWEST = 5  # ids that both have
MOSTLY = 0.5  # of these with another e-mail address


def not_joined_by_strangers(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, since: int) -> LoadPlan:
    """The plan in which nobody is joined by ids that mostly have another e-mail address in another table, said in a note.

    Only tables from the place `since` on are compared with those before them. Raises `LoadError`.
    """
    ids = [column for column in joined_by(plan) if tells(column) is Role.NONE]
    refused: set[str] = set()
    notes: dict[int, list[str]] = {}
    for other in people_tables(plan):
        for one in (place for place in people_tables(plan) if since <= other and place < other):
            for field in ids:
                both, differing = _compared(connection, plan, one, other, field)
                if both < FEWEST or differing <= MOSTLY * both or field.name in refused:
                    continue
                refused.add(field.name)
                notes.setdefault(other, []).append(
                    f"{NOT_JOINED} by “{field.label}”: of {both:,} that {plan.tables[one].table.name} has too, {differing:,} belong "
                    "to another e-mail address there, so they seem to be numbers of others. Choose it below if they are not."
                )
    if not refused:
        return plan
    tables = [
        table.model_copy(update={"notes": (*table.notes, *notes.get(place, ()))})
        for place, table in enumerate(plan.tables)
    ]
    by = tuple(column.name for column in joined_by(plan) if column.name not in refused)
    joining = plan.joining.model_copy(update={"by": by})
    return plan.model_copy(update={"tables": tuple(tables), "joining": joining})


def _compared(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, one: int, other: int, field: ColumnPlan
) -> tuple[int, int]:
    """How many ids both tables have with an e-mail address, and for how many of them that is another one."""
    cells = []
    staged = [Staged(connection, plan.tables[place].table, place) for place in (one, other)]
    for place, table in zip((one, other), staged, strict=True):
        columns = plan.tables[place].columns
        key = next((c.column for c in columns if c.include and c.name == field.name), None)
        address = _address(plan.tables[place])
        if key is None or address is None:
            return 0, 0
        cells.append((casting.identifier(table[key]), f"lower({casting.identifier(table[address])})"))
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
