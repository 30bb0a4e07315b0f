"""When a schedule is due: by the clock of a zone, made up once, also where days have 23 or 25 hours."""

from datetime import UTC, datetime, time

import pytest

from segmentation.schedules import Every, Schedule, due

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        (Schedule(every=Every.HOUR, at=time(6, 15)), "2026-06-01T10:20", "2026-06-01T10:15"),
        (Schedule(every=Every.HOUR, at=time(6, 15)), "2026-06-01T10:10", "2026-06-01T09:15"),
        (Schedule(every=Every.DAY, at=time(6)), "2026-06-01T04:00", "2026-06-01T04:00"),  # Berlin is two hours ahead
        (Schedule(every=Every.DAY, at=time(6)), "2026-06-01T03:59", "2026-05-31T04:00"),
        (Schedule(every=Every.DAY, at=time(6)), "2026-12-01T05:00", "2026-12-01T05:00"),
        (Schedule(every=Every.DAY, at=time(2, 30)), "2026-03-29T12:00", "2026-03-29T01:30"),  # clocks go from 2 to 3
        (Schedule(every=Every.DAY, at=time(2, 30)), "2026-10-25T12:00", "2026-10-25T00:30"),  # the first of two
        (Schedule(every=Every.WEEK, at=time(6), weekday=0), "2026-06-03T12:00", "2026-06-01T04:00"),
        (Schedule(every=Every.WEEK, at=time(6), weekday=2), "2026-06-03T03:00", "2026-05-27T04:00"),
    ],
)
def test_the_latest_time_that_has_come_is_due(schedule: Schedule, now: str, expected: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = due(schedule, "Europe/Berlin", moment, LONG_AGO)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert due(schedule, "Europe/Berlin", moment, found) is None, "once"
