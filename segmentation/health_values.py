"""Whether values are written in one way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from segmentation.addresses import countries as codes_of
from segmentation.audience import quoted
from segmentation.catalogue import PERSONAL, Field, Kind, Role
from segmentation.findings import Examples, Finding, Looked, Offer, before_and_after, counted
from segmentation.mending import NEEDLESS, Changed, changed, values_of
from segmentation.naming import is_textual
from segmentation.plan import Progress
from segmentation.repairs import Case, CountryForm, MapValues, Trim, WriteCountries, WriteLetters

MANY = 20_000  # different values; more are names of single things, and similar ones are no spellings
NAMES = (Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME, Role.CITY)
MOST_NUMBERS = 0.5  # share from which a text field is one of numbers
_SPELT = r"lower(strip_accents(regexp_replace(before, '[\s\pZ\pP]+', '', 'g')))"
_PLAIN = f"NOT regexp_matches(before, '{NEEDLESS}')"


def _texts(looked: Looked) -> list[Field]:
    return [f for f in looked.fields if f.kind is Kind.TEXT and f.role is not Role.PERSON_ID and f.filled]


def _known(field: Field) -> pa.Table | None:
    """The values of a field that the catalogue has all of; None: they have to be asked for."""
    if field.distinct > len(field.top):
        return None
    values = {"before": [value.value for value in field.top], "people": [value.count for value in field.top]}
    return pa.table(values, pa.schema({"before": pa.string(), "people": pa.int64()}))


def _values(looked: Looked, field: Field) -> pa.Table:
    known = _known(field)
    return values_of(looked.connection, field.name) if known is None else known


def blanks(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Blanks before, behind or doubled inside values."""
    for field in _texts(looked):
        progress(f"Looking for needless blanks in {field.label}")
        repair = Trim(field=field.name)
        found = changed(looked.connection, repair, values=_known(field))
        if found.people:
            seen = tuple(
                (_NEEDLESS.sub(_mark, before or ""), after, people) for before, after, people in found.examples
            )
            yield Finding(
                f"blanks/{field.name}", "space_bar",
                f"{field.label}: {counted(found.people, 'value has', 'values have')} needless blanks",
                "“Berlin” and “Berlin ” look the same and count as two: filters and personal greetings miss these people.",
                found.people, before_and_after(field, Changed(found.people, seen)), (Offer(f"Remove the blanks in {field.label}", repair),),
            )  # fmt: skip


_NEEDLESS = re.compile(r"^\s+|\s+$|(?<=\s)\s+")


def _mark(blanks: re.Match[str]) -> str:
    """Blanks that can be seen."""
    return "␣" * len(blanks.group())


