"""Values and their counts: by hand, against a recount in Python, and with values that want to be SQL or patterns."""

# ruff: noqa: DTZ001 - moments are stored without a zone

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from segmentation.audience import Audience
from segmentation.catalogue import EventProperty, Field, Kind, Theme, Value
from segmentation.errors import AudienceError
from segmentation.membership import Membership
from segmentation.values import Offered, field_values, missing, property_values
from tests.segmentation.audiences import write_audience

FIELDS = {
    "city": Kind.TEXT,
    "likes": Kind.LIST,
    "age": Kind.NUMBER,
    "vip": Kind.YES_NO,
    "born": Kind.DATE,
    "seen": Kind.MOMENT,
}
PEOPLE = (
    {"city": "Berlin", "likes": ["a", "b", "a"], "age": 30, "vip": True, "seen": datetime(2025, 7, 1, 22, 30)},
    {"city": "berlin", "likes": ["b"], "age": 30.5, "vip": False},
    {"city": "Berlin", "likes": ["A b; c"], "age": 30},
    {"city": "Oslo", "vip": True},
    {},
)
EVENTS = (
    {"_row": 0, "_name": "buy", "_time": datetime(2025, 1, 1), "shop": "x", "tags": ["t", "t"]},
    {"_row": 0, "_name": "buy", "_time": datetime(2025, 1, 2), "shop": "x"},
    {"_row": 1, "_name": "buy", "_time": datetime(2025, 1, 2), "shop": "y", "tags": ["t", "u"]},
    {"_row": 1, "_name": "view", "_time": datetime(2025, 1, 3), "shop": "z"},
    {"_row": 2, "_name": "buy", "_time": datetime(2025, 1, 4)},
)


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    path = tmp_path_factory.mktemp("values") / "v000001.duckdb"
    return write_audience(path, FIELDS, PEOPLE, {"shop": Kind.TEXT, "tags": Kind.LIST}, EVENTS)


def pairs(values: tuple[Value, ...]) -> list[tuple[str, int]]:
    return [(value.value, value.count) for value in values]


def shown(audience: Audience, name: str, *args: object, **named: object) -> list[tuple[str, int]]:
    return pairs(field_values(audience, audience.catalogue.field(name), *args, **({"zone": "Europe/Berlin"} | named)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("city", [("Berlin", 2), ("Oslo", 1), ("berlin", 1)]),
        ("likes", [("b", 2), ("A b; c", 1), ("a", 1)]),
        ("age", [("30", 2), ("30.5", 1)]),
        ("vip", [("yes", 2), ("no", 1)]),
        ("born", []),
        ("seen", [("2025-07-02 00:30:00", 1)]),
    ],
)
def test_values_are_counted_by_people_most_frequent_first(
    audience: Audience, field: str, expected: list[tuple[str, int]]
) -> None:
    assert shown(audience, field) == expected


def test_search_is_literal_and_whatever_the_case(audience: Audience) -> None:
    assert shown(audience, "city", "BER") == [("Berlin", 2), ("berlin", 1)]
    assert shown(audience, "city", "%") == []
    assert shown(audience, "city", "_") == []
    assert shown(audience, "likes", "B;") == [("A b; c", 1)]
    assert shown(audience, "age", ".5") == [("30.5", 1)]
    assert shown(audience, "vip", "ye") == [("yes", 2)]
    assert shown(audience, "seen", "07-02") == [("2025-07-02 00:30:00", 1)]


def test_moments_are_shown_and_found_in_the_zone_asked_for(audience: Audience) -> None:
    assert shown(audience, "seen", zone="UTC") == [("2025-07-01 22:30:00", 1)]
    assert shown(audience, "seen", "07-02", zone="UTC") == []


def test_limit(audience: Audience) -> None:
    assert shown(audience, "city", limit=1) == [("Berlin", 2)]
    assert shown(audience, "city", limit=0) == []


def beside(found: tuple[Offered, ...]) -> list[tuple[str, int | None, int]]:
    return [(value.value, value.beside, value.count) for value in found]


def test_beside_a_set_its_people_are_counted_too_and_come_first(audience: Audience) -> None:
    def values(name: str, people: Membership) -> list[tuple[str, int | None, int]]:
        field = audience.catalogue.field(name)
        return beside(field_values(audience, field, beside=people, zone="UTC"))

    some = Membership.of(np.array([0, 1, 4]), audience.people)
    everybody = Membership.everybody(audience.people)
    for name in ("city", "likes", "born"):
        overall = dict(shown(audience, name))
        assert {value: n for value, _, n in values(name, some)} == overall
        assert [(value, k) for value, k, _ in values(name, everybody)] == shown(audience, name)
        assert [k for _, k, _ in values(name, Membership.nobody(audience.people))] == [0] * len(overall)
    assert values("likes", some)[:2] == [
        ("b", 2, dict(shown(audience, "likes"))["b"]),
        ("a", 1, dict(shown(audience, "likes"))["a"]),
    ]


