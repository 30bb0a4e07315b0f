"""Addresses in one form: the quick readings say what the careful libraries say."""

import re

import phonenumbers
import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from segmentation import addresses

ODD = [
    "Anna.Meier@Example.COM", "INFO@Example.com", "Info@example.com", "a@shop.test", "a@x.invalid", "a@x.local", "a@host.localhost",
    "a@hidden.onion", "a@in-addr.arpa", "a@test", "a@localhost", "a@b", "a..b@example.com", ".a@example.com", "a.@example.com",
    "a@-b.com", "a@b-.com", "a@b--c.com", "a@ab--c.com", "a@xn--mnchen-3ya.de", "a@xn--zzzzzz.de", "ä@münchen.de", "a@b.c1",
    "a@1.2.3.4", "a@[127.0.0.1]", '"a b"@example.com', "Anna <a@example.com>", "a@b@example.com", "@example.com", "a@", "n/a",
    f"{'a' * 64}@example.com", f"{'a' * 65}@example.com", f"a@{'b' * 63}.com", f"a@{'b' * 64}.com", f"{'a' * 60}@{'b.' * 95}com",
    f"{'a' * 60}@{'b.' * 120}com", "a@example.com.", "a@example..com", "a+b_c-d@example.co.uk", "a%b@example.com", "a@ex_ample.com",
    "a@example.com\n", "a @example.com", "a@example.com,b@example.com", "a@\uff45xample.com", "a@example。com", "a\u200b@example.com",
]  # fmt: skip


def careful(text: str) -> str | None:
    """email-validator's own word."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized if "." in found.domain else None


def quick(texts: list[str | None]) -> list[str | None]:
    """The whole column at once."""
    found: list[str | None] = addresses.emails(pa.array(texts, pa.string())).to_pylist()
    return found


PART = st.text("abyzABYZ019", min_size=1, max_size=12)
LOCAL = st.lists(st.text("aZ09_+-", min_size=1, max_size=9), min_size=1, max_size=3).map(".".join)
DOMAIN = st.lists(st.lists(PART, min_size=1, max_size=3).map("-".join), min_size=1, max_size=3).map(".".join)
TOP = st.sampled_from(["com", "DE", "test", "local", "invalid", "arpa", "onion", "museum", "x", "c0"]) | st.text(
    "abYZ", min_size=1, max_size=8
)


@given(
    st.lists(
        st.tuples(LOCAL | st.sampled_from(["Info", "www", "SALES"]), DOMAIN, TOP).map(
            lambda p: f"{p[0]}@{p[1]}.{p[2]}"
        ),
        max_size=20,
    )
)
def test_the_common_form_of_an_email_is_read_as_email_validator_reads_it(texts: list[str]) -> None:
    assert quick(list(texts)) == [careful(text) for text in texts]


@given(st.text("aAbB1.-_+@ ", max_size=20))
def test_near_misses_of_the_common_form_are_read_as_email_validator_reads_them(text: str) -> None:
    assert quick([text]) == [careful(text)]


def test_odd_emails_are_read_as_email_validator_reads_them() -> None:
    assert quick([*ODD, None, "", "  "]) == [*(careful(text) for text in ODD), None, None, None]


def test_an_email_loses_its_blanks_and_its_domain_is_lower_case() -> None:
    assert quick([" Anna.Meier@EXAMPLE.com\t", "a@shop.test"]) == ["Anna.Meier@example.com", "a@shop.test"]


def test_an_email_without_a_dot_in_its_domain_is_not_valid() -> None:
    assert quick(["a@test", "a@localhost", "a@example"]) == [None, None, None]


def of_phonenumbers(text: str, region: str | None) -> str | None:
    """phonenumbers' own word, after a look whether a + was lost."""
    digits = re.sub(r"[ ()\-./\u00a0]", "", text)
    if region and digits.isdecimal() and digits.startswith(str(phonenumbers.country_code_for_region(region))):
        international = of_phonenumbers(f"+{digits}", None)
        if international:
            return international
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


EXAMPLES = [
    (number, region)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10)
    if (number := phonenumbers.example_number_for_type(region, kind))
]
FORMATS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
)


