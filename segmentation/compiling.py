"""From a condition and the catalogue to one bound question, or a sentence that says what is missing or wrong.

Every value becomes a parameter, every name a quoted identifier that stands in the catalogue. The text of a statement does
not depend on values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlglot import exp

from segmentation.binding import Compiled, Parameters, Question, other_named, predicate
from segmentation.catalogue import Catalogue, EventProperty, Kind
from segmentation.clock import Clock
from segmentation.definition import Condition, EventCondition, FieldCondition, MeasureFunction, Near, Which
from segmentation.errors import HandpickError, close_names
from segmentation.habitual import habit_question
from segmentation.happening import (
    Happening,
    column,
    conditions,
    edges,
    event_filter,
    inside,
    is_known,
    named,
    not_later,
    source,
)
from segmentation.operands import bounds
from segmentation.operators import COMPARISONS, Comparison
from segmentation.placing import place_question, sample_question
from segmentation.predicates import Target, as_type, table_named
from segmentation.ranking import rank_question, rfm_question
from segmentation.reckoning import ZERO_WITHOUT_EVENTS, aggregate, measured
from segmentation.sequences import sequence_question
from segmentation.shapes import Bound, EventShape, FieldShape

__all__ = ["Compiled", "Question", "compile_condition", "compile_known", "question"]


def _field_question(condition: FieldCondition, at: Happening) -> Question:
    if condition.field is None:
        raise HandpickError("Choose a field.")
    field = at.catalogue.field(condition.field)
    found, operator = predicate(condition, field, at.catalogue, at.clock, at.parameters, "people")
    select = exp.select(exp.column("_row", quoted=True)).from_(table_named("people"), copy=False).where(found)
    leave_out = condition.leave_out_missing and operator.negates is not None and operator.negates != "is_known"
    other = other_named(condition, field, at.catalogue)
    known = (field.name,) if other is None else (field.name, other.name)
    parameters = tuple(at.parameters.values)
    return Question(
        select,
        parameters,
        complement=operator.negates is not None,
        known=known if leave_out else (),
        form=FieldShape(field.name, Bound(found, parameters)) if other is None else None,
    )


@lru_cache(maxsize=4096)
def compile_known(field: str) -> Compiled:
    """Who has a value in a field."""
    known = is_known(exp.column(field, quoted=True))
    select = exp.select(exp.column("_row", quoted=True)).from_(table_named("people"), copy=False).where(known)
    return Compiled(select.sql("duckdb"), (), form=FieldShape(field, Bound(known, ())))


def _day_times(values: tuple[Any, ...], clock: Clock) -> tuple[datetime, ...]:
    """Numbers of days before now as instants."""
    found = []
    for value in values:
        try:
            found.append(clock.instant - timedelta(microseconds=round(value * 86_400_000_000)))
        except OverflowError:
            found.append(datetime.max if value < 0 else datetime.min)  # noqa: DTZ901 stored without zone
    return tuple(found)


def _event_question(condition: EventCondition, at: Happening) -> Question:
    """People without a matching event are in where a count or sum of 0 satisfies the comparison."""
    row = COMPARISONS.get(condition.comparison)
    function = condition.measure.function
    select = source(condition, at)  # names are checked first
    if row is None:
        raise HandpickError(
            f"There is no comparison “{condition.comparison}”.{close_names(condition.comparison, COMPARISONS)}"
        )
    if row.only_count and function != MeasureFunction.COUNT:
        raise HandpickError(f"“{row.label}” goes with how often something was done.")
    values = bounds(row, condition.value)
    detail = measured(condition.measure, at.catalogue)
    share = function == MeasureFunction.SHARE
    if share:
        matching = [named(condition.events, at), *inside(condition.window, at)]
    else:
        matching = conditions(condition, condition.window, at)
    complement = function in ZERO_WITHOUT_EVENTS and row.holds(0, *values)
    holds = _share(condition, row, values, at) if share else _holds(condition, row, values, detail, at)
    select = (
        select.where(*matching, copy=False)
        .group_by(column("_row"), copy=False)
        .having(exp.Not(this=exp.paren(holds, copy=False)) if complement else holds, copy=False)
    )
    form = None if share else _shape_of(condition, row, values, detail, at, complement)
    return Question(select, tuple(at.parameters.values), complement=complement, form=form)


def _shape_of(
    condition: EventCondition,
    row: Comparison,
    values: tuple[Any, ...],
    detail: EventProperty | None,
    at: Happening,
    complement: bool,
) -> EventShape | None:
    """The question for the kernels; None where only SQL can answer it."""
    function = condition.measure.function
    asked_only = function in (MeasureFunction.AVERAGE, MeasureFunction.DISTINCT)
    if asked_only or condition.which != Which.ALL or isinstance(condition.window, Near):
        return None
    start, end = edges(condition.window, at)
    end = min((edge for edge in (end, not_later(at)) if edge is not None), default=None)
    apart = replace(at, parameters=Parameters())  # so that equal filters are equal whatever stands around them
    where = event_filter(condition.where, apart) if condition.where is not None else None
    filtered = Bound(where, tuple(apart.parameters.values)) if where is not None else None
    ends = values
    if function in (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST):
        ends, row = _day_times(values, at.clock)[::-1], COMPARISONS[row.mirrored]
    limits = Parameters()
    holds = row.build(Target(exp.column("number"), Kind.NUMBER), tuple(limits.bind(end) for end in ends))
    compared = Bound(holds, tuple(limits.values))
    name = detail.name if detail is not None else None
    return EventShape(condition.events, start, end, filtered, function, name, compared, complement)


def _holds(
    condition: EventCondition, row: Comparison, values: tuple[Any, ...], detail: EventProperty | None, at: Happening
) -> exp.Expr:
    function = condition.measure.function
    if function in (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST):
        moments = _day_times(values, at.clock)
        ends = moments[::-1]  # the larger number of days is the earlier time
        time = (exp.Min if function == MeasureFunction.DAYS_SINCE_FIRST else exp.Max)(this=column("_time"))
        mirrored = COMPARISONS[row.mirrored]
        return mirrored.build(Target(time, Kind.MOMENT), tuple(at.parameters.bind(end) for end in ends))
    limits = tuple(at.parameters.bind(value) for value in values)
    if detail is None:
        return row.build(Target(exp.Count(this=exp.Star()), Kind.NUMBER), limits)
    of = column(detail.name)
    if function == MeasureFunction.AVERAGE:  # compared with the bound times the number of values: exact, no division
        known = as_type(exp.Count(this=of), "INT128")
        limits = tuple(exp.Mul(this=limit, expression=known.copy()) for limit in limits)
    return row.build(Target(aggregate(function, of), Kind.NUMBER), limits)


def _share(condition: EventCondition, row: Comparison, values: tuple[Any, ...], at: Happening) -> exp.Expr:
    """Passing × 100 compared with bound × all: exact, no division."""
    where = event_filter(condition.where, at) if condition.where is not None else None
    if where is None:
        raise HandpickError("Choose which of these events count for the share: add a detail.")
    passing = exp.Count(this=exp.case().when(where, exp.Literal.number(1)))
    every = as_type(exp.Count(this=exp.Star()), "INT128")
    limits = tuple(exp.Mul(this=at.parameters.bind(value), expression=every.copy()) for value in values)
    return row.build(Target(exp.Mul(this=passing, expression=exp.Literal.number(100)), Kind.NUMBER), limits)


_QUESTIONS: dict[str, Callable[[Any, Happening], Question]] = {
    "field": _field_question,
    "event": _event_question,
    "sequence": sequence_question,
    "habit": habit_question,
    "rank": rank_question,
    "rfm": rfm_question,
    "place": place_question,
    "sample": sample_question,
}
"""A row for each condition that is answered by a question of its own; segments and lists are answered by what they name."""


def question(condition: Condition, catalogue: Catalogue, clock: Clock, newest: datetime | None) -> Question:
    """A condition as one question; `newest` is the audience's newest event. Raises HandpickError with what is missing or wrong."""
    at = Happening(catalogue, clock, newest, Parameters())
    return _QUESTIONS[condition.type](cast(Any, condition), at)


def compile_condition(condition: Condition, catalogue: Catalogue, clock: Clock, newest: datetime | None) -> Compiled:
    """A condition as one question to the audience; raises HandpickError with what is missing or wrong."""
    found = question(condition, catalogue, clock, newest)
    sql = found.select.sql("duckdb", copy=False)
    return Compiled(sql, found.parameters, found.complement, found.known, found.form, found.alone)
