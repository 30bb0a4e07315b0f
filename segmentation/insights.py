"""A segment beside the whole base: the distribution of a field, when people joined and when they were active.

Every count is exact and of people, each once. Shares are 0–1 of everybody in the segment or in the base, people with no
value included; a share of nobody is 0.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from weakref import WeakKeyDictionary

from segmentation.audience import Audience, quoted
from segmentation.bins import binned, bins_of, day_of, period_name, period_starts, span_of, stored_day
from segmentation.catalogue import Field, Kind
from segmentation.clock import Clock
from segmentation.jobs import QUIET
from segmentation.keeping import Kept
from segmentation.membership import Membership
from segmentation.plan import Progress
from segmentation.values import COUNTED, JOINED, as_text, asked, clock_of, events_named, rows_of, who_did

TOP = 15
PERIODS = 60


def share(part: int, whole: int) -> float:
    """0–1; a share of nobody is 0."""
    return part / whole if whole else 0.0


# Distributions


@dataclass(frozen=True)
class Bar:
    """How many people have a value or fall into a bin; `tick` is the label's short form."""

    label: str
    tick: str
    in_segment: int
    in_base: int
    share_segment: float
    share_base: float


@dataclass(frozen=True)
class Distribution:
    """A field's values, or round bins of them, in a segment and in the base.

    For a list a person counts at each of their items, and in `other` with any item that is not among the bars.
    """

    field: Field
    segment: int
    base: int
    bars: tuple[Bar, ...]
    other: Bar | None
    missing: Bar


def distribution(
    audience: Audience, field: Field, members: Membership, bins: int = 20, *, zone: str, progress: Progress = QUIET
) -> Distribution:
    """A field in the segment beside the base.

    Texts, lists and yes/no: the 15 values most frequent in the segment. Numbers: at most `bins` bins with round edges.
    Dates and moments: calendar periods in `zone`.
    """
    segment, base = members.count, audience.people

    def bar(label: str, tick: str, counts: tuple[int, int]) -> Bar:
        return Bar(label, tick, counts[1], counts[0], share(counts[1], segment), share(counts[0], base))

    other = None
    if field.kind in (Kind.TEXT, Kind.LIST, Kind.YES_NO):
        counted = _value_counts(audience, field, members, progress)
        missing = counted.pop(None, (0, 0))
        top = dict(list(counted.items())[:TOP])
        bars = [bar(str(value), str(value), counts) for value, counts in top.items()]
        if len(counted) > TOP:
            other = bar("other", "other", _others(audience, field, members, top, missing, progress))
    else:
        found = bins_of(audience, field, bins, zone, progress)
        placed = binned(audience, field, members, found.edges if found else (), progress)
        missing = placed.pop(None, (0, 0))
        names = zip(found.labels, found.ticks, strict=True) if found else ()
        bars = [bar(label, tick, placed.get(place, (0, 0))) for place, (label, tick) in enumerate(names)]
    return Distribution(field, segment, base, tuple(bars), other, bar("no value", "no value", missing))


def _value_counts(
    audience: Audience, field: Field, members: Membership, progress: Progress
) -> dict[str | None, tuple[int, int]]:
    """The most frequent values (one more than TOP) and None for missing, each with its counts in base and segment."""
    items = "unnest(list_distinct(value))" if field.kind == Kind.LIST else "value"
    statement = f"""
        WITH grouped AS MATERIALIZED (
            SELECT {quoted(field.name)} AS value, {COUNTED} FROM people {JOINED} GROUP BY ALL
        ), counted AS (
            SELECT value, sum(n)::BIGINT AS n, sum(k)::BIGINT AS k
            FROM (SELECT {items} AS value, n, k FROM grouped WHERE value IS NOT NULL)
            GROUP BY ALL
        )
        (SELECT {as_text("value", field.kind)}, n, k FROM counted ORDER BY k DESC, n DESC, value LIMIT {TOP + 1})
        UNION ALL SELECT NULL, n, k FROM grouped WHERE value IS NULL
    """
    found = rows_of(asked(audience, statement, members=members, progress=progress))
    found.sort(key=lambda row: (-row[2], -row[1], row[0] or ""))
    return {value: (n, k) for value, n, k in found}


def _others(
    audience: Audience,
    field: Field,
    members: Membership,
    top: Mapping[str | None, tuple[int, int]],
    missing: tuple[int, int],
    progress: Progress,
) -> tuple[int, int]:
    """How many have a value that is not among the top ones."""
    if field.kind != Kind.LIST:
        known = [missing, *top.values()]
        return audience.people - sum(n for n, _ in known), members.count - sum(k for _, k in known)
    outside = f"NOT list_has_all($top, {quoted(field.name)})"
    statement = f"SELECT {COUNTED} FROM people {JOINED} WHERE {outside}"
    ((n, k),) = rows_of(asked(audience, statement, {"top": list(top)}, members, progress))
    return n, k


