"""Ranks: the top and bottom people by a field or a measure, and scores for recency, frequency and monetary value."""

from __future__ import annotations

from sqlglot import exp

from segmentation.binding import KIND_WORDS, Question
from segmentation.catalogue import Kind
from segmentation.definition import MeasureFunction, RankCondition, RfmCondition
from segmentation.errors import HandpickError
from segmentation.happening import (
    EVENTS,
    Happening,
    column,
    conditions,
    event_filter,
    events_as,
    inside,
    is_known,
    named,
)
from segmentation.measures import RfmGroup
from segmentation.operands import number
from segmentation.predicates import as_type, table_named
from segmentation.reckoning import aggregate, measured

GRID: dict[RfmGroup, tuple[tuple[int, int], tuple[int, int]]] = {
    RfmGroup.CHAMPIONS: ((5, 5), (4, 5)),
    RfmGroup.LOYAL: ((3, 4), (4, 5)),
    RfmGroup.POTENTIAL_LOYALISTS: ((4, 5), (2, 3)),
    RfmGroup.NEW: ((5, 5), (1, 1)),
    RfmGroup.PROMISING: ((4, 4), (1, 1)),
    RfmGroup.NEED_ATTENTION: ((3, 3), (3, 3)),
    RfmGroup.ABOUT_TO_SLEEP: ((3, 3), (1, 2)),
    RfmGroup.AT_RISK: ((1, 2), (3, 4)),
    RfmGroup.CANNOT_LOSE: ((1, 2), (5, 5)),
    RfmGroup.HIBERNATING: ((1, 2), (1, 2)),
}
"""The scores for recency and frequency (both ends in) of each group; together they cover all 25 pairs, each once."""

_ONE = exp.Literal.number(1)
_FINEST = 9  # decimals to which averages and shares are told apart


def _place(by: exp.Expr, descending: bool, partition: list[exp.Expr]) -> exp.Expr:
    order = exp.Order(expressions=[exp.Ordered(this=by, desc=descending, nulls_first=False)])
    return exp.Window(this=exp.Anonymous(this="RANK"), partition_by=partition, order=order)


def _ranked(partition: list[exp.Expr]) -> exp.Expr:
    return exp.Window(this=exp.Count(this=exp.Star()), partition_by=[part.copy() for part in partition])


