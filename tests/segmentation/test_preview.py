"""People to look at: pages, sorting, masking, and one person's profile."""

# ruff: noqa: DTZ001 - moments are stored without a zone

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from segmentation.audience import Audience
from segmentation.catalogue import PERSONAL, Field, Kind, Role
from segmentation.errors import HandpickError
from segmentation.membership import Membership
from segmentation.preview import events_of, mask, masked, page_of, person
from tests.segmentation.audiences import write_audience

ZONE = "Europe/Berlin"
FIELDS = {
    "name": Kind.TEXT,
    "mail": Kind.TEXT,
    "age": Kind.NUMBER,
    "born": Kind.DATE,
    "seen": Kind.MOMENT,
    "likes": Kind.LIST,
}
PEOPLE = (
    {"name": "öve", "age": 30, "mail": "anna.b@example.com", "seen": datetime(2025, 7, 1, 22, 30), "likes": ["a", "b"]},
    {"name": "Anna", "age": 9, "born": date(1985, 3, 1), "seen": datetime(2025, 1, 1, 23, 0)},
    {"age": 100},
    {"name": "anna"},
    {"name": "Zoe", "age": 9},
    {"name": "Oscar", "age": -1.5},
)
EVENTS = (
    {"_row": 1, "_name": "buy", "_time": datetime(2025, 3, 30, 0, 59), "shop": "x"},
    {"_row": 1, "_name": "buy", "_time": datetime(2025, 3, 30, 1, 0), "shop": "y"},
    {"_row": 1, "_name": "page_view", "_time": datetime(2025, 3, 30, 1, 0)},
    {"_row": 0, "_name": "buy", "_time": datetime(2025, 3, 31), "Event": "mine"},
)


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    properties = {"shop": Kind.TEXT, "Event": Kind.TEXT, "never": Kind.MOMENT}
    return write_audience(tmp_path_factory.mktemp("preview") / "v000001.duckdb", FIELDS, PEOPLE, properties, EVENTS)


def everybody(audience: Audience) -> Membership:
    return Membership.everybody(audience.people)


def ages(audience: Audience, **options: object) -> list[float | None]:
    settings = {"page": 1, "size": 10, "sort": "age", "zone": ZONE} | options
    found = page_of(audience, everybody(audience), [audience.catalogue.field("age")], **settings)  # type: ignore[arg-type]
    return [None if age is None else float(age) for age in found["Age"].to_pylist()]


def names(audience: Audience, members: Membership, **options: object) -> list[str | None]:
    settings = {"page": 1, "size": 10, "zone": ZONE} | options
    return page_of(audience, members, [audience.catalogue.field("name")], **settings)["Name"].to_pylist()  # type: ignore[arg-type]


def test_pages_follow_row_numbers_and_hold_only_members(audience: Audience) -> None:
    members = Membership.of(np.array([5, 4, 0, 3]), audience.people)
    assert names(audience, members, size=3) == ["öve", "anna", "Zoe"]
    assert names(audience, members, size=3, page=2) == ["Oscar"]
    assert names(audience, members, size=3, page=3) == []
    assert names(audience, members, size=3, page=0) == ["öve", "anna", "Zoe"]
    assert names(audience, Membership.nobody(audience.people)) == []
    assert names(audience, Membership.nobody(audience.people), sort="name") == []


def test_texts_sort_by_letters_with_missing_last(audience: Audience) -> None:
    assert names(audience, everybody(audience), sort="name") == ["Anna", "anna", "Oscar", "öve", "Zoe", None]
    down = ["Zoe", "öve", "Oscar", "anna", "Anna", None]
    assert names(audience, everybody(audience), sort="name", descending=True) == down
    assert names(audience, everybody(audience), sort="name", size=2, page=2) == ["Oscar", "öve"]


def test_numbers_sort_by_amount_and_ties_by_row(audience: Audience) -> None:
    assert ages(audience) == [-1.5, 9, 9, 30, 100, None]
    assert ages(audience, descending=True) == [100, 30, 9, 9, -1.5, None]
    assert names(audience, everybody(audience), sort="age") == ["Oscar", "Anna", "Zoe", "öve", None, "anna"]


def test_an_unknown_field_to_sort_by_is_an_error_that_names_close_ones(audience: Audience) -> None:
    with pytest.raises(HandpickError, match="Close: name"):
        names(audience, everybody(audience), sort="nane")


