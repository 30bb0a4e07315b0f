"""Who is at the top and at the bottom, and the scores for recency, frequency and money, reckoned by hand."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from segmentation.audience import Audience
from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import (
    Definition,
    FieldCondition,
    Group,
    Last,
    MeasureFunction,
    Period,
    RankCondition,
    RfmCondition,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.measures import Measure, RfmGroup
from segmentation.ranking import GRID
from tests.segmentation.audiences import catalogue_of, matched, write_audience

NOW = datetime(2026, 3, 31, 10)
CLOCK = Clock(NOW.replace(tzinfo=UTC), "Europe/Berlin")
DAY = timedelta(days=1)
FIELDS = {"spend": Kind.NUMBER, "country": Kind.TEXT, "joined": Kind.DATE, "seen": Kind.MOMENT}
PROPERTIES = {"amount": Kind.NUMBER, "product": Kind.TEXT}
# Eight people with a value, two without one. 90 is the value of two.
SPEND = (100, 90, 90, 70, 60, 0, -5, 10, None, None)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    countries = ("DE", "de", "FR", "FR", None, "DE", "FR", "fr", "DE", None)
    rows = [{"spend": spend, "country": country} for spend, country in zip(SPEND, countries, strict=True)]
    audience = write_audience(tmp_path_factory.mktemp("rank") / "a.duckdb", FIELDS, rows, PROPERTIES)
    yield audience
    audience.close()


def top(**changes: Any) -> RankCondition:
    return RankCondition(**{"field": "spend", "unit": "people"} | changes)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (top(amount=1), [0]),
        (top(amount=2), [0, 1, 2]),  # both of the second place are in
        (top(amount=3), [0, 1, 2]),
        (top(amount=4), [0, 1, 2, 3]),
        (top(amount=1, direction="bottom"), [6]),
        (top(amount=2, direction="bottom"), [5, 6]),
        (top(amount=7, direction="bottom"), [1, 2, 3, 4, 5, 6, 7]),
        (top(amount=1000), [0, 1, 2, 3, 4, 5, 6, 7]),  # people without a value have no place
        (top(amount=1.5), [0, 1, 2]),  # rounded up
        # percent of the eight with a value
        (top(unit="percent", amount=10), [0]),  # 0.8 people are one
        (top(unit="percent", amount=12.5), [0]),
        (top(unit="percent", amount=12.6), [0, 1, 2]),  # 1.008 people are two, and a tie
        (top(unit="percent", amount=50), [0, 1, 2, 3]),
        (top(unit="percent", amount=50, direction="bottom"), [4, 5, 6, 7]),
        (top(unit="percent", amount=100), [0, 1, 2, 3, 4, 5, 6, 7]),
        (top(unit="percent", amount=1e-9), [0]),
        # bands
        (top(amount=4, after=1), [1, 2, 3]),
        (top(amount=4, after=2), [3]),  # the tie of the second place is in the first two, so that it is not here
        (top(amount=3, after=2), []),
        (top(unit="percent", amount=50, after=25), [3]),
        (top(unit="percent", amount=100, after=50), [4, 5, 6, 7]),
        (top(amount=4, after=1, direction="bottom"), [4, 5, 7]),
        # among the people of one country, in any case of letters; without a country nobody is ranked
        (top(amount=1, within="country"), [0, 2]),
        (top(amount=2, within="country"), [0, 1, 2, 3]),
        (top(amount=1, within="country", direction="bottom"), [5, 6]),
        (top(unit="percent", amount=50, within="country"), [0, 1, 2, 3]),  # half of three are two, half of four are two
        (top(unit="percent", amount=100, within="country"), [0, 1, 2, 3, 5, 6, 7]),
    ],
)
def test_rank_by_a_field(people: Audience, condition: RankCondition, expected: list[int]) -> None:
    assert matched(people, CLOCK, condition) == expected


@pytest.mark.parametrize("unit", ["people", "percent"])
@pytest.mark.parametrize("direction", ["top", "bottom"])
@pytest.mark.parametrize("within", [None, "country"])
def test_bands_that_follow_each_other_share_nobody_and_leave_nobody_out(
    people: Audience, unit: str, direction: str, within: str | None
) -> None:
    edges = (0, 1, 2, 4, 7, 50, 100)
    bands = [
        matched(people, CLOCK, top(unit=unit, direction=direction, within=within, after=after, amount=amount))
        for after, amount in pairwise(edges)
    ]
    everybody = matched(people, CLOCK, top(unit=unit, direction=direction, within=within, amount=100))
    assert sorted(row for band in bands for row in band) == everybody


def test_dates_rank_the_latest_first(tmp_path: Path) -> None:
    rows = [
        {"joined": date(2026, 1, 1), "seen": datetime(2026, 1, 1)},
        {"joined": date(2027, 1, 1), "seen": datetime(2026, 1, 1, 0, 0, 1)},
        {},
    ]
    audience = write_audience(tmp_path / "a.duckdb", FIELDS, rows)
    for field in ("joined", "seen"):
        assert matched(audience, CLOCK, top(field=field, amount=1)) == [1]
        assert matched(audience, CLOCK, top(field=field, amount=1, direction="bottom")) == [0]
    audience.close()


def test_nobody_is_ranked_where_nobody_has_a_value(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "a.duckdb", FIELDS, [{}, {}], PROPERTIES, names=("buy",))
    for condition in (top(unit="percent", amount=100), RankCondition(events=("buy",)), RfmCondition(events=("buy",))):
        answer = Engine(audience).answer(Definition(root=Group(children=(condition,))), CLOCK)
        assert (answer.total, answer.counted) == (0, True)
    audience.close()


# What five people did: amounts with the days since; a sixth did nothing, a seventh only other things.
DID: tuple[tuple[tuple[int, float | None, str | None], ...], ...] = (
    ((1, 10, "a"), (40, 10, "a")),
    ((2, 50, "a"),),
    ((3, 1, "a"), (3, 2, "b"), (90, 3, "c")),
    ((4, None, None),),
    ((5, -20, "b"), (6, 20, "b")),
    (),
)


@pytest.fixture(scope="module")
def doing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    events = [
        {"_row": row, "_name": "buy", "_time": NOW - days * DAY, "amount": amount, "product": product}
        for row, did in enumerate(DID)
        for days, amount, product in did
    ]
    events += [
        {"_row": 6, "_name": "login", "_time": NOW},
        {"_row": 5, "_name": "buy", "_time": NOW + DAY, "amount": 999},
    ]
    audience = write_audience(tmp_path_factory.mktemp("doing") / "a.duckdb", {}, [{}] * 7, PROPERTIES, events)
    yield audience
    audience.close()


def did(function: MeasureFunction, **changes: Any) -> RankCondition:
    detail = "product" if function == MeasureFunction.DISTINCT else "amount"
    return RankCondition(
        **{"events": ("buy",), "measure": Measure(function=function, property=detail), "unit": "people", "amount": 1}
        | changes
    )


A = Group(children=(FieldCondition(field="product", operator="is", value="a"),))
ORDER: dict[MeasureFunction, tuple[RankCondition, tuple[set[int], ...]]] = {
    MeasureFunction.COUNT: (did(MeasureFunction.COUNT), ({2}, {0, 4}, {1, 3})),
    MeasureFunction.DISTINCT: (did(MeasureFunction.DISTINCT), ({2}, {0, 1, 4}, {3})),
    MeasureFunction.SUM: (did(MeasureFunction.SUM), ({1}, {0}, {2}, {3, 4})),
    MeasureFunction.AVERAGE: (did(MeasureFunction.AVERAGE), ({1}, {0}, {2}, {4})),  # nothing is known of 3
    MeasureFunction.MINIMUM: (did(MeasureFunction.MINIMUM), ({1}, {0}, {2}, {4})),
    MeasureFunction.MAXIMUM: (did(MeasureFunction.MAXIMUM), ({1}, {4}, {0}, {2})),
    MeasureFunction.SHARE: (did(MeasureFunction.SHARE, where=A), ({0, 1}, {2}, {3, 4})),
    MeasureFunction.DAYS_SINCE_FIRST: (did(MeasureFunction.DAYS_SINCE_FIRST), ({2}, {0}, {4}, {3}, {1})),
    MeasureFunction.DAYS_SINCE_LAST: (did(MeasureFunction.DAYS_SINCE_LAST), ({4}, {3}, {2}, {1}, {0})),
}
"""For each measure the people from the top place down, those with the same value together; people who did not buy have no place."""


@pytest.mark.parametrize("function", list(MeasureFunction))
def test_rank_by_what_people_did(doing: Audience, function: MeasureFunction) -> None:
    condition, places = ORDER[function]
    for direction, ordered in (("top", places), ("bottom", places[::-1])):
        above: set[int] = set()
        for tied in ordered:
            changes = {"direction": direction, "after": len(above), "amount": len(above) + 1}
            assert set(matched(doing, CLOCK, condition.model_copy(update=changes))) == tied, (direction, above)
            above |= tied
        changes = {"direction": direction, "amount": 100, "unit": "percent"}
        assert set(matched(doing, CLOCK, condition.model_copy(update=changes))) == above


def test_every_measure_has_a_rank() -> None:
    assert set(ORDER) == set(MeasureFunction)


def test_rank_looks_only_at_events_in_the_window_that_pass_the_filters(doing: Audience) -> None:
    recent = did(MeasureFunction.COUNT, window=Last(period=Period(amount=3)), amount=100, unit="percent")
    assert matched(doing, CLOCK, recent) == [0, 1, 2]
    filtered = did(MeasureFunction.COUNT, where=A, amount=100, unit="percent")
    assert matched(doing, CLOCK, filtered) == [0, 1, 2]
    assert matched(doing, CLOCK, did(MeasureFunction.COUNT, where=A)) == [0]


def test_averages_that_are_equal_tie_whatever_their_sums(tmp_path: Path) -> None:
    amounts = ((0.1, 0.1, 0.1), (0.1,), (0.1, 0.2, 0.0), (0.05,))
    events = [
        {"_row": row, "_name": "buy", "_time": NOW - DAY, "amount": amount}
        for row, found in enumerate(amounts)
        for amount in found
    ]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 4, PROPERTIES, events)
    assert matched(audience, CLOCK, did(MeasureFunction.AVERAGE)) == [0, 1, 2]
    audience.close()


RANK_FAULTS: tuple[tuple[RankCondition, str], ...] = (
    (RankCondition(), "Choose what people are ranked by."),
    (RankCondition(field="spend", events=("buy",)), "Rank by a field or by what people did, not by both."),
    (top(amount=None), "Enter how many."),
    (top(amount=0), "Enter how many."),
    (top(amount=5, after=5), "The first 5 without the first 5 are nobody: the second number is smaller."),
    (top(unit="percent", amount=101), "There are at most 100 percent."),
    (top(field="spent"), "There is no field “spent” in the customers. Close: spend"),
    (top(field="country"), "“Country” is text; people are ranked by a number, a date or what they did."),
    (top(within="land"), "There is no field “land” in the customers."),
    (RankCondition(events=("by",)), "There is no event “by”. Close: buy."),
    (
        did(MeasureFunction.SUM, measure=Measure(function=MeasureFunction.SUM)),
        "Choose the detail whose total is compared.",
    ),
    (did(MeasureFunction.SHARE), "Choose which of these events count for the share: add a detail."),
)
RFM_FAULTS: tuple[tuple[RfmCondition, str], ...] = (
    (RfmCondition(), "Choose what they did."),
    (RfmCondition(events=("buy",), amount="price"), "There is no detail “price” on any event."),
    (RfmCondition(events=("buy",), amount="product"), "“Product” is text; monetary value needs a number."),
    (RfmCondition(events=("buy",), monetary=(4, 5)), "Choose the detail that says how much was spent."),
    (RfmCondition(events=("buy",), recency=(5, 4)), "The first score (5) is above the second (4); swap them."),
)


@pytest.mark.parametrize(("condition", "message"), [*RANK_FAULTS, *RFM_FAULTS])
def test_what_is_missing_in_a_rank_is_said(condition: RankCondition | RfmCondition, message: str) -> None:
    with pytest.raises(HandpickError) as raised:
        compile_condition(condition, catalogue_of(FIELDS, PROPERTIES, ("buy",)), CLOCK, None)
    assert str(raised.value).startswith(message)


# Recency, frequency, money


def scores(values: Sequence[float]) -> list[int]:
    """Each person's score by the words of the page: 6 − q for the smallest q of 1 to 5 with at most so many people above."""
    found = []
    for value in values:
        above = sum(other > value for other in values)
        found.append(next(6 - q for q in range(1, 6) if above * 5 < len(values) * q))
    return found


