"""Stopped, resumed, regularly, less and more often: both edges of every period, by hand."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import FieldCondition, Group, HabitCondition, Match, Period, Unit
from segmentation.errors import HandpickError
from segmentation.habits import Changed, Habit, Regularly, Resumed, Stopped
from tests.segmentation.audiences import catalogue_of, matched, write_audience

NOW = datetime(2026, 3, 31, 10)  # noon in Berlin
CLOCK = Clock(NOW.replace(tzinfo=UTC), "Europe/Berlin")
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
PROPERTIES = {"product": Kind.TEXT}
MONTHS = Unit.MONTHS


def who(folder: Path, condition: HabitCondition | Group, *people: tuple[datetime, ...]) -> list[int]:
    events = [{"_row": row, "_name": "visit", "_time": time} for row, times in enumerate(people) for time in times]
    audience = write_audience(folder / "a.duckdb", {}, [{}] * len(people), PROPERTIES, events, names=("visit",))
    try:
        return matched(audience, CLOCK, condition)
    finally:
        audience.close()
        (folder / "a.duckdb").unlink()


def habit(how: Habit, **changes: Any) -> HabitCondition:
    return HabitCondition(habit=how, **{"events": ("visit",)} | changes)


NEAR, FAR = NOW - 30 * DAY, NOW - 60 * DAY
MONTH, TWO_MONTHS = datetime(2026, 2, 28, 11), datetime(2026, 1, 31, 11)  # noon in Berlin, in winter
Case = tuple[Habit, tuple[tuple[datetime, ...], ...], list[int]]
HABITS: dict[str, tuple[Case, ...]] = {
    "stopped": (
        (
            Stopped(recent=Period(amount=30), earlier=Period(amount=60)),
            (
                (NEAR - TICK,),
                (FAR,),
                (FAR - TICK,),
                (NEAR,),
                (NEAR - TICK, NOW),
                (NEAR - TICK, NOW + TICK),  # what lies in the future has not happened
                (FAR - TICK, NEAR - TICK),
                (),
            ),
            [0, 1, 5, 6],
        ),
        (
            Stopped(recent=Period(amount=1, unit=MONTHS), earlier=Period(amount=2, unit=MONTHS)),
            ((MONTH - TICK,), (MONTH,), (TWO_MONTHS,), (TWO_MONTHS - TICK,)),
            [0, 2],
        ),
        (
            Stopped(recent=Period(amount=0), earlier=Period(amount=1)),  # not at this very instant
            ((NOW,), (NOW - TICK,), (NOW - DAY,), (NOW - DAY - TICK,)),
            [1, 2],
        ),
    ),
    "resumed": (
        (
            Resumed(recent=Period(amount=30), pause=Period(amount=60)),
            (
                (FAR - TICK, NEAR),
                (FAR, NEAR),
                (FAR - TICK, NEAR - TICK, NOW),
                (FAR - TICK,),
                (NEAR,),
                (FAR - TICK, NOW),
                (FAR - TICK, NOW + TICK),
                (datetime(1990, 1, 1), NOW),
                (),
            ),
            [0, 5, 7],
        ),
        (
            Resumed(recent=Period(amount=1, unit=MONTHS), pause=Period(amount=2, unit=MONTHS)),
            ((TWO_MONTHS - TICK, MONTH), (TWO_MONTHS, MONTH), (TWO_MONTHS - TICK, MONTH - TICK)),
            [0],
        ),
    ),
    "regularly": (
        (
            Regularly(least=2, periods=3, each=Period(amount=30)),
            (
                (NOW, NEAR - TICK),
                (NOW, NEAR),  # both in the last 30 days
                (NEAR, FAR),
                (NEAR - TICK, FAR),  # both in the 30 days before
                (FAR - TICK, NOW - 90 * DAY),
                (FAR, NOW - 90 * DAY - TICK),
                (NOW, NEAR - TICK, FAR - TICK),
                (NOW, NOW, NOW),
                (NOW + TICK, NEAR),
                (),
            ),
            [0, 2, 6],
        ),
        (
            Regularly(least=3, periods=3, each=Period(amount=1, unit=MONTHS)),
            (  # the months begin at noon on 28 February, 31 January and 31 December
                (NOW, MONTH - TICK, TWO_MONTHS - TICK),
                (MONTH, TWO_MONTHS, datetime(2025, 12, 31, 11)),
                (MONTH, TWO_MONTHS, datetime(2025, 12, 31, 11) - TICK),
                (MONTH, MONTH, TWO_MONTHS),
            ),
            [0, 1],
        ),
        (
            Regularly(least=1, periods=1, each=Period(amount=24, unit=Unit.HOURS)),
            ((NOW - DAY,), (NOW - DAY - TICK,)),
            [0],
        ),
        (
            Regularly(least=366, periods=366, each=Period(amount=1)),
            (tuple(NOW - n * DAY - TICK for n in range(366)), (NOW,)),
            [0],
        ),
    ),
    "changed": (
        (
            Changed(direction="less", percent=50, each=Period(amount=30)),
            (
                (NEAR - TICK, FAR, NOW),  # 1 of 2
                (NEAR - TICK, FAR, NOW, NEAR),  # 2 of 2
                (NEAR - TICK,),  # 0 of 1
                (NOW,),  # not done before
                (NOW, FAR - TICK),  # not done in the period before
                (*(NEAR - TICK,) * 3, NOW, NOW),  # 2 of 3 are 33 % less
                (),
            ),
            [0, 2],
        ),
        (
            Changed(direction="less", percent=33.3, each=Period(amount=30)),
            ((*(NEAR - TICK,) * 3, NOW, NOW), (*(NEAR - TICK,) * 4, NOW, NOW, NOW)),
            [0],
        ),
        (
            Changed(direction="less", percent=100, each=Period(amount=1, unit=MONTHS)),
            ((MONTH - TICK,), (TWO_MONTHS,), (TWO_MONTHS - TICK,), (MONTH - TICK, MONTH)),
            [0, 1],
        ),
        (
            Changed(direction="more", percent=50, each=Period(amount=30)),
            (
                (NEAR - TICK, FAR, NOW, NOW, NEAR),  # 3 of 2
                (NEAR - TICK, NOW),
                (NEAR - TICK, NOW, NOW),
                (NOW, NOW),  # not done before: from nothing there is no percent
                (NEAR - TICK, NOW, NOW + TICK),
            ),
            [0, 2],
        ),
        (
            Changed(direction="more", percent=0, each=Period(amount=30)),
            ((NEAR - TICK, NOW), (NEAR - TICK, NOW, NOW), (NEAR - TICK, FAR, NOW)),
            [0, 1],
        ),
        (Changed(direction="less", percent=0, each=Period(amount=30)), ((FAR, NOW), (FAR, NOW, NOW), (FAR,)), [0, 2]),
    ),
}


@pytest.mark.parametrize(("how", "people", "expected"), [case for cases in HABITS.values() for case in cases])
def test_habit(tmp_path: Path, how: Habit, people: tuple[tuple[datetime, ...], ...], expected: list[int]) -> None:
    assert who(tmp_path, habit(how), *people) == expected
    rest = sorted(set(range(len(people))) - set(expected))
    assert who(tmp_path, Group(match=Match.NONE, children=(habit(how),)), *people) == rest


def test_every_habit_has_an_example() -> None:
    assert set(HABITS) == {kind.model_fields["type"].default for kind in get_args(get_args(Habit)[0])}


def test_24_hours_are_elapsed_time_and_a_month_keeps_the_clock_on_the_wall(tmp_path: Path) -> None:
    """The clocks went forward on 29 March: 3 × 24 hours ago it was 11:00 in Berlin, a month ago 12:00."""
    three_days = Stopped(recent=Period(amount=3), earlier=Period(amount=1, unit=MONTHS))
    edge = datetime(2026, 3, 28, 10)
    assert who(tmp_path, habit(three_days), (edge - TICK,), (edge,), (MONTH,), (MONTH - TICK,)) == [0, 2]


def test_only_events_that_pass_the_filters_count(tmp_path: Path) -> None:
    where = Group(children=(FieldCondition(field="product", operator="is_not", value="hat"),))
    events = [
        {"_row": row, "_name": "visit", "_time": time, "product": product}
        for row, found in enumerate(
            (
                ((NEAR - TICK, "shoe"), (NOW, "hat")),
                ((NEAR - TICK, "shoe"), (NOW, None)),
                ((NEAR - TICK, None),),
                ((NEAR - TICK, "hat"),),
            )
        )
        for time, product in found
    ]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 4, PROPERTIES, events)
    condition = habit(Stopped(recent=Period(amount=30), earlier=Period(amount=60)), where=where)
    assert matched(audience, CLOCK, condition) == [0, 2]
    audience.close()


def test_periods_beyond_the_calendar_end_where_the_calendar_begins(tmp_path: Path) -> None:
    each = Period(amount=100_000, unit=Unit.YEARS)
    assert who(tmp_path, habit(Regularly(least=1, periods=366, each=each)), (NOW,), ()) == [0]
    assert who(tmp_path, habit(Resumed(recent=Period(amount=1), pause=each)), (NOW,), (NOW, NOW - 9 * DAY)) == []


@pytest.mark.parametrize("percent", [33.333333333333336, 0.1 + 0.2, 1e-9, 99.99999999999999])
def test_a_percentage_of_many_decimals_is_exact(tmp_path: Path, percent: float) -> None:
    how = Changed(direction="less", percent=percent, each=Period(amount=30))
    assert who(tmp_path, habit(how), (NEAR - TICK,), (NEAR - TICK, NOW), (NOW,)) == [0]


FAULTS: tuple[tuple[HabitCondition, str], ...] = (
    (HabitCondition(), "Choose what they did."),
    (habit(Stopped(), events=("visits",)), "There is no event “visits”. Close: visit."),
    (
        habit(Stopped(recent=Period(amount=30), earlier=Period(amount=30))),
        "The second length of time has to be longer than the first.",
    ),
    (
        habit(Resumed(recent=Period(amount=2, unit=MONTHS), pause=Period(amount=30))),
        "The second length of time has to be longer than the first.",
    ),
    (
        habit(Regularly(least=5, periods=4)),
        "“In 5 of 4” is never true: the first number has to be the smaller.",
    ),
    (habit(Regularly(each=Period(amount=0))), "Choose how long each period is."),
    (habit(Changed(each=Period(amount=0))), "Choose how long each period is."),
    (habit(Changed(direction="less", percent=100.5)), "Nobody does something more than 100 % less often."),
)


@pytest.mark.parametrize(("condition", "message"), FAULTS)
def test_what_is_missing_in_a_habit_is_said(condition: HabitCondition, message: str) -> None:
    with pytest.raises(HandpickError) as raised:
        compile_condition(condition, catalogue_of({}, PROPERTIES, ("visit",)), CLOCK, None)
    assert str(raised.value) == message
