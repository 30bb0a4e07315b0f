"""How old the data is: of every source, and beside a condition whose time begins after everything that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from segmentation.audience import AudienceAbout
from segmentation.binding import Parameters
from segmentation.catalogue import Catalogue, Field, Kind, Role
from segmentation.clock import Clock
from segmentation.definition import (
    Condition,
    EventCondition,
    FieldCondition,
    RankCondition,
    RfmCondition,
    SequenceCondition,
)
from segmentation.describing_times import window_words
from segmentation.errors import HandpickError
from segmentation.happening import Happening, edges
from segmentation.operators import COMPARISONS, Shape
from segmentation.plan import TablePlan, TableRole
from segmentation.windows import CalendarPeriod, During, Last, Period, Window
from segmentation.wording import Names, inside

TIMES = (Kind.DATE, Kind.MOMENT)
RECENT = ("in_last", "in_calendar")  # comparisons of a date with a time that ends now


@dataclass(frozen=True)
class Age:
    """A source: its table, when it was read (None: not noted), and when its newest row is from (None: it has no times); UTC."""

    plan: TablePlan
    read_at: datetime | None
    newest: datetime | None


def ages(about: AudienceAbout) -> tuple[Age, ...]:
    """Every source of an audience but those that were left out."""
    found = []
    for plan, report in zip(about.plan.tables, about.reports, strict=True):
        if plan.role is not TableRole.LEAVE_OUT:
            newest = _newest_person(about) if plan.role is TableRole.PEOPLE else report.newest
            origin = plan.table.origin
            found.append(Age(plan, origin.read_at if origin is not None else None, newest))
    return tuple(found)


def _newest_person(about: AudienceAbout) -> datetime | None:
    """The latest time on which something about a person is known to have been so; plans and “never” are later than the load."""
    known = (_latest(f) for f in about.catalogue.fields if f.kind in TIMES and f.role is not Role.BIRTH_DATE)
    return max((time for time in known if time is not None and time <= about.loaded_at), default=None)


def _latest(field: Field) -> datetime | None:
    if field.high is None:
        return None
    try:
        return datetime.fromisoformat(field.high).replace(tzinfo=UTC)
    except ValueError:
        return None


def staleness(condition: Condition, catalogue: Catalogue, clock: Clock) -> str | None:
    """Why a condition on lately can match nothing: the newest of what it looks at is older than the time it asks for; else None."""
    for what, newest, window in _asked(condition, catalogue):
        start = _start(window, catalogue, clock)
        if start is None or newest is None or newest >= start:
            continue
        age = clock.now - newest
        words = window_words(window, Names(catalogue))
        if _nothing_is_enough(condition):
            return f"The newest {what} is {age_words(age)} old, so nobody can have done it “{words}”."
        return f"The newest {what} is {age_words(age)} old, so “{words}” can match nobody."
    return None


def _nothing_is_enough(condition: Condition) -> bool:
    """Whether those who have no such event are in: never, at most twice …"""
    if not isinstance(condition, EventCondition) or condition.comparison not in COMPARISONS:
        return False
    row = COMPARISONS[condition.comparison]
    if row.shape is Shape.NOTHING:
        return True
    bounds = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return None not in bounds and row.holds(0, *bounds)


def _asked(condition: Condition, catalogue: Catalogue) -> Iterator[tuple[str, datetime | None, Window]]:
    """What is looked at in words, its newest time, and in which window."""
    if isinstance(condition, SequenceCondition):
        for step in (step for step in condition.steps if step.enabled and not step.absent):
            yield *_newest_of(step.events, catalogue), condition.window
    elif isinstance(condition, EventCondition | RankCondition | RfmCondition):
        yield *_newest_of(condition.events, catalogue), condition.window
    elif isinstance(condition, FieldCondition) and condition.operator in RECENT and condition.field is not None:
        field = next((f for f in catalogue.fields if f.name == condition.field), None)
        if field is not None and field.kind in TIMES:
            latest = _latest(field)
            if condition.operator == "in_last" and isinstance(condition.value, Period):
                yield inside(field.label), latest, Last(period=condition.value)
            elif condition.operator == "in_calendar" and isinstance(condition.value, str):
                yield inside(field.label), latest, During(calendar=CalendarPeriod(condition.value))


def _newest_of(names: Iterable[str], catalogue: Catalogue) -> tuple[str, datetime | None]:
    chosen = [event for event in catalogue.events if event.name in set(names)]
    times = [event.last for event in chosen if event.last is not None]
    newest = max(times, default=None)
    label = f"“{chosen[0].label}”" if len(chosen) == 1 else "of these events"
    return label, None if newest is None else newest.replace(tzinfo=UTC) if newest.tzinfo is None else newest


def _start(window: Window, catalogue: Catalogue, clock: Clock) -> datetime | None:
    """When a window begins (UTC), None where it does not, or where it is unfinished."""
    try:
        start, _ = edges(window, Happening(catalogue, clock, None, Parameters()))
    except HandpickError:
        return None
    return None if start is None else start.replace(tzinfo=UTC)


def age_words(age: timedelta) -> str:
    """`12 days`, `3 hours`, `less than an hour`."""
    for length, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour")):
        count = age // length
        if count >= 1:
            return f"{count:,} {word}{'s' if count > 1 else ''}"
    return "less than an hour"
