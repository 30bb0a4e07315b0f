"""One thing after another: a chain of events, each strictly later than the one before."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from segmentation.binding import Parameters, Question
from segmentation.clock import ELAPSED
from segmentation.definition import SequenceCondition, Step
from segmentation.errors import HandpickError
from segmentation.happening import (
    Happening,
    after,
    column,
    conditions,
    edges,
    elapsed_unit,
    event_filter,
    events_as,
    named,
    not_later,
)
from segmentation.shapes import Bound, ChainShape, StepShape
from segmentation.windows import Ever, Near, Window

_ONE = exp.Literal.number(1)


def _steps(condition: SequenceCondition) -> tuple[Step, ...]:
    """The steps that are on, checked for what only later steps can have."""
    steps = tuple(step for step in condition.steps if step.enabled)
    if not steps:
        raise HandpickError("Add the first step.")
    if steps[0].absent:
        raise HandpickError("The first step has to be something they did.")
    if len(steps) == 1:
        raise HandpickError("Add a second step, or use a filter on one event.")
    return steps


def check_step(step: Step, first: bool, at: Happening) -> None:
    """Raise HandpickError with what a step lacks by itself, but for its filters."""
    named(step.events, at)
    if first:
        return
    if step.within is not None:
        elapsed_unit(step.within)
    for name in step.same:
        at.catalogue.event_property(name)


def _links(step: Step, table: str, previous: str, at: Happening) -> list[exp.Expr]:
    """The step's event is the same person's, later than the one before, in time and with the same details."""
    found: list[exp.Expr] = [
        exp.EQ(this=column("_row", table), expression=column("_row", previous)),
        exp.GT(this=column("_time", table), expression=column("_time", previous)),
    ]
    if step.within is not None:
        end = after(column("_time", previous), step.within, at)
        found.append(exp.LTE(this=column("_time", table), expression=end))
    for name in step.same:
        detail = at.catalogue.event_property(name).name
        found.append(exp.EQ(this=column(detail, table), expression=column(detail, previous)))
    return found


def sequence_question(condition: SequenceCondition, at: Happening) -> Question:
    """The steps that happened joined one after another, with no event of the absent ones between."""
    steps = _steps(condition)
    select: exp.Select | None = None
    previous = ""
    waiting: list[tuple[int, Step, str]] = []  # absent steps, until the next step's table is known
    absences: list[exp.Expr] = []

    def absent(number: int, step: Step, since: str, until: str | None) -> exp.Expr:
        table = f"s{number}"
        limits = [*_links(step, table, since, at), *conditions(step, Ever(), at, table)]
        if until is not None:
            limits.append(exp.LT(this=column("_time", table), expression=column("_time", until)))
        return exp.Not(
            this=exp.Exists(this=exp.select(_ONE).from_(events_as(table), copy=False).where(*limits, copy=False))
        )

    for number, step in enumerate(steps, 1):
        if step.absent:
            waiting.append((number, step, previous))
            continue
        table = f"s{number}"
        found = conditions(step, condition.window, at, table)
        if select is None:
            select = exp.select(exp.alias_(column("_row", table), "_row", quoted=True)).from_(
                events_as(table), copy=False
            )
            select = select.where(*found, copy=False)
        else:
            on = exp.and_(*_links(step, table, previous, at))
            # not every database may look elsewhere in ON
            select = select.join(events_as(table), on=on, copy=False).where(*found, copy=False)
        absences += [absent(*missing, table) for missing in waiting]
        waiting = []
        previous = table
    absences += [absent(*missing, None) for missing in waiting]
    if select is None:
        raise AssertionError("the first step is one that happened")
    if absences:
        select = select.where(*absences, copy=False)
    return Question(select.distinct(), tuple(at.parameters.values), form=_shape_of(steps, condition.window, at))


def _shape_of(steps: tuple[Step, ...], window: Window, at: Happening) -> ChainShape | None:
    """The question for the kernels; None where only SQL can answer it."""
    if isinstance(window, Near):
        return None
    start, end = edges(window, at)
    now = not_later(at)
    found = []
    for place, step in enumerate(steps):
        apart = replace(at, parameters=Parameters())  # so that equal filters are equal whatever stands around them
        where = event_filter(step.where, apart) if step.where is not None else None
        filtered = Bound(where, tuple(apart.parameters.values)) if where is not None else None
        linked = step if place else Step()  # the first follows nothing
        within = linked.within
        found.append(
            StepShape(
                step.events,
                filtered,
                within.amount * ELAPSED[elapsed_unit(within)] * 1_000_000 if within is not None else None,
                tuple(at.catalogue.event_property(name).name for name in linked.same),
                step.absent,
            )
        )
    ends = [edge for edge in (end, now) if edge is not None]
    return ChainShape(tuple(found), start, min(ends, default=None), now)
