"""Differences: the formulas by hand, what is shown and what is not, and a recount in Python."""

from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, Field, Kind, Role, Theme
from segmentation.differences import Difference, differences, z_score
from segmentation.membership import Membership
from tests.segmentation.audiences import write_audience

FIELDS = {"city": Kind.TEXT, "likes": Kind.LIST, "vip": Kind.YES_NO, "age": Kind.NUMBER, "kids": Kind.NUMBER}
SIZE = 1_000
MEMBERS = Membership.of(np.arange(250), SIZE)


def person(row: int) -> dict[str, Any]:
    """The first quarter are young Berliners who like to run; kids are the same everywhere."""
    inside = row < 250
    return {
        "city": "Berlin" if row % 10 < (8 if inside else 2) else "Oslo",
        "likes": ["run", "run", "sew"] if inside and row % 2 else ["sew"] if row % 7 else None,
        "vip": row % 10 < 5 if row % 4 else None,
        "age": 20 + row % 10 if inside else 20 + row % 60,
        "kids": row % 5,
    }


def counted(catalogue: Catalogue, people: list[dict[str, Any]]) -> Catalogue:
    """The catalogue as loading leaves it, with the number of different values."""

    def distinct(field: Field) -> int:
        values = [p.get(field.name) for p in people]
        return len({item for v in values if v is not None for item in (v if isinstance(v, list) else [v])})

    fields = (field.model_copy(update={"distinct": distinct(field)}) for field in catalogue.fields)
    return catalogue.model_copy(update={"fields": tuple(fields)})


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    people = [person(row) for row in range(SIZE)]
    path = tmp_path_factory.mktemp("differences") / "v000001.duckdb"
    return write_audience(path, FIELDS, people, types={"age": "BIGINT", "kids": "DOUBLE"})


@pytest.fixture(scope="module")
def catalogue(audience: Audience) -> Catalogue:
    return counted(audience.catalogue, [person(row) for row in range(SIZE)])


def by_value(found: tuple[Difference, ...]) -> dict[tuple[str, str | None], Difference]:
    return {(difference.field, difference.value): difference for difference in found}


def test_index_shares_and_z_by_hand(audience: Audience, catalogue: Catalogue) -> None:
    berlin = by_value(differences(audience, catalogue, MEMBERS).over)["city", "Berlin"]
    assert (berlin.label, berlin.in_segment, berlin.in_base) == ("City", 200, 350)
    assert (berlin.share_segment, berlin.share_base) == (0.8, 0.35)
    assert berlin.index == pytest.approx(0.8 / 0.35 * 100)
    error = sqrt(0.35 * 0.65 * (1 / 250 + 1 / 750))
    assert berlin.z == pytest.approx((200 / 250 - 150 / 750) / error)


def test_over_and_under_and_what_is_the_same_everywhere(audience: Audience, catalogue: Catalogue) -> None:
    found = differences(audience, catalogue, MEMBERS)
    over, under = by_value(found.over), by_value(found.under)
    assert ("likes", "run") in over
    assert over["likes", "run"].in_segment == over["likes", "run"].in_base == 125
    assert ("city", "Oslo") in under
    assert not {field for field, _ in (*over, *under)} & {"kids"}
    assert ("age", "up to 26") in over
    assert under["age", "over 59"].index == 0
    assert under["age", "over 59"].in_segment == 0
    assert all(difference.index > 100 and difference.z >= 3 for difference in found.over)
    assert all(difference.index < 100 and difference.z <= -3 for difference in found.under)


def test_strongest_first_and_no_more_than_asked_for(audience: Audience, catalogue: Catalogue) -> None:
    found = differences(audience, catalogue, MEMBERS)
    strength = [(d.share_segment - d.share_base) * d.share_segment / d.share_base for d in found.over]
    assert strength == sorted(strength, reverse=True)
    some = differences(audience, catalogue, MEMBERS, limit=1)
    assert (some.over, some.under) == (found.over[:1], found.under[:1])


def test_fields_of_the_segment_and_hidden_ones_are_left_out(audience: Audience, catalogue: Catalogue) -> None:
    excluded = differences(audience, catalogue, MEMBERS, exclude=frozenset({"city", "likes"}))
    assert {d.field for d in (*excluded.over, *excluded.under)} == {"age"}
    hidden = tuple(field.model_copy(update={"hidden": field.name != "city"}) for field in catalogue.fields)
    found = differences(audience, catalogue.model_copy(update={"fields": hidden}), MEMBERS)
    assert {d.field for d in (*found.over, *found.under)} == {"city"}
    named = tuple(field.model_copy(update={"role": Role.FIRST_NAME}) for field in catalogue.fields)
    assert differences(audience, catalogue.model_copy(update={"fields": named}), MEMBERS).over == ()


def test_nobody_and_everybody_do_not_differ(audience: Audience, catalogue: Catalogue) -> None:
    for members in (Membership.nobody(SIZE), Membership.everybody(SIZE)):
        found = differences(audience, catalogue, members)
        assert (found.over, found.under) == ((), ())


