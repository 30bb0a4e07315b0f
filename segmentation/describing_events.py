"""Conditions on what people did, in plain English: events and their measures, one thing after another, habits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segmentation.deeds import doing, done, not_done, one_of, several_of
from segmentation.definition import (
    AnyNode,
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    Match,
    SequenceCondition,
    Step,
    Which,
)
from segmentation.describing_times import window_words
from segmentation.errors import HandpickError
from segmentation.habits import Changed, Regularly, Resumed, Stopped
from segmentation.measures import Measure, MeasureFunction
from segmentation.operands import bounds
from segmentation.operators import COMPARISONS, Comparison, Shape
from segmentation.windows import Period
from segmentation.wording import (
    UNKNOWN,
    Names,
    Phrase,
    ago_words,
    field_words,
    inside,
    joined,
    length_words,
    number_words,
    operand_words,
    passing,
    period_words,
)

_ZERO_WITHOUT_EVENTS = (MeasureFunction.COUNT, MeasureFunction.DISTINCT, MeasureFunction.SUM)
_FIRST_OR_LAST = {MeasureFunction.DAYS_SINCE_FIRST: "first", MeasureFunction.DAYS_SINCE_LAST: "last"}
_MEASURED = {
    MeasureFunction.DISTINCT: "with {comparison} different {values} of {detail}",
    MeasureFunction.SUM: "with a total {detail} {of}{comparison}",
    MeasureFunction.AVERAGE: "with an average {detail} {of}{comparison}",
    MeasureFunction.MINIMUM: "with a lowest {detail} {of}{comparison}",
    MeasureFunction.MAXIMUM: "with a highest {detail} {of}{comparison}",
    MeasureFunction.SHARE: "for {comparison} % of the times",
    MeasureFunction.DAYS_SINCE_FIRST: "{comparison} {days} ago",
    MeasureFunction.DAYS_SINCE_LAST: "{comparison} {days} ago",
}
"""A measure compared, behind what was done; a count has words of its own."""
_MEASURES = {
    MeasureFunction.COUNT: "number of {several}",
    MeasureFunction.DISTINCT: "number of different values of {detail} in {several}",
    MeasureFunction.SUM: "total {detail} of {several}",
    MeasureFunction.AVERAGE: "average {detail} of {several}",
    MeasureFunction.MINIMUM: "lowest {detail} of {several}",
    MeasureFunction.MAXIMUM: "highest {detail} of {several}",
    MeasureFunction.SHARE: "share of {several}",
    MeasureFunction.DAYS_SINCE_FIRST: "days since the first {one}",
    MeasureFunction.DAYS_SINCE_LAST: "days since the last {one}",
}
"""A measure as a noun."""


def told(node: AnyNode | None) -> AnyNode | None:
    """The node without what is off or empty, and without groups of one; None where nothing is left."""
    if node is None or not node.enabled:
        return None
    if not isinstance(node, Group):
        return node
    children = tuple(left for child in node.children if (left := told(child)) is not None)
    single = node.match in (Match.ALL, Match.ANY) or (node.match == Match.AT_LEAST and node.least == 1)
    if len(children) == 1 and single:
        return children[0]
    return node.model_copy(update={"children": children}) if children else None


def of_these(least: int, words: list[str]) -> str:
    """`at least 2 of these are true: …; …`."""
    return f"at least {least} of these {'is' if least == 1 else 'are'} true: {'; '.join(words)}"


def _filter(node: AnyNode, names: Names) -> str:
    """One filter or group inside an event; groups in brackets."""
    if isinstance(node, FieldCondition):
        return inside(field_words(node, names.detail(node.field), names.detail_label))
    if not isinstance(node, Group):
        return UNKNOWN
    filters = [_filter(child, names) for child in node.children]
    if node.match == Match.AT_LEAST:
        return f"({of_these(node.least, filters)})"
    words = joined(filters, "and" if node.match == Match.ALL else "or")
    return f"not ({words})" if node.match == Match.NONE else f"({words})"


def where_words(node: AnyNode | None, names: Names) -> str:
    """An event's filters with the word before them, "" where there are none."""
    left = told(node)
    if left is None:
        return ""
    words = _filter(left, names)
    if isinstance(left, Group) and left.match == Match.NONE:
        return f"except where {words.removeprefix('not ') if len(left.children) > 1 else words[5:-1]}"
    bare = isinstance(left, Group) and left.match in (Match.ALL, Match.AT_LEAST)
    return f"where {words[1:-1] if bare else words}"


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def measure_words(measure: Measure, events: tuple[str, ...], names: Names) -> str:
    """A measure as a noun, e.g. `total amount of purchases`."""
    return _MEASURES[measure.function].format(
        detail=names.detail_label(measure.property), several=several_of(events, names), one=one_of(events, names)
    )


