"""More is never fewer: thresholds, ranks, samples and distances; and parts that share nobody and leave nobody out."""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import or_

import pytest

from segmentation.definition import (
    EventCondition,
    FieldCondition,
    HabitCondition,
    Last,
    Node,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SequenceCondition,
    Span,
    Step,
    Unit,
)
from segmentation.habits import Regularly, Resumed, Stopped
from segmentation.measures import Measure, MeasureFunction, RfmGroup
from segmentation.operators import COMPARISONS, OPERATORS
from segmentation.places import Climate, Point
from segmentation.windows import BetweenAgo
from tests.oracle.asking import members, none, some
from tests.oracle.worlds import Asked

GROWING = {"at_least": False, "more_than": False, "at_most": True, "less_than": True, "fewer_than": True}
"""Whether more people match the higher the number is."""


@pytest.mark.parametrize("operator", [name for name in GROWING if name in OPERATORS])
@pytest.mark.parametrize("field", ["age", "spend", "score", "big"])
def test_a_threshold_is_monotone_on_fields(worlds: list[Asked], operator: str, field: str) -> None:
    for asked in worlds:
        found = [
            members(asked, FieldCondition(field=field, operator=operator, value=value))
            for value in (-(2**63), -5, 0, 0.1, 1, 20, 2**53, 2**53 + 1, 1e18, 10**30)
        ]
        for lower, higher in pairwise(found):
            assert ((lower - higher) if GROWING[operator] else (higher - lower)).count == 0


@pytest.mark.parametrize("comparison", [name for name in GROWING if name in COMPARISONS])
@pytest.mark.parametrize("function", list(MeasureFunction))
def test_a_threshold_is_monotone_on_events(worlds: list[Asked], comparison: str, function: MeasureFunction) -> None:
    for asked in worlds:
        found = [
            members(
                asked,
                EventCondition(
                    events=("purchase", "page_view"),
                    where=some(FieldCondition(field="gift", operator="is_yes")),
                    measure=Measure(function=function, property="amount"),
                    comparison=comparison,
                    value=value,
                ),
            )
            for value in (-10, 0, 0.1, 1, 2, 3, 20, 1000)
        ]
        for lower, higher in pairwise(found):
            assert ((lower - higher) if GROWING[comparison] else (higher - lower)).count == 0


@pytest.mark.parametrize("unit", list(Unit))
def test_a_longer_window_never_loses_anybody(worlds: list[Asked], unit: Unit) -> None:
    for asked in worlds:
        found = []
        for amount in (0, 1, 2, 7, 30, 1000):
            period = Period(amount=amount, unit=unit)
            found.append(
                (
                    members(asked, EventCondition(events=("purchase",), window=Last(period=period))),
                    members(asked, FieldCondition(field="seen", operator="in_last", value=period)),
                    members(asked, FieldCondition(field="seen", operator="in_next", value=period)),
                    ~members(asked, FieldCondition(field="seen", operator="more_than_ago", value=period)),
                )
            )
        for shorter, longer in pairwise(found):
            assert all((a - b).count == 0 for a, b in zip(shorter, longer, strict=True))


EVENTS = ("purchase", "page_view")
PERCENTS = (0.1, 10, 12.5, 33.3, 50, 66.7, 99.9, 100)


def grows(asked: Asked, nodes: Sequence[Node]) -> None:
    """Each has everybody that the one before has."""
    for smaller, larger in pairwise([members(asked, node) for node in nodes]):
        assert (smaller - larger).count == 0


def parts(asked: Asked, whole: Node, nodes: Sequence[Node]) -> None:
    """They share nobody and are the whole together."""
    found = [members(asked, node) for node in nodes]
    assert reduce(or_, found) == members(asked, whole)
    assert sum(each.count for each in found) == members(asked, whole).count


RANKED = (
    RankCondition(field="spend"),
    RankCondition(field="seen"),
    RankCondition(field="big", within="country"),
    RankCondition(events=EVENTS, within="vip"),
    RankCondition(events=EVENTS, measure=Measure(function=MeasureFunction.AVERAGE, property="amount")),
    RankCondition(events=EVENTS, measure=Measure(function=MeasureFunction.DAYS_SINCE_LAST)),
)


