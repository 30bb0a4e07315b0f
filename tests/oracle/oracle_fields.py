"""Conditions on one field of a person, or on one detail of an event."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from segmentation.definition import FieldCondition, OtherField
from segmentation.windows import CalendarPeriod, Period, Span
from tests.oracle.oracle_clock import (
    age,
    anniversary_within,
    away,
    day_away,
    in_calendar,
    instant_written,
    on_the_wall,
)
from tests.oracle.oracle_facts import Facts, NotCounted, Row, ends, exact, folded, missing, whole

NEGATIVE = {
    "is_none_of": "is_any_of",
    "is_not": "is",
    "does_not_contain": "contains",
    "contains_none": "contains_any",
    "does_not_start_with": "starts_with",
    "does_not_end_with": "ends_with",
    "does_not_match": "matches",
    "language_none_of": "language_any_of",
    "not_between": "between",
    "does_not_equal": "equals",
    "is_not_yes": "is_yes",
    "is_not_no": "is_no",
    "not_in_last": "in_last",
    "not_in_next": "in_next",
    "not_on": "on",
    "not_between_days": "between_days",
    "not_in_calendar": "in_calendar",
    "not_between_times": "between_times",
    "weekday_is_not": "weekday_is",
    "month_is_not": "month_is",
    "hour_not_between": "hour_between",
    "has_none_of": "has_any_of",
    "not_same_as": "same_as",
    "is_missing": "is_known",
}
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"]
MONTHS.append("december")
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
    "more_than": lambda value, bound: value > bound,
    "less_than": lambda value, bound: value < bound,
    "equals": lambda value, bound: value == bound,
}
FIELDS_COMPARED: dict[str, tuple[tuple[str, ...], Callable[[Any, Any], bool]]] = {
    "same_as": (("text", "number", "yes_no", "date", "moment"), lambda value, other: value == other),
    "more_than_field": (("number",), lambda value, other: value > other),
    "at_least_field": (("number",), lambda value, other: value >= other),
    "less_than_field": (("number",), lambda value, other: value < other),
    "at_most_field": (("number",), lambda value, other: value <= other),
    "later_than_field": (("date", "moment"), lambda value, other: value > other),
    "earlier_than_field": (("date", "moment"), lambda value, other: value < other),
}
Holds = Callable[[Any], bool]


def field_test(facts: Facts, condition: FieldCondition, kinds: Mapping[str, str]) -> Callable[[Row], bool]:
    """Whether a person (or one event) satisfies a condition."""
    if condition.field not in kinds or condition.operator is None:
        raise NotCounted
    positive = NEGATIVE.get(condition.operator, condition.operator)
    negative = positive != condition.operator
    looked_at = fields_of(condition, kinds)
    if positive in FIELDS_COMPARED:
        holds = _compared(facts, positive, looked_at, condition, kinds)
    else:
        alone = _holding(facts, positive, kinds[condition.field], condition)

        def holds(row: Row) -> bool:
            return alone(row[looked_at[0]])

    def answer(row: Row) -> bool:
        unknown = any(missing(row.get(name)) for name in looked_at)
        if not negative:
            return not unknown and holds(row)
        if positive == "is_known":
            return unknown
        return not condition.leave_out_missing if unknown else not holds(row)

    return answer


def fields_of(condition: FieldCondition, kinds: Mapping[str, str]) -> list[str]:
    """The field a condition looks at, and the one it is compared with."""
    name, operator = str(condition.field), str(condition.operator)
    if NEGATIVE.get(operator, operator) not in FIELDS_COMPARED:
        return [name]
    if not isinstance(condition.value, OtherField) or condition.value.field not in kinds:
        raise NotCounted
    return [name, condition.value.field]


def _compared(
    facts: Facts, operator: str, names: list[str], condition: FieldCondition, kinds: Mapping[str, str]
) -> Callable[[Row], bool]:
    own, other = (kinds[name] for name in names)
    fitting, compare = FIELDS_COMPARED[operator]
    if own not in fitting or (own != other and {own, other} != {"date", "moment"}):
        raise NotCounted

    def numbers(row: Row) -> bool:
        """Exactly, or as floating point where one of the two is."""
        one, two = (row[name] for name in names)
        read = float if isinstance(one, float) or isinstance(two, float) else exact
        return compare(read(one), read(two))

    if own == "number":
        return numbers

    def read(value: Any, kind: str) -> Any:
        if kind == "text" and not condition.exact_case:
            return folded(value)
        return facts.day_of(value) if kind == "moment" and own != other else value

    return lambda row: compare(read(row[names[0]], own), read(row[names[1]], other))


def _holding(facts: Facts, operator: str, kind: str, condition: FieldCondition) -> Holds:
    if operator == "is_known":
        return lambda value: True
    if kind == "text":
        return _on_text(operator, condition)
    if kind == "number":
        return _on_number(operator, condition)
    if kind == "yes_no":
        if operator not in ("is_yes", "is_no"):
            raise NotCounted
        return lambda value: value is (operator == "is_yes")
    if kind == "list":
        return _on_list(operator, condition)
    if operator in ("in_last", "more_than_ago", "in_next", "more_than_ahead", "between_ago"):
        return _relative(facts, operator, kind, condition.value)
    if kind == "moment":
        if operator == "between_times":
            return _between_times(facts, condition.value)
        if operator == "hour_between":
            hours = _hours(condition.value)
            return lambda value: on_the_wall(value, facts.zone).hour in hours
        on_day = _on_day(facts, operator, condition)
        return lambda value: on_day(facts.day_of(value))
    return _on_day(facts, operator, condition)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise NotCounted
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, tuple) or not value or not all(isinstance(item, str) for item in value):
        raise NotCounted
    return list(value)


def _on_text(operator: str, condition: FieldCondition) -> Holds:
    fold: Callable[[str], str] = str if condition.exact_case else folded
    if operator == "language_any_of":
        codes = [code.lower() for code in _texts(condition.value)]
        if not all(re.fullmatch("[a-z]{2,3}", code) for code in codes):
            raise NotCounted
        return lambda value: re.split("[-_]", value)[0].lower() in codes
    if operator in ("is_any_of", "contains_any"):
        wanted = [fold(text) for text in _texts(condition.value)]
        if operator == "is_any_of":
            return lambda value: fold(value) in wanted
        return lambda value: any(text in fold(value) for text in wanted)
    text = _text(condition.value)
    if operator == "matches":
        try:
            pattern = re.compile(text, 0 if condition.exact_case else re.IGNORECASE)
        except re.error:
            raise NotCounted from None
        return lambda value: pattern.search(value) is not None
    tests: dict[str, Callable[[str, str], bool]] = {
        "is": lambda value, text: value == text,
        "contains": lambda value, text: text in value,
        "starts_with": lambda value, text: value.startswith(text),
        "ends_with": lambda value, text: value.endswith(text),
    }
    if operator not in tests:
        raise NotCounted
    return lambda value: tests[operator](fold(value), fold(text))


def _on_number(operator: str, condition: FieldCondition) -> Holds:
    if operator == "between":
        low, high = ends(condition.value, exact)
        return lambda value: low <= exact(value) <= high
    if operator not in COMPARED:
        raise NotCounted
    bound: Fraction = exact(condition.value)
    return lambda value: COMPARED[operator](exact(value), bound)


def _on_list(operator: str, condition: FieldCondition) -> Holds:
    fold: Callable[[str], str] = str if condition.exact_case else folded
    counting = {"items_at_least": "at_least", "items_at_most": "at_most", "items_exactly": "equals"}
    if operator in counting:
        count = whole(condition.value)
        return lambda value: COMPARED[counting[operator]](len(value), count)
    if operator not in ("has_any_of", "has_all_of"):
        raise NotCounted
    wanted = {fold(text) for text in _texts(condition.value)}
    if operator == "has_any_of":
        return lambda value: any(fold(item) in wanted for item in value)
    return lambda value: all(any(fold(item) == text for item in value) for text in wanted)


# Days and instants


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise NotCounted
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise NotCounted from None


def _hours(value: object) -> set[int]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise NotCounted
    first, last = (whole(end) for end in value)
    if first > 23 or last > 23:
        raise NotCounted
    hours = {first}
    while first != last:
        first = 0 if first == 23 else first + 1
        hours.add(first)
    return hours


def _between_times(facts: Facts, value: object) -> Holds:
    def read(text: object) -> datetime:
        try:
            return instant_written(_text(text), facts.zone)
        except ValueError:
            raise NotCounted from None

    start, end = ends(value, read)
    if start == end:
        raise NotCounted
    return lambda value: start <= value < end


def _relative(facts: Facts, operator: str, kind: str, value: object) -> Holds:
    """Days are counted on a date, elapsed time or calendar intervals on an instant."""
    if not isinstance(value, Span if operator == "between_ago" else Period):
        raise NotCounted
    unit = value.unit
    if kind == "date" and unit in ("minutes", "hours"):
        raise NotCounted
    now: Any = facts.today if kind == "date" else facts.now

    def at(amount: int, sign: int) -> Any:
        if kind == "date":
            return day_away(facts.today, amount, unit, sign)
        return away(facts.now, facts.zone, amount, unit, sign)

    if isinstance(value, Span):
        if value.nearest >= value.farthest:
            raise NotCounted
        farthest, nearest = at(value.farthest, -1), at(value.nearest, -1)
        return lambda value: farthest <= value < nearest
    earlier, later = at(value.amount, -1), at(value.amount, 1)
    tests: dict[str, Holds] = {
        "in_last": lambda value: earlier <= value <= now,
        "more_than_ago": lambda value: value < earlier,
        "in_next": lambda value: now <= value <= later,
        "more_than_ahead": lambda value: value > later,
    }
    return tests[operator]


def _on_day(facts: Facts, operator: str, condition: FieldCondition) -> Callable[[date], bool]:
    value, today = condition.value, facts.today
    if operator == "between_days":
        first, last = ends(value, _day)
        return lambda day: first <= day <= last
    if operator == "in_calendar":
        if not isinstance(value, str) or value not in tuple(CalendarPeriod):
            raise NotCounted
        return lambda day: in_calendar(day, value, today)
    if operator in ("weekday_is", "month_is"):
        known = WEEKDAYS if operator == "weekday_is" else MONTHS
        chosen = {text.lower() for text in _texts(value)}
        if not chosen <= set(known):
            raise NotCounted
        if operator == "weekday_is":
            return lambda day: WEEKDAYS[day.weekday()] in chosen
        return lambda day: MONTHS[day.month - 1] in chosen
    if operator in ("anniversary_in_next", "anniversary_in_last"):
        days, sign = whole(value), 1 if operator == "anniversary_in_next" else -1
        return lambda day: anniversary_within(day, today, days, sign)
    if operator == "age_at_least":
        years = whole(value)
        return lambda day: day <= today and age(day, today) >= years
    if operator in ("age_at_most", "age_between"):
        youngest, oldest = (0, whole(value)) if operator == "age_at_most" else ends(value, whole)
        return lambda day: day <= today and youngest <= age(day, today) <= oldest
    wanted = _day(value)
    tests: dict[str, Callable[[date], bool]] = {
        "on": lambda day: day == wanted,
        "before": lambda day: day < wanted,
        "after": lambda day: day > wanted,
    }
    if operator not in tests:
        raise NotCounted
    return tests[operator]
