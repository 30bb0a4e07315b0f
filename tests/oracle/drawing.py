"""Small audiences and definitions drawn at random, full of edges: ties, missing values, days the clock is set, February 29.

Everything comes from one seeded `random.Random`, so that a seed is a test case.
"""

import random
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from segmentation.catalogue import Kind
from segmentation.definition import (
    Before,
    BetweenDays,
    Definition,
    EventCondition,
    Ever,
    FieldCondition,
    Group,
    Last,
    Match,
    Measure,
    MeasureFunction,
    Node,
    Period,
    Unit,
)
from segmentation.operators import COMPARISONS, OPERATORS, Shape

FIELDS = {
    "name": Kind.TEXT,
    "country": Kind.TEXT,
    "item": Kind.TEXT,
    'odd "name"; -- % \\ é': Kind.TEXT,
    "age": Kind.NUMBER,
    "spend": Kind.NUMBER,
    "score": Kind.NUMBER,
    "big": Kind.NUMBER,
    "vip": Kind.YES_NO,
    "born": Kind.DATE,
    "seen": Kind.MOMENT,
    "tags": Kind.LIST,
    "x": Kind.LIST,
}
PROPERTIES = {
    "amount": Kind.NUMBER,
    "quantity": Kind.NUMBER,
    "rate": Kind.NUMBER,
    "product": Kind.TEXT,
    "item": Kind.TEXT,
    "gift": Kind.YES_NO,
    "due": Kind.DATE,
    "at": Kind.MOMENT,
    "options": Kind.LIST,
}
TYPES = {
    "age": "BIGINT",
    "score": "DOUBLE",
    "big": "BIGINT",
    "quantity": "BIGINT",
    "rate": "DOUBLE",
    "amount": "DECIMAL(18,3)",
}
EVENTS = ("purchase", "page_view", 'it\'s; "odd"')
NEVER_HAPPENED = "refund"

TEXTS = (
    "Anna",
    "anna",
    "ANNA",
    " Anna",
    "Ännä",
    "ÄNNÄ",
    "Bob",
    "Bobby",
    "straße",
    "STRASSE",
    "STRAẞE",
    "ΣΊΣΥΦΟΣ",
    "Σίσυφος",
    "İzmir",
    "izmir",
    "KADIKÖY",
    "Kadıköy",  # noqa: RUF001 Turkish
    "50%",
    "50_",
    "500",
    "a'b",
    'a"b',
    "a\\b",
    "a\nb",
    "'; DROP TABLE people; --",
    "null",
    "0",
    "00",
    "0.0",
    "é",
    "e\u0301",
    "日本",
    "👩‍👩‍👧",
    "a;b",
    "a,b",
    "$p0",
    "{}",
)
FEW = ("DE", "de", "FR", "US", " US")
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
BIG = (2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**18, 0)
NUMBERS = (-5, -1, 0, 0.1, 0.2, 0.3, 1, 1.5, 2, 3, 10, 19.99, 20, 99.99, 100, 1e16, 2.5e-7, 10**30)

CLOCKS = tuple(
    (datetime.fromisoformat(now), zone)
    for now, zone in (
        ("2026-03-29T01:30:00", "Europe/Berlin"),  # half an hour after clocks went forward
        ("2026-10-25T01:30:00", "Europe/Berlin"),  # the second half past two
        ("2026-10-25T00:30:00", "Europe/Berlin"),  # the first
        ("2026-04-29T00:30:00", "Europe/Berlin"),  # a month ago this hour was skipped
        ("2026-03-08T07:00:00", "America/New_York"),
        ("2026-11-01T06:15:00.000001", "America/New_York"),
        ("2026-03-31T10:00:00", "Europe/Berlin"),  # a month ago had 28 days
        ("2028-02-29T23:30:00", "Europe/Berlin"),  # already March there
        ("2028-02-29T03:30:00", "America/New_York"),
        ("2027-02-28T23:00:00", "Europe/Berlin"),  # midnight
        ("2018-11-04T15:00:00", "America/Sao_Paulo"),  # a day that began at one o'clock
        ("2011-12-31T12:00:00", "Pacific/Apia"),  # the day before did not exist
        ("2026-06-15T12:00:00", "Asia/Kathmandu"),
        ("2026-12-31T23:59:59.999999", "UTC"),
    )
)
TICK = timedelta(microseconds=1)
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
    )
)


@dataclass(frozen=True)
class World:
    """An audience as rows, with the moment and zone it is looked at from."""

    people: list[dict[str, Any]]
    events: list[dict[str, Any]]
    now: datetime
    zone: str

    @property
    def today(self) -> date:
        """The calendar day."""
        return self.now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()