@pytest.mark.parametrize("rank", RANKED)
@pytest.mark.parametrize("direction", ["top", "bottom"])
@pytest.mark.parametrize(("unit", "amounts"), [("percent", PERCENTS), ("people", (0.5, 1, 2, 2.5, 3, 10, 500))])
def test_more_places_never_lose_anybody(
    worlds: list[Asked], rank: RankCondition, direction: str, unit: str, amounts: tuple[float, ...]
) -> None:
    for asked in worlds:
        first = [rank.model_copy(update={"direction": direction, "unit": unit, "amount": each}) for each in amounts]
        grows(asked, first)
        bands = [node.model_copy(update={"after": before}) for node, before in zip(first, (0, *amounts), strict=False)]
        parts(asked, first[-1], bands)


@pytest.mark.parametrize("rank", RANKED)
def test_all_of_the_ranked_are_the_same_from_either_end(worlds: list[Asked], rank: RankCondition) -> None:
    for asked in worlds:
        top, bottom = (
            rank.model_copy(update={"amount": 100, "direction": direction}) for direction in ("top", "bottom")
        )
        assert members(asked, top) == members(asked, bottom)


@pytest.mark.parametrize("field", ["id", "name", "big"])
@pytest.mark.parametrize("seed", ["", "spring"])
def test_samples_of_one_seed_part_everybody_with_an_id(worlds: list[Asked], field: str, seed: str) -> None:
    edges = (0, 0.1, 12.5, 20, 33.3, 66.7, 99, 100)
    for asked in worlds:
        nodes = [SampleCondition(field=field, percent=percent, seed=seed) for percent in edges]
        grows(asked, nodes)
        cells = []
        for start, end in pairwise(edges):
            cells.append(SampleCondition(field=field, start=start, percent=round(end - start, 6), seed=seed))
        parts(asked, FieldCondition(field=field, operator="is_known"), cells)


@pytest.mark.parametrize("latitude", [0, 52.52, -90])
def test_farther_never_loses_anybody_and_beyond_is_the_rest(worlds: list[Asked], latitude: float) -> None:
    point = Point(latitude=latitude, longitude=13.405)
    somewhere = PlaceCondition(climates=tuple(Climate))
    for asked in worlds:
        near = [PlaceCondition(near=point, kilometres=far) for far in (0, 0.5, 10, 504, 5000, 10_008, 20_016, 20_100)]
        grows(asked, near)
        for node in near:
            parts(asked, somewhere, [node, node.model_copy(update={"beyond": True})])
        assert members(asked, near[-1]) == members(asked, somewhere)


def test_climates_part_everybody_who_is_somewhere(worlds: list[Asked]) -> None:
    for asked in worlds:
        parts(
            asked,
            PlaceCondition(climates=tuple(Climate)),
            [PlaceCondition(climates=(climate,)) for climate in Climate],
        )


@pytest.mark.parametrize("amount", ["amount", None])
def test_groups_and_scores_part_everybody_scored(worlds: list[Asked], amount: str | None) -> None:
    for asked in worlds:
        everybody = RfmCondition(events=EVENTS, amount=amount)
        assert members(asked, everybody) == members(asked, EventCondition(events=EVENTS))
        parts(asked, everybody, [everybody.model_copy(update={"groups": (group,)}) for group in RfmGroup])
        for name in ("recency", "frequency", "monetary") if amount else ("recency", "frequency"):
            parts(asked, everybody, [everybody.model_copy(update={name: (n, n)}) for n in range(1, 6)])


# One thing after another, and habits


def test_a_longer_chain_never_gains_anybody(worlds: list[Asked]) -> None:
    steps = tuple(Step(events=(name,)) for name in ("purchase", "page_view", "purchase", "page_view"))
    unwanted = Step(events=('it\'s; "odd"',), absent=True)
    for asked in worlds:
        chains = [SequenceCondition(steps=steps[:length]) for length in (4, 3, 2)]
        grows(asked, [*chains, EventCondition(events=("purchase",))])
        grows(asked, [SequenceCondition(steps=(*steps[:2], unwanted)), chains[-1]])
        grows(asked, [SequenceCondition(steps=(steps[0], unwanted, steps[1])), chains[-1]])
        same = steps[1].model_copy(update={"same": ("gift",)})
        grows(asked, [SequenceCondition(steps=(steps[0], same)), chains[-1]])


