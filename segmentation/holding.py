"""What is wrong with newly read data beside what is there: columns gone or of another kind, no rows, half of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.guessing import checked
from segmentation.plan import LoadPlan, Progress, StagedTable, TablePlan
from segmentation.renewal import Hold, Reason, TableRenewal, Way

MANY_MISFITS = 0.1  # of the new rows …
MORE_MISFITS = 2.0  # … and so many times the share that there was
SHRUNK = 0.5
CANDIDATES = 5


@dataclass(frozen=True)
class Fit:
    """A newly read table with its columns under the names that are kept; `added` are those that were not known."""

    table: StagedTable
    added: tuple[str, ...]
    holds: tuple[Hold, ...]


def fitted(
    index: int, plan: TablePlan, renewal: TableRenewal, table: StagedTable, referred: frozenset[str] = frozenset()
) -> Fit:
    """Find each kept column in a newly read table; a needed one that is not there, and was not mapped, is a hold.

    `referred` are the columns by which other tables look it up.
    """
    sources = {name.casefold(): name for name in table.columns}
    found: dict[str, str] = {}  # the source's name → the kept one
    missing = []
    for kept in plan.table.columns:
        said = renewal.renamed.get(kept)
        source = sources.get(kept.casefold()) or sources.get((said or "").casefold())
        if source is not None:
            found[source] = kept
        elif said is None and kept in needed(plan, renewal) | referred:
            missing.append(kept)
    added = tuple(name for name in table.columns if name not in found)
    holds = tuple(_gone(index, plan, name, added) for name in missing)
    columns = tuple(found.get(name, name) for name in table.columns)
    return Fit(table.model_copy(update={"columns": columns}), added, holds)


def needed(plan: TablePlan, renewal: TableRenewal) -> set[str]:
    """The columns that an audience is made of."""
    used = {c.column for c in plan.columns if c.include}
    used |= {link.column for link in plan.links}
    used |= {plan.key or "", plan.time or "", plan.event_column or "", *(plan.line_total or ())}
    return used | {renewal.key or "", renewal.newer or ""}


def _gone(index: int, plan: TablePlan, name: str, added: Sequence[str]) -> Hold:
    from rapidfuzz import fuzz, process  # the app's start does without

    near = [match for match, _, _ in process.extract(name, added, scorer=fuzz.WRatio, limit=CANDIDATES)]
    name_of = plan.table.name
    new = f" New there: {', '.join(f'“{other}”' for other in near)}." if near else ""
    return Hold(
        reason=Reason.MISSING,
        index=index,
        table=name_of,
        column=name,
        candidates=tuple(near),
        message=f"{name_of} has no column “{name}” any more.{new} Say what it is called now, or that it is gone.",
    )


def counted(index: int, plan: TablePlan, renewal: TableRenewal, table: StagedTable, partial: bool) -> tuple[Hold, ...]:
    """Holds for a table without rows, or with less than half of them; `partial`: only what is new was asked for."""
    before, name = plan.table.rows, plan.table.name
    if not table.rows and not partial:
        words = f"{name} came without any rows; {before:,} are there now."
        return (Hold(reason=Reason.EMPTY, index=index, table=name, message=words),)
    if renewal.way is Way.REPLACE and table.rows < SHRUNK * before:
        words = f"{name} came with {table.rows:,} rows; {before:,} are there now, so more than half would be gone."
        return (Hold(reason=Reason.SHRUNK, index=index, table=name, message=words),)
    return ()


def retyped(index: int, plan: TablePlan, table: StagedTable, progress: Progress) -> tuple[Hold, ...]:
    """Holds for columns of which many new cells are not of the kind that they were."""
    if not table.rows:
        return ()
    columns = tuple(c for c in plan.columns if c.column in table.columns and c.include)
    looked = checked(
        LoadPlan(tables=(plan.model_copy(update={"table": table, "columns": columns, "links": ()}),)), progress
    )
    holds = []
    for before, after in zip(columns, looked.tables[0].columns, strict=True):
        share, known = after.misfits / table.rows, before.misfits / max(plan.table.rows, 1)
        if share >= MANY_MISFITS and share > MORE_MISFITS * known:
            examples = ", ".join(f"“{example}”" for example in after.misfit_examples[:3])
            such = f" (e.g. {examples})" if examples else ""
            words = (
                f"“{before.column}” of {plan.table.name} has {after.misfits:,} new cells that cannot be read as before{such}; "
                "they would be missing."
            )
            holds.append(
                Hold(reason=Reason.RETYPED, index=index, table=plan.table.name, column=before.column, message=words)
            )
    return tuple(holds)