def moments(draw: random.Random, now: datetime, zone: str) -> list[datetime]:
    """Instants on, just before and just after the edges of days and periods."""
    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    edges = [now + timedelta(days=days) for days in (-1461, -365, -31, -30, -28, -14, -7, -2, -1, 0, 0, 0, 1, 7, 30)]
    edges += [now + timedelta(minutes=minutes) for minutes in (-90, -60, -1440, 90, 1440)]
    for days in (-365, -31, -30, -28, -7, -1, 0, 0, 1, 2):
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + timedelta(days=days)
        edges.append(midnight.astimezone(UTC).replace(tzinfo=None))
    for months in (-48, -12, -1, -1, 1, 12):
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        for day in {local.day, 28, 29, 30, 31}:
            if (day == local.day or local.day > 28) and day <= monthrange(year, month + 1)[1]:
                moved = local.replace(year=year, month=month + 1, day=day)
                edges.append(moved.astimezone(UTC).replace(tzinfo=None))
    return [draw.choice(edges) + draw.choice((-1, 0, 0, 1)) * TICK for _ in range(40)]


def days(today: date) -> list[date]:
    """Days on and beside the edges of periods."""
    beside = [
        today + timedelta(days=shift + by) for shift in (-1461, -365, -30, -14, -7, 0, 7, 30) for by in (-1, 0, 1)
    ]
    for months in (-12, -1, 1):
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        beside += [date(year, month + 1, day) for day in range(27, monthrange(year, month + 1)[1] + 1)]
    leap = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(1984, 2, 29), date.max, date.min]
    return [*beside, *leap]


