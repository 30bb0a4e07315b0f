"""Which kinds and formats a column may have, from its name and a sample, and which of them it has, from exact counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from segmentation import casting, timestamps
from segmentation.catalogue import Kind
from segmentation.cells import BLANKS, Column, literal
from segmentation.naming import is_textual, key_score, words
from segmentation.plan import Format
from segmentation.vocabulary import COUNTING, LISTED

ENOUGH = 0.95  # of the filled cells must fit a kind
LONGEST_ITEM = 40  # letters of an item in a list
WORTH_COUNTING = 0.85  # of the sample
ID_LIKE = r"[+-]?0[0-9]+|\+[0-9]{7,}|[0-9]{16,}|[0-9]+[eE][0-9]+"
TIME_WORDS = frozenset(
    "time timestamp ts date datetime at epoch created updated day datum zeit fecha heure when on dob birth birthday since"
    " geburtsdatum moment stamp".split()
)
ANSWERS = [
    frozenset(pair.split())
    for pair in (
        "yes no", "true false", "ja nein", "oui non", "sí no", "si no", "sim não", "sim nao", "ja nee", "ja nej",
        "wahr falsch", "vrai faux", "verdadero falso", "vero falso", "tak nie", "da ne", "on off",
    )
]  # fmt: skip
LETTERS = [frozenset(pair) for pair in ("yn", "tf", "jn", "on", "sn", "vf")]


@dataclass(frozen=True)
class Reading:
    """One way to read a column."""

    kind: Kind
    format: Format = Format.PLAIN


class Check(Enum):
    """Something else to count over a column's texts, as SQL with {0} for the text."""

    ID_LIKE = f"regexp_full_match({{0}}, {literal(ID_LIKE)})"
    WHOLE = f"regexp_full_match({{0}}, {literal(casting.WHOLE_ID)})"
    CLOCK = (
        "contains({0}, ':') AND NOT regexp_matches({0}, '[T ]0?0:00(:00([.]0+)?)?( ?[AaZzU+-].*)?$')"  # not at midnight
    )
    YES = casting.among("lower({0})", casting.YES)

    def sql(self, text: str) -> str:
        """The condition on the SQL expression `text`."""
        return self.value.replace("{0}", text)


@dataclass(frozen=True)
class Question:
    """What is to be counted of a column before its reading is decided, the preferred readings first."""

    readings: tuple[Reading, ...] = ()
    checks: tuple[Check, ...] = ()

    def __add__(self, other: Question) -> Question:
        return Question(self.readings + other.readings, self.checks + other.checks)

    def __bool__(self) -> bool:
        return bool(self.readings or self.checks)


@dataclass(frozen=True)
class Counts:
    """What was counted over all cells of a column."""

    filled: int
    missing: int  # filled, but with a word for nothing
    fits: Mapping[Reading, int]
    checks: Mapping[Check, int]


TEXT = Reading(Kind.TEXT)
NOTHING = Question()

_SIMPLE_NUMBER = re.compile(casting.POINT)
_POINT = re.compile(casting.POINT_GROUPED)
_COMMA = re.compile(f"{casting.COMMA}|{casting.COMMA_GROUPED}")
_ID_LIKE = re.compile(ID_LIKE)
_CODE = re.compile(r"[A-Za-z]{1,4}[-_]?[0-9]{3,}|[0-9]{3,}[-_]?[A-Za-z]{1,3}")
_CLOCKED = f"(?:{timestamps.CLOCK}{timestamps.HALF_DAY}(?:{timestamps.OFFSET})?)"
_ISO = re.compile(f"(?:{timestamps.ISO_DAY}|{timestamps.NAMED_DAY}){_CLOCKED}?")
_LOCAL = re.compile(f"(?:{timestamps.SLASHED_DAY}|{timestamps.DOTTED_DAY}){_CLOCKED}?")
_MIDNIGHT = re.compile(r".*[T ]0?0:00(:00(\.0+)?)?( ?[AaZzU+-].*)?")
_COMPACT = re.compile(f"{timestamps.COMPACT_DAY}|{timestamps.COMPACT_MOMENT}Z?")
_EPOCH = re.compile(r"1[0-9]{9}(\.[0-9]+)?|1[0-9]{12}|1[0-9]{15}")
_JSON = re.compile(r"\[.*\]", re.DOTALL)
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})")


def suggest(name: str, column: Column, sample: Mapping[str, int]) -> Question:
    """What is worth counting; nothing if the column can only be text. The sample: filled texts with their counts."""
    if column.type == "DATE":
        return Question((Reading(Kind.DATE),))
    if column.is_list:
        return Question((Reading(Kind.LIST),))
    if column.type == "BOOLEAN":
        return Question((Reading(Kind.YES_NO),))
    if column.is_stamp:
        return Question((Reading(Kind.MOMENT), Reading(Kind.DATE)), (Check.CLOCK,))
    if not (column.is_text or column.is_numeric):
        return NOTHING
    values: dict[str, int] = {}
    for value, number in sample.items():
        stripped = value.strip(BLANKS)
        values[stripped] = values.get(stripped, 0) + number
    if not values:
        return Question((Reading(Kind.NUMBER),)) if column.is_numeric and not is_textual(name) else NOTHING
    return _yes_no(name, values) + _others(name, values)


