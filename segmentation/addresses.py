"""Addresses in one form: e-mails, phone numbers, countries and names, one at a time or a whole column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from babel import Locale
from babel.core import get_global
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from numpy.typing import NDArray
from phonenumbers.phonemetadata import PhoneMetadata

# The common form of an address, which Arrow checks a column at a time. Everything else goes to email-validator, and a test holds
# that both say the same about the common form.
_PLAIN_EMAIL = r"^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}$"
_PLAIN_LENGTH = 64  # shorter than any limit of a part of an address
_SPECIAL_TOPS = "|".join(sorted({re.escape(name.rsplit(".", 1)[-1]) for name in SPECIAL_USE_DOMAIN_NAMES}))
_OFFICES = "|".join(map(re.escape, CASE_INSENSITIVE_MAILBOX_NAMES))
_SPECIAL_EMAIL = rf"(?i)^(?:{_OFFICES})@|\.(?:{_SPECIAL_TOPS})$"


@lru_cache(maxsize=65_536)
def email(text: str) -> str | None:
    """An e-mail address without blanks around it and with its domain in lower case, or None if it is not valid.

    Domains that are reserved for examples and tests (example.com, shop.test) count as valid, so that made-up data can be tried.
    """
    try:
        valid = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return valid.normalized if "." in valid.domain else None


def emails(texts: pa.Array) -> pa.Array:
    """`email` of each text; null where there is none or it is not valid."""
    trimmed = pc.utf8_trim_whitespace(texts)
    plain = pc.and_(
        pc.match_substring_regex(trimmed, _PLAIN_EMAIL),
        pc.and_not(
            pc.less_equal(pc.binary_length(trimmed), _PLAIN_LENGTH), pc.match_substring_regex(trimmed, _SPECIAL_EMAIL)
        ),
    ).fill_null(False)
    found = pc.if_else(plain, trimmed, pa.scalar(None, pa.string()))
    capital = pc.and_(plain, pc.not_equal(trimmed, pc.ascii_lower(trimmed))).fill_null(False)
    parts = pc.extract_regex(trimmed.filter(capital), "^(?P<local>[^@]*)@(?P<domain>.*)$")
    local, domain = pc.struct_field(parts, 0), pc.ascii_lower(pc.struct_field(parts, 1))
    found = pc.replace_with_mask(found, capital, pc.binary_join_element_wise(local, domain, "@"))
    others = pc.and_not(pc.match_substring(trimmed, "@"), plain).fill_null(False)  # without an @ none is valid
    checked = [email(text) for text in trimmed.filter(others).to_pylist()]
    return pc.replace_with_mask(found, others, pa.array(checked, pa.string()))


def folded(addresses: pa.Array) -> pa.Array:
    """Addresses as they are compared: large and small letters are the same."""
    return pc.utf8_lower(addresses)


def phone(text: str, region: str | None) -> str | None:
    """A phone number as E.164 (+491701234567), or None if it is not valid in its country's plan.

    `region` (ISO code) reads numbers that are written without a country code; where it is None, they are not valid. Digits that
    begin with the region's own country code are read as if their + had been lost, as in a column of numbers; if that is not
    valid, as a national number. (phonenumbers alone would read 491701234567 in Germany as one of the town of Leer.)
    """
    digits = text.translate(_PHONE_SIGNS)
    if region and digits.isdecimal() and (own := _plan(region)) and digits.startswith(own.code):
        international = phone(f"+{digits}", None)
        if international:
            return international
    return _plain_phone(digits, region) or _read_phone(text, region)


def phones(texts: pa.Array, regions: pa.Array) -> pa.Array:
    """`phone` of each text with the region beside it; null where there is none or it is not valid."""
    found = _international_phones(pc.replace_substring_regex(texts, _PHONE_SIGNS_PATTERN, ""))
    others = pc.and_not(pc.not_equal(texts, ""), found.is_valid()).fill_null(False)
    pairs = zip(texts.filter(others).to_pylist(), regions.filter(others).to_pylist(), strict=True)
    return pc.replace_with_mask(found, others, pa.array([phone(text, region) for text, region in pairs], pa.string()))


@lru_cache(maxsize=65_536)
def _read_phone(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# phonenumbers takes 28 µs for a number, this takes 3: it says yes to numbers that need no guessing, and None to all others, which
# phonenumbers then reads. A test holds that both agree.
_REGIONS = {str(code): regions for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()}
_PHONE_SIGNS = str.maketrans("", "", " ()-./\u00a0")
_PHONE_SIGNS_PATTERN = r"[ ()\-./\x{A0}]+"


@dataclass(frozen=True)
class _Plan:
    """A region's numbers: its calling code, what they begin with if others share the code, and all that are in use."""

    code: str
    leading: re.Pattern[str] | None
    used: re.Pattern[str]
    prefix: re.Pattern[str] | None  # what a caller inside the country dials first
    usual_prefix: str | None
    abroad: re.Pattern[str] | None
    measured: tuple[str, str]  # as `used` for RE2, which cannot look ahead: both hold for “length:digits”


