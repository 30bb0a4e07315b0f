"""People of another segment or on a list, and what is said where that cannot be answered."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from segmentation.audience import Audience
from segmentation.catalogue import Kind, Role
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.definition import (
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    ListCondition,
    Match,
    Node,
    SegmentCondition,
)
from segmentation.editing import with_ids
from segmentation.engine import Engine
from segmentation.references import ListedBy, NamedDefinition, References, StaticList
from tests.segmentation.audiences import matched, write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
PEOPLE: tuple[dict[str, Any], ...] = (
    {"id": "007", "email": "Anna@Example.com", "age": 34},
    {"id": "7", "email": " ben@example.com ", "age": 17},
    {"id": "a;b", "email": "cleo@example.com"},
    {"email": "dora@example.com", "age": 52},
    {"id": "A;B"},
)
EVERYBODY = list(range(len(PEOPLE)))


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    written = write_audience(
        tmp_path_factory.mktemp("references") / "a.duckdb",
        {"id": Kind.TEXT, "email": Kind.TEXT, "age": Kind.NUMBER},
        PEOPLE,
        {},
        [{"_row": 0, "_name": "purchase", "_time": datetime(2026, 3, 1)}],
        roles={"id": Role.PERSON_ID, "email": Role.EMAIL},
    )
    yield written
    written.close()


ADULT = FieldCondition(field="age", operator="at_least", value=18)
BUYER = EventCondition(events=("purchase",))


def named(name: str, *children: Node, **root: Any) -> NamedDefinition:
    return NamedDefinition(f"id-{name}", name, Definition(root=Group(children=children, **root)))


def of(key: str | None, **changes: Any) -> SegmentCondition:
    return SegmentCondition(segment=key, **changes)


def said(audience: Audience, references: References, *children: Node) -> str:
    """Why the only condition is not counted; counting and checking say the same."""
    definition = with_ids(Definition(root=Group(children=children)))
    answer = Engine(audience).answer(definition, CLOCK, references=references)
    (message,) = answer.unfinished.values()
    found = problems(definition, audience.catalogue, CLOCK, references)
    assert [problem.message for problem in found] == [message]
    assert found[0].place == f"Filter {len(children)}"
    return message


# Segments


def test_people_of_another_segment_by_its_id_or_its_name(audience: Audience) -> None:
    references = References((named("Adults", ADULT), named("Buyers", BUYER)))
    for key in ("id-Adults", "Adults", "ADULTS"):
        assert matched(audience, CLOCK, of(key), references=references) == [0, 3]
    assert matched(audience, CLOCK, of("Adults"), of("Buyers"), references=references) == [0]


def test_outside_is_everybody_else_also_where_a_value_is_missing(audience: Audience) -> None:
    references = References((named("Adults", ADULT),))
    assert matched(audience, CLOCK, of("Adults", outside=True), references=references) == [1, 2, 4]
    none = Group(match=Match.NONE, children=(of("Adults", outside=True),))
    assert matched(audience, CLOCK, none, references=references) == [0, 3]


def test_an_id_comes_before_a_name(audience: Audience) -> None:
    misleading = NamedDefinition("other", "id-Adults", Definition(root=Group(children=(BUYER,))))
    references = References((misleading, named("Adults", ADULT)))
    assert matched(audience, CLOCK, of("id-Adults"), references=references) == [0, 3]


def test_a_segment_of_segments(audience: Audience) -> None:
    references = References(
        (
            named("Adults", ADULT),
            named("Adult buyers", of("Adults"), BUYER),
            named("The others", of("Adult buyers", outside=True)),
        )
    )
    assert matched(audience, CLOCK, of("Adult buyers"), references=references) == [0]
    assert matched(audience, CLOCK, of("The others"), references=references) == [1, 2, 3, 4]


def test_the_same_segment_twice_is_no_circle(audience: Audience) -> None:
    references = References((named("A", ADULT), named("B", of("A"), of("A")), named("C", of("A"), of("B"))))
    assert matched(audience, CLOCK, of("C"), of("A"), of("B"), references=references) == [0, 3]


def test_segments_that_refer_to_one_another_again_and_again_are_each_looked_at_once(audience: Audience) -> None:
    """Forty segments, each of the one before and not of it the other way: two to the power of forty ways down."""
    below = [named("S0", ADULT)]
    for number in range(1, 41):
        key = f"S{number - 1}"
        below.append(named(f"S{number}", of(key), Group(match=Match.NONE, children=(of(key, outside=True),))))
    assert matched(audience, CLOCK, of("S40"), references=References(below)) == [0, 3]
    assert not problems(Definition(root=Group(children=(of("S40"),))), audience.catalogue, CLOCK, References(below))
    broken = [named("S0", FieldCondition(field="age")), *below[1:]]
    assert "is not finished" in said(audience, References(broken), of("S40"))


def test_its_numbers_are_those_of_any_filter(audience: Audience) -> None:
    references = References((named("Adults", ADULT),))
    definition = with_ids(Definition(root=Group(children=(of("Adults"), BUYER))))
    answer = Engine(audience).answer(definition, CLOCK, references=references)
    assert answer.counts == {"n1": 1, "n2": 2, "n3": 1}
    assert answer.without == {"n2": 1, "n3": 2}
    assert [step.count for step in answer.funnel] == [2, 1]


@pytest.mark.parametrize(
    ("segments", "circle"),
    [
        ((named("A", of("A")),), "“A” → “A”"),
        ((named("A", of("B")), named("B", of("A"))), "“A” → “B” → “A”"),
        ((named("A", of("B")), named("B", of("C")), named("C", of("B"))), "“B” → “C” → “B”"),
        ((named("A", BUYER, Group(children=(of("B", outside=True),))), named("B", of("id-A"))), "“A” → “B” → “A”"),
    ],
)
def test_a_circle_is_refused_by_name_with_its_path(
    audience: Audience, segments: tuple[NamedDefinition, ...], circle: str
) -> None:
    for extra in ((), (ADULT,)):
        assert said(audience, References(segments), *extra, of("A")) == f"A segment cannot contain itself: {circle}."


def test_a_circle_through_the_segment_that_is_being_made_is_seen(audience: Audience) -> None:
    mine = named("Mine", ADULT)
    references = References((mine, named("A", of("Mine"))), origin=mine)
    assert said(audience, references, of("A")) == "A segment cannot contain itself: “Mine” → “A” → “Mine”."
    assert said(audience, references, of("Mine")) == "A segment cannot contain itself: “Mine” → “Mine”."


def test_a_circle_that_is_switched_off_is_none(audience: Audience) -> None:
    references = References((named("A", ADULT, of("A", enabled=False)),))
    assert matched(audience, CLOCK, of("A"), references=references) == [0, 3]


@pytest.mark.parametrize(
    ("segment", "message"),
    [
        (named("A", FieldCondition(field="age")), "The segment “A” is not finished: Choose how to compare “Age”."),
        (
            named("A", ADULT, FieldCondition(field="agee", operator="is_known")),
            "The segment “A” is not finished: There is no field “agee” in the customers. Close: age.",
        ),
        (
            named("A", of("B")),
            "The segment “A” is not finished: There is no segment “B”: it may have been deleted.",
        ),
        (named("A"), "The segment “A” has no filter that counts."),
        (named("A", ADULT.model_copy(update={"enabled": False})), "The segment “A” has no filter that counts."),
        (named("A", ADULT, enabled=False), "The segment “A” has no filter that counts."),
        (named("A", match=Match.NONE), "The segment “A” has no filter that counts."),
    ],
)
def test_a_segment_that_is_not_finished_never_lets_anybody_in(
    audience: Audience, segment: NamedDefinition, message: str
) -> None:
    for outside in (False, True):
        assert said(audience, References((segment,)), of("A", outside=outside)) == message


def test_an_unfinished_segment_leaves_the_rest_as_it_is(audience: Audience) -> None:
    references = References((named("A", FieldCondition(field="age")),))
    definition = Definition(root=Group(children=(ADULT, of("A", outside=True))))
    answer = Engine(audience).answer(definition, CLOCK, references=references)
    assert answer.members.rows().tolist() == [0, 3]
    assert answer.unfinished


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "Choose a segment."),
        ("", "Choose a segment."),
        ("Adult", "There is no segment “Adult”: it may have been deleted. Close: Adults."),
        ("Аdults", "There is no segment “Аdults”: it may have been deleted. Close: Adults."),  # noqa: RUF001 a Russian letter
        ("%", "There is no segment “%”: it may have been deleted."),
    ],
)
def test_a_missing_segment_is_named(audience: Audience, key: str | None, message: str) -> None:
    assert said(audience, References((named("Adults", ADULT),)), of(key)) == message


# Lists


def listed(*values: str, by: ListedBy = ListedBy.ID) -> References:
    return References(lists=(StaticList(id="l1", name="VIPs", by=by, values=values),))


@pytest.mark.parametrize("key", ["l1", "VIPs", "vips"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("007",), [0]),
        (("7", "007", "7"), [0, 1]),
        (("a;b",), [2]),
        (("A;B", "x"), [4]),
        (("x",), []),
        ((), []),
        (("",), []),
    ],
)
def test_ids_on_a_list_are_compared_exactly(
    audience: Audience, key: str, values: tuple[str, ...], expected: list[int]
) -> None:
    references = listed(*values)
    assert matched(audience, CLOCK, ListCondition(list=key), references=references) == expected
    outside = ListCondition(list=key, outside=True)
    others = [row for row in EVERYBODY if row not in expected]
    assert matched(audience, CLOCK, outside, references=references) == others, "a person without an id is on no list"


def test_e_mails_on_a_list_are_compared_in_any_case_and_without_blanks_around(audience: Audience) -> None:
    references = listed("anna@example.com ", "BEN@EXAMPLE.COM", "emil@example.com", by=ListedBy.EMAIL)
    assert matched(audience, CLOCK, ListCondition(list="VIPs"), references=references) == [0, 1]


def test_ids_that_are_numbers_are_compared_by_their_digits(tmp_path: Path) -> None:
    people = [{"id": 7}, {"id": 2**63 - 1}, {}]
    audience = write_audience(
        tmp_path / "a.duckdb", {"id": Kind.NUMBER}, people, types={"id": "BIGINT"}, roles={"id": Role.PERSON_ID}
    )
    references = listed("7", "9223372036854775807", "007")
    assert matched(audience, CLOCK, ListCondition(list="VIPs"), references=references) == [0, 1]
    audience.close()


def test_a_list_of_a_hundred_thousand_ids(audience: Audience) -> None:
    references = listed(*(f"{number}" for number in range(100_000)))
    assert matched(audience, CLOCK, ListCondition(list="VIPs"), references=references) == [1]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "Choose a list."),
        ("VIP", "There is no list “VIP”: it may have been deleted. Close: VIPs."),
        ("xyz", "There is no list “xyz”: it may have been deleted."),
    ],
)
def test_a_missing_list_is_named(audience: Audience, key: str | None, message: str) -> None:
    for outside in (False, True):
        assert said(audience, listed("7"), ListCondition(list=key, outside=outside)) == message


@pytest.mark.parametrize(("by", "what"), [(ListedBy.ID, "the customer’s id"), (ListedBy.EMAIL, "the e-mail address")])
def test_a_list_needs_a_field_with_its_role(tmp_path: Path, by: ListedBy, what: str) -> None:
    bare = write_audience(tmp_path / "a.duckdb", {"id": Kind.TEXT}, [{"id": "7"}])
    message = f"No field is used as {what}, which “VIPs” lists: choose it under “Used as” on the Fields page."
    assert said(bare, listed("7", by=by), ListCondition(list="VIPs")) == message
    bare.close()
