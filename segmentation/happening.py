"""Events that match: their names, the filters on their details, the window they lie in, and which of a person's they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from segmentation.binding import Parameters, predicate
from segmentation.catalogue import Catalogue, Kind
from segmentation.clock import CALENDAR_UNITS, ELAPSED, Clock
from segmentation.definition import (
    AnyNode,
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    Doing,
    During,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Match,
    Near,
    OtherField,
    Period,
    Unit,
    Which,
    Window,
)
from segmentation.errors import HandpickError
from segmentation.operands import span, times
from segmentation.operators import OPERATORS, Shape
from segmentation.predicates import among, as_type, local, table_named
from segmentation.windows import Side

EVENTS = "events"
DEEPEST_DETAILS = 50
"""So many groups of details inside one another become SQL; much deeper ones would cost the database seconds, then end it."""
DETAILS_TOO_DEEP = f"Its groups of details are nested too deeply: at most {DEEPEST_DETAILS} inside one another."


@dataclass(frozen=True)
class Happening:
    """What an event question is asked against; `newest` is the time of the audience's newest event, where known."""

    catalogue: Catalogue
    clock: Clock
    newest: datetime | None
    parameters: Parameters


def column(name: str, table: str = EVENTS) -> exp.Expr:
    """A column of an events table under its alias."""
    return exp.column(name, table=table, quoted=True)


def events_as(table: str) -> exp.Expr:
    """The events under an alias."""
    named = table_named("events")
    return named if table == EVENTS else exp.alias_(named, table, table=True)


def _false_if_unknown(found: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=exp.paren(found, copy=False), expressions=[exp.false()])


def is_known(of: exp.Expr) -> exp.Expr:
    """A column has a value."""
    return exp.Not(this=exp.Is(this=of, expression=exp.Null()))


def event_filter(node: AnyNode, at: Happening, table: str = EVENTS, depth: int = 0) -> exp.Expr | None:
    """A filter on one event as an SQL condition that is true or false, never unknown; None where nothing is to be said."""
    if not node.enabled:
        return None
    if depth > DEEPEST_DETAILS:
        raise HandpickError(DETAILS_TOO_DEEP)
    if isinstance(node, FieldCondition):
        return _detail(node, at, table)
    if not isinstance(node, Group):
        raise HandpickError("Inside an event only its details can be filtered.")
    found = [event_filter(child, at, table, depth + 1) for child in node.children]
    parts = [part for part in found if part is not None]
    if not parts:
        return None
    match node.match:
        case Match.ALL:
            return exp.and_(*parts, copy=False)
        case Match.AT_LEAST:
            each: list[exp.Expr] = [
                exp.case().when(part, exp.Literal.number(1)).else_(exp.Literal.number(0)) for part in parts
            ]
            return exp.GTE(this=exp.paren(_sum(each)), expression=at.parameters.bind(node.least))
    either = exp.paren(exp.or_(*parts, copy=False), copy=False)
    return either if node.match == Match.ANY else exp.Not(this=either)


def _sum(of: list[exp.Expr]) -> exp.Expr:
    """Halves of halves, as databases limit how deeply an expression is nested."""
    if len(of) == 1:
        return of[0]
    half = len(of) // 2
    return exp.Add(this=exp.paren(_sum(of[:half])), expression=exp.paren(_sum(of[half:])))


def _detail(node: FieldCondition, at: Happening, table: str) -> exp.Expr:
    if node.field is None:
        raise HandpickError("Choose a detail of the event.")
    detail = at.catalogue.event_property(node.field)
    found, operator = predicate(node, detail, at.catalogue, at.clock, at.parameters, table)
    result = _false_if_unknown(found)
    if operator.negates is None:
        return result
    negated: exp.Expr = exp.Not(this=result)
    if node.leave_out_missing and operator.negates != "is_known":
        known = [is_known(column(name, table)) for name in compared(node)]
        negated = exp.and_(negated, *known)
    return negated


def compared(node: FieldCondition) -> tuple[str, ...]:
    """The fields a condition looks at; a value that its operator does not take says nothing."""
    takes_field = OPERATORS[str(node.operator)].shape == Shape.FIELD
    if takes_field and isinstance(node.value, OtherField):
        return str(node.field), node.value.field
    return (str(node.field),)


def named(events: tuple[str, ...], at: Happening, table: str = EVENTS) -> exp.Expr:
    """The event is one of these; raises HandpickError where none is chosen or one is unknown."""
    if not events:
        raise HandpickError("Choose what they did.")
    for name in events:
        at.catalogue.event(name)
    name_column = column("_name", table)
    if len(events) == 1:
        return exp.EQ(this=name_column, expression=at.parameters.bind(events[0]))
    return among(name_column, at.parameters.bind(events), lambda item: item)


def until_now(at: Happening, table: str = EVENTS) -> list[exp.Expr]:
    """The event is not later than now."""
    if at.newest is not None and at.newest <= at.clock.instant:
        return []
    return [exp.LTE(this=column("_time", table), expression=at.parameters.bind(at.clock.instant))]


def not_later(at: Happening) -> datetime | None:
    """The same as an instant (out); None where there is no later event."""
    if at.newest is not None and at.newest <= at.clock.instant:
        return None
    return at.clock.instant + timedelta(microseconds=1)


def _from(time: exp.Expr, start: datetime | None, at: Happening) -> list[exp.Expr]:
    return [] if start is None else [exp.GTE(this=time.copy(), expression=at.parameters.bind(start))]


def _to(time: exp.Expr, end: datetime | None, at: Happening) -> list[exp.Expr]:
    return [] if end is None else [exp.LT(this=time.copy(), expression=at.parameters.bind(end))]


