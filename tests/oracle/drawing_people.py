"""Small audiences drawn at random, full of edges: ties, missing values, days the clock is set, February 29.

Everything comes from one seeded `random.Random`, so that a seed is a test case.
"""

import random
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from segmentation.catalogue import Kind, Role

FIELDS = {
    "id": Kind.TEXT,
    "email": Kind.TEXT,
    "name": Kind.TEXT,
    "country": Kind.TEXT,
    "item": Kind.TEXT,
    "language": Kind.TEXT,
    'odd "name"; -- % \\ é': Kind.TEXT,
    "age": Kind.NUMBER,
    "spend": Kind.NUMBER,
    "score": Kind.NUMBER,
    "big": Kind.NUMBER,
    "lat": Kind.NUMBER,
    "lon": Kind.NUMBER,
    "vip": Kind.YES_NO,
    "paid": Kind.YES_NO,
    "born": Kind.DATE,
    "joined": Kind.DATE,
    "seen": Kind.MOMENT,
    "left": Kind.MOMENT,
    "tags": Kind.LIST,
    "x": Kind.LIST,
}
PROPERTIES = {
    "amount": Kind.NUMBER,
    "quantity": Kind.NUMBER,
    "rate": Kind.NUMBER,
    "product": Kind.TEXT,
    "item": Kind.TEXT,
    "locale": Kind.TEXT,
    "gift": Kind.YES_NO,
    "due": Kind.DATE,
    "at": Kind.MOMENT,
    "options": Kind.LIST,
}
TYPES = {
    "age": "BIGINT",
    "score": "DOUBLE",
    "big": "BIGINT",
    "lat": "DOUBLE",
    "lon": "DOUBLE",
    "quantity": "BIGINT",
    "rate": "DOUBLE",
    "amount": "DECIMAL(18,3)",
}
ROLES = {Role.PERSON_ID: "id", Role.EMAIL: "email", Role.LATITUDE: "lat", Role.LONGITUDE: "lon"}
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
LANGUAGES = ("de", "DE", "de-AT", "de_at", "den", "d", "en", "en-US", "EN_gb", "deu", "-de", "de-", "Deutsch", "eN")
EMAILS = ("anna@x.de", "ANNA@X.DE", " anna@x.de ", "bob@x.de", "ΣΟΣ@x.gr", "σος@x.gr", "İ@x.tr", "a'b@x.de", "%@x.de")
IDS = ("1", "01", "1.0", "A1", "a1", "é", "x'y", "", "007", "7")
BIG = (2**53, 2**53 + 1, 2**63 - 1, -(2**63), 10**18, 0)
POINTS = (
    (52.52, 13.405),
    (48.137, 11.575),
    (52.52, 13.4050001),
    (0.0, 0.0),
    (0.0, 180.0),
    (0.0, -180.0),
    (0.0, 179.9999),
    (90.0, 0.0),
    (90.0, 77.0),
    (-90.0, 0.0),
    (-52.52, -166.595),  # on the other side of Berlin
    (23.5, 10.0),
    (-23.5000001, 10.0),
    (40.0, -74.0),
    (40.0000001, -74.0),
    (66.5, 25.0),
    (-66.50001, 25.0),
    (91.0, 0.0),
    (-90.0001, 13.0),
    (0.0, 180.0001),
    (52.0, 400.0),
)

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
DISTANCES = tuple(timedelta(minutes=minutes) for minutes in (1, 90, 24 * 60, 2 * 24 * 60, 7 * 24 * 60))


@dataclass(frozen=True)
class World:
    """An audience as rows, with the moment and zone it is looked at from and what its fields are to a person."""

    people: list[dict[str, Any]]
    events: list[dict[str, Any]]
    now: datetime
    zone: str
    roles: dict[Role, str]

    @property
    def today(self) -> date:
        """The calendar day."""
        return self.now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()


def moments(draw: random.Random, now: datetime, zone: str) -> list[datetime]:
    """Instants on, just before and just after the edges of days, hours and periods, some at exact distances of others."""
    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    edges = [now + timedelta(days=days) for days in (-1461, -365, -31, -30, -28, -14, -7, -2, -1, 0, 0, 0, 1, 7, 30)]
    edges += [now + timedelta(minutes=minutes) for minutes in (-180, -90, -60, -1440, 90, 1440)]
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    walls = [midnight + timedelta(days=days) for days in (-365, -31, -30, -28, -7, -1, 0, 0, 1, 2)]
    walls += [midnight + timedelta(days=-1, hours=hours) for hours in (1, 2, 3, 5, 6, 21, 22, 23)]
    walls += [midnight.replace(year=day.year, month=day.month, day=day.day) for day in period_edges(local.date())]
    for months in (-48, -12, -1, -1, 1, 12):
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        for day in {local.day, 28, 29, 30, 31}:
            if (day == local.day or local.day > 28) and day <= monthrange(year, month + 1)[1]:
                walls.append(local.replace(year=year, month=month + 1, day=day))
    edges += [wall.astimezone(UTC).replace(tzinfo=None) for wall in walls]
    found = [draw.choice(edges) + draw.choice((-1, 0, 0, 1)) * TICK for _ in range(32)]
    away = [draw.choice(found) + draw.choice((-1, 1)) * draw.choice(DISTANCES) for _ in range(12)]
    return [*found, *away, *(moment + draw.choice((-1, 1)) * TICK for moment in away[:4])]


