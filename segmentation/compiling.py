"""From a condition and the catalogue to one bound question, or a sentence that says what is missing or wrong.

Every value becomes a parameter, every name a quoted identifier that stands in the catalogue. The text of a statement does
not depend on values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlglot import exp

from segmentation.catalogue import Catalogue, EventProperty, Field, Kind
from segmentation.clock import Clock
from segmentation.definition import (
    Before,
    BetweenDays,
    Condition,
    EventCondition,
    FieldCondition,
    Last,
    Match,
    MeasureFunction,
    Node,
)
from segmentation.errors import HandpickError, close_names
from segmentation.operands import bounds, operands
from segmentation.operators import COMPARISONS, OPERATORS, Operator, Target, among, operators_for

DEEPEST_DETAILS = 50
"""So many groups of details inside one another become SQL; much deeper ones would cost the database seconds, then end it."""
DETAILS_TOO_DEEP = f"Its groups of details are nested too deeply: at most {DEEPEST_DETAILS} inside one another."

KIND_WORDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.YES_NO: "yes or no",
    Kind.DATE: "a date",
    Kind.MOMENT: "a date and time",
    Kind.LIST: "a list",
}


FUNCTION_WORDS = {
    MeasureFunction.COUNT: "that is counted",
    MeasureFunction.DISTINCT: "whose different values are counted",
    MeasureFunction.SUM: "whose total is compared",
    MeasureFunction.AVERAGE: "whose average is compared",
    MeasureFunction.MINIMUM: "whose lowest value is compared",
    MeasureFunction.MAXIMUM: "whose highest value is compared",
}


@dataclass(frozen=True)
class Compiled:
    """One question to the audience: which people. `sql` gives `_row`; two equal ones have equal answers.

    The answer is the rows found, or with `complement` everybody else; then without those whose `known` is missing.
    """

    sql: str
    parameters: tuple[tuple[str, Any], ...]
    complement: bool = False
    known: str | None = None  # the field whose missing people are left out


class Parameters:
    """Values on their way into a statement, each under a name of its own."""

    def __init__(self) -> None:
        self.values: list[tuple[str, Any]] = []

    def bind(self, value: Any) -> exp.Expr:
        """The placeholder for a value."""
        name = f"p{len(self.values)}"
        self.values.append((name, value))
        return exp.Placeholder(this=name)


def _possible(named: Field | EventProperty) -> str:
    """A closing sentence with the comparisons of a field as its menu calls them."""
    return f" Possible: {', '.join(dict.fromkeys(f'“{row.label}”' for row in operators_for(named.kind)))}."


def operator_of(condition: FieldCondition, named: Field | EventProperty) -> Operator:
    """The operator a condition names, checked against the field's kind."""
    if condition.operator is None:
        raise HandpickError(f"Choose how to compare “{named.label}”.")
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        close = close_names(condition.operator, [row.name for row in operators_for(named.kind)])
        raise HandpickError(f"There is no comparison “{condition.operator}”.{close or _possible(named)}")
    if named.kind not in operator.kinds:
        raise HandpickError(
            f"“{named.label}” is {KIND_WORDS[named.kind]}, which cannot be compared by “{operator.label}”.{_possible(named)}"
        )
    return operator


def _predicate(
    condition: FieldCondition, named: Field | EventProperty, clock: Clock, parameters: Parameters
) -> tuple[exp.Expr, Operator]:
    """The positive predicate of a field condition."""
    operator = operator_of(condition, named)
    values = operands(operator, condition.value, named.kind, clock)
    positive = OPERATORS[operator.negates] if operator.negates else operator
    if positive.build is None:
        raise AssertionError(f"operator {positive.name} has no SQL")
    table = "people" if isinstance(named, Field) else "events"  # or a subquery's own names would come first
    target = Target(exp.column(named.name, table=table, quoted=True), named.kind, condition.exact_case)
    return positive.build(target, tuple(parameters.bind(value) for value in values)), operator


def compile_field(condition: FieldCondition, catalogue: Catalogue, clock: Clock) -> Compiled:
    """A field condition as a question to `people`; raises HandpickError with what is missing or wrong."""
    if condition.field is None:
        raise HandpickError("Choose a field.")
    field = catalogue.field(condition.field)
    parameters = Parameters()
    predicate, operator = _predicate(condition, field, clock, parameters)
    statement = exp.select(exp.column("_row", quoted=True)).from_("people").where(predicate)
    leave_out = condition.leave_out_missing and operator.negates is not None and operator.negates != "is_known"
    return Compiled(
        statement.sql("duckdb"),
        tuple(parameters.values),
        complement=operator.negates is not None,
        known=field.name if leave_out else None,
    )


@lru_cache(maxsize=4096)
def compile_known(field: str) -> Compiled:
    """Who has a value in a field."""
    column = exp.column(field, quoted=True)
    known = exp.Not(this=exp.Is(this=column, expression=exp.Null()))
    return Compiled(exp.select(exp.column("_row", quoted=True)).from_("people").where(known).sql("duckdb"), ())


def _false_if_unknown(predicate: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=exp.paren(predicate), expressions=[exp.false()])