def test_more_time_for_a_step_never_loses_anybody_and_for_an_absent_one_never_gains(worlds: list[Asked]) -> None:
    times = [Period(amount=hours, unit=Unit.HOURS) for hours in (0, 1, 24, 168, 100_000)]
    first = Step(events=("purchase",))
    for asked in worlds:
        for absent in (False, True):
            chains = [
                SequenceCondition(steps=(first, Step(events=("page_view",), within=time, absent=absent)))
                for time in times
            ]
            grows(asked, chains[::-1] if absent else chains)


def test_more_periods_of_those_asked_for_never_gain_anybody(worlds: list[Asked]) -> None:
    for asked in worlds:
        for unit in (Unit.DAYS, Unit.WEEKS, Unit.MONTHS):
            each = Period(amount=1, unit=unit)
            habits = [Regularly(least=least, periods=6, each=each) for least in (6, 4, 3, 2, 1)]
            grows(asked, [HabitCondition(events=EVENTS, habit=habit) for habit in habits])
            last = Last(period=Period(amount=6, unit=unit))
            grows(
                asked,
                [HabitCondition(events=EVENTS, habit=habits[-1]), EventCondition(events=EVENTS, window=last)],
            )


def test_nobody_stopped_and_resumed_at_once(worlds: list[Asked]) -> None:
    short, long = Period(amount=7), Period(amount=30)
    for asked in worlds:
        stopped = members(asked, HabitCondition(events=EVENTS, habit=Stopped(recent=short, earlier=long)))
        resumed = members(asked, HabitCondition(events=EVENTS, habit=Resumed(recent=short, pause=long)))
        assert (stopped & resumed).count == 0


# Days and hours


@pytest.mark.parametrize("field", ["born", "seen"])
def test_the_last_days_and_the_days_before_are_the_longer_last_days(worlds: list[Asked], field: str) -> None:
    for asked in worlds:
        for unit, shorter, longer in ((Unit.DAYS, 0, 7), (Unit.DAYS, 7, 30), (Unit.WEEKS, 1, 2), (Unit.MONTHS, 1, 12)):
            short, long = (Period(amount=amount, unit=unit) for amount in (shorter, longer))
            span = Span(nearest=shorter, farthest=longer, unit=unit)
            ages = [
                FieldCondition(field=field, operator="in_last", value=short),
                FieldCondition(field=field, operator="between_ago", value=span),
            ]
            parts(asked, FieldCondition(field=field, operator="in_last", value=long), ages)
            events = [
                EventCondition(events=EVENTS, window=Last(period=short)),
                EventCondition(events=EVENTS, window=BetweenAgo(span=span)),
            ]
            assert members(asked, some(*events)) == members(
                asked, EventCondition(events=EVENTS, window=Last(period=long))
            )


WEEK = "monday tuesday wednesday thursday friday saturday sunday".split()
YEAR = "january february march april may june july august september october november december".split()


@pytest.mark.parametrize("field", ["born", "seen"])
def test_weekdays_months_and_hours_part_everybody_with_a_date(worlds: list[Asked], field: str) -> None:
    for asked in worlds:
        known = FieldCondition(field=field, operator="is_known")
        for operator, names in (("weekday_is", WEEK), ("month_is", YEAR)):
            parts(asked, known, [FieldCondition(field=field, operator=operator, value=(name,)) for name in names])
        if field == "seen":
            hours = ((22, 5), (6, 6), (7, 12), (13, 21))
            parts(asked, known, [FieldCondition(field=field, operator="hour_between", value=pair) for pair in hours])


@pytest.mark.parametrize("field", ["born", "seen"])
def test_ages_part_everybody_born_by_today(worlds: list[Asked], field: str) -> None:
    for asked in worlds:
        born = FieldCondition(field=field, operator="age_at_least", value=0)
        ages = [
            FieldCondition(field=field, operator="age_at_most", value=17),
            FieldCondition(field=field, operator="age_between", value=(18, 29)),
            FieldCondition(field=field, operator="age_at_least", value=30),
        ]
        parts(asked, born, ages)
        later = FieldCondition(field=field, operator="after", value=asked.clock.today.isoformat())
        missing = FieldCondition(field=field, operator="is_missing")
        assert members(asked, born) == members(asked, none(later, missing))
