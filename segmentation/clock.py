"""One “now” for a whole evaluation, and calendar arithmetic in the workspace's time zone."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from segmentation.definition import Period, Unit

_ELAPSED = {Unit.MINUTES: 60, Unit.HOURS: 3600, Unit.DAYS: 86_400, Unit.WEEKS: 604_800}
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
        if period.unit in _ELAPSED:
            try:
                return self.instant + timedelta(seconds=direction * period.amount * _ELAPSED[period.unit])
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

    def end_of(self, day: date) -> datetime:
        """The instant a calendar day is over, which is the next day's first."""
        return _LATEST if day == date.max else self.start_of(day + timedelta(days=1))
