"""People to look at: a page of a segment as a table, one person's profile, and what is masked until revealed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from segmentation.audience import Audience, numbered, quoted
from segmentation.catalogue import PERSONAL, EventProperty, Field, Kind, Role
from segmentation.errors import HandpickError
from segmentation.membership import Membership
from segmentation.naming import is_secret
from segmentation.recognition import WRITTEN_EMAIL, personal_role, tells_of_person
from segmentation.values import JOINED, asked, rows_of

HIDDEN = "•••"
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_MASKED = PERSONAL | {Role.PERSON_ID}


def page_of(
    audience: Audience,
    members: Membership,
    fields: Sequence[Field],
    *,
    zone: str,
    page: int,
    size: int,
    sort: str | None = None,
    descending: bool = False,
) -> pa.Table:
    """People of a segment, `size` to a page, counted from page 1; one column per field under its label.

    `sort` is a field's name: texts by letters whatever their case, missing last; without it by row number. Moments are in
    `zone`. A page behind the last is empty.
    """
    rows = rows_of_page(audience, members, page=page, size=size, sort=sort, descending=descending)
    return _people(audience, rows, fields, zone)


def rows_of_page(
    audience: Audience, members: Membership, *, page: int, size: int, sort: str | None = None, descending: bool = False
) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """The row numbers of `page_of`'s people, in its order."""
    start = max(0, page - 1) * size
    if sort is None:
        return members.page(start, size)
    return _sorted(audience, members, audience.catalogue.field(sort), start, size, descending)


def _sorted(
    audience: Audience, members: Membership, field: Field, start: int, size: int, descending: bool
) -> np.ndarray[Any, np.dtype[np.uint32]]:
    column = f"people.{quoted(field.name)}"
    direction = "DESC" if descending else "ASC"
    letters = f"lower(strip_accents({column})) {direction} NULLS LAST, " if field.kind == Kind.TEXT else ""
    statement = (
        f"SELECT people._row FROM people {JOINED} WHERE members.inside "
        f"ORDER BY {letters}{column} {direction} NULLS LAST, people._row LIMIT $size OFFSET $start"
    )
    found = asked(audience, statement, {"size": size, "start": start}, members)
    return np.asarray(found["_row"].to_numpy(), dtype=np.uint32)


def _people(
    audience: Audience, rows: np.ndarray[Any, np.dtype[np.uint32]], fields: Sequence[Field], zone: str
) -> pa.Table:
    """These people in this order. The bounds keep DuckDB from reading more of the file than it must."""
    import pyarrow.compute as pc  # the app's start does without

    picked = "".join(f", {quoted(field.name)}" for field in fields)
    statement = (
        f"SELECT _row{picked} FROM people SEMI JOIN unnest($rows::UINTEGER[]) AS shown(_row) USING (_row) "
        "WHERE _row BETWEEN $first AND $last"
    )
    bounds = {"first": int(rows.min()), "last": int(rows.max())} if len(rows) else {"first": 1, "last": 0}
    found = asked(audience, statement, {"rows": rows.tolist(), **bounds})
    order = pc.index_in(pa.array(rows, pa.uint32()), found["_row"].combine_chunks())
    labels = _unique([field.label for field in fields])
    columns = [_local(found.column(place).take(order), zone) for place in range(1, found.num_columns)]
    return pa.table(columns, names=labels)


def _unique(labels: Sequence[str]) -> list[str]:
    """Labels as names of columns: a second “City” is “City (2)”."""
    found: list[str] = []
    taken: set[str] = set()
    for label in labels:
        name, number = label, 1
        while name.casefold() in taken:
            number += 1
            name = f"{label} ({number})"
        taken.add(name.casefold())
        found.append(name)
    return found