def period_edges(today: date) -> list[date]:
    """The first days of the weeks, months, quarters and years around today."""
    found = [today + timedelta(days=7 * weeks - today.weekday()) for weeks in (-1, 0, 1, 2)]
    for step in (1, 3, 12):
        first = today.year * 12 + (today.month - 1) // step * step
        for shift in (-1, 0, 1, 2):
            year, month = divmod(first + shift * step, 12)
            found.append(date(year, month + 1, 1))
    return found


def days(today: date) -> list[date]:
    """Days on and beside the edges of periods."""
    beside = [
        today + timedelta(days=shift + by) for shift in (-1461, -365, -30, -14, -7, 0, 7, 30) for by in (-1, 0, 1)
    ]
    for months in (-12, -1, 1):
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        beside += [date(year, month + 1, day) for day in range(27, monthrange(year, month + 1)[1] + 1)]
    beside += [day - timedelta(days=by) for day in period_edges(today) for by in (0, 1)]
    births = [date(today.year - age, today.month, min(today.day, 28)) for age in (18, 18, 30, 100)]
    beside += [birth + timedelta(days=by) for birth in births for by in (-1, 0, 1)]
    leap = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(1984, 2, 29), date(2008, 2, 29)]
    return [*beside, *leap, *leap, date.max, date.min]


def draw_world(chance: random.Random, clocks: Sequence[tuple[datetime, str]] = CLOCKS) -> World:
    """Up to 30 people with up to 60 events."""
    now, zone = chance.choice(clocks)
    today = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    times, calendar_days = moments(chance, now, zone), days(today)
    size = chance.choice((0, 1, 2, 8, 9, 16, 16, 25, 25, 30, 30, 30))
    empty = chance.choice((0.05, 0.05, 0.3, 0.3, 0.9))
    texts: Mapping[str, Sequence[str]] = {
        "country": FEW,
        "language": LANGUAGES,
        "locale": LANGUAGES,
        "email": EMAILS,
        "id": IDS,
    }
    numbers: Mapping[str, Sequence[Any]] = {
        "age": (-1, 0, 1, 2, 3, 20, 100),
        "quantity": (0, 1, 2, 3, 10),
        "big": BIG,
        "rate": (0.5, 0.25, 1.5, 2.0, -1.0),
        "score": (0.1, 0.2, 0.3, 1.5, 2.0, 1e16, 2.5e-7, -1.0, 2.0**53),
        "spend": tuple(map(Decimal, ("-5", "0", "0.1", "0.3", "1.5", "10", "19.99", "20", "99.99"))),
        "amount": tuple(map(Decimal, ("-5", "0", "0.1", "0.2", "10", "19.99", "0.01", "100"))),
        "lat": tuple(latitude for latitude, _ in POINTS),
        "lon": tuple(longitude for _, longitude in POINTS),
    }

    def value(name: str, kind: Kind) -> Any:
        if chance.random() < empty:
            return None
        match kind:
            case Kind.TEXT:
                return chance.choice(texts.get(name, TEXTS)) or None
            case Kind.NUMBER:
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

    def person(number: int) -> dict[str, Any]:
        """Most ids are one's own, most coordinates are of one place."""
        found = row(FIELDS)
        if chance.random() < 0.6:
            found["id"] = f"C{number}"
        if chance.random() < 0.7:
            found["lat"], found["lon"] = chance.choice(POINTS)
        return found

    people = [person(number) for number in range(size)]
    doers = [n for n in range(size) if chance.random() < 0.7] or list(range(size))
    events = [
        row(PROPERTIES) | {"_row": chance.choice(doers), "_name": chance.choice(EVENTS), "_time": chance.choice(times)}
        for _ in range(chance.choice((0, 5, 30, 60, 60, 60)) if size else 0)
    ]
    roles = {role: name for role, name in ROLES.items() if chance.random() < 0.95}
    if chance.random() < 0.15:
        roles[Role.PERSON_ID] = "big"
    return World(people, events, now, zone, roles)