class Draw:
    """Values of every kind, from one source of chance."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def world(self) -> World:
        """Up to 30 people with up to 60 events."""
        chance = self.chance
        now, zone = chance.choice(CLOCKS)
        today = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
        times, calendar_days = moments(chance, now, zone), days(today)
        size = chance.choice((0, 1, 2, 8, 9, 16, 25, 30))
        empty = chance.choice((0.05, 0.3, 0.9))

        def value(name: str, kind: Kind) -> Any:
            if chance.random() < empty:
                return None
            match kind:
                case Kind.TEXT:
                    return chance.choice(FEW if name == "country" else TEXTS)
                case Kind.NUMBER:
                    numbers: Mapping[str, Sequence[Any]] = {
                        "age": (-1, 0, 1, 2, 3, 20, 100),
                        "quantity": (0, 1, 2, 3, 10),
                        "big": BIG,
                        "rate": (0.5, 0.25, 1.5, 2.0, -1.0),
                        "score": (0.1, 0.2, 0.3, 1.5, 2.0, 1e16, 2.5e-7, -1.0),
                        "spend": tuple(map(Decimal, ("-5", "0", "0.1", "0.3", "1.5", "10", "19.99", "20", "99.99"))),
                        "amount": tuple(map(Decimal, ("-5", "0", "0.1", "0.2", "10", "19.99", "0.01", "100"))),
                    }
                    return chance.choice(numbers[name])
                case Kind.YES_NO:
                    return chance.random() < 0.5
                case Kind.DATE:
                    return chance.choice(calendar_days)
                case Kind.MOMENT:
                    return chance.choice(times)
                case Kind.LIST:
                    return chance.choices(TEXTS[:9] + FEW, k=chance.choice((1, 1, 2, 3, 5)))

        def row(columns: Mapping[str, Kind]) -> dict[str, Any]:
            return {name: value(name, kind) for name, kind in columns.items()}

        people = [row(FIELDS) for _ in range(size)]
        doers = [n for n in range(size) if chance.random() < 0.7] or list(range(size))
        events = [
            row(PROPERTIES)
            | {"_row": chance.choice(doers), "_name": chance.choice(EVENTS), "_time": chance.choice(times)}
            for _ in range(chance.choice((0, 5, 30, 60)) if size else 0)
        ]
        return World(people, events, now, zone)

    def definition(self, world: World) -> Definition:
        """A tree of up to four levels."""
        return Tree(self.chance, world).definition()


class Tree:
    """A definition for one audience, with ids from n1."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self.chance = chance
        self.world = world
        self.ids: Iterator[str] = (f"n{number}" for number in count(1))

    def definition(self) -> Definition:
        return Definition(root=self.group(1, self.condition, enabled=True))

    def off(self) -> bool:
        return self.chance.random() < 0.06

    def group(self, depth: int, leaf: Any, enabled: bool | None = None) -> Group:
        node_id = next(self.ids)
        children: list[Node] = []
        for _ in range(self.chance.choice((0, 1, 2, 2, 3, 3, 4)) if depth > 1 else self.chance.choice((1, 2, 3, 4))):
            deeper = depth < 4 and self.chance.random() < 0.3
            children.append(self.group(depth + 1, leaf) if deeper else leaf())
        return Group(
            id=node_id,
            enabled=not self.off() if enabled is None else enabled,
            match=self.chance.choice(tuple(Match)),
            children=tuple(children),
        )

    def condition(self) -> Node:
        return self.field(FIELDS) if self.chance.random() < 0.55 else self.event()

    def field(self, columns: Mapping[str, Kind]) -> FieldCondition:
        chance = self.chance
        operator = chance.choice(tuple(OPERATORS.values()))
        fitting = [name for name, kind in columns.items() if kind in operator.kinds]
        name: str | None = chance.choice(fitting)
        value = self.operand(operator.shape, str(name), columns[str(name)])
        operator_name: str | None = operator.name
        if chance.random() < 0.05:
            name, operator_name, value = chance.choice(
                (
                    (None, operator_name, value),
                    ("nobody", operator_name, value),
                    (name, None, value),
                    (name, operator_name, None),
                )
            )
        return FieldCondition(
            id=next(self.ids),
            enabled=not self.off(),
            field=name,
            operator=operator_name,
            value=value,
            exact_case=chance.random() < 0.3,
            leave_out_missing=chance.random() < 0.3,
        )

    def there(self, name: str, kind: Kind) -> Any:
        """A number or day that stands in the column, None where there is none."""
        cells = [row[name] for row in (*self.world.people, *self.world.events) if row.get(name) is not None]
        if not cells or kind not in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
            return None
        cell = self.chance.choice(cells)
        if kind == Kind.MOMENT:
            cell = cell.replace(tzinfo=UTC).astimezone(ZoneInfo(self.world.zone)).date()
        return float(cell) if isinstance(cell, Decimal) else cell.isoformat() if isinstance(cell, date) else cell

    def operand(self, shape: Shape, name: str, kind: Kind) -> Any:
        chance = self.chance
        if shape in (Shape.NUMBER, Shape.DAY) and chance.random() < 0.4:
            there = self.there(name, kind)
            if there is not None:
                return there
        texts = FEW if name == "country" else TEXTS[:9] + FEW if kind == Kind.LIST else TEXTS
        match shape:
            case Shape.NOTHING:
                return None
            case Shape.TEXT:
                text = chance.choice(texts)
                cut = chance.randrange(len(text))
                return chance.choice((text, text[cut:], text[: cut + 1], text.lower(), text.upper()))
            case Shape.TEXTS:
                return tuple(chance.choices(texts, k=chance.choice((0, 1, 1, 2, 3, 8))))
            case Shape.PATTERN:
                return chance.choice(PATTERNS * 3 + BROKEN_PATTERNS)
            case Shape.NUMBER:
                return chance.choice(BIG if name == "big" else NUMBERS)
            case Shape.NUMBERS:
                return self.pair(chance.choices(BIG if name == "big" else NUMBERS, k=2))
            case Shape.WHOLE:
                return chance.choice((0, 1, 2, 3, 10))
            case Shape.DAY:
                return chance.choice(days(self.world.today)).isoformat()
            case Shape.DAYS:
                return self.pair([day.isoformat() for day in chance.choices(days(self.world.today), k=2)])
            case Shape.PERIOD:
                return chance.choice(PERIODS)

    def pair(self, ends: list[Any]) -> tuple[Any, ...]:
        """Two ends, seldom the wrong way round or half open."""
        ordered = tuple(sorted(ends))
        luck = self.chance.random()
        return ordered[::-1] if luck < 0.05 else (ordered[0], None) if luck < 0.08 else ordered

    def event(self) -> EventCondition:
        chance = self.chance
        node_id = next(self.ids)
        function = chance.choice((MeasureFunction.COUNT, *MeasureFunction))
        comparison = chance.choice(tuple(COMPARISONS.values()))
        if comparison.only_count and chance.random() < 0.9:
            function = MeasureFunction.COUNT
        numbers = ("amount", "quantity", "rate")
        detail = chance.choice(
            tuple(PROPERTIES) if function == MeasureFunction.DISTINCT or chance.random() < 0.05 else numbers
        )
        counts = function in (MeasureFunction.COUNT, MeasureFunction.DISTINCT)
        values = (0, 1, 1, 2, 3, 0.5) if counts else NUMBERS
        value: Any = chance.choice(values)
        if comparison.shape == Shape.NUMBERS:
            value = self.pair(chance.choices(values, k=2))
        elif comparison.shape == Shape.NOTHING or chance.random() < 0.03:
            value = None
        where = self.group(3, lambda: self.field(PROPERTIES)) if chance.random() < 0.45 else None
        return EventCondition(
            id=node_id,
            enabled=not self.off(),
            events=tuple(chance.choices((*EVENTS, EVENTS[0], NEVER_HAPPENED), k=chance.choice((1, 1, 1, 2, 3)))),
            where=where,
            window=self.window(),
            measure=Measure(function=function, property=detail),
            comparison=comparison.name,
            value=value,
        )

    def window(self) -> Ever | Last | Before | BetweenDays:
        chance = self.chance
        match chance.choice(("ever", "last", "before", "between_days")):
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
        return Ever()
