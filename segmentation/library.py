"""Saved segments: found, opened, kept without one tab overwriting another, deleted with a way back; and their files."""

from __future__ import annotations

import json
import logging
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, and_, func, insert, select, update

from segmentation import metadata
from segmentation.catalogue import Model
from segmentation.definition import Definition
from segmentation.errors import ConflictError, DefinitionError, LibraryError, Problem
from segmentation.reading import TOO_DEEP, SegmentFile, as_json, kept_text, problem_of, read_definition, too_deep
from segmentation.workspace import Workspace

NAME_LENGTH, DESCRIPTION_LENGTH, TAG_LENGTH = 120, 5_000, 60
FILE_LIMIT = 20 * 1024 * 1024
SHOWN_PROBLEMS = 20
_T = metadata.SEGMENTS
_log = logging.getLogger("handpick")


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


class Library:
    """The segments of a workspace; safe to share between threads and processes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._database = workspace.database

    def save_new(
        self, audience: str, name: str, definition: Definition, *, description: str = "", tags: tuple[str, ...] = ()
    ) -> SavedSegment:
        """Keep a new segment; raises `LibraryError` where the name is empty or taken."""
        now = datetime.now(UTC)
        with self._workspace.writing() as connection:
            segment = SavedSegment(
                id=secrets.token_hex(6),
                audience=audience,
                name=self._free_name(connection, audience, name),
                description=_checked(description.strip(), "description", DESCRIPTION_LENGTH),
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
        with self._workspace.writing() as connection:
            current = self._get(connection, segment_id)
            if current.revision != based_on_revision:
                raise RevisionConflict(current)
            segment = current.model_copy(
                update={
                    "name": self._free_name(connection, current.audience, name, but=segment_id),
                    "description": _checked(description.strip(), "description", DESCRIPTION_LENGTH),
                    "tags": _clean_tags(tags),
                    "definition": definition,
                    "revision": current.revision + 1,
                    "updated_at": datetime.now(UTC),
                    "deleted_at": None,
                    # A count belongs to the definition it was made with.
                    **({} if definition == current.definition else {"last_count": None, "last_counted_at": None}),
                }
            )
            connection.execute(update(_T).where(_T.c.id == segment_id).values(**_stored(segment)))
        return segment

    def get(self, segment_id: str) -> SavedSegment:
        """The segment of this id; raises `LibraryError`."""
        with self._database.connect() as connection:
            return self._get(connection, segment_id)

    def find(
        self, audience: str, text: str = "", tag: str | None = None, *, include_deleted: bool = False
    ) -> tuple[SavedSegment, ...]:
        """The segments of an audience that have `text` in name, description or a tag; the latest saved first."""
        wanted = _T.c.audience == audience
        if not include_deleted:
            wanted = and_(wanted, _T.c.deleted_at.is_(None))
        with self._database.connect() as connection:
            rows = connection.execute(select(_T).where(wanted).order_by(_T.c.updated_at.desc(), _T.c.id)).all()
        needle, found = text.strip().casefold(), []
        for row in rows:
            try:
                segment = _segment(row)
            except LibraryError:  # one damaged segment does not hide the others; `get` raises
                _log.exception("Segment %s is left out", row.id)
                continue
            words = (segment.name, segment.description, *segment.tags)
            if (tag is None or tag in segment.tags) and any(needle in word.casefold() for word in words):
                found.append(segment)
        return tuple(found)

    def stamp(self, audience: str) -> tuple[object, ...]:
        """Changes whenever a segment of the audience is saved, deleted or brought back."""
        living = func.count(_T.c.id).filter(_T.c.deleted_at.is_(None))
        names = func.group_concat(_T.c.name).filter(_T.c.deleted_at.is_(None))
        asked = select(living, names, func.sum(_T.c.revision), func.max(_T.c.updated_at), func.max(_T.c.deleted_at))
        with self._database.connect() as connection:
            return tuple(connection.execute(asked.where(_T.c.audience == audience)).one())

    def tags(self, audience: str) -> tuple[str, ...]:
        """All tags in use."""
        return tuple(sorted({tag for segment in self.find(audience) for tag in segment.tags}, key=str.casefold))

    def duplicate(self, segment_id: str) -> SavedSegment:
        """Keep a copy under a name of its own."""
        original = self.get(segment_id)
        with self._database.connect() as connection:
            taken = self._taken(connection, original.audience, but=None)
        name = _next_free(f"Copy of {original.name}"[:NAME_LENGTH].strip(), taken)
        return self.save_new(
            original.audience, name, original.definition, description=original.description, tags=original.tags
        )

    def delete(self, segment_id: str) -> None:
        """Take a segment out of the lists; `restore` brings it back."""
        with self._workspace.writing() as connection:
            self._get(connection, segment_id)
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(update(_T).where(_T.c.id == segment_id).values(deleted_at=now))

    def restore(self, segment_id: str) -> SavedSegment:
        """Bring a deleted segment back, under another name where its own was taken since."""
        with self._workspace.writing() as connection:
            segment = self._get(connection, segment_id)
            name = _next_free(segment.name, self._taken(connection, segment.audience, but=segment_id))
            connection.execute(update(_T).where(_T.c.id == segment_id).values(deleted_at=None, name=name))
        return segment.model_copy(update={"deleted_at": None, "name": name})

    def remember_count(self, segment_id: str, count: int, at: datetime) -> None:
        """Note how many people were in; no new revision."""
        with self._workspace.writing() as connection:
            values = {"last_count": count, "last_counted_at": at.astimezone(UTC).replace(tzinfo=None)}
            connection.execute(update(_T).where(_T.c.id == segment_id).values(**values))

    def _get(self, connection: Connection, segment_id: str) -> SavedSegment:
        row = connection.execute(select(_T).where(_T.c.id == segment_id)).one_or_none()
        if row is None:
            raise LibraryError("This segment is not in the workspace any more.")
        return _segment(row)

    def _taken(self, connection: Connection, audience: str, but: str | None) -> set[str]:
        living = and_(_T.c.audience == audience, _T.c.deleted_at.is_(None), _T.c.id != (but or ""))
        return {name.casefold() for (name,) in connection.execute(select(_T.c.name).where(living))}

    def _free_name(self, connection: Connection, audience: str, name: str, but: str | None = None) -> str:
        clean = _checked(" ".join(unicodedata.normalize("NFC", name).split()), "name", NAME_LENGTH)
        if not any(unicodedata.category(letter)[0] in "LNPS" for letter in clean):  # also of invisible letters only
            raise LibraryError("Give the segment a name.")
        taken = self._taken(connection, audience, but)
        if clean.casefold() in taken:
            raise LibraryError(f"There is a segment “{clean}” already. Free: “{_next_free(clean, taken)}”.")
        return clean


def _next_free(name: str, taken: set[str]) -> str:
    number, found = 2, name
    while found.casefold() in taken:
        found = f"{name[: NAME_LENGTH - 5].strip()} {number}"
        number += 1
    return found


def _checked(words: str, what: str, limit: int) -> str:
    """`words`, if a database and a screen can hold them."""
    if len(words) > limit:
        raise LibraryError(f"The {what} is too long: at most {limit:,} letters.")
    strange = next((c for c in words if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t"), None)
    if strange is not None:
        raise LibraryError(f"The {what} has a character that cannot be shown ({strange!r}). Type it again.")
    return words


def _clean_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags without blanks around them; of two that differ by case only, the first."""
    clean: dict[str, str] = {}
    for raw in tags:
        if tag := _checked(" ".join(raw.split()), "tag", TAG_LENGTH):
            clean.setdefault(tag.casefold(), tag)
    return tuple(clean.values())


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
        "definition": kept_text(segment.definition),
        "tags": json.dumps(segment.tags),
    }