def _pattern(description: phonenumbers.PhoneNumberDesc | None) -> str:
    """A regular expression for a kind of numbers: one of its lengths, and its digits."""
    if description is None or not description.national_number_pattern:
        return r"(?!)"
    lengths = "|".join(f".{{{length}}}" for length in description.possible_length) or ".*"
    return rf"(?=(?:{lengths})\Z)(?:{description.national_number_pattern})\Z"


def _measured(*descriptions: phonenumbers.PhoneNumberDesc | None) -> str:
    """A regular expression for “length:digits” of any of these kinds of numbers."""
    kinds = (kind for kind in descriptions if kind is not None and kind.national_number_pattern)
    listed = (
        rf"(?:{'|'.join(map(str, kind.possible_length)) or '[0-9]+'}):(?:{kind.national_number_pattern})"
        for kind in kinds
    )
    return f"^(?:{'|'.join(listed) or ' '})$"


@lru_cache(maxsize=512)
def _plan(region: str) -> _Plan | None:
    data = PhoneMetadata.metadata_for_region(region, None)
    if data is None:
        return None
    types = (data.mobile, data.fixed_line, data.toll_free, data.voip, data.shared_cost, data.premium_rate,
             data.personal_number, data.uan, data.pager, data.voicemail)  # fmt: skip
    used = re.compile(f"(?={_pattern(data.general_desc)})(?:{'|'.join(map(_pattern, types))})")
    patterns = (data.leading_digits, data.national_prefix_for_parsing, data.international_prefix)
    leading, prefix, abroad = (re.compile(pattern) if pattern else None for pattern in patterns)
    measured = _measured(data.general_desc), _measured(*types)
    return _Plan(str(data.country_code), leading, used, prefix, data.national_prefix, abroad, measured)


@lru_cache(maxsize=512)
def _plans(code: str) -> tuple[_Plan, ...]:
    """The plans of the regions that share a calling code, in the order in which phonenumbers looks through them."""
    plans = tuple(map(_plan, _REGIONS.get(code, ())))
    return tuple(plan for plan in plans if plan) if all(plans) else ()


@lru_cache(maxsize=2048)
def _calling_code(digits: str) -> str | None:
    """The calling code that these three digits begin with."""
    plans = _plans(digits[:1]) or _plans(digits[:2]) or _plans(digits[:3])
    return plans[0].code if plans else None


def _international_phones(digits: pa.Array) -> pa.Array:
    """Those that are numbers with + and calling code and need no guessing, as `_plain_phone` finds them; null for all others."""
    written = np.flatnonzero(pc.match_substring_regex(digits, r"^\+[0-9]+$").fill_null(False))
    heads = pc.utf8_slice_codeunits(digits.take(pa.array(written)), 1, 4).dictionary_encode()
    codes = np.array([_calling_code(head) or "" for head in heads.dictionary.to_pylist()], dtype=object)
    own = codes[heads.indices.to_numpy()]
    valid = np.zeros(len(digits), dtype=bool)
    for code in filter(None, set(codes)):
        places = written[own == code]
        national = pc.utf8_slice_codeunits(digits.take(pa.array(places)), 1 + len(code))
        valid[places[_used(national, _plans(code))]] = True
    return pc.if_else(pa.array(valid), digits, pa.scalar(None, pa.string()))


