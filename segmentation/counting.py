"""Links of a plan that was changed: suggested for a table, and counted anew as far as they are others."""

from __future__ import annotations

import duckdb

from segmentation.matching import Matching
from segmentation.plan import Link, LoadPlan, Progress, TablePlan
from segmentation.replanning import with_problems
from segmentation.staged import workbench


def suggested_for(plan: LoadPlan, index: int, progress: Progress) -> LoadPlan:
    """The plan with suggested links from and to a table that has another role now; raises `LoadError` and `Cancelled`."""
    with workbench(progress) as connection:
        return with_problems(Matching(connection, plan).suggest_for(index))


def owned(plan: LoadPlan, index: int, people: int, progress: Progress) -> Link:
    """How many of the customer ids of the table at `index` are in the people table at the place `people`, as a link.

    Both have a key. Raises `LoadError` and `Cancelled`.
    """
    link = Link(column=plan.tables[index].key or "", table=people, key=plan.tables[people].key or "")
    with workbench(progress) as connection:
        return Matching(connection, plan).count(index, link)


def counted(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, since: LoadPlan | None) -> LoadPlan:
    """The plan with its links counted, but for those between tables that are as they were in `since`."""
    known = {_identity(since, t, k): k for t in since.tables for k in t.links} if since else {}
    tables = list(plan.tables)
    matching: Matching | None = None
    for index, table in enumerate(tables):
        found = []
        for link in table.links:
            as_before = known.get(_identity(plan, table, link))
            if as_before is None:
                matching = matching or Matching(connection, plan)
                as_before = matching.count(index, link)
            found.append(as_before.model_copy(update={"several": link.several}))
        tables[index] = table.model_copy(update={"links": tuple(found)})
    return plan.model_copy(update={"tables": tuple(tables)})


def _identity(plan: LoadPlan, table: TablePlan, link: Link) -> tuple[object, ...]:
    return table.table.path, link.column, plan.tables[link.table].table.path, link.key, link.table
