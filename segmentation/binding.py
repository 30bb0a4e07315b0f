"""Names and values of a condition on their way into one question: values become parameters, names quoted columns.

The text of a statement does not depend on values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlglot import exp

from segmentation.catalogue import Catalogue, EventProperty, Field, Kind
from segmentation.clock import Clock
from segmentation.definition import FieldCondition, OtherField
from segmentation.errors import HandpickError, close_names
from segmentation.operands import operands
from segmentation.operators import OPERATORS, TIME, Operator, Shape, operators_for
from segmentation.predicates import Target, as_type, local
from segmentation.shapes import Shape as Form

KIND_WORDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.YES_NO: "yes or no",
    Kind.DATE: "a date",
    Kind.MOMENT: "a date and time",
    Kind.LIST: "a list",
}


@dataclass(frozen=True)
class Question:
    """One question to the audience as an expression that gives `_row`.

    The answer is the rows found, or with `complement` everybody else; then without those with a missing value in `known`.
    """

    select: exp.Select
    parameters: tuple[tuple[str, Any], ...]
    complement: bool = False
    known: tuple[str, ...] = ()
    form: Form | None = None
    alone: bool = True  # whether a person is found depends on nobody else


@dataclass(frozen=True)
class Compiled:
    """A question as DuckDB is asked it; two equal ones have equal answers."""

    sql: str
    parameters: tuple[tuple[str, Any], ...]
    complement: bool = False
    known: tuple[str, ...] = ()  # the fields whose missing people are left out
    form: Form | None = field(default=None, compare=False)  # the same question for the kernels, where it has a shape
    alone: bool = True  # whether a person is found depends on nobody else

    @cached_property
    def _hash(self) -> int:
        return hash((self.sql, self.parameters, self.complement, self.known, self.alone))

    def __hash__(self) -> int:
        return self._hash  # each lookup of a set asks for it

    @cached_property
    def positive(self) -> Compiled:
        """The question whom it finds by itself, before any complement."""
        if not self.complement and not self.known:
            return self
        return Compiled(self.sql, self.parameters, form=self.form, alone=self.alone)


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


def _column(name: str, table: str) -> exp.Expr:
    return exp.column(name, table=table, quoted=True)


def other_named(
    condition: FieldCondition, named: Field | EventProperty, catalogue: Catalogue
) -> Field | EventProperty | None:
    """The other field (or detail) that a condition compares with; raises HandpickError where it cannot be compared."""
    operator = operator_of(condition, named)
    if operator.shape != Shape.FIELD:
        return None
    what = "field" if isinstance(named, Field) else "detail"
    if not isinstance(condition.value, OtherField):
        raise HandpickError(f"Choose the {what} to compare “{named.label}” with.")
    look = catalogue.field if isinstance(named, Field) else catalogue.event_property
    other: Field | EventProperty = look(condition.value.field)
    if other.kind != named.kind and not {other.kind, named.kind} <= TIME:
        raise HandpickError(
            f"“{named.label}” is {KIND_WORDS[named.kind]} and “{other.label}” is {KIND_WORDS[other.kind]}: "
            "they cannot be compared."
        )
    return other


def predicate(
    condition: FieldCondition,
    named: Field | EventProperty,
    catalogue: Catalogue,
    clock: Clock,
    parameters: Parameters,
    table: str,
) -> tuple[exp.Expr, Operator]:
    """The positive predicate of a condition on a column of `table`, and its operator."""
    operator = operator_of(condition, named)
    positive = OPERATORS[operator.negates] if operator.negates else operator
    if positive.build is None:
        raise AssertionError(f"operator {positive.name} has no SQL")
    column, kind = _column(named.name, table), named.kind
    other = other_named(condition, named, catalogue)
    if other is None:
        bound = tuple(parameters.bind(value) for value in operands(operator, condition.value, named.kind, clock))
        return positive.build(Target(column, kind, condition.exact_case), bound), operator
    against = _column(other.name, table)
    if other.kind != kind:  # a day and an instant: both as days
        column, against = (
            as_type(local(side, parameters.bind(clock.zone)), "DATE") if of == Kind.MOMENT else side
            for side, of in ((column, kind), (against, other.kind))
        )
    return positive.build(Target(column, kind, condition.exact_case), (against,)), operator