def test_a_detail_is_counted_among_the_events_of_a_sets_people(audience: Audience) -> None:
    detail = audience.catalogue.event_property("shop")
    with audience.cursor() as cursor:
        for row in range(audience.people):
            own = Membership.of(np.array([row]), audience.people)
            found = beside(property_values(audience, detail, (), beside=own, zone="UTC"))
            ask = "SELECT shop, count(*) FROM events WHERE _row = $row AND shop IS NOT NULL GROUP BY shop"
            mine = dict(cursor.execute(ask, {"row": row}).fetchall())
            assert {value: k for value, k, _ in found if k} == mine
            assert sorted(n for _, _, n in found) == [1, 1, 2]


def test_missing_counts_people_with_no_value(audience: Audience) -> None:
    city, born = audience.catalogue.field("city"), audience.catalogue.field("born")
    assert (missing(audience, city), missing(audience, born)) == (1, 5)
    assert missing(audience, city, Membership.of(np.array([0, 4]), 5)) == 1
    assert missing(audience, city, Membership.nobody(5)) == 0


def details(audience: Audience, name: str, events: tuple[str, ...], search: str = "") -> list[tuple[str, int]]:
    return pairs(
        property_values(audience, audience.catalogue.event_property(name), events, search, zone="Europe/Berlin")
    )


def test_details_are_counted_by_events(audience: Audience) -> None:
    assert details(audience, "shop", ("buy",)) == [("x", 2), ("y", 1)]
    assert details(audience, "shop", ("buy", "view"), "Z") == [("z", 1)]
    assert details(audience, "shop", ()) == [("x", 2), ("y", 1), ("z", 1)]
    assert details(audience, "shop", ("no such event",)) == []
    assert details(audience, "tags", ("buy",)) == [("t", 2), ("u", 1)]


def test_a_field_that_is_not_in_the_file_is_an_error_in_words(audience: Audience) -> None:
    with pytest.raises(AudienceError, match="cannot answer this"):
        field_values(audience, Field(name="gone", label="Gone", kind=Kind.TEXT, theme=Theme.IDENTITY), zone="UTC")
    with pytest.raises(AudienceError):
        property_values(audience, EventProperty(name="gone", label="Gone", kind=Kind.TEXT), (), zone="UTC")


@pytest.mark.parametrize(
    "naughty", ['a"b', "select", "members", "people", "value", "n", "k", "place", "shown", "x; DROP TABLE people"]
)
def test_names_of_fields_are_never_read_as_sql(tmp_path: Path, naughty: str) -> None:
    other = "limit"
    audience = write_audience(
        tmp_path / "v000001.duckdb",
        {naughty: Kind.TEXT, other: Kind.LIST},
        [{naughty: "one", other: ["one"]}, {naughty: "'; --"}, {}],
    )
    within = Membership.of(np.array([0, 2]), 3)
    assert shown(audience, naughty) == [("'; --", 1), ("one", 1)]
    for name, others in ((naughty, [("'; --", 0, 1)]), (other, [])):
        found = field_values(audience, audience.catalogue.field(name), beside=within, zone="UTC")
        assert beside(found) == [("one", 1, 1), *others]
    assert missing(audience, audience.catalogue.field(naughty), within) == 1


def test_naughty_strings_are_found_by_themselves(tmp_path: Path, shared_data: Path) -> None:
    strings = sorted({s for s in json.loads((shared_data / "blns" / "blns.json").read_text("utf-8")) if s})
    people = [{"text": s, "list": [s, s, strings[0]]} for s in strings]
    audience = write_audience(tmp_path / "v000001.duckdb", {"text": Kind.TEXT, "list": Kind.LIST}, people)
    assert dict(shown(audience, "text", limit=1_000)) == dict(Counter(strings))
    counts = Counter(item for person in people for item in set(person["list"]))
    assert shown(audience, "list", limit=1_000) == sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    for text in strings[:: max(1, len(strings) // 40)]:
        assert (text, 1) in shown(audience, "text", text, limit=1_000), text


def test_an_audience_without_people(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "v000001.duckdb", FIELDS, [])
    nobody = Membership.nobody(0)
    assert audience.about.loaded_at == datetime(2026, 1, 1, tzinfo=UTC)
    for name in FIELDS:
        assert shown(audience, name) == shown(audience, name, beside=nobody) == []
