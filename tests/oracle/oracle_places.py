"""Where people are, and a random share of them that stays the same."""

import hashlib
import math
from collections.abc import Mapping

from segmentation.definition import PlaceCondition, SampleCondition
from tests.oracle.oracle_facts import Facts, NotCounted, Row, exact, missing

EARTH = 6371.0088
TOLERANCE = 1e-6
"""A millimetre: nearer to the edge than this floating point may say either."""


def _direction(latitude: float, longitude: float) -> tuple[float, float, float]:
    """From the middle of the Earth to a point; a pole is one point, and so is a place on the 180th meridian."""
    phi, lam = math.radians(latitude), math.radians(180 if longitude == -180 else longitude)
    flat = 0.0 if abs(latitude) == 90 else math.cos(phi)
    return flat * math.cos(lam), flat * math.sin(lam), math.sin(phi)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance: the angle between two directions."""
    a, b = _direction(*one), _direction(*other)
    across = math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    along = sum(x * y for x, y in zip(a, b, strict=True))
    return EARTH * math.atan2(across, along)


def climate(latitude: float) -> str:
    """By the distance from the equator alone."""
    away = abs(latitude)
    return "polar" if away > 66.5 else "temperate" if away > 40 else "subtropical" if away > 23.5 else "tropical"


def place_members(facts: Facts, node: PlaceCondition, roles: Mapping[str, str]) -> set[int]:
    """The rows of the people who are there."""
    names = [node.latitude or roles.get("latitude"), node.longitude or roles.get("longitude")]
    if any(facts.kinds.get(str(name)) != "number" for name in names):
        raise NotCounted
    if (node.near is None and not node.climates) or (node.near is not None and node.kilometres is None):
        raise NotCounted

    def fits(person: Row) -> bool:
        values = [person.get(str(name)) for name in names]
        if any(missing(value) for value in values):
            return False
        latitude, longitude = map(float, values)  # type: ignore[arg-type]
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            return False
        if node.climates and climate(latitude) not in node.climates:
            return False
        if node.near is None:
            return True
        assert node.kilometres is not None
        distance = kilometres((latitude, longitude), (node.near.latitude, node.near.longitude))
        return (distance <= node.kilometres + TOLERANCE) != node.beyond

    return {row for row, person in enumerate(facts.people) if fits(person)}


def sample_members(facts: Facts, node: SampleCondition, roles: Mapping[str, str]) -> set[int]:
    """The rows of the people who are drawn."""
    name = node.field if node.field is not None else roles.get("person_id")
    if node.percent is None or facts.kinds.get(str(name)) not in ("text", "number"):
        raise NotCounted
    start, end = exact(node.start), exact(node.start) + exact(node.percent)
    if end > 100:
        raise NotCounted

    def fits(person: Row) -> bool:
        value = person.get(str(name))
        if missing(value):
            return False
        digits = hashlib.md5(f"{node.seed}:{value}".encode()).hexdigest()[:8]
        return start * 16**8 <= int(digits, 16) * 100 < end * 16**8

    return {row for row, person in enumerate(facts.people) if fits(person)}
