"""Words for numbers, days, lengths of time, labels and operands: what every sentence is put together from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from babel import Locale

from segmentation.catalogue import Catalogue, EventProperty, Field, Kind
from segmentation.definition import FieldCondition, Operand, OtherField
from segmentation.operators import OPERATORS, Operator, Shape
from segmentation.references import NO_REFERENCES, References
from segmentation.windows import CalendarPeriod, Period, Span

VALUES_SHOWN = 4
UNKNOWN = "…"  # what is not chosen yet
_LANGUAGES = Locale("en").languages
CALENDAR_WORDS = {
    period: {
        "today": "today",
        "yesterday": "yesterday",
        "tomorrow": "tomorrow",
        "this": "this {}",
        "last": "in the last calendar {}",
        "next": "in the next calendar {}",
    }[period.value.partition("_")[0]].format(period.value.partition("_")[2])
    for period in CalendarPeriod
}
"""“In the last calendar month” is the month before this one; “in the last month” would be the last 30 days or so."""


@dataclass(frozen=True)
class Names:
    """Where names are looked up: fields, events and details in the catalogue, segments and lists in the references."""

    catalogue: Catalogue
    references: References = NO_REFERENCES

    def field(self, name: str | None) -> Field | None:
        """The field of this name."""
        return next((f for f in self.catalogue.fields if f.name == name), None)

    def detail(self, name: str | None) -> EventProperty | None:
        """The event detail of this name."""
        return next((p for p in self.catalogue.properties if p.name == name), None)

    def field_label(self, name: str | None) -> str:
        """A field's label inside a sentence."""
        return inside(found.label) if (found := self.field(name)) else name or UNKNOWN

    def detail_label(self, name: str | None) -> str:
        """An event detail's label inside a sentence."""
        return inside(found.label) if (found := self.detail(name)) else name or UNKNOWN


class Phrase(NamedTuple):
    """One condition in words; `lead` goes before it in a sentence: “who”, “whose”, “who are”."""

    lead: str
    words: str

    def __str__(self) -> str:
        return f"{self.lead} {self.words}"


def joined(words: Sequence[str], last: str) -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def number_words(value: object) -> str:
    """`25.5`, `12,345`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    exact = Decimal(str(value))
    if not exact.is_finite():
        return str(value)
    if exact == exact.to_integral_value():
        exact = exact.to_integral_value()
    return f"{exact:,f}" if abs(exact) >= 10_000 else f"{exact:f}"


def day_words(value: object) -> str:
    """`9 March 2026`."""
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{day.day} {day:%B} {day.year}"


def moment_words(value: object) -> str:
    """`14:30 on 9 March 2026`, with the distance from UTC where the text names one."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    clock = f"{moment:%H:%M}" if not moment.second else f"{moment:%H:%M:%S}"
    return f"{clock}{f' ({moment.tzname()})' if moment.tzinfo else ''} on {day_words(moment.date())}"


def quoted(value: object) -> str:
    """`“Spain”`."""
    return f"“{value}”"


def period_words(period: Period) -> str:
    """`30 days`, `1 month`."""
    unit = period.unit.value
    return f"{period.amount} {unit[:-1] if period.amount == 1 else unit}"


def length_words(period: Period) -> str:
    """`30 days`, `month`: behind “the last”, “the next”, “each”."""
    return period.unit.value[:-1] if period.amount == 1 else period_words(period)


def passing(phrase: str, period: Period) -> str:
    """`in the last 30 days`, `in the last month`, `more than 1 month ago`."""
    one = period.amount == 1 and phrase.endswith(("last {}", "next {}"))
    return phrase.format(length_words(period) if one else period_words(period))


def ago_words(nearest: Period, farthest: Period) -> str:
    """`30 to 180 days ago`, `30 days to 6 months ago`."""
    near = str(nearest.amount) if nearest.unit == farthest.unit else period_words(nearest)
    return f"{near} to {period_words(farthest)} ago"


def inside(label: str) -> str:
    """A label inside a sentence: `Sign-up date` as `sign-up date`, `VIP level` as it is."""
    first = label.split(" ", 1)[0]
    return label[:1].lower() + label[1:] if len(first) > 1 and first[1:] == first[1:].lower() else label


def capital(words: str) -> str:
    """The words as the beginning of a line."""
    return words[:1].upper() + words[1:]


