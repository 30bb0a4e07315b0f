"""Files or a workspace opened for evaluation without a screen: read, recognised, fitted to the definitions, loaded into a folder
that is removed again.

    with open_files("people.json", ["events.ndjson"], definitions=[definition]) as evaluation:
        evaluation.count(definition)
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.sources.blank import stage_blank
from connectors.sources.content import Content, recognise
from connectors.sources.files import FILE_KINDS
from connectors.sources.folders import files_in, stage_path
from segmentation import naming, replanning
from segmentation.audience import Audience
from segmentation.catalogue import Kind, Role
from segmentation.definition import Definition
from segmentation.demands import Demands, Names, demands, renamed
from segmentation.drafts import LIKELY
from segmentation.errors import ChoiceError, HandpickError, NotFound, close_names
from segmentation.fitting import Said, fitted, spoken_name
from segmentation.guessing import guess_plan
from segmentation.headless import Evaluation, clock_of, named_events
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.plan import LoadPlan, StagedTable, TablePlan, TableRole
from segmentation.references import ListedBy, NamedDefinition, References, StaticList

if TYPE_CHECKING:
    from segmentation.workspace import AudienceEntry, Workspace

PERSON, EVENT, TIME = "person", "event", "time"  # columns of an events file that has none
TYPED = (Content.JSON, Content.PARQUET, Content.WORKBOOK)


@dataclass(frozen=True)
class Columns:
    """Which columns are what, where it shall not be guessed; `roles` are those of people's fields (e-mail, consent …)."""

    person: str | None = None
    event_person: str | None = None
    event_name: str | None = None
    event_time: str | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)