# Ten people who bought: days since the last time, how often, and for how much in all.
BOUGHT: tuple[tuple[int, int, float | None], ...] = (
    (1, 9, 900),
    (2, 1, 5),
    (3, 4, 100),
    (4, 4, 100),
    (5, 2, 50),
    (6, 2, 20),
    (7, 7, 300),
    (8, 1, None),
    (9, 5, 80),
    (10, 1, -10),
)
R = [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
F = [5, 2, 4, 4, 3, 3, 5, 2, 4, 2]  # 9 and 7; 5, 4 and 4; 2 and 2; the three ones all from the eighth place on
M = [5, 2, 4, 4, 3, 2, 5, 1, 3, 1]


@pytest.fixture(scope="module")
def buyers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    events = [
        {
            "_row": row,
            "_name": "buy",
            "_time": NOW - days * DAY - n * timedelta(hours=1),
            "amount": amount if n == 0 else None,
        }
        for row, (days, times, amount) in enumerate(BOUGHT)
        for n in range(times)
    ]
    events += [{"_row": 10, "_name": "login", "_time": NOW}, {"_row": 11, "_name": "buy", "_time": NOW + DAY}]
    audience = write_audience(tmp_path_factory.mktemp("rfm") / "a.duckdb", {}, [{}] * 12, PROPERTIES, events)
    yield audience
    audience.close()


def test_the_hand_computed_quintiles_follow_from_the_rule() -> None:
    assert scores([-days for days, _, _ in BOUGHT]) == R
    assert scores([times for _, times, _ in BOUGHT]) == F
    assert scores([amount or 0 for *_, amount in BOUGHT]) == M


@pytest.mark.parametrize("name", ["recency", "frequency", "monetary"])
def test_scores_are_quintiles_with_ties_in_the_better_one(buyers: Audience, name: str) -> None:
    expected = {"recency": R, "frequency": F, "monetary": M}[name]
    for low, high in product(range(1, 6), repeat=2):
        if low <= high:
            condition = RfmCondition(**{"events": ("buy",), "amount": "amount", name: (low, high)})
            found = [row for row, score in enumerate(expected) if low <= score <= high]
            assert matched(buyers, CLOCK, condition) == found, (low, high)


def test_groups_are_the_pairs_of_the_grid_and_share_nobody(buyers: Audience) -> None:
    found = {group: matched(buyers, CLOCK, RfmCondition(events=("buy",), groups=(group,))) for group in RfmGroup}
    for group, rows in found.items():
        (r_low, r_high), (f_low, f_high) = GRID[group]
        assert rows == [row for row in range(10) if r_low <= R[row] <= r_high and f_low <= F[row] <= f_high], group
    assert sorted(row for rows in found.values() for row in rows) == list(range(10))
    both = RfmCondition(events=("buy",), groups=(RfmGroup.CHAMPIONS, RfmGroup.LOYAL))
    assert matched(buyers, CLOCK, both) == sorted(found[RfmGroup.CHAMPIONS] + found[RfmGroup.LOYAL])
    assert matched(buyers, CLOCK, RfmCondition(events=("buy",))) == list(range(10))


def test_the_grid_covers_every_pair_of_scores_once() -> None:
    pairs = [
        (r, f)
        for (r_low, r_high), (f_low, f_high) in GRID.values()
        for r in range(r_low, r_high + 1)
        for f in range(f_low, f_high + 1)
    ]
    assert sorted(pairs) == sorted(product(range(1, 6), repeat=2))
    assert set(GRID) == set(RfmGroup)


# The recency and frequency scores by which a group is known, for each group once.
KNOWN_BY = {
    RfmGroup.CHAMPIONS: (5, 5),
    RfmGroup.LOYAL: (4, 4),
    RfmGroup.POTENTIAL_LOYALISTS: (5, 2),
    RfmGroup.NEW: (5, 1),
    RfmGroup.PROMISING: (4, 1),
    RfmGroup.NEED_ATTENTION: (3, 3),
    RfmGroup.ABOUT_TO_SLEEP: (3, 1),
    RfmGroup.AT_RISK: (2, 4),
    RfmGroup.CANNOT_LOSE: (1, 5),
    RfmGroup.HIBERNATING: (1, 1),
}


def test_every_group_has_an_example() -> None:
    assert set(KNOWN_BY) == set(RfmGroup)
    for group, (r, f) in KNOWN_BY.items():
        (r_low, r_high), (f_low, f_high) = GRID[group]
        assert r_low <= r <= r_high
        assert f_low <= f <= f_high


def test_groups_and_scores_hold_together(buyers: Audience) -> None:
    condition = RfmCondition(
        events=("buy",), amount="amount", groups=(RfmGroup.LOYAL,), monetary=(4, 4), recency=(4, 5)
    )
    assert matched(buyers, CLOCK, condition) == [2, 3]


def test_everybody_alike_scores_best(tmp_path: Path) -> None:
    events = [{"_row": row, "_name": "buy", "_time": NOW, "amount": 1} for row in range(7)]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 8, PROPERTIES, events)
    five = RfmCondition(events=("buy",), amount="amount", recency=(5, 5), frequency=(5, 5), monetary=(5, 5))
    assert matched(audience, CLOCK, five) == list(range(7))
    audience.close()


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7])
def test_few_people_score_from_the_top(tmp_path: Path, size: int) -> None:
    events = [{"_row": row, "_name": "buy", "_time": NOW - row * DAY} for row in range(size)]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * size, PROPERTIES, events)
    expected = scores([-row for row in range(size)])
    for score in range(1, 6):
        condition = RfmCondition(events=("buy",), recency=(score, score))
        assert matched(audience, CLOCK, condition) == [row for row, own in enumerate(expected) if own == score]
    audience.close()
