"""What names say: a readable label, the theme and role of a field, who a key belongs to, what an event is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from itertools import count, pairwise

from segmentation.audience import INTERNAL
from segmentation.catalogue import Kind, Theme
from segmentation.vocabulary import (
    ACRONYMS,
    EVENT_COLUMNS,
    EVENT_NOUNS,
    EVENT_TIMES,
    FOREIGN_NOUNS,
    GENERAL_NOUNS,
    MEANINGS,
    NOISE,
    NOT_TEXTUAL,
    NUMBERING,
    PERSON,
    PERSON_NUMBERS,
    PRICES,
    PRIVATE,
    QUANTITIES,
    SECRET_ENDS,
    SECRET_STEMS,
    SECRET_WORDS,
    TEXTUAL,
    TOTALS,
    UNIT_PRICES,
    Meaning,
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+[a-z]*|\d+")
_LIKE = 90  # how alike, in percent, a misspelt name must be to a phrase


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case without accents: "CustomerID" → customer, id; "e-mail" → email."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found = [word.casefold() for word in _WORD.findall(plain)]
    joined: list[str] = []
    for word in found:
        if joined and (joined[-1], word) in (("e", "mail"), ("i", "ds"), ("i", "d")):
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(joined)


def label(name: str) -> str:
    """A readable label: "signup_date" → "Signup date", "MonthlyCharges" → "Monthly charges", "CustomerID" → "Customer ID".

    A heading somebody wrote with blanks is kept.
    """
    written = " ".join(name.split())
    if (" " in written and "_" not in written) or re.search(r"[^\w\s./-]", written):
        return written[:1].upper() + written[1:]
    parts = re.findall(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-zß-öø-ÿ]+|\d+|[^\W\d_]+|[^\w\s]+", written.replace("_", " "))
    if not any(part.isalpha() for part in parts):
        return written or name
    shouted = written.isupper()
    readable = [
        _acronym(part)
        if part.lower() in ACRONYMS
        else part
        if len(part) > 1 and part.isupper() and not shouted
        else part.lower()
        for part in parts
        if part not in "-./"
    ]
    text = " ".join(readable).replace("e mail", "e-mail")
    return text[:1].upper() + text[1:]


def _acronym(word: str) -> str:
    return "IDs" if word.lower() == "ids" else word.upper()


@lru_cache(maxsize=1)
def _phrases() -> dict[tuple[str, ...], list[Meaning]]:
    table: dict[tuple[str, ...], list[Meaning]] = {}
    for meaning in MEANINGS:
        for phrase in meaning.phrases.split(", "):
            table.setdefault(tuple(phrase.split()), []).append(meaning)
    return table


@lru_cache(maxsize=1)
def _joined() -> dict[str, tuple[str, ...]]:
    return {"".join(phrase): phrase for phrase in _phrases() if not phrase[0].startswith("=")}


@lru_cache(maxsize=20_000)
def meanings(name: str) -> tuple[Meaning, ...]:
    """All rows of the table that a name matches, the most telling first."""
    from rapidfuzz import fuzz, process  # the app's start does without

    found: list[tuple[int, int, int, Meaning]] = []
    own = words(name)
    for start in range(len(own)):
        for end in range(start + 1, min(len(own), start + 4) + 1):
            phrase = own[start:end]
            rows = list(_phrases().get(phrase, ()))
            if start == 0 and end == len(own):
                rows += _phrases().get((f"={phrase[0]}", *phrase[1:]), [])
            found += [(end - start, end, -place, row) for place, row in enumerate(rows)]
    joined = "".join(own)
    if not found and len(joined) >= 5:
        near = process.extractOne(joined, list(_joined()), scorer=fuzz.ratio, score_cutoff=_LIKE)
        if near:
            found += [(1, 0, -place, row) for place, row in enumerate(_phrases()[_joined()[near[0]]])]
    return tuple(row for *_, row in sorted(found, key=lambda entry: entry[:3], reverse=True))


def meaning(name: str, kind: Kind) -> Meaning | None:
    """The row of the table for a field of this name and kind."""
    return next((row for row in meanings(name) if kind in row.kinds), None)


def is_private(name: str) -> bool:
    """Whether a name speaks of what tells of one person and has no role: an IP address, a user name, an account's number."""
    own = words(name)
    phrases = {" ".join(own[start:end]) for start in range(len(own)) for end in range(start + 1, start + 3)}
    return not phrases.isdisjoint(PRIVATE)


def is_secret(name: str) -> bool:
    """Whether a name speaks of passwords, or of what is as good as one, which whole tables of users bring with them."""
    own = words(name)
    joined, ends = "".join(own), {" ".join(own[start:]) for start in range(len(own))} | {f"={' '.join(own)}"}
    return (
        any(stem in joined for stem in SECRET_STEMS)
        or not SECRET_WORDS.isdisjoint(own)
        or not ends.isdisjoint(SECRET_ENDS)
    )


def usual_theme(kind: Kind) -> Theme:
    """The shelf of a field whose name says nothing: amounts and moments are behaviour, the rest describes the person."""
    return Theme.BEHAVIOURAL if kind in (Kind.NUMBER, Kind.MOMENT) else Theme.DEMOGRAPHIC


def is_textual(name: str) -> bool:
    """Whether digits under this name are a name and not an amount: ids, codes, postal codes, phone numbers, SKUs."""
    own = words(name)
    if not own or NOT_TEXTUAL & set(own):
        return False
    numbered = own[-1] in ("number", "num") and len(own) > 1
    return bool(own[-1] in TEXTUAL or numbered or TEXTUAL & set(own) - NUMBERING or "".join(own) in PERSON_NUMBERS)