def _local(column: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    """Moments (UTC, as stored) as clocks in `zone` show them."""
    import pyarrow.compute as pc  # the app's start does without

    if not pa.types.is_timestamp(column.type):
        return column
    return pc.local_timestamp(pc.cast(pc.assume_timezone(column, "UTC"), pa.timestamp("us", tz=zone)))


def mask(value: object, role: Role) -> str:
    """A value as it is shown until it is revealed; its length is not given away."""
    text = str(value)
    match role:
        case Role.EMAIL:
            return _masked_address(text)
        case Role.PERSON_ID:
            return _masked_address(text) if "@" in text else text
        case Role.PHONE:
            digits = re.sub(r"\D", "", text)
            return HIDDEN + (digits[-2:] if len(digits) >= 6 else "")
        case Role.FIRST_NAME | Role.LAST_NAME | Role.FULL_NAME:
            return text.strip()[:1] + HIDDEN
        case Role.BIRTH_DATE:
            year = _YEAR.search(text)
            return year.group() if year else HIDDEN
        case Role.ADDRESS:
            return HIDDEN
    return text


def _masked_address(text: str) -> str:
    name, at, domain = text.strip().rpartition("@")
    if not at:
        return HIDDEN
    first, dot, last = domain.rpartition(".")
    return f"{name[:1]}{HIDDEN}@{(first or domain)[:1]}{HIDDEN}{dot}{last if dot else ''}"


def masked_role(field: Field) -> Role:
    """The role as which a field's values are masked, `NONE` where they are not."""
    return field.role if field.role in _MASKED else personal_role(field)


def masked(table: pa.Table, fields: Sequence[Field]) -> pa.Table:
    """A table of `page_of` with personal columns masked; `fields` are those of its columns."""
    for place, field in enumerate(fields):
        role = masked_role(field)
        if role is not Role.NONE:
            shown = [None if value is None else mask(value, role) for value in table.column(place).to_pylist()]
            table = table.set_column(place, table.column_names[place], pa.array(shown, pa.string()))
    return table


def without_secrets(table: pa.Table) -> pa.Table:
    """The rows of a source; of columns that hold passwords only whether there is one."""
    for place, name in enumerate(table.column_names):
        if is_secret(name):
            covered = [None if cell is None else HIDDEN for cell in table.column(place).to_pylist()]
            table = table.set_column(place, name, pa.array(covered, pa.string()))
    return table


def mask_detail(value: object, role: Role) -> object:
    """A value of an event's detail, whose role is `personal_role`'s, as it is shown until it is revealed."""
    if isinstance(value, list):
        return [mask_detail(item, role) for item in value]
    text = str(value)
    if WRITTEN_EMAIL.fullmatch(text.strip()):
        return _masked_address(text)
    if role is Role.EMAIL:
        return HIDDEN
    if role in PERSONAL:
        return mask(value, role)
    return HIDDEN if isinstance(value, str) and tells_of_person(value) else value


def _masked_detail(column: pa.ChunkedArray, detail: EventProperty) -> pa.ChunkedArray:
    role = personal_role(detail)
    if role is Role.NONE and detail.kind not in (Kind.TEXT, Kind.LIST):
        return column
    shown = [None if value is None else mask_detail(value, role) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(shown, pa.list_(pa.string()) if detail.kind is Kind.LIST else pa.string())])


def person(audience: Audience, row: int, zone: str) -> dict[str, Any]:
    """Everything known of one person by the names of fields; moments in `zone`."""
    if not 0 <= row < audience.people:
        raise HandpickError(f"There is no person {row:,}: the audience has {audience.people:,}.")
    fields = audience.catalogue.fields
    (found,) = rows_of(_people(audience, np.array([row], dtype=np.uint32), fields, zone)) if fields else ((),)
    return {field.name: value for field, value in zip(fields, found, strict=True)}


def events_of(audience: Audience, row: int, zone: str, limit: int = 50, *, revealed: bool = False) -> pa.Table:
    """What one person did, the latest first: Time (in `zone`), Event, and the details these events have.

    Details that are personal are masked unless `revealed`.
    """
    details = audience.catalogue.properties
    picked = "".join(f", {quoted(detail.name)}" for detail in details)
    events, number = numbered("events", [detail.name for detail in details], "_row = $row")
    statement = f"SELECT _time, _name{picked} FROM {events} ORDER BY _time DESC, _name, {number} DESC LIMIT $limit"
    found = asked(audience, statement, {"row": row, "limit": max(0, limit)})
    names = {event.name: event.label for event in audience.catalogue.events}
    columns = {"Time": _local(found.column(0), zone)}
    columns["Event"] = pa.array([names.get(name, name) for name in found.column(1).to_pylist()], pa.string())
    filled = [place for place, column in enumerate(found.columns[2:]) if column.null_count < len(column)]
    labels = _unique(["Time", "Event", *(details[place].label for place in filled)])
    for label, place in zip(labels[2:], filled, strict=True):
        column = _local(found.column(place + 2), zone)
        columns[label] = column if revealed else _masked_detail(column, details[place])
    return pa.table(columns)