def _compared(condition: EventCondition, comparison: Comparison | None) -> str:
    """`at least 3`; "…" where it is not chosen yet or makes no sense for the measure."""
    if comparison is None or (comparison.only_count and condition.measure.function != MeasureFunction.COUNT):
        return UNKNOWN
    return comparison.phrase.format(operand_words(comparison.shape, condition.value))


def _how_much(condition: EventCondition, comparison: Comparison, names: Names) -> str:
    """The measure compared, "" where it says no more than that something was done."""
    function = condition.measure.function
    words = _compared(condition, comparison)
    if function == MeasureFunction.COUNT:
        if comparison.name == "at_least" and condition.value == 1:
            return ""
        return comparison.phrase.format("once") if condition.value == 1 else f"{words} times"
    return _MEASURED[function].format(
        comparison=words,
        detail=names.detail_label(condition.measure.property),
        values="value" if condition.value == 1 else "values",
        days="day" if condition.value == 1 else "days",
        of="" if comparison.shape == Shape.NUMBERS else "of ",
    )


def _holds(comparison: Comparison | None, condition: EventCondition, number: int) -> bool:
    """Whether a plain number satisfies the comparison; False where it is unfinished."""
    try:
        return comparison is not None and comparison.holds(number, *bounds(comparison, condition.value))
    except HandpickError:
        return False


def _none_is_in(condition: EventCondition, comparison: Comparison | None) -> bool:
    """Whether people without such an event are in."""
    return condition.measure.function in _ZERO_WITHOUT_EVENTS and _holds(comparison, condition, 0)


def _is_never(condition: EventCondition, comparison: Comparison | None) -> bool:
    """Whether people with such an event are out, however often they did it."""
    counts = condition.measure.function == MeasureFunction.COUNT
    return counts and _none_is_in(condition, comparison) and not _holds(comparison, condition, 1)


def _amount(condition: EventCondition, comparison: Comparison | None, names: Names) -> str:
    """The measure compared, with a word on those who did nothing."""
    if comparison is None:
        return UNKNOWN
    said = (
        condition.measure.function == MeasureFunction.COUNT and comparison.shape == Shape.NUMBERS
    )  # “between 0 and 2”
    not_at_all = _none_is_in(condition, comparison) and not said
    return _spaced(_how_much(condition, comparison, names), "(or not at all)" if not_at_all else "")


def _plain(condition: EventCondition, names: Names) -> Phrase:
    """`who purchased at least 3 times in the last year where …`."""
    comparison = COMPARISONS.get(condition.comparison)
    never = _is_never(condition, comparison)
    words = _spaced(
        not_done(condition.events, names) if never else done(condition.events, names),
        "" if never else _amount(condition, comparison, names),
        window_words(condition.window, names),
        where_words(condition.where, names),
    )
    return Phrase("who", words)


def _edge(condition: EventCondition, names: Names) -> Phrase:
    """`whose first purchase ever was in the last 30 days and one where …`."""
    comparison = COMPARISONS.get(condition.comparison)
    never = _is_never(condition, comparison)
    where = where_words(condition.where, names)
    one = f"not one {where.removeprefix('except ')}" if where.startswith("except ") else f"one {where}" if where else ""
    limits = [limit for limit in (window_words(condition.window, names), one) if limit]
    beginning = f"{condition.which.value} {one_of(condition.events, names)} ever was"
    without = f"or who {not_done(condition.events, names)} at all"
    if never:
        words = f"{'both ' if len(limits) > 1 else ''}{' and '.join(limits) or 'at any time'}"
        return Phrase("whose", f"{beginning} not {words} ({without})")
    amount = UNKNOWN if comparison is None else _how_much(condition, comparison, names)
    if _none_is_in(condition, comparison):
        amount += f" ({without})"
    return Phrase("whose", f"{beginning} {' and '.join(limits) or 'at any time'}{f', {amount}' if amount else ''}")


def _share(condition: EventCondition, names: Names) -> Phrase:
    """`whose share of purchases where … (of all in the last year) is at least 50 %`."""
    window = window_words(condition.window, names)
    words = _spaced(
        measure_words(condition.measure, condition.events, names),
        where_words(condition.where, names) or f"where {UNKNOWN}",
        f"(of all {window})" if window else "",
    )
    return Phrase("whose", f"{words} is {_compared(condition, COMPARISONS.get(condition.comparison))} %")