# Over time


@dataclass(frozen=True)
class Interval:
    """A calendar period from the day `start` until before the day `end`; not `complete` where the data end inside it."""

    start: date
    end: date
    label: str
    in_segment: int
    in_base: int
    share_segment: float
    share_base: float
    complete: bool


@dataclass(frozen=True)
class OverTime:
    """People in every `by` (day, week, month, quarter, year), without gaps; `outside` of the base are before or after."""

    by: str
    segment: int
    base: int
    intervals: tuple[Interval, ...] = ()
    outside: int = 0


def joined_over_time(
    audience: Audience, field: Field, members: Membership, *, zone: str, progress: Progress = QUIET
) -> OverTime:
    """How many people have a date or moment of `field` in each month of `zone`; by week up to 120 days, by year from 20 years on."""
    span = span_of(audience, field, progress)
    if span is None:
        return OverTime("month", members.count, audience.people)
    first, last = day_of(span.low, zone), day_of(span.high, zone)
    by = "week" if (last - first).days <= 120 else "month" if last.year - first.year < 20 else "year"
    starts = period_starts(first, last, by)
    counts = binned(audience, field, members, [stored_day(day, field.kind, zone) for day in starts], progress)
    return _over_time(audience, members, by, starts, counts, zone)


def active_over_time(
    audience: Audience,
    members: Membership,
    events: tuple[str, ...] = (),
    by: str = "month",
    *,
    clock: Clock,
    progress: Progress = QUIET,
) -> OverTime:
    """How many people did any of `events` (all of them by default) in each of the latest 60 periods of its zone, until now.

    Who did something in a period is looked up once and kept for every other segment. Raises `Cancelled`.
    """
    zone = clock.zone
    newest = audience.about.newest_event
    until = clock.instant if newest is None else min(clock.instant, _stored(newest))
    kept = _ACTIVE.setdefault(audience, Kept(_ACTIVE_BUDGET, lambda active: sum(did.nbytes for did in active.did)))
    active = kept.once((events, by, zone, until), lambda: _active(audience, events, by, until, zone, progress))
    counts: dict[int | None, tuple[int, int]] = {
        place: (did.count, (did & members).count) for place, did in enumerate(active.did, 1)
    }
    if not active.starts:
        return OverTime(by, members.count, audience.people)
    return _over_time(audience, members, by, active.starts, counts, zone)


@dataclass(frozen=True)
class _Active:
    """Who did something in each of the periods between these days."""

    starts: tuple[date, ...] = ()
    did: tuple[Membership, ...] = ()


_ACTIVE_BUDGET = 128 * 1024 * 1024
_ACTIVE: WeakKeyDictionary[Audience, Kept[Hashable, _Active]] = WeakKeyDictionary()


def _active(
    audience: Audience, events: tuple[str, ...], by: str, until: datetime, zone: str, progress: Progress
) -> _Active:
    """The sets behind `active_over_time`, which serve every segment."""
    named, parameters = events_named(events)
    bound = {**parameters, "until": until}
    limits = f"SELECT min(_time), max(_time) FROM events WHERE {named} AND _time <= $until"
    ((first, last),) = rows_of(asked(audience, limits, bound, progress=progress))
    if first is None:
        return _Active()
    starts = period_starts(day_of(first, zone), day_of(last, zone), by)[-PERIODS - 1 :]
    edges = [stored_day(day, Kind.MOMENT, zone) for day in starts]
    during = f"{named} AND _time >= $start AND _time < $end AND _time <= $until"
    did = []
    for place, (start, end) in enumerate(pairwise(edges)):
        progress("Looking who did something", place / len(edges))
        did.append(who_did(audience, during, {**bound, "start": start, "end": end}, progress))
    return _Active(tuple(starts), tuple(did))


def _stored(moment: datetime) -> datetime:
    """A moment as events have it."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _over_time(
    audience: Audience,
    members: Membership,
    by: str,
    starts: Sequence[date],
    counts: Mapping[int | None, tuple[int, int]],
    zone: str,
) -> OverTime:
    """`counts` by place among the starts: 0 before the first, then the periods, then what is after the last."""
    until = clock_of(audience, zone).today
    if audience.about.newest_event:
        until = min(until, day_of(audience.about.newest_event, zone) + timedelta(days=1))
    intervals = []
    for place, (start, end) in enumerate(pairwise(starts), 1):
        n, k = counts.get(place, (0, 0))
        shares = share(k, members.count), share(n, audience.people)
        intervals.append(Interval(start, end, period_name(start, by)[0], k, n, *shares, end <= until))
    outside = sum(counts[place][0] for place in (0, len(starts)) if place in counts)
    return OverTime(by, members.count, audience.people, tuple(intervals), outside)
