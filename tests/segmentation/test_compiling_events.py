"""Event conditions by hand: every comparison, window and measure, and the people who did nothing."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    Definition,
    During,
    EventCondition,
    Ever,
    FieldCondition,
    Group,
    Last,
    Match,
    Measure,
    MeasureFunction,
    Near,
    OtherField,
    Period,
    Span,
    Unit,
    Which,
    Window,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.operators import COMPARISONS
from segmentation.windows import CalendarPeriod, Side
from tests.segmentation.audiences import catalogue_of, write_audience

NOW = datetime(2026, 3, 31, 10, 0)
CLOCK = Clock(NOW.replace(tzinfo=UTC), "Europe/Berlin")
TICK = timedelta(microseconds=1)
PROPERTIES = {
    "amount": Kind.NUMBER,
    "rate": Kind.NUMBER,
    "product": Kind.TEXT,
    "colours": Kind.LIST,
    "gift": Kind.YES_NO,
    "due": Kind.DATE,
}


def event(row: int, name: str = "purchase", time: datetime = NOW - timedelta(days=1), **details: Any) -> dict[str, Any]:
    return {"_row": row, "_name": name, "_time": time} | details


def answer(
    folder: Path, people: int, events: list[dict[str, Any]], *conditions: EventCondition | FieldCondition | Group
):
    audience = write_audience(
        folder / "a.duckdb",
        {"age": Kind.NUMBER},
        [{"age": n} for n in range(people)],
        PROPERTIES,
        events,
        names=("purchase", "login", "refund"),
    )
    found = Engine(audience).answer(Definition(root=Group(children=conditions)), CLOCK)
    audience.close()
    assert found.counted, found.unfinished
    assert not found.unfinished
    return set(found.members.rows().tolist())


def did(**changes: Any) -> EventCondition:
    return EventCondition(**{"events": ("purchase",)} | changes)


# Person n purchased n times, person 4 only logged in, person 5 did nothing at all.
TIMES: dict[str, tuple[tuple[Any, set[int]], ...]] = {
    "at_least": ((1, {1, 2, 3}), (2, {2, 3}), (0, {0, 1, 2, 3, 4, 5}), (0.5, {1, 2, 3}), (-1, {0, 1, 2, 3, 4, 5})),
    "never": ((None, {0, 4, 5}), (3, {0, 4, 5})),
    "at_most": ((1, {0, 1, 4, 5}), (0, {0, 4, 5}), (-1, set()), (3, {0, 1, 2, 3, 4, 5})),
    "exactly": ((0, {0, 4, 5}), (2, {2}), (2.0, {2}), (1.5, set())),
    "more_than": ((0, {1, 2, 3}), (2, {3}), (-1, {0, 1, 2, 3, 4, 5})),
    "fewer_than": ((1, {0, 4, 5}), (3, {0, 1, 2, 4, 5}), (0, set())),
    "between": (((0, 1), {0, 1, 4, 5}), ((1, 2), {1, 2}), ((2, 2), {2}), ((-2, -1), set())),
}


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    events = [event(row) for row in (1, 2, 3) for _ in range(row)] + [event(4, "login")]
    audience = write_audience(
        tmp_path_factory.mktemp("counting") / "a.duckdb", {}, [{}] * 6, PROPERTIES, events, names=("refund",)
    )
    yield Engine(audience)
    audience.close()


@pytest.mark.parametrize(
    ("comparison", "value", "expected"), [(name, *case) for name, cases in TIMES.items() for case in cases]
)
def test_comparison_of_times(counting: Engine, comparison: str, value: Any, expected: set[int]) -> None:
    found = counting.answer(Definition(root=Group(children=(did(comparison=comparison, value=value),))), CLOCK)
    assert set(found.members.rows().tolist()) == expected
    assert found.counted


def test_every_comparison_has_an_example_with_people_who_did_nothing() -> None:
    assert set(TIMES) == set(COMPARISONS)
    for name, cases in TIMES.items():
        assert any(5 in expected for _, expected in cases), name


@pytest.mark.parametrize("name", list(COMPARISONS))
def test_holds_says_the_same_as_the_sql(counting: Engine, name: str) -> None:
    row = COMPARISONS[name]
    for value in (0, 1, 2, 3):
        operand = (value, value + 1) if name == "between" else value
        bound = () if name == "never" else operand if isinstance(operand, tuple) else (operand,)
        definition = Definition(root=Group(children=(did(comparison=name, value=operand),)))
        found = set(counting.answer(definition, CLOCK).members.rows().tolist())
        assert found & {1, 2, 3} == {n for n in (1, 2, 3) if row.holds(n, *(bound or (0,)))}
        assert (5 in found) == row.holds(0, *(bound or (0,)))


# One purchase for each person, at these times; the last person has none.
EDGE = NOW - timedelta(days=7)
MONTH_AGO = datetime(2026, 2, 28, 11)  # noon in Berlin on February 28
DAY_BEGINS, DAY_ENDS = datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 22)  # March 29 in Berlin has 23 hours
AT = [
    EDGE - TICK,
    EDGE,
    NOW,
    NOW + TICK,
    MONTH_AGO - TICK,
    MONTH_AGO,
    DAY_BEGINS - TICK,
    DAY_BEGINS,
    DAY_ENDS - TICK,
    DAY_ENDS,
]
DAY = date(2026, 3, 29)
PAST = set(range(len(AT))) - {3}
WINDOWS: dict[str, tuple[tuple[Window, set[int]], ...]] = {
    "ever": ((Ever(), PAST),),
    "last": (
        (Last(period=Period(amount=7)), {1, 2, 6, 7, 8, 9}),
        (Last(period=Period(amount=1, unit=Unit.WEEKS)), {1, 2, 6, 7, 8, 9}),
        (Last(period=Period(amount=168, unit=Unit.HOURS)), {1, 2, 6, 7, 8, 9}),
        (Last(period=Period(amount=1, unit=Unit.MONTHS)), PAST - {4}),
        (Last(period=Period(amount=0)), {2}),
        (Last(period=Period(amount=100_000, unit=Unit.YEARS)), PAST),
    ),
    "before": (
        (Before(period=Period(amount=7)), {0, 4, 5}),
        (Before(period=Period(amount=1, unit=Unit.MONTHS)), {4}),
        (Before(period=Period(amount=0)), PAST - {2}),
        (Before(period=Period(amount=100_000, unit=Unit.YEARS)), set()),
    ),
    "between_days": (
        (BetweenDays(first=DAY, last=DAY), {7, 8}),
        (BetweenDays(first=DAY), {2, 7, 8, 9}),
        (BetweenDays(last=DAY), {0, 1, 4, 5, 6, 7, 8}),
        (BetweenDays(first=date(2026, 3, 31), last=date(2026, 3, 31)), {2}),
        (BetweenDays(first=date.min, last=date.max), PAST),
    ),
    "between_ago": (
        (BetweenAgo(span=Span(nearest=0, farthest=7)), {1, 6, 7, 8, 9}),  # now itself is out
        (BetweenAgo(span=Span(nearest=7, farthest=14)), {0}),
        (BetweenAgo(span=Span(nearest=1, farthest=2, unit=Unit.MONTHS)), {4}),
        (BetweenAgo(span=Span(nearest=0, farthest=1, unit=Unit.MONTHS)), PAST - {2, 4}),
        (BetweenAgo(span=Span(nearest=99_999, farthest=100_000, unit=Unit.YEARS)), set()),
    ),
    "between_times": (
        (BetweenTimes(start="2026-03-29", end="2026-03-30"), {7, 8}),
        (BetweenTimes(start="2026-03-29T00:00", end="2026-03-29T22:00Z"), {7, 8}),
        (BetweenTimes(start="2026-03-31T12:00"), {2}),
        (BetweenTimes(end="2026-03-24T12:00+02:00"), {0, 4, 5}),
        (BetweenTimes(end="2026-03-24T12:00:00.000001+02:00"), {0, 1, 4, 5}),
    ),
    "during": (
        (During(calendar=CalendarPeriod.TODAY), {2}),
        (During(calendar=CalendarPeriod.LAST_WEEK), {0, 1, 6, 7, 8}),
        (During(calendar=CalendarPeriod.THIS_WEEK), {2, 9}),
        (During(calendar=CalendarPeriod.LAST_MONTH), {4, 5}),
        (During(calendar=CalendarPeriod.THIS_YEAR), PAST),
        (During(calendar=CalendarPeriod.TOMORROW), set()),
    ),
    "near": (
        (Near(field="joined", side=Side.AFTER, period=Period(amount=0)), {1, 7, 8, 9}),
        (Near(field="joined", side=Side.BEFORE, period=None), {0, 6}),
    ),
}
JOINED = {0: "2026-03-25", 1: "2026-03-24", 4: None, 6: "2026-03-29", 7: "2026-03-29", 8: "2026-03-29", 9: "2026-03-30"}
"""The day that some of these people joined: the one of person 0 lies behind, the one of 6 a moment behind the purchase."""


@pytest.fixture(scope="module")
def timing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    events = [event(row, time=time) for row, time in enumerate(AT)]
    folder = tmp_path_factory.mktemp("timing")
    people = [{"joined": JOINED.get(row)} for row in range(len(AT) + 1)]
    audience = write_audience(folder / "a.duckdb", {"joined": Kind.DATE}, people, PROPERTIES, events)
    yield Engine(audience)
    audience.close()


def found(engine: Engine, *conditions: EventCondition | Group) -> set[int]:
    return set(engine.answer(Definition(root=Group(children=conditions)), CLOCK).members.rows().tolist())


@pytest.mark.parametrize(("window", "expected"), [case for cases in WINDOWS.values() for case in cases])
def test_window(timing: Engine, window: Window, expected: set[int]) -> None:
    assert found(timing, did(window=window)) == expected
    assert found(timing, did(window=window, comparison="never")) == set(range(len(AT) + 1)) - expected


def test_every_window_has_an_example() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(Window)[0])}
    assert set(WINDOWS) == kinds


def test_in_the_last_and_before_never_overlap_and_leave_nothing_of_the_past(timing: Engine) -> None:
    period = Period(amount=7)
    last, before = did(window=Last(period=period)), did(window=Before(period=period))
    assert found(timing, last, before) == set()
    assert found(timing, Group(match=Match.ANY, children=(last, before))) == PAST


# Person 0: 10 + 0.1 + 0.2 and one purchase without amount; 1: 5 twice; 2: a purchase without amount; 3: nothing; 4: −5 and 5.
AMOUNTS: tuple[tuple[float | None, ...], ...] = ((10, 0.1, 0.2, None), (5, 5), (None,), (), (-5, 5))
MEASURES: dict[MeasureFunction, tuple[tuple[str, Any, set[int]], ...]] = {
    MeasureFunction.COUNT: (("exactly", 4, {0}), ("at_most", 1, {2, 3})),
    MeasureFunction.DISTINCT: (
        ("exactly", 1, {1}),
        ("at_most", 1, {1, 2, 3}),
        ("at_least", 3, {0}),
        ("exactly", 0, {2, 3}),
    ),
    MeasureFunction.SUM: (
        ("exactly", 10.3, {0}),
        ("at_least", 10, {0, 1}),
        ("exactly", 0, {2, 3, 4}),
        ("at_most", 10, {1, 2, 3, 4}),
        ("fewer_than", 0, set()),
        ("between", (0, 10), {1, 2, 3, 4}),
        ("more_than", -1, {0, 1, 2, 3, 4}),
    ),
    MeasureFunction.AVERAGE: (
        ("at_least", 3.4333, {0, 1}),
        ("at_least", 3.4334, {1}),
        ("exactly", 5, {1}),
        ("at_most", 5, {0, 1, 4}),
        ("between", (0, 0), {4}),
    ),
    MeasureFunction.MINIMUM: (("exactly", 0.1, {0}), ("at_most", 5, {0, 1, 4}), ("fewer_than", 0, {4})),
    MeasureFunction.MAXIMUM: (("exactly", 10, {0}), ("at_least", 5, {0, 1, 4}), ("at_most", 100, {0, 1, 4})),
    MeasureFunction.SHARE: (  # of purchases of at least 5: 1 of 4, 2 of 2, 0 of 1, none at all, 1 of 2
        ("exactly", 25, {0}),
        ("exactly", 0, {2}),
        ("at_least", 50, {1, 4}),
        ("more_than", 50, {1}),
        ("at_most", 100, {0, 1, 2, 4}),
        ("fewer_than", 25.0001, {0, 2}),
        ("between", (25, 50), {0, 4}),
    ),
    MeasureFunction.DAYS_SINCE_FIRST: (  # every purchase was exactly one day ago
        ("exactly", 1, {0, 1, 2, 4}),
        ("at_least", 1, {0, 1, 2, 4}),
        ("more_than", 1, set()),
        ("fewer_than", 1.000001, {0, 1, 2, 4}),
        ("at_most", 0.999999, set()),
        ("between", (0, 2), {0, 1, 2, 4}),
    ),
    MeasureFunction.DAYS_SINCE_LAST: (
        ("exactly", 1, {0, 1, 2, 4}),
        ("at_most", 10**30, {0, 1, 2, 4}),
        ("at_least", -5, {0, 1, 2, 4}),
    ),
}
AT_LEAST_5 = Group(children=(FieldCondition(field="amount", operator="at_least", value=5),))


@pytest.mark.parametrize("function", list(MeasureFunction))
def test_measure(tmp_path: Path, function: MeasureFunction) -> None:
    events = [event(row, amount=amount) for row, amounts in enumerate(AMOUNTS) for amount in amounts]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 5, PROPERTIES, events)
    engine = Engine(audience)
    for comparison, value, expected in MEASURES[function]:
        where = AT_LEAST_5 if function == MeasureFunction.SHARE else None
        measure = Measure(function=function, property="amount")
        condition = did(measure=measure, comparison=comparison, value=value, where=where)
        found = engine.answer(Definition(root=Group(children=(condition,))), CLOCK)
        assert set(found.members.rows().tolist()) == expected, (comparison, value)
    audience.close()


def test_every_measure_has_an_example() -> None:
    assert set(MEASURES) == set(MeasureFunction)


def test_distinct_counts_texts_as_they_are_written_and_lists_as_a_whole(tmp_path: Path) -> None:
    events = [
        event(0, product="Shoe", colours=["red", "blue"]),
        event(0, product="shoe", colours=["red"]),
        event(0, colours=["red"]),
    ]
    for detail in ("product", "colours"):
        measure = Measure(function=MeasureFunction.DISTINCT, property=detail)
        assert answer(tmp_path, 1, events, did(measure=measure, comparison="exactly", value=2)) == {0}
        (tmp_path / "a.duckdb").unlink()


def test_all_filters_hold_on_one_and_the_same_event(tmp_path: Path) -> None:
    events = [
        event(0, product="shoe", gift=True),
        event(1, product="shoe", gift=False),
        event(1, product="hat", gift=True),
    ]
    where = Group(
        children=(
            FieldCondition(field="product", operator="is", value="SHOE"),
            FieldCondition(field="gift", operator="is_yes"),
        )
    )
    assert answer(tmp_path, 2, events, did(where=where)) == {0}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (FieldCondition(field="product", operator="is_not", value="shoe"), {1, 2, 3}),
        (FieldCondition(field="product", operator="is_not", value="shoe", leave_out_missing=True), {1, 3}),
        (FieldCondition(field="product", operator="is_missing"), {2}),
        (Group(match=Match.NONE, children=(FieldCondition(field="product", operator="is", value="shoe"),)), {1, 2, 3}),
        (
            Group(
                match=Match.NONE,
                children=(
                    FieldCondition(field="product", operator="is_not", value="shoe"),
                    FieldCondition(field="amount", operator="less_than", value=10),
                ),
            ),
            {0},
        ),
        (
            Group(
                match=Match.ANY,
                children=(
                    FieldCondition(field="product", operator="is", value="shoe"),
                    FieldCondition(field="amount", operator="at_most", value=10),
                ),
            ),
            {0, 3},
        ),
        (
            Group(match=Match.NONE, enabled=False, children=(FieldCondition(field="gift", operator="is_yes"),)),
            {0, 1, 2, 3},
        ),
        (FieldCondition(field="product", operator="is", value="shoe", enabled=False), {0, 1, 2, 3}),
        (Group(), {0, 1, 2, 3}),
    ],
)
def test_filters_of_an_event_with_missing_values(
    tmp_path: Path, where: FieldCondition | Group, expected: set[int]
) -> None:
    events = [
        event(0, product="shoe", amount=20),
        event(1, product="hat", amount=20),
        event(2),
        event(3, product="hat", amount=5),
    ]
    assert answer(tmp_path, 5, events, did(where=Group(children=(where,)))) == expected


def test_any_of_several_events_counts_together_and_a_name_given_twice_counts_once(tmp_path: Path) -> None:
    events = [event(0), event(0, "login"), event(1), event(1, "refund")]
    both = did(events=("purchase", "login", "purchase"), comparison="exactly", value=2)
    assert answer(tmp_path, 2, events, both) == {0}


def test_several_conditions_never_multiply_each_others_sums(tmp_path: Path) -> None:
    events = [event(0, amount=10), event(0, amount=10), *(event(0, "login") for _ in range(3))]
    total = did(measure=Measure(function=MeasureFunction.SUM, property="amount"), comparison="exactly", value=20)
    logins = did(events=("login",), comparison="exactly", value=3)
    assert answer(tmp_path, 1, events, total, logins) == {0}


def test_did_not_includes_people_without_any_event_even_where_there_are_no_events_at_all(tmp_path: Path) -> None:
    assert answer(tmp_path, 3, [], did(comparison="never")) == {0, 1, 2}
    (tmp_path / "a.duckdb").unlink()
    assert answer(tmp_path, 3, [], did()) == set()


def test_an_event_later_than_now_never_counts(tmp_path: Path) -> None:
    events = [event(0, time=NOW + timedelta(days=1)), event(1)]
    tomorrow = BetweenDays(first=date(2026, 4, 1), last=date(2026, 4, 30))
    for number, (condition, expected) in enumerate(
        (
            (did(), {1}),
            (did(comparison="never"), {0}),
            (did(window=tomorrow), set()),
            (did(window=tomorrow, comparison="never"), {0, 1}),
        )
    ):
        (tmp_path / str(number)).mkdir()
        assert answer(tmp_path / str(number), 2, events, condition) == expected


# Days since, share


def test_days_since_are_elapsed_time_with_fractions_from_the_first_and_the_last(tmp_path: Path) -> None:
    """Between noon on 28 March and noon on 31 March in Berlin lie 71 hours, as the clocks went forward."""
    noon = datetime(2026, 3, 28, 11)
    events = [
        event(0, time=noon),
        event(0, time=NOW - timedelta(hours=12)),
        event(1, time=NOW),
        event(2, time=NOW + TICK),
    ]

    def since(function: MeasureFunction, comparison: str, value: Any) -> set[int]:
        measure = Measure(function=function)
        people = answer(tmp_path, 4, events, did(measure=measure, comparison=comparison, value=value))
        (tmp_path / "a.duckdb").unlink()
        return people

    first, last = MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST
    assert since(first, "at_least", 2.958) == {0}
    assert since(first, "at_least", 3) == set()
    assert since(last, "exactly", 0.5) == {0}
    assert since(last, "at_most", 0.5) == {0, 1}
    assert since(last, "exactly", 0) == {1}
    assert since(last, "between", (0.4, 0.6)) == {0}
    assert since(last, "fewer_than", 0) == set(), "nothing of the future happened yet"
    assert since(first, "at_most", 1_000) == {0, 1}, "people who did nothing have no days since"


@pytest.mark.parametrize("comparison", [name for name, row in COMPARISONS.items() if not row.only_count])
def test_days_since_compare_as_numbers_do(counting: Engine, comparison: str) -> None:
    row = COMPARISONS[comparison]
    for bound in ((0, 1), (1, 1), (1, 2), (2, 3), (0.5, 0.75)):
        values = bound if comparison == "between" else bound[:1]
        for function in (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST):
            value = values if len(values) == 2 else values[0]
            condition = did(measure=Measure(function=function), comparison=comparison, value=value)
            assert found(counting, condition) == ({1, 2, 3} if row.holds(1, *values) else set()), (bound, function)


def test_a_share_is_exact_and_of_the_events_inside_the_window(tmp_path: Path) -> None:
    old = NOW - timedelta(days=60)
    events = [
        *(event(0, gift=n == 0) for n in range(3)),
        *(event(0, gift=True, time=old) for _ in range(7)),
        *(event(1, gift=True) for _ in range(3)),
        event(2, gift=True, time=old),
        event(3),
        event(4, "login", gift=True),
    ]
    gift = Group(children=(FieldCondition(field="gift", operator="is_yes"),))
    for number, (comparison, value, expected) in enumerate(
        (
            ("at_least", 33.333333, {0, 1}),
            ("at_least", 33.333334, {1}),
            ("at_most", 33.333333333333336, {0, 3}),
            ("exactly", 100, {1}),
            ("exactly", 0, {3}),
        )
    ):
        condition = did(
            where=gift,
            window=Last(period=Period(amount=30)),
            measure=Measure(function=MeasureFunction.SHARE),
            comparison=comparison,
            value=value,
        )
        (tmp_path / str(number)).mkdir()
        assert answer(tmp_path / str(number), 6, events, condition) == expected, (comparison, value)


# First and last


OLD, NEW = NOW - timedelta(days=60), NOW - timedelta(days=2)
SHOE = Group(children=(FieldCondition(field="product", operator="is", value="shoe"),))
HISTORIES = [
    event(0, time=OLD, product="shoe"),
    event(0, time=NEW, product="hat"),
    event(1, time=OLD, product="hat"),
    event(1, time=NEW, product="shoe"),
    event(2, time=NEW, product="shoe"),
    event(2, time=NEW, product="hat"),  # at the very same time: both are the first and the last
    event(3, time=OLD, product="shoe"),
    event(3, time=NOW + TICK, product="hat"),  # of the future
    event(4, "login", time=OLD, product="shoe"),
    event(4, time=NEW),
]
WHICH: dict[Which, tuple[tuple[dict[str, Any], set[int]], ...]] = {
    Which.ALL: (({}, {0, 1, 2, 3, 4}), ({"where": SHOE}, {0, 1, 2, 3})),
    Which.FIRST: (
        ({}, {0, 1, 2, 3, 4}),
        ({"where": SHOE}, {0, 2, 3}),
        ({"window": Last(period=Period(amount=30))}, {2, 4}),  # the first ever, not the first in the window
        ({"comparison": "at_least", "value": 2}, {2}),
        ({"comparison": "never"}, {5}),
        ({"events": ("login", "purchase"), "where": SHOE}, {0, 2, 3, 4}),  # the first of any of these
        ({"where": SHOE, "comparison": "never"}, {1, 4, 5}),
    ),
    Which.LAST: (
        ({"where": SHOE}, {1, 2, 3}),
        ({"window": Before(period=Period(amount=30))}, {3}),
        ({"comparison": "exactly", "value": 1}, {0, 1, 3, 4}),
        ({"where": SHOE, "window": Last(period=Period(amount=30))}, {1, 2}),
        ({"where": Group(children=(FieldCondition(field="product", operator="is_not", value="shoe"),))}, {0, 2, 4}),
    ),
}


@pytest.mark.parametrize(
    ("which", "changes", "expected"), [(which, *case) for which, cases in WHICH.items() for case in cases]
)
def test_which_of_a_persons_events(tmp_path: Path, which: Which, changes: dict[str, Any], expected: set[int]) -> None:
    assert answer(tmp_path, 6, HISTORIES, did(which=which, **changes)) == expected


def test_every_which_has_an_example() -> None:
    assert set(WHICH) == set(Which)


# Near a date of the person


def around(folder: Path, window: Near, dated: Any, *times: datetime, kind: Kind = Kind.MOMENT) -> list[datetime]:
    """Which of these times lie in the window, seen from a person's date."""
    people = [{"joined": dated} for _ in times] + [{"joined": dated}]
    events = [event(row, time=time) for row, time in enumerate(times)]
    audience = write_audience(folder / "a.duckdb", {"joined": kind}, people, PROPERTIES, events, names=("purchase",))
    members = found(Engine(audience), did(window=window))
    assert found(Engine(audience), did(window=window, comparison="never")) == set(range(len(people))) - members
    audience.close()
    (folder / "a.duckdb").unlink()
    return [times[row] for row in sorted(members)]


