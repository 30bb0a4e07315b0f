"""A segment in plain English, from the same rows as its menus and its SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from segmentation.catalogue import Catalogue, EventProperty, Field, Kind
from segmentation.definition import (
    AnyNode,
    Before,
    BetweenDays,
    Condition,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Match,
    MeasureFunction,
    Operand,
    Period,
    below,
)
from segmentation.errors import HandpickError
from segmentation.operands import bounds
from segmentation.operators import COMPARISONS, OPERATORS, Comparison, Operator, Shape

VALUES_SHOWN = 4
DEEDS = {
    "page_view": ("viewed a page", "view a page"),
    "pageview": ("viewed a page", "view a page"),
    "add_to_cart": ("added to the cart", "add to the cart"),
    "checkout_started": ("started a checkout", "start a checkout"),
    "purchase": ("purchased", "purchase"),
    "order": ("ordered", "order"),
    "refund": ("were refunded", "get a refund"),
    "email_sent": ("were sent an e-mail", "get an e-mail"),
    "email_opened": ("opened an e-mail", "open an e-mail"),
    "email_clicked": ("clicked in an e-mail", "click in an e-mail"),
    "app_session": ("used the app", "use the app"),
    "login": ("logged in", "log in"),
    "signup": ("signed up", "sign up"),
}
"""Common events as (who …, who did not …); others read as “did “name”” and “did not do “name””."""

_FUNCTIONS = {
    MeasureFunction.DISTINCT: "with {comparison} different {values} of {detail}",
    MeasureFunction.SUM: "with a total {detail} {of}{comparison}",
    MeasureFunction.AVERAGE: "with an average {detail} {of}{comparison}",
    MeasureFunction.MINIMUM: "with a lowest {detail} {of}{comparison}",
    MeasureFunction.MAXIMUM: "with a highest {detail} {of}{comparison}",
}
_ZERO_WITHOUT_EVENTS = (MeasureFunction.COUNT, MeasureFunction.DISTINCT, MeasureFunction.SUM)


def joined(words: Sequence[str], last: str) -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    exact = Decimal(str(value))
    if not exact.is_finite():
        return str(value)
    if exact == exact.to_integral_value():
        exact = exact.to_integral_value()
    return f"{exact:,f}" if abs(exact) >= 10_000 else f"{exact:f}"


def _day(value: object) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{day.day} {day:%B} {day.year}"


def period_words(period: Period) -> str:
    """`30 days`, `1 month`."""
    unit = period.unit.value
    return f"{period.amount} {unit[:-1] if period.amount == 1 else unit}"


def _passing(phrase: str, period: Period) -> str:
    """`in the last 30 days`, `in the last month`, `more than 1 month ago`."""
    one = period.amount == 1 and phrase.endswith(("last {}", "next {}"))
    return phrase.format(period.unit.value[:-1] if one else period_words(period))


def _quoted(value: object) -> str:
    return f"“{value}”"


def _inside(label: str) -> str:
    """A label inside a sentence: `Sign-up date` as `sign-up date`, `VIP level` as it is."""
    first = label.split(" ", 1)[0]
    return label[:1].lower() + label[1:] if len(first) > 1 and first[1:] == first[1:].lower() else label


def _operand(shape: Shape, value: Operand, last: str = "and") -> str:
    """An operand in words; "…" where it is not chosen yet."""
    if value is None:
        return "… and …" if shape in (Shape.NUMBERS, Shape.DAYS) else "…"
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


def _comparing(operator: Operator, condition: FieldCondition, kind: Kind | None) -> str:
    """What stands behind the field's name."""
    words = _operand(operator.shape, condition.value, operator.last)
    if operator.counted:
        words += f" {operator.counted}" if condition.value == 1 else f" {operator.counted}s"
    values = len(condition.value) if isinstance(condition.value, tuple) else 1
    phrase = operator.phrase_of(kind, values)
    phrase = _passing(phrase, condition.value) if isinstance(condition.value, Period) else phrase.format(words)
    if condition.leave_out_missing and operator.negates not in (None, "is_known"):
        phrase = f"{OPERATORS['is_known'].phrase_of(kind, 1)} and {phrase}"
    if condition.exact_case and operator.shape in (Shape.TEXT, Shape.TEXTS, Shape.PATTERN):
        phrase += " (exact case)"
    return phrase


