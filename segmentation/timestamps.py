"""Days and moments: the patterns a guess looks for, and the SQL that reads them.

The patterns are the same text in Python's `re` (guessing from a sample) and in DuckDB's RE2 (counting and loading).
"""

from __future__ import annotations

from collections.abc import Callable

from segmentation.cells import ZONED, Column, full, literal, text
from segmentation.plan import Format

YEAR = "[1-9][0-9]{3}"
ISO_DAY = YEAR + r"[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
CLOCK = r"(?:T| {1,2}|, )[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
HALF_DAY = r"(?: ?[AaPp]\.?[Mm]\.?)?"
OFFSET = r" ?(?:Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
COMPACT_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
COMPACT_MOMENT = COMPACT_DAY + r"T?[0-9]{6}"
SLASHED_DAY = rf"[0-9]{{1,2}}[/-][0-9]{{1,2}}[/-](?:{YEAR}|[0-9]{{2}})"
DOTTED_DAY = rf"[0-9]{{1,2}}\.[0-9]{{1,2}}\.(?:{YEAR}|[0-9]{{2}})"
_MONTH = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[A-Za-z]{0,6}"
NAMED_DAY = rf"(?:[0-9]{{1,2}}[ -]{_MONTH}[ -]|{_MONTH} [0-9]{{1,2}},? )(?:{YEAR}|[0-9]{{2}})"
EPOCH = r"[0-9]{9,10}(?:\.[0-9]+)?|[0-9]{12,13}|[0-9]{15,16}"
SHORT = 80  # letters of SQL: less than a text without its blanks has
MIDNIGHT = rf"(?:T| {{1,2}})0?0:00(?::00(?:\.0+)?)?(?:{OFFSET})?"


def _in_utc(local: str, zone: str) -> str:
    """SQL: a local time as UTC; the last day of 9999, which means never, stays there."""
    if zone == "'UTC'":
        return local
    return _once(
        local,
        lambda m: f"CASE WHEN {m} < TIMESTAMP '9999-12-31' THEN timezone('UTC', timezone({zone}, {m})) ELSE {m} END",
    )


def _within(moment: str, type: str) -> str:
    """SQL: a day or moment of the years 1 to 9999, NULL for others and for infinity, which Python cannot hold."""
    return _once(moment, lambda m: f"CASE WHEN {m} >= {type} '0001-01-01' AND {m} < {type} '10000-01-01' THEN {m} END")


def _once(value: str, use: Callable[[str], str]) -> str:
    """SQL: `use` of a value that it mentions several times; DuckDB prepares and works out each mention of a long one anew."""
    return use(value) if len(value) <= SHORT else f"list_transform([{value}], lambda m: {use('m')})[1]"


def _strptime(t: str, *patterns: str) -> str:
    return f"try_strptime({t}, [{', '.join(map(literal, patterns))}])"


def _with_century(t: str) -> str:
    """3/4/24 → 3/4/2024 and 3/4/62 → 3/4/1962: up to 29 is this century, as in spreadsheets; separators become slashes."""
    return _century(f"regexp_replace({t}, '^([0-9]+)[-/.]([0-9]+)[-/.]([0-9]+)', '\\1/\\2/\\3')", "/")


def _spaced(t: str) -> str:
    """Apr 3, 2024 → Apr 3 2024, 03-Apr-24 → 03 Apr 2024."""
    spaced = f"regexp_replace(regexp_replace({t}, '^([0-9]+)-([A-Za-z]+)-', '\\1 \\2 '), ', ?', ' ', 'g')"
    return _century(spaced, " ")


def _century(t: str, separator: str) -> str:
    for digits, century in (("[0-2][0-9]", "20"), ("[3-9][0-9]", "19")):
        pattern = f"'^([0-9A-Za-z]+{separator}[0-9A-Za-z]+{separator})({digits})([^0-9]|$)'"
        t = f"regexp_replace({t}, {pattern}, '\\1{century}\\2\\3')"
    return t


_NAMED = ("%d %b %Y", "%b %d %Y", "%d %B %Y", "%B %d %Y")


def day_pattern(format: Format) -> str:
    """The pattern of days that only this format can read; dots are never month first."""
    return SLASHED_DAY if format is Format.MONTH_FIRST else f"(?:{SLASHED_DAY}|{DOTTED_DAY})"