JOIN = datetime(2026, 3, 27, 12)


@pytest.mark.parametrize(
    ("side", "period", "inside", "outside"),
    [
        (
            Side.AFTER,
            Period(amount=72, unit=Unit.HOURS),
            (JOIN, JOIN + timedelta(days=3)),
            (JOIN - TICK, JOIN + timedelta(days=3) + TICK),
        ),
        (Side.AFTER, None, (JOIN, NOW), (JOIN - TICK, NOW + TICK)),
        (
            Side.BEFORE,
            Period(amount=3),
            (JOIN - timedelta(days=3), JOIN),
            (JOIN - timedelta(days=3) - TICK, JOIN + TICK),
        ),
        (Side.BEFORE, None, (datetime(1990, 1, 1), JOIN - TICK), (JOIN, NOW)),
        (
            Side.AROUND,
            Period(amount=3, unit=Unit.DAYS),
            (JOIN - timedelta(days=3), JOIN, JOIN + timedelta(days=3)),
            (JOIN - timedelta(days=3) - TICK, JOIN + timedelta(days=3) + TICK),
        ),
        (Side.AROUND, Period(amount=0), (JOIN,), (JOIN - TICK, JOIN + TICK)),
        (Side.AFTER, Period(amount=100_000, unit=Unit.WEEKS), (JOIN, NOW), (JOIN - TICK,)),
    ],
)
def test_near_a_date_and_time_is_elapsed_time(
    tmp_path: Path, side: Side, period: Period | None, inside: tuple[datetime, ...], outside: tuple[datetime, ...]
) -> None:
    window = Near(field="joined", side=side, period=period)
    assert around(tmp_path, window, JOIN, *inside, *outside) == list(inside)


