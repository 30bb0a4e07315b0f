"""Which values a field or an event's detail has, and how often; and the one place where an insight asks the audience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from segmentation.audience import Audience, quoted
from segmentation.catalogue import EventProperty, Field, Kind, Value
from segmentation.errors import AudienceError, Cancelled
from segmentation.membership import Membership


def asked(
    audience: Audience, statement: str, parameters: Mapping[str, Any] | None = None, members: Membership | None = None
) -> pa.Table:
    """The answer to one query; inside it the row numbers of `members` are the table `members` with the column `_row`."""
    cursor = audience.cursor()
    try:
        if members is not None:
            cursor.register("members", pa.table({"_row": members.rows()}))
        return cursor.sql(statement, params=dict(parameters or {})).to_arrow_table()
    except duckdb.InterruptException as error:
        raise Cancelled from error
    except duckdb.Error as error:
        raise AudienceError(
            f"The audience “{audience.about.name}” cannot answer this. Load its data again on the Data page."
        ) from error
    finally:
        cursor.close()


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    """A small table as Python values, row by row."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def one_by_one(column: str, kind: Kind) -> str:
    """SQL: the values of a column one below the other; each item of a list once, nothing for a missing one."""
    return f"unnest(list_distinct({column}))" if kind == Kind.LIST else column


def as_text(column: str, kind: Kind) -> str:
    """SQL: a value as it stands on screen; moments in the zone `$zone`."""
    match kind:
        case Kind.YES_NO:
            return f"CASE WHEN {column} THEN 'yes' ELSE 'no' END"
        case Kind.MOMENT:
            return f"strftime(timezone($zone, timezone('UTC', {column})), '%Y-%m-%d %H:%M:%S')"
    return f"CAST({column} AS VARCHAR)"


def _most_frequent(
    audience: Audience,
    source: str,
    kind: Kind,
    search: str,
    limit: int,
    parameters: Mapping[str, Any],
    members: Membership | None = None,
) -> tuple[Value, ...]:
    """Values of the query `source` (its column `value`), the most frequent first, ties by value."""
    counted = f"SELECT value, count(*) AS n FROM ({source}) WHERE value IS NOT NULL GROUP BY value"
    shown = f"SELECT value, n, {as_text('value', kind)} AS shown FROM ({counted})"
    bound: dict[str, Any] = {**parameters, "limit": max(0, limit)}
    if kind == Kind.MOMENT:
        bound["zone"] = audience.about.zone
    if search:
        shown = f"SELECT * FROM ({shown}) WHERE contains(lower(shown), lower($search))"
        bound["search"] = search
    found = asked(audience, f"SELECT shown, n FROM ({shown}) ORDER BY n DESC, value LIMIT $limit", bound, members)
    return tuple(Value(value=value, count=count) for value, count in rows_of(found))


def field_values(
    audience: Audience, field: Field, search: str = "", limit: int = 50, within: Membership | None = None
) -> tuple[Value, ...]:
    """The most frequent values of a field with how many people (of `within`) have each; of a list, its items.

    `search` keeps the values that contain it, whatever the case.
    """
    source = f"SELECT {one_by_one(quoted(field.name), field.kind)} AS value FROM people"
    if within is not None:
        source += " SEMI JOIN members USING (_row)"
    return _most_frequent(audience, source, field.kind, search, limit, {}, within)


def property_values(
    audience: Audience, property: EventProperty, events: tuple[str, ...], search: str = "", limit: int = 50
) -> tuple[Value, ...]:
    """The most frequent values of an event's detail with how many of these events have each; () are all events."""
    named, parameters = events_named(events)
    source = f"SELECT {one_by_one(quoted(property.name), property.kind)} AS value FROM events WHERE {named}"
    return _most_frequent(audience, source, property.kind, search, limit, parameters)


