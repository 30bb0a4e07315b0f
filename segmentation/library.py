"""Saved segments: found, opened, kept without one tab overwriting another, deleted with a way back; and their files."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy import Connection, Row, and_, insert, select, update

from segmentation import metadata
from segmentation.catalogue import Model
from segmentation.definition import Definition
from segmentation.errors import ConflictError, LibraryError
from segmentation.workspace import Workspace

NAME_LENGTH = 120
FILE_LIMIT = 20 * 1024 * 1024
_T = metadata.SEGMENTS


class SavedSegment(Model):
    """A segment as it was last saved; times UTC. `revision` rises with each save."""

    id: str
    audience: str
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    definition: Definition
    revision: int
    created_at: datetime
    updated_at: datetime
    last_count: int | None = None
    last_counted_at: datetime | None = None
    deleted_at: datetime | None = None


class RevisionConflict(ConflictError):
    """Somebody saved in between: `theirs` is what they saved."""

    def __init__(self, theirs: SavedSegment) -> None:
        self.theirs = theirs
        super().__init__(
            f"“{theirs.name}” was saved elsewhere since you opened it, so yours was not saved over it. "
            "Keep yours as a copy, take theirs, or replace theirs knowingly."
        )


class SegmentFile(Model):
    """A segment as a file to keep or to hand on."""

    format: Literal["handpick.segment"] = "handpick.segment"
    version: Literal[1] = 1
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    definition: Definition


class Library:
    """The segments of a workspace; safe to share between threads and processes."""

    def __init__(self, workspace: Workspace) -> None:
        self._database = workspace.database

    def save_new(
        self, audience: str, name: str, definition: Definition, *, description: str = "", tags: tuple[str, ...] = ()
    ) -> SavedSegment:
        """Keep a new segment; raises `LibraryError` where the name is empty or taken."""
        now = datetime.now(UTC)
        with metadata.writing(self._database) as connection:
            segment = SavedSegment(
                id=secrets.token_hex(6),
                audience=audience,
                name=self._free_name(connection, audience, name),
                description=description.strip(),
                tags=_clean_tags(tags),
                definition=definition,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            connection.execute(insert(_T).values(**_stored(segment)))
        return segment

    def save(
        self,
        segment_id: str,
        *,
        based_on_revision: int,
        name: str,
        description: str,
        tags: tuple[str, ...],
        definition: Definition,
    ) -> SavedSegment:
        """Save over the revision this work began with; raises `RevisionConflict` where it has moved, and saves nothing."""
        with metadata.writing(self._database) as connection:
            current = self._get(connection, segment_id)
            if current.revision != based_on_revision:
                raise RevisionConflict(current)
            segment = current.model_copy(
                update={
                    "name": self._free_name(connection, current.audience, name, but=segment_id),
                    "description": description.strip(),
                    "tags": _clean_tags(tags),
                    "definition": definition,
                    "revision": current.revision + 1,
                    "updated_at": datetime.now(UTC),
                    "deleted_at": None,
                }
            )
            connection.execute(update(_T).where(_T.c.id == segment_id).values(**_stored(segment)))
        return segment

    def get(self, segment_id: str) -> SavedSegment:
        """The segment of this id; raises `LibraryError`."""
        with self._database.connect() as connection:
            return self._get(connection, segment_id)

    def find(self, audience: str, text: str = "", tag: str | None = None) -> tuple[SavedSegment, ...]:
        """The living segments of an audience that have `text` in name, description or a tag; the latest saved first."""
        living = and_(_T.c.audience == audience, _T.c.deleted_at.is_(None))
        with self._database.connect() as connection:
            rows = connection.execute(select(_T).where(living).order_by(_T.c.updated_at.desc(), _T.c.id)).all()
        needle = text.strip().lower()
        return tuple(
            segment
            for segment in map(_segment, rows)
            if (tag is None or tag in segment.tags)
            and any(needle in words.lower() for words in (segment.name, segment.description, *segment.tags))
        )

    def tags(self, audience: str) -> tuple[str, ...]:
        """All tags in use."""
        return tuple(sorted({tag for segment in self.find(audience) for tag in segment.tags}, key=str.lower))

    def duplicate(self, segment_id: str) -> SavedSegment:
        """Keep a copy under a name of its own."""
        original = self.get(segment_id)
        taken = {segment.name.lower() for segment in self.find(original.audience)}
        name = _next_free(f"Copy of {original.name}"[:NAME_LENGTH], taken)
        return self.save_new(
            original.audience, name, original.definition, description=original.description, tags=original.tags
        )

    def delete(self, segment_id: str) -> None:
        """Take a segment out of the lists; `restore` brings it back."""
        with metadata.writing(self._database) as connection:
            self._get(connection, segment_id)
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(update(_T).where(_T.c.id == segment_id).values(deleted_at=now))

    def restore(self, segment_id: str) -> SavedSegment:
        """Bring a deleted segment back, under another name where its own was taken since."""
        with metadata.writing(self._database) as connection:
            segment = self._get(connection, segment_id)
            name = _next_free(segment.name, self._taken(connection, segment.audience, but=segment_id))
            connection.execute(update(_T).where(_T.c.id == segment_id).values(deleted_at=None, name=name))
        return segment.model_copy(update={"deleted_at": None, "name": name})

    def remember_count(self, segment_id: str, count: int, at: datetime) -> None:
        """Note how many people were in; no new revision."""
        with metadata.writing(self._database) as connection:
            values = {"last_count": count, "last_counted_at": at.astimezone(UTC).replace(tzinfo=None)}
            connection.execute(update(_T).where(_T.c.id == segment_id).values(**values))

    def _get(self, connection: Connection, segment_id: str) -> SavedSegment:
        row = connection.execute(select(_T).where(_T.c.id == segment_id)).one_or_none()
        if row is None:
            raise LibraryError("This segment is not in the workspace any more.")
        return _segment(row)

    def _taken(self, connection: Connection, audience: str, but: str | None) -> set[str]:
        living = and_(_T.c.audience == audience, _T.c.deleted_at.is_(None), _T.c.id != (but or ""))
        return {name.lower() for (name,) in connection.execute(select(_T.c.name).where(living))}

    def _free_name(self, connection: Connection, audience: str, name: str, but: str | None = None) -> str:
        clean = " ".join(name.split())
        if not clean:
            raise LibraryError("Give the segment a name.")
        if len(clean) > NAME_LENGTH:
            raise LibraryError(f"The name is too long: at most {NAME_LENGTH} letters.")
        taken = self._taken(connection, audience, but)
        if clean.lower() in taken:
            raise LibraryError(f"There is a segment “{clean}” already. Free: “{_next_free(clean, taken)}”.")
        return clean


def _next_free(name: str, taken: set[str]) -> str:
    number, found = 2, name
    while found.lower() in taken:
        found = f"{name[: NAME_LENGTH - 5]} {number}"
        number += 1
    return found


def _clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clean for tag in tags if (clean := " ".join(tag.split())[:60])))


def _stored(segment: SavedSegment) -> dict[str, Any]:
    """The row of a segment; times without zone, as SQLite keeps none."""
    times = ("created_at", "updated_at", "last_counted_at", "deleted_at")
    naive = {
        name: moment.astimezone(UTC).replace(tzinfo=None) if (moment := getattr(segment, name)) is not None else None
        for name in times
    }
    return {
        **segment.model_dump(exclude={"definition", "tags", *times}),
        **naive,
        "definition": segment.definition.model_dump_json(),
        "tags": json.dumps(segment.tags),
    }


def _segment(row: Row[Any]) -> SavedSegment:
    values = dict(row._mapping)
    for name in ("created_at", "updated_at", "last_counted_at", "deleted_at"):
        values[name] = values[name].replace(tzinfo=UTC) if values[name] is not None else None
    try:
        values["definition"] = Definition.model_validate_json(values["definition"])
    except ValidationError as error:
        raise LibraryError(f"The saved segment “{values['name']}” cannot be read by this Handpick.") from error
    values["tags"] = tuple(json.loads(values["tags"]))
    return SavedSegment(**values)


def export_json(segment: SavedSegment) -> bytes:
    """A segment as a file, readable and complete."""
    file = SegmentFile(
        name=segment.name, description=segment.description, tags=segment.tags, definition=segment.definition
    )
    return (file.model_dump_json(indent=2) + "\n").encode()


def import_json(content: bytes) -> SegmentFile:
    """The segment in a file; raises `LibraryError` naming every place that is wrong."""
    if len(content) > FILE_LIMIT:
        raise LibraryError("This file is larger than 20 MB, so it is no segment definition.")
    try:
        return SegmentFile.model_validate_json(content)
    except ValidationError as error:
        places = []
        for problem in error.errors()[:10]:
            place = " > ".join(str(part) for part in problem["loc"] if part not in ("group", "field", "event"))
            places.append(f"{place}: {problem['msg']}" if place else problem["msg"])
        raise LibraryError(f"This is no segment definition that Handpick can read. {'; '.join(places)}.") from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `SegmentFile`."""
    return SegmentFile.model_json_schema()


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))
