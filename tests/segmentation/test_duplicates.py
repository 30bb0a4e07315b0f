"""Rows that are one person are found, and families, neighbours and placeholders stay several people."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from benchmarks.duplicates import SETS, measure
from segmentation.catalogue import Role
from segmentation.duplicates import groups
from segmentation.jobs import Quiet
from segmentation.repairs import Merge, MergeSame, MergeSimilar

PARTS = ("first_name", "last_name", "address", "city", "postal_code", "birth_date")
SIMILAR = MergeSimilar(fields=tuple((Role(part), part) for part in PARTS))
ANNA = ("Anna", "Müller", "Hauptstrasse 12", "Berlin", "10115", "1980-03-04")


def found(merge: Merge, **columns: list[str | None]) -> list[tuple[int, int, str]]:
    rows = len(next(iter(columns.values())))
    people = pa.table(
        {"_row": pa.array(range(rows), pa.uint32()), **{n: pa.array(v, pa.string()) for n, v in columns.items()}}
    )
    with duckdb.connect() as connection:
        connection.register("people", people)
        table = groups(connection, merge, Quiet())
    return sorted(zip(*(table.column(name).to_pylist() for name in ("_row", "same", "why")), strict=True))


def similar(*people: tuple[str | None, ...]) -> list[tuple[int, int, str]]:
    return found(SIMILAR, **{part: [person[place] for person in people] for place, part in enumerate(PARTS)})


@pytest.mark.parametrize(
    ("name", "fields", "truth"), SETS[:2], ids=lambda value: value if isinstance(value, str) else ""
)
def test_febrl_duplicates_are_found(shared_data: Path, name: str, fields: dict[Role, str], truth: str) -> None:
    precision, recall, _ = measure(shared_data / name, fields, truth)
    assert precision >= 0.98
    assert recall >= 0.90


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (("Ana", "Mueller", "Hauptstrasse 12", "Berlin", "10115", "1980-03-04"), "same address, city, postal code and birth date, similar first name and last name"),
        (("Müller", "Anna", "Hauptstr. 12", "Berlin", "10115", None), "same first name, last name, city and postal code, similar address"),
        (("ANNA", "muller", "Hauptstrasse 12", None, "10151", "1980-03-05"), "same first name, last name and address, similar postal code and birth date"),
    ],
)  # fmt: skip
def test_slips_of_the_pen_are_one_person(other: tuple[str | None, ...], why: str) -> None:
    assert similar(ANNA, other) == [(0, 0, why), (1, 0, why)]


@pytest.mark.parametrize(
    "other",
    [
        ("Bernd", "Müller", "Hauptstrasse 12", "Berlin", "10115", "1979-11-23"),  # her husband
        ("Bernd", "Müller", "Hauptstrasse 12", "Berlin", "10115", None),
        ("Julius", "Müller", "Hauptstrasse 12", "Berlin", "10115", "1980-03-04"),  # her twin
        ("Anna", "Müller", "Hauptstrasse 12", "Berlin", "10115", "2011-10-27"),  # her daughter
        ("Anna", "Müller", "Lindenweg 3", "Bonn", "53111", None),  # a namesake
        ("Anna", "Müller", None, "Berlin", "10115", None),
    ],
)
def test_families_and_namesakes_stay_several_people(other: tuple[str | None, ...]) -> None:
    assert similar(ANNA, other) == []


def test_same_email_in_any_letters_and_nonsense_is_nobody() -> None:
    emails = ["a@x.org", "A@X.org ", "n/a", "n/a", None, "b@x.org"]
    assert found(MergeSame(field="email"), email=emails) == [
        (0, 0, "same e-mail address"),
        (1, 0, "same e-mail address"),
    ]


def test_same_phone_in_any_writing_but_not_without_country_nor_placeholders() -> None:
    phones = ["+49 170 1234567", "0049 (170) 123-4567", "06 1234 5678", "0612 345678", *["+490000000"] * 60]
    same = found(MergeSame(field="phone", role=Role.PHONE), phone=phones)
    assert same == [(0, 0, "same phone number"), (1, 0, "same phone number")]


def test_an_email_address_is_a_witness_unless_it_is_nobodys_own() -> None:
    def near(first: list[str], email: str) -> list[tuple[int, int, str]]:
        fields = tuple((Role(part), part) for part in ("first_name", "last_name", "city", "email"))
        rows = len(first)
        columns = {"first_name": first, "last_name": ["Müller"] * rows, "city": ["Berlin"] * rows}
        return found(MergeSimilar(fields=fields), **columns, email=[email] * rows)

    why = "same last name, city and e-mail address, similar first name"
    assert near(["Anna", "Ana"], "a.m@x.org") == [(0, 0, why), (1, 0, why)]
    assert near(["Anna", "Bernd"], "a.m@x.org") == []  # her husband reads it too
    assert near(["Anna", "Ana"], "info@x.org") == []
    assert near(["Anna", "Ana"] * 6, "none@x.org") == []
