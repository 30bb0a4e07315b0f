"""Every operator as one row: its name in files, its words, the kinds it fits, its operand's shape and its SQL.

Menus, input widgets, sentences and SQL all come from these rows. Names are saved in users' files: never rename one.
A negative operator has no SQL of its own: it is the complement of the operator it `negates`, so that people whose value is
missing are in it (../docs/definitions.md); `leave_out_missing` takes them out again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from segmentation.catalogue import Kind


class Shape(StrEnum):
    """What an operator takes; picks the input widget and the check of the operand."""

    NOTHING = "nothing"
    TEXT = "text"  # one text
    TEXTS = "texts"  # one or more texts, picked from the data
    PATTERN = "pattern"  # a regular expression
    NUMBER = "number"
    NUMBERS = "numbers"  # a pair: from, to (both in)
    WHOLE = "whole"  # a whole number from 0
    DAY = "day"  # an ISO day
    DAYS = "days"  # a pair of ISO days (both in)
    PERIOD = "period"  # e.g. 30 days


@dataclass(frozen=True)
class Target:
    """The column an operator looks at, and whether letters' case counts."""

    column: exp.Expr
    kind: Kind
    exact_case: bool = False

    def folded(self, expression: exp.Expr) -> exp.Expr:
        """`expression` as it is compared: unless case counts, each letter as the small letter of its capital."""
        return expression if self.exact_case else exp.Lower(this=exp.Upper(this=expression))


Build = Callable[[Target, tuple[exp.Expr, ...]], exp.Expr]
"""The predicate from the column and its bound operands (see `operands.operands` for what each shape gives)."""


@dataclass(frozen=True)
class Operator:
    """One row of the table."""

    name: str
    label: str  # in the menu, after the field's name
    phrase: str  # in a sentence, after “whose age …”; {} stands for the operand in words
    kinds: frozenset[Kind]
    shape: Shape
    build: Build | None = None
    negates: str | None = None
    phrase_many: str = ""  # of several values, where it differs
    phrase_list: str = ""  # of a list field (“whose interests …”), where it differs
    last: str = "or"  # joins the last of several values
    counted: str = ""  # what the operand counts, e.g. “item”

    def phrase_of(self, kind: Kind | None, values: int) -> str:
        """The phrase for a field of this kind and so many values."""
        if kind == Kind.LIST and self.phrase_list:
            return self.phrase_list
        return self.phrase_many if values > 1 and self.phrase_many else self.phrase


TEXT = frozenset({Kind.TEXT})
NUMBER = frozenset({Kind.NUMBER})
YES_NO = frozenset({Kind.YES_NO})
TIME = frozenset({Kind.DATE, Kind.MOMENT})
LIST = frozenset({Kind.LIST})
EVERY = frozenset(Kind)


