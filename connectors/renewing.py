"""An audience brought up to date: its sources are read again, laid over what is there, and published as one new version."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import SecretStr, ValidationError

from connectors.comparing import held, segments_since
from connectors.continuing import Fresh, from_folder, matched
from connectors.importing import publish
from connectors.sources.database_files import own, own_folder
from connectors.sources.databases import DATABASES, Database, Newer, TableOffer, read_tables
from connectors.sources.files import EXTENSIONS, stage_file
from segmentation import naming
from segmentation.catalogue import Kind, Model
from segmentation.errors import Cancelled, HandpickError, LoadError, SourceError
from segmentation.guessing import checked
from segmentation.holding import counted, fitted, retyped
from segmentation.lending import about_of
from segmentation.links import referred
from segmentation.merging import Floor, all_known, floor_of, merge
from segmentation.plan import FILE, ColumnPlan, LoadPlan, Origin, Progress, StagedTable, TablePlan, TableRole
from segmentation.renewal import (
    Given,
    Held,
    Hold,
    Reason,
    Renewal,
    Report,
    SegmentNews,
    TableNews,
    TableRenewal,
    Way,
)
from segmentation.renewals import Renewals
from segmentation.workspace import Workspace


def connection_of(origin: Origin, password: SecretStr | None = None) -> tuple[Database, Model]:
    """The database of a table and its settings, with a password; raises `SourceError`."""
    database = DATABASES.get(origin.source)
    if database is None:
        raise SourceError(f"This Handpick cannot read {origin.source}. Update Handpick.")
    known = dict(origin.settings) if password is None else {**origin.settings, "password": password}
    try:
        return database, database.settings.model_validate(known)
    except ValidationError as error:
        raise SourceError(
            f"How {origin.source} is reached was kept by another Handpick. Connect to it again on the Data page."
        ) from error


def path_of(origin: Origin | None, renewal: TableRenewal) -> str:
    """From where a file or folder is read again: as said, else the folder it came from; "" where a person has to give it."""
    if renewal.path or origin is None or origin.source != FILE:
        return renewal.path
    return str(origin.settings.get("path", ""))


def place_of(origin: Origin | None) -> str:
    """Where a table comes from, in words."""
    if origin is None or origin.source == FILE:
        path = path_of(origin, TableRenewal())
        return f"folder {Path(path).name}" if path else "file"
    if origin.source not in DATABASES:
        return origin.source
    database, settings = connection_of(origin)
    return f"{database.title(settings)} ({origin.source})"


def asks_password(origin: Origin) -> str | None:
    """The title of the connection of a table whose password only a person has; None for all others."""
    if origin.source not in DATABASES or "user" not in origin.settings or origin.settings.get("secret"):
        return None
    database, settings = connection_of(origin)
    return database.title(settings)


def renew(audience: str, given: Given, workspace: Workspace, progress: Progress) -> str:
    """Bring an audience up to date and keep a report of it; returns its id.

    Raises `Held` where the new data needs a look, `SourceError`, `LoadError`, `AudienceError` where somebody else does the same, and
    `Cancelled`; in all these cases the old data stays.
    """
    renewals = Renewals(workspace)
    with renewals.alone(audience):
        began = datetime.now(UTC)
        try:
            tables, segments = _renewed(audience, renewals.of(audience), given, workspace, progress)
        except Cancelled:
            raise
        except HandpickError as error:
            holds = error.holds if isinstance(error, Held) else ()
            renewals.note(audience, Report(at=began, problem=str(error), holds=holds))
            raise
        renewals.note(audience, Report(at=began, tables=tables, segments=segments))
    return audience


def renew_due(workspace: Workspace, now: datetime, progress: Progress) -> None:
    """Bring every audience up to date whose schedule has come; how each went stands in its report."""
    for audience in Renewals(workspace).due(now):
        try:
            renew(audience, Given(), workspace, progress)
        except Cancelled:
            raise
        except HandpickError:
            continue  # its report says why


def _renewed(
    audience: str, renewal: Renewal, given: Given, workspace: Workspace, progress: Progress
) -> tuple[tuple[TableNews, ...], tuple[SegmentNews, ...]]:
    version = workspace.current_version(audience)
    about = about_of(version)
    with held(version, audience, workspace) as before:
        folder = workspace.staging_folder()
        try:
            fresh = _read(about.plan, renewal, given, folder, progress)
            plan, news = _merged(about.plan, renewal, fresh, given.accept, folder, progress)
            publish(plan, about.name, workspace, progress, audience)
        except BaseException:
            workspace.drop_unused(audience, about.plan)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return news, segments_since(before, audience, workspace, progress)


def _read(plan: LoadPlan, renewal: Renewal, given: Given, folder: Path, progress: Progress) -> dict[int, Fresh]:
    """The newly read tables by their place in the plan; raises `SourceError` where there is nothing to read."""
    used = {i: table for i, table in enumerate(plan.tables) if table.role is not TableRole.LEAVE_OUT}
    files = {i: t for i, t in used.items() if t.table.origin is None or t.table.origin.source == FILE}
    aside = {i: table for i, table in enumerate(plan.tables) if i not in used}
    fresh: dict[int, Fresh] = {}
    for name, path in given.files:
        fresh |= matched(files, stage_file(path, name, folder, progress), name, fresh)
    for where, places in _by_path(files, renewal).items():
        left = {place: files[place] for place in places if place not in fresh}
        if not left:
            continue
        if (all_of := own_folder(Path(where))) is not None:
            others = {i: table for i, table in aside.items() if path_of(table.table.origin, renewal.table(i)) == where}
            fresh |= from_folder(all_of, left | others, partial(referred, plan), renewal, folder, progress)
            continue
        file = own(Path(where))
        ending = file.resolve().suffix.lower().removeprefix(".")
        if ending not in EXTENSIONS:  # else any file of the machine could be shown
            raise SourceError(f"{where} is not named like a table. Possible: {', '.join(EXTENSIONS)}.")
        fresh |= matched(left, stage_file(file, file.name, folder, progress), file.name, {})
    for origins in _connections(used, fresh):
        fresh |= _read_database(plan, origins, renewal, given, folder, progress)
    if not fresh:
        raise SourceError(
            "There is nothing to read again: choose new files, or say where a source is read from, and try again."
        )
    return fresh


def _by_path(used: Mapping[int, TablePlan], renewal: Renewal) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, plan in used.items():
        if path := path_of(plan.table.origin, renewal.table(place)):
            found.setdefault(path, []).append(place)
    return found


def _connections(used: Mapping[int, TablePlan], fresh: Mapping[int, Fresh]) -> list[dict[int, Origin]]:
    """The origins of the tables that come from databases, together where one connection reads them."""
    found: dict[str, dict[int, Origin]] = {}
    for place, plan in used.items():
        origin = plan.table.origin
        if origin is not None and origin.source != FILE and place not in fresh:
            found.setdefault(f"{origin.source} {sorted(origin.settings.items())}", {})[place] = origin
    return list(found.values())


def _read_database(
    plan: LoadPlan, origins: Mapping[int, Origin], renewal: Renewal, given: Given, folder: Path, progress: Progress
) -> dict[int, Fresh]:
    first = next(iter(origins.values()))
    title = asks_password(first)
    database, settings = connection_of(first, given.passwords.get(title) if title else None)
    floors: dict[int, Floor | None] = {}
    offers = []
    for place, origin in origins.items():
        way = renewal.table(place)
        asked = way.way is not Way.REPLACE and way.newer
        floors[place] = floor_of(plan.tables[place], way.newer or "", progress) if asked else None
        floor, source = floors[place], way.renamed.get(way.newer or "") or way.newer or ""
        newer = Newer(source, floor.text) if floor is not None else None
        rows = plan.tables[place].table.rows if newer is None else None
        offers.append(TableOffer(origin.schema_name, origin.table, rows, newer=newer))
    staged = read_tables(database, settings, offers, folder, progress)
    return {place: Fresh(table, floors[place]) for place, table in zip(origins, staged, strict=True)}


def _merged(
    plan: LoadPlan, renewal: Renewal, fresh: Mapping[int, Fresh], accept: bool, folder: Path, progress: Progress
) -> tuple[LoadPlan, tuple[TableNews, ...]]:
    """The plan with the merged tables; raises `Held` with everything that needs a look."""
    fits = {
        place: fitted(place, plan.tables[place], renewal.table(place), f.table, referred(plan, place))
        for place, f in fresh.items()
        if f.table is not None
    }
    holds: list[Hold] = [hold for fit in fits.values() for hold in fit.holds]
    holds += [hold for f in fresh.values() for hold in f.holds if hold.reason is Reason.MISSING or not accept]
    for place, fit in fits.items():
        if accept or fit.holds:
            continue
        way, before = renewal.table(place), plan.tables[place]
        partial = fresh[place].is_partial
        holds += counted(place, before, way, fit.table, partial)
        holds += retyped(place, before, fit.table, progress)
        if way.way is Way.APPEND and not partial and fit.table.rows and all_known(before, fit.table, progress):
            words = f"Every row of {before.table.name} is there already, so adding them would count them twice."
            holds.append(Hold(reason=Reason.KNOWN, index=place, table=before.table.name, message=words))
    if holds:
        raise Held(holds)
    tables, news = list(plan.tables), []
    for place, read in fresh.items():
        before = plan.tables[place]
        if place not in fits:
            table = before.table.model_copy(update={"origin": read.origin})
            tables[place] = before.model_copy(update={"table": table})
            news.append(TableNews(table=table.name, before=table.rows, read=0, added=0, updated=0, after=table.rows))
            continue
        table, told = merge(before, fits[place].table, renewal.table(place), read.floor, read.reread, folder, progress)
        tables[place] = _continued(before, table, fits[place].added)
        news.append(told)
    renewed = checked(plan.model_copy(update={"tables": tuple(tables)}), progress, since=plan)
    if renewed.problems:
        raise LoadError(" ".join(renewed.problems) + " Change how it was read, then bring in what is new again.")
    return renewed, tuple(news)


def _continued(before: TablePlan, table: StagedTable, added: Sequence[str]) -> TablePlan:
    """The plan of a table for its new rows; columns that are new wait to be taken in."""
    taken = {column.name.casefold() for column in before.columns}
    columns = list(before.columns)
    for name in added:
        free = naming.free_name(name, taken)
        taken.add(free.casefold())
        columns.append(ColumnPlan(column=name, name=free, label=naming.label(name), kind=Kind.TEXT, include=False))
    notes = table.notes
    if added:
        names = ", ".join(f"“{name}”" for name in added)
        notes = (*notes, f"New in the source: {names}. Take it in with “Change how it was read”.")
    shown = table.model_copy(update={"name": before.table.name, "notes": notes})
    return before.model_copy(update={"table": shown, "columns": tuple(columns)})