def test_noise_is_not_shown(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    people = [{f"f{n}": f"v{random.integers(0, 20)}" for n in range(10)} for _ in range(1_000)]
    fields = {f"f{n}": Kind.TEXT for n in range(10)}
    audience = write_audience(tmp_path / "v000001.duckdb", fields, people)
    members = Membership.of(np.flatnonzero(random.random(1_000) < 0.3), 1_000)
    found = differences(audience, counted(audience.catalogue, people), members, limit=100)
    # Of 200 comparisons at |z| ≥ 3 chance gives about a half.
    assert 200 * 2 * NormalDist().cdf(-3) == pytest.approx(0.54, abs=0.01)
    assert len(found.over) + len(found.under) <= 3


def test_a_handful_of_people_says_nothing(tmp_path: Path) -> None:
    people = [{"city": "Rare" if row < 3 else "Usual"} for row in range(500)]
    audience = write_audience(tmp_path / "v000001.duckdb", {"city": Kind.TEXT}, people)
    found = differences(audience, audience.catalogue, Membership.of(np.arange(10), 500))
    assert (found.over, found.under) == ((), ())


def test_missing_values_can_differ_too(tmp_path: Path) -> None:
    people = [{"city": None if row < 100 else "Oslo", "likes": None if row < 100 else ["a"]} for row in range(500)]
    audience = write_audience(tmp_path / "v000001.duckdb", {"city": Kind.TEXT, "likes": Kind.LIST}, people)
    found = differences(audience, audience.catalogue, Membership.of(np.arange(100), 500))
    assert set(by_value(found.over)) == {("city", None), ("likes", None)}
    assert set(by_value(found.under)) == {("city", "Oslo"), ("likes", "a")}


def test_of_yes_and_no_only_yes_is_told(tmp_path: Path) -> None:
    people = [{"vip": row >= 100} for row in range(500)]
    audience = write_audience(tmp_path / "v000001.duckdb", {"vip": Kind.YES_NO}, people)
    found = differences(audience, audience.catalogue, Membership.of(np.arange(100), 500))
    assert (set(by_value(found.over)), set(by_value(found.under))) == (set(), {("vip", "yes")})


@pytest.mark.parametrize(
    ("values", "type", "bands"),
    [
        ([0] * 60 + list(range(1, 41)), "BIGINT", {"0", "1 to 15", "over 15"}),
        (list(range(100)), "BIGINT", {"up to 24", "25 to 49", "50 to 74", "over 74"}),
        ([n / 2 for n in range(100)], "DOUBLE", {"up to 12", "over 12 to 24.5", "over 24.5 to 37", "over 37"}),
    ],
)
def test_numbers_by_the_quarters_of_the_base(tmp_path: Path, values: list[float], type: str, bands: set[str]) -> None:
    people = [{"x": value} for value in values * 10]
    audience = write_audience(tmp_path / "v000001.duckdb", {"x": Kind.NUMBER}, people, types={"x": type})
    seen: set[str | None] = set()
    for start in range(0, 100, 10):
        rows = np.array([row for row in range(1_000) if start <= row % 100 < start + 10])
        found = differences(audience, counted(audience.catalogue, people), Membership.of(rows, 1_000))
        seen |= {difference.value for difference in (*found.over, *found.under)}
    assert seen == bands


def test_counts_are_those_of_a_recount_in_python(audience: Audience, catalogue: Catalogue) -> None:
    rows = np.array([row for row in range(SIZE) if row % 60 < 25])
    found = differences(audience, catalogue, Membership.of(rows, SIZE), limit=1_000)
    assert found.over
    for difference in (*found.over, *found.under):
        field, value = difference.field, difference.value

        def has(row: int, field: str = field, value: str | None = value) -> bool:
            own = person(row)[field]
            if field == "age":
                low, _, high = str(value).replace("up to ", "0 to ").replace("over 59", "60 to 999").partition(" to ")
                return int(low) <= own <= int(high)
            if own is None or value is None:
                return own is value
            return (
                value in own if field == "likes" else value == {"vip": "yes"}.get(field, str(own)) and own is not False
            )

        assert difference.in_base == sum(has(row) for row in range(SIZE)), difference
        assert difference.in_segment == sum(has(int(row)) for row in rows), difference


def test_many_fields_with_naughty_names(tmp_path: Path) -> None:
    names = [f'n{place}"; --' for place in range(90)] + ["value", "members", "absent", "c0", "item"]
    people = [dict.fromkeys(names, "in" if row < 50 else "out") for row in range(200)]
    audience = write_audience(tmp_path / "v000001.duckdb", dict.fromkeys(names, Kind.TEXT), people)
    found = differences(audience, audience.catalogue, Membership.of(np.arange(50), 200), limit=1_000)
    assert {(d.field, d.value, d.in_base) for d in found.over} == {(name, "in", 50) for name in names}
    assert {(d.field, d.value, d.in_base) for d in found.under} == {(name, "out", 150) for name in names}


@pytest.mark.parametrize("size", [(0, 0), (5, 0), (0, 5)])
def test_z_without_people(size: tuple[int, int]) -> None:
    assert z_score(0, size[0], 0, size[1]) == 0.0


def test_z_where_all_or_none_have_it() -> None:
    assert z_score(5, 5, 7, 7) == z_score(0, 5, 0, 7) == 0.0


def test_a_catalogue_without_fields(audience: Audience) -> None:
    assert differences(audience, Catalogue(fields=()), MEMBERS).over == ()
    field = Field(name="age", label="Age", kind=Kind.DATE, theme=Theme.DEMOGRAPHIC)
    assert differences(audience, Catalogue(fields=(field,)), MEMBERS).over == ()