def _field(condition: FieldCondition, named: Field | EventProperty | None) -> str:
    label = named.label if named is not None else condition.field or "…"
    operator = OPERATORS.get(condition.operator or "")
    if operator is None:
        return f"{label} …".removeprefix("… ")
    return f"{label} {_comparing(operator, condition, named.kind if named is not None else None)}"


def _property(catalogue: Catalogue, name: str | None) -> EventProperty | None:
    return next((p for p in catalogue.properties if p.name == name), None)


def _told(node: AnyNode | None) -> AnyNode | None:
    """The node without what is off or empty, and without groups of one; None where nothing is left."""
    if node is None or not node.enabled:
        return None
    if not isinstance(node, Group):
        return node
    children = tuple(told for child in node.children if (told := _told(child)) is not None)
    if len(children) == 1 and node.match in (Match.ALL, Match.ANY):
        return children[0]
    return node.model_copy(update={"children": children}) if children else None


def _where(node: AnyNode, catalogue: Catalogue) -> str:
    """One filter or group inside an event; groups in brackets."""
    if isinstance(node, FieldCondition):
        return _inside(_field(node, _property(catalogue, node.field)))
    if not isinstance(node, Group):
        return "…"
    words = joined([_where(child, catalogue) for child in node.children], "and" if node.match == Match.ALL else "or")
    return f"not ({words})" if node.match == Match.NONE else f"({words})"


def _wheres(node: AnyNode | None, catalogue: Catalogue) -> str:
    """An event's filters with the word before them, "" where there are none."""
    told = _told(node)
    if told is None:
        return ""
    words = _where(told, catalogue)
    if isinstance(told, Group) and told.match == Match.NONE:
        return f"except where {words.removeprefix('not ') if len(told.children) > 1 else words[5:-1]}"
    return f"where {words[1:-1] if isinstance(told, Group) and told.match == Match.ALL else words}"


def _window(condition: EventCondition) -> str:
    match condition.window:
        case Last(period=period):
            return _passing("in the last {}", period)
        case Before(period=period):
            return f"more than {period_words(period)} ago"
        case BetweenDays(first=first, last=last):
            if first and last:
                return f"on {_day(first)}" if first == last else f"between {_day(first)} and {_day(last)}"
            return f"from {_day(first)} on" if first else f"until {_day(last)}" if last else "between … and …"
    return ""


def _deeds(condition: EventCondition, catalogue: Catalogue, never: bool) -> str:
    """`purchased or logged in`, `did neither purchase nor log in`."""
    labels = {event.name: event.label for event in catalogue.events}
    if not condition.events:
        return "did not do …" if never else "did …"
    deeds = []
    for name in condition.events:
        fallback = _quoted(labels.get(name, name))
        deeds.append(DEEDS.get(name.lower().replace(" ", "_"), (f"did {fallback}", f"do {fallback}")))
    if not never:
        return joined([did for did, _ in deeds], "or")
    if len(deeds) == 2:
        return f"did neither {deeds[0][1]} nor {deeds[1][1]}"
    return f"did not {joined([do for _, do in deeds], 'or')}"


def _how_much(condition: EventCondition, comparison: Comparison, catalogue: Catalogue) -> str:
    """The measure compared, "" where it says no more than that something was done."""
    function = condition.measure.function
    words = comparison.phrase.format(_operand(comparison.shape, condition.value))
    if function == MeasureFunction.COUNT:
        if comparison.name == "at_least" and condition.value == 1:
            return ""
        return comparison.phrase.format("once") if condition.value == 1 else f"{words} times"
    detail = _property(catalogue, condition.measure.property)
    label = _inside(detail.label) if detail else condition.measure.property or "…"
    values = "value" if condition.value == 1 else "values"
    return _FUNCTIONS[function].format(
        comparison="…" if comparison.only_count else words,
        detail=label,
        values=values,
        of="" if comparison.shape == Shape.NUMBERS else "of ",
    )


