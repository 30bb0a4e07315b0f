"""When: windows in plain English, and whether a definition depends on the day it is asked or on the time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from segmentation.definition import (
    AnyNode,
    Definition,
    EventCondition,
    FieldCondition,
    HabitCondition,
    MeasureFunction,
    RankCondition,
    RfmCondition,
    SegmentCondition,
    SequenceCondition,
    below,
)
from segmentation.errors import HandpickError
from segmentation.operators import OPERATORS, Operator
from segmentation.references import NO_REFERENCES, References
from segmentation.windows import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    During,
    Ever,
    Last,
    Near,
    Period,
    Side,
    Span,
    Window,
)
from segmentation.wording import (
    CALENDAR_WORDS,
    UNKNOWN,
    Names,
    ago_words,
    day_words,
    moment_words,
    passing,
    period_words,
)

DAYS_SINCE = (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST)
_SIDES = {Side.AFTER: "after", Side.BEFORE: "before", Side.AROUND: "before or after"}
_OPEN_SIDES = {Side.AFTER: "on or after", Side.BEFORE: "before", Side.AROUND: f"within {UNKNOWN} before or after"}


def _days(window: BetweenDays) -> str:
    first, last = window.first, window.last
    if first and last:
        return f"on {day_words(first)}" if first == last else f"between {day_words(first)} and {day_words(last)}"
    return f"from {day_words(first)} on" if first else f"until {day_words(last)}" if last else "between … and …"


def _times(window: BetweenTimes) -> str:
    start, end = (moment_words(text) if text else "" for text in (window.start, window.end))
    if start and end:
        return f"from {start} until {end}"
    return f"from {start} on" if start else f"until {end}" if end else "from … until …"


def span_words(span: Span) -> str:
    """`30 to 60 days ago`."""
    return ago_words(Period(amount=span.nearest, unit=span.unit), Period(amount=span.farthest, unit=span.unit))


def _near(window: Near, names: Names) -> str:
    if window.period is None:
        side = _OPEN_SIDES[window.side]
    else:
        side = f"within {period_words(window.period)} {_SIDES[window.side]}"
    return f"{side} their {names.field_label(window.field)}"


WINDOWS: dict[type, Callable[[Any, Names], str]] = {
    Ever: lambda window, names: "",
    Last: lambda window, names: passing("in the last {}", window.period),
    Before: lambda window, names: f"more than {period_words(window.period)} ago",
    BetweenAgo: lambda window, names: span_words(window.span),
    BetweenDays: lambda window, names: _days(window),
    BetweenTimes: lambda window, names: _times(window),
    During: lambda window, names: CALENDAR_WORDS[window.calendar],
    Near: _near,
}
"""How each window reads behind what was done; "" for no limit."""
_RELATIVE = (Last, Before, BetweenAgo, During)
_DAYS = (BetweenDays, BetweenTimes, Near)
_WINDOWED = (EventCondition, SequenceCondition, RankCondition, RfmCondition)


def window_words(window: Window, names: Names) -> str:
    """When the events happened, "" for no limit."""
    return WINDOWS[type(window)](window, names)


def _on(node: AnyNode) -> Iterator[AnyNode]:
    """The node and everything below it that is on."""
    if node.enabled:
        yield node
        for child in below(node):
            yield from _on(child)


def _everything(
    definition: Definition, references: References, seen: frozenset[str] = frozenset()
) -> Iterator[AnyNode]:
    """What is on in a definition and in the segments it refers to, as far as they are known."""
    for node in _on(definition.root):
        yield node
        if isinstance(node, SegmentCondition):
            try:
                named = references.segment(node.segment)
            except HandpickError:
                continue
            if named.id not in seen:
                yield from _everything(named.definition, references, seen | {named.id})


def _operator(node: FieldCondition) -> Operator | None:
    return OPERATORS.get(node.operator or "")


def _relative(node: AnyNode) -> bool:
    if isinstance(node, FieldCondition):
        return (operator := _operator(node)) is not None and operator.relative
    if isinstance(node, EventCondition) and node.measure.function in DAYS_SINCE:
        return True
    return isinstance(node, HabitCondition) or (isinstance(node, _WINDOWED) and isinstance(node.window, _RELATIVE))


def _names_days(node: AnyNode) -> bool:
    if isinstance(node, FieldCondition):
        return (operator := _operator(node)) is not None and operator.names_days
    return isinstance(node, _WINDOWED) and isinstance(node.window, _DAYS)


def is_relative(definition: Definition, references: References = NO_REFERENCES) -> bool:
    """Whether the answer depends on the day it is asked."""
    return any(_relative(node) for node in _everything(definition, references))


def is_zoned(definition: Definition) -> bool:
    """Whether the sentence names relative dates, calendar days or a clock, so that the zone has to be told."""
    return any(_relative(node) or _names_days(node) for node in _on(definition.root))