def event_filter(
    node: Node, catalogue: Catalogue, clock: Clock, parameters: Parameters, depth: int = 0
) -> exp.Expr | None:
    """A filter on one event as an SQL condition that is true or false, never unknown; None where nothing is to be said."""
    if not node.enabled:
        return None
    if depth > DEEPEST_DETAILS:
        raise HandpickError(DETAILS_TOO_DEEP)
    if isinstance(node, EventCondition):
        raise HandpickError("Inside an event only its details can be filtered.")
    if isinstance(node, FieldCondition):
        if node.field is None:
            raise HandpickError("Choose a detail of the event.")
        detail = catalogue.event_property(node.field)
        predicate, operator = _predicate(node, detail, clock, parameters)
        result = _false_if_unknown(predicate)
        if operator.negates is None:
            return result
        negated: exp.Expr = exp.Not(this=result)
        if node.leave_out_missing and operator.negates != "is_known":
            known = exp.Not(this=exp.Is(this=exp.column(detail.name, quoted=True), expression=exp.Null()))
            negated = exp.and_(negated, known)
        return negated
    found = [event_filter(child, catalogue, clock, parameters, depth + 1) for child in node.children]
    parts = [part for part in found if part is not None]
    if not parts:
        return None
    if node.match == Match.ALL:
        return exp.and_(*parts)
    either = exp.paren(exp.or_(*parts))
    return either if node.match == Match.ANY else exp.Not(this=either)


def _window(condition: EventCondition, clock: Clock, newest: datetime | None, parameters: Parameters) -> list[exp.Expr]:
    time = exp.column("_time", quoted=True)
    window = condition.window
    now = clock.instant
    limits: list[exp.Expr] = []
    if isinstance(window, Last):
        limits.append(exp.GTE(this=time.copy(), expression=parameters.bind(clock.shifted(window.period, -1))))
    elif isinstance(window, Before):
        limits.append(exp.LT(this=time.copy(), expression=parameters.bind(clock.shifted(window.period, -1))))
    elif isinstance(window, BetweenDays):
        if window.first is None and window.last is None:
            raise HandpickError("Choose the first or the last day.")
        if window.first and window.last and window.first > window.last:
            raise HandpickError("The first day is after the last; swap them.")
        if window.first:
            limits.append(exp.GTE(this=time.copy(), expression=parameters.bind(clock.start_of(window.first))))
        if window.last:
            limits.append(exp.LT(this=time.copy(), expression=parameters.bind(clock.end_of(window.last))))
    if newest is None or newest > now:
        limits.append(exp.LTE(this=time.copy(), expression=parameters.bind(now)))
    return limits


def _named(events: tuple[str, ...], parameters: Parameters) -> exp.Expr:
    name = exp.column("_name", quoted=True)
    if len(events) == 1:
        return exp.EQ(this=name, expression=parameters.bind(events[0]))
    return among(name, parameters.bind(events), lambda item: item)


def _measure(condition: EventCondition, catalogue: Catalogue) -> exp.Expr:
    measure = condition.measure
    if measure.function == MeasureFunction.COUNT:
        return exp.Count(this=exp.Star())
    if measure.property is None:
        raise HandpickError(f"Choose the detail {FUNCTION_WORDS[measure.function]}.")
    detail = catalogue.event_property(measure.property)
    column = exp.column(detail.name, quoted=True)
    if measure.function == MeasureFunction.DISTINCT:
        return exp.Count(this=exp.Distinct(expressions=[column]))
    if detail.kind != Kind.NUMBER:
        raise HandpickError(
            f"“{detail.label}” is {KIND_WORDS[detail.kind]}; choose a detail that is a number, or count different values."
        )
    match measure.function:
        case MeasureFunction.MINIMUM:
            return exp.Min(this=column)
        case MeasureFunction.MAXIMUM:
            return exp.Max(this=column)
        case MeasureFunction.AVERAGE:
            return exp.Sum(this=column)  # compared with the bound times the number of values: exact, no division
        case _:
            return exp.Coalesce(this=exp.Sum(this=column), expressions=[exp.Literal.number(0)])


def compile_event(condition: EventCondition, catalogue: Catalogue, clock: Clock, newest: datetime | None) -> Compiled:
    """An event condition as a question to `events`; `newest` is the audience's newest event.

    People without a matching event are in where a count or sum of 0 satisfies the comparison.
    """
    if not condition.events:
        raise HandpickError("Choose what they did.")
    for name in condition.events:
        catalogue.event(name)
    row = COMPARISONS.get(condition.comparison)
    if row is None:
        raise HandpickError(
            f"There is no comparison “{condition.comparison}”.{close_names(condition.comparison, COMPARISONS)}"
        )
    function = condition.measure.function
    if row.only_count and function != MeasureFunction.COUNT:
        raise HandpickError(f"“{row.label}” goes with how often something was done.")
    values = bounds(row, condition.value)

    parameters = Parameters()
    person = exp.column("_row", quoted=True)
    conditions = [_named(condition.events, parameters), *_window(condition, clock, newest, parameters)]
    if condition.where is not None:
        where = event_filter(condition.where, catalogue, clock, parameters)
        if where is not None:
            conditions.append(where)

    measure = _measure(condition, catalogue)
    zero = function in (MeasureFunction.COUNT, MeasureFunction.DISTINCT, MeasureFunction.SUM)
    complement = zero and row.holds(0, *values)
    limits = tuple(parameters.bind(value) for value in values)
    if function == MeasureFunction.AVERAGE:
        known = exp.cast(exp.Count(this=exp.column(str(condition.measure.property), quoted=True)), "INT128")
        limits = tuple(exp.Mul(this=limit, expression=known.copy()) for limit in limits)
    holds = row.build(Target(measure, Kind.NUMBER), limits)
    statement = (
        exp.select(person)
        .from_("events")
        .where(*conditions)
        .group_by(person)
        .having(exp.Not(this=exp.paren(holds)) if complement else holds)
    )
    return Compiled(statement.sql("duckdb"), tuple(parameters.values), complement=complement)


def compile_condition(condition: Condition, catalogue: Catalogue, clock: Clock, newest: datetime | None) -> Compiled:
    """A condition as one question to the audience; raises HandpickError with what is missing or wrong."""
    if isinstance(condition, FieldCondition):
        return compile_field(condition, catalogue, clock)
    return compile_event(condition, catalogue, clock, newest)
