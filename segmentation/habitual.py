"""Stopped, resumed, regularly, less or more often: counts of a person's events in periods counted back from now."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from sqlglot import exp

from segmentation.binding import Question
from segmentation.definition import HabitCondition, Period
from segmentation.errors import HandpickError
from segmentation.habits import Changed, Regularly, Resumed, Stopped
from segmentation.happening import EVENTS, Happening, column, conditions, events_as
from segmentation.operands import number
from segmentation.windows import Ever

_ZERO, _ONE = exp.Literal.number(0), exp.Literal.number(1)
INSTANT = timedelta(microseconds=1)


def _ago(period: Period, at: Happening, times: int = 1) -> datetime:
    return at.clock.shifted(Period.model_construct(amount=period.amount * times, unit=period.unit), -1)


def _in(start: datetime | None, end: datetime, at: Happening) -> exp.Expr:
    """The event lies from `start` (in) to `end` (out)."""
    time = column("_time")
    before = exp.LT(this=time, expression=at.parameters.bind(end))
    if start is None:
        return before
    return exp.and_(exp.GTE(this=time.copy(), expression=at.parameters.bind(start)), before)


def _count(condition: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.case().when(condition, _ONE.copy()))


def _some(condition: exp.Expr) -> exp.Expr:
    return exp.GT(this=_count(condition), expression=_ZERO.copy())


def _none(condition: exp.Expr) -> exp.Expr:
    return exp.EQ(this=_count(condition), expression=_ZERO.copy())


def _ordered(shorter: Period, longer: Period, at: Happening) -> tuple[datetime, datetime]:
    near, far = _ago(shorter, at), _ago(longer, at)
    if far >= near:
        raise HandpickError("The second length of time has to be longer than the first.")
    return near, far


def habit_question(condition: HabitCondition, at: Happening) -> Question:
    """One pass over a person's matching events with a count for each period."""
    matching = conditions(condition, Ever(), at)
    now = at.clock.instant + INSTANT
    holds: exp.Expr
    match condition.habit:
        case Stopped(recent=recent, earlier=earlier):
            near, far = _ordered(recent, earlier, at)
            holds = exp.and_(_none(_in(near, now, at)), _some(_in(far, near, at)))
        case Resumed(recent=recent, pause=pause):
            near, far = _ordered(recent, pause, at)
            holds = exp.and_(_some(_in(near, now, at)), _none(_in(far, near, at)), _some(_in(None, far, at)))
        case Regularly() as habit:
            holds = _regularly(habit, now, at)
        case Changed() as habit:
            holds = _changed(habit, now, at)
    row = exp.alias_(column("_row"), "_row", quoted=True)
    select = (
        exp.select(row).from_(events_as(EVENTS), copy=False).where(*matching).group_by(column("_row")).having(holds)
    )
    return Question(select, tuple(at.parameters.values))


def _checked(each: Period) -> Period:
    if each.amount == 0:
        raise HandpickError("Choose how long each period is.")
    return each


def _regularly(habit: Regularly, now: datetime, at: Happening) -> exp.Expr:
    if habit.least > habit.periods:
        raise HandpickError(
            f"“In {habit.least} of {habit.periods}” is never true: the first number has to be the smaller."
        )
    each = _checked(habit.each)
    edges = [now, *(_ago(each, at, times) for times in range(1, habit.periods + 1))]
    done: exp.Expr | None = None
    for end, start in pairwise(edges):
        one = exp.Max(this=exp.case().when(_in(start, end, at), _ONE.copy()).else_(_ZERO.copy()))
        done = one if done is None else exp.Add(this=done, expression=one)
    if done is None:
        raise AssertionError("there is at least one period")
    return exp.GTE(this=exp.paren(done), expression=at.parameters.bind(habit.least))


def _changed(habit: Changed, now: datetime, at: Happening) -> exp.Expr:
    """recent × 100 ≤ before × (100 − percent), or ≥ before × (100 + percent): exact, no division."""
    each = _checked(habit.each)
    less = habit.direction == "less"
    if less and habit.percent > 100:
        raise HandpickError("Nobody does something more than 100 % less often.")
    near, far = _ago(each, at), _ago(each, at, 2)
    percent = Decimal(str(number(habit.percent)))
    share = at.parameters.bind(100 - percent if less else 100 + percent)
    recent = exp.Mul(this=_count(_in(near, now, at)), expression=exp.Literal.number(100))
    limit = exp.Mul(this=_count(_in(far, near, at)), expression=share)
    compared = (exp.LTE if less else exp.GTE)(this=recent, expression=limit)
    return exp.and_(_some(_in(far, near, at)), compared)
