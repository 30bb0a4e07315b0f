"""A slow second opinion: which people a definition means, row by row in plain Python.

Written from the rules in docs/definitions.md. It reads the models of a definition and shares nothing else with the engine: exact
fractions instead of SQL numbers, calendar days read off a clock on the wall instead of computed bounds.
"""

import calendar
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from segmentation.definition import (
    Before,
    BetweenDays,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Node,
    Period,
)

Row = Mapping[str, Any]


class NotCounted(Exception):
    """A condition that is unfinished or wrong."""


def folded(text: str) -> str:
    """Capitals and small letters alike: each letter as the small letter of its capital, where both are one letter."""

    def fold(letter: str) -> str:
        upper = letter.upper() if len(letter.upper()) == 1 else letter
        return "i" if upper == "İ" else upper.lower() if len(upper.lower()) == 1 else upper

    return "".join(map(fold, text))


def exact(number: object) -> Fraction:
    """A number as it is written in decimals: 0.1 is one tenth."""
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise NotCounted
    return Fraction(str(number))


def on_the_wall(moment: datetime, zone: str) -> datetime:
    """A stored instant (UTC without zone) as a clock in the zone shows it."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def months_away(day: date, months: int) -> date:
    """The same day so many months later or earlier, or the month's last day where it is shorter."""
    month, year = day.month + months, day.year
    while month < 1:
        month, year = month + 12, year - 1
    while month > 12:
        month, year = month - 12, year + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def instant_of(wall: datetime, zone: str, fold: int) -> datetime:
    """The stored instant at which a clock in the zone shows `wall`; an hour that is skipped is read an hour later."""
    for attempt in (fold, 1 - fold):
        instant = wall.replace(tzinfo=ZoneInfo(zone), fold=attempt).astimezone(UTC).replace(tzinfo=None)
        if on_the_wall(instant, zone).replace(tzinfo=None) == wall:
            return instant
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC).replace(tzinfo=None)


SECONDS = {"minutes": 60, "hours": 3600, "days": 24 * 3600, "weeks": 7 * 24 * 3600}
MONTHS = {"months": 1, "years": 12}


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise NotCounted
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise NotCounted from None


def _ends(value: object, read: Callable[[object], Any]) -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise NotCounted
    low, high = read(value[0]), read(value[1])
    if low > high:
        raise NotCounted
    return low, high


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise NotCounted
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, tuple) or not value or not all(isinstance(item, str) for item in value):
        raise NotCounted
    return list(value)


def _period(value: object) -> Period:
    if not isinstance(value, Period):
        raise NotCounted
    return value


NEGATIVE = {
    "is_none_of": "is_any_of",
    "is_not": "is",
    "does_not_contain": "contains",
    "contains_none": "contains_any",
    "does_not_start_with": "starts_with",
    "does_not_end_with": "ends_with",
    "does_not_match": "matches",
    "not_between": "between",
    "does_not_equal": "equals",
    "not_in_last": "in_last",
    "not_on": "on",
    "not_between_days": "between_days",
    "has_none_of": "has_any_of",
    "is_missing": "is_known",
}


