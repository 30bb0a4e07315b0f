"""A segment in plain English, from the same rows as its menus and its SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from segmentation.catalogue import Catalogue, EventProperty, Field
from segmentation.definition import (
    Before,
    BetweenDays,
    Condition,
    Definition,
    EventCondition,
    FieldCondition,
    Last,
    Match,
    MeasureFunction,
    Node,
    Operand,
    Period,
    walk,
)
from segmentation.errors import HandpickError
from segmentation.operators import COMPARISONS, OPERATORS, Shape

VALUES_SHOWN = 4
DEEDS = {
    "page_view": ("viewed a page", "did not view a page"),
    "pageview": ("viewed a page", "did not view a page"),
    "add_to_cart": ("added to the cart", "did not add to the cart"),
    "checkout_started": ("started a checkout", "did not start a checkout"),
    "purchase": ("purchased", "did not purchase"),
    "order": ("ordered", "did not order"),
    "email_sent": ("were sent an e-mail", "were not sent an e-mail"),
    "email_opened": ("opened an e-mail", "did not open an e-mail"),
    "email_clicked": ("clicked in an e-mail", "did not click in an e-mail"),
    "app_session": ("used the app", "did not use the app"),
    "login": ("logged in", "did not log in"),
    "signup": ("signed up", "did not sign up"),
}
"""Common events as (did, did not); others read as “did “name””."""

_FUNCTIONS = {
    MeasureFunction.DISTINCT: "with {comparison} different {detail}",
    MeasureFunction.SUM: "with a total {detail} of {comparison}",
    MeasureFunction.AVERAGE: "with an average {detail} of {comparison}",
    MeasureFunction.MINIMUM: "with a lowest {detail} of {comparison}",
    MeasureFunction.MAXIMUM: "with a highest {detail} of {comparison}",
}


def joined(words: Sequence[str], last: str) -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _number(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return str(value)


def _day(value: object) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{day.day} {day:%B %Y}"


def period_words(period: Period) -> str:
    """`30 days`, `1 month`."""
    unit = period.unit.value
    return f"{period.amount} {unit[:-1] if period.amount == 1 else unit}"


def _quoted(value: object) -> str:
    return f"“{value}”"


def _operand(shape: Shape, value: Operand, last: str) -> str:
    """An operand in words; "…" where it is not chosen yet."""
    if value is None:
        return "…"
    if isinstance(value, Period):
        return period_words(value)
    if isinstance(value, tuple):
        if shape in (Shape.NUMBERS, Shape.DAYS):
            word = _day if shape == Shape.DAYS else _number
            return " and ".join("…" if end is None else word(end) for end in value)
        shown = [_quoted(item) for item in value[:VALUES_SHOWN]]
        more = len(value) - len(shown)
        return joined([*shown, f"{more:,} more"], last) if more > 0 else joined(shown, last) or "…"
    if shape == Shape.DAY:
        return _day(value)
    if shape in (Shape.NUMBER, Shape.WHOLE):
        return _number(value)
    return _quoted(value)


def _field(condition: FieldCondition, named: Field | EventProperty | None) -> str:
    label = named.label if named is not None else condition.field or "…"
    operator = OPERATORS.get(condition.operator or "")
    if operator is None:
        return f"{label} …"
    last = "and" if operator.name == "has_all_of" else "or"
    words = f"{label} {operator.phrase.format(_operand(operator.shape, condition.value, last))}"
    if condition.exact_case and operator.shape in (Shape.TEXT, Shape.TEXTS, Shape.PATTERN):
        words += " (exact case)"
    if condition.leave_out_missing and operator.negates not in (None, "is_known"):
        words += " (and is known)"
    return words


def _property(catalogue: Catalogue, name: str | None) -> EventProperty | None:
    return next((p for p in catalogue.properties if p.name == name), None)


def _where(node: Node, catalogue: Catalogue) -> str:
    """An event's filters in words, "" where there are none."""
    if not node.enabled:
        return ""
    if isinstance(node, FieldCondition):
        return _field(node, _property(catalogue, node.field))
    if isinstance(node, EventCondition):
        return "…"
    parts = [words for child in node.children if (words := _where(child, catalogue))]
    return _combined(node.match, parts)


