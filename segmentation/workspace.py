"""The workspace folder: audiences with their sources, exports, settings; everything that survives a restart.

<home>/handpick.sqlite           settings, field names, saved segments
<home>/audiences/<id>/           versions (see `audience`) and sources/ with the staged tables
<home>/staging/  exports/  trash/
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sqlite3
import threading
import time
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import platformdirs
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import OperationalError

from segmentation import metadata
from segmentation.audience import Live, version_paths
from segmentation.catalogue import FieldEdit
from segmentation.errors import AudienceError, HandpickError, LibraryError, LoadError, close_names
from segmentation.lending import about_of
from segmentation.plan import LoadPlan
from segmentation.settings import Settings, local_zone

STAGING_KEPT_SECONDS = 86_400
EXPORTS_KEPT_SECONDS = 86_400
DAMAGED_KEPT_SECONDS = 30  # then it is looked at again
REASONS = {
    "locked": "another Handpick is saving. Try again in a moment.",
    "full": "the disk is full. Make room, then try again.",
    "readonly": "the workspace folder may not be written to. Check who owns it.",
}


@dataclass(frozen=True)
class AudienceEntry:
    """An audience in the list. `path` is its current version; None, with `problem` saying why, where it cannot be opened."""

    id: str
    name: str
    path: Path | None
    loaded_at: datetime | None  # UTC
    people: int = 0
    events: int = 0
    problem: str = ""
    sources: int = 0  # tables that it was read from
    live: Live | None = None


def _reason(error: BaseException | None) -> str:
    """Why SQLite refused; its first error counts, as a rollback that finds nothing to roll back adds another."""
    said = []
    while error is not None:
        said += [str(error)] if isinstance(error, sqlite3.Error) else []
        error = error.__context__
    return next((words for sign, words in REASONS.items() if sign in said[-1]), f"{said[-1]}.")


class Workspace:
    """One folder; safe to share between threads and processes."""

    def __init__(self, home: Path) -> None:
        """Open the folder, making what is missing, readable by its owner only."""
        self.home = home
        for folder in (home, *(home / name for name in ("audiences", "staging", "exports", "trash"))):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its log the rights of the database; without this they would be everybody's to read.
        (home / "handpick.sqlite").touch(mode=0o600)
        self._entries: dict[Path, AudienceEntry] = {}
        self._damaged: dict[Path, tuple[float, AudienceEntry]] = {}
        self._listing = threading.Lock()
        weakref.finalize(self, self._enter().close)
        self.database = metadata.opened(home / "handpick.sqlite")

    @staticmethod
    def default_home() -> Path:
        """`HANDPICK_HOME`, else the user's data folder."""
        home = os.environ.get("HANDPICK_HOME") or platformdirs.user_data_dir("handpick", appauthor=False)
        return Path(home).expanduser()

    @staticmethod
    def default() -> Workspace:
        """The workspace in the default folder."""
        return Workspace(Workspace.default_home())

    def _enter(self) -> sqlite3.Connection:
        """Clean up if nobody else has the workspace open; then hold a lock, as long as this object lives, that says “in use”.

        The system lets go of the lock when the process ends, however it ends.
        """
        lock = sqlite3.connect(self.home / ".in-use", timeout=0, isolation_level=None, check_same_thread=False)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            pass  # what the others deleted, they can still bring back
        else:
            self._clean()
            lock.execute("COMMIT")
        lock.execute("PRAGMA busy_timeout = 60000")
        lock.execute("BEGIN")
        lock.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return lock

    def _clean(self) -> None:
        """Forget what earlier runs left behind: deleted audiences, killed loads, old staging folders and lists."""
        # The folder itself stays: others may be making sure of it just now.
        for deleted in (self.home / "trash").iterdir():
            shutil.rmtree(deleted, ignore_errors=True)
        loaded = (folder for folder in (self.home / "audiences").iterdir() if not version_paths(folder))
        for left in (*(self.home / "staging").iterdir(), *loaded):
            with suppress(OSError):
                touched = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
                if time.time() - touched > STAGING_KEPT_SECONDS:
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
        for file in (self.home / "exports").iterdir():
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > EXPORTS_KEPT_SECONDS:
                    file.unlink()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the workspace's database; raises `LibraryError` where nothing could be saved."""
        try:
            with metadata.writing(self.database) as connection:
                yield connection
        except OperationalError as error:
            raise LibraryError(f"Nothing was saved: {_reason(error)}") from error

    # Audiences

    def audiences(self) -> tuple[AudienceEntry, ...]:
        """All audiences, by name; a damaged one has a `problem` and does not hide the others."""
        entries = []
        for folder in (self.home / "audiences").iterdir():
            versions = version_paths(folder)
            if versions:
                entries.append(self._entry(folder.name, versions[-1]))
        return tuple(sorted(entries, key=lambda entry: (entry.name.lower(), entry.id)))

    def _entry(self, audience: str, path: Path) -> AudienceEntry:
        with self._listing:
            known = self._entries.get(path)
            if known is not None:
                return known
            looked, damaged = self._damaged.get(path, (0.0, None))
            if damaged is not None and time.monotonic() - looked < DAMAGED_KEPT_SECONDS:
                return damaged
            try:
                entry = self._looked_at(audience, path)
            except (AudienceError, OSError) as error:
                reason = str(error) if isinstance(error, AudienceError) else f"The file {path.name} cannot be read."
                damaged = AudienceEntry(audience, audience, None, None, problem=reason)
                self._damaged[path] = time.monotonic(), damaged
                return damaged
            self._entries = {p: e for p, e in self._entries.items() if p.parent != path.parent} | {path: entry}
            return entry

    def _looked_at(self, audience: str, path: Path) -> AudienceEntry:
        """What a version says of itself."""
        about = about_of(path)
        counts = about.people, about.events, "", len(about.plan.tables)
        return AudienceEntry(audience, about.name, path, about.loaded_at, *counts, about.live)

    def current_version(self, audience: str) -> Path:
        """The newest version of an audience; raises `AudienceError` where there is none."""
        versions = version_paths(self._at("audiences", audience))
        if not versions:
            near = close_names(audience, (folder.name for folder in (self.home / "audiences").iterdir()))
            raise AudienceError(f"There is no audience “{audience}”.{near}")
        return versions[-1]

    def new_audience_id(self, name: str) -> str:
        """A folder name that is free: letters of the name and a few random ones."""
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:40] or "audience"
        return f"{slug}-{secrets.token_hex(3)}"

    def _at(self, folder: str, audience: str) -> Path:
        """Where an audience is or would be; raises `AudienceError` for a name that is no id."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", audience):
            raise AudienceError(f"“{audience}” is not the name of an audience.")
        return self.home / folder / audience

    def audience_folder(self, audience: str) -> Path:
        """The folder of an audience, made if need be; raises `AudienceError` for a name that is no id."""
        folder = self._at("audiences", audience)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def delete_audience(self, audience: str) -> None:
        """Take an audience away; `restore_audience` brings it back until the next start. A second time changes nothing."""
        source, target = self._at("audiences", audience), self._at("trash", audience)
        if target.exists() and not version_paths(source):
            return
        self.current_version(audience)
        try:
            shutil.rmtree(target, ignore_errors=True)
            source.rename(target)
        except OSError as error:
            raise AudienceError("The audience is in use and was not deleted. Try again in a moment.") from error

    def restore_audience(self, audience: str) -> None:
        """Bring a deleted audience back; raises `AudienceError` where it is gone for good."""
        source, target = self._at("trash", audience), self._at("audiences", audience)
        if not source.exists():
            if version_paths(target):
                return
            raise AudienceError("This audience is gone for good: Handpick was started again since it was deleted.")
        try:
            source.rename(target)
        except OSError as error:
            raise AudienceError(
                "The audience was loaded again in the meantime, so the old one stays deleted."
            ) from error

    # Sources

    def staging_folder(self) -> Path:
        """A new folder for tables that are being read."""
        folder = self.home / "staging" / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        return folder

    def adopt_sources(self, plan: LoadPlan, audience: str) -> LoadPlan:
        """Keep the plan's staged tables beside the audience, so that it can be built again; the plan with the new paths."""
        target = self.audience_folder(audience) / "sources"
        target.mkdir(mode=0o700, exist_ok=True)
        tables = []
        for table in plan.tables:
            kept = table.table
            moved = {file: self._adopted(file, target, kept.name) for file in kept.files}
            kept = kept.model_copy(update={"path": moved[kept.path], "rejects": kept.rejects and moved[kept.rejects]})
            tables.append(table.model_copy(update={"table": kept}))
        return plan.model_copy(update={"tables": tuple(tables)})

    @staticmethod
    def _adopted(path: Path, folder: Path, name: str) -> Path:
        """Where a staged file is in `folder`, put there if need be."""
        if path.parent == folder:
            return path
        if not path.is_file():
            raise LoadError(f"What was read from {name} has been removed. Read it again.")
        moved = folder / f"{secrets.token_hex(4)}-{path.name}"
        try:
            os.link(path, moved)  # the staged file stays: a cancelled load can be tried again
        except OSError:  # another file system
            shutil.copyfile(path, moved)
        return moved

    def drop_unused(self, audience: str, plan: LoadPlan | None) -> None:
        """Remove staged tables beside an audience that `plan` does not use; the whole folder where nothing was published."""
        folder = self.audience_folder(audience)
        if not version_paths(folder):
            shutil.rmtree(folder, ignore_errors=True)
            return
        used = {file for table in plan.tables for file in table.table.files} if plan is not None else set()
        for path in (folder / "sources").glob("*"):
            if path not in used:
                path.unlink(missing_ok=True)

    def drop_staged(self, plan: LoadPlan) -> None:
        """Remove what was read for a plan that is loaded or given up; what stands beside an audience stays."""
        staging = self.home / "staging"
        for path in (table.table.path for table in plan.tables):
            if path.is_relative_to(staging) and len(parts := path.relative_to(staging).parts) > 1:
                shutil.rmtree(staging / parts[0], ignore_errors=True)

    def exports_folder(self) -> Path:
        """Where lists are written."""
        return self.home / "exports"

    # Settings

    def settings(self) -> Settings:
        """The settings as last kept; at first the machine's time zone."""
        table = metadata.SETTINGS
        with self.database.connect() as connection:
            rows = connection.execute(select(table.c.name, table.c.value)).all()
        known = {name: json.loads(value) for name, value in rows if name in Settings.model_fields}
        return Settings.model_validate({"zone": local_zone(), **known})

    def set_settings(self, settings: Settings) -> None:
        """Keep settings; raises HandpickError for a time zone that does not exist."""
        try:
            ZoneInfo(settings.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            near = close_names(settings.zone, available_timezones())
            raise HandpickError(f"There is no time zone “{settings.zone}”.{near}") from error
        with self.writing() as connection:
            for name, value in settings.model_dump(mode="json").items():
                self._put(connection, metadata.SETTINGS, {"name": name}, {"value": json.dumps(value)})

    def field_edits(self, audience: str) -> dict[str, FieldEdit]:
        """What the marketer changed about the fields of an audience."""
        table = metadata.FIELD_EDITS
        with self.database.connect() as connection:
            rows = connection.execute(select(table.c.field, table.c.edit).where(table.c.audience == audience)).all()
        return {field: FieldEdit.model_validate_json(edit) for field, edit in rows}

    def set_field_edits(self, audience: str, edits: dict[str, FieldEdit]) -> None:
        """Keep what these edits say; what they leave unsaid stays as it is kept, whoever changed it."""
        table = metadata.FIELD_EDITS
        with self.writing() as connection:
            for field, edit in edits.items():
                found = select(table.c.edit).where(table.c.audience == audience, table.c.field == field)
                kept = FieldEdit.model_validate_json(connection.execute(found).scalar() or "{}")
                merged = kept.model_copy(update=edit.model_dump(exclude_unset=True))
                key = {"audience": audience, "field": field}
                self._put(connection, table, key, {"edit": merged.model_dump_json()})

    def forget_field_edits(self, audience: str) -> None:
        """Back to what was guessed."""
        table = metadata.FIELD_EDITS
        with self.writing() as connection:
            connection.execute(delete(table).where(table.c.audience == audience))

    def log(self, what: str, **about: str) -> None:
        """Note something that must be accounted for later; without personal data."""
        with self.writing() as connection:
            connection.execute(
                insert(metadata.LOG).values(
                    at=datetime.now(UTC).replace(tzinfo=None), what=what, about=json.dumps(about), done=True
                )
            )

    @staticmethod
    def _put(connection: Connection, table: Any, key: dict[str, str], values: dict[str, str]) -> None:
        statement = upsert(table).values(**key, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
