"""What values say about a field: e-mail addresses, phone numbers, countries, languages, coordinates."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from babel import Locale

from segmentation.catalogue import PERSONAL, EventProperty, Field, Kind, Role, Theme
from segmentation.naming import is_private, is_secret, meaning, meanings, usual_theme

EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}")
WRITTEN_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^\W\d_]{2,}")
WRITTEN_PHONE = re.compile(r"(?<!\w)\+\d(?:[ ()./–-]{0,3}\d){7,14}")
PHONE = re.compile(r"(?=(?:\D*\d){6})[+(]?\d[\d ()./–-]{4,20}(?:x\d{1,6})?")
LOCALE = re.compile(r"[a-z]{2,3}[-_](?:[A-Z][a-z]{3}[-_])?[A-Z]{2}")
STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI"
    " SC SD TN TX UT VT VA WA WV WI WY DC ON QC BC AB MB SK NS NB NL PE NSW VIC QLD TAS ACT NT".split()
)
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl")
_SPOKEN = frozenset(
    "Great Britain,England,Scotland,Wales,USA,UK,U.S.A.,EIRE,Holland,Korea,RSA,UAE,Czech Republic".split(",")
)


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    names = {name.casefold() for name in _SPOKEN}
    for language in _LANGUAGES:
        territories = Locale.parse(language).territories
        names.update(str(name).casefold() for code, name in territories.items() if _is_code(code))
    return frozenset(names)


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(str(code) for code in Locale.parse("en").territories if _is_code(code))


def _is_code(code: object) -> bool:
    return len(str(code)) == 2 and str(code).isalpha()


def share(values: Mapping[str, int], pattern: re.Pattern[str]) -> float:
    """The share of cells that wholly match."""
    total = sum(values.values())
    return sum(n for value, n in values.items() if pattern.fullmatch(value.strip())) / total if total else 0.0


def _are_countries(values: Collection[str]) -> bool:
    if len(values) > 260 or len(values) < 2:
        return False
    if all(len(value) == 2 and value.isupper() for value in values):
        found = set(values) & _codes()
        return len(found) >= 3 and len(found) > 0.9 * len(values) and len(found - STATES) > 0.5 * len(found)
    if not all(value[:1].isupper() and not any(letter.isdigit() for letter in value) for value in values):
        return False
    return sum(value.casefold() in _countries() for value in values) >= 0.8 * len(values)


def theme_and_role(name: str, kind: Kind, values: Mapping[str, int]) -> tuple[Theme, Role]:
    """The shelf and role of a field, from its name and a sample of its filled values with their counts."""
    found = meaning(name, kind)
    if found:
        if _plausible(found.role, values):
            return found.theme, found.role
        if kind is not Kind.TEXT or found.theme is not Theme.IDENTITY:
            return found.theme, Role.NONE
    if kind is Kind.TEXT:
        if share(values, EMAIL) >= 0.8:
            return Theme.IDENTITY, Role.EMAIL
        if share(values, PHONE) >= 0.8 and all(value.strip().startswith(("+", "00")) for value in values):
            return Theme.IDENTITY, Role.PHONE
        if share(values, LOCALE) >= 0.9:
            return Theme.GEOGRAPHIC, Role.LANGUAGE
        if not found and _are_countries({value.strip() for value in values}):
            return Theme.GEOGRAPHIC, Role.COUNTRY
    if found:
        return found.theme, Role.NONE
    other = meanings(name)
    return (other[0].theme if other else usual_theme(kind)), Role.NONE


def _plausible(role: Role, values: Mapping[str, int]) -> bool:
    if not values:
        return True
    if role is Role.EMAIL:
        return share(values, EMAIL) >= 0.5
    if role is Role.PHONE:
        return share(values, PHONE) >= 0.5
    if role in (Role.LATITUDE, Role.LONGITUDE):
        limit = 90 if role is Role.LATITUDE else 180
        return all(abs(number) <= limit for number in map(_number, values) if number is not None)
    return True


def _number(value: str) -> float | None:
    try:
        return float(value.replace(",", "."))
    except ValueError:
        return None


def tells_of_person(text: str) -> bool:
    """Whether a text holds an e-mail address or a phone number with its country code."""
    return bool(WRITTEN_EMAIL.search(text) or WRITTEN_PHONE.search(text))


def personal_role(named: Field | EventProperty) -> Role:
    """The role as which the values of a field or of an event's detail are masked, `NONE` where they are not personal.

    Details have no role of their own: theirs is guessed as that of a field, from names and frequent values. What nothing may be
    seen of is masked like a postal address.
    """
    values = {value.value: value.count for value in named.top}
    if isinstance(named, Field):
        is_id = named.role is Role.PERSON_ID and any(map(tells_of_person, values))
        return named.role if named.role in PERSONAL or is_id else Role.ADDRESS if is_secret(named.name) else Role.NONE
    if named.kind is Kind.YES_NO:
        return Role.NONE
    read_as = Kind.TEXT if named.kind in (Kind.NUMBER, Kind.LIST) else named.kind
    for name in (named.name, named.label):
        _, role = theme_and_role(name, read_as, values)
        if role in PERSONAL:
            return role
        if is_private(name) or is_secret(name):
            return Role.ADDRESS
    return (
        Role.EMAIL if share(values, EMAIL) >= 0.2 else Role.PHONE if share(values, WRITTEN_PHONE) >= 0.2 else Role.NONE
    )