def test_labels_of_columns_are_unique_and_moments_are_local(audience: Audience) -> None:
    fields = [
        audience.catalogue.field("seen").model_copy(update={"label": "A"}),
        audience.catalogue.field("age").model_copy(update={"label": "a"}),
        audience.catalogue.field("born").model_copy(update={"label": "A"}),
        audience.catalogue.field("name").model_copy(update={"label": "A (2)"}),
    ]
    found = page_of(audience, everybody(audience), fields, zone=ZONE, page=1, size=2)
    assert found.column_names == ["A", "a (2)", "A (3)", "A (2) (2)"]
    assert found["A"].to_pylist() == [datetime(2025, 7, 2, 0, 30), datetime(2025, 1, 2, 0, 0)]
    found = page_of(audience, everybody(audience), fields, zone="America/New_York", page=1, size=2)
    assert found["A"].to_pylist() == [datetime(2025, 7, 1, 18, 30), datetime(2025, 1, 1, 18, 0)]


def test_one_person_and_events_are_in_the_zone_asked_for(audience: Audience) -> None:
    assert person(audience, 1, "UTC")["seen"] == datetime(2025, 1, 1, 23, 0)
    assert person(audience, 1, ZONE)["seen"] == datetime(2025, 1, 2, 0, 0)
    assert events_of(audience, 0, "UTC")["Time"].to_pylist() == [datetime(2025, 3, 31)]
    assert events_of(audience, 0, "Asia/Tokyo")["Time"].to_pylist() == [datetime(2025, 3, 31, 9)]


def test_a_page_without_columns_and_an_empty_audience(audience: Audience, tmp_path: Path) -> None:
    assert page_of(audience, everybody(audience), [], zone=ZONE, page=1, size=2).num_columns == 0
    empty = write_audience(tmp_path / "v000001.duckdb", FIELDS, [])
    found = page_of(empty, Membership.nobody(0), empty.catalogue.fields, zone=ZONE, page=1, size=5, sort="age")
    assert (found.num_rows, found.num_columns) == (0, len(FIELDS))


@pytest.mark.parametrize(
    ("role", "value", "expected"),
    [
        (Role.EMAIL, "anna.b@example.com", "a•••@e•••.com"),
        (Role.EMAIL, "a@b.co.uk", "a•••@b•••.uk"),
        (Role.EMAIL, "odd@name@host.org", "o•••@h•••.org"),
        (Role.EMAIL, "root@localhost", "r•••@l•••"),
        (Role.EMAIL, "@example.com", "•••@e•••.com"),
        (Role.EMAIL, "not an address", "•••"),
        (Role.EMAIL, "", "•••"),
        (Role.PERSON_ID, "C000017", "C000017"),
        (Role.PERSON_ID, "anna@example.com", "a•••@e•••.com"),
        (Role.PHONE, "+49 170 123 45 67", "•••67"),
        (Role.PHONE, 491701234567, "•••67"),
        (Role.PHONE, "110", "•••"),
        (Role.FIRST_NAME, "Anna", "A•••"),
        (Role.LAST_NAME, " ünal", "ü•••"),
        (Role.FULL_NAME, "Anna B. Ünal", "A•••"),
        (Role.FULL_NAME, "", "•••"),
        (Role.BIRTH_DATE, date(1985, 3, 1), "1985"),
        (Role.BIRTH_DATE, datetime(1985, 3, 1, 12), "1985"),
        (Role.BIRTH_DATE, "01/03/1985", "1985"),
        (Role.BIRTH_DATE, "01.03.85", "•••"),
        (Role.ADDRESS, "Main Street 1", "•••"),
        (Role.CITY, "Berlin", "Berlin"),
        (Role.NONE, 12, "12"),
    ],
)
def test_mask(role: Role, value: object, expected: str) -> None:
    assert mask(value, role) == expected


@pytest.mark.parametrize("role", sorted(PERSONAL))
def test_no_personal_role_is_shown_as_it_is(role: Role) -> None:
    assert mask("Anna Secret, 12 Main Street", role) != "Anna Secret, 12 Main Street"


