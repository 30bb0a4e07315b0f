"""What stands right of an operator, lengths of time and windows, drawn for one audience."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from segmentation.catalogue import Kind
from segmentation.definition import OtherField
from segmentation.operators import Shape
from segmentation.windows import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    CalendarPeriod,
    During,
    Ever,
    Last,
    Near,
    Period,
    Side,
    Span,
    Unit,
    Window,
)
from tests.oracle.drawing_people import BIG, EMAILS, FEW, FIELDS, IDS, LANGUAGES, TEXTS, World, days

PATTERNS = (
    "^a",
    "a$",
    "o+b",
    "^.$",
    "[0-9]{2}",
    "anna|bob",
    "ä",
    "a.b",
    "%",
    "\\\\",
    "^[^a-z]+$",
    "b{2}",
    "(an){1,2}n",
)
BROKEN_PATTERNS = ("(", "[a", "a{2,1}")
NUMBERS = (-5, -1, 0, 0.1, 0.2, 0.3, 1, 1.5, 2, 3, 10, 19.99, 20, 99.99, 100, 1e16, 2.5e-7, 10**30)
PERIODS = tuple(
    Period(amount=amount, unit=unit)
    for amount, unit in (
        (0, Unit.DAYS),
        (90, Unit.MINUTES),
        (24, Unit.HOURS),
        (1, Unit.DAYS),
        (7, Unit.DAYS),
        (30, Unit.DAYS),
        (2, Unit.WEEKS),
        (0, Unit.MONTHS),
        (1, Unit.MONTHS),
        (1, Unit.MONTHS),
        (12, Unit.MONTHS),
        (1, Unit.YEARS),
        (4, Unit.YEARS),
        (5000, Unit.YEARS),
        (100_000, Unit.YEARS),
        (100_000, Unit.WEEKS),
    )
)
ELAPSED = tuple(
    Period(amount=amount, unit=unit)
    for amount, unit in (
        (0, Unit.MINUTES),
        (1, Unit.MINUTES),
        (90, Unit.MINUTES),
        (24, Unit.HOURS),
        (1, Unit.DAYS),
        (2, Unit.DAYS),
        (7, Unit.DAYS),
        (30, Unit.DAYS),
        (52, Unit.WEEKS),
        (100_000, Unit.WEEKS),
    )
)
SPANS = (
    (0, 1, Unit.DAYS),
    (1, 7, Unit.DAYS),
    (1, 7, Unit.DAYS),
    (7, 30, Unit.DAYS),
    (0, 90, Unit.MINUTES),
    (24, 48, Unit.HOURS),
    (1, 2, Unit.WEEKS),
    (0, 1, Unit.MONTHS),
    (1, 12, Unit.MONTHS),
    (1, 4, Unit.YEARS),
    (4, 5000, Unit.YEARS),
    (7, 7, Unit.DAYS),
    (30, 7, Unit.DAYS),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "Sunday")
MONTHS = ("january", "february", "march", "april", "june", "october", "november", "december", "May")
BY_NAME: Mapping[str, Sequence[str]] = {
    "country": FEW,
    "language": LANGUAGES,
    "locale": LANGUAGES,
    "email": EMAILS,
    "id": ("C1", "c2", *IDS[:-3]),
}


class Operands:
    """Values of every shape, from one source of chance."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self.chance = chance
        self.world = world

    def there(self, name: str, kind: Kind) -> Any:
        """A number or day that stands in the column, None where there is none."""
        cells = [row[name] for row in (*self.world.people, *self.world.events) if row.get(name) is not None]
        if not cells or kind not in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
            return None
        cell = self.chance.choice(cells)
        if kind == Kind.MOMENT:
            cell = self.wall(cell).date()
        return float(cell) if isinstance(cell, Decimal) else cell.isoformat() if isinstance(cell, date) else cell

    def wall(self, moment: datetime) -> datetime:
        """An instant as clocks show it."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.world.zone))

    def operand(self, shape: Shape, name: str, kind: Kind, columns: Mapping[str, Kind]) -> Any:
        chance = self.chance
        if shape in (Shape.NUMBER, Shape.DAY) and chance.random() < 0.4:
            there = self.there(name, kind)
            if there is not None:
                return there
        texts = BY_NAME.get(name, TEXTS[:9] + FEW if kind == Kind.LIST else TEXTS)
        numbers = BIG if name == "big" else NUMBERS
        match shape:
            case Shape.NOTHING:
                return None
            case Shape.TEXT:
                text = chance.choice([text for text in texts if text])
                cut = chance.randrange(len(text))
                return chance.choice((text, text[cut:], text[: cut + 1], text.lower(), text.upper()))
            case Shape.TEXTS:
                return tuple(chance.choices(texts, k=chance.choice((0, 1, 1, 2, 3, 8))))
            case Shape.PATTERN:
                return chance.choice(PATTERNS * 3 + BROKEN_PATTERNS)
            case Shape.NUMBER:
                return chance.choice(numbers)
            case Shape.NUMBERS:
                return self.pair(chance.choices(numbers, k=2))
            case Shape.WHOLE:
                many = (0, 1, 7, 18, 30, 100, 365, 366, 1000, 2025, 2026, 9999, 10**15)
                return chance.choice((0, 1, 2, 3, 10) if kind == Kind.LIST else many)
            case Shape.DAY:
                return chance.choice(days(self.world.today)).isoformat()
            case Shape.DAYS:
                return self.pair([day.isoformat() for day in chance.choices(days(self.world.today), k=2)])
            case Shape.PERIOD:
                return chance.choice(PERIODS)
            case Shape.SPAN:
                return self.span()
            case Shape.CALENDAR:
                return chance.choice((*CalendarPeriod, "next_decade")).__str__()
            case Shape.TIMES:
                return self.pair([self.time(), self.time()])
            case Shape.WEEKDAYS:
                return tuple(chance.choices(WEEKDAYS, k=chance.choice((0, 1, 1, 2, 5))))
            case Shape.MONTHS:
                return tuple(chance.choices(MONTHS * 3 + ("mai",), k=chance.choice((0, 1, 1, 2, 5))))
            case Shape.HOURS:
                hours = (0, 0, 1, 2, 3, 5, 6, 12, 21, 22, 23, 23)
                return (chance.choice(hours), chance.choice((*hours, *hours, 24, None)))
            case Shape.YEARS:
                return self.pair(chance.choices((0, 1, 17, 18, 30, 42, 100, 2025, 9999), k=2))
            case Shape.LANGUAGES:
                codes = ("de", "DE", "en", "deu") * 4 + ("fr", "d", "de-AT", "é")
                return tuple(chance.choices(codes, k=chance.choice((0, 1, 1, 2))))
            case Shape.FIELD:
                same = [other for other, of in columns.items() if of == kind]
                near = [other for other, of in columns.items() if of in (Kind.DATE, Kind.MOMENT)]
                luck = chance.random()
                if luck < 0.05:
                    return OtherField(field=chance.choice((*columns, "nobody")))
                return OtherField(field=chance.choice(near if kind in (Kind.DATE, Kind.MOMENT) else same))

    def pair(self, ends: list[Any]) -> tuple[Any, ...]:
        """Two ends, seldom the wrong way round or half open."""
        ordered = tuple(sorted(ends))
        luck = self.chance.random()
        if luck < 0.08 and isinstance(ordered[0], str):
            return self.chance.choice(((ordered[0], ""), ("", ordered[0]), ordered[::-1], (ordered[0], None)))
        return ordered[::-1] if luck < 0.05 else (ordered[0], None) if luck < 0.08 else ordered

    def time(self) -> str:
        """A time as ISO text, in the zone or in UTC, a day, or something else."""
        chance = self.chance
        times = [row[name] for row in self.world.people for name in ("seen", "left") if row[name] is not None]
        times += [event["_time"] for event in self.world.events]
        moment = chance.choice([*times, self.world.now])
        luck = chance.random()
        if luck < 0.02:
            return chance.choice(("soon", "2026-13-01T00:00"))
        if luck < 0.3:
            return moment.isoformat() + chance.choice(("Z", "+00:00"))
        if luck < 0.5:
            return chance.choice(days(self.world.today)[:-2]).isoformat()
        wall = self.wall(moment)
        return (wall.replace(tzinfo=None) + timedelta(minutes=chance.choice((0, 0, 0, 30, 60)))).isoformat()

    def span(self) -> Span:
        nearest, farthest, unit = self.chance.choice(SPANS)
        return Span(nearest=nearest, farthest=farthest, unit=unit)

    def window(self) -> Window:
        chance = self.chance
        match chance.choice(
            ("ever", "last", "before", "between_days", "between_ago", "between_times", "during", "near", "near")
        ):
            case "last":
                return Last(period=chance.choice(PERIODS))
            case "before":
                return Before(period=chance.choice(PERIODS))
            case "between_days":
                first, last = sorted(chance.choices(days(self.world.today), k=2))
                luck = chance.random()
                if luck < 0.05:
                    return BetweenDays()
                return BetweenDays(first=None if luck < 0.2 else first, last=None if luck > 0.8 else last)
            case "between_ago":
                return BetweenAgo(span=self.span())
            case "between_times":
                start, end = sorted((self.time(), self.time()))
                luck = chance.random()
                if luck < 0.05:
                    return BetweenTimes()
                return BetweenTimes(start=None if luck < 0.2 else start, end=None if luck > 0.8 else end)
            case "during":
                return During(calendar=chance.choice(tuple(CalendarPeriod)))
            case "near":
                return self.near()
        return Ever()

    def near(self) -> Near:
        chance = self.chance
        dates = [name for name, kind in FIELDS.items() if kind in (Kind.DATE, Kind.MOMENT)]
        field = None if chance.random() < 0.03 else chance.choice((*dates, *dates, *dates, "age", "nobody"))
        elapsed = ELAPSED if field in ("seen", "left") else ELAPSED[4:-1]
        period = chance.choice((*elapsed, *elapsed, None, chance.choice(PERIODS)))
        return Near(field=field, side=chance.choice(tuple(Side)), period=period)