def _calendar(value: object) -> str:
    return next((words for period, words in CALENDAR_WORDS.items() if period == value), quoted(value))


def _name(value: object) -> str:
    return str(value).capitalize()


def _language(value: object) -> str:
    return _LANGUAGES.get(str(value).lower()) or quoted(value)


def _hour(minutes: str) -> Callable[[object], str]:
    return lambda value: f"{value:02d}:{minutes}" if isinstance(value, int) else str(value)


_WORDS: dict[Shape, Callable[[object], str]] = {
    Shape.NUMBER: number_words,
    Shape.WHOLE: number_words,
    Shape.DAY: day_words,
    Shape.CALENDAR: _calendar,
    Shape.WEEKDAYS: _name,
    Shape.MONTHS: _name,
    Shape.LANGUAGES: _language,
}
"""How one value reads where it is not a text in quotation marks."""
_PAIRS: dict[Shape, tuple[str, Callable[[object], str], Callable[[object], str]]] = {
    Shape.NUMBERS: ("{} and {}", number_words, number_words),
    Shape.YEARS: ("{} and {}", number_words, number_words),
    Shape.DAYS: ("{} and {}", day_words, day_words),
    Shape.TIMES: ("{} until {}", moment_words, moment_words),
    Shape.HOURS: ("{} and {}", _hour("00"), _hour("59")),
}


def pair_words(shape: Shape, first: object, last: object) -> str:
    """Both ends of a pair; "…" for one that is not chosen yet."""
    pattern, start, end = _PAIRS[shape]
    return pattern.format(UNKNOWN if first is None else start(first), UNKNOWN if last is None else end(last))


def several_words(words: Sequence[str], last: str) -> str:
    """The first few of several values, and how many more there are."""
    more = len(words) - VALUES_SHOWN
    return joined([*words[:VALUES_SHOWN], f"{more:,} more"] if more > 0 else words, last) or UNKNOWN


def operand_words(shape: Shape, value: Operand, last: str = "and", label_of: Callable[[str | None], str] = str) -> str:
    """An operand in words; "…" where it is not chosen yet. `label_of` gives the label of another field."""
    if shape in _PAIRS and (value is None or isinstance(value, tuple)):
        first, second = value if value is not None and len(value) == 2 else (None, None)
        return pair_words(shape, first, second)
    if isinstance(value, Period):
        return period_words(value)
    if isinstance(value, Span):
        unit = value.unit.value
        return f"{value.nearest} and {value.farthest} {unit[:-1] if value.farthest == 1 else unit}"
    if isinstance(value, OtherField):
        return label_of(value.field)
    word = _WORDS.get(shape, quoted)
    if isinstance(value, tuple):
        return several_words([UNKNOWN if item is None else word(item) for item in value], last)
    if value is None:
        return f"{UNKNOWN} and {UNKNOWN}" if shape == Shape.SPAN else UNKNOWN
    return word(value)


def _compared(
    operator: Operator, condition: FieldCondition, kind: Kind | None, label_of: Callable[[str | None], str]
) -> str:
    """What stands behind the field's name."""
    words = operand_words(operator.shape, condition.value, operator.last, label_of)
    if operator.counted:
        words += f" {operator.counted}" if condition.value == 1 else f" {operator.counted}s"
    values = len(condition.value) if isinstance(condition.value, tuple) else 1
    phrase = operator.phrase_of(kind, values)
    phrase = passing(phrase, condition.value) if isinstance(condition.value, Period) else phrase.format(words)
    if condition.leave_out_missing and operator.negates not in (None, "is_known"):
        phrase = f"{OPERATORS['is_known'].phrase_of(kind, 1)} and {phrase}"
    if condition.exact_case and operator.shape in (Shape.TEXT, Shape.TEXTS, Shape.PATTERN):
        phrase += " (exact case)"
    return phrase


def field_words(
    condition: FieldCondition, named: Field | EventProperty | None, label_of: Callable[[str | None], str]
) -> str:
    """A field compared with its operand, beginning with the field's label."""
    label = named.label if named is not None else condition.field or UNKNOWN
    operator = OPERATORS.get(condition.operator or "")
    if operator is None:
        return f"{label} {UNKNOWN}".removeprefix(f"{UNKNOWN} ")
    return f"{label} {_compared(operator, condition, named.kind if named is not None else None, label_of)}"
