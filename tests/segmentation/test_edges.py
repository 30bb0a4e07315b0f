"""Edges that the oracle found: half a range of times, addresses in other alphabets, the poles, empty groups in other segments."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation.catalogue import Catalogue, Field, FieldEdit, Kind, Role, Theme
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
    OtherField,
    PlaceCondition,
    SegmentCondition,
)
from segmentation.engine import Answer, Engine
from segmentation.places import Point
from segmentation.references import NO_REFERENCES, ListedBy, NamedDefinition, References, StaticList
from segmentation.statement import statement
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
FIELDS = {"vip": Kind.YES_NO, "email": Kind.TEXT, "seen": Kind.MOMENT, "lat": Kind.NUMBER, "lon": Kind.NUMBER}
ROLES = {"email": Role.EMAIL, "lat": Role.LATITUDE, "lon": Role.LONGITUDE}


def asked(folder: Path, people: list[dict[str, object]], node: Node, references: References = NO_REFERENCES) -> Answer:
    types = {"lat": "DOUBLE", "lon": "DOUBLE"}
    audience = write_audience(
        folder / "a.duckdb", FIELDS, people, {"gift": Kind.YES_NO}, names=["purchase"], types=types
    )
    with closing(audience):
        catalogue = audience.catalogue.edited({name: FieldEdit(role=role) for name, role in ROLES.items()})
        definition = Definition(root=Group(children=(node,)))
        return Engine(audience).answer(definition, CLOCK, catalogue, references)


@pytest.mark.parametrize("operator", ["between_times", "not_between_times"])
@pytest.mark.parametrize("value", [("", "2026-01-01"), ("2026-01-01", "")])
def test_a_range_of_times_without_an_end_is_unfinished(tmp_path: Path, operator: str, value: tuple[str, str]) -> None:
    node = FieldCondition(field="seen", operator=operator, value=value)
    found = asked(tmp_path, [{"seen": datetime(2026, 1, 1)}, {}], node)  # noqa: DTZ001 stored as UTC
    assert not found.counted
    assert list(found.unfinished.values()) == ["Enter both ends."]


@pytest.mark.parametrize("listed", ["ΣΟΣ@x.gr", "σος@x.gr", " ΣΟΣ@X.GR "])
def test_an_address_is_on_a_list_in_any_case_of_any_alphabet(tmp_path: Path, listed: str) -> None:
    references = References(lists=[StaticList(id="l", name="Mails", by=ListedBy.EMAIL, values=(listed,))])
    people: list[dict[str, object]] = [{"email": "ΣΟΣ@x.gr"}, {"email": "σος@x.gr "}, {"email": "ΣΑΣ@x.gr"}, {}]
    assert asked(tmp_path, people, ListCondition(list="l"), references).members.rows().tolist() == [0, 1]


def test_a_capital_i_with_a_dot_is_found_as_it_is_listed(tmp_path: Path) -> None:
    references = References(lists=[StaticList(id="l", name="Mails", by=ListedBy.EMAIL, values=("İ@x.tr",))])
    found = asked(tmp_path, [{"email": "İ@x.tr"}, {"email": "x@x.tr"}], ListCondition(list="l"), references)
    assert found.members.rows().tolist() == [0]


@pytest.mark.parametrize(
    ("point", "same"),
    [((90, 0), (90, 77)), ((-90, -180), (-90, 10)), ((0, 180), (0, -180)), ((52.5, 180), (52.5, -180))],
)
def test_a_pole_and_the_180th_meridian_are_one_place(
    tmp_path: Path, point: tuple[float, float], same: tuple[float, float]
) -> None:
    node = PlaceCondition(near=Point(latitude=point[0], longitude=point[1]), kilometres=0)
    people: list[dict[str, object]] = [{"lat": same[0], "lon": same[1]}, {"lat": 1, "lon": 1}]
    assert asked(tmp_path, people, node).members.rows().tolist() == [0]


def test_nothing_lies_beyond_half_the_earth(tmp_path: Path) -> None:
    antipodes: list[dict[str, object]] = [{"lat": -52.52, "lon": -166.595}, {"lat": -52.52, "lon": -166.5950001}]
    node = PlaceCondition(near=Point(latitude=52.52, longitude=13.405), kilometres=20_100, beyond=True)
    assert asked(tmp_path, antipodes, node).members.count == 0


@pytest.mark.parametrize(
    "unfinished",
    [Group(), EventCondition(events=("purchase",), where=Group(), comparison="never"), Group(children=(Group(),))],
)
def test_a_segment_with_an_empty_group_is_not_finished(tmp_path: Path, unfinished: Node) -> None:
    known = FieldCondition(field="email", operator="is_missing")
    other = NamedDefinition("s", "Other", Definition(root=Group(children=(known, unfinished))))
    found = asked(tmp_path, [{}], SegmentCondition(segment="s"), References([other]))
    assert not found.counted
    assert list(found.unfinished.values()) == ["The segment “Other” is not finished: a group in it is empty."]


def test_a_segment_whose_group_can_match_nobody_is_not_finished_for_check_count_and_statement(tmp_path: Path) -> None:
    group = Group(match=Match.AT_LEAST, least=2, children=(FieldCondition(field="email", operator="is_missing"),))
    references = References([NamedDefinition("s", "Other", Definition(root=Group(children=(group,))))])
    node = SegmentCondition(segment="s")
    found = asked(tmp_path, [{}], node, references)
    sentence = "The segment “Other” is not finished: “At least 2 of” can match nobody: there are only 1."
    assert list(found.unfinished.values()) == [sentence]
    definition = Definition(root=Group(children=(node,)))
    catalogue = Catalogue(fields=(Field(name="email", label="E-mail", kind=Kind.TEXT, theme=Theme.IDENTITY),))
    assert [problem.message for problem in problems(definition, catalogue, CLOCK, references)] == [sentence]
    assert list(statement(definition, catalogue, CLOCK, references=references).unfinished.values()) == [sentence]


def test_a_segment_with_an_empty_group_that_is_off_is_finished(tmp_path: Path) -> None:
    known = FieldCondition(field="email", operator="is_missing")
    other = NamedDefinition("s", "Other", Definition(root=Group(children=(known, Group(enabled=False)))))
    assert asked(tmp_path, [{}], SegmentCondition(segment="s"), References([other])).members.count == 1


@pytest.mark.parametrize("other", ["nobody", "lat"])
def test_a_field_left_over_from_another_comparison_is_not_looked_at(tmp_path: Path, other: str) -> None:
    of = {"operator": "is_not_yes", "value": OtherField(field=other), "leave_out_missing": True}
    found = asked(tmp_path, [{"vip": False}, {"vip": True}, {}], FieldCondition(field="vip", **of))  # type: ignore[arg-type]
    assert found.members.rows().tolist() == [0]
    assert list(found.missing.values()) == [1]
    where = Group(children=(FieldCondition(field="gift", **of),))  # type: ignore[arg-type]
    assert asked(tmp_path / "b", [{}], EventCondition(events=("purchase",), where=where)).counted
