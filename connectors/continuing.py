"""Newly read tables at the places of those that they continue: of files by name or columns, of a folder part by part."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.sources.files import EXTENSIONS
from connectors.sources.folders import FILE, Read, files_in, join, read_files, state_of
from segmentation.errors import SourceError
from segmentation.holding import Fit, fitted
from segmentation.merging import Floor, Reread
from segmentation.plan import FilePart, Origin, Progress, StagedTable, TablePlan, TableRole
from segmentation.renewal import Hold, Reason, Renewal, TableRenewal, Way

SIMILAR = 0.6  # of a source's columns are in a file that brings what is new for it
TOLD = 5  # files by name


@dataclass(frozen=True)
class Fresh:
    """A newly read table for a place in the plan, None where nothing is new; `floor` where only what is new was asked for.

    Of a folder: `reread` where only some of its files were read, and what single files lack.
    """

    table: StagedTable | None
    floor: Floor | None = None
    reread: Reread | None = None
    holds: tuple[Hold, ...] = ()
    origin: Origin | None = None

    @property
    def is_partial(self) -> bool:
        """Whether it holds only what is new."""
        return self.floor is not None or self.reread is not None


def matched(
    plans: Mapping[int, TablePlan], tables: Sequence[StagedTable], name: str, taken: Mapping[int, Fresh]
) -> dict[int, Fresh]:
    """Each newly read table at the place of the one it continues: by its name, else by its columns. Raises `SourceError`."""
    found: dict[int, Fresh] = {}
    for table in tables:
        free = {place: plan for place, plan in plans.items() if place not in taken and place not in found}
        place = next((p for p, plan in free.items() if plan.table.name.casefold() == table.name.casefold()), None)
        if place is None:
            place = _likest(free, table)
        if place is not None:
            origin = Origin(read_at=datetime.now(UTC))
            found[place] = Fresh(table.model_copy(update={"origin": origin}))
    if not found:
        known = ", ".join(plan.table.name for plan in plans.values())
        raise SourceError(
            f"{name} continues none of the sources ({known}): its columns are others. Load it as an audience of its own."
        )
    return found


def _likest(plans: Mapping[int, TablePlan], table: StagedTable) -> int | None:
    """The place whose columns a table has, or nearly all of them."""
    shares = {place: _likeness(plan.table.columns, table.columns) for place, plan in plans.items()}
    best = max(shares, key=lambda place: shares[place], default=None)
    return best if best is not None and shares[best] >= SIMILAR else None


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    mine, theirs = ({name.casefold() for name in columns} for columns in (one, other))
    return len(mine & theirs) / len(mine | theirs)


def from_folder(
    folder: Path,
    plans: Mapping[int, TablePlan],
    referred: Callable[[int], frozenset[str]],
    renewal: Renewal,
    into: Path,
    progress: Progress,
) -> dict[int, Fresh]:
    """What a folder has for the tables that come from it; where rows are added or updated only its new and changed files are read.

    `plans` also holds tables that are left out, so that their files are known; `referred` gives the columns of a place by which others
    look it up. Raises `SourceError` and `Cancelled`.
    """
    files = {file.relative_to(folder).as_posix(): file for file in files_in(folder)}
    for name, file in files.items():
        if file.resolve().suffix.lower().removeprefix(".") not in EXTENSIONS:  # else any file could be shown
            raise SourceError(f"{name} is not named like a table. Possible: {', '.join(EXTENSIONS)}.")
    known = {place: _known(plan, files) for place, plan in plans.items()}
    used = {place: plan for place, plan in plans.items() if plan.role is not TableRole.LEAVE_OUT}
    holders: dict[str, list[int]] = {part.file: [] for parts in known.values() for part in parts}
    for place, parts in known.items():
        for part in parts:
            holders[part.file].append(place)
    unchanged = {
        name
        for name, places in holders.items()
        if name in files
        and not any(p in used and _is_read(renewal.table(p), known[p], name, files[name]) for p in places)
    }
    reads, problems = read_files(
        folder, [file for name, file in files.items() if name not in unchanged], into, progress
    )
    if lost := next((problem for name, problem in problems.items() if name in holders), None):
        raise SourceError(lost)
    groups: dict[int, list[Read]] = {place: [] for place in plans}
    for read in reads:
        belongs = _place(read, plans, known, renewal)
        if belongs is None:
            problems[read.part.file] = f"{read.part.name} continues none of the sources: its columns are others."
        else:
            groups[belongs].append(read)
    aside = {name for plan in plans.values() for name in (plan.table.origin.aside if plan.table.origin else ())}
    strange = tuple(
        Hold(
            reason=Reason.STRANGE,
            index=min(used),
            table=used[min(used)].table.name,
            message=f"New in {folder.name}, and left out: {problem}",
        )
        for name, problem in problems.items()
        if name not in aside
    )
    origin = Origin(
        settings={"path": str(folder.resolve())},
        aside=tuple(sorted({*problems, *(aside & files.keys())})),
        read_at=datetime.now(UTC),
    )
    found = {
        p: _part(p, plan, referred(p), renewal.table(p), known[p], groups[p], origin, into, progress)
        for p, plan in used.items()
    }
    found[min(used)] = replace(found[min(used)], holds=(*found[min(used)].holds, *strange))
    return found


def _known(plan: TablePlan, files: Container[str]) -> tuple[FilePart, ...]:
    """The files that a table was read from; one that was dropped on the page is known by its name."""
    if plan.table.origin is not None and plan.table.origin.parts:
        return plan.table.origin.parts
    name = plan.table.name
    return (FilePart(file=name, state="", name=name, columns=plan.table.columns),) if name in files else ()


def _is_read(way: TableRenewal, known: Sequence[FilePart], name: str, file: Path) -> bool:
    """Whether a known file has to be read again."""
    return way.way is Way.REPLACE or any(part.file == name and part.state != state_of(file) for part in known)


def _place(
    read: Read, plans: Mapping[int, TablePlan], known: Mapping[int, Sequence[FilePart]], renewal: Renewal
) -> int | None:
    """The table that a part of a folder belongs to: the one where it was, else the one whose columns it has."""
    shares = {}
    for place, plan in plans.items():
        if any(part.name == read.part.name for part in known[place]):
            return place
        fit = fitted(place, plan, renewal.table(place), read.table)
        shares[place] = _likeness(_own_columns(plan), fit.table.columns)
    best = max(shares, key=lambda place: shares[place], default=None)
    return best if best is not None and shares[best] >= SIMILAR else None


def _own_columns(plan: TablePlan) -> list[str]:
    """The columns of a table but the one that tells the file."""
    told = plan.table.origin.part_column if plan.table.origin is not None else ""
    return [name for name in plan.table.columns if name != told]


def _part(
    place: int,
    plan: TablePlan,
    referred: frozenset[str],
    way: TableRenewal,
    known: Sequence[FilePart],
    reads: Sequence[Read],
    origin: Origin,
    into: Path,
    progress: Progress,
) -> Fresh:
    """The newly read files of one table, as one table."""
    name, column = plan.table.name, plan.table.origin.part_column if plan.table.origin is not None else ""
    names = {read.part.name for read in reads}
    files = {read.part.file for read in reads}
    again = tuple(part.name for part in known if part.file in files)
    is_whole = way.way is Way.REPLACE
    kept = () if is_whole else tuple(part for part in known if part.name not in again)
    fits = {read.part: fitted(place, plan, way, read.table, referred) for read in reads}
    parts = (*kept, *(part.model_copy(update={"columns": fit.table.columns}) for part, fit in fits.items()))
    if is_whole and not reads:
        raise SourceError(f"No file of {name} is there any more. Put it back, or say where it is read from now.")
    told = column or (FILE if len(parts) > 1 else "")
    origin = origin.model_copy(update={"parts": parts, "part_column": told})
    if not reads:
        return Fresh(None, origin=origin)
    whole = [replace(read, table=fits[read.part].table) for read in reads]
    table = join(whole, name, into, progress, told) if told else whole[0].table
    if table is None:
        raise SourceError(
            f"The files of {name} hold things of different kinds under one name ({', '.join(sorted(names)[:TOLD])}). "
            "Mend the one that is new, or load it as an audience of its own."
        )
    origin = origin.model_copy(update={"part_column": table.columns[-1] if told else ""})
    reread = None
    if not is_whole and known:
        reread = Reread(told, again, "" if column else known[0].name)
    had: dict[str, Container[str]] = {part.name: {kept.casefold() for kept in part.columns} for part in known}
    holds = _lacking([name for name in table.columns if name != told], fits, had)
    return Fresh(table.model_copy(update={"origin": origin}), None, reread, holds, origin)


def _lacking(
    columns: Container[str], fits: Mapping[FilePart, Fit], had: Mapping[str, Container[str]]
) -> tuple[Hold, ...]:
    """Holds for columns that some files lack and others have, where these files are new or had them before."""
    found: dict[str, list[tuple[str, Hold]]] = {}
    for part, fit in fits.items():
        for hold in fit.holds:
            if hold.column in columns and hold.column.casefold() in had.get(part.name, (hold.column.casefold(),)):
                found.setdefault(hold.column, []).append((part.name, hold))
    holds = []
    for lacking in found.values():
        names = [name for name, _ in lacking]
        shown = f"{', '.join(names[:TOLD])}{' …' if len(names) > TOLD else ''}"
        hold = lacking[0][1]
        holds.append(hold.model_copy(update={"message": f"In {shown}: {hold.message}"}))
    return tuple(holds)