def _combined(match: Match, parts: Sequence[str]) -> str:
    if match == Match.NONE:
        return f"none of ({joined(parts, 'or')})" if parts else ""
    words = joined(parts, "and" if match == Match.ALL else "or")
    return words


def _window(condition: EventCondition) -> str:
    match condition.window:
        case Last(period=period):
            return f"in the last {period_words(period)}"
        case Before(period=period):
            return f"more than {period_words(period)} ago"
        case BetweenDays(first=first, last=last):
            if first and last:
                return f"on {_day(first)}" if first == last else f"between {_day(first)} and {_day(last)}"
            return f"from {_day(first)} on" if first else f"until {_day(last)}" if last else "between … and …"
    return ""


def _event(condition: EventCondition, catalogue: Catalogue) -> str:
    labels = {event.name: event.label for event in catalogue.events}
    never = condition.comparison == "never"

    def deed(name: str) -> str:
        fallback = _quoted(labels.get(name, name))
        did, did_not = DEEDS.get(name.lower().replace(" ", "_"), (f"did {fallback}", f"did not do {fallback}"))
        return did_not if never else did

    parts = [joined([deed(name) for name in condition.events], "and" if never else "or") or "did …"]
    comparison = COMPARISONS.get(condition.comparison)
    once = condition.comparison == "at_least" and condition.value == 1
    measure = condition.measure
    if comparison is None:
        parts.append("…")
    elif measure.function != MeasureFunction.COUNT:
        words = comparison.phrase.format(_operand(comparison.shape, condition.value, "and"))
        detail = _property(catalogue, measure.property)
        label = detail.label if detail else measure.property or "…"
        parts.append(_FUNCTIONS[measure.function].format(comparison=words, detail=label))
    elif not never and not once:
        words = comparison.phrase.format(_operand(comparison.shape, condition.value, "and"))
        parts.append(f"{words} {'time' if condition.value == 1 else 'times'}")
    if window := _window(condition):
        parts.append(window)
    if condition.where is not None and (where := _where(condition.where, catalogue)):
        parts.append(f"where {where}")
    return " ".join(parts)


def describe_condition(condition: Condition, catalogue: Catalogue) -> str:
    """One condition as a phrase, e.g. `Age is between 25 and 40`; "…" stands for what is not chosen yet."""
    if isinstance(condition, EventCondition):
        words = _event(condition, catalogue)
        return words[0].upper() + words[1:]
    try:
        named = catalogue.field(condition.field) if condition.field else None
    except HandpickError:
        named = None
    return _field(condition, named)


def _phrase(node: Node, catalogue: Catalogue, top: bool = False) -> str:
    if not node.enabled:
        return ""
    if isinstance(node, EventCondition):
        return f"who {_event(node, catalogue)}"
    if isinstance(node, FieldCondition):
        words = describe_condition(node, catalogue)
        return f"whose {words[0].lower() + words[1:] if words[1:2].islower() else words}"
    parts = [words for child in node.children if (words := _phrase(child, catalogue))]
    if not parts:
        return ""
    if node.match == Match.NONE:
        return f"but nobody {joined(parts, 'or')}" if top else f"not ({joined(parts, 'or')})"
    words = joined(parts, "and" if node.match == Match.ALL else "or")
    return words if top or len(parts) == 1 else f"({words})"


def is_relative(definition: Definition) -> bool:
    """Whether the answer depends on the day it is asked."""
    return any(
        (isinstance(node, FieldCondition)
        and isinstance(node.value, Period))
        or (isinstance(node, EventCondition)
        and isinstance(node.window, Last | Before))
        for node in walk(definition.root)
    )


def describe(definition: Definition, catalogue: Catalogue, zone: str) -> str:
    """The whole segment as one sentence, with the time zone where a date is relative."""
    words = _phrase(definition.root, catalogue, top=True)
    if not words:
        return "Everybody: no filter yet."
    sentence = f"Customers {words}."
    if definition.root.match == Match.NONE:
        sentence = f"All customers, {words}."
    return f"{sentence} Dates and times are those of {zone}." if is_relative(definition) else sentence

