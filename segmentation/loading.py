"""A load plan becomes a published audience file: written beside, then made known by a link, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from segmentation.audience import AudienceAbout, next_version_path
from segmentation.catalogue import Catalogue, EventProperty, Field, Role
from segmentation.cataloguing import Summary, event_types, filled_by_event, summaries
from segmentation.deriving import derive_people
from segmentation.errors import LoadError
from segmentation.filling import (
    Source,
    Stored,
    fill_people,
    number_people,
    open_source,
    properties,
    report_left_out,
)
from segmentation.filling_events import fill_events, no_events
from segmentation.inbox import log_path, read
from segmentation.joining import in_turn, whose
from segmentation.links import is_listed
from segmentation.living import lay, new_base, written
from segmentation.lookups import Joined, Lookups, details, owned, report_lookup, with_missing
from segmentation.lookups import fields as fields_of
from segmentation.matching import USED
from segmentation.plan import LoadPlan, LoadReport, Progress, TableRole
from segmentation.publishing import clear_abandoned, prune, publish, publishing, synced
from segmentation.repairing import notes, repair_people
from segmentation.repairs import Keep, Step
from segmentation.replanning import with_problems
from segmentation.staged import Part, workbench
from segmentation.survivors import MERGED, kept_apart, keys_of, merge_people, number_rows, people_by_table
from segmentation.visitors import anonymous_field, identify, keep_visitors, note_visitors


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
        with workbench(progress, loading, temporary, [table.table.path for table in plan.tables]) as connection:
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
        part = Part.nth(Part(progress, 0.0, 0.3), index, len(plan.tables))
        sources.append(open_source(connection, index, table, part))
    persons = [source for source in sources if source.plan.role is TableRole.PEOPLE]
    happened = owned(connection, plan, [source for source in sources if source.plan.role is TableRole.EVENTS])
    tellers = [source for source in sources if source.plan.role is TableRole.VISITORS]
    lookups = Lookups(connection, plan, sources)
    joined = {source.index: lookups.of(source.index) for source in sources if source.plan.role in USED}
    stored = properties(happened)
    stored += details({source.index: joined[source.index] for source in happened}, stored)
    reports |= {
        s.index: report_lookup(connection, s, is_listed(plan, s.index))
        for s in sources
        if s.plan.role is TableRole.LOOKUP
    }
    fields: list[Stored] = []
    keys = dict.fromkeys((source.index for source in (*happened, *tellers)), "SELECT key, _row FROM keys")
    if persons:
        fields, people = _people(connection, plan, persons, joined, repairs, Part(progress, 0.3, 0.4))
        keys = {index: keys_of(whose(plan, index)) for index in keys}
        repairs = repair_people(connection, repairs, fields, Part(progress, 0.4, 0.45))
        stay = people_by_table(connection, in_turn(plan))
        told_at = in_turn(plan)[0]
        for index, report in people.items():
            done = notes(repairs, fields) if index == told_at else ()
            reports[index] = _repaired(report, done, stay[index])
    else:
        number_people(connection, [*happened, *tellers], Part(progress, 0.3, 0.45))
    knowing = [source for source in persons if source.plan.visitor is not None]
    told = note_visitors(connection, [*tellers, *knowing], keys | {s.index: keys_of(s.index) for s in knowing})
    reports |= {source.index: told[source.index] for source in tellers}
    if happened:
        joins = {source.index: joined[source.index].joins for source in happened}
        found_out = partial(_identify, connection, happened, fields)
        reports |= fill_events(connection, happened, stored, keys, joins, found_out, Part(progress, 0.45, 0.65))
    else:
        no_events(connection)
    if not persons:
        fields = derive_people(connection, [*happened, *tellers], stored, Part(progress, 0.65, 0.68))
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
        reports=tuple(with_missing(reports[index], plan, index) for index in sorted(reports)),
        repairs=tuple(repairs),
    )


def _people(
    connection: duckdb.DuckDBPyConnection,
    plan: LoadPlan,
    persons: Sequence[Source],
    joined: Mapping[int, Joined],
    repairs: Sequence[Step],
    progress: Progress,
) -> tuple[list[Stored], dict[int, LoadReport]]:
    """Create `people` from one table, or from several as one profile each; returns its columns and the reports by table."""
    turns = in_turn(plan)

    def fill(source: Source) -> tuple[list[Stored], LoadReport]:
        own = joined[source.index]
        part = Part.nth(Part(progress, 0.0, 0.5), turns.index(source.index), len(turns))
        return fill_people(connection, source, fields_of(own, source), own.joins, progress=part)

    if len(persons) == 1:
        (source,) = persons
        fields, report = fill(source)
        known = next((s.name for s in fields if s.plan.column == source.plan.key), fields[0].name)
        number_rows(connection, known, source.index)
        return fields, {source.index: report}
    from segmentation.uniting import distinct_ids, stack_people, told, unite  # with rules that a start does without

    fields, reports = stack_people(connection, plan, persons, fill)
    united = unite(connection, plan, fields, kept_apart(connection, repairs), Part(progress, 0.5, 1.0))
    merge_people(connection, united.found, Keep.FULLEST if plan.joining.fullest else Keep.FIRST, fields)
    distinct_ids(connection, plan, fields[0].name)
    first = turns[0]
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
