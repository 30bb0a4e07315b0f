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

from segmentation import predicates
from segmentation.catalogue import Kind
from segmentation.predicates import Build, compare


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
    SPAN = "span"  # e.g. between 30 and 60 days ago
    CALENDAR = "calendar"  # e.g. last week
    TIMES = "times"  # a pair of ISO dates and times: from (in), to (out)
    WEEKDAYS = "weekdays"  # one or more of monday … sunday
    MONTHS = "months"  # one or more of january … december
    HOURS = "hours"  # a pair of hours 0 … 23, both whole and in; from 22 to 5 goes past midnight
    YEARS = "years"  # a pair of whole numbers of years, both in
    LANGUAGES = "languages"  # one or more language codes: de, en
    FIELD = "field"  # another field


DAY_SHAPES = (Shape.DAY, Shape.DAYS, Shape.TIMES, Shape.WEEKDAYS, Shape.MONTHS, Shape.HOURS)


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
    since_now: bool = False  # counts from the day it is asked, where the shape does not say so

    @property
    def relative(self) -> bool:
        """Whether the answer depends on the day it is asked."""
        return self.since_now or self.shape in (Shape.PERIOD, Shape.SPAN, Shape.CALENDAR)

    @property
    def names_days(self) -> bool:
        """Whether calendar days or a clock matter, so that the time zone has to be told."""
        return self.shape in DAY_SHAPES

    def phrase_of(self, kind: Kind | None, values: int) -> str:
        """The phrase for a field of this kind and so many values."""
        if kind == Kind.LIST and self.phrase_list:
            return self.phrase_list
        return self.phrase_many if values > 1 and self.phrase_many else self.phrase


TEXT = frozenset({Kind.TEXT})
NUMBER = frozenset({Kind.NUMBER})
YES_NO = frozenset({Kind.YES_NO})
TIME = frozenset({Kind.DATE, Kind.MOMENT})
MOMENT = frozenset({Kind.MOMENT})
LIST = frozenset({Kind.LIST})
SINGLE = frozenset(Kind) - LIST
EVERY = frozenset(Kind)


