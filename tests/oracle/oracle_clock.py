"""Time as a clock and a calendar on the wall show it."""

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECONDS = {"minutes": 60, "hours": 3600, "days": 24 * 3600, "weeks": 7 * 24 * 3600}
MONTHS = {"months": 1, "years": 12}
DAYS = {"days": 1, "weeks": 7}


def on_the_wall(moment: datetime, zone: str) -> datetime:
    """A stored instant (UTC without zone) as a clock in the zone shows it."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def months_away(day: date, months: int) -> date:
    """The same day so many months later or earlier, or the month's last day where it is shorter; the calendar has ends."""
    month, year = day.month + months, day.year
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    if not 1 <= year <= 9999:
        return date.min if year < 1 else date.max
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def days_away(day: date, days: int) -> date:
    """So many days later or earlier; the calendar has ends."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def time_away(moment: datetime, seconds: int) -> datetime:
    """So much elapsed time later or earlier; time has ends."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max if seconds > 0 else datetime.min  # noqa: DTZ901 stored without zone


def instant_of(wall: datetime, zone: str, fold: int) -> datetime:
    """The stored instant at which a clock in the zone shows `wall`; an hour that is skipped is read an hour later."""
    for attempt in (fold, 1 - fold):
        instant = wall.replace(tzinfo=ZoneInfo(zone), fold=attempt).astimezone(UTC).replace(tzinfo=None)
        if on_the_wall(instant, zone).replace(tzinfo=None) == wall:
            return instant
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC).replace(tzinfo=None)


def away(now: datetime, zone: str, amount: int, unit: str, sign: int) -> datetime:
    """The instant so long before (-1) or after (1) now."""
    if unit in SECONDS:
        return time_away(now, sign * amount * SECONDS[unit])
    wall = on_the_wall(now, zone)
    day = months_away(wall.date(), sign * amount * MONTHS[unit])
    if day in (date.min, date.max):
        return datetime.max if sign > 0 else datetime.min  # noqa: DTZ901 stored without zone
    return instant_of(datetime.combine(day, wall.time().replace(fold=0)), zone, wall.fold)


def day_away(today: date, amount: int, unit: str, sign: int) -> date:
    """The day so many days, weeks, months or years before (-1) or after (1) today."""
    if unit in MONTHS:
        return months_away(today, sign * amount * MONTHS[unit])
    return days_away(today, sign * amount * DAYS[unit])


def instant_written(text: str, zone: str) -> datetime:
    """An ISO date or date and time, read off a clock in the zone where it names no other; raises ValueError."""
    written = datetime.fromisoformat(text)
    if written.tzinfo is not None:
        return written.astimezone(UTC).replace(tzinfo=None)
    return instant_of(written, zone, 0)


def in_calendar(day: date, period: str, today: date) -> bool:
    """Whether a day lies in a calendar period: numbers of days, weeks, months, quarters and years are compared."""
    beside = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if period in beside:
        return (day - today).days == beside[period]
    which, unit = period.split("_")
    shift = {"this": 0, "last": -1, "next": 1}[which]
    number = {
        "week": lambda d: (d.toordinal() - 1) // 7,  # 1 January of the year 1 was a Monday
        "month": lambda d: d.year * 12 + d.month,
        "quarter": lambda d: d.year * 4 + (d.month + 2) // 3,
        "year": lambda d: d.year,
    }[unit]
    return number(day) - number(today) == shift


def birthday(born: date, year: int) -> date:
    """The anniversary of a day in a year; that of 29 February is on the 28th in a common year."""
    if (born.month, born.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 2, 28)
    return date(year, born.month, born.day)


def age(born: date, today: date) -> int:
    """Full years since a day; below 0 for a day to come."""
    return today.year - born.year - (today < birthday(born, today.year))


def anniversary_within(born: date, today: date, days: int, sign: int) -> bool:
    """Whether an anniversary lies from today so many days on (1) or back (-1), both in."""
    distances = ((birthday(born, year) - today).days * sign for year in range(today.year - 2, today.year + 3))
    return any(0 <= distance <= days for distance in distances)