def spellings(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Several spellings of one value: large and small letters, accents, blanks and signs."""
    for field in _texts(looked):
        if field.role in PERSONAL | {Role.COUNTRY, Role.POSTAL_CODE, Role.LANGUAGE} or not 1 < field.distinct <= MANY:
            continue
        progress(f"Comparing spellings in {field.label}")
        values = _values(looked, field)
        looked.connection.register("handpick_values", values)
        try:
            rows = looked.rows(
                f"SELECT list(before ORDER BY people DESC, before) FROM handpick_values WHERE {_PLAIN} AND {_SPELT} <> '' "
                f"GROUP BY {_SPELT} HAVING count(*) > 1 ORDER BY sum(people) DESC, 1"
            )
        finally:
            looked.connection.unregister("handpick_values")
        if rows:
            repair = MapValues(
                field=field.name,
                values=tuple((other, usual) for ((usual, *others),) in rows for other in others),
            )
            found = changed(looked.connection, repair, values=values)
            yield Finding(
                f"spellings/{field.name}", "spellcheck",
                f"{field.label}: {counted(len(rows), 'value is', 'values are')} spelt in several ways, by {counted(found.people, 'person', 'people')}",
                "A filter for one spelling misses those who have another.",
                found.people, before_and_after(field, found), (Offer(f"Use the most frequent spelling in {field.label}", repair),),
            )  # fmt: skip


def countries(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Countries by several names: Germany, Deutschland, DE."""
    for field in _texts(looked):
        if field.role is not Role.COUNTRY:
            continue
        progress(f"Comparing countries in {field.label}")
        values = _values(looked, field)
        before, people = values["before"].to_pylist(), values["people"].to_pylist()
        codes = codes_of(values["before"].combine_chunks()).to_pylist()
        known = [code for code in codes if code]
        if len(known) == len(set(known)):
            continue
        coded = sum(n for value, n in zip(before, people, strict=True) if len(value.strip()) == 2)
        form = CountryForm.CODE if coded > sum(people) / 2 else CountryForm.NAME
        forms = (form, *(other for other in CountryForm if other is not form))
        repairs = [WriteCountries(field=field.name, form=form) for form in forms]
        found = changed(looked.connection, repairs[0], values=values)
        yield Finding(
            f"countries/{field.name}", "public",
            f"{field.label}: {counted(found.people, 'person has', 'people have')} a country under another name",
            "A filter for “Germany” misses those with “Deutschland” or “DE”.",
            found.people, before_and_after(field, found),
            tuple(Offer(f"Write {field.label} as {_FORMS[repair.form]}", repair) for repair in repairs),
        )  # fmt: skip


_FORMS = {CountryForm.NAME: "Germany", CountryForm.CODE: "DE"}


def letters(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Names in capitals or small letters only."""
    for field in _texts(looked):
        if field.role in NAMES:
            progress(f"Looking at the letters of {field.label}")
            repair = WriteLetters(field=field.name, case=Case.TITLE)
            found = changed(looked.connection, repair, values=_known(field))
            if found.people:
                yield Finding(
                    f"letters/{field.name}", "match_case",
                    f"{field.label}: {counted(found.people, 'value is', 'values are')} all in capitals or all in small letters",
                    "“Dear ANNA” or “Dear anna” tells everybody that a machine wrote.",
                    found.people, before_and_after(field, found), (Offer(f"Write {field.label} like “Anna”", repair),),
                )  # fmt: skip


def mixtures(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Texts among numbers, and cells that did not fit when the data was loaded."""
    for report in looked.about.reports:
        for column, cells, examples in report.misfits:
            yield Finding(
                f"misfits/{report.table}/{column}", "rule",
                f"{column} in {report.table}: {counted(cells, 'cell does', 'cells do')} not fit the others, and {'is' if cells == 1 else 'are'} missing",
                "What could not be read as the kind that the rest has, is not there for any filter.",
                cells, Examples((("Not read", Role.ADDRESS if _is_personal(looked, column) else Role.NONE),), tuple((e,) for e in examples)), reread=True,
            )  # fmt: skip
    for field in _texts(looked):
        if field.role is not Role.NONE or is_textual(field.name) or field.distinct < 3:
            continue
        progress(f"Looking for mixed values in {field.label}")
        name = quoted(field.name)
        number = f"TRY_CAST(replace({name}, ',', '.') AS DOUBLE) IS NOT NULL"
        (texts,) = looked.rows(f"SELECT count(*) FILTER (NOT ({number})) FROM people WHERE {name} IS NOT NULL")[0]
        if 0 < texts <= field.filled * (1 - MOST_NUMBERS):
            rows = looked.rows(
                f"SELECT {name}, count(*) FROM people WHERE NOT ({number}) GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 5"
            )
            yield Finding(
                f"mixtures/{field.name}", "rule",
                f"{field.label}: mostly numbers, but {counted(texts, 'value is', 'values are')} not",
                "As long as texts stand among the numbers, “more than 100” cannot be asked.",
                texts, Examples((("Not a number", Role.NONE), ("People", Role.NONE)), tuple(rows)), reread=True,
            )  # fmt: skip


def _is_personal(looked: Looked, label: str) -> bool:
    return any(field.label == label and field.role in PERSONAL for field in looked.catalogue.fields)
