"""Calendar arithmetic at its edges: days of 23 and 25 hours, short months, February 29, the ends of the calendar."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.clock import Clock, add_months
from segmentation.definition import Period, Unit
from segmentation.windows import CalendarPeriod

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


# Calendar words


@pytest.mark.parametrize(
    ("now", "period", "first", "last"),
    [
        ("2026-03-31T10:00", "today", "2026-03-31", "2026-03-31"),
        ("2026-03-31T22:30", "today", "2026-04-01", "2026-04-01"),  # already the next day in Berlin
        ("2026-03-31T10:00", "yesterday", "2026-03-30", "2026-03-30"),
        ("2026-03-01T10:00", "yesterday", "2026-02-28", "2026-02-28"),
        ("2028-02-28T10:00", "tomorrow", "2028-02-29", "2028-02-29"),
        ("2026-12-31T10:00", "tomorrow", "2027-01-01", "2027-01-01"),
        ("2026-03-30T10:00", "this_week", "2026-03-30", "2026-04-05"),  # a Monday
        ("2026-03-29T10:00", "this_week", "2026-03-23", "2026-03-29"),  # a Sunday, of 23 hours
        ("2026-03-29T22:00", "this_week", "2026-03-30", "2026-04-05"),  # Monday has begun in Berlin
        ("2026-03-31T10:00", "last_week", "2026-03-23", "2026-03-29"),
        ("2026-01-01T10:00", "last_week", "2025-12-22", "2025-12-28"),
        ("2025-12-31T10:00", "next_week", "2026-01-05", "2026-01-11"),
        ("2026-03-31T10:00", "this_month", "2026-03-01", "2026-03-31"),
        ("2026-03-31T10:00", "last_month", "2026-02-01", "2026-02-28"),
        ("2028-03-31T10:00", "last_month", "2028-02-01", "2028-02-29"),
        ("2026-01-31T10:00", "last_month", "2025-12-01", "2025-12-31"),
        ("2026-01-31T10:00", "next_month", "2026-02-01", "2026-02-28"),
        ("2026-12-01T10:00", "next_month", "2027-01-01", "2027-01-31"),
        ("2026-01-01T10:00", "this_quarter", "2026-01-01", "2026-03-31"),
        ("2026-06-30T10:00", "this_quarter", "2026-04-01", "2026-06-30"),
        ("2026-07-01T10:00", "this_quarter", "2026-07-01", "2026-09-30"),
        ("2026-12-31T10:00", "this_quarter", "2026-10-01", "2026-12-31"),
        ("2026-02-28T10:00", "last_quarter", "2025-10-01", "2025-12-31"),
        ("2026-11-30T10:00", "next_quarter", "2027-01-01", "2027-03-31"),
        ("2026-05-31T10:00", "last_quarter", "2026-01-01", "2026-03-31"),
        ("2028-02-29T10:00", "this_year", "2028-01-01", "2028-12-31"),
        ("2028-02-29T10:00", "last_year", "2027-01-01", "2027-12-31"),
        ("2028-02-29T10:00", "next_year", "2029-01-01", "2029-12-31"),
    ],
)
def test_a_calendar_word_is_whole_days(now: str, period: str, first: str, last: str) -> None:
    days = clock(now).calendar(CalendarPeriod(period))
    assert tuple(day.isoformat() for day in days) == (first, last)


@given(st.sampled_from(ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)))
def test_last_this_and_next_follow_each_other_and_hold_today(zone: str, instant: datetime) -> None:
    here = Clock(instant.replace(tzinfo=UTC), zone)
    for unit in ("week", "month", "quarter", "year"):
        last, this, following = (here.calendar(CalendarPeriod(f"{which}_{unit}")) for which in ("last", "this", "next"))
        assert this[0] <= here.today <= this[1]
        assert last[1] + timedelta(days=1) == this[0]
        assert this[1] + timedelta(days=1) == following[0]
        assert (unit != "week") or this[0].weekday() == 0
    yesterday, today, tomorrow = (here.calendar(CalendarPeriod(w))[0] for w in ("yesterday", "today", "tomorrow"))
    assert (tomorrow - today, today - yesterday) == (timedelta(days=1), timedelta(days=1))


@pytest.mark.parametrize("period", list(CalendarPeriod))
@pytest.mark.parametrize("now", ["0001-01-02T12:00", "9999-12-30T12:00"])
def test_a_calendar_word_beyond_the_calendar_is_no_failure(period: CalendarPeriod, now: str) -> None:
    """The month after December 9999 holds no day."""
    here = clock(now, "UTC")
    first, last = here.calendar(period)
    assert first <= last or period.value.startswith("next")


# Ages and anniversaries


@pytest.mark.parametrize(
    ("today", "age", "born"),
    [
        ("2026-03-31", 18, "2008-03-31"),
        ("2026-03-31", 0, "2026-03-31"),
        ("2026-02-28", 18, "2008-02-29"),  # a leap day's child is a year older on 28 February of a common year
        ("2026-02-28", 17, "2009-02-28"),
        ("2028-02-28", 20, "2008-02-28"),  # and on 29 February of a leap year
        ("2028-02-29", 20, "2008-02-29"),
        ("2028-02-29", 18, "2010-02-28"),
        ("2026-02-27", 18, "2008-02-27"),
        ("2026-03-01", 18, "2008-03-01"),
        ("2026-12-31", 1, "2025-12-31"),
        ("2026-03-31", 2025, "0001-03-31"),
    ],
)
def test_the_last_birthday_of_those_who_are_old_enough(today: str, age: int, born: str) -> None:
    found = clock(f"{today}T10:00").born(age)
    assert found is not None
    assert found.isoformat() == born


def test_nobody_was_born_before_the_calendar_begins() -> None:
    assert clock("2026-03-31T10:00").born(2026) is None
    assert clock("2026-03-31T10:00").born(10_000) is None


@given(st.dates(date(1900, 1, 1), date(2060, 1, 1)), st.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_age_goes_up_on_the_birthday_and_on_no_other_day(birth: date, today: date) -> None:
    here = Clock(datetime.combine(today, datetime.min.time(), UTC), "UTC")
    birthday = (birth.month, birth.day)
    if birthday == (2, 29) and (today.year % 4 or (today.year % 100 == 0 and today.year % 400)):
        birthday = (2, 28)
    full_years = today.year - birth.year - ((today.month, today.day) < birthday)
    for age in (full_years - 1, full_years, full_years + 1):
        if age >= 0:
            last = here.born(age)
            assert last is not None
            assert (birth <= last) == (full_years >= age)


@pytest.mark.parametrize(
    ("today", "days", "direction", "expected"),
    [
        ("2026-03-31", 0, 1, (331,)),
        ("2026-12-30", 3, 1, (1230, 1231, 101, 102)),  # over the new year
        ("2026-01-01", 2, -1, (101, 1231, 1230)),
        ("2026-02-27", 2, 1, (227, 228, 229, 301)),  # 29 February is kept on the 28th
        ("2026-02-28", 0, 1, (228, 229)),
        ("2026-02-27", 0, 1, (227,)),
        ("2026-03-01", 1, -1, (301, 228, 229)),
        ("2028-02-28", 0, 1, (228,)),
        ("2028-02-28", 1, 1, (228, 229)),
        ("2028-02-29", 0, -1, (229,)),
        ("2028-03-01", 1, -1, (301, 229)),
    ],
)
def test_anniversaries_in_the_next_and_last_days(
    today: str, days: int, direction: int, expected: tuple[int, ...]
) -> None:
    assert clock(f"{today}T10:00").anniversaries(days, direction) == expected


@pytest.mark.parametrize("today", ["2026-03-31", "2028-02-29", "2026-02-28", "2027-03-01"])
@pytest.mark.parametrize("direction", [1, -1])
def test_everybody_has_an_anniversary_in_a_year(today: str, direction: int) -> None:
    for days in (365, 366, 10**18):
        assert len(clock(f"{today}T10:00").anniversaries(days, direction)) == 366


# Times as they are written


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-03-31", "2026-03-30T22:00"),
        ("2026-03-31T14:30", "2026-03-31T12:30"),
        ("2026-01-31T14:30", "2026-01-31T13:30"),
        ("2026-03-31T14:30Z", "2026-03-31T14:30"),
        ("2026-03-31T14:30:15.5-05:00", "2026-03-31T19:30:15.500000"),
        ("2026-03-29T02:30", "2026-03-29T01:30"),  # was skipped: an hour later on the wall
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # came twice: the first
    ],
)
def test_a_written_time_is_in_the_zone_where_it_names_none(text: str, stored: str) -> None:
    assert clock("2026-03-31T10:00").stored(text) == at(stored)


@pytest.mark.parametrize("text", ["", "noon", "31.3.2026", "2026-02-30", "2026-03-31T24:30", "٢٠٢٦-٠٣-٣١"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        clock("2026-03-31T10:00").stored(text)
