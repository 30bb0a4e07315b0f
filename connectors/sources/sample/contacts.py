"""E-mail addresses and telephone numbers that reach nobody, with the faults a real address book has."""

import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np

from connectors.sources.sample.draws import Ints, Texts
from connectors.sources.sample.places import CITIES, COUNTRIES

# RFC 2606 keeps these domains free for examples, so no mail sent to them arrives anywhere.
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "web.example.net")
DOMAIN_SHARES = (0.40, 0.18, 0.12, 0.15, 0.08, 0.07)
MISSING_SHARE, BROKEN_SHARE, AGAIN_SHARE = 0.03, 0.015, 0.015
PHONE_MISSING_SHARE, PHONE_SPACED_SHARE, PHONE_NATIONAL_SHARE = 0.12, 0.08, 0.08

UNDECOMPOSED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
ALPHABET = np.array(list("ABDEFGHJLNPQRSTUWXYZ"))


@dataclass(frozen=True)
class Mailboxes:
    """Row numbers by the state of their address: none, a broken one, or the address of an earlier registration."""

    missing: Ints
    broken: Ints
    again: Ints
    originals: Ints

    @classmethod
    def draw(cls, rng: np.random.Generator, people: int) -> "Mailboxes":
        """Deal the faults to different people."""
        ends = np.cumsum([round(share * people) for share in (MISSING_SHARE, BROKEN_SHARE, AGAIN_SHARE, AGAIN_SHARE)])
        missing, broken, again, originals, _ = np.split(rng.permutation(people), ends)
        return cls(missing, broken, again, originals)


def draw_emails(rng: np.random.Generator, mailboxes: Mailboxes, firsts: Texts, families: Texts, years: Ints) -> Texts:
    """An address for each person, different from all others except where a mailbox is missing, broken or used again."""
    styles = rng.choice(3, len(firsts), p=[0.6, 0.2, 0.2])
    domains = rng.choice(DOMAINS, len(firsts), p=DOMAIN_SHARES)
    taken: Counter[str] = Counter()
    emails = np.empty(len(firsts), dtype=object)
    for row, (first, family, year, style, domain) in enumerate(
        zip(map(plain, firsts), map(plain, families), years.tolist(), styles.tolist(), domains.tolist(), strict=True)
    ):
        local = (f"{first}.{family}", f"{first[0]}.{family}", f"{first}{family}{year % 100:02d}")[style]
        taken[local] += 1
        emails[row] = f"{local}@{domain}" if taken[local] == 1 else f"{local}.{taken[local]}@{domain}"
    emails[mailboxes.again] = emails[mailboxes.originals]
    for row in mailboxes.again[::3]:
        emails[row] = emails[row].upper()
    for turn, row in enumerate(mailboxes.broken.tolist()):
        first, family = plain(firsts[row]), plain(families[row])
        faults = (
            f"{first}@",
            "n/a",
            f"{first}..{family}@example.com",
            f"{first}@example",
            f"{first} {family}@example.com",
        )
        emails[row] = faults[turn % len(faults)]
    emails[mailboxes.missing] = None
    return emails


def plain(name: str) -> str:
    """A name as it stands in an address: small letters a to z."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(UNDECOMPOSED))
    return "".join(letter for letter in letters if "a" <= letter <= "z")


def draw_phones(rng: np.random.Generator, cities: Ints) -> Texts:
    """A number for most people, each used once while its country has unused ones left, in three usual spellings."""
    phones = np.empty(len(cities), dtype=object)
    countries = np.array([city.country for city in CITIES])[cities]
    listed = rng.random(len(cities)) >= PHONE_MISSING_SHARE
    for country in COUNTRIES.values():
        rows = np.flatnonzero((countries == country.name) & listed)
        sizes = np.array([10 ** pattern.count("#") for pattern in country.numbers])
        serials = rng.permutation(len(rows)) % sizes.sum()
        ends = np.cumsum(sizes)
        patterns = np.searchsorted(ends, serials, side="right")
        styles = rng.random(len(rows))
        for row, serial, pattern, style in zip(rows, serials - (ends - sizes)[patterns], patterns, styles, strict=True):
            national = fill(country.numbers[pattern], int(serial))
            if style < PHONE_NATIONAL_SHARE:
                phones[row] = f"{country.trunk}{national}"
            elif style < PHONE_NATIONAL_SHARE + PHONE_SPACED_SHARE:
                phones[row] = f"+{country.calling_code} {national}"
            else:
                phones[row] = f"+{country.calling_code}{national.replace(' ', '')}"
    return phones


def fill(pattern: str, number: int) -> str:
    """The pattern with the digits of the number in place of its '#', from the right."""
    digits = iter(f"{number:0{pattern.count('#')}d}")
    return "".join(next(digits) if sign == "#" else sign for sign in pattern)


def draw_postal_codes(rng: np.random.Generator, cities: Ints) -> Texts:
    """A postal code of the city for each person."""
    codes = np.empty(len(cities), dtype=object)
    for number, city in enumerate(CITIES):
        rows = np.flatnonzero(cities == number)
        signs = np.tile(np.array(list(city.postal_code)), (len(rows), 1))
        digits, letters = signs == "#", signs == "@"
        signs[digits] = rng.integers(0, 10, int(digits.sum())).astype(str)
        signs[letters] = rng.choice(ALPHABET, int(letters.sum()))
        codes[rows] = ["".join(row) for row in signs.tolist()]
    return codes
