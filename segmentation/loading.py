"""A load plan becomes a published audience file: written beside, then made known by a link, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segmentation.audience import AudienceAbout, next_version_path
from segmentation.catalogue import Catalogue, EventProperty, Field
from segmentation.cataloguing import Summary, event_types, filled_by_event, summaries
from segmentation.deriving import derive_people
from segmentation.errors import LoadError
from segmentation.filling import (
    Stored,
    fill_events,
    fill_people,
    no_events,
    number_people,
    open_source,
    properties,
    report_left_out,
)
from segmentation.inbox import log_path, read
from segmentation.living import lay, new_base, written
from segmentation.lookups import Lookups, details, owned, report_lookup, with_missing
from segmentation.lookups import fields as fields_of
from segmentation.matching import USED
from segmentation.plan import LoadPlan, LoadReport, Progress, TableRole
from segmentation.publishing import clear_abandoned, prune, publish, publishing, synced
from segmentation.repairing import notes, repair_people
from segmentation.repairs import Step
from segmentation.replanning import with_problems
from segmentation.staged import Part, workbench
from segmentation.survivors import MERGED, number_rows


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
        clear_abandoned(folder)
        with workbench(progress, loading, temporary) as connection:
            about = _load(connection, plan, name, zone, progress, repairs)
            connection.execute("CREATE TABLE handpick_audience (about VARCHAR)")
            connection.execute("INSERT INTO handpick_audience VALUES (?)", [about.model_dump_json()])
            progress("Writing the audience", 0.95)
            connection.execute("CHECKPOINT")
        progress("Publishing", 0.99)
        with publishing(folder):
            published = _published(loading, folder, about, progress)
    except OSError as error:
        raise LoadError(
            f"The audience cannot be written: {error.strerror or error}. Check the disk and its rights."
        ) from error
    finally:
        with suppress(OSError):
            for path in (loading, loading.with_name(loading.name + ".wal")):
                path.unlink(missing_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
    return published


def _published(loading: Path, folder: Path, about: AudienceAbout, progress: Progress) -> Path:
    """The loaded file as the newest version, with all that ever came in live laid over it."""
    base = None
    if not log_path(folder).exists():
        published = publish(loading, folder)
    else:
        synced(loading)
        base = new_base(folder)
        os.replace(loading, base)
        try:
            with written(folder) as laid:
                lay(laid, base, about, read(log_path(folder)), progress)
                published = publish(laid, folder)
        except BaseException:
            base.unlink()
            raise
    prune(folder, base)
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
    person = next((source for source in sources if source.plan.role is TableRole.PEOPLE), None)
    happened = owned(connection, plan, [source for source in sources if source.plan.role is TableRole.EVENTS])
    lookups = Lookups(connection, plan, sources)
    joined = {source.index: lookups.of(source.index) for source in sources if source.plan.role in USED}
    stored = properties(happened)
    stored += details({source.index: joined[source.index] for source in happened}, stored)
    reports |= {s.index: report_lookup(connection, s) for s in sources if s.plan.role is TableRole.LOOKUP}
    fields: list[Stored] = []
    keys = "SELECT key, _row FROM keys"
    if person:
        progress("Loading the customers", 0.3)
        fields, reports[person.index] = fill_people(
            connection, person, fields_of(joined[person.index], person), joined[person.index].joins
        )
        known = next((s.name for s in fields if s.plan.column == person.plan.key), fields[0].name)
        keys = number_rows(connection, known)
        repairs, merged = repair_people(connection, repairs, fields, Part(progress, 0.4, 0.45))
        reports[person.index] = _repaired(reports[person.index], repairs, fields, merged)
    else:
        number_people(connection, happened)
    if happened:
        progress("Loading the events", 0.45)
        joins = {source.index: joined[source.index].joins for source in happened}
        reports |= fill_events(connection, happened, stored, keys, joins)
    else:
        no_events(connection)
    if not person:
        progress("Finding out who did it", 0.65)
        fields = derive_people(connection, happened, stored)
        repairs, _ = repair_people(connection, repairs, fields, Part(progress, 0.68, 0.7), mergeable=False)
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
        reports=tuple(with_missing(reports[index], plan, index) for index in sorted(reports)),
        repairs=tuple(repairs),
    )


def _repaired(report: LoadReport, repairs: Sequence[Step], fields: Sequence[Stored], merged: int) -> LoadReport:
    """The report of the customers with what the repairs did."""
    aside = (*report.set_aside, (MERGED, merged)) if merged else report.set_aside
    told = (*report.notes, *notes(repairs, fields))
    return report.model_copy(update={"loaded": report.loaded - merged, "set_aside": aside, "notes": told})


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