def edges(window: Window, at: Happening) -> tuple[datetime | None, datetime | None]:
    """The first instant (in) and the last (out) of a window; raises HandpickError where it is unfinished."""
    clock = at.clock
    start: datetime | None = None
    end: datetime | None = None
    match window:
        case Last(period=period):
            start = clock.shifted(period, -1)
        case Before(period=period):
            end = clock.shifted(period, -1)
        case BetweenAgo():
            found = span(window.span, Kind.MOMENT)
            start = clock.shifted(Period(amount=found.farthest, unit=found.unit), -1)
            end = clock.shifted(Period(amount=found.nearest, unit=found.unit), -1)
        case BetweenDays(first=first, last=last):
            if first is None and last is None:
                raise HandpickError("Choose the first or the last day.")
            if first and last and first > last:
                raise HandpickError("The first day is after the last; swap them.")
            start = clock.start_of(first) if first else None
            end = clock.end_of(last) if last else None
        case BetweenTimes():
            start, end = times(window.start, window.end, clock)
            if start is None and end is None:
                raise HandpickError("Choose the first or the last time.")
        case During(calendar=calendar):
            days = clock.calendar(calendar)
            start, end = clock.start_of(days[0]), clock.end_of(days[1])
    return start, end


def inside(window: Window, at: Happening, table: str = EVENTS) -> list[exp.Expr]:
    """The event lies in the window and not later than now; raises HandpickError where the window is unfinished."""
    time = column("_time", table)
    start, end = edges(window, at)
    limits = [*_from(time, start, at), *_to(time, end, at), *until_now(at, table)]
    return [*limits, _near(window, at, table)] if isinstance(window, Near) else limits


def _near(window: Near, at: Happening, table: str) -> exp.Expr:
    """There is a person with the date, and the event lies on the right side of it."""
    if window.field is None:
        raise HandpickError("Choose the date of the customer that the time is counted from.")
    field = at.catalogue.field(window.field)
    if field.kind not in (Kind.DATE, Kind.MOMENT):
        raise HandpickError(f"“{field.label}” is no date, so that nothing can happen before or after it.")
    if window.period is None and window.side == Side.AROUND:
        raise HandpickError(f"Choose how long before and after “{field.label}”.")
    dated: exp.Expr = column(field.name, "dated")
    time: exp.Expr = column("_time", table)
    if field.kind == Kind.DATE:
        time = as_type(local(time, at.parameters.bind(at.clock.zone)), "DATE")
    limits: list[exp.Expr] = []
    if window.side in (Side.AFTER, Side.AROUND):
        if window.side == Side.AFTER:
            limits.append(exp.GTE(this=time.copy(), expression=dated.copy()))
        if window.period is not None:
            limits.append(exp.LTE(this=time.copy(), expression=_later(dated, window.period, field.kind, at)))
    if window.side in (Side.BEFORE, Side.AROUND):
        if window.period is not None:
            limits.append(exp.GTE(this=_later(time, window.period, field.kind, at), expression=dated.copy()))
            if window.side == Side.BEFORE:
                limits.append(exp.LTE(this=time.copy(), expression=dated.copy()))
        else:
            limits.append(exp.LT(this=time.copy(), expression=dated.copy()))
    same = exp.EQ(this=column("_row", "dated"), expression=column("_row", table))
    people = exp.alias_(table_named("people"), "dated", table=True)
    return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(people, copy=False).where(same, *limits, copy=False))


def _later(of: exp.Expr, period: Period, kind: Kind, at: Happening) -> exp.Expr:
    if kind == Kind.DATE:
        if period.unit not in CALENDAR_UNITS:
            raise HandpickError("This date has no clock: use days or weeks.")
        days = at.parameters.bind(period.amount * (ELAPSED[elapsed_unit(period)] // 86_400))
        return exp.TsOrDsAdd(this=of.copy(), expression=days, unit=exp.var("DAY"))
    return after(of, period, at)


def elapsed_unit(period: Period) -> Unit:
    """The unit of a period of elapsed time; raises HandpickError for months and years."""
    if period.unit not in ELAPSED:
        raise HandpickError("Between two events time is counted in minutes, hours, days or weeks.")
    return period.unit


def after(of: exp.Expr, period: Period, at: Happening) -> exp.Expr:
    """A time so much elapsed time later."""
    elapsed = at.parameters.bind(timedelta(seconds=period.amount * ELAPSED[elapsed_unit(period)]))
    return exp.Add(this=of.copy(), expression=elapsed)


def conditions(node: Doing, window: Window, at: Happening, table: str = EVENTS) -> list[exp.Expr]:
    """The event is one of the node's, inside the window, and passes its filters."""
    found = [named(node.events, at, table), *inside(window, at, table)]
    where = event_filter(node.where, at, table) if node.where is not None else None
    return found if where is None else [*found, where]


def source(node: EventCondition, at: Happening) -> exp.Select:
    """`SELECT … FROM events`, with all but a person's first or last events left out where only these are looked at."""
    found = exp.select(exp.alias_(column("_row"), "_row", quoted=True)).from_(events_as(EVENTS), copy=False)
    if node.which == Which.ALL:
        return found
    edge = (exp.Min if node.which == Which.FIRST else exp.Max)(this=column("_time", "every"))
    edges = (
        exp.select(exp.alias_(column("_row", "every"), "_row", quoted=True), exp.alias_(edge, "_edge", quoted=True))
        .from_(events_as("every"), copy=False)
        .where(named(node.events, at, "every"), *until_now(at, "every"))
        .group_by(column("_row", "every"))
    )
    on = exp.and_(
        exp.EQ(this=column("_row", "edges"), expression=column("_row")),
        exp.EQ(this=column("_edge", "edges"), expression=column("_time")),
    )
    return found.join(edges.subquery("edges"), on=on)