def open_files(
    people: Path | str,
    events: Sequence[Path | str] = (),
    *,
    definitions: Iterable[Definition] = (),
    columns: Columns | None = None,
    said: Said | None = None,
    as_of: str | datetime | None = None,
    zone: str = "UTC",
    segments: Mapping[str, Definition] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    origin: NamedDefinition | None = None,
    known_events: Iterable[str] = (),
    unseen_events: bool = False,
) -> Evaluation:
    """People from one file and what they did from others, ready to be asked.

    `definitions` are those that will be asked: their operators decide how doubtful columns are read. `segments` and `lists` are what
    they may refer to, by name. `known_events` may be named though no file has them; with `unseen_events`, any event may.
    Raises `NotFound`, `SourceError`, `LoadError`, and `ChoiceError` where something has to be said.
    """
    clock = clock_of(as_of, zone)
    columns = columns or Columns()
    wanted = demands([*definitions, *(segments or {}).values()])
    folder = Path(tempfile.mkdtemp(prefix="handpick-"))
    try:
        plan = _plan(Path(people), [Path(file) for file in events], folder, wanted, columns, said or Said(), zone)
        path = build_audience(plan, folder / "audience", name=Path(people).stem, zone=zone, progress=Quiet())
        audience = Audience(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    names = _names(plan, audience, wanted)
    nothing_happened = bool(events) and not any(t.table.rows for t in plan.tables if t.role is TableRole.EVENTS)
    unseen = (names.events.get(name, name) for name in wanted.events) if unseen_events or nothing_happened else ()
    return Evaluation(
        audience,
        clock,
        catalogue=named_events(audience.catalogue, [*known_events, *unseen]),
        references=_references(segments or {}, lists or {}, audience, names, origin),
        names=names,
        notes=tuple(_notes(audience)),
        close=lambda: shutil.rmtree(folder, ignore_errors=True),
    )


def _plan(
    people: Path, events: Sequence[Path], folder: Path, wanted: Demands, columns: Columns, said: Said, zone: str
) -> LoadPlan:
    known = [*wanted.fields]
    staged = _stage(people, folder, [columns.person or "id", *known])
    if len(staged) > 1:
        names = ", ".join(table.name for table in staged)
        raise ChoiceError(f"{people.name} holds several tables ({names}): give a file with the people only.")
    happened = [columns.event_person or PERSON, columns.event_name or EVENT, columns.event_time or TIME]
    tables = [(table, people) for table in staged]
    for file in events:
        tables += [(table, file) for table in _stage(file, folder, [*happened, *wanted.details])]
    plan = guess_plan([table for table, _ in tables], zone=zone, progress=Quiet())
    plan = _people(plan, columns)
    for index in range(1, len(tables)):
        plan = _events(plan, index, columns)
    typed = frozenset(str(table.path) for table, file in tables if _has_types(table, file))
    known_columns = {spoken_name(t, c) for t in plan.tables for c in t.columns}
    for name in (*said.kinds, *said.formats, *columns.roles):
        if name not in known_columns:
            raise NotFound(f"There is no column “{name}” in the files.{close_names(name, known_columns)}")
    plan = fitted(plan, wanted, said, typed)
    for name, role in columns.roles.items():
        for column in plan.tables[0].columns:
            if spoken_name(plan.tables[0], column) == name:
                plan = replanning.change_column(plan, 0, column.column, role=role)
    if plan.problems:
        raise ChoiceError(
            f"{' '.join(plan.problems)} See --id, --event-person, --event-name, --event-time, --kind, --reading."
        )
    return plan


def _stage(file: Path, folder: Path, names: Sequence[str]) -> list[StagedTable]:
    """The tables of a file; one without rows has the columns of its header, or those that are looked for."""
    blank = stage_blank(file, folder, names) if file.is_file() else None
    return [blank] if blank is not None else stage_path(file, file.name, folder, Quiet())


def _has_types(table: StagedTable, file: Path) -> bool:
    """Whether the source tells texts from numbers: of a file in an archive its name tells."""
    if recognise(files_in(file)[0] if file.is_dir() else file)[0] in TYPED:
        return True
    suffix = Path(table.name).suffix.lower().removeprefix(".")
    return any(suffix in kind.extensions for kind in FILE_KINDS if kind.content in TYPED)


def _column(table: TablePlan, name: str) -> str:
    """The column that its source calls so; raises `NotFound`."""
    for column in table.columns:
        if spoken_name(table, column) == name:
            return column.column
    if name in table.table.columns:
        return name
    known = [spoken_name(table, column) for column in table.columns]
    raise NotFound(
        f"{table.table.name} has no column “{name}”. It has: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}."
    )


def _people(plan: LoadPlan, columns: Columns) -> LoadPlan:
    """The first table holds the people."""
    if plan.tables[0].role is not TableRole.PEOPLE:
        plan = replanning.change_role(plan, 0, TableRole.PEOPLE)
    table = plan.tables[0]
    key = _column(table, columns.person) if columns.person is not None else table.key
    return replanning.change_key(plan, 0, key)


def _events(plan: LoadPlan, index: int, columns: Columns) -> LoadPlan:
    """A further table holds events."""
    if plan.tables[index].role is not TableRole.EVENTS:
        plan = replanning.change_role(plan, index, TableRole.EVENTS)
    table = plan.tables[index]
    key = table.key
    if columns.event_person is not None:
        key = _column(table, columns.event_person)
    else:
        same = next((c.column for c in table.columns if c.column == plan.tables[0].key), None)
        if same is not None and (key is None or not naming.numbers_rows(same, table.table.name)):
            key = same
    if not table.table.rows:
        columns = _of_nothing(table, columns)
        key = key or columns.event_person
    plan = replanning.change_key(plan, index, key)
    if columns.event_time is not None:
        plan = replanning.change_time(plan, index, _column(table, columns.event_time))
    if columns.event_name is not None:
        plan = replanning.change_event_column(plan, index, _column(table, columns.event_name))
    elif table.event_column is None:
        texts = [c.column for c in table.columns if c.kind is Kind.TEXT and c.column != key]
        if named := naming.event_column(texts, table.table.name):
            plan = replanning.change_event_column(plan, index, named)
    return plan


def _of_nothing(table: TablePlan, columns: Columns) -> Columns:
    """Which columns are what in a table without rows, by their names; as a last resort those that were added to it."""
    names = [spoken_name(table, column) for column in table.columns]
    key = max(names, key=lambda name: naming.key_score(name, table.table.name))
    time = max(names, key=lambda name: naming.time_score(name, Kind.MOMENT))
    return replace(
        columns,
        event_person=columns.event_person or (key if naming.key_score(key, table.table.name) >= LIKELY else PERSON),
        event_time=columns.event_time or (time if naming.time_score(time, Kind.MOMENT) > 0 else TIME),
        event_name=columns.event_name or naming.event_column(names, table.table.name) or EVENT,
    )


def _names(plan: LoadPlan, audience: Audience, wanted: Demands) -> Names:
    """What the sources call otherwise than the catalogue does."""
    catalogue = audience.catalogue
    details = {p.name.casefold(): p.name for p in catalogue.properties}
    fields: dict[str, str] = {}
    properties: dict[str, str] = {}
    for table in plan.tables:
        for column in table.columns:
            spoken = spoken_name(table, column)
            if table.role is TableRole.PEOPLE and spoken != column.name:
                fields[spoken] = column.name
            known = details.get(column.name.casefold())
            if table.role is TableRole.EVENTS and known is not None and spoken != known:
                properties.setdefault(spoken, known)
    events = {event.name for event in catalogue.events}
    blanks = {name: name.strip() for name in wanted.events if name not in events and name.strip() in events}
    return Names(fields, properties, blanks)


def _references(
    segments: Mapping[str, Definition],
    lists: Mapping[str, Sequence[str]],
    audience: Audience,
    names: Names,
    origin: NamedDefinition | None,
) -> References:
    found = [NamedDefinition(name, name, renamed(definition, names)) for name, definition in segments.items()]
    has_email = audience.catalogue.with_role(Role.EMAIL) is not None
    by_name = [
        StaticList(
            id=name,
            name=name,
            by=ListedBy.EMAIL if has_email and values and all("@" in value for value in values) else ListedBy.ID,
            values=tuple(values),
        )
        for name, values in lists.items()
    ]
    return References(found, by_name, origin)


def _notes(audience: Audience) -> Iterable[str]:
    """What became of the data that is worth knowing, in sentences."""
    for report in audience.about.reports:
        for note in report.notes:
            yield f"{report.table}: {note}"
        for reason, rows in report.set_aside:
            yield f"{report.table}: {rows:,} {'row' if rows == 1 else 'rows'} set aside: {reason}."
        for column, cells, examples in report.misfits:
            shown = f", e.g. “{examples[0]}”" if examples else ""
            yield f"{report.table}: “{column}”: {cells:,} {'cell does' if cells == 1 else 'cells do'} not fit and are missing{shown}."


def open_workspace(
    home: Path, audience: str | None = None, *, as_of: str | datetime | None = None, zone: str | None = None
) -> Evaluation:
    """An audience of a workspace, by its name or id; without one the audience that was loaded last. Raises `NotFound`."""
    from segmentation.library import Library
    from segmentation.lists import Lists
    from segmentation.referring import Saved
    from segmentation.referring import named as as_named

    workspace, chosen = audience_of(home, audience)
    assert chosen.path is not None
    version = Audience(chosen.path)
    return Evaluation(
        version,
        clock_of(as_of, zone or workspace.settings().zone),
        catalogue=version.catalogue.edited(workspace.field_edits(chosen.id)),
        references=Saved(map(as_named, Library(workspace).find(chosen.id)), Lists(workspace), chosen.id),
        log=lambda what: workspace.log(what, audience=chosen.id),
    )


def audience_of(home: Path, audience: str | None = None) -> tuple[Workspace, AudienceEntry]:
    """A workspace and an audience of it that can be opened, found as `open_workspace` finds it."""
    from segmentation.workspace import Workspace

    if not (home / "handpick.sqlite").is_file():
        raise NotFound(f"There is no workspace in {home}: start the app there once, or name another with --home.")
    workspace = Workspace(home)
    entries = workspace.audiences()
    named = [e for e in entries if audience is None or e.id == audience] or [e for e in entries if e.name == audience]
    if audience is not None and not named:
        raise NotFound(f"There is no audience “{audience}”.{close_names(audience, [e.name for e in entries])}")
    if audience is not None and len(named) > 1:
        raise ChoiceError(
            f"{len(named)} audiences are called “{audience}”: name one by its id ({', '.join(e.id for e in named)})."
        )
    opened = [entry for entry in named if entry.path is not None]
    if not opened:
        raise HandpickError(named[0].problem) if named else NotFound(f"The workspace in {home} has no audience yet.")
    chosen = max(opened, key=lambda entry: entry.loaded_at.timestamp() if entry.loaded_at else 0.0)
    return workspace, chosen
