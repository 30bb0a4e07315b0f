"""Which values a field or an event's detail has, and how often; and the one way in which an insight asks the audience."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from weakref import WeakKeyDictionary

import duckdb
import pyarrow as pa

from segmentation.audience import Audience, quoted
from segmentation.catalogue import EventProperty, Field, Kind, Value
from segmentation.clock import Clock
from segmentation.errors import AudienceError, Cancelled
from segmentation.jobs import QUIET
from segmentation.membership import Membership
from segmentation.places import Point
from segmentation.plan import Progress


def asked(
    audience: Audience,
    statement: str,
    parameters: Mapping[str, Any] | None = None,
    members: Membership | None = None,
    progress: Progress = QUIET,
) -> pa.Table:
    """The answer to one query; inside it `people POSITIONAL JOIN members` says in `members.inside` whether a person is in.

    Raises `Cancelled`, also where `progress` is.
    """
    cursor = audience.cursor()
    try:
        progress.on_cancel(cursor.interrupt)
        if members is not None and audience.base is not None:  # in a version over a base, people lie in two tables
            own = quoted(audience.path.stem)
            cursor.execute(f"CREATE TEMP VIEW people AS SELECT * FROM {own}.main.people ORDER BY _row")
        if members is not None:
            cursor.register("members", pa.table({"inside": flags_of(members)}))
        return cursor.sql(statement, params=dict(parameters or {})).to_arrow_table()
    except duckdb.InterruptException as error:
        raise Cancelled from error
    except duckdb.Error as error:
        raise AudienceError(
            f"The audience “{audience.about.name}” cannot answer this. Load its data again on the Data page."
        ) from error
    finally:
        progress.on_cancel(None)
        cursor.close()


_ONCE: WeakKeyDictionary[Audience, dict[str, list[tuple[Any, ...]]]] = WeakKeyDictionary()


def asked_once(audience: Audience, statement: str, progress: Progress = QUIET) -> list[tuple[Any, ...]]:
    """The few rows of an answer about everybody, which is kept: an audience version never changes. Raises as `asked`."""
    known = _ONCE.setdefault(audience, {})
    if statement not in known:
        known[statement] = rows_of(asked(audience, statement, progress=progress))
    return known[statement]


# People lie in the file in the order of their row numbers, so that no join has to look for them: seven times faster with 10 million.
JOINED = "POSITIONAL JOIN members"
COUNTED = "count(*) AS n, count(*) FILTER (members.inside) AS k"  # of the base, of the segment


def flags_of(members: Membership) -> pa.Array:
    """Whether each person is in, over the set's own memory."""
    return pa.Array.from_buffers(pa.bool_(), members.size, [None, pa.py_buffer(members.bits)])


INSIDE = "get_bit($bits::BLOB::BIT, xor(_row::INTEGER, 7)) = 1"  # whether the person of an event is in; bits lie little-endian


def inside(members: Membership) -> dict[str, Any]:
    """The parameter of `INSIDE`."""
    return {"bits": members.bits.tobytes()}