@dataclass
class Oracle:
    """People (row n is person n) and their events at one moment: `now` is UTC without zone.

    `kinds` and `details` say what fields and event properties hold: text, number, yes_no, date, moment or list.
    """

    people: Sequence[Row]
    events: Sequence[Row]
    kinds: Mapping[str, str]
    details: Mapping[str, str]
    names: Sequence[str]
    now: datetime
    zone: str

    def members(self, definition: Definition) -> set[int]:
        """The rows of the people a definition means; nobody where nothing of it counts."""
        return self.node(definition.root) or set()

    def node(self, node: Node) -> set[int] | None:
        """The rows a node means, None where it does not count."""
        if not node.enabled:
            return None
        if isinstance(node, Group):
            sets = [found for child in node.children if (found := self.node(child)) is not None]
            return (
                {row for row in range(len(self.people)) if self._group(node, [row in s for s in sets])}
                if sets
                else None
            )
        try:
            if isinstance(node, FieldCondition):
                test = self.test(node, self.kinds)
                return {row for row, person in enumerate(self.people) if test(person)}
            return self.event(node)
        except NotCounted:
            return None

    def _group(self, group: Group, answers: list[bool]) -> bool:
        return {"all": all(answers), "any": any(answers), "none": not any(answers)}[group.match]

    # Fields

    def test(self, condition: FieldCondition, kinds: Mapping[str, str]) -> Callable[[Row], bool]:
        """Whether a person (or one event) satisfies a condition."""
        if condition.field not in kinds or condition.operator is None:
            raise NotCounted
        name, kind = condition.field, kinds[condition.field]
        positive = NEGATIVE.get(condition.operator, condition.operator)
        holds = self._positive(positive, kind, condition)

        def answer(row: Row) -> bool:
            value = row.get(name)
            missing = value is None or value == "" or value == []
            if positive == condition.operator:
                return not missing and holds(value)
            if positive == "is_known":
                return missing
            if missing:
                return not condition.leave_out_missing
            return not holds(value)

        return answer

    def _positive(self, operator: str, kind: str, condition: FieldCondition) -> Callable[[Any], bool]:
        if operator == "is_known":
            return lambda value: True
        makers = {
            "text": self._on_text,
            "number": self._on_number,
            "yes_no": self._on_yes_no,
            "date": self._on_date,
            "moment": self._on_moment,
            "list": self._on_list,
        }
        return makers[kind](operator, condition)

    def _on_text(self, operator: str, condition: FieldCondition) -> Callable[[Any], bool]:
        fold: Callable[[str], str] = str if condition.exact_case else folded
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

    def _on_number(self, operator: str, condition: FieldCondition) -> Callable[[Any], bool]:
        if operator == "between":
            low, high = _ends(condition.value, exact)
            return lambda value: low <= exact(value) <= high
        tests: dict[str, Callable[[Fraction, Fraction], bool]] = {
            "at_least": lambda value, bound: value >= bound,
            "at_most": lambda value, bound: value <= bound,
            "more_than": lambda value, bound: value > bound,
            "less_than": lambda value, bound: value < bound,
            "equals": lambda value, bound: value == bound,
        }
        if operator not in tests:
            raise NotCounted
        bound = exact(condition.value)
        return lambda value: tests[operator](exact(value), bound)

    def _on_yes_no(self, operator: str, condition: FieldCondition) -> Callable[[Any], bool]:
        if operator not in ("is_yes", "is_no"):
            raise NotCounted
        return lambda value: value is (operator == "is_yes")

    def _on_list(self, operator: str, condition: FieldCondition) -> Callable[[Any], bool]:
        fold: Callable[[str], str] = str if condition.exact_case else folded
        if operator in ("items_at_least", "items_at_most"):
            count = condition.value
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise NotCounted
            return lambda value: len(value) >= count if operator == "items_at_least" else len(value) <= count
        if operator not in ("has_any_of", "has_all_of"):
            raise NotCounted
        wanted = {fold(text) for text in _texts(condition.value)}
        if operator == "has_any_of":
            return lambda value: any(fold(item) in wanted for item in value)
        return lambda value: all(any(fold(item) == text for item in value) for text in wanted)

    def _on_days(self, operator: str, condition: FieldCondition) -> Callable[[date], bool]:
        if operator == "between_days":
            first, last = _ends(condition.value, _day)
            return lambda value: first <= value <= last
        day = _day(condition.value)
        tests: dict[str, Callable[[date], bool]] = {
            "on": lambda value: value == day,
            "before": lambda value: value < day,
            "after": lambda value: value > day,
        }
        if operator not in tests:
            raise NotCounted
        return tests[operator]

    def _on_date(self, operator: str, condition: FieldCondition) -> Callable[[Any], bool]:
        if operator not in ("in_last", "more_than_ago", "in_next"):
            return self._on_days(operator, condition)
        period = _period(condition.value)
        if period.unit in ("minutes", "hours"):
            raise NotCounted
        today = on_the_wall(self.now, self.zone).date()

        def away(sign: int) -> date:
            if period.unit in MONTHS:
                return months_away(today, sign * period.amount * MONTHS[period.unit])
            return today + timedelta(days=sign * period.amount * {"days": 1, "weeks": 7}[period.unit])

        earlier, later = away(-1), away(1)
        tests: dict[str, Callable[[date], bool]] = {
            "in_last": lambda value: earlier <= value <= today,
            "more_than_ago": lambda value: value < earlier,
            "in_next": lambda value: today <= value <= later,
        }
        return tests[operator]

    def _on_moment(self, operator: str, condition: FieldCondition) -> Callable[[Any], bool]:
        if operator not in ("in_last", "more_than_ago", "in_next"):
            holds = self._on_days(operator, condition)
            return lambda value: holds(on_the_wall(value, self.zone).date())
        period = _period(condition.value)
        earlier, later = self.away(period, -1), self.away(period, 1)
        tests: dict[str, Callable[[datetime], bool]] = {
            "in_last": lambda value: earlier <= value <= self.now,
            "more_than_ago": lambda value: value < earlier,
            "in_next": lambda value: self.now <= value <= later,
        }
        return tests[operator]

    def away(self, period: Period, sign: int) -> datetime:
        """The instant a period before (-1) or after (1) now."""
        if period.unit in SECONDS:
            return self.now + sign * timedelta(seconds=period.amount * SECONDS[period.unit])
        wall = on_the_wall(self.now, self.zone)
        day = months_away(wall.date(), sign * period.amount * MONTHS[period.unit])
        return instant_of(datetime.combine(day, wall.time().replace(fold=0)), self.zone, wall.fold)

    # Events

    def event(self, condition: EventCondition) -> set[int]:
        """The rows of the people whose matching events satisfy a comparison."""
        if not condition.events or not set(condition.events) <= set(self.names):
            raise NotCounted
        kept = self._inside(condition)
        passes = self._where(condition.where) if condition.where is not None else None
        compare = self._comparison(condition)
        measure = self._measure(condition)
        found = set()
        for row in range(len(self.people)):
            mine = [
                event
                for event in self.events
                if event["_row"] == row
                and event["_name"] in condition.events
                and kept(event["_time"])
                and (passes is None or passes(event))
            ]
            value = measure(mine)
            if value is not None and compare(value):
                found.add(row)
        return found

    def _inside(self, condition: EventCondition) -> Callable[[datetime], bool]:
        window = condition.window
        if isinstance(window, Last):
            earliest = self.away(window.period, -1)
            return lambda time: earliest <= time <= self.now
        if isinstance(window, Before):
            end = self.away(window.period, -1)
            return lambda time: time < end and time <= self.now
        if isinstance(window, BetweenDays):
            first, last = window.first, window.last
            if (first is None and last is None) or (first and last and first > last):
                raise NotCounted

            def between(time: datetime) -> bool:
                day = on_the_wall(time, self.zone).date()
                return (first is None or day >= first) and (last is None or day <= last) and time <= self.now

            return between
        return lambda time: time <= self.now

    def _where(self, node: Node) -> Callable[[Row], bool] | None:
        if not node.enabled:
            return None
        if isinstance(node, EventCondition):
            raise NotCounted
        if isinstance(node, FieldCondition):
            return self.test(node, self.details)
        tests = [test for child in node.children if (test := self._where(child)) is not None]
        return (lambda event: self._group(node, [test(event) for test in tests])) if tests else None

    def _measure(self, condition: EventCondition) -> Callable[[list[Row]], Fraction | None]:
        function, name = condition.measure.function, condition.measure.property
        if function == "count":
            return lambda events: Fraction(len(events))
        if name not in self.details or (function != "distinct" and self.details[name] != "number"):
            raise NotCounted

        def measured(events: list[Row]) -> Fraction | None:
            values = [event[name] for event in events if event.get(name) not in (None, "", [])]
            if function == "distinct":
                return Fraction(len({repr(value) if isinstance(value, list) else value for value in values}))
            numbers = [exact(value) for value in values]
            if function == "sum":
                return sum(numbers, Fraction(0))
            if not numbers:
                return None
            if function == "average":
                return sum(numbers, Fraction(0)) / len(numbers)
            return min(numbers) if function == "minimum" else max(numbers)

        return measured

    def _comparison(self, condition: EventCondition) -> Callable[[Fraction], bool]:
        if condition.comparison == "never":
            if condition.measure.function != "count":
                raise NotCounted
            return lambda value: value == 0
        if condition.comparison == "between":
            low, high = _ends(condition.value, exact)
            return lambda value: low <= value <= high
        tests: dict[str, Callable[[Fraction, Fraction], bool]] = {
            "at_least": lambda value, bound: value >= bound,
            "at_most": lambda value, bound: value <= bound,
            "exactly": lambda value, bound: value == bound,
            "more_than": lambda value, bound: value > bound,
            "fewer_than": lambda value, bound: value < bound,
        }
        if condition.comparison not in tests or isinstance(condition.value, tuple):
            raise NotCounted
        bound = exact(condition.value)
        return lambda value: tests[condition.comparison](value, bound)