def _others(name: str, values: Mapping[str, int]) -> Question:
    total = sum(values.values())

    def often(fits: Callable[[str], object]) -> bool:
        return sum(number for value, number in values.items() if fits(value)) >= WORTH_COUNTING * total

    if often(_JSON.fullmatch):
        return Question((Reading(Kind.LIST, Format.JSON),))
    timely = bool(set(words(name)) & TIME_WORDS)
    if often(lambda value: _ISO.fullmatch(value) or _LOCAL.fullmatch(value)) or (timely and often(_COMPACT.fullmatch)):
        return _dates(values)
    if _is_id(name):
        whole = all(re.fullmatch(casting.WHOLE_ID, value) for value in values)
        return Question((), (Check.WHOLE,)) if whole else NOTHING
    if timely and often(_EPOCH.fullmatch):
        return Question((Reading(Kind.MOMENT),))
    if often(lambda value: _POINT.fullmatch(value) or _SIMPLE_NUMBER.fullmatch(value) or _COMMA.fullmatch(value)):
        if any(_CODE.fullmatch(value) or _ID_LIKE.fullmatch(value) for value in values):
            return NOTHING
        commas = any("," in value or value.count(".") > 1 for value in values)
        formats = (Format.PLAIN, Format.DECIMAL_COMMA) if commas else (Format.PLAIN,)
        return Question(tuple(Reading(Kind.NUMBER, format) for format in formats), (Check.ID_LIKE,))
    separator = _separator(name, values)
    return Question((Reading(Kind.LIST, separator),)) if separator else NOTHING


def _is_id(name: str) -> bool:
    return is_textual(name) or key_score(name, "") >= 50


def _yes_no(name: str, values: Mapping[str, int]) -> Question:
    lowered = {value.lower() for value in values}
    if lowered <= {"0", "1", "0.0", "1.0"}:
        counts = bool(set(words(name)) & COUNTING) or _is_id(name)
        return NOTHING if counts else Question((Reading(Kind.YES_NO),), (Check.YES,))
    answers = any(lowered <= pair for pair in ANSWERS)
    letters = any(lowered == pair for pair in LETTERS)
    return Question((Reading(Kind.YES_NO),)) if answers or letters else NOTHING


def _dates(values: Mapping[str, int]) -> Question:
    formats = [Format.PLAIN]
    if any(_LOCAL.fullmatch(value) for value in values):
        formats = [Format.DAY_FIRST, Format.MONTH_FIRST]
    moments = tuple(Reading(Kind.MOMENT, format) for format in formats)
    if any(":" in value and not _MIDNIGHT.fullmatch(value) for value in values):
        return Question(moments)
    days = tuple(Reading(Kind.DATE, format) for format in formats)
    return Question(moments + days, (Check.CLOCK,))


def _separator(name: str, values: Mapping[str, int]) -> Format | None:
    """What separates the items of lists: items are short and come again, and after a comma also at other places."""
    hinted = bool(set(words(name)) & LISTED)
    for format, sign in casting.SEPARATORS.items():
        several = sum(number for value, number in values.items() if sign in value)
        if not several or several < (0.01 if hinted else 0.1) * sum(values.values()):
            continue
        lists = [[item.strip().casefold() for item in value.split(sign) if item.strip()] for value in values]
        items = [item for each in lists for item in each]
        if any(len(item) > LONGEST_ITEM for item in items):
            continue
        compact = 0.8 if hinted else 0.5 if format is not Format.COMMA else 0.2
        if len(set(items)) > max(compact * len(items), 12 if hinted else 0):
            continue
        placed = {(item, place) for each in lists for place, item in enumerate(each)}
        if hinted or format is not Format.COMMA or (len(placed) > len(set(items)) and len({len(i) for i in lists}) > 1):
            return format
    return None


def decide(counts: Counts, sample: Mapping[str, int]) -> Reading:
    """The reading that the counts over all cells speak for; text if none does."""
    fits, checks = counts.fits, counts.checks
    enough = max(1.0, ENOUGH * (counts.filled - min(counts.missing, counts.filled // 2)))
    yes_no = Reading(Kind.YES_NO)
    if fits.get(yes_no) == counts.filled and (Check.YES not in checks or 0 < checks[Check.YES] < counts.filled):
        return yes_no
    if Check.WHOLE in checks:
        return Reading(Kind.TEXT, Format.WHOLE) if checks[Check.WHOLE] == counts.filled else TEXT
    for kind in (Kind.MOMENT, Kind.DATE):
        readings = [reading for reading in fits if reading.kind is kind]
        if not readings or (kind is Kind.MOMENT and checks.get(Check.CLOCK) == 0):
            continue
        best = max(readings, key=lambda reading: fits[reading])
        if fits[best] >= enough:
            undecided = len(readings) > 1 and len({fits[reading] for reading in readings}) == 1
            return Reading(kind, Format.ASK) if undecided else best
    number, comma = Reading(Kind.NUMBER), Reading(Kind.NUMBER, Format.DECIMAL_COMMA)
    if number in fits and not checks.get(Check.ID_LIKE):
        best = comma if fits.get(comma, 0) > fits[number] else number
        if fits[best] >= enough:
            same = fits.get(comma) == fits[number] and all(_THOUSANDS.fullmatch(value.strip()) for value in sample)
            return Reading(Kind.NUMBER, Format.ASK) if same else best
    lists = next((reading for reading in fits if reading.kind is Kind.LIST), TEXT)
    return lists if fits.get(lists, 0) >= enough else TEXT
