"""What a detail holds, brought up to date by the new events alone where they tell it exactly: counting ten million takes a second."""

from __future__ import annotations

from collections import Counter

import duckdb

from segmentation.audience import quoted
from segmentation.catalogue import EventProperty, Kind, Value
from segmentation.cataloguing import FEW_NUMBERS, TOP, short


def recounted(
    connection: duckdb.DuckDBPyConnection, detail: EventProperty, type: str, came: str
) -> EventProperty | None:
    """A detail of DuckDB's `type` after new events, `came` (SQL after FROM); None where only counting all events tells."""
    if detail.kind is Kind.LIST:
        return None
    cell = quoted(detail.name)
    fresh = f"FROM {came} AND {cell} IS NOT NULL"
    top = _top(connection, detail, cell, fresh)
    if top is None:
        return None
    low, high = detail.low, detail.high
    if detail.kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
        ends = f"least($low::{type}, min({cell}))::VARCHAR, greatest($high::{type}, max({cell}))::VARCHAR"
        ((low, high),) = connection.execute(f"SELECT {ends} {fresh}", {"low": low, "high": high}).fetchall()
    ((filled,),) = connection.execute(f"SELECT count(*) {fresh}").fetchall()
    low, high = (short(end) if end and detail.kind is Kind.NUMBER else end for end in (low, high))
    return detail.model_copy(update={"filled": detail.filled + filled, "top": top, "low": low, "high": high})


def _top(
    connection: duckdb.DuckDBPyConnection, detail: EventProperty, cell: str, fresh: str
) -> tuple[Value, ...] | None:
    """The usual values; None where those that are not among them so far may be, and would have to be counted."""
    number = detail.kind is Kind.NUMBER
    whole = sum(value.count for value in detail.top) == detail.filled  # there are no other values
    if detail.kind in (Kind.DATE, Kind.MOMENT) or (number and not detail.top and not whole):
        return ()
    if number and not whole:
        return None
    shown = f"CASE WHEN {cell} THEN 'yes' ELSE 'no' END" if detail.kind is Kind.YES_NO else f"{cell}::VARCHAR"
    rows = connection.execute(f"SELECT {shown}, count(*) {fresh} GROUP BY {cell}").fetchall()
    found = Counter({short(value) if number else value: count for value, count in rows})
    counts = Counter({value.value: value.count for value in detail.top})
    others = [] if whole else [value for value in found if value not in counts]
    counts += found
    if others:  # any other value is as frequent as it was, and comes no nearer to the first ones
        query = f"SELECT {cell}, count(*) FROM events WHERE {cell} IN (SELECT unnest(?)) GROUP BY {cell}"
        for value, count in connection.execute(query, [others]).fetchall():
            counts[value] = count
    if number and len(counts) > FEW_NUMBERS:
        return ()
    order = sorted(counts.items(), key=lambda item: (-item[1], float(item[0]) if number else item[0]))
    return tuple(Value(value=value, count=count) for value, count in order[:TOP])
