"""How a cell becomes a value: one SQL expression for each kind and format.

Every reading returns NULL for what does not fit, so that misfits can be counted: filled cells minus cells that fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from segmentation.catalogue import Kind
from segmentation.cells import BLANKS, Column, filled, full, literal, raw, text
from segmentation.plan import Format
from segmentation.timestamps import day, moment

_MONEY = "(?:[$€£¥₹]|EUR|USD|GBP|CHF|CAD|AUD|SEK|NOK|DKK|PLN|JPY|INR)"
_MINUS = "\u2212"  # as typeset: the sign of web pages and of some spreadsheets
_DROPPED = BLANKS + "'’$€£¥₹%ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # what may stand around and inside a grouped number


def _money(body: str) -> str:
    sign = f"[+{_MINUS}-]?"
    return f"(?:{sign}(?:{_MONEY} ?)?|(?:{_MONEY} ?)?{sign})(?:{body})(?: ?(?:{_MONEY}|%))?"


# Numbers. A point is the decimal sign in the first pair, a comma in the second.
POINT = r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?"
POINT_GROUPED = _money(
    "[1-9][0-9]{0,2}(?:[,'’ \u00a0\u202f][0-9]{3})+(?:\\.[0-9]+)?" + r"|[0-9]{1,40}(?:\.[0-9]*)?|\.[0-9]+"
)
COMMA = r"[+-]?(?:[0-9]{1,40}(?:,[0-9]*)?|,[0-9]+)"
COMMA_GROUPED = _money("[1-9][0-9]{0,2}(?:[.'’ \u00a0\u202f][0-9]{3})+(?:,[0-9]+)?|[0-9]{1,40}(?:,[0-9]*)?|,[0-9]+")

WHOLE_ID = r"[0-9]+\.0+"

YES = "yes y true t 1 1.0 ja j oui o sí si s sim vrai v wahr verdadero vero da tak on".split()
NO = "no n false f 0 0.0 nein non nee nej não nao faux falsch falso ne nie off".split()

SEPARATORS = {Format.SEMICOLON: ";", Format.PIPE: "|", Format.COMMA: ","}

FORMATS: dict[Kind, tuple[Format, ...]] = {
    Kind.TEXT: (Format.PLAIN, Format.WHOLE),
    Kind.NUMBER: (Format.PLAIN, Format.DECIMAL_COMMA),
    Kind.YES_NO: (Format.PLAIN,),
    Kind.DATE: (Format.PLAIN, Format.DAY_FIRST, Format.MONTH_FIRST),
    Kind.MOMENT: (Format.PLAIN, Format.DAY_FIRST, Format.MONTH_FIRST),
    Kind.LIST: (Format.SEMICOLON, Format.PIPE, Format.COMMA, Format.JSON, Format.PLAIN),
}
"""The formats a marketer may choose for texts of each kind, the usual one first."""


def value(column: Column, kind: Kind, format: Format, zone: str = "'UTC'") -> str:
    """SQL: the cell as a value of `kind`, NULL where blank or where it does not fit.

    TEXT → VARCHAR, NUMBER → DOUBLE (see `number` for exact ones), YES_NO → BOOLEAN, DATE, MOMENT → TIMESTAMP in UTC,
    LIST → VARCHAR[]. `zone` is SQL for the zone of moments written without one.
    """
    if kind is Kind.NUMBER:
        return number(column, format, "DOUBLE")
    if kind is Kind.YES_NO:
        return _yes_no(column)
    if kind is Kind.DATE:
        return day(column, format, zone)
    if kind is Kind.MOMENT:
        return moment(column, format, zone)
    if kind is Kind.LIST:
        items = _items(column, format)
        if not column.is_list:  # a source with lists of its own keeps their items exactly
            items = f"list_transform({items}, lambda item: trim(item, {literal(BLANKS)}))"
        return f"nullif(list_filter({items}, lambda item: item <> ''), [])"
    return identifier(column) if format is Format.WHOLE else f"nullif({raw(column)}, '')"


def fits(column: Column, kind: Kind, format: Format) -> str:
    """SQL: the cell is filled and can be read; a list without items can be, though its value is missing."""
    if kind is Kind.LIST:
        return f"({filled(column)} AND {_items(column, format)} IS NOT NULL)"
    return f"({value(column, kind, format)} IS NOT NULL)"


def identifier(column: Column) -> str:
    """SQL: the cell as an id: exact text without blanks around it, 17850 where it is written 17850.0, NULL if blank."""
    if column.type in ("FLOAT", "DOUBLE"):
        whole = f"CASE WHEN abs({column.sql}) < 1e18 AND {column.sql} = trunc({column.sql}) THEN CAST({column.sql} AS BIGINT) END"
        return f"coalesce(CAST({whole} AS VARCHAR), CASE WHEN {filled(column)} THEN {raw(column)} END)"
    t = text(column)
    return f"nullif(CASE WHEN {full(t, WHOLE_ID)} THEN regexp_replace({t}, '[.]0+$', '') ELSE {t} END, '')"


def trimmed(column: Column) -> str:
    """SQL: the cell as an id exactly as written, without blanks around it, NULL if blank."""
    return f"nullif({text(column)}, '')"


def numeral(column: Column, format: Format) -> str:
    """SQL: the text of a number with a decimal point and nothing else but sign and exponent, NULL if it is none."""
    if column.numeral:
        return column.numeral
    if column.is_numeric:
        return f"CASE WHEN isfinite({column.sql}::DOUBLE) THEN {raw(column)} END"
    if column.type == "BOOLEAN":
        return f"CAST(CAST({column.sql} AS TINYINT) AS VARCHAR)"
    t = text(column)
    if format is Format.DECIMAL_COMMA:
        bare = f"replace(translate({t}, {literal(_MINUS + '.' + _DROPPED)}, '-'), ',', '.')"
        return f"CASE WHEN {full(t, COMMA)} THEN replace({t}, ',', '.') WHEN {full(t, COMMA_GROUPED)} THEN {bare} END"
    bare = f"translate({t}, {literal(_MINUS + ',' + _DROPPED)}, '-')"
    return f"CASE WHEN {full(t, POINT)} THEN {t} WHEN {full(t, POINT_GROUPED)} THEN {bare} END"


def number(column: Column, format: Format, target: str) -> str:
    """SQL: the cell as the numeric type `target`."""
    if target == "DOUBLE" and column.is_numeric:
        return f"CASE WHEN isfinite({column.sql}::DOUBLE) THEN {column.sql}::DOUBLE END"
    return f"TRY_CAST({numeral(column, format)} AS {target})"


def among(value: str, words: Iterable[str]) -> str:
    """SQL: `value` is one of `words` of this module; DuckDB would make a slow join of a long IN."""
    return full(value, "|".join(map(re.escape, words)))


def _yes_no(column: Column) -> str:
    if column.type == "BOOLEAN":
        return column.sql
    t = f"lower({text(column)})"
    return f"CASE WHEN {among(t, YES)} THEN true WHEN {among(t, NO)} THEN false END"


def _items(column: Column, format: Format) -> str:
    if column.is_list:
        return f"CAST({column.sql} AS VARCHAR[])"
    if format is Format.JSON:
        return f"TRY(CAST(TRY_CAST({text(column)} AS JSON) AS VARCHAR[]))"
    if format in SEPARATORS:
        return f"string_split({text(column)}, {literal(SEPARATORS[format])})"
    return f"[{text(column)}]"