@pytest.mark.parametrize(
    ("side", "period", "inside", "outside"),
    [  # 29 March in Berlin goes from 23:00 on the 28th to 22:00 on the 29th, as stored
        (Side.AFTER, Period(amount=0), (DAY_BEGINS, DAY_ENDS - TICK), (DAY_BEGINS - TICK, DAY_ENDS)),
        (
            Side.AFTER,
            Period(amount=1),
            (DAY_BEGINS, DAY_ENDS + timedelta(days=1) - TICK),
            (DAY_ENDS + timedelta(days=1),),
        ),
        (Side.AFTER, None, (DAY_BEGINS, NOW), (DAY_BEGINS - TICK,)),
        (
            Side.BEFORE,
            Period(amount=1),
            (DAY_BEGINS - timedelta(days=1), DAY_ENDS - TICK),
            (DAY_BEGINS - timedelta(days=1) - TICK, DAY_ENDS),
        ),
        (Side.BEFORE, None, (DAY_BEGINS - TICK,), (DAY_BEGINS, DAY_ENDS)),
        (
            Side.AROUND,
            Period(amount=1, unit=Unit.WEEKS),
            (datetime(2026, 3, 21, 23), DAY_ENDS),
            (datetime(2026, 3, 21, 22, 59), NOW + TICK),
        ),
    ],
)
def test_near_a_date_is_calendar_days(
    tmp_path: Path, side: Side, period: Period | None, inside: tuple[datetime, ...], outside: tuple[datetime, ...]
) -> None:
    window = Near(field="joined", side=side, period=period)
    assert around(tmp_path, window, DAY, *inside, *outside, kind=Kind.DATE) == list(inside)


