"""An audience that events come into live: each new version is its base and, over it, all of the log that the base does not have.

A version is published about a second after what it brings; when what lies over the base has grown large, both become a new base
beside, and the next version lies over that.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from segmentation import inbox
from segmentation.arriving import Columns
from segmentation.audience import INTERNAL, AudienceAbout, Live, attach_base, numbered, quoted, version_paths
from segmentation.catalogue import Catalogue, EventProperty, Field, Kind, Role, Theme
from segmentation.cataloguing import summaries
from segmentation.errors import LoadError
from segmentation.folding import LINK
from segmentation.inbox import Batch, log_path
from segmentation.jobs import QUIET
from segmentation.lending import about_of
from segmentation.overlay import NOTED, Overlay
from segmentation.plan import LoadPlan, Progress
from segmentation.publishing import prune, publish, publishing, synced
from segmentation.recounting import recounted
from segmentation.remending import TOLD
from segmentation.saved import saved_folder
from segmentation.staged import workbench

GROWN = 100_000  # rows over the base from which both become a new base …
SHARE = 0.05  # … or this share of the base, if that is more
EMPTY = (
    Field(name="user_id", label="User ID", kind=Kind.TEXT, theme=Theme.IDENTITY, role=Role.PERSON_ID),
    Field(name="first_seen", label="First seen", kind=Kind.MOMENT, theme=Theme.BEHAVIOURAL),
    Field(name="last_seen", label="Last seen", kind=Kind.MOMENT, theme=Theme.BEHAVIOURAL),
    Field(name="events", label="Events", kind=Kind.NUMBER, theme=Theme.BEHAVIOURAL),
)
"""The fields of an audience that begins with nobody."""


def begin(folder: Path, name: str, zone: str) -> Path:
    """Publish an audience without anybody, for what will come in live."""
    about = AudienceAbout(
        name=name, people=0, events=0, loaded_at=datetime.now(UTC), zone=zone,
        catalogue=Catalogue(fields=EMPTY), plan=LoadPlan(tables=()), reports=(), live=Live(),
    )  # fmt: skip
    with written(folder) as loading:
        with workbench(QUIET, loading, read=()) as connection:
            connection.execute(
                "CREATE TABLE people (_row UINTEGER, user_id VARCHAR, first_seen TIMESTAMP, last_seen TIMESTAMP, events BIGINT)"
            )
            connection.execute("CREATE TABLE events (_row UINTEGER, _name VARCHAR, _time TIMESTAMP)")
            _say(connection, about)
        return publish(loading, folder)


@dataclass(frozen=True)
class Rebased:
    """A new base, and the name of the one from which it was made."""

    file: Path
    origin: str


@dataclass(frozen=True)
class Published:
    """A version that was just published, and what it says of itself."""

    path: Path
    about: AudienceAbout


def bring_in(folder: Path, progress: Progress = QUIET, rebased: Rebased | None = None) -> Published | None:
    """Publish what the log has beyond the newest version, over a new base if there is one; returns the version, None for nothing new.

    A new base of what the newest version does not lie over any more is removed. Raises `LoadError`, `AudienceError`, `Cancelled`.
    """
    with publishing(folder):
        current = version_paths(folder)[-1]
        about = about_of(current)
        live = about.live or Live()
        if rebased is not None and rebased.origin != live.base:
            rebased.file.unlink()
            rebased = None
        if rebased is not None:
            about = about_of(rebased.file)
            live = about.live or Live()
        batches = inbox.read(log_path(folder), live.end)
        first = next(batches, None)
        if first is None and rebased is None:
            return None
        news = chain([first] if first is not None else [], batches)
        with written(folder) as loading:
            if rebased is not None:
                base = rebased.file
            elif live.base:
                base = folder / live.base
                shutil.copyfile(current, loading)
            else:
                base = _linked(current)
            about = lay(loading, base, about, news, progress)
            published = publish(loading, folder)
        prune(folder, base)
        return Published(published, about)


@contextmanager
def written(folder: Path) -> Iterator[Path]:
    """A name for a file that is being written; what is left of it at the end goes. Raises `LoadError` where it cannot be written."""
    loading = folder / f"live-{secrets.token_hex(6)}.loading"
    try:
        yield loading
    except OSError as error:
        raise LoadError(
            f"What came in live cannot be written: {error.strerror or error}. Check the disk and its rights."
        ) from error
    finally:
        for path in (loading, loading.with_name(loading.name + ".wal")):
            path.unlink(missing_ok=True)


def new_base(folder: Path) -> Path:
    """A free name for a base."""
    return folder / f"base-{secrets.token_hex(6)}.duckdb"


def _linked(version: Path) -> Path:
    """A version as a base, with its arrays, which stays when the version goes."""
    base = new_base(version.parent)
    try:
        os.link(version, base)
        with suppress(OSError, shutil.Error):  # without them they are made anew
            shutil.copytree(saved_folder(version), saved_folder(base), copy_function=os.link)
    except OSError:  # no links on this disk
        shutil.copyfile(version, base)
    return base


def lay(loading: Path, base: Path, about: AudienceAbout, batches: Iterable[Batch], progress: Progress) -> AudienceAbout:
    """Write a version over a base: messages taken in where `loading` is a version over it already, else over the base alone.

    `about` is what the base, or that version, says of itself; returns what this one says.
    """
    new = not loading.exists()
    live = about.live or Live()
    with workbench(progress, loading, read=(base, loading)) as connection:
        attach_base(connection, base)
        overlay = Overlay(connection, about, new=new)
        end, messages = live.end, live.messages
        for batch in batches:
            progress("Adding what came in live")
            overlay.take(batch.messages)
            end, messages = batch.end, messages + len(batch.messages)
        overlay.finish()
        (rows,) = connection.execute(
            "SELECT (SELECT count(*) FROM touched.people) + count(*) FROM touched.events"
        ).fetchone() or (0,)
        (waiting,) = connection.execute(
            "SELECT count(*) FROM handpick_waiting ANTI JOIN handpick_bound USING (identity) WHERE NOT starts_with(raw, ?)",
            [json.dumps({LINK: ""}).removesuffix('""}')],
        ).fetchone() or (0,)
        (newest,) = connection.execute("SELECT max(_time) FROM touched.added").fetchone() or (None,)
        times = [time.replace(tzinfo=UTC) for time in (about.newest_event, newest) if time is not None]
        laid = Live(
            base=base.name,
            end=end,
            messages=messages,
            waiting=waiting,
            unjoined=live.unjoined + overlay.unjoined,
            rows=rows,
            misfits=tuple(sorted((overlay.people.misfits + overlay.events.misfits).items())),
            left_out=tuple(sorted(overlay.people.left_out | overlay.events.left_out)),
        )
        said = about.model_copy(
            update={
                "people": overlay.size,
                "events": about.events + overlay.added,
                "newest_event": max(times, default=None),
                "catalogue": _catalogue(connection, overlay, progress),
                "live": laid,
            }
        )
        _say(connection, said)
    return said


def _say(connection: duckdb.DuckDBPyConnection, about: AudienceAbout) -> None:
    connection.execute("CREATE OR REPLACE TABLE handpick_audience (about VARCHAR)")
    connection.execute("INSERT INTO handpick_audience VALUES (?)", [about.model_dump_json()])
    connection.execute("CHECKPOINT")


def _catalogue(connection: duckdb.DuckDBPyConnection, overlay: Overlay, progress: Progress) -> Catalogue:
    """The catalogue with what has changed counted anew."""
    events = sorted(overlay.happened.values(), key=lambda event: (-event.count, event.name))
    order = {event.name: place for place, event in enumerate(events)}
    renewed = _recounted(connection, overlay)
    of_events = _summaries(connection, "events", overlay.events, overlay.brought.keys() - renewed.keys(), progress)
    return Catalogue(
        fields=tuple(_summaries(connection, "people", overlay.people, overlay.renewed, progress)),
        events=tuple(events),
        properties=tuple(
            renewed.get(one.name, one).model_copy(
                update={
                    "events": tuple(sorted({*one.events, *overlay.brought.get(one.name, ())}, key=order.__getitem__))
                }
            )
            for one in of_events
        ),
    )


def _recounted(connection: duckdb.DuckDBPyConnection, overlay: Overlay) -> dict[str, EventProperty]:
    """Those details of which what came tells all that is new; a number that is stored otherwise now is written otherwise."""
    found = {}
    added, place = numbered("touched.added", overlay.events.known)
    for name in overlay.brought:
        column = overlay.events.known[name]
        if isinstance(column.named, EventProperty) and overlay.types.get(name, column.type) == column.type:
            one = recounted(connection, column.named, column.type, f"{added} WHERE {place} >= {overlay.first}")
            if one is not None:
                found[name] = one
    return found


def _summaries(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Columns, renewed: Set[str], progress: Progress
) -> list[Any]:
    """What the columns hold, counted anew where that has changed."""
    asked = [(name, column.named.kind, column.type) for name, column in columns.known.items() if name in renewed]
    found = summaries(connection, table, asked, progress)
    named = []
    for name, column in columns.known.items():
        one = column.named
        if name in found:
            told = vars(found[name])
            one = one.model_copy(
                update={key: told[key] for key in ("filled", "distinct", "top", "low", "high") if hasattr(one, key)}
            )
        named.append(one)
    return named


def has_grown(about: AudienceAbout) -> bool:
    """Whether so much lies over the base that both should become a new one."""
    live = about.live
    return live is not None and bool(live.base) and live.rows > max(GROWN, SHARE * (about.people + about.events))


def rebase(folder: Path, progress: Progress = QUIET) -> Rebased:
    """Write a base of all that the newest version has; versions go on being published meanwhile. Raises as `bring_in`."""
    current = version_paths(folder)[-1]
    about = about_of(current)
    live = about.live or Live()
    with written(folder) as loading:
        shutil.copyfile(current, loading)
        with workbench(progress, loading) as connection:
            attach_base(connection, folder / live.base)
            progress("Tidying up what came in live")
            run = connection.execute
            run(f"SET threads = {max(1, (os.cpu_count() or 1) // 2)}")  # versions are written meanwhile
            details = [detail.name for detail in about.catalogue.properties]
            events, place = numbered("events", details)
            columns = ", ".join(map(quoted, (*INTERNAL, *details)))
            made = {
                "people": "SELECT * FROM people ORDER BY _row",
                "events": f"SELECT {columns} FROM {events} ORDER BY _name, _time, {place}",
                "handpick_bound": "SELECT identity, arg_min(person, place) AS person FROM (SELECT *, 0 AS place FROM touched.bound "
                "UNION ALL SELECT *, 1 FROM handpick_bound) GROUP BY identity",
                "handpick_waiting": "SELECT * FROM handpick_waiting ANTI JOIN handpick_bound USING (identity)",
            }
            kept = [*NOTED, TOLD]
            noted = run("SELECT view_name FROM duckdb_views() WHERE list_contains(?, view_name)", [kept]).fetchall()
            made |= {name: f"SELECT * FROM {name}" for (name,) in noted}
            for name, query in made.items():
                run(f"CREATE TABLE made_{name} AS {query}")
            for name in made:
                run(f"DROP VIEW {name}")
                run(f"ALTER TABLE made_{name} RENAME TO {name}")
            run("DROP SCHEMA touched CASCADE")
            _say(connection, about.model_copy(update={"live": live.model_copy(update={"base": "", "rows": 0})}))
        synced(loading)
        base = new_base(folder)
        os.replace(loading, base)
    return Rebased(base, live.base)
