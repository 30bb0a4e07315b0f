"""Conditions on what people did: which of their events match, and what is measured over them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from segmentation.definition import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    During,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Near,
    Node,
    Window,
)
from segmentation.measures import Measure
from segmentation.windows import Period
from tests.oracle.oracle_clock import DAYS, SECONDS, away, days_away, in_calendar, instant_written, time_away
from tests.oracle.oracle_facts import Facts, NotCounted, Row, ends, exact, missing
from tests.oracle.oracle_fields import field_test

Passes = Callable[[Row], bool]
Measured = Callable[[list[Row]], Fraction | None]
Inside = Callable[[Row], bool]
DAY = 24 * 3600 * 10**6


def group_holds(group: Group, answers: list[bool]) -> bool:
    """What a group says where its children say so."""
    held = answers.count(True)
    return {
        "all": held == len(answers),
        "any": held > 0,
        "none": held == 0,
        "at_least": held >= group.least,
    }[group.match]


def detail_test(facts: Facts, node: Node | None) -> Passes | None:
    """Whether one event passes the filters on its details; None where they say nothing."""
    if node is None or not node.enabled:
        return None
    if isinstance(node, FieldCondition):
        return field_test(facts, node, facts.details)
    if not isinstance(node, Group):
        raise NotCounted
    tests = [test for child in node.children if (test := detail_test(facts, child)) is not None]
    return (lambda event: group_holds(node, [test(event) for test in tests])) if tests else None


def checked_events(facts: Facts, events: tuple[str, ...]) -> tuple[str, ...]:
    """The events, where some are chosen and all are known."""
    if not events or not set(events) <= set(facts.names):
        raise NotCounted
    return events


def matching(facts: Facts, events: tuple[str, ...], where: Group | None, window: Window) -> Passes:
    """Whether an event is one of these, inside the window, and passes the filters."""
    checked_events(facts, events)
    kept, passes = inside(facts, window), detail_test(facts, where)
    return lambda event: event["_name"] in events and kept(event) and (passes is None or passes(event))


# Windows


def ago(facts: Facts, period: Period, times: int = 1) -> datetime:
    """The instant so long before now, so many times over."""
    return away(facts.now, facts.zone, period.amount * times, period.unit, -1)


def inside(facts: Facts, window: Window) -> Inside:
    """Whether an event lies in the window."""
    if isinstance(window, Near):
        return _near(facts, window)
    within = _in_window(facts, window)
    return lambda event: within(event["_time"]) and event["_time"] <= facts.now


def _in_window(facts: Facts, window: Window) -> Callable[[datetime], bool]:
    if isinstance(window, Last):
        earliest = ago(facts, window.period)
        return lambda time: earliest <= time
    if isinstance(window, Before):
        end = ago(facts, window.period)
        return lambda time: time < end
    if isinstance(window, BetweenAgo):
        span = window.span
        if span.nearest >= span.farthest:
            raise NotCounted
        farthest, nearest = (
            away(facts.now, facts.zone, amount, span.unit, -1) for amount in (span.farthest, span.nearest)
        )
        return lambda time: farthest <= time < nearest
    if isinstance(window, BetweenDays):
        return _between_days(facts, window.first, window.last)
    if isinstance(window, BetweenTimes):
        return _between_times(facts, window)
    if isinstance(window, During):
        return lambda time: in_calendar(facts.day_of(time), window.calendar, facts.today)
    return lambda time: True


def _between_days(facts: Facts, first: date | None, last: date | None) -> Callable[[datetime], bool]:
    if (first is None and last is None) or (first and last and first > last):
        raise NotCounted

    def between(time: datetime) -> bool:
        day = facts.day_of(time)
        return (first is None or day >= first) and (last is None or day <= last)

    return between


def _between_times(facts: Facts, window: BetweenTimes) -> Callable[[datetime], bool]:
    try:
        start, end = (instant_written(text, facts.zone) if text else None for text in (window.start, window.end))
    except ValueError:
        raise NotCounted from None
    if (start is None and end is None) or (start and end and start >= end):
        raise NotCounted
    return lambda time: (start is None or start <= time) and (end is None or time < end)


def _near(facts: Facts, window: Near) -> Inside:
    """A date counts days on the calendar, an instant elapsed time; the edges are in."""
    name, period = window.field, window.period
    kind = facts.kinds.get(name) if name is not None else None
    if kind not in ("date", "moment") or (period is None and window.side == "around"):
        raise NotCounted
    if period is not None and period.unit not in (DAYS if kind == "date" else SECONDS):
        raise NotCounted

    def moved(anchor: Any, sign: int) -> Any:
        assert period is not None
        if kind == "date":
            return days_away(anchor, sign * period.amount * DAYS[period.unit])
        return time_away(anchor, sign * period.amount * SECONDS[period.unit])

    def near(event: Row) -> bool:
        anchor = facts.people[event["_row"]].get(name)
        if anchor is None or event["_time"] > facts.now:
            return False
        time = facts.day_of(event["_time"]) if kind == "date" else event["_time"]
        if period is None:
            return time >= anchor if window.side == "after" else time < anchor
        earliest = anchor if window.side == "after" else moved(anchor, -1)
        latest = anchor if window.side == "before" else moved(anchor, 1)
        return earliest <= time <= latest

    return near


# Measures


def looked_at(facts: Facts, condition: EventCondition) -> list[list[Row]]:
    """Each person's events of these names: all, or those at the instant of the first or last ever."""
    wanted = checked_events(facts, condition.events)
    found = [[event for event in mine if event["_name"] in wanted] for mine in facts.done]
    if condition.which == "all":
        return found
    pick = min if condition.which == "first" else max

    def at_the_edge(mine: list[Row]) -> list[Row]:
        edge = pick((event["_time"] for event in mine), default=None)
        return [event for event in mine if event["_time"] == edge]

    return [at_the_edge(mine) for mine in found]