_ROWS = (
    Operator("is_any_of", "is any of", "is {}", TEXT, Shape.TEXTS, predicates.is_any_of),
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
    Operator("is", "is exactly", "is {}", TEXT, Shape.TEXT, predicates.equal),
    Operator("is_not", "is not", "is not {}", TEXT, Shape.TEXT, negates="is"),
    Operator("contains", "contains", "contains {}", TEXT, Shape.TEXT, predicates.contains),
    Operator("does_not_contain", "does not contain", "does not contain {}", TEXT, Shape.TEXT, negates="contains"),
    Operator("contains_any", "contains any of", "contains {}", TEXT, Shape.TEXTS, predicates.contains_any),
    Operator("contains_none", "contains none of", "does not contain {}", TEXT, Shape.TEXTS, negates="contains_any"),
    Operator("starts_with", "starts with", "starts with {}", TEXT, Shape.TEXT, predicates.starts_with),
    Operator(
        "does_not_start_with", "does not start with", "does not start with {}", TEXT, Shape.TEXT, negates="starts_with"
    ),
    Operator("ends_with", "ends with", "ends with {}", TEXT, Shape.TEXT, predicates.ends_with),
    Operator("does_not_end_with", "does not end with", "does not end with {}", TEXT, Shape.TEXT, negates="ends_with"),
    Operator("matches", "matches pattern", "matches the pattern {}", TEXT, Shape.PATTERN, predicates.matches),
    Operator(
        "does_not_match",
        "does not match pattern",
        "does not match the pattern {}",
        TEXT,
        Shape.PATTERN,
        negates="matches",
    ),
    Operator("language_any_of", "is one of the languages", "is {}", TEXT, Shape.LANGUAGES, predicates.language),
    Operator(
        "language_none_of",
        "is none of the languages",
        "is not {}",
        TEXT,
        Shape.LANGUAGES,
        negates="language_any_of",
        phrase_many="is neither {}",
        last="nor",
    ),
    Operator("between", "is between", "is between {}", NUMBER, Shape.NUMBERS, predicates.between),
    Operator("not_between", "is not between", "is not between {}", NUMBER, Shape.NUMBERS, negates="between"),
    Operator("at_least", "is at least", "is at least {}", NUMBER, Shape.NUMBER, compare(exp.GTE)),
    Operator("at_most", "is at most", "is at most {}", NUMBER, Shape.NUMBER, compare(exp.LTE)),
    Operator("more_than", "is more than", "is more than {}", NUMBER, Shape.NUMBER, compare(exp.GT)),
    Operator("less_than", "is less than", "is less than {}", NUMBER, Shape.NUMBER, compare(exp.LT)),
    Operator("equals", "is exactly", "is {}", NUMBER, Shape.NUMBER, compare(exp.EQ)),
    Operator("does_not_equal", "is not", "is not {}", NUMBER, Shape.NUMBER, negates="equals"),
    Operator("is_yes", "is yes", "is yes", YES_NO, Shape.NOTHING, predicates.column_itself),
    Operator("is_not_yes", "is not yes", "is not yes", YES_NO, Shape.NOTHING, negates="is_yes"),
    Operator("is_no", "is no", "is no", YES_NO, Shape.NOTHING, predicates.negated),
    Operator("is_not_no", "is not no", "is not no", YES_NO, Shape.NOTHING, negates="is_no"),
    Operator("in_last", "is in the last", "is in the last {}", TIME, Shape.PERIOD, predicates.between),
    Operator("not_in_last", "is not in the last", "is not in the last {}", TIME, Shape.PERIOD, negates="in_last"),
    Operator("more_than_ago", "is more than … ago", "is more than {} ago", TIME, Shape.PERIOD, compare(exp.LT)),
    Operator("in_next", "is in the next", "is in the next {}", TIME, Shape.PERIOD, predicates.between),
    Operator("on", "is on", "is on {}", TIME, Shape.DAY, predicates.within_days),
    Operator("not_on", "is not on", "is not on {}", TIME, Shape.DAY, negates="on"),
    Operator("before", "is before", "is before {}", TIME, Shape.DAY, compare(exp.LT)),
    Operator("after", "is after", "is after {}", TIME, Shape.DAY, predicates.behind_day),
    Operator("between_days", "is between", "is between {}", TIME, Shape.DAYS, predicates.within_days),
    Operator("not_between_days", "is not between", "is not between {}", TIME, Shape.DAYS, negates="between_days"),
    Operator("not_in_next", "is not in the next", "is not in the next {}", TIME, Shape.PERIOD, negates="in_next"),
    Operator(
        "more_than_ahead",
        "is more than … from now",
        "is more than {} from now",
        TIME,
        Shape.PERIOD,
        compare(exp.GT),
    ),
    Operator("between_ago", "is between … and … ago", "is between {} ago", TIME, Shape.SPAN, predicates.half_open),
    Operator("in_calendar", "is today, this week, last month …", "is {}", TIME, Shape.CALENDAR, predicates.within_days),
    Operator(
        "not_in_calendar",
        "is not today, this week, last month …",
        "is not {}",
        TIME,
        Shape.CALENDAR,
        negates="in_calendar",
    ),
    Operator("between_times", "is from … until …", "is from {}", MOMENT, Shape.TIMES, predicates.half_open),
    Operator(
        "not_between_times",
        "is not from … until …",
        "is not in the time from {}",
        MOMENT,
        Shape.TIMES,
        negates="between_times",
    ),
    Operator("weekday_is", "is on a day of the week", "is on a {}", TIME, Shape.WEEKDAYS, predicates.weekday),
    Operator(
        "weekday_is_not", "is not on a day of the week", "is not on a {}", TIME, Shape.WEEKDAYS, negates="weekday_is"
    ),
    Operator("month_is", "is in a month of the year", "is in {}", TIME, Shape.MONTHS, predicates.month),
    Operator("month_is_not", "is not in a month of the year", "is not in {}", TIME, Shape.MONTHS, negates="month_is"),
    Operator("hour_between", "is between two hours of the day", "is between {}", MOMENT, Shape.HOURS, predicates.hours),
    Operator(
        "hour_not_between",
        "is not between two hours of the day",
        "is not between {}",
        MOMENT,
        Shape.HOURS,
        negates="hour_between",
    ),
    Operator(
        "anniversary_in_next",
        "has its anniversary (birthday) in the next … days",
        "has its anniversary within {} from today",
        TIME,
        Shape.WHOLE,
        predicates.day_of_year,
        counted="day",
        since_now=True,
    ),
    Operator(
        "anniversary_in_last",
        "had its anniversary (birthday) in the last … days",
        "had its anniversary within {} before today",
        TIME,
        Shape.WHOLE,
        predicates.day_of_year,
        counted="day",
        since_now=True,
    ),
    Operator(
        "age_at_least",
        "is at least … full years ago (age)",
        "is at least {} ago",
        TIME,
        Shape.WHOLE,
        predicates.half_open,
        counted="full year",
        since_now=True,
    ),
    Operator(
        "age_at_most",
        "is at most … full years ago (age)",
        "is at most {} ago",
        TIME,
        Shape.WHOLE,
        predicates.half_open,
        counted="full year",
        since_now=True,
    ),
    Operator(
        "age_between",
        "is between … and … full years ago (age)",
        "is between {} full years ago",
        TIME,
        Shape.YEARS,
        predicates.half_open,
        since_now=True,
    ),
    Operator("has_any_of", "has any of", "include {}", LIST, Shape.TEXTS, predicates.has_any_of),
    Operator("has_all_of", "has all of", "include {}", LIST, Shape.TEXTS, predicates.has_all_of, last="and"),
    Operator("has_none_of", "has none of", "do not include {}", LIST, Shape.TEXTS, negates="has_any_of"),
    Operator(
        "items_at_least",
        "has at least … items",
        "include at least {}",
        LIST,
        Shape.WHOLE,
        predicates.items(exp.GTE),
        counted="item",
    ),
    Operator(
        "items_at_most",
        "has at most … items",
        "include at most {}",
        LIST,
        Shape.WHOLE,
        predicates.items(exp.LTE),
        counted="item",
    ),
    Operator(
        "items_exactly",
        "has exactly … items",
        "include exactly {}",
        LIST,
        Shape.WHOLE,
        predicates.items(exp.EQ),
        counted="item",
    ),
    Operator("same_as", "is the same as another field", "is the same as {}", SINGLE, Shape.FIELD, predicates.same),
    Operator(
        "not_same_as",
        "is not the same as another field",
        "is not the same as {}",
        SINGLE,
        Shape.FIELD,
        negates="same_as",
    ),
    Operator("more_than_field", "is more than another field", "is more than {}", NUMBER, Shape.FIELD, compare(exp.GT)),
    Operator("at_least_field", "is at least another field", "is at least {}", NUMBER, Shape.FIELD, compare(exp.GTE)),
    Operator("less_than_field", "is less than another field", "is less than {}", NUMBER, Shape.FIELD, compare(exp.LT)),
    Operator("at_most_field", "is at most another field", "is at most {}", NUMBER, Shape.FIELD, compare(exp.LTE)),
    Operator("later_than_field", "is after another field", "is after {}", TIME, Shape.FIELD, compare(exp.GT)),
    Operator("earlier_than_field", "is before another field", "is before {}", TIME, Shape.FIELD, compare(exp.LT)),
    Operator("is_known", "is known", "is known", EVERY, Shape.NOTHING, predicates.known, phrase_list="are known"),
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
    """How an event measure is compared with numbers; `build` as for operators, `holds` the same for plain numbers.

    `mirrored` names the row that is true of −a and −b where this one is of a and b.
    """

    name: str
    label: str
    phrase: str
    shape: Shape
    build: Build
    holds: Callable[..., bool]
    mirrored: str = ""
    only_count: bool = False


_COMPARISONS = (
    Comparison("at_least", "at least", "at least {}", Shape.NUMBER, compare(exp.GTE), lambda n, v: n >= v, "at_most"),
    Comparison("never", "never", "never", Shape.NOTHING, compare(exp.EQ), lambda n, v: n == v, only_count=True),
    Comparison("at_most", "at most", "at most {}", Shape.NUMBER, compare(exp.LTE), lambda n, v: n <= v, "at_least"),
    Comparison("exactly", "exactly", "exactly {}", Shape.NUMBER, compare(exp.EQ), lambda n, v: n == v, "exactly"),
    Comparison(
        "more_than", "more than", "more than {}", Shape.NUMBER, compare(exp.GT), lambda n, v: n > v, "fewer_than"
    ),
    Comparison(
        "fewer_than", "fewer than", "fewer than {}", Shape.NUMBER, compare(exp.LT), lambda n, v: n < v, "more_than"
    ),
    Comparison(
        "between", "between", "between {}", Shape.NUMBERS, predicates.between, lambda n, v, w: v <= n <= w, "between"
    ),
)

COMPARISONS: dict[str, Comparison] = {row.name: row for row in _COMPARISONS}