def events_named(events: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """SQL that holds for events of these names, with its parameters; () are all events."""
    parameters: dict[str, Any] = {f"event{place}": name for place, name in enumerate(events)}
    if not events:
        return "true", parameters
    return f"_name IN ({', '.join(f'${name}' for name in parameters)})", parameters


def missing(audience: Audience, field: Field, within: Membership | None = None) -> int:
    """How many people (of `within`) have no value in a field."""
    joined = " SEMI JOIN members USING (_row)" if within is not None else ""
    empty = f"count(*) FILTER ({quoted(field.name)} IS NULL)"
    return int(rows_of(asked(audience, f"SELECT {empty} FROM people{joined}", members=within))[0][0])


@dataclass(frozen=True)
class Bins:
    """Consecutive bins of a field that has an order; one more than the ascending `edges` between them, as stored.

    A bin holds its lower edge and not its upper one. `ticks` are the short forms of `labels`.
    """

    edges: tuple[Any, ...]
    labels: tuple[str, ...]
    ticks: tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """From where to where a field's values are worth drawing; some lie `below` or `above`."""

    low: Any
    high: Any
    below: bool
    above: bool
    whole: bool  # numbers: none has a fraction


def place_in(column: str, edges: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """SQL: how many of the ascending `edges` a value has reached, found by halving; with its parameters."""

    def halved(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return f"CASE WHEN {column} < $edge{middle} THEN {halved(low, middle)} ELSE {halved(middle + 1, high)} END"

    return halved(0, len(edges)), {f"edge{place}": edge for place, edge in enumerate(edges)}


def span_of(audience: Audience, field: Field) -> Span | None:
    """Where the values of a number, date or moment lie; None without any.

    The outermost 0.5 % at either side are left out where they would stretch the span by more than half: a slip of the
    pen (age 999, born 1900) must not squeeze everybody else into one bin.
    """
    value = quoted(field.name)
    if field.kind == Kind.NUMBER:
        usable, whole = f"isfinite({value})", f"bool_and({value} = floor({value}))"
    else:  # the years that Python can shift between zones
        usable, whole = f"{value} BETWEEN DATE '0002-01-01' AND DATE '9998-12-31'", "false"
    statement = (
        f"SELECT min({value}), quantile_disc({value}, 0.005), quantile_disc({value}, 0.995), max({value}), {whole} "
        f"FROM people WHERE {usable}"
    )
    ((lowest, low, high, highest, is_whole),) = rows_of(asked(audience, statement))
    if lowest is None:
        return None
    reach = (high - low) / 2
    below, above = low - lowest > reach, highest - high > reach
    return Span(low if below else lowest, high if above else highest, below, above, bool(is_whole))


def bins_of(audience: Audience, field: Field, most: int) -> Bins | None:
    """At most `most` bins with round edges for a number, or calendar periods for a date or moment; None without values.

    Values far outside go into an open bin at the side. See `Span` for what is far.
    """
    span = span_of(audience, field)
    if span is None:
        return None
    return _number_bins(span, most) if field.kind == Kind.NUMBER else _time_bins(audience, field.kind, span, most)


def _number_bins(span: Span, most: int) -> Bins:
    """Steps of 1, 2 or 5 times a power of ten, the smallest that need no more than `most` bins.

    P. Heckbert, “Nice numbers for graph labels”, Graphics Gems (1990), pp. 61–63.
    """
    with localcontext() as context:
        context.prec = 80
        low, high = Decimal(str(span.low)), Decimal(str(span.high))
        step = Decimal(1)
        if high > low:
            exponent = ((high - low) / max(1, most)).adjusted()
            steps = (Decimal(digit).scaleb(exponent + more) for more in range(4) for digit in (1, 2, 5))
            step = next(
                step for step in steps if high // step - low // step + 2 <= most + 1 and (step >= 1 or not span.whole)
            )
        first = (low / step).to_integral_value(ROUND_FLOOR)
        last = (high / step).to_integral_value(ROUND_FLOOR)
        edges = [step * (first + place) for place in range(int(last - first) + 2)]
        return edges