def _holds(comparison: Comparison | None, condition: EventCondition, number: int) -> bool:
    """Whether a plain number satisfies the comparison; False where it is unfinished."""
    try:
        return comparison is not None and comparison.holds(number, *bounds(comparison, condition.value))
    except HandpickError:
        return False


def _event(condition: EventCondition, catalogue: Catalogue) -> str:
    comparison = COMPARISONS.get(condition.comparison)
    function = condition.measure.function
    none_is_in = function in _ZERO_WITHOUT_EVENTS and _holds(comparison, condition, 0)
    never = function == MeasureFunction.COUNT and none_is_in and not _holds(comparison, condition, 1)
    parts = [_deeds(condition, catalogue, never)]
    if comparison is None:
        parts.append("…")
    elif not never:
        parts.append(_how_much(condition, comparison, catalogue))
        told = function == MeasureFunction.COUNT and comparison.shape == Shape.NUMBERS  # “between 0 and 2 times”
        parts.append("(or not at all)" if none_is_in and not told else "")
    parts += [_window(condition), _wheres(condition.where, catalogue)]
    return " ".join(part for part in parts if part)


def describe_condition(condition: Condition, catalogue: Catalogue) -> str:
    """One condition as a phrase, e.g. `Age is between 25 and 40`; "…" stands for what is not chosen yet."""
    if isinstance(condition, EventCondition):
        words = _event(condition, catalogue)
        return words[0].upper() + words[1:]
    if not isinstance(condition, FieldCondition):
        return condition.type
    return _field(condition, next((f for f in catalogue.fields if f.name == condition.field), None))


def _phrase(node: AnyNode, catalogue: Catalogue) -> str:
    """One filter or group; groups in brackets."""
    if isinstance(node, EventCondition):
        return f"who {_event(node, catalogue)}"
    if isinstance(node, FieldCondition):
        return f"whose {_inside(describe_condition(node, catalogue))}"
    if not isinstance(node, Group):
        return node.type
    words = _phrases(node, catalogue)
    return f"who are not among those ({words})" if node.match == Match.NONE else f"({words})"


def _phrases(group: Group, catalogue: Catalogue) -> str:
    words = [_phrase(child, catalogue) for child in group.children]
    return joined(words, "and" if group.match == Match.ALL else "or")


def _on(node: AnyNode) -> Iterator[AnyNode]:
    """The node and everything below it that is on."""
    if node.enabled:
        yield node
        for child in below(node):
            yield from _on(child)


def is_relative(definition: Definition) -> bool:
    """Whether the answer depends on the day it is asked."""
    return any(
        (isinstance(node, FieldCondition) and isinstance(node.value, Period))
        or (isinstance(node, EventCondition) and isinstance(node.window, Last | Before))
        for node in _on(definition.root)
    )


def _names_days(definition: Definition) -> bool:
    """Whether calendar days matter, so that the zone has to be told."""
    return any(
        isinstance(node.window, BetweenDays)
        if isinstance(node, EventCondition)
        else isinstance(node, FieldCondition)
        and (operator := OPERATORS.get(node.operator or "")) is not None
        and operator.shape in (Shape.DAY, Shape.DAYS)
        for node in _on(definition.root)
    )


def describe(definition: Definition, catalogue: Catalogue, zone: str) -> str:
    """The whole segment as one sentence, with the time zone where days or relative dates are named."""
    told = _told(definition.root)
    if told is None:
        return "No filter yet."
    if not isinstance(told, Group):
        sentence = f"Customers {_phrase(told, catalogue)}."
    elif told.match == Match.NONE:
        sentence = f"Everybody except customers {_phrases(told, catalogue)}."
    else:
        sentence = f"Customers {_phrases(told, catalogue)}."
    zoned = is_relative(definition) or _names_days(definition)
    return f"{sentence} Dates and times are those of {zone}." if zoned else sentence