@pytest.mark.parametrize("side", list(Side))
def test_near_a_date_that_is_missing_there_is_nothing(tmp_path: Path, side: Side) -> None:
    for kind in (Kind.DATE, Kind.MOMENT):
        assert around(tmp_path, Near(field="joined", side=side), None, NOW, JOIN, kind=kind) == []


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (Near(), "Choose the date of the customer that the time is counted from."),
        (Near(field="join"), "There is no field “join” in the customers. Close: joined."),
        (Near(field="age"), "“Age” is no date, so that nothing can happen before or after it."),
        (Near(field="joined", side=Side.AROUND, period=None), "Choose how long before and after “Joined”."),
        (Near(field="joined", period=Period(amount=1, unit=Unit.HOURS)), "This date has no clock: use days or weeks."),
        (
            Near(field="joined", period=Period(amount=1, unit=Unit.MONTHS)),
            "Between two events time is counted in minutes, hours, days or weeks.",
        ),
        (
            Near(field="seen", period=Period(amount=1, unit=Unit.YEARS)),
            "Between two events time is counted in minutes, hours, days or weeks.",
        ),
        (
            BetweenAgo(span=Span(nearest=60, farthest=30)),
            "“Between 60 and 30 days ago” is empty: the second number has to be larger.",
        ),
        (BetweenTimes(), "Choose the first or the last time."),
        (BetweenTimes(start="", end=""), "Choose the first or the last time."),
        (BetweenTimes(start="soon"), "“soon” is not a date and time; write it like 2026-03-31T14:30."),
        (BetweenTimes(start="2026-04-01", end="2026-03-01"), "The first time is not before the second; swap them."),
    ],
)
def test_what_is_missing_in_a_window_is_said(window: Window, message: str) -> None:
    catalogue = catalogue_of({"joined": Kind.DATE, "seen": Kind.MOMENT, "age": Kind.NUMBER}, PROPERTIES, ("purchase",))
    with pytest.raises(HandpickError) as raised:
        compile_condition(did(window=window), catalogue, CLOCK, None)
    assert str(raised.value) == message


# A detail against another detail of the same event


def test_a_detail_is_compared_with_another_detail_of_the_same_event(tmp_path: Path) -> None:
    events = [
        event(0, amount=10, rate=5),
        event(1, amount=5, rate=5),
        event(2, amount=5),
        event(3, rate=5),
        event(4, amount=1, rate=5),
        event(4, amount=9, rate=10),
    ]
    more = FieldCondition(field="amount", operator="more_than_field", value=OtherField(field="rate"))
    other = FieldCondition(field="amount", operator="not_same_as", value=OtherField(field="rate"))
    for number, (condition, expected) in enumerate(
        (
            (more, {0}),
            (Group(match=Match.NONE, children=(more,)), {1, 2, 3, 4}),
            (other, {0, 2, 3, 4}),
            (other.model_copy(update={"leave_out_missing": True}), {0, 4}),
        )
    ):
        (tmp_path / str(number)).mkdir()
        assert answer(tmp_path / str(number), 6, events, did(where=Group(children=(condition,)))) == expected
