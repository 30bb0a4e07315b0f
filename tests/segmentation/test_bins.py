"""Bins: every value in exactly one, round edges, calendar periods, and what lies far outside."""

# ruff: noqa: DTZ001 - moments are stored without a zone

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.audience import Audience
from segmentation.bins import Bins, Span, _number_bins, bins_of, number_words, period_starts, place_in, short_number
from segmentation.catalogue import Kind
from segmentation.insights import distribution
from segmentation.membership import Membership
from segmentation.values import asked, rows_of
from tests.segmentation.audiences import write_audience


def one_field(tmp_path: Path, kind: Kind, values: list[Any], type: str | None = None) -> Audience:
    people = [{"x": value} for value in values]
    types = {"x": type} if type else None
    return write_audience(tmp_path / "v000001.duckdb", {"x": kind}, people, types=types)


def counts(audience: Audience, bins: int = 20, zone: str = "UTC") -> dict[str, int]:
    found = distribution(
        audience, audience.catalogue.field("x"), Membership.everybody(audience.people), bins, zone=zone
    )
    assert sum(bar.in_base for bar in found.bars) + found.missing.in_base == audience.people
    assert all(bar.in_base == bar.in_segment for bar in found.bars)
    return {bar.label: bar.in_base for bar in found.bars if bar.in_base}


def bins(audience: Audience, most: int = 20) -> Bins:
    found = bins_of(audience, audience.catalogue.field("x"), most, "UTC")
    assert found is not None
    assert len(found.labels) == len(found.ticks) == len(found.edges) + 1
    assert list(found.edges) == sorted(set(found.edges))
    return found


def test_few_whole_numbers_stand_alone(tmp_path: Path) -> None:
    assert counts(one_field(tmp_path, Kind.NUMBER, [0, 1, 1, 5, None])) == {"0": 1, "1": 2, "5": 1}


def test_whole_numbers_in_round_steps(tmp_path: Path) -> None:
    audience = one_field(tmp_path, Kind.NUMBER, [18, 19, 20, 24, 25, 90], "BIGINT")
    assert counts(audience) == {"15 to 19": 2, "20 to 24": 2, "25 to 29": 1, "90 to 94": 1}
    assert bins(audience).edges[:2] == (20, 25)
    assert bins(audience).ticks[:2] == ("15", "20")
    assert counts(audience, 5) == {"0 to 19": 2, "20 to 39": 3, "80 to 99": 1}


def test_a_decimal_on_an_edge_is_in_the_bin_above(tmp_path: Path) -> None:
    values = [Decimal(n) / 10 for n in range(11)]
    found = {"0 to under 0.1": 1, "0.1 to under 0.2": 1, "0.5 to under 0.6": 1, "1 to under 1.1": 1}
    for type in ("DECIMAL(18,2)", "DOUBLE"):
        (tmp_path / type).mkdir()
        labels = counts(one_field(tmp_path / type, Kind.NUMBER, values, type))
        assert len(labels) == 11
        assert found.items() <= labels.items(), type


def test_negative_and_huge_numbers(tmp_path: Path) -> None:
    audience = one_field(tmp_path, Kind.NUMBER, [-9_000_000_000_000_000_000, 9_000_000_000_000_000_000], "BIGINT")
    assert sum(counts(audience).values()) == 2
    (tmp_path / "double").mkdir()
    audience = one_field(tmp_path / "double", Kind.NUMBER, [-1e300, 1e300, 5e-324], "DOUBLE")
    assert sum(counts(audience).values()) == 3


def test_one_value_and_none(tmp_path: Path) -> None:
    assert counts(one_field(tmp_path, Kind.NUMBER, [7, 7], "BIGINT")) == {"7": 2}
    for kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
        (tmp_path / kind).mkdir()
        assert counts(one_field(tmp_path / kind, kind, [None, None])) == {}
        (tmp_path / kind / "empty").mkdir()
        assert counts(one_field(tmp_path / kind / "empty", kind, [])) == {}


def test_slips_of_the_pen_do_not_squeeze_everybody_else(tmp_path: Path) -> None:
    ages = [20 + n % 60 for n in range(1_000)] + [999, -5_000]
    audience = one_field(tmp_path, Kind.NUMBER, ages, "BIGINT")
    found = counts(audience)
    assert found["under 20"] == 1
    assert found["80 or more"] == 1
    assert found["20 to 24"] == 85
    assert (bins(audience).ticks[0], bins(audience).ticks[-1]) == ("", "80")


def test_infinity_and_nan_are_far_outside(tmp_path: Path) -> None:
    values = [float("inf"), float("-inf"), float("nan"), *map(float, range(100))]
    found = counts(one_field(tmp_path, Kind.NUMBER, values, "DOUBLE"))
    assert sum(found.values()) == 103
    assert next(iter(found)).startswith("under ")
    assert list(found)[-1].endswith(" or more")


