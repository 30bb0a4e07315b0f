"""Event conditions by hand: every comparison, window and measure, and the people who did nothing."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import (
    Before,
    BetweenDays,
    Definition,
    EventCondition,
    Ever,
    FieldCondition,
    Group,
    Last,
    Match,
    Measure,
    MeasureFunction,
    Period,
    Unit,
    Window,
)
from segmentation.engine import Engine
from segmentation.operators import COMPARISONS
from tests.segmentation.audiences import write_audience

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
}


@pytest.fixture(scope="module")
def timing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    events = [event(row, time=time) for row, time in enumerate(AT)]
    folder = tmp_path_factory.mktemp("timing")
    audience = write_audience(folder / "a.duckdb", {}, [{}] * (len(AT) + 1), PROPERTIES, events)
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
}


@pytest.mark.parametrize("function", list(MeasureFunction))
def test_measure(tmp_path: Path, function: MeasureFunction) -> None:
    events = [event(row, amount=amount) for row, amounts in enumerate(AMOUNTS) for amount in amounts]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 5, PROPERTIES, events)
    engine = Engine(audience)
    for comparison, value, expected in MEASURES[function]:
        condition = did(measure=Measure(function=function, property="amount"), comparison=comparison, value=value)
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
