"""One audience for all definitions: every kind of column, full of edges, the same in every database."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from segmentation.catalogue import Catalogue, FieldEdit, Kind, Role
from segmentation.clock import Clock
from segmentation.engine import Engine
from tests.agreement.databases import INTERNAL, Database
from tests.agreement.differences import LISTED
from tests.oracle import drawing_people
from tests.oracle.drawing_people import BIG, FEW, days, moments
from tests.oracle.drawing_people import TYPES as DRAWN_TYPES
from tests.segmentation.audiences import write_audience

NOW = datetime(2026, 3, 31, 10)  # noqa: DTZ001 noon in Berlin, two days after the clocks went forward
CLOCK = Clock(NOW.replace(tzinfo=UTC), "Europe/Berlin")
FIELDS = {
    "name": Kind.TEXT,
    "country": Kind.TEXT,
    "code": Kind.TEXT,
    "age": Kind.NUMBER,
    "spend": Kind.NUMBER,
    "score": Kind.NUMBER,
    "big": Kind.NUMBER,
    "latitude": Kind.NUMBER,
    "longitude": Kind.NUMBER,
    "vip": Kind.YES_NO,
    "born": Kind.DATE,
    "due": Kind.DATE,
    "seen": Kind.MOMENT,
    "joined": Kind.MOMENT,
    "tags": Kind.LIST,
    "x": Kind.LIST,
}
PROPERTIES = {
    "amount": Kind.NUMBER,
    "quantity": Kind.NUMBER,
    "rate": Kind.NUMBER,
    "product": Kind.TEXT,
    "gift": Kind.YES_NO,
    "due": Kind.DATE,
    "at": Kind.MOMENT,
    "options": Kind.LIST,
}
TYPES = {**DRAWN_TYPES, "latitude": "DOUBLE", "longitude": "DOUBLE"}
ROLES = {"name": Role.PERSON_ID, "country": Role.EMAIL, "latitude": Role.LATITUDE, "longitude": Role.LONGITUDE}
EVENTS = ("purchase", "page_view", 'it\'s; "odd"')
TEXTS = tuple(text for text in drawing_people.TEXTS if text not in LISTED)
CODES = ("de", "DE", "de-AT", "de_CH", "den", "fr-FR", "EN", "en_GB")
NUMBERS: Mapping[str, tuple[Any, ...]] = {
    "age": (-1, 0, 1, 2, 3, 17, 18, 20, 100),
    "quantity": (0, 1, 2, 3, 10),
    "big": BIG,
    "rate": (0.5, 0.25, 1.5, 2.0, -1.0),
    "score": (0.1, 0.2, 0.3, 1.5, 2.0, 1e16, 2.5e-7, -1.0),
    "spend": tuple(map(Decimal, ("-5", "0", "0.1", "0.3", "1.5", "10", "19.99", "20", "99.99"))),
    "amount": tuple(map(Decimal, ("-5", "0", "0.1", "0.2", "10", "19.99", "0.01", "100"))),
    "latitude": (52.52, 48.137, -33.87, 0.0, 23.5, -66.5, 90.0, 91.0, 40.7),
    "longitude": (13.405, 11.575, 151.2, 0.0, 180.0, -180.5, -74.0),
}


@dataclass(frozen=True)
class World:
    """The rows, and the product's own answers to them."""

    people: list[dict[str, Any]]
    events: list[dict[str, Any]]
    engine: Engine
    catalogue: Catalogue

    def load(self, database: Database) -> None:
        """The same rows in another database."""
        numbered = [person | {"_row": row} for row, person in enumerate(self.people)]
        database.load("people", FIELDS, numbered, TYPES)
        database.load("events", {**INTERNAL, **PROPERTIES}, self.events, TYPES)


def world(folder: Path, people: int = 120, events: int = 500) -> World:
    """An audience drawn from one seed; the caller closes it."""
    chance = random.Random("agreement")
    times, calendar_days = moments(chance, NOW, CLOCK.zone), days(CLOCK.today)

    def value(name: str, kind: Kind) -> Any:
        if chance.random() < 0.15:
            return None
        match kind:
            case Kind.TEXT:
                return chance.choice({"country": FEW, "code": CODES}.get(name, TEXTS))
            case Kind.NUMBER:
                return chance.choice(NUMBERS[name])
            case Kind.YES_NO:
                return chance.random() < 0.5
            case Kind.DATE:
                return chance.choice(calendar_days)
            case Kind.MOMENT:
                return chance.choice(times)
            case Kind.LIST:
                return chance.choices((*TEXTS[:9], *FEW, "sport", "Sport", "a;b"), k=chance.choice((1, 1, 2, 3, 5)))

    def row(columns: Mapping[str, Kind]) -> dict[str, Any]:
        return {name: value(name, kind) for name, kind in columns.items()}

    rows = [row(FIELDS) for _ in range(people)]
    doers = [n for n in range(people) if chance.random() < 0.7]
    done = [
        row(PROPERTIES) | {"_row": chance.choice(doers), "_name": chance.choice(EVENTS), "_time": chance.choice(times)}
        for _ in range(events)
    ]
    audience = write_audience(folder / "v000001.duckdb", FIELDS, rows, PROPERTIES, done, types=TYPES)
    edits = {name: FieldEdit(role=role) for name, role in ROLES.items()}
    return World(rows, done, Engine(audience), audience.catalogue.edited(edits))
