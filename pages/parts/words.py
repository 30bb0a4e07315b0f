"""Data as words on screen: escaped, with thousands and per cent; the one place where this is decided."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from segmentation.catalogue import Kind, Theme

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>$~:&@=^])")

THEMES = {
    Theme.DEMOGRAPHIC: "Demographic",
    Theme.GEOGRAPHIC: "Geographic",
    Theme.PSYCHOGRAPHIC: "Psychographic",
    Theme.BEHAVIOURAL: "Behavioural",
    Theme.IDENTITY: "Identity",
    Theme.CONSENT: "Consent",
}
THEME_ICONS = {
    Theme.DEMOGRAPHIC: ":material/person:",
    Theme.GEOGRAPHIC: ":material/public:",
    Theme.PSYCHOGRAPHIC: ":material/favorite:",
    Theme.BEHAVIOURAL: ":material/ads_click:",
    Theme.IDENTITY: ":material/badge:",
    Theme.CONSENT: ":material/verified_user:",
}
KINDS = {
    Kind.TEXT: "Text",
    Kind.NUMBER: "Number",
    Kind.YES_NO: "Yes / no",
    Kind.DATE: "Date",
    Kind.MOMENT: "Date and time",
    Kind.LIST: "List",
}
ONE_OF_KIND = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.YES_NO: "yes or no",
    Kind.DATE: "a date",
    Kind.MOMENT: "a date with time",
    Kind.LIST: "a list",
}


def plain(text: str) -> str:
    """Data made safe for a label or sentence: shown letter by letter, never read as markdown."""
    return _MARKDOWN.sub(lambda sign: f"&#{ord(sign[1])};", " ".join(text.split()))


def lines(text: str) -> str:
    """`plain`, each line of the text as a paragraph."""
    return "\n\n".join(map(plain, text.splitlines()))


def spoken(text: str) -> str:
    """Data in the label of an input. Screen readers say a label as it stands, escapes and all: what markdown reads is left out."""
    return " ".join(re.sub(r"[\\`*_\[\]<>$~^|#]|:(?=\S)", " ", text).split())


@cache
def zones() -> list[str]:
    """The names of all time zones, in order; the first look for them takes 30 ms."""
    return sorted(available_timezones())


def clock(moment: datetime) -> str:
    """`3 Apr 2026, 14:05`"""
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def shortened(text: str, length: int = 80) -> str:
    """At most `length` letters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def number(count: int) -> str:
    """1,234,567"""
    return f"{count:,}"


def figure(value: float) -> str:
    """A measured number with the digits that say something: 53,340, 186.9, 1.79, 0.6."""
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cells(count: int) -> str:
    """`1 cell`, `1,234 cells`."""
    return "1 cell" if count == 1 else f"{count:,} cells"


def people(count: int) -> str:
    """`1 person`, `12,345 people`."""
    return "1 person" if count == 1 else f"{count:,} people"


def percent(share: float) -> str:
    """A share (0–1) with the digits that say something: 0.04 %, 3.2 %, 17 %, 100 %."""
    value = share * 100
    if value == 0 or value >= 99.95 or (value >= 10 and round(value, 1) == round(value)):
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 0.1 else f"{value:.2g} %"


def share_of(part: int, whole: int) -> str:
    """`percent`, but never 100 % where something is missing, nor 0 % where something is there."""
    if part < whole and part / whole >= 0.9995:
        return "over 99.9 %"
    return percent(part / whole) if whole else "0 %"


def cell(value: object) -> str:
    """A value as a person reads it: `running, travel`, `yes`, `17 June 2023, 03:49`, `42100`."""
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.day} {value:%B %Y, %H:%M}"
    return f"{value.day} {value:%B %Y}" if isinstance(value, date) else str(value)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in words; both aware."""
    passed = now - moment
    for length, word in (
        (timedelta(days=1), "day"),
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=1), "minute"),
    ):
        count = passed // length
        if count >= 1:
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