def event_members(facts: Facts, condition: EventCondition) -> set[int]:
    """The rows of the people whose matching events satisfy a comparison."""
    kept, passes = inside(facts, condition.window), detail_test(facts, condition.where)
    compare = _comparison(condition)
    measure = measured(facts, condition.measure, passes)
    found = set()
    for row, mine in enumerate(looked_at(facts, condition)):
        value = measure([event for event in mine if kept(event)])
        if value is not None and compare(value):
            found.add(row)
    return found


def measured(facts: Facts, measure: Measure, passes: Passes | None) -> Measured:
    """The measure over a person's events inside the window; those that pass the filters, of all for a share."""
    function, name = measure.function, measure.property
    if function == "share":
        if passes is None:
            raise NotCounted
        return lambda events: Fraction(100 * sum(map(passes, events)), len(events)) if events else None
    of_values = _of_matching(facts, function, name)
    return lambda events: of_values(events if passes is None else [event for event in events if passes(event)])


def _of_matching(facts: Facts, function: str, name: str | None) -> Measured:
    if function == "count":
        return lambda events: Fraction(len(events))
    if function in ("days_since_first", "days_since_last"):
        pick = min if function == "days_since_first" else max

        def elapsed(events: list[Row]) -> Fraction | None:
            edge = pick((event["_time"] for event in events), default=None)
            return None if edge is None else Fraction((facts.now - edge) // timedelta(microseconds=1), DAY)

        return elapsed
    if name not in facts.details or (function != "distinct" and facts.details[name] != "number"):
        raise NotCounted

    def of_known(events: list[Row]) -> Fraction | None:
        values = [event[name] for event in events if not missing(event.get(name))]
        if function == "distinct":
            return Fraction(len({tuple(value) if isinstance(value, list) else value for value in values}))
        numbers = [exact(value) for value in values]
        if function == "sum":
            return sum(numbers, Fraction(0))
        if not numbers:
            return None
        if function == "average":
            return sum(numbers, Fraction(0)) / len(numbers)
        return min(numbers) if function == "minimum" else max(numbers)

    return of_known


def _comparison(condition: EventCondition) -> Callable[[Fraction], bool]:
    if condition.comparison == "never":
        if condition.measure.function != "count":
            raise NotCounted
        return lambda value: value == 0
    if condition.comparison == "between":
        low, high = ends(condition.value, exact)
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