def _since(condition: EventCondition, names: Names) -> Phrase:
    """`whose last purchase where … was at least 30 days ago`."""
    comparison = COMPARISONS.get(condition.comparison)
    words = _spaced(
        _FIRST_OR_LAST[condition.measure.function],
        one_of(condition.events, names),
        window_words(condition.window, names),
        where_words(condition.where, names),
    )
    ago = _how_much(condition, comparison, names) if comparison is not None else UNKNOWN
    return Phrase("whose", f"{words} was {ago}")


_MEASURING: dict[MeasureFunction, Callable[[EventCondition, Names], Phrase]] = {
    MeasureFunction.SHARE: _share,
    MeasureFunction.DAYS_SINCE_FIRST: _since,
    MeasureFunction.DAYS_SINCE_LAST: _since,
}


def event_phrase(condition: EventCondition, names: Names) -> Phrase:
    """An event condition in words."""
    if condition.which != Which.ALL:
        return _edge(condition, names)
    return _MEASURING.get(condition.measure.function, _plain)(condition, names)


def _same(step: Step, names: Names) -> str:
    return f"(same {joined([names.detail_label(name) for name in step.same], 'and')})" if step.same else ""


def _step(words: str, step: Step, names: Names, within: str = "within {}") -> str:
    """What was (not) done, how soon after the step before, and on what."""
    soon = within.format(period_words(step.within)) if step.within else ""
    return _spaced(words, _same(step, names), soon, where_words(step.where, names))


def _absence(step: Step, names: Names) -> str:
    return f"without {_step(f'{doing(step.events, names)} in between', step, names, '(within {})')}"


def sequence_phrase(condition: SequenceCondition, names: Names) -> Phrase:
    """`who viewed a page and then, without purchasing in between, viewed a page again within 48 hours`."""
    steps = [step for step in condition.steps if step.enabled]
    parts: list[str] = []
    waiting: list[Step] = []  # absent steps, until it is known whether another step follows
    events: tuple[str, ...] = ()
    for step in steps:
        if step.absent:
            waiting.append(step)
            continue
        between = " and ".join(_absence(missing, names) for missing in waiting)
        again = parts and step.events == events and step.events
        words = _step(_spaced(done(step.events, names), "again" if again else ""), step, names)
        parts.append(f", {between}, {words}" if between else f" {words}")
        waiting, events = [], step.events
    last = [_step(not_done(step.events, names), step, names) for step in waiting]
    if last:
        parts.append(f" {' and '.join(last)}")
    if len(parts) < 2:
        parts = [*(parts or [f" did {UNKNOWN}"]), f" {UNKNOWN}"]
    simple = len(parts) == 2 and "where" not in parts[0]
    chain = (" and then" if simple else ", and then").join(parts)
    return Phrase("who", f"{window_words(condition.window, names)}{chain}".strip())


def _last(period: Period) -> str:
    return passing("in the last {}", period)


def _stopped(habit: Stopped, did: str) -> str:
    return f"stopped: {did} {ago_words(habit.recent, habit.earlier)}, but not {_last(habit.recent)}"


def _resumed(habit: Resumed, did: str) -> str:
    before = f"more than {period_words(habit.pause)} ago"
    return f"came back: {did} {_last(habit.recent)} and {before}, but not in between"


def _regularly(habit: Regularly, did: str) -> str:
    unit = habit.each.unit.value
    each = unit if habit.each.amount == 1 else f"periods of {period_words(habit.each)}"
    share = (
        f"each of the last {habit.periods}"
        if habit.least == habit.periods
        else (f"at least {habit.least} of the last {habit.periods}")
    )
    return f"{did} regularly: in {share} {each}, counted back from now"


def _changed(habit: Changed, did: str) -> str:
    other = {"less": "more", "more": "less"}[habit.direction]
    change = f"at least {number_words(habit.percent)} % {habit.direction}" if habit.percent else f"no {other}"
    return f"{did} {change} often {_last(habit.each)} than in the {length_words(habit.each)} before"


HABITS: dict[type, Callable[[Any, str], str]] = {
    Stopped: _stopped,
    Resumed: _resumed,
    Regularly: _regularly,
    Changed: _changed,
}


def habit_phrase(condition: HabitCondition, names: Names) -> Phrase:
    """A habit in words, its filters at the end in brackets."""
    words = HABITS[type(condition.habit)](condition.habit, done(condition.events, names))
    where = where_words(condition.where, names)
    only = "" if not where or where.startswith("except ") else "only "
    return Phrase("who", f"{words} ({only}{where})" if where else words)
