"""What an operator takes, and what is said when it gets something else."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import Definition, FieldCondition, Group, Period, Span, Unit
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.operands import bounds, number, operands
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        (0, 0),
        (2**63, 2**63),
        (0.1, Decimal("0.1")),
        (19.99, Decimal("19.99")),
        (-2.5e-7, Decimal("-0.00000025")),
        (3.0, 3),
        (1e18, 10**18),
        (10**21, 10**21),
        (10**30, 1e30),
        (1e-30, 1e-30),
    ],
)
def test_number_is_bound_as_written(written: float, bound: object) -> None:
    assert number(written) == bound
    assert type(number(written)) is type(bound)


@pytest.mark.parametrize("written", [True, None, "1", (1,), float("nan"), float("inf"), 10**37, -(10**40), 1e300])
def test_what_is_no_number_is_refused(written: Any) -> None:
    with pytest.raises(HandpickError):
        number(written)


WRONG: dict[Shape, tuple[tuple[Any, str], ...]] = {
    Shape.NOTHING: (),
    Shape.TEXT: ((None, "Enter a text."), ("", "Enter a text."), (5, "Enter a text."), (("a",), "Enter a text.")),
    Shape.TEXTS: (
        (None, "Choose at least one value."),
        ((), "Choose at least one value."),
        ("a", "Choose at least one value."),
        (("a", 5), "Every value must be a text."),
        (("a", None), "Every value must be a text."),
    ),
    Shape.PATTERN: (
        (None, "Enter a text."),
        ("(", "The pattern “(” cannot be read (missing ): ()."),
        ("[z-a]", "The pattern “[z-a]” cannot be read"),
        ("(?=a)", "The pattern “(?=a)” cannot be read"),
    ),
    Shape.NUMBER: ((None, "Enter a number."), ("5", "Enter a number."), (True, "Enter a number."), ((1, 2), "Enter a")),
    Shape.NUMBERS: (
        (None, "Enter both ends."),
        ((1,), "Enter both ends."),
        ((1, None), "Enter both ends."),
        ((1, 2, 3), "Enter both ends."),
        ((2, 1), "The first number (2) is above the second (1); swap them."),
        (("a", "b"), "Enter a number."),
    ),
    Shape.WHOLE: ((None, "Enter a whole"), (-1, "Enter a whole"), (1.5, "Enter a whole"), (True, "Enter a whole")),
    Shape.DAY: (
        (None, "Choose a day."),
        ("", "Choose a day."),
        (5, "Choose a day."),
        ("31.03.2026", "“31.03.2026” is not a day; write it like 2026-03-31."),
        ("2026-02-29", "“2026-02-29” is not a day"),
    ),
    Shape.DAYS: (
        (None, "Enter both ends."),
        (("2026-01-01", None), "Enter both ends."),
        (("2026-01-02", "2026-01-01"), "The first day is after the second; swap them."),
        (("2026-01-02", "x"), "“x” is not a day"),
    ),
    Shape.PERIOD: ((None, "Enter a length of time."), (7, "Enter a length of time."), ("7 days", "Enter a length")),
    Shape.SPAN: (
        (None, "Enter two lengths of time."),
        (Period(amount=7), "Enter two lengths of time."),
        (Span(nearest=60, farthest=30), "“Between 60 and 30 days ago” is empty: the second number has to be larger."),
        (Span(nearest=7, farthest=7, unit=Unit.WEEKS), "“Between 7 and 7 weeks ago” is empty"),
    ),
    Shape.CALENDAR: (
        (None, "Choose a day, week, month, quarter or year."),
        ("last_fortnight", "There is no period “last_fortnight”. Possible: today, yesterday, tomorrow, this_week"),
        (5, "There is no period “5”."),
    ),
    Shape.TIMES: (
        (None, "Enter both ends."),
        (("2026-03-31T14:30", None), "Enter both ends."),
        (("2026-03-31T14:30", ""), "Enter both ends."),
        (("", "2026-03-31T14:30"), "Enter both ends."),
        (("2026-03-31T14:30", 5), "“5” is not a date and time; write it like 2026-03-31T14:30."),
        (("2026-03-31T14:30", True), "“True” is not a date and time"),
        (("31.3.2026 14:30", "2026-03-31"), "“31.3.2026 14:30” is not a date and time"),
        (("2026-03-31T25:00", "2026-04-01"), "“2026-03-31T25:00” is not a date and time"),
        (("2026-03-31T14:30", "2026-03-31T14:30"), "The first time is not before the second; swap them."),
        (("2026-03-31T14:30", "2026-03-31T14:30+02:00"), "The first time is not before the second"),
    ),
    Shape.WEEKDAYS: (
        (None, "Choose at least one value."),
        ((), "Choose at least one value."),
        ((1,), "Every value must be a text."),
        (("monday", "mon"), "“mon” is not a day of the week. Possible: monday, tuesday"),
        (("понедельник",), "“понедельник” is not a day of the week."),
    ),
    Shape.MONTHS: (
        ((), "Choose at least one value."),
        (("März",), "“März” is not a month. Possible: january, february"),
        (("3",), "“3” is not a month."),
    ),
    Shape.HOURS: (
        (None, "Enter both ends."),
        ((9, None), "Enter both ends."),
        ((0, 24), "Hours are whole numbers from 0 to 23."),
        ((-1, 5), "Hours are whole numbers from 0 to 23."),
        ((9.5, 10), "Hours are whole numbers from 0 to 23."),
        ((True, 10), "Hours are whole numbers from 0 to 23."),
        (("9", "10"), "Hours are whole numbers from 0 to 23."),
    ),
    Shape.YEARS: (
        (18, "Enter both ends."),
        ((18, None), "Enter both ends."),
        ((65, 18), "The first number (65) is above the second (18); swap them."),
        ((18, 30.5), "Enter a whole number."),
        ((-1, 18), "Enter a whole number."),
    ),
    Shape.LANGUAGES: (
        ((), "Choose at least one value."),
        ("de", "Choose at least one value."),
        (("de", "German"), "“German” is not the code of a language; write it like de or en."),
        (("de-AT",), "“de-AT” is not the code of a language"),
        (("дe",), "“дe” is not the code of a language"),
        (("",), "“” is not the code of a language"),
    ),
    Shape.FIELD: (),
}


def one_of(shape: Shape) -> str:
    return next(name for name, row in OPERATORS.items() if row.shape == shape)


@pytest.mark.parametrize(
    ("shape", "value", "message"), [(shape, *case) for shape, cases in WRONG.items() for case in cases]
)
def test_wrong_operand_says_what_to_enter(shape: Shape, value: Any, message: str) -> None:
    operator = OPERATORS[one_of(shape)]
    with pytest.raises(HandpickError) as raised:
        operands(operator, value, next(iter(operator.kinds)), CLOCK)
    assert str(raised.value).startswith(message)


def test_every_shape_has_wrong_operands() -> None:
    assert set(WRONG) == set(Shape)


@pytest.mark.parametrize("unit", [Unit.MINUTES, Unit.HOURS])
def test_a_span_of_a_date_without_clock_takes_no_hours(unit: Unit) -> None:
    with pytest.raises(HandpickError, match="This date has no clock: use days, weeks, months or years"):
        operands(OPERATORS["between_ago"], Span(nearest=3, farthest=4, unit=unit), Kind.DATE, CLOCK)
    assert operands(OPERATORS["between_ago"], Span(nearest=3, farthest=4, unit=unit), Kind.MOMENT, CLOCK)


@pytest.mark.parametrize("unit", [Unit.MINUTES, Unit.HOURS])
def test_a_date_without_clock_takes_no_hours(unit: Unit) -> None:
    with pytest.raises(HandpickError, match="This date has no clock: use days, weeks, months or years"):
        operands(OPERATORS["in_last"], Period(amount=3, unit=unit), Kind.DATE, CLOCK)
    assert operands(OPERATORS["in_last"], Period(amount=3, unit=unit), Kind.MOMENT, CLOCK)


def test_a_broken_pattern_is_an_error_at_once_and_the_next_one_is_not() -> None:
    with pytest.raises(HandpickError):
        operands(OPERATORS["matches"], "a{2,1}", Kind.TEXT, CLOCK)
    assert operands(OPERATORS["matches"], "a{1,2}", Kind.TEXT, CLOCK) == ("a{1,2}",)


@pytest.mark.parametrize(
    ("comparison", "value", "message"),
    [
        ("at_least", None, "Enter a number."),
        ("at_least", (1, 2), "Enter a number."),
        ("between", 1, "Enter both ends."),
        ("between", (1, None), "Enter both ends."),
        ("between", (3, 1.5), "The first number (3) is above the second (1.5); swap them."),
    ],
)
def test_wrong_bound_says_what_to_enter(comparison: str, value: Any, message: str) -> None:
    with pytest.raises(HandpickError) as raised:
        bounds(COMPARISONS[comparison], value)
    assert str(raised.value) == message


HUGE = (2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**18, 10**18 + 1)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", 2**53 + 1, {2**53 + 1}),
        ("more_than", 2**53, {2**53 + 1, 2**63 - 1, 10**18, 10**18 + 1}),
        ("more_than", 1e18, {10**18 + 1, 2**63 - 1}),
        ("at_least", 2**63 - 1, {2**63 - 1}),
        ("less_than", 10**30, set(HUGE)),
        ("less_than", -(2**63), set()),
        ("more_than", 1e-19, set(HUGE) - {-(2**63)}),
        ("between", (10**18, 1e18 + 1e3), {10**18, 10**18 + 1}),
    ],
)
def test_64_bit_numbers_stay_exact(tmp_path: Path, operator: str, value: Any, expected: set[int]) -> None:
    people = [{"id": number} for number in HUGE]
    audience = write_audience(tmp_path / "a.duckdb", {"id": Kind.NUMBER}, people, types={"id": "BIGINT"})
    condition = FieldCondition(field="id", operator=operator, value=value)
    answer = Engine(audience).answer(Definition(root=Group(children=(condition,))), CLOCK)
    assert {HUGE[row] for row in answer.members.rows()} == expected
    audience.close()


NUMERIC = ("BIGINT", "DECIMAL(18,0)", "DECIMAL(18,6)", "DOUBLE")
WIDE = (-99999999999, 0, 99999999999, None)


@pytest.mark.parametrize("value", [10**36, -(10**36), 10**22, 1e36, 1e17, 0.123456789012345678, 1e-300, -1e-300])
def test_no_number_is_too_large_or_too_fine_to_be_compared(tmp_path: Path, value: float) -> None:
    people = [dict.fromkeys(NUMERIC, number) for number in WIDE]
    types = {name: name for name in NUMERIC}
    audience = write_audience(tmp_path / "a.duckdb", dict.fromkeys(NUMERIC, Kind.NUMBER), people, types=types)
    expected = [row for row, number in enumerate(WIDE) if number is not None and number < value]
    for name in NUMERIC:
        condition = FieldCondition(field=name, operator="less_than", value=value)
        answer = Engine(audience).answer(Definition(root=Group(children=(condition,))), CLOCK)
        assert answer.members.rows().tolist() == expected, name
    audience.close()