def _used(national: pa.Array, plans: tuple[_Plan, ...]) -> NDArray[np.bool_]:
    """Which national numbers are in use in the first of these plans that they belong to."""
    measured = pc.binary_join_element_wise(pc.cast(pc.binary_length(national), pa.string()), national, ":")
    used = np.zeros(len(national), dtype=bool)
    left = np.arange(len(national))
    if plans[0].prefix:
        left = left[~_matches(national, f"^(?:{plans[0].prefix.pattern})")]
    for plan in plans:
        texts = measured.take(pa.array(left))
        in_use = np.logical_and.reduce([_matches(texts, pattern) for pattern in plan.measured])
        own = _matches(national.take(pa.array(left)), f"^(?:{plan.leading.pattern})") if plan.leading else in_use
        used[left[own & in_use]] = True
        left = left[~own]
    return used


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def _plain_phone(digits: str, region: str | None) -> str | None:
    if digits[:1] == "+":
        if not digits[1:].isdecimal() or not digits.isascii():
            return None
        plans = _plans(digits[1:2]) or _plans(digits[1:3]) or _plans(digits[1:4])
        if not plans:
            return None
        code, national = plans[0].code, digits[1 + len(plans[0].code) :]
        if plans[0].prefix and plans[0].prefix.match(national):
            return None
    else:
        own = _plan(region) if region else None
        if own is None or not digits.isdecimal() or not digits.isascii() or digits.startswith(own.code):
            return None
        if own.abroad and own.abroad.match(digits):
            return None
        code, national, plans = own.code, digits, _plans(own.code)
        if own.prefix and (found := own.prefix.match(digits)):
            if found.group() != own.usual_prefix or any(found.groups()):
                return None
            national = digits[found.end() :]
            if not own.used.match(
                national
            ):  # of another region with the same code: the prefix may belong to the number
                return None
    for plan in plans:
        used = plan.used.match(national)
        if plan.leading.match(national) if plan.leading else used:
            return f"+{code}{national}" if used else None
    return None


# Countries. Every name that Unicode's tables have in these languages, ISO 3166's codes, and what people call them besides.
_LANGUAGES = (
    "en de fr es it pt nl pl cs sk hu ro bg el tr ru uk sv da nb fi et lv lt sl hr sr mk sq ca eu gl ga is ar he fa hi bn ur "
    "ja ko zh zh_Hant th vi id ms tl sw"
).split()
_ALSO_CALLED = {
    "US": "united states of america, u s, u s a, us of a, america, ee uu, etats unis d amerique, vereinigte staaten von amerika",
    "GB": "uk, u k, great britain, britain, england, scotland, wales, northern ireland, grossbritannien, grande bretagne, "
    "gran bretana, united kingdom of great britain and northern ireland",
    "TR": "turkey", "CZ": "czech republic, tschechische republik", "SK": "slovak republic", "IE": "republic of ireland, eire",
    "NL": "holland", "DE": "brd, bundesrepublik deutschland, federal republic of germany", "RU": "russian federation",
    "KR": "korea, republic of korea, korea republic of", "KP": "korea democratic people s republic of",
    "VN": "viet nam", "HK": "hong kong", "MO": "macau, macao", "TW": "republic of china, taiwan province of china",
    "CI": "ivory coast", "MM": "burma, myanmar", "SZ": "swaziland", "CV": "cabo verde", "VA": "vatican, holy see",
    "PS": "palestine, state of palestine", "IR": "iran islamic republic of", "SY": "syrian arab republic",
    "LA": "lao people s democratic republic", "MD": "republic of moldova, moldova republic of", "MK": "macedonia",
    "BO": "bolivia plurinational state of", "VE": "venezuela bolivarian republic of", "TZ": "tanzania united republic of",
    "AE": "uae, u a e, emirates", "CD": "dr congo, drc, democratic republic of the congo", "CG": "republic of the congo",
    "BN": "brunei darussalam", "TL": "east timor", "FM": "micronesia", "CN": "people s republic of china, prc",
}  # fmt: skip


def _spoken(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.findall(r"\w+", plain)).removeprefix("the ")


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """ISO alpha-2 codes by spoken name; a name that two countries share is left out."""
    named: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"):
                named.setdefault(_spoken(name), set()).add(code)
                named.setdefault(code.casefold(), {code})
    for alias, codes in get_global("territory_aliases").items():
        if len(codes) == 1:
            named.setdefault(_spoken(alias), {codes[0]})
    known = {name: min(codes) for name, codes in named.items() if len(codes) == 1}
    return known | {name: code for code, names in _ALSO_CALLED.items() for name in names.split(", ")}


@lru_cache(maxsize=4096)
def country(text: str) -> str | None:
    """The ISO alpha-2 code of a country's name in any of the larger languages or of its ISO code, or None if unknown."""
    return _countries().get(_spoken(text))


def countries(texts: pa.Array) -> pa.Array:
    """`country` of each text."""
    coded = texts.dictionary_encode()
    found = pa.array([country(text) for text in coded.dictionary.to_pylist()], pa.string())
    return found.take(coded.indices)


def name(text: str) -> str:
    """A person's name without blanks around it and with single blanks in it."""
    return " ".join(text.split())


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a full name: “Schmidt, Anna” at the comma, “Anna Maria Schmidt” at the last blank."""
    last, comma, first = full.partition(",")
    if comma:
        return name(first), name(last)
    words = full.split()
    return (" ".join(words[:-1]), words[-1]) if len(words) > 1 else (name(full), "")