def _is(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.EQ(this=t.folded(t.column), expression=t.folded(o[0]))


def _unnested(options: exp.Expr) -> exp.Expr:
    alias = exp.TableAlias(this=exp.to_identifier("options"), columns=[exp.to_identifier("item")])
    return exp.Unnest(expressions=[options], alias=alias)


def among(value: exp.Expr, options: exp.Expr, folded: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """`value` is one of the items of a list parameter; the text does not depend on the list's length."""
    item = folded(exp.column("item", table="options"))
    return exp.In(this=value, query=exp.select(item).from_(_unnested(options)).subquery())


def _is_any_of(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return among(t.folded(t.column), o[0], t.folded)


def _contains(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.GT(
        this=exp.StrPosition(this=t.folded(t.column), substr=t.folded(o[0])), expression=exp.Literal.number(0)
    )


def _contains_any(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    item = exp.column("item", table="options")
    found = exp.GT(
        this=exp.StrPosition(this=t.folded(t.column), substr=t.folded(item)), expression=exp.Literal.number(0)
    )
    return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(_unnested(o[0])).where(found))


def _starts_with(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.StartsWith(this=t.folded(t.column), expression=t.folded(o[0]))


def _ends_with(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.EndsWith(this=t.folded(t.column), expression=t.folded(o[0]))


def _matches(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    flags = exp.Literal.string("c" if t.exact_case else "i")
    return exp.Anonymous(this="REGEXP_MATCHES", expressions=[t.column, o[0], flags])


def _compare(kind: type[exp.Binary]) -> Build:
    return lambda t, o: kind(this=t.column, expression=o[0])


def _between(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Between(this=t.column, low=o[0], high=o[1])


def _half_open(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.and_(exp.GTE(this=t.column, expression=o[0]), exp.LT(this=t.column.copy(), expression=o[1]))


def _within_days(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return _between(t, o) if t.kind == Kind.DATE else _half_open(t, o)


def _behind_day(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return (exp.GT if t.kind == Kind.DATE else exp.GTE)(this=t.column, expression=o[0])


def _yes(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return t.column


def _no(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Not(this=t.column)


def _known(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Not(this=exp.Is(this=t.column, expression=exp.Null()))


def _folded_list(t: Target, items: exp.Expr) -> exp.Expr:
    if t.exact_case:
        return items
    x = exp.to_identifier("x")
    return exp.Anonymous(
        this="LIST_TRANSFORM", expressions=[items, exp.Lambda(this=t.folded(exp.column("x")), expressions=[x])]
    )


def _has_any_of(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Anonymous(this="LIST_HAS_ANY", expressions=[_folded_list(t, t.column), _folded_list(t, o[0])])


def _has_all_of(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Anonymous(this="LIST_HAS_ALL", expressions=[_folded_list(t, t.column), _folded_list(t, o[0])])


def _items(kind: type[exp.Binary]) -> Build:
    return lambda t, o: kind(this=exp.Anonymous(this="LEN", expressions=[t.column]), expression=o[0])


_ROWS = (
    Operator("is_any_of", "is any of", "is {}", TEXT, Shape.TEXTS, _is_any_of),
    Operator(
        "is_none_of",
        "is none of",
        "is not {}",
        TEXT,
        Shape.TEXTS,
        negates="is_any_of",
        phrase_many="is neither {}",
        last="nor",
    ),
    Operator("is", "is exactly", "is {}", TEXT, Shape.TEXT, _is),
    Operator("is_not", "is not", "is not {}", TEXT, Shape.TEXT, negates="is"),
    Operator("contains", "contains", "contains {}", TEXT, Shape.TEXT, _contains),
    Operator("does_not_contain", "does not contain", "does not contain {}", TEXT, Shape.TEXT, negates="contains"),
    Operator("contains_any", "contains any of", "contains {}", TEXT, Shape.TEXTS, _contains_any),
    Operator("contains_none", "contains none of", "does not contain {}", TEXT, Shape.TEXTS, negates="contains_any"),
    Operator("starts_with", "starts with", "starts with {}", TEXT, Shape.TEXT, _starts_with),
    Operator(
        "does_not_start_with", "does not start with", "does not start with {}", TEXT, Shape.TEXT, negates="starts_with"
    ),
    Operator("ends_with", "ends with", "ends with {}", TEXT, Shape.TEXT, _ends_with),
    Operator("does_not_end_with", "does not end with", "does not end with {}", TEXT, Shape.TEXT, negates="ends_with"),
    Operator("matches", "matches pattern", "matches the pattern {}", TEXT, Shape.PATTERN, _matches),
    Operator(
        "does_not_match",
        "does not match pattern",
        "does not match the pattern {}",
        TEXT,
        Shape.PATTERN,
        negates="matches",
    ),
    Operator("between", "is between", "is between {}", NUMBER, Shape.NUMBERS, _between),
    Operator("not_between", "is not between", "is not between {}", NUMBER, Shape.NUMBERS, negates="between"),
    Operator("at_least", "is at least", "is at least {}", NUMBER, Shape.NUMBER, _compare(exp.GTE)),
    Operator("at_most", "is at most", "is at most {}", NUMBER, Shape.NUMBER, _compare(exp.LTE)),
    Operator("more_than", "is more than", "is more than {}", NUMBER, Shape.NUMBER, _compare(exp.GT)),
    Operator("less_than", "is less than", "is less than {}", NUMBER, Shape.NUMBER, _compare(exp.LT)),
    Operator("equals", "is exactly", "is {}", NUMBER, Shape.NUMBER, _compare(exp.EQ)),
    Operator("does_not_equal", "is not", "is not {}", NUMBER, Shape.NUMBER, negates="equals"),
    Operator("is_yes", "is yes", "is yes", YES_NO, Shape.NOTHING, _yes),
    Operator("is_no", "is no", "is no", YES_NO, Shape.NOTHING, _no),
    Operator("in_last", "is in the last", "is in the last {}", TIME, Shape.PERIOD, _between),
    Operator("not_in_last", "is not in the last", "is not in the last {}", TIME, Shape.PERIOD, negates="in_last"),
    Operator("more_than_ago", "is more than … ago", "is more than {} ago", TIME, Shape.PERIOD, _compare(exp.LT)),
    Operator("in_next", "is in the next", "is in the next {}", TIME, Shape.PERIOD, _between),
    Operator("on", "is on", "is on {}", TIME, Shape.DAY, _within_days),
    Operator("not_on", "is not on", "is not on {}", TIME, Shape.DAY, negates="on"),
    Operator("before", "is before", "is before {}", TIME, Shape.DAY, _compare(exp.LT)),
    Operator("after", "is after", "is after {}", TIME, Shape.DAY, _behind_day),
    Operator("between_days", "is between", "is between {}", TIME, Shape.DAYS, _within_days),
    Operator("not_between_days", "is not between", "is not between {}", TIME, Shape.DAYS, negates="between_days"),
    Operator("has_any_of", "has any of", "include {}", LIST, Shape.TEXTS, _has_any_of),
    Operator("has_all_of", "has all of", "include {}", LIST, Shape.TEXTS, _has_all_of, last="and"),
    Operator("has_none_of", "has none of", "do not include {}", LIST, Shape.TEXTS, negates="has_any_of"),
    Operator(
        "items_at_least",
        "has at least … items",
        "include at least {}",
        LIST,
        Shape.WHOLE,
        _items(exp.GTE),
        counted="item",
    ),
    Operator(
        "items_at_most", "has at most … items", "include at most {}", LIST, Shape.WHOLE, _items(exp.LTE), counted="item"
    ),
    Operator("is_known", "is known", "is known", EVERY, Shape.NOTHING, _known, phrase_list="are known"),
    Operator(
        "is_missing",
        "is missing",
        "is missing",
        EVERY,
        Shape.NOTHING,
        negates="is_known",
        phrase_list="are missing",
    ),
)

OPERATORS: dict[str, Operator] = {row.name: row for row in _ROWS}


def operators_for(kind: Kind) -> tuple[Operator, ...]:
    """The operators of a kind, in the order of the menu."""
    return tuple(row for row in _ROWS if kind in row.kinds)


@dataclass(frozen=True)
class Comparison:
    """How an event measure is compared with numbers; `build` as for operators, `holds` the same for plain numbers."""

    name: str
    label: str
    phrase: str
    shape: Shape
    build: Build
    holds: Callable[..., bool]
    only_count: bool = False


_COMPARISONS = (
    Comparison("at_least", "at least", "at least {}", Shape.NUMBER, _compare(exp.GTE), lambda n, v: n >= v),
    Comparison("never", "never", "never", Shape.NOTHING, _compare(exp.EQ), lambda n, v: n == v, only_count=True),
    Comparison("at_most", "at most", "at most {}", Shape.NUMBER, _compare(exp.LTE), lambda n, v: n <= v),
    Comparison("exactly", "exactly", "exactly {}", Shape.NUMBER, _compare(exp.EQ), lambda n, v: n == v),
    Comparison("more_than", "more than", "more than {}", Shape.NUMBER, _compare(exp.GT), lambda n, v: n > v),
    Comparison("fewer_than", "fewer than", "fewer than {}", Shape.NUMBER, _compare(exp.LT), lambda n, v: n < v),
    Comparison("between", "between", "between {}", Shape.NUMBERS, _between, lambda n, v, w: v <= n <= w),
)

COMPARISONS: dict[str, Comparison] = {row.name: row for row in _COMPARISONS}
