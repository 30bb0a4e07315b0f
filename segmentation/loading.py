"""A load plan becomes a published audience file: written beside, then made known by a link, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from segmentation.audience import AudienceAbout, next_version_path, version_paths
from segmentation.catalogue import Catalogue, EventProperty, Field, Role
from segmentation.cataloguing import Summary, event_types, filled_by_event, summaries
from segmentation.deriving import derive_people
from segmentation.errors import LoadError
from segmentation.filling import (
    Source,
    Stored,
    fill_events,
    fill_people,
    no_events,
    number_people,
    open_source,
    properties,
    report_left_out,
)
from segmentation.joining import in_turn, whose
from segmentation.plan import LoadPlan, LoadReport, Progress, TableRole
from segmentation.repairing import notes, repair_people
from segmentation.repairs import Keep, Step
from segmentation.replanning import with_problems
from segmentation.saved import saved_folder
from segmentation.staged import Part, workbench
from segmentation.survivors import MERGED, kept_apart, keys_of, merge_people, number_rows, people_by_table
from segmentation.uniting import distinct_ids, stack_people, told, unite
from segmentation.visitors import anonymous_field, identify, keep_visitors, note_visitors

KEPT = 2  # versions
ABANDONED = 24 * 3600  # seconds after which an unfinished file belongs to nobody


def build_audience(
    plan: LoadPlan, folder: Path, *, name: str, zone: str, progress: Progress, repairs: Sequence[Step] = ()
) -> Path:
    """Load all tables of a plan, repaired, and publish them as the folder's newest version; returns its path.

    Raises `LoadError` (what is wrong with the plan or the data) and `Cancelled`; either leaves the folder as it was.
    """
    problems = with_problems(plan).problems
    if problems:
        raise LoadError(" ".join(problems))
    token = secrets.token_hex(6)
    temporary = folder / f".{token}.tmp"
    loading = folder / f"{next_version_path(folder).stem}-{token}.loading"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(folder)
        with workbench(progress, loading, temporary) as connection:
            about = _load(connection, plan, name, zone, progress, repairs)
            connection.execute("CREATE TABLE handpick_audience (about VARCHAR)")
            connection.execute("INSERT INTO handpick_audience VALUES (?)", [about.model_dump_json()])
            progress("Writing the audience", 0.95)
            connection.execute("CHECKPOINT")
        progress("Publishing", 0.99)
        published = _publish(loading, folder)
    except OSError as error:
        raise LoadError(
            f"The audience cannot be written: {error.strerror or error}. Check the disk and its rights."
        ) from error
    finally:
        with suppress(OSError):
            for path in (loading, loading.with_name(loading.name + ".wal")):
                path.unlink(missing_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
    for old in version_paths(folder)[:-KEPT]:
        with suppress(OSError):
            old.unlink()
            shutil.rmtree(saved_folder(old), ignore_errors=True)
    return published


def _load(
    connection: duckdb.DuckDBPyConnection,
    plan: LoadPlan,
    name: str,
    zone: str,
    progress: Progress,
    repairs: Sequence[Step],
) -> AudienceAbout:
    reports: dict[int, LoadReport] = {}
    sources = []
    for index, table in enumerate(plan.tables):
        if table.role is TableRole.LEAVE_OUT:
            reports[index] = report_left_out(table)
            continue
        progress(f"Reading {table.table.name}", 0.3 * index / len(plan.tables))
        sources.append(open_source(connection, index, table))
    persons = [source for source in sources if source.plan.role is TableRole.PEOPLE]
    happened = [source for source in sources if source.plan.role is TableRole.EVENTS]
    tellers = [source for source in sources if source.plan.role is TableRole.VISITORS]
    stored = properties(happened)
    fields: list[Stored] = []
    keys = dict.fromkeys((source.index for source in (*happened, *tellers)), "SELECT key, _row FROM keys")
    if persons:
        progress("Loading the customers", 0.3)
        fields, people = _people(connection, plan, persons, repairs, Part(progress, 0.3, 0.4))
        keys = {index: keys_of(whose(plan, index)) for index in keys}
        repairs = repair_people(connection, repairs, fields, Part(progress, 0.4, 0.45))
        stay = people_by_table(connection, in_turn(plan))
        told_at = in_turn(plan)[0]
        for index, report in people.items():
            done = notes(repairs, fields) if index == told_at else ()
            reports[index] = _repaired(report, done, stay[index])
    else:
        number_people(connection, [*happened, *tellers])
    if happened:
        progress("Loading the events", 0.45)
        reports |= note_visitors(connection, tellers, keys)
        reports |= fill_events(connection, happened, stored, keys, partial(_identify, connection, happened, fields))
    else:
        no_events(connection)
    if not persons:
        progress("Finding out who did it", 0.65)
        fields = derive_people(connection, happened, stored)
        repairs = repair_people(connection, repairs, fields, Part(progress, 0.68, 0.7), mergeable=False)
    if any(source.plan.keep_visitors for source in happened):
        fields.append(anonymous_field(connection, fields))
    progress("Counting values", 0.7)
    catalogue = _catalogue(connection, fields, stored, progress)
    people, events, newest = connection.execute(
        "SELECT (SELECT count(*) FROM people), count(*), max(_time) FROM events"
    ).fetchone() or (0, 0, None)
    return AudienceAbout(
        name=name,
        people=people,
        events=events,
        loaded_at=datetime.now(UTC),
        newest_event=newest.replace(tzinfo=UTC) if newest else None,
        zone=zone,
        catalogue=catalogue,
        plan=plan,
        reports=tuple(reports[index] for index in sorted(reports)),
        repairs=tuple(repairs),
    )


def _people(
    connection: duckdb.DuckDBPyConnection,
    plan: LoadPlan,
    persons: Sequence[Source],
    repairs: Sequence[Step],
    progress: Progress,
) -> tuple[list[Stored], dict[int, LoadReport]]:
    """Create `people` from one table, or from several as one profile each; returns its columns and the reports by table."""
    if len(persons) == 1:
        (source,) = persons
        fields, report = fill_people(connection, source)
        known = next((s.name for s in fields if s.plan.column == source.plan.key), fields[0].name)
        number_rows(connection, known, source.index)
        return fields, {source.index: report}
    fields, reports = stack_people(connection, plan, persons, partial(fill_people, connection))
    united = unite(connection, plan, fields, kept_apart(connection, repairs), progress)
    merge_people(connection, united.found, Keep.FULLEST if plan.joining.fullest else Keep.FIRST, fields)
    distinct_ids(connection, plan, fields[0].name)
    first = in_turn(plan)[0]
    notes = (*reports[first].notes, *told(united, plan))
    return fields, reports | {first: reports[first].model_copy(update={"notes": notes})}


def _identify(connection: duckdb.DuckDBPyConnection, happened: Sequence[Source], fields: Sequence[Stored]) -> None:
    """Tell whose the events of visitors are; without `fields` the people are still `keys`."""
    identify(connection, happened)
    person = next((s.name for s in fields if s.plan.role is Role.PERSON_ID), "key")
    keep_visitors(connection, happened, "people" if fields else "keys", person)


def _repaired(report: LoadReport, done: Sequence[str], people: int) -> LoadReport:
    """The report of customers of whom so many `people` stay, with what the repairs did."""
    merged = report.loaded - people
    aside = (*report.set_aside, (MERGED, merged)) if merged else report.set_aside
    return report.model_copy(update={"loaded": people, "set_aside": aside, "notes": (*report.notes, *done)})


def _catalogue(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[Stored], stored: Sequence[Stored], progress: Progress
) -> Catalogue:
    of_people = summaries(connection, "people", [(s.name, s.kind, s.type) for s in fields], Part(progress, 0.7, 0.8))
    of_events = summaries(connection, "events", [(s.name, s.kind, s.type) for s in stored], Part(progress, 0.8, 0.95))
    of_events = {s.name: of_events.get(s.name, Summary()) for s in stored}
    names = filled_by_event(connection, [s.name for s in stored])
    return Catalogue(
        fields=tuple(_field(s, of_people.get(s.name, Summary())) for s in fields),
        events=event_types(connection),
        properties=tuple(
            EventProperty(
                name=s.name,
                label=s.plan.label,
                kind=s.kind,
                filled=of_events[s.name].filled,
                events=names[s.name],
                top=of_events[s.name].top,
                low=of_events[s.name].low,
                high=of_events[s.name].high,
            )
            for s in stored
        ),
    )


def _field(stored: Stored, summary: Summary) -> Field:
    return Field(
        name=stored.name,
        label=stored.plan.label,
        kind=stored.kind,
        theme=stored.plan.theme,
        role=stored.plan.role,
        filled=summary.filled,
        distinct=summary.distinct,
        top=summary.top,
        low=summary.low,
        high=summary.high,
    )


def _publish(loading: Path, folder: Path) -> Path:
    """Give the finished file the next free version number; two loads at once get two numbers."""
    with loading.open("rb+") as file:
        os.fsync(file.fileno())
    while True:
        target = next_version_path(folder)
        try:
            os.link(loading, target)
        except FileExistsError:
            continue
        except OSError:  # no links on this disk
            if target.exists():
                continue
            os.replace(loading, target)
        _sync_folder(folder)
        return target


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _clear_abandoned(folder: Path) -> None:
    """Remove what loads left behind that were killed."""
    limit = datetime.now(UTC).timestamp() - ABANDONED
    leftovers: Iterable[Path] = (*folder.glob("*.loading*"), *folder.glob(".*.tmp"))
    for path in leftovers:
        with suppress(OSError):
            if path.stat().st_mtime < limit:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