def day(column: Column, format: Format, zone: str) -> str:
    if column.type == "DATE":
        return _within(column.sql, "DATE")
    if column.is_stamp:
        local = f"timezone({zone}, {column.sql})" if column.type == ZONED else f"CAST({column.sql} AS TIMESTAMP)"
        return f"CAST({_within(local, 'TIMESTAMP')} AS DATE)"
    t = text(column)
    clock = f"(?:{CLOCK}{HALF_DAY}(?:{OFFSET})?)?"
    iso = f"translate(regexp_extract({t}, {literal('^' + ISO_DAY)}), '/.', '--')"
    first = f"regexp_extract({_spaced(t)}, '^[^ ]+ [^ ]+ [^ ]+')"
    cases = [
        f"WHEN {full(t, ISO_DAY + clock)} THEN TRY_CAST({iso} AS DATE)",
        f"WHEN {full(t, COMPACT_DAY)} THEN CAST({_strptime(t, '%Y%m%d')} AS DATE)",
        f"WHEN {full(t, NAMED_DAY + clock)} THEN CAST({_strptime(first, *_NAMED)} AS DATE)",
    ]
    if format in (Format.DAY_FIRST, Format.MONTH_FIRST, Format.ASK):
        order = "%m/%d/%Y" if format is Format.MONTH_FIRST else "%d/%m/%Y"
        head = f"regexp_extract({_with_century(t)}, '^[0-9/]+')"
        cases.append(f"WHEN {full(t, day_pattern(format) + clock)} THEN CAST({_strptime(head, order)} AS DATE)")
    return f"CASE {' '.join(cases)} END"


def moment(column: Column, format: Format, zone: str) -> str:
    if column.type == ZONED:
        return _within(f"timezone('UTC', {column.sql})", "TIMESTAMP")
    if column.type == "DATE" or column.is_stamp:
        return _in_utc(_within(f"CAST({column.sql} AS TIMESTAMP)", "TIMESTAMP"), zone)
    t = text(column)
    iso = f"replace(replace({t}, '/', '-'), ',', '')"
    offset = f"regexp_replace(regexp_replace({iso}, ' ?(?:Z|z|UTC|GMT)$', '+00'), ' ([+-])', '\\1')"
    with_seconds = f"regexp_replace({offset}, '^([^:]+:[0-9]{{2}})([+-])', '\\1:00\\2')"
    iso_clock = YEAR + r"[-/][0-9]{1,2}[-/][0-9]{1,2}" + CLOCK
    number = f"TRY_CAST({t} AS BIGINT)"
    digits = f"replace({t}, 'T', '')"
    with_offset = f"timezone('UTC', TRY_CAST({with_seconds} AS TIMESTAMPTZ))"
    local = (
        f"CASE WHEN {full(t, COMPACT_MOMENT)} THEN {_strptime(digits, '%Y%m%d%H%M%S')} "
        f"ELSE {day(column, format, zone)} + {_clock(t)} END"
    )
    return (
        f"CASE WHEN {full(t, iso_clock)} THEN {_in_utc(f'TRY_CAST({iso} AS TIMESTAMP)', zone)} "
        f"WHEN {full(t, iso_clock + OFFSET)} THEN {_within(with_offset, 'TIMESTAMP')} "
        f"WHEN {full(t, COMPACT_MOMENT + 'Z')} THEN {_strptime(digits, '%Y%m%d%H%M%SZ')} "
        f"WHEN {full(t, EPOCH)} THEN make_timestamp(CASE WHEN length({t}) <= 10 OR contains({t}, '.') "
        f"THEN CAST(round(TRY_CAST({t} AS DOUBLE) * 1e6) AS BIGINT) "
        f"WHEN length({t}) <= 13 THEN {number} * 1000 ELSE {number} END) "
        f"ELSE {_in_utc(local, zone)} END"
    )


def _clock(t: str) -> str:
    """SQL: the TIME at the end of a text, midnight if there is none."""
    clock = f"regexp_extract({t}, '[0-9]{{1,2}}:.*$')"
    half = f"upper(translate({clock}, ' .', ''))"
    return (
        f"CASE WHEN {clock} = '' THEN TIME '00:00:00' "
        f"WHEN ends_with({half}, 'M') THEN CAST({_strptime(half, '%I:%M%p', '%I:%M:%S%p')} AS TIME) "
        f"ELSE TRY_CAST({clock} AS TIME) END"
    )