def _as(expression: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(expression, name, quoted=True, copy=False)


def _of(name: str, table: str) -> exp.Expr:
    return exp.column(name, table=table, quoted=True)


def _first(place: exp.Expr, ranked: exp.Expr, limit: exp.Expr, of: int) -> exp.Expr:
    """(place − 1) × `of` < ranked × limit: among the first limit ÷ `of`, rounded up, ties in."""
    before = exp.Mul(
        this=exp.paren(exp.Sub(this=place.copy(), expression=_ONE.copy())), expression=exp.Literal.number(of)
    )
    return exp.LT(this=before, expression=exp.Mul(this=ranked.copy(), expression=limit))


def _measured(node: RankCondition, at: Happening) -> tuple[exp.Select, bool]:
    """Each person's measure as `_value`, and whether a larger number of it is a smaller value."""
    function = node.measure.function
    detail = measured(node.measure, at.catalogue)
    share = function == MeasureFunction.SHARE
    if share:
        matching = [named(node.events, at), *inside(node.window, at)]
    else:
        matching = conditions(node, node.window, at)
    time = column("_time")
    turned = False
    value: exp.Expr
    if function in (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST):
        value, turned = (exp.Min if function == MeasureFunction.DAYS_SINCE_FIRST else exp.Max)(this=time), True
    elif share:
        where = event_filter(node.where, at) if node.where is not None else None
        if where is None:
            raise HandpickError("Choose which of these events count for the share: add a detail.")
        passing = exp.Count(this=exp.case().when(where, _ONE.copy()))
        value = _quotient(passing, exp.Count(this=exp.Star()))
    elif detail is None:
        value = exp.Count(this=exp.Star())
    elif function == MeasureFunction.AVERAGE:
        value = _quotient(aggregate(function, column(detail.name)), exp.Count(this=column(detail.name)))
    else:
        value = aggregate(function, column(detail.name))
    select = (
        exp.select(_as(column("_row"), "_row"), _as(value, "_value"))
        .from_(events_as(EVENTS), copy=False)
        .where(*matching, copy=False)
        .group_by(column("_row"), copy=False)
    )
    return select, turned


def _quotient(above: exp.Expr, below: exp.Expr) -> exp.Expr:
    divided = exp.Div(
        this=as_type(above, "DOUBLE"), expression=exp.Nullif(this=below, expression=exp.Literal.number(0)), typed=False
    )
    return exp.Round(this=divided, decimals=exp.Literal.number(_FINEST))


def _by_field(node: RankCondition, at: Happening) -> exp.Select:
    field = at.catalogue.field(str(node.field))
    if field.kind not in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
        raise HandpickError(
            f"“{field.label}” is {KIND_WORDS[field.kind]}; people are ranked by a number, a date or what they did."
        )
    of = _of(field.name, "people")
    row = _as(_of("_row", "people"), "_row")
    return exp.select(row, _as(of, "_value")).from_(table_named("people"), copy=False).where(is_known(of.copy()))


def rank_question(node: RankCondition, at: Happening) -> Question:
    """Everybody with a value gets a place (ties the same), and the first places are picked."""
    if node.field is None and not node.events:
        raise HandpickError("Choose what people are ranked by.")
    if node.field is not None and node.events:
        raise HandpickError("Rank by a field or by what people did, not by both.")
    if not node.amount:
        raise HandpickError("Enter how many.")
    if node.after >= node.amount:
        raise HandpickError(
            f"The first {node.amount} without the first {node.after} are nobody: the second number is smaller."
        )
    if node.unit == "percent" and node.amount > 100:
        raise HandpickError("There are at most 100 percent.")
    values, turned = (_by_field(node, at), False) if node.field is not None else _measured(node, at)
    source = exp.select(_as(_of("_row", "valued"), "_row"), _as(_of("_value", "valued"), "_value")).from_(
        values.subquery("valued", copy=False), copy=False
    )
    source = source.where(is_known(_of("_value", "valued")), copy=False)
    partition: list[exp.Expr] = []
    if node.within is not None:
        group = at.catalogue.field(node.within)
        of = _of(group.name, "grouped")
        key: exp.Expr = exp.Lower(this=exp.Upper(this=of)) if group.kind == Kind.TEXT else of
        people = exp.alias_(table_named("people"), "grouped", table=True)
        same = exp.EQ(this=_of("_row", "grouped"), expression=_of("_row", "valued"))
        source = source.join(people, on=same).where(is_known(of.copy())).select(_as(key, "_group"))
        partition = [_of("_group", "rated")]
    place = _place(_of("_value", "rated"), (node.direction == "top") != turned, partition)
    placed = exp.select(
        _as(_of("_row", "rated"), "_row"), _as(place, "_place"), _as(_ranked(partition), "_ranked")
    ).from_(source.subquery("rated", copy=False), copy=False)
    percent = node.unit == "percent"
    ranked: exp.Expr = _of("_ranked", "placed") if percent else _ONE.copy()
    select = exp.select(_as(_of("_row", "placed"), "_row")).from_(placed.subquery("placed", copy=False), copy=False)
    own = _of("_place", "placed")
    of_100 = 100 if percent else 1
    select = select.where(
        _first(own, ranked, at.parameters.bind(number(node.amount)), of_100),
        exp.Not(this=exp.paren(_first(own, ranked, at.parameters.bind(number(node.after)), of_100))),
        copy=False,
    )
    return Question(select, tuple(at.parameters.values), alone=False)


def rfm_question(node: RfmCondition, at: Happening) -> Question:
    """Places by last time, number and sum; a score of s or better is being among the first (6 − s) × 20 %."""
    matching = conditions(node, node.window, at)
    scored: list[tuple[str, exp.Expr]] = [("r", exp.Max(this=column("_time"))), ("f", exp.Count(this=exp.Star()))]
    if node.amount is not None:
        amount = at.catalogue.event_property(node.amount)
        if amount.kind != Kind.NUMBER:
            raise HandpickError(f"“{amount.label}” is {KIND_WORDS[amount.kind]}; monetary value needs a number.")
        scored.append(("m", aggregate(MeasureFunction.SUM, column(amount.name))))
    elif node.monetary != (1, 5):
        raise HandpickError("Choose the detail that says how much was spent.")
    for low, high in (node.recency, node.frequency, node.monetary):
        if low > high:
            raise HandpickError(f"The first score ({low}) is above the second ({high}); swap them.")
    values = (
        exp.select(_as(column("_row"), "_row"), *(_as(value, f"_{name}") for name, value in scored))
        .from_(events_as(EVENTS), copy=False)
        .where(*matching, copy=False)
        .group_by(column("_row"), copy=False)
    )
    placed = exp.select(
        _as(_of("_row", "rated"), "_row"),
        _as(_ranked([]), "_ranked"),
        *(_as(_place(_of(f"_{name}", "rated"), True, []), f"_{name}") for name, _ in scored),
    ).from_(values.subquery("rated", copy=False), copy=False)

    def between(name: str, scores: tuple[int, int]) -> exp.Expr:
        low, high = scores
        own, ranked = _of(f"_{name}", "placed"), _of("_ranked", "placed")
        better = exp.Not(this=exp.paren(_first(own, ranked, at.parameters.bind(5 - high), 5)))
        return exp.and_(_first(own, ranked, at.parameters.bind(6 - low), 5), better)

    found = [between("r", node.recency), between("f", node.frequency)]
    if node.amount is not None:
        found.append(between("m", node.monetary))
    if node.groups:
        groups = [exp.and_(between("r", GRID[group][0]), between("f", GRID[group][1])) for group in node.groups]
        found.append(exp.paren(exp.or_(*groups)))
    select = (
        exp.select(_as(_of("_row", "placed"), "_row"))
        .from_(placed.subquery("placed", copy=False), copy=False)
        .where(*found)
    )
    return Question(select, tuple(at.parameters.values), alone=False)
