"""The SQL of operators: predicates over a column and its bound operands, built as expressions so that every dialect can render them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sqlglot import exp

from segmentation.catalogue import Kind


@dataclass(frozen=True)
class Target:
    """The column an operator looks at, and whether letters' case counts."""

    column: exp.Expr
    kind: Kind
    exact_case: bool = False

    def folded(self, expression: exp.Expr) -> exp.Expr:
        """`expression` as it is compared: unless case counts, each letter as the small letter of its capital."""
        return expression if self.exact_case else exp.Lower(this=exp.Upper(this=expression))


def table_named(name: str) -> exp.Table:
    """A table; given its name, sqlglot parses it, which takes longer than the rest of a short question."""
    return exp.Table(this=exp.to_identifier(name))


@cache
def _type(name: str, dialect: str) -> exp.DataType:
    return exp.DataType.build(name, dialect=dialect)


def as_type(of: exp.Expr, name: str, dialect: str = "duckdb") -> exp.Expr:
    """An expression cast to a type, whose name is parsed once."""
    return exp.cast(of, _type(name, dialect))


Build = Callable[[Target, tuple[exp.Expr, ...]], exp.Expr]
"""The predicate from the column and its bound operands (see `operands.operands` for what each shape gives)."""


def equal(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.EQ(this=t.folded(t.column), expression=t.folded(o[0]))


def unnested(options: exp.Expr) -> exp.Expr:
    alias = exp.TableAlias(this=exp.to_identifier("options"), columns=[exp.to_identifier("item")])
    return exp.Unnest(expressions=[options], alias=alias)


def among(value: exp.Expr, options: exp.Expr, folded: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """`value` is one of the items of a list parameter; the text does not depend on the list's length."""
    item = folded(exp.column("item", table="options"))
    return exp.In(this=value, query=exp.select(item).from_(unnested(options)).subquery())


def is_any_of(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return among(t.folded(t.column), o[0], t.folded)


def contains(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.GT(
        this=exp.StrPosition(this=t.folded(t.column), substr=t.folded(o[0])), expression=exp.Literal.number(0)
    )


def contains_any(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    item = exp.column("item", table="options")
    found = exp.GT(
        this=exp.StrPosition(this=t.folded(t.column), substr=t.folded(item)), expression=exp.Literal.number(0)
    )
    return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(unnested(o[0])).where(found))


def starts_with(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.StartsWith(this=t.folded(t.column), expression=t.folded(o[0]))


def ends_with(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.EndsWith(this=t.folded(t.column), expression=t.folded(o[0]))


def matches(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    flags = exp.Literal.string("c" if t.exact_case else "i")
    return exp.Anonymous(this="REGEXP_MATCHES", expressions=[t.column, o[0], flags])


def compare(kind: type[exp.Binary]) -> Build:
    return lambda t, o: kind(this=t.column, expression=o[0])


def between(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Between(this=t.column, low=o[0], high=o[1])


def half_open(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.and_(exp.GTE(this=t.column, expression=o[0]), exp.LT(this=t.column.copy(), expression=o[1]))


def within_days(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return between(t, o) if t.kind == Kind.DATE else half_open(t, o)


def behind_day(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return (exp.GT if t.kind == Kind.DATE else exp.GTE)(this=t.column, expression=o[0])


def column_itself(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return t.column


def negated(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Not(this=t.column)


def known(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Not(this=exp.Is(this=t.column, expression=exp.Null()))


def folded_list(t: Target, items: exp.Expr) -> exp.Expr:
    if t.exact_case:
        return items
    x = exp.to_identifier("x")
    return exp.Anonymous(
        this="LIST_TRANSFORM", expressions=[items, exp.Lambda(this=t.folded(exp.column("x")), expressions=[x])]
    )


def has_any_of(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Anonymous(this="LIST_HAS_ANY", expressions=[folded_list(t, t.column), folded_list(t, o[0])])


def has_all_of(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return exp.Anonymous(this="LIST_HAS_ALL", expressions=[folded_list(t, t.column), folded_list(t, o[0])])


def items(kind: type[exp.Binary]) -> Build:
    return lambda t, o: kind(this=exp.Anonymous(this="LEN", expressions=[t.column]), expression=o[0])


def local(moment: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """A stored instant (UTC without zone) as clocks in the zone show it."""
    return exp.ConvertTimezone(source_tz=exp.Literal.string("UTC"), target_tz=zone, timestamp=moment)


def _on_the_wall(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    """The column's day or time as calendars and clocks show it; the zone is the last operand."""
    return local(t.column, o[-1]) if t.kind == Kind.MOMENT else t.column


def _listed(value: exp.Expr, options: exp.Expr) -> exp.Expr:
    return among(as_type(value, "INT"), options, lambda item: item)


def weekday(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return _listed(exp.DayOfWeekIso(this=_on_the_wall(t, o)), o[0])


def _part(name: str, of: exp.Expr) -> exp.Expr:
    return exp.Extract(this=exp.var(name), expression=of)


def month(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    return _listed(_part("MONTH", _on_the_wall(t, o)), o[0])


def day_of_year(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    """Operands: the days as month × 100 + day."""
    wall = _on_the_wall(t, o)
    day = exp.Add(
        this=exp.Mul(this=_part("MONTH", wall), expression=exp.Literal.number(100)),
        expression=_part("DAY", wall.copy()),
    )
    return _listed(day, o[0])


def hours(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    """Operands: the first hour, and how many more; past midnight it goes on at 0."""
    later = exp.Add(
        this=exp.Sub(this=_part("HOUR", _on_the_wall(t, o)), expression=o[0]), expression=exp.Literal.number(24)
    )
    return exp.LTE(this=exp.Mod(this=exp.paren(later), expression=exp.Literal.number(24)), expression=o[1])


def language(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    """The code up to its first “-” or “_”: de, de-AT and de_AT are the language de."""
    item = exp.Lower(this=exp.column("item", table="options"))
    code = exp.Lower(this=t.column)

    def begins(sign: str) -> exp.Expr:
        start = exp.DPipe(this=item.copy(), expression=exp.Literal.string(sign))
        return exp.StartsWith(this=code.copy(), expression=start)

    found = exp.or_(exp.EQ(this=code.copy(), expression=item.copy()), begins("-"), begins("_"))
    return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(unnested(o[0])).where(found))


def same(t: Target, o: tuple[exp.Expr, ...]) -> exp.Expr:
    """Two columns; texts as they are compared everywhere."""
    return equal(t, o) if t.kind == Kind.TEXT else exp.EQ(this=t.column, expression=o[0])