@pytest.mark.parametrize(
    ("first", "last", "label", "bars"),
    [
        (date(2025, 3, 1), date(2025, 3, 5), "1 March 2025", 5),
        (date(2024, 3, 31), date(2025, 2, 1), "March 2024", 12),
        (date(2023, 1, 31), date(2025, 2, 1), "Q1 2023", 9),
        (date(2005, 1, 31), date(2025, 2, 1), "2005", 21),
        (date(1940, 5, 1), date(2007, 5, 1), "1940 to 1944", 14),
        (date(1, 5, 1), date(9999, 5, 1), "", 0),
        (date(3, 5, 1), date(9990, 5, 1), "1 to 499", 20),
    ],
)
def test_calendar_periods_fit_the_span(tmp_path: Path, first: date, last: date, label: str, bars: int) -> None:
    audience = one_field(tmp_path, Kind.DATE, [first, last])
    if not bars:  # beyond what can be shifted between zones
        assert bins_of(audience, audience.catalogue.field("x"), 20, "UTC") is None
        return
    found = bins(audience)
    assert len(found.labels) == bars
    if not label.startswith("1 to"):
        assert found.labels[0] == label
    assert sum(counts(audience).values()) == 2


def test_moments_fall_into_days_of_the_zone_asked_for(tmp_path: Path) -> None:
    late = [datetime(2025, 3, 31, 21, 59, 59), datetime(2025, 3, 31, 22, 0), datetime(2025, 5, 31, 22, 0)]
    audience = one_field(tmp_path, Kind.MOMENT, late)
    assert counts(audience, zone="Europe/Berlin") == {"March 2025": 1, "April 2025": 1, "June 2025": 1}
    assert counts(audience) == {"March 2025": 2, "May 2025": 1}


def test_dates_far_outside_are_earlier_or_later(tmp_path: Path) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n % 366) for n in range(1_000)]
    audience = one_field(tmp_path, Kind.DATE, [*days, date(1900, 1, 1), date(2099, 1, 1)])
    found = counts(audience)
    assert found["before January 2024"] == 1
    assert found["January 2025 or later"] == 1
    assert found["March 2024"] == 93
    assert (bins(audience).ticks[0], bins(audience).ticks[-1]) == ("earlier", "later")


NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.tuples(NUMBERS, NUMBERS), st.integers(2, 40), st.booleans())
def test_round_bins_hold_everything_between_the_ends(ends: tuple[Any, Any], most: int, above: bool) -> None:
    kind = type(ends[0])
    try:
        low, high = sorted(kind(end) for end in ends)
    except (OverflowError, ValueError):
        return
    found = _number_bins(Span(low, high, False, above, kind is int), most)
    assert 1 <= len(found.labels) <= most + above
    assert len(found.edges) == len(found.labels) - 1
    # A fraction's edge is the nearest that a column of such numbers can hold.
    assert all(low < edge or (kind is float and low == edge) for edge in found.edges[:1])
    if not above:
        assert all(Decimal(str(edge)) <= Decimal(str(high)) for edge in found.edges)


@given(
    st.dates(date(2, 1, 1), date(9998, 12, 31)),
    st.integers(0, 4_000),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
)
def test_calendar_periods_follow_each_other_without_gaps(first: date, days: int, by: str) -> None:
    last = min(first + timedelta(days=days), date(9998, 12, 31))
    starts = period_starts(first, last, by)
    assert starts[0] <= first < starts[1]
    assert starts[-2] <= last < starts[-1]
    assert all(earlier < later for earlier, later in pairwise(starts))
    if by == "week":
        assert {start.weekday() for start in starts} == {0}
    if by in ("month", "quarter", "year"):
        assert {start.day for start in starts} == {1}


@settings(max_examples=25)
@given(
    st.lists(st.integers(-50, 50), max_size=30, unique=True), st.lists(st.integers(-60, 60), min_size=1, max_size=30)
)
def test_place_is_the_number_of_edges_reached(audience_of_one: Audience, edges: list[int], values: list[int]) -> None:
    edges.sort()
    for below, reached in (("<", lambda edge, v: edge <= v), ("<=", lambda edge, v: edge < v)):
        place, parameters = place_in("v", edges, below)
        statement = f"SELECT v, {place} FROM (SELECT unnest($values) AS v)"
        for value, found in rows_of(asked(audience_of_one, statement, parameters | {"values": [*values, None]})):
            assert found == (None if value is None else sum(reached(edge, value) for edge in edges))


@pytest.fixture(scope="module")
def audience_of_one(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    return one_field(tmp_path_factory.mktemp("one"), Kind.NUMBER, [1])


@pytest.mark.parametrize(
    ("number", "words", "short"),
    [
        (1985, "1985", "1985"),
        (Decimal("12.50"), "12.5", "12.5"),
        (10_000, "10,000", "10k"),
        (Decimal(2_500_000), "2,500,000", "2.5M"),
        (-48_000, "-48,000", "-48k"),
        (0.1, "0.1", "0.1"),
        (1e9, "1,000,000,000", "1B"),
        (Decimal("1E+4"), "10,000", "10k"),
        (0, "0", "0"),
    ],
)
def test_numbers_in_words_and_short(number: float, words: str, short: str) -> None:
    assert (number_words(number), short_number(number)) == (words, short)