def key_score(column: str, table: str) -> int:
    """How much a column's name looks like the person's id (0 not at all, 100 surely)."""
    own = words(column)
    if not own:
        return 0
    joined = "".join(own)
    numbered = own[-1] in NUMBERING or own[0] in ("id", "numero", "num", "nr")
    if joined in PERSON_NUMBERS or (numbered and PERSON & set(own)):
        return 100
    if numbered and len(own) > 1 and singular(own[0]) in [singular(word) for word in words(_stem(table))]:
        return 65 if singular(own[0]) in EVENT_NOUNS else 90
    if set(own) <= PERSON and own[-1] == singular(own[-1]):
        return 70
    if set(own) <= {"id", "uuid", "guid", "key", "identifier", "nummer"}:
        return 60
    if numbered and set(own) & {"unique", "rec", "record", "master", "external", "crm", "loyalty"}:
        return 55
    if own[-1] == "email" or own == ("email", "address"):
        return 50
    if own[-1] in ("id", "uuid", "guid", "nr", "no", "nummer"):
        return 30
    return 0


def visitor_column(columns: Iterable[str]) -> str | None:
    """The column whose name says that it tells visitors apart before anybody knows who they are."""
    named = [(column, words(column)) for column in columns]
    for word in ("anonymous", "anon", "visitor", "cookie", "device", "session"):
        for column, own in named:
            if word in own and (len(own) == 1 or own[-1] in NUMBERING):
                return column
    return None


def numbers_rows(column: str, table: str) -> bool:
    """Whether a column's name says that it numbers its own table's rows: "id", or "order_id" in orders."""
    own = words(column)
    nouns = {singular(word) for word in words(_stem(table))}
    return set(own) <= NUMBERING or (own[-1] in NUMBERING and {singular(word) for word in own[:-1]} <= nouns)


def time_score(column: str, kind: Kind) -> int:
    """How much a date or moment looks like the time of an event; negative for birth dates and the like."""
    own = words(column)
    score = sum(EVENT_TIMES.get(word, 0) for word in own) + 1
    if own and own[-1] in ("date", "at", "time", "on") and len(own) > 1:
        score += 1
    return score + (5 if kind is Kind.MOMENT and score > 0 else 0)


def event_column(columns: Iterable[str], table: str) -> str | None:
    """The column whose name says that it holds the event's name; a "type" in orders is a type of order, no event."""
    by_words = {" ".join(words(column)): column for column in reversed(list(columns))}
    special = known_event(table) not in (None, *GENERAL_NOUNS)
    wanted = [name for name in EVENT_COLUMNS if not special or "event" in name]
    return next((by_words[name] for name in wanted if name in by_words), None)


def free_name(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or with a number behind it where it is `taken` (in any case of letters) or one of the house's own."""
    name = wanted.strip("_") or "column" if wanted.casefold() in INTERNAL else wanted
    tries = (name if number == 1 else f"{name}_{number}" for number in count(1))
    return next(name for name in tries if name.casefold() not in taken)


def singular(word: str) -> str:
    """An English noun in the singular: "purchases" → "purchase", "activities" → "activity"."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def plural(label: str) -> str:
    """A label that ends with an English noun, this in the plural: “Interest name” → “Interest names”; others as they are."""
    if not label[-1:].isalpha() or singular(label) != label or label.endswith(("ss", "us", "is")):
        return label
    if label.endswith("y") and label[-2:-1] not in tuple("aeiou"):
        return f"{label[:-1]}ies"
    return f"{label}{'es' if label.endswith(('x', 'ch', 'sh')) else 's'}"


def _stem(table: str) -> str:
    return re.sub(r"(\.(csv|tsv|txt|xlsx?|ods|parquet|json|jsonl|gz|zip|db|sqlite))+$", "", table, flags=re.IGNORECASE)


def table_nouns(table: str) -> tuple[str, ...]:
    """The telling words of a table's name in the singular: "crm_orders_2024.csv" → crm, order."""
    own = [FOREIGN_NOUNS.get(word, word) for word in words(_stem(table))]
    return tuple(singular(word) for word in own if word not in NOISE and not word.isdigit())


def label_in(label: str, table: str) -> str:
    """The label of what another table has under the same: “Amount” of returns.csv → “Amount (return)”."""
    return f"{label} ({' '.join(table_nouns(table)) or table})"


def known_event(table: str) -> str | None:
    """The event a table's name speaks of, if it is one that we know."""
    nouns = table_nouns(table)
    pairs = [" ".join(pair) for pair in pairwise(nouns)]
    return next((noun for noun in [*reversed(pairs), *reversed(nouns)] if noun in EVENT_NOUNS), None)


def event_name(table: str, sells: bool) -> str:
    """One name for all events of a table; `sells`: it has quantities and prices."""
    return known_event(table) or ("purchase" if sells else "") or " ".join(table_nouns(table)) or "event"


def speaks_of_people(table: str) -> bool:
    """Whether a table's name says that its rows are people."""
    return any(word in PERSON for word in words(_stem(table))) and known_event(table) is None


def line_total(columns: Sequence[str]) -> tuple[str, str] | None:
    """The columns of quantity and unit price among these number columns.

    A mere "price" beside a total may be the price of all pieces, so that it is not taken.
    """
    by_words = {" ".join(words(column)): column for column in reversed(columns)}
    quantity = next((by_words[name] for name in QUANTITIES if name in by_words), None)
    prices = UNIT_PRICES if TOTALS & set(by_words) else (*UNIT_PRICES, *PRICES)
    price = next((by_words[name] for name in prices if name in by_words), None)
    return (quantity, price) if quantity and price and "line total" not in by_words else None