def _segment(row: Row[Any]) -> SavedSegment:
    values = dict(row._mapping)
    for name in ("created_at", "updated_at", "last_counted_at", "deleted_at"):
        values[name] = values[name].replace(tzinfo=UTC) if values[name] is not None else None
    try:
        values["definition"] = read_definition(values["definition"])
    except (ValueError, RecursionError) as error:
        raise LibraryError(f"The saved segment “{values['name']}” cannot be read by this Handpick.") from error
    values["tags"] = tuple(json.loads(values["tags"]))
    return SavedSegment(**values)


def export_json(segment: SavedSegment) -> bytes:
    """A segment as a file, readable and complete."""
    file = SegmentFile(
        name=segment.name, description=segment.description, tags=segment.tags, definition=segment.definition
    )
    return (as_json(file, indent=2) + "\n").encode()


def import_json(content: bytes) -> SegmentFile:
    """The segment in a file; raises `LibraryError`, and `DefinitionError` with every place that is wrong in its definition."""
    if len(content) > FILE_LIMIT:
        raise LibraryError("This file is larger than 20 MB, so it is no segment definition.")
    no = "This is no segment definition that Handpick can read:"
    try:
        text = content.decode("utf-8-sig")
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise LibraryError(f"{no} line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except RecursionError as error:
        raise LibraryError(f"{no} {TOO_DEEP}") from error
    except ValueError as error:
        raise LibraryError(f"{no} it is not text in UTF-8, or has a number that is too long.") from error
    if too_deep(data):
        raise LibraryError(f"{no} {TOO_DEEP}")
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise LibraryError(f"{no} it has a character that cannot be shown ({error.object[error.start]!r}).") from error
    if not isinstance(data, dict) or data.get("format", "handpick.segment") != "handpick.segment":
        raise LibraryError(f"{no} its “format” is not “handpick.segment”.")
    inside = data.get("definition")
    for place, held in (("version", data), ("definition > version", inside)):
        if isinstance(held, dict) and held.get("version", 1) != 1:
            raise LibraryError(f"{no} {place} is {held['version']!s:.20}; this Handpick knows 1. Update Handpick.")
    try:
        file = SegmentFile.model_validate(data)
    except ValidationError as error:
        problems: list[Problem] = []
        outside: list[Problem] = []
        for wrong in error.errors():
            within = len(wrong["loc"]) > 1 and wrong["loc"][0] == "definition"
            (problems if within else outside).append(problem_of(data, wrong))
        if outside:
            raise LibraryError(f"{no} {' '.join(p.message for p in outside)}") from error
        raise DefinitionError(tuple(dict.fromkeys(problems))[:SHOWN_PROBLEMS]) from error
    kept_text(file.definition)
    return file


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `SegmentFile`."""
    return SegmentFile.model_json_schema()


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))
