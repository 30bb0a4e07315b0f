"""One “now” for a whole evaluation, and calendar arithmetic in the workspace's time zone."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from segmentation.windows import CalendarPeriod, Period, Unit

ELAPSED = {Unit.MINUTES: 60, Unit.HOURS: 3600, Unit.DAYS: 86_400, Unit.WEEKS: 604_800}
_MONTHS = {Unit.MONTHS: 1, Unit.YEARS: 12}
_BEGINNING, _END = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 stored without zone
_LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001 stored without zone
CALENDAR_UNITS = (Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS)


def add_months(day: date, months: int) -> date:
    """The same day `months` later (negative: earlier), clamped to the last day of a shorter month.

    Stops at the first and last day a date can hold.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _add_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


@dataclass(frozen=True)
class Clock:
    """`now` is an aware instant; `zone` an IANA name. Instants are given as UTC without zone, as they are stored."""

    now: datetime
    zone: str

    @property
    def instant(self) -> datetime:
        """Now, as stored."""
        return self.now.astimezone(UTC).replace(tzinfo=None)

    @property
    def today(self) -> date:
        """The calendar day in the zone."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> datetime:
        """The instant a calendar day begins in the zone; days are 23, 24 or 25 hours long."""
        local = datetime.combine(day, time.min, ZoneInfo(self.zone))
        try:
            return local.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return local.replace(tzinfo=None)

    def shifted(self, period: Period, direction: int) -> datetime:
        """Now plus (direction 1) or minus (-1) a period: elapsed time up to weeks, calendar intervals above."""
        if period.unit in ELAPSED:
            try:
                return self.instant + timedelta(seconds=direction * period.amount * ELAPSED[period.unit])
            except OverflowError:
                return _END if direction > 0 else _BEGINNING
        local = self.now.astimezone(ZoneInfo(self.zone))
        day = add_months(local.date(), direction * period.amount * _MONTHS[period.unit])
        try:
            moved = datetime.combine(day, local.time(), ZoneInfo(self.zone))
            return moved.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return _END if direction > 0 else _BEGINNING

    def day_shifted(self, period: Period, direction: int) -> date:
        """Today plus or minus a period, in calendar days."""
        if period.unit in _MONTHS:
            return add_months(self.today, direction * period.amount * _MONTHS[period.unit])
        return _add_days(self.today, direction * period.amount * (7 if period.unit == Unit.WEEKS else 1))

    def calendar(self, period: CalendarPeriod) -> tuple[date, date]:
        """The first and the last day of a calendar period; weeks start on Monday."""
        which, _, unit = period.value.partition("_")
        steps = {"this": 0, "last": -1, "next": 1}.get(which)
        if steps is None:
            day = _add_days(self.today, {"today": 0, "yesterday": -1, "tomorrow": 1}[which])
            return day, day
        if unit == "week":
            monday = _add_days(self.today, 7 * steps - self.today.weekday())
            return monday, _add_days(monday, 6)
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        first = self.today.replace(month=self.today.month - (self.today.month - 1) % months, day=1)
        first = add_months(first, steps * months)
        return first, _add_days(add_months(first, months), -1)

    def born(self, age: int) -> date | None:
        """The last birthday of those who are `age` years old or older today; None before the calendar begins.

        A birthday on 29 February is kept on 28 February in a common year.
        """
        year = self.today.year - age
        if year < date.min.year:
            return None
        if self.today.month == 2 and self.today.day >= 28:
            last = calendar.monthrange(year, 2)[1]
            return date(year, 2, last if self.today.day == 29 or not calendar.isleap(self.today.year) else 28)
        return self.today.replace(year=year)

    def anniversaries(self, days: int, direction: int) -> tuple[int, ...]:
        """The days of the year (month × 100 + day) from today so many days on (direction 1) or back (-1), both in.

        A 29 February is kept on 28 February in a common year.
        """
        found: dict[int, None] = {}
        for distance in range(min(days, 366) + 1):
            day = _add_days(self.today, direction * distance)
            found[day.month * 100 + day.day] = None
            if day.month == 2 and day.day == 28 and not calendar.isleap(day.year):
                found[229] = None
        return tuple(found)

    def stored(self, text: str) -> datetime:
        """An ISO date or date and time (in the zone where it names none) as an instant; raises ValueError."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.zone))
        try:
            return moment.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise ValueError(text) from error

    def end_of(self, day: date) -> datetime:
        """The instant a calendar day is over, which is the next day's first."""
        return _LATEST if day == date.max else self.start_of(day + timedelta(days=1))
