"""What an oracle knows of an audience: its people, their events, and from when and where they are looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from typing import Any

from tests.oracle.oracle_clock import on_the_wall

Row = Mapping[str, Any]


class NotCounted(Exception):
    """A condition that is unfinished or wrong."""


@dataclass
class Facts:
    """People (row n is person n) and their events at one moment: `now` is UTC without zone.

    `kinds` and `details` say what fields and event properties hold: text, number, yes_no, date, moment or list.
    """

    people: Sequence[Row]
    events: Sequence[Row]
    kinds: Mapping[str, str]
    details: Mapping[str, str]
    names: Sequence[str]
    now: datetime
    zone: str

    @cached_property
    def today(self) -> date:
        """The day on the calendar of the zone."""
        return self.day_of(self.now)

    def day_of(self, moment: datetime) -> date:
        """The day an instant falls on in the zone."""
        return on_the_wall(moment, self.zone).date()

    @cached_property
    def done(self) -> list[list[Row]]:
        """What each person did up to now; nothing later ever counts."""
        found: list[list[Row]] = [[] for _ in self.people]
        for event in self.events:
            if event["_time"] <= self.now:
                found[event["_row"]].append(event)
        return found


def missing(value: object) -> bool:
    """No value, empty text, an empty list."""
    return value is None or value in ("", [])


@lru_cache(maxsize=10_000)
def _written(number: str) -> Fraction:
    return Fraction(number)


def exact(number: object) -> Fraction:
    """A number as it is written in decimals: 0.1 is one tenth."""
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise NotCounted
    return _written(str(number))


def whole(value: object) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise NotCounted
    return value


def ends(value: object, read: Any) -> tuple[Any, Any]:
    """Two ends, both given and not the wrong way round."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise NotCounted
    low, high = read(value[0]), read(value[1])
    if low > high:
        raise NotCounted
    return low, high


def folded(text: str) -> str:
    """Capitals and small letters alike: each letter as the small letter of its capital, where both are one letter."""
    return "".join(map(_folded_letter, text))


@cache
def _folded_letter(letter: str) -> str:
    upper = letter.upper() if len(letter.upper()) == 1 else letter
    return "i" if upper == "İ" else upper.lower() if len(upper.lower()) == 1 else upper