def test_phones_of_every_country_are_read_as_phonenumbers_reads_them() -> None:
    written = [(phonenumbers.format_number(number, form), region) for number, region in EXAMPLES for form in FORMATS]
    texts, regions = zip(*written, strict=True)
    found = addresses.phones(pa.array(texts), pa.array(regions)).to_pylist()
    wrong = [
        (text, region, quick, of_phonenumbers(text, region))
        for (text, region), quick in zip(written, found, strict=True)
        if quick != of_phonenumbers(text, region)
    ]
    assert wrong == []


@given(
    st.sampled_from(EXAMPLES),
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["", "0", "1", "9", " ", "(", ")", "-", ".", "/", "+", "x"])), max_size=4),
    st.sampled_from([None, "DE", "US", "GB", "IT", "BR", "AU", "RU", "MX", "AR", "JP", "GG"]),
)  # fmt: skip
def test_misspelt_phones_are_read_as_phonenumbers_reads_them(
    example: tuple[phonenumbers.PhoneNumber, str], form: int, changes: list[tuple[int, str]], region: str | None
) -> None:
    text = phonenumbers.format_number(example[0], form)
    for place, sign in changes:
        text = text[:place] + sign + text[place + 1 :]
    for reading in (region, example[1]):
        assert addresses.phone(text, reading) == of_phonenumbers(text, reading)
        assert addresses.phones(pa.array([text]), pa.array([reading])).to_pylist() == [of_phonenumbers(text, reading)]


@given(st.text("0123456789+ ()-./", max_size=16), st.sampled_from([None, "DE", "US", "GB", "CA", "IT"]))
def test_any_digits_are_read_as_phonenumbers_reads_them(text: str, region: str | None) -> None:
    assert addresses.phone(text, region) == of_phonenumbers(text, region)


@pytest.mark.parametrize(
    ("text", "region", "read"),
    [
        ("0170 1234567", None, None),  # a country is never invented
        ("0049 170 1234567", None, None),
        ("0170 1234567", "DE", "+491701234567"),
        ("+49 (0)170 / 123 45 67", "US", "+491701234567"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("491701234567", "DE", "+491701234567"),  # a column of numbers has lost its +
        ("49191234", "DE", "+4949191234"),  # but this is one of Leer: it would be none with a +
        ("47123456", "NO", "+4747123456"),
        ("12125550123", "US", "+12125550123"),
        ("+00 123", None, None),
        ("0800 123456", "JE", None),  # Jersey has no such number, though Britain, whose code it shares, has
        ("0800 123456", "GB", "+44800123456"),
        ("unknown", "DE", None),
    ],
)
def test_a_phone_becomes_e164(text: str, region: str | None, read: str | None) -> None:
    assert addresses.phone(text, region) == read


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("DE", ["Germany", "Deutschland", "ALLEMAGNE", "de", "DEU", "276", " Alemania "]),
        ("US", ["United States", "USA", "U.S.A.", "United States of America", "Vereinigte Staaten", "États-Unis"]),
        ("GB", ["UK", "United Kingdom", "Great Britain", "England", "gb"]),
        ("NL", ["The Netherlands", "Holland", "Niederlande"]),
        ("CI", ["Côte d’Ivoire", "Cote d'Ivoire", "Ivory Coast"]),
        ("TR", ["Turkey", "Türkiye", "Turkiye"]),
        ("BA", ["Bosnia & Herzegovina", "Bosnia and Herzegovina"]),
        ("JP", ["日本", "Japan"]),
        ("KR", ["South Korea", "Korea, Republic of", "대한민국"]),
        ("RU", ["Россия", "Russian Federation"]),
    ],
)
def test_a_country_is_known_by_its_names_and_codes(code: str, names: list[str]) -> None:
    assert [addresses.country(name) for name in names] == [code] * len(names)


def test_an_unknown_or_shared_name_of_a_country_is_none() -> None:
    assert [addresses.country(text) for text in ("", "Atlantis", "Europe", "Kongo", "EU", "-")] == [None] * 6


def test_countries_of_a_column_keep_what_is_missing() -> None:
    assert addresses.countries(pa.array(["France", None, "x", "fr"])).to_pylist() == ["FR", None, None, "FR"]


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Anna Maria  Schmidt", "Anna Maria", "Schmidt"),
        ("Schmidt, Anna Maria", "Anna Maria", "Schmidt"),
        ("Madonna", "Madonna", ""),
        (" ", "", ""),
    ],
)
def test_a_full_name_is_split(full: str, first: str, last: str) -> None:
    assert addresses.split_name(full) == (first, last)
