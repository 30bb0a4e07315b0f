"""What is computed over a person's events, and how people are graded by it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Constraint

from segmentation.catalogue import Model


class MeasureFunction(StrEnum):
    """What is computed over a person's matching events."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    SHARE = "share"
    """Percent (0–100) of the events inside the window that pass `where`; missing where there are none."""
    DAYS_SINCE_FIRST = "days_since_first"
    """Elapsed days (24 h, with fractions) from the first matching event to now; missing where there is none."""
    DAYS_SINCE_LAST = "days_since_last"


class Measure(Model):
    """A function over matching events; distinct, sum, average, minimum and maximum need a property."""

    function: MeasureFunction = MeasureFunction.COUNT
    property: str | None = None


Score = Annotated[int, Constraint(ge=1, le=5)]
Scores = tuple[Score, Score]


class RfmGroup(StrEnum):
    """Readable groups of recency and frequency scores (the widely used grid of ten; see `ranking.GRID`)."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL_LOYALISTS = "potential_loyalists"
    NEW = "new"
    PROMISING = "promising"
    NEED_ATTENTION = "need_attention"
    ABOUT_TO_SLEEP = "about_to_sleep"
    AT_RISK = "at_risk"
    CANNOT_LOSE = "cannot_lose"
    HIBERNATING = "hibernating"
