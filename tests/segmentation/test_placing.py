"""Where people are, against known distances, and samples that anybody can draw again."""

import hashlib
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import pytest

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, FieldEdit, Kind, Role
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import Definition, Group, Match, PlaceCondition, SampleCondition
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.places import Climate, Point
from segmentation.placing import CLIMATES, edge
from tests.segmentation.audiences import catalogue_of, matched, write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
RADIUS = 6_371.0088
KINDS = {"lat": Kind.NUMBER, "lon": Kind.NUMBER}
TYPES = {"lat": "DOUBLE", "lon": "DOUBLE"}
ROLES = {"lat": Role.LATITUDE, "lon": Role.LONGITUDE}
BERLIN, MUNICH, PARIS = (52.52, 13.405), (48.1374, 11.5755), (48.8566, 2.3522)
SYDNEY, NEW_YORK, FIJI_WEST, FIJI_EAST = (-33.8688, 151.2093), (40.7128, -74.006), (-17.0, 179.9), (-17.0, -179.9)
NORTH, NORTH_TOO, SOUTH = (90.0, 0.0), (90.0, 123.0), (-90.0, 45.0)
IMPOSSIBLE = ((90.01, 0.0), (-91.0, 0.0), (0.0, 180.01), (0.0, -999.0), (None, 13.0), (52.0, None), (None, None))
WHERE = (
    BERLIN,
    MUNICH,
    PARIS,
    SYDNEY,
    NEW_YORK,
    FIJI_WEST,
    FIJI_EAST,
    NORTH,
    NORTH_TOO,
    SOUTH,
    (0.0, 0.0),
    *IMPOSSIBLE,
)
KNOWN = set(range(len(WHERE) - len(IMPOSSIBLE)))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    rows = [{"lat": lat, "lon": lon} for lat, lon in WHERE]
    audience = write_audience(tmp_path_factory.mktemp("place") / "a.duckdb", KINDS, rows, types=TYPES, roles=ROLES)
    yield audience
    audience.close()


def near(point: tuple[float, float], kilometres: float | None, **changes: Any) -> PlaceCondition:
    return PlaceCondition(near=Point(latitude=point[0], longitude=point[1]), kilometres=kilometres, **changes)


@pytest.mark.parametrize(
    ("here", "there", "kilometres"),
    [
        (BERLIN, MUNICH, 504),
        (BERLIN, PARIS, 878),
        (BERLIN, SYDNEY, 16_094),
        (NEW_YORK, PARIS, 5_837),
        (FIJI_WEST, FIJI_EAST, 21.3),  # across the line where a new day begins
        (NORTH, SOUTH, 20_015.1),
        (NORTH, (0.0, 0.0), 10_007.6),
        (NORTH, NORTH_TOO, 0),  # at a pole every longitude is the same place
        ((0.0, 0.0), (0.0, 0.0), 0),
    ],
)
def test_known_distances(
    people: Audience, here: tuple[float, float], there: tuple[float, float], kilometres: float
) -> None:
    row, slack = WHERE.index(there), 1 if kilometres > 100 else 0.1
    assert row in matched(people, CLOCK, near(here, min(kilometres + slack, 20_100)))
    if kilometres:
        assert row not in matched(people, CLOCK, near(here, kilometres - slack))
        assert row in matched(people, CLOCK, near(here, kilometres - slack, beyond=True))
    assert row not in matched(people, CLOCK, near(here, min(kilometres + slack, 20_100), beyond=True))