def who_did(
    audience: Audience, condition: str, parameters: Mapping[str, Any], progress: Progress = QUIET
) -> Membership:
    """Who did any of the events for which the SQL `condition` holds."""
    found = asked(audience, f"SELECT _row FROM events WHERE {condition}", parameters, progress=progress)
    return Membership.of(found.column(0).to_numpy(), audience.people)


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    """A small table as Python values, row by row."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def as_text(column: str, kind: Kind) -> str:
    """SQL: a value as it stands on screen; moments in the zone `$zone`."""
    match kind:
        case Kind.YES_NO:
            return f"CASE WHEN {column} THEN 'yes' ELSE 'no' END"
        case Kind.MOMENT:
            return f"strftime(timezone($zone, timezone('UTC', {column})), '%Y-%m-%d %H:%M:%S')"
        case Kind.NUMBER:  # without the zeros that its column's scale puts behind it
            text = f"CAST({column} AS VARCHAR)"
            return (
                f"CASE WHEN {text} SIMILAR TO '-?[0-9]+[.][0-9]+' THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
            )
    return f"CAST({column} AS VARCHAR)"


class Offered(Value):
    """A value with how often it occurs; `beside`: how often among the people of a set, None where none was given."""

    beside: int | None = None


def _most_frequent(
    audience: Audience,
    counted: str,
    kind: Kind,
    search: str,
    limit: int,
    parameters: Mapping[str, Any],
    zone: str,
    members: Membership | None,
    progress: Progress,
) -> list[tuple[str, int, int]]:
    """(value, n, k) of the query `counted` (value, n, k), the most frequent by k first, then by n, ties by value."""
    if kind == Kind.LIST:  # equal lists were counted together: that is faster by far
        counted = f"SELECT unnest(list_distinct(value)) AS value, n, k FROM ({counted})"
        counted = f"SELECT value, sum(n)::BIGINT AS n, sum(k)::BIGINT AS k FROM ({counted}) GROUP BY value"
    shown = f"SELECT value, n, k, {as_text('value', kind)} AS shown FROM ({counted}) WHERE value IS NOT NULL"
    bound: dict[str, Any] = {**parameters, "limit": max(0, limit)}
    if kind == Kind.MOMENT:
        bound["zone"] = zone
    if search:
        shown = f"SELECT * FROM ({shown}) WHERE contains(lower(shown), lower($search))"
        bound["search"] = search
    ordered = f"SELECT shown, n, k FROM ({shown}) ORDER BY k DESC, n DESC, value LIMIT $limit"
    return rows_of(asked(audience, ordered, bound, members, progress))


def field_values(
    audience: Audience,
    field: Field,
    search: str = "",
    limit: int = 50,
    beside: Membership | None = None,
    *,
    zone: str,
    progress: Progress = QUIET,
) -> tuple[Offered, ...]:
    """The most frequent values of a field with how many people have each; of a list, its items.

    With a set `beside`, those most frequent among its people come first, and each says of how many of them. `search` keeps
    the values that contain it, whatever the case; moments are in `zone`.
    """
    counted, joined = (COUNTED, f" {JOINED}") if beside is not None else ("count(*) AS n, count(*) AS k", "")
    source = f"SELECT {quoted(field.name)} AS value, {counted} FROM people{joined} GROUP BY ALL"
    found = _most_frequent(audience, source, field.kind, search, limit, {}, zone, beside, progress)
    return _offered(found, beside)


def property_values(
    audience: Audience,
    property: EventProperty,
    events: tuple[str, ...],
    search: str = "",
    limit: int = 50,
    beside: Membership | None = None,
    *,
    zone: str,
    progress: Progress = QUIET,
) -> tuple[Offered, ...]:
    """The most frequent values of an event's detail with how many of these events have each, as `field_values`.

    () are all events; with a set `beside`, its people's events are counted too.
    """
    named, parameters = events_named(events)
    own, bound = ("true", {}) if beside is None else (INSIDE, inside(beside))
    source = (
        f"SELECT {quoted(property.name)} AS value, count(*) AS n, count(*) FILTER ({own}) AS k "
        f"FROM events WHERE {named} GROUP BY ALL"
    )
    found = _most_frequent(
        audience, source, property.kind, search, limit, {**parameters, **bound}, zone, None, progress
    )
    return _offered(found, beside)


def _offered(found: Sequence[tuple[str, int, int]], beside: Membership | None) -> tuple[Offered, ...]:
    return tuple(Offered(value=value, count=n, beside=None if beside is None else k) for value, n, k in found)


def events_named(events: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """SQL that holds for events of these names, with its parameters; () are all events."""
    parameters: dict[str, Any] = {f"event{place}": name for place, name in enumerate(events)}
    if not events:
        return "true", parameters
    return f"_name IN ({', '.join(f'${name}' for name in parameters)})", parameters


def missing(audience: Audience, field: Field, within: Membership | None = None) -> int:
    """How many people (of `within`) have no value in a field."""
    joined = f" {JOINED} WHERE members.inside" if within is not None else ""
    empty = f"count(*) FILTER ({quoted(field.name)} IS NULL)"
    return int(rows_of(asked(audience, f"SELECT {empty} FROM people{joined}", members=within))[0][0])


def clock_of(audience: Audience, zone: str) -> Clock:
    """The moment the audience was loaded, in `zone`."""
    loaded = audience.about.loaded_at
    return Clock(loaded if loaded.tzinfo else loaded.replace(tzinfo=UTC), zone)


def middle_of(audience: Audience, city: Field, latitude: Field, longitude: Field, value: str) -> Point | None:
    """The middle of a city: the medians of its people's possible coordinates; None where nobody's are known."""
    where, lat, lon = (f"people.{quoted(field.name)}" for field in (city, latitude, longitude))
    statement = (
        f"SELECT median({lat})::DOUBLE AS latitude, median({lon})::DOUBLE AS longitude FROM people "
        f"WHERE lower({where}) = lower($value) AND {lat} BETWEEN -90 AND 90 AND {lon} BETWEEN -180 AND 180"
    )
    ((found_latitude, found_longitude),) = rows_of(asked(audience, statement, {"value": value}))
    if found_latitude is None or found_longitude is None:
        return None
    return Point(latitude=round(found_latitude, 5), longitude=round(found_longitude, 5), name=value)
