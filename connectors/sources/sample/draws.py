"""The random draws that people and actions share: days of a calendar with seasons, hours of a day, choices row by row."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]
Times = NDArray[np.datetime64]

ANCHOR_DAY = 1826
FIRST_EVENT_DAY = ANCHOR_DAY - 730
DAY_SECONDS = 86_400

MONTH_DEMAND = np.array([0.90, 0.85, 0.95, 0.95, 1.00, 0.95, 0.85, 0.85, 1.00, 1.10, 1.55, 1.75])
WEEKDAY_DEMAND = np.array([1.10, 1.02, 1.00, 0.98, 0.90, 0.92, 1.20])
HOUR_DEMAND = np.array([6, 3, 2, 1, 1, 3, 10, 25, 40, 48, 52, 58, 68, 55, 48, 46, 50, 58, 70, 88, 96, 80, 48, 20])


@dataclass(frozen=True)
class Calendar:
    """The five years up to the anchor, as day numbers 0 to ANCHOR_DAY, and how busy the days before each one are in sum."""

    dates: Times
    months: Ints
    demand_before: Floats

    @classmethod
    def until(cls, anchor: date) -> "Calendar":
        """The calendar whose last day is the anchor; demand grows by a third and peaks around Black Friday and Christmas."""
        dates = np.datetime64(anchor, "D") + np.arange(-ANCHOR_DAY, 1)
        months = dates.astype("datetime64[M]").astype(np.int64) % 12
        weekdays = (dates.astype(np.int64) + 3) % 7
        day_of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
        demand = MONTH_DEMAND[months] * WEEKDAY_DEMAND[weekdays] * np.linspace(1.0, 1.33, len(dates))
        demand[(months == 10) & (day_of_month >= 23)] *= 1.4
        return cls(dates, months, np.concatenate([[0.0], np.cumsum(demand)]))

    def draw_days(self, rng: np.random.Generator, first: Ints, last: Ints) -> Ints:
        """One day number from first to last (both in) for each row, busy days more often."""
        low, high = self.demand_before[first], self.demand_before[last + 1]
        drawn = np.searchsorted(self.demand_before, rng.uniform(low, high), side="right") - 1
        return np.clip(drawn, first, last)

    def times(self, seconds: Ints) -> Times:
        """The instants that lie so many seconds after the calendar's first midnight."""
        times: Times = self.dates[0].astype("datetime64[us]") + seconds * np.timedelta64(1_000_000, "us")
        return times


def draw_seconds(rng: np.random.Generator, utc_offset: Ints) -> Ints:
    """A second of the UTC day for each row, following the hours at which people there are awake."""
    local = rng.choice(24, len(utc_offset), p=HOUR_DEMAND / HOUR_DEMAND.sum())
    return (local - utc_offset) % 24 * 3600 + rng.integers(0, 3600, len(utc_offset))


def choose_by_row(rng: np.random.Generator, weights: Floats) -> Ints:
    """For each row of weights the number of one column, chosen in proportion to that row's weights."""
    sums = weights.cumsum(axis=1)
    columns: Ints = (sums <= rng.random(len(weights))[:, None] * sums[:, -1:]).sum(axis=1)
    return columns


def choose_person(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """Draw people with replacement, in proportion to their weights."""
    return rng.choice(len(weights), count, p=weights / weights.sum())