def test_masked_tables_keep_everything_else_and_what_is_missing() -> None:
    fields = [
        Field(name="m", label="Mail", kind=Kind.TEXT, theme="identity", role=Role.EMAIL),
        Field(name="a", label="Age", kind=Kind.NUMBER, theme="demographic"),
        Field(name="b", label="Born", kind=Kind.DATE, theme="demographic", role=Role.BIRTH_DATE),
    ]
    table = pa.table({"Mail": ["x@y.de", None], "Age": [1, 2], "Born": [None, date(2001, 5, 6)]})
    assert masked(table, fields).to_pydict() == {
        "Mail": ["x•••@y•••.de", None],
        "Age": [1, 2],
        "Born": [None, "2001"],
    }


def test_person_has_every_field_by_its_name(audience: Audience) -> None:
    found = person(audience, 0, ZONE)
    assert list(found) == list(FIELDS)
    assert found["seen"] == datetime(2025, 7, 2, 0, 30)
    assert (found["likes"], found["born"]) == (["a", "b"], None)
    with pytest.raises(HandpickError, match="no person 6"):
        person(audience, 6, ZONE)
    with pytest.raises(HandpickError):
        person(audience, -1, ZONE)


def test_events_of_a_person_latest_first_in_the_audiences_zone(audience: Audience) -> None:
    found = events_of(audience, 1, ZONE)
    assert found.column_names == ["Time", "Event", "Shop"]
    # Clocks went from 2 to 3 that night.
    hours = [datetime(2025, 3, 30, 3), datetime(2025, 3, 30, 3), datetime(2025, 3, 30, 1, 59)]
    assert found["Time"].to_pylist() == hours
    assert found["Event"].to_pylist() == ["Buy", "Page view", "Buy"]
    assert found["Shop"].to_pylist() == ["y", None, "x"]
    assert events_of(audience, 1, ZONE, limit=1).num_rows == 1
    assert events_of(audience, 2, ZONE).num_rows == 0
    assert events_of(audience, 0, ZONE).column_names == ["Time", "Event", "Event (2)"]


def test_personal_details_of_events_are_masked_until_revealed(tmp_path: Path) -> None:
    details = {
        "email": Kind.TEXT,
        "phone": Kind.NUMBER,
        "born": Kind.DATE,
        "note": Kind.TEXT,
        "to": Kind.LIST,
        "ip": Kind.TEXT,
    }
    events = [
        {
            "_row": 0, "_name": "mailed", "_time": datetime(2025, 3, 1), "email": "Anna <anna@example.com>", "phone": 491701234567,
            "born": date(1985, 3, 1), "note": "call +49 170 1234567", "to": ["b@example.com", "desk"], "ip": "203.0.113.7",
        },
        {"_row": 0, "_name": "mailed", "_time": datetime(2025, 2, 1), "email": "anna@example.com", "note": "anna@example.com"},
        {"_row": 0, "_name": "mailed", "_time": datetime(2025, 1, 1), "note": "anna@example.com or +49 170 1234567"},
    ]  # fmt: skip
    audience = write_audience(
        tmp_path / "v000001.duckdb", {"x": Kind.TEXT}, [{}], details, events, types={"phone": "BIGINT"}
    )
    hidden = events_of(audience, 0, ZONE).drop_columns(["Time", "Event"]).to_pydict()
    assert hidden == {
        "Email": ["•••", "a•••@e•••.com", None],
        "Phone": ["•••67", None, None],
        "Born": ["1985", None, None],
        "Note": ["•••", "a•••@e•••.com", "•••"],
        "To": [["b•••@e•••.com", "desk"], None, None],
        "Ip": ["•••", None, None],
    }
    shown = events_of(audience, 0, ZONE, revealed=True)
    assert shown["Email"].to_pylist() == ["Anna <anna@example.com>", "anna@example.com", None]
    assert shown["Ip"].to_pylist() == ["203.0.113.7", None, None]
    assert shown["Born"].to_pylist() == [date(1985, 3, 1), None, None]


def test_a_page_is_what_sorting_all_rows_in_python_gives(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    values = [None if n > 90 else int(n) for n in random.integers(0, 100, 300)]
    audience = write_audience(tmp_path / "v000001.duckdb", {"n": Kind.NUMBER}, [{"n": n} for n in values])
    rows = np.flatnonzero(random.random(300) < 0.6)
    members = Membership.of(rows, 300)
    expected = sorted(rows, key=lambda row: (values[row] is None, values[row] or 0, row))
    found = []
    for page in range(1, 7):
        part = page_of(audience, members, audience.catalogue.fields, zone=ZONE, page=page, size=37, sort="n")
        found += [None if n is None else int(n) for n in part["N"].to_pylist()]
    assert found == [values[row] for row in expected]
