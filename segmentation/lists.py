"""Static lists: ids or e-mail addresses pasted or uploaded once, to be named in any segment."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update

from segmentation import metadata
from segmentation.catalogue import Model
from segmentation.errors import LibraryError
from segmentation.references import ListedBy, StaticList
from segmentation.workspace import Workspace

NAME_LENGTH, LARGEST = 120, 1_000_000
_T = metadata.LISTS


class ListEntry(Model):
    """A list without its entries; `updated_at` UTC."""

    id: str
    name: str
    by: ListedBy
    size: int
    updated_at: datetime


def entries(text: str) -> tuple[str, ...]:
    """The entries of a pasted text or file: one a line, or parted by commas, semicolons or tabs; each once, blanks cut off."""
    found: dict[str, None] = {}
    for line in text.replace("\ufeff", "").splitlines():
        for part in line.replace(";", ",").replace("\t", ",").split(","):
            entry = part.strip().strip("\"'").strip()
            if entry:
                found[entry] = None
    return tuple(found)


def guessed_by(values: Iterable[str]) -> ListedBy:
    """E-mail addresses where most entries have an @."""
    known = tuple(values)
    return ListedBy.EMAIL if sum("@" in value for value in known) * 2 > len(known) else ListedBy.ID


class Lists:
    """The static lists of a workspace; safe to share between threads and processes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._database = workspace.database

    def save(self, audience: str, name: str, by: ListedBy, values: tuple[str, ...]) -> ListEntry:
        """Keep a list; one of the same name gets the new entries and keeps its id. Raises `LibraryError`."""
        name = " ".join(name.split())
        if not name or len(name) > NAME_LENGTH:
            raise LibraryError(f"Give the list a name of at most {NAME_LENGTH} letters.")
        if not values:
            raise LibraryError("This list has no entries: write one id or e-mail address a line.")
        if len(values) > LARGEST:
            raise LibraryError(
                f"This list has {len(values):,} entries; at most {LARGEST:,} fit. Load it as a table instead."
            )
        now = datetime.now(UTC).replace(tzinfo=None)
        row = {"by": by.value, "entries": json.dumps(values), "size": len(values), "updated_at": now}
        with self._workspace.writing() as connection:
            same = select(_T.c.id, _T.c.name).where(_T.c.audience == audience)
            taken = {known.casefold(): list_id for list_id, known in connection.execute(same)}
            list_id = taken.get(name.casefold())
            if list_id is None:
                list_id = secrets.token_hex(6)
                connection.execute(insert(_T).values(id=list_id, audience=audience, name=name, **row))
            else:
                connection.execute(update(_T).where(_T.c.id == list_id).values(**row))
        return ListEntry(id=list_id, name=name, by=by, size=len(values), updated_at=now.replace(tzinfo=UTC))

    def find(self, audience: str) -> tuple[ListEntry, ...]:
        """The lists of an audience by name, without their entries."""
        columns = select(_T.c.id, _T.c.name, _T.c.by, _T.c.size, _T.c.updated_at).where(_T.c.audience == audience)
        with self._database.connect() as connection:
            rows = connection.execute(columns).all()
        found = (
            ListEntry(id=i, name=name, by=ListedBy(by), size=size, updated_at=at.replace(tzinfo=UTC))
            for i, name, by, size, at in rows
        )
        return tuple(sorted(found, key=lambda entry: entry.name.casefold()))

    def get(self, list_id: str) -> StaticList:
        """A list with its entries; raises `LibraryError`."""
        with self._database.connect() as connection:
            row = connection.execute(select(_T.c.name, _T.c.by, _T.c.entries).where(_T.c.id == list_id)).one_or_none()
        if row is None:
            raise LibraryError("This list is not in the workspace any more.")
        return StaticList(id=list_id, name=row[0], by=ListedBy(row[1]), values=tuple(json.loads(row[2])))

    def delete(self, list_id: str) -> StaticList:
        """Take a list out and return it, so that it can be saved again; raises `LibraryError`."""
        found = self.get(list_id)
        with self._workspace.writing() as connection:
            connection.execute(delete(_T).where(_T.c.id == list_id))
        return found

    def restore(self, audience: str, static: StaticList) -> None:
        """Bring back a list that was deleted, under its id."""
        now = datetime.now(UTC).replace(tzinfo=None)
        with self._workspace.writing() as connection:
            connection.execute(delete(_T).where(_T.c.id == static.id))
            connection.execute(
                insert(_T).values(
                    id=static.id,
                    audience=audience,
                    name=static.name,
                    by=static.by.value,
                    entries=json.dumps(static.values),
                    size=len(static.values),
                    updated_at=now,
                )
            )
