"""Lengths of time, calendar words, and the windows in which an event has to lie."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import StrictStr

from segmentation.catalogue import Model

Amount = Annotated[int, Constraint(ge=0, le=100_000)]


class Unit(StrEnum):
    """Units of a period; months and years are calendar intervals, the others elapsed time."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Period(Model):
    """A length of time, e.g. 30 days."""

    amount: Amount
    unit: Unit = Unit.DAYS


class Span(Model):
    """Between two times ago, e.g. 30 to 60 days ago: from `farthest` ago (in) to `nearest` ago (out).

    So it goes on where “in the last 30 days” ends, and never overlaps with it.
    """

    nearest: Amount
    farthest: Amount
    unit: Unit = Unit.DAYS


class CalendarPeriod(StrEnum):
    """Whole days, weeks, months, quarters and years of the calendar, in the workspace's zone; weeks start on Monday."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    NEXT_WEEK = "next_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    NEXT_MONTH = "next_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    NEXT_QUARTER = "next_quarter"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    NEXT_YEAR = "next_year"


class Ever(Model):
    """No limit in time (never later than now)."""

    type: Literal["ever"] = "ever"


class Last(Model):
    """From `period` ago until now, both in."""

    type: Literal["last"] = "last"
    period: Period = Period(amount=30)


class Before(Model):
    """Longer than `period` ago."""

    type: Literal["before"] = "before"
    period: Period = Period(amount=30)


class BetweenAgo(Model):
    """Between two times ago, see `Span`."""

    type: Literal["between_ago"] = "between_ago"
    span: Span = Span(nearest=30, farthest=60)


class BetweenDays(Model):
    """Calendar days in the workspace's zone, both whole; one side may be open."""

    type: Literal["between_days"] = "between_days"
    first: date | None = None
    last: date | None = None


class BetweenTimes(Model):
    """From one instant (in) to another (out); ISO texts, in the workspace's zone where they name none; one side may be open."""

    type: Literal["between_times"] = "between_times"
    start: StrictStr | None = None
    end: StrictStr | None = None


class During(Model):
    """In a calendar period: today, last week, this year …"""

    type: Literal["during"] = "during"
    calendar: CalendarPeriod = CalendarPeriod.LAST_MONTH


class Side(StrEnum):
    """Where events lie, seen from a date of the person."""

    AFTER = "after"
    BEFORE = "before"
    AROUND = "around"


class Near(Model):
    """Before, after or around a date field of the same person, e.g. within 7 days after signup; the date's own day or instant is in.

    Without a `period` there is no other limit; then `before` leaves the date's own day or instant out, and `around` is unfinished.
    A date field counts calendar days in the workspace's zone, a date with a clock counts elapsed time; months and years are not for this
    window. People without the date have no matching event.
    """

    type: Literal["near"] = "near"
    field: str | None = None
    side: Side = Side.AFTER
    period: Period | None = Period(amount=7)


Window = Annotated[
    Ever | Last | Before | BetweenAgo | BetweenDays | BetweenTimes | During | Near, Constraint(discriminator="type")
]
