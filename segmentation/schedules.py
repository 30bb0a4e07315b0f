"""When an audience is brought up to date by itself: every hour, day or week, by the clock of its time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import Field as Constraint

from segmentation.catalogue import Model


class Every(StrEnum):
    """How often."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class Schedule(Model):
    """`at` is a time of the day in the audience's zone (of an hourly one only the minute counts), `weekday` 0 for Monday."""

    every: Every = Every.DAY
    at: time = time(6, 0)
    weekday: int = Constraint(0, ge=0, le=6)


def due(schedule: Schedule, zone: str, now: datetime, done: datetime) -> datetime | None:
    """The latest time (UTC) until `now` that the schedule names, if it is later than `done`; so a missed run is made up once.

    On the day when clocks go forward, a time that they leave out is that much later.
    """
    latest = _latest(schedule, zone, now)
    return latest if latest > done else None


def _latest(schedule: Schedule, zone: str, now: datetime) -> datetime:
    if schedule.every is Every.HOUR:
        found = now.astimezone(UTC).replace(minute=schedule.at.minute, second=0, microsecond=0)
        return found if found <= now else found - timedelta(hours=1)
    day = now.astimezone(ZoneInfo(zone)).date()
    while True:
        found = datetime.combine(day, schedule.at, ZoneInfo(zone)).astimezone(UTC)
        if found <= now and (schedule.every is Every.DAY or day.weekday() == schedule.weekday):
            return found
        day -= timedelta(days=1)