def distance(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Another formula for the same: the angle between two arrows from the middle of the Earth."""
    a, b = (
        (
            math.cos(math.radians(lat)) * math.cos(math.radians(lon)),
            math.cos(math.radians(lat)) * math.sin(math.radians(lon)),
            math.sin(math.radians(lat)),
        )
        for lat, lon in (here, there)
    )
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return RADIUS * math.atan2(math.hypot(*cross), sum(x * y for x, y in zip(a, b, strict=True)))


@pytest.mark.parametrize("here", [BERLIN, FIJI_EAST, NORTH, (0.0, 180.0), (-89.9, 12.0)])
@pytest.mark.parametrize("kilometres", [1, 25, 500, 1000.5, 6_000, 12_345, 19_999])
def test_nearest_and_beyond_by_another_formula(people: Audience, here: tuple[float, float], kilometres: float) -> None:
    expected = {row for row in KNOWN if distance(here, WHERE[row]) <= kilometres}
    assert set(matched(people, CLOCK, near(here, kilometres))) == expected
    assert set(matched(people, CLOCK, near(here, kilometres, beyond=True))) == KNOWN - expected


def test_everybody_whose_place_is_known_is_within_half_the_way_around_the_earth(tmp_path: Path) -> None:
    here = [(lat / 7, lon / 3) for lat in range(-630, 631, 90) for lon in range(-540, 541, 135)]
    rows = [
        {"lat": -lat, "lon": lon - 180 if lon > 0 else lon + 180} for lat, lon in here
    ]  # the other side of the Earth
    audience = write_audience(tmp_path / "a.duckdb", KINDS, rows, types=TYPES, roles=ROLES)
    for point, kilometres in zip(here, cycle((20_015.2, 20_100)), strict=False):
        assert len(matched(audience, CLOCK, near(point, kilometres))) == len(rows), point
        assert matched(audience, CLOCK, near(point, kilometres, beyond=True)) == [], point
    audience.close()


def test_an_unknown_or_impossible_place_is_neither_near_nor_beyond_but_in_none_of(people: Audience) -> None:
    for condition in (near(BERLIN, 20_100), PlaceCondition(climates=tuple(Climate))):
        assert set(matched(people, CLOCK, condition)) == KNOWN
        none = Group(match=Match.NONE, children=(condition,))
        assert set(matched(people, CLOCK, none)) == set(range(len(WHERE))) - KNOWN


CLIMATE_EXAMPLES: dict[Climate, tuple[tuple[float, ...], tuple[float, ...]]] = {
    Climate.TROPICAL: ((0, 23.5, -23.5), (23.500001, -23.500001)),
    Climate.SUBTROPICAL: ((23.500001, 40, -40, -23.500001), (23.5, -23.5, 40.000001, -40.000001)),
    Climate.TEMPERATE: ((40.000001, 66.5, -66.5), (40, -40, 66.500001, -66.500001)),
    Climate.POLAR: ((66.500001, 90, -90), (66.5, -66.5, 0)),
}


@pytest.mark.parametrize("climate", list(Climate))
def test_climate_by_latitude(tmp_path: Path, climate: Climate) -> None:
    inside, outside = CLIMATE_EXAMPLES[climate]
    rows = [{"lat": lat, "lon": 0} for lat in (*inside, *outside)] + [{"lon": 0}, {"lat": 90.1, "lon": 0}]
    audience = write_audience(tmp_path / "a.duckdb", KINDS, rows, types=TYPES, roles=ROLES)
    assert matched(audience, CLOCK, PlaceCondition(climates=(climate,))) == list(range(len(inside)))
    audience.close()


def test_every_climate_has_an_example_and_together_they_are_the_whole_earth() -> None:
    assert set(CLIMATE_EXAMPLES) == set(Climate) == set(CLIMATES)
    edges = sorted(CLIMATES.values())
    assert (edges[0][0], edges[-1][1]) == (0, 90)
    assert all(left[1] == right[0] for left, right in pairwise(edges))


def test_a_place_and_a_climate_both_hold(people: Audience) -> None:
    tropics_near_fiji = near(FIJI_WEST, 5_000, climates=(Climate.TROPICAL,))
    assert matched(people, CLOCK, tropics_near_fiji) == [5, 6]
    assert matched(people, CLOCK, near(FIJI_WEST, 5_000)) == [3, 5, 6]
    assert matched(people, CLOCK, near(FIJI_WEST, 5_000, climates=(Climate.SUBTROPICAL, Climate.POLAR))) == [3]


def test_fields_are_found_by_role_or_by_name(tmp_path: Path) -> None:
    kinds = KINDS | {"shop_lat": Kind.NUMBER, "shop_lon": Kind.NUMBER}
    rows = [
        {"lat": 52.52, "lon": 13.41, "shop_lat": 48.14, "shop_lon": 11.58},
        {"lat": 48.14, "lon": 11.58, "shop_lat": 52.52, "shop_lon": 13.41},
    ]
    audience = write_audience(tmp_path / "a.duckdb", kinds, rows, roles=ROLES)
    assert matched(audience, CLOCK, near(BERLIN, 10)) == [0]
    assert matched(audience, CLOCK, near(BERLIN, 10, latitude="shop_lat", longitude="shop_lon")) == [1]
    engine, definition = Engine(audience), Definition(root=Group(children=(near(BERLIN, 10),)))
    assert engine.answer(definition, CLOCK).members.rows().tolist() == [0]
    edits = {name: FieldEdit(role=role) for name, role in {"lat": Role.NONE, "lon": Role.NONE}.items()}
    edits |= {"shop_lat": FieldEdit(role=Role.LATITUDE), "shop_lon": FieldEdit(role=Role.LONGITUDE)}
    moved = audience.catalogue.edited(edits)
    assert engine.answer(definition, CLOCK, moved).members.rows().tolist() == [1], "roles can be given to other fields"
    audience.close()


CATALOGUE = catalogue_of(KINDS | {"name": Kind.TEXT, "id": Kind.TEXT}, roles=ROLES)
FAULTS: tuple[tuple[PlaceCondition | SampleCondition, Catalogue, str], ...] = (
    (PlaceCondition(), CATALOGUE, "Choose a place or a climate."),
    (near(BERLIN, None), CATALOGUE, "Enter how many kilometres."),
    (near(BERLIN, 5, latitude="name"), CATALOGUE, "“Name” is text; a latitude is a number."),
    (near(BERLIN, 5, longitude="long"), CATALOGUE, "There is no field “long” in the customers. Close: lon."),
    (
        near(BERLIN, 5),
        catalogue_of(KINDS),
        "No field says where people are: choose “Latitude” under “Used as” on the Fields page.",
    ),
    (
        SampleCondition(),
        CATALOGUE,
        "No field is used as the customer’s id: choose it under “Used as” on the Fields page.",
    ),
    (SampleCondition(field="id", percent=None), CATALOGUE, "Enter how many percent."),
    (SampleCondition(field="id", percent=50, start=60), CATALOGUE, "From 60 % on there are only 40 %."),
    (
        SampleCondition(field="day"),
        catalogue_of({"day": Kind.DATE}),
        "“Day” is a date; people are drawn by a text or a number.",
    ),
)


@pytest.mark.parametrize(("condition", "catalogue", "message"), FAULTS)
def test_what_is_missing_in_a_place_or_a_sample_is_said(
    condition: PlaceCondition | SampleCondition, catalogue: Catalogue, message: str
) -> None:
    with pytest.raises(HandpickError) as raised:
        compile_condition(condition, catalogue, CLOCK, None)
    assert str(raised.value) == message


# Samples


IDS = (*(f"C-{number:04}" for number in range(500)), "ä'; --", "日本", "0", " ", None)


def place(person: str, seed: str) -> float:
    """0 ≤ place < 100, by the words of the page."""
    return int(hashlib.md5(f"{seed}:{person}".encode(), usedforsecurity=False).hexdigest()[:8], 16) / 16**8 * 100


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    rows = [{"id": person, "number": row} for row, person in enumerate(IDS)]
    kinds = {"id": Kind.TEXT, "number": Kind.NUMBER}
    audience = write_audience(
        tmp_path_factory.mktemp("drawn") / "a.duckdb",
        kinds,
        rows,
        types={"number": "BIGINT"},
        roles={"id": Role.PERSON_ID},
    )
    yield audience
    audience.close()


@pytest.mark.parametrize("seed", ["", "spring", "ü:’; --"])
@pytest.mark.parametrize(
    ("start", "percent"), [(0, 10), (10, 90), (0, 100), (99.9, 0.1), (33.3, 33.3), (0, 0), (100, 0)]
)
def test_a_sample_is_the_one_that_the_hash_says(drawn: Audience, seed: str, start: float, percent: float) -> None:
    found = matched(drawn, CLOCK, SampleCondition(seed=seed, start=start, percent=percent))
    end = round(start + percent, 6)
    assert found == [row for row, person in enumerate(IDS) if person is not None and start <= place(person, seed) < end]


@pytest.mark.parametrize("shares", [(50, 50), (33.3, 33.3, 33.4), (10,) * 10, (0.1, 99.8, 0.1)])
def test_samples_of_one_seed_share_nobody_and_leave_nobody_with_an_id_out(
    drawn: Audience, shares: tuple[float, ...]
) -> None:
    start, found = 0.0, []
    for percent in shares:
        found += matched(drawn, CLOCK, SampleCondition(seed="s", start=start, percent=percent))
        start = round(start + percent, 6)
    assert sorted(found) == list(range(len(IDS) - 1))


@pytest.mark.parametrize(
    ("percent", "digits"), [(0, "00000000"), (50, "80000000"), (25.0, "40000000"), (33.3, "553f7cee"), (100, "g")]
)
def test_the_edge_of_a_share_is_the_first_place_that_is_not_below_it(percent: float, digits: str) -> None:
    assert edge(percent) == digits


def test_who_stands_exactly_on_an_edge_is_in_the_share_that_begins_there(drawn: Audience) -> None:
    """Shares that end and begin at the very place of a person, where that can be written in percent."""
    exact = [
        (row, percent)
        for row, person in enumerate(IDS[:40])
        if person is not None
        and (percent := place(person, "s")) < 99
        and edge(percent) == hashlib.md5(f"s:{person}".encode(), usedforsecurity=False).hexdigest()[:8]
    ]
    assert exact
    for row, percent in exact:
        assert row in matched(drawn, CLOCK, SampleCondition(seed="s", start=percent, percent=1))
        assert row not in matched(drawn, CLOCK, SampleCondition(seed="s", percent=percent))


def test_a_sample_has_about_its_share_and_another_seed_draws_others(drawn: Audience) -> None:
    first, second = (set(matched(drawn, CLOCK, SampleCondition(seed=seed, percent=20))) for seed in ("a", "b"))
    assert 70 < len(first) < 130
    assert first != second


def test_the_same_people_are_drawn_whatever_their_row_and_by_a_number_as_by_its_digits(
    drawn: Audience, tmp_path: Path
) -> None:
    by_number = matched(drawn, CLOCK, SampleCondition(field="number", seed="s", percent=30))
    assert by_number == [row for row in range(len(IDS)) if place(str(row), "s") < 30]
    audience = write_audience(
        tmp_path / "a.duckdb", {"id": Kind.TEXT}, [{"id": str(row)} for row in reversed(range(len(IDS)))]
    )
    again = matched(audience, CLOCK, SampleCondition(field="id", seed="s", percent=30))
    assert sorted(len(IDS) - 1 - row for row in again) == by_number
    audience.close()


def test_a_person_without_an_id_is_in_no_sample_and_in_none_of(drawn: Audience) -> None:
    nobody = Group(match=Match.NONE, children=(SampleCondition(percent=100),))
    assert matched(drawn, CLOCK, nobody) == [len(IDS) - 1]
