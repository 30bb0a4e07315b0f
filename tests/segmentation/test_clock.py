"""Calendar arithmetic at its edges: days of 23 and 25 hours, short months, February 29, the ends of the calendar."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.clock import Clock, add_months
from segmentation.definition import Period, Unit

ZONES = ("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "UTC")


def clock(now: str, zone: str = "Europe/Berlin") -> Clock:
    return Clock(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-03-31", -1, "2026-02-28"),
        ("2028-03-31", -1, "2028-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-05-15", 0, "2026-05-15"),
        ("2026-05-15", -12 * 3000, "0001-01-01"),
        ("2026-05-15", 12 * 9000, "9999-12-31"),
    ],
)
def test_a_month_is_kept_on_the_last_day_of_a_shorter_one(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months).isoformat() == expected


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
        ("Europe/Berlin", "2026-06-01", "2026-05-31T22:00", 24),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00", 23),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", 25),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", 23),  # its first hour did not exist
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25),  # its last hour came twice
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),  # its first hour comes twice
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),  # did not exist
        ("UTC", "9999-12-31", "9999-12-31T00:00", 24),
    ],
)
def test_a_day_begins_and_ends_with_the_zone(zone: str, day: str, begins: str, hours: int) -> None:
    here = clock("2026-01-01T00:00", zone)
    first, last = here.start_of(date.fromisoformat(day)), here.end_of(date.fromisoformat(day))
    assert first == at(begins)
    assert timedelta(hours=hours) - (last - first) <= timedelta(microseconds=1)


@given(st.sampled_from(ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)))
def test_every_instant_is_in_the_day_its_zone_shows(zone: str, instant: datetime) -> None:
    here = Clock(instant.replace(tzinfo=UTC), zone)
    assert here.today == instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    assert here.start_of(here.today) <= here.instant < here.end_of(here.today)


@pytest.mark.parametrize(
    ("now", "period", "expected"),
    [
        ("2026-03-30T10:00", Period(amount=7), "2026-03-23T10:00"),  # elapsed time: an hour earlier on the wall
        ("2026-03-30T10:00", Period(amount=1, unit=Unit.WEEKS), "2026-03-23T10:00"),
        ("2026-03-29T01:30", Period(amount=90, unit=Unit.MINUTES), "2026-03-29T00:00"),
        ("2026-03-30T10:00", Period(amount=1, unit=Unit.MONTHS), "2026-02-28T11:00"),  # the same time on the wall
        ("2026-04-29T00:30", Period(amount=1, unit=Unit.MONTHS), "2026-03-29T01:30"),  # half past two was skipped
        ("2026-11-25T01:30", Period(amount=1, unit=Unit.MONTHS), "2026-10-25T00:30"),  # half past two came twice
        ("2028-02-29T12:00", Period(amount=1, unit=Unit.YEARS), "2027-02-28T12:00"),
        ("2026-10-25T01:30", Period(amount=0, unit=Unit.MONTHS), "2026-10-25T01:30"),
    ],
)
def test_how_long_ago(now: str, period: Period, expected: str) -> None:
    assert clock(now).shifted(period, -1) == at(expected)


def test_a_period_beyond_the_calendar_ends_where_the_calendar_ends() -> None:
    here, ages = clock("2026-01-01T00:00"), Period(amount=100_000, unit=Unit.YEARS)
    assert here.shifted(ages, -1).date() == date.min
    assert here.shifted(ages, 1).year == 9999
    assert here.day_shifted(ages, -1) == date.min
    assert here.day_shifted(ages, 1) == date.max
    for unit in Unit:
        for direction in (-1, 1):
            here.shifted(Period(amount=100_000, unit=unit), direction)


@pytest.mark.parametrize(
    ("now", "period", "expected"),
    [
        ("2026-03-31T22:30", Period(amount=7), "2026-03-25"),  # already April 1 in Berlin
        ("2026-03-31T10:00", Period(amount=1, unit=Unit.WEEKS), "2026-03-24"),
        ("2026-03-31T10:00", Period(amount=1, unit=Unit.MONTHS), "2026-02-28"),
        ("2028-02-29T10:00", Period(amount=1, unit=Unit.YEARS), "2027-02-28"),
        ("2026-03-31T10:00", Period(amount=0), "2026-03-31"),
    ],
)
def test_how_many_calendar_days_ago(now: str, period: Period, expected: str) -> None:
    assert clock(now).day_shifted(period, -1).isoformat() == expected


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),
    st.sampled_from(list(Unit)),
    st.integers(0, 500),
)
def test_a_longer_period_never_begins_later(zone: str, instant: datetime, unit: Unit, amount: int) -> None:
    here = Clock(instant.replace(tzinfo=UTC), zone)
    shorter, longer = Period(amount=amount, unit=unit), Period(amount=amount + 1, unit=unit)
    assert here.shifted(longer, -1) < here.shifted(shorter, -1) <= here.instant <= here.shifted(shorter, 1)
